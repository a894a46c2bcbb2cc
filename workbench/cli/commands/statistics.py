"""Rates and gaps: gaps of a run, and score of transcripts made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import gate as gates
from workbench.cli.console import OUT, emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl, limits_of, selection
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.schema import COMPARISONS, GAPS, NORMALISER_BAND, RATES

if TYPE_CHECKING:
    import pandas as pd

    from workbench.fairness import Scored
    from workbench.fairness.gate import Gate
    from workbench.results import Results

app = typer.Typer()

AveragedOver = Annotated[
    str, typer.Option("--mode", help="'pooled' (share of words wrong), 'speaker_mean' or 'utterance_mean'.")
]


@app.command()
def gaps(
    run_id: RunId,
    *,
    by: Annotated[
        list[str], typer.Option(help="Attribute whose groups are compared; repeated: rates of the intersections too.")
    ],
    reference_group: Annotated[
        str, typer.Option(help="A group, 'rest' for everybody else, or 'median' for the group of the median rate.")
    ] = "rest",
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    condition: Annotated[list[str] | None, typer.Option(help="Only this condition; may be repeated.")] = None,
    mode: AveragedOver = "pooled",
    margin: Annotated[
        float | None, typer.Option(help="Another margin than the study's; the output says that it was not declared.")
    ] = None,
    permutations: Annotated[int, typer.Option(help="Labellings that the permutation test draws.")] = 9_999,
    exploratory: Annotated[
        bool, typer.Option(help="Adjust for false discoveries over the whole grid instead of Holm within a family.")
    ] = False,
    fail_on: gates.GapRules = None,
    max_wer: gates.MaxWer = None,
    form: gates.ReportFormat = "text",
    prompt: Annotated[
        str, typer.Option(help="'prompt_id': intervals and tests allow for new texts as well as new speakers.")
    ] = "",
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the rates and gaps of a run, with 95 % intervals clustered on speaker and a permutation test.

    With --fail-on or --max-wer it is a gate: exit 1 with the rows that failed.
    """
    import pandas as pd

    from workbench.cli.run_results import load
    from workbench.fairness import gate as fairness_gate
    from workbench.results.speech_fit import misfits
    from workbench.store import open_store
    from workbench.text import UNIT_WORDS, unit_of

    with mendable():
        gates.refuse_report_without_gate(form, asked=bool(fail_on or max_wer))
        rules = fairness_gate.fail_on(fail_on or (), fairness_gate.GAP_RULES)
        results = load(run_id, store=open_store(store), normaliser=normaliser, kept=True)
        asked: dict[str, Any] = {"conditions": tuple(condition or ()), "mode": mode}
        asked |= {"prompt": prompt} if prompt else {}
        rates = results.table("rates", by=by, **asked)
        tested = {
            **asked,
            "reference": reference_group,
            "margin": results.study.margin if margin is None else margin,
            "permutations": permutations,
            "adjustment": "bh" if exploratory else "holm",
        }
        compared = pd.concat(
            [results.table("gaps", attribute=attribute, **tested) for attribute in dict.fromkeys(by)], ignore_index=True
        )
        gate = None
        if rules or max_wer:
            notes = gates.unfinished(results.run)
            gate = _gate(f"gaps {results.run.run_id}", rules, max_wer, compared, results.rows(), condition, notes)
        notes_of_gaps = _gap_notes(results, by, tested["margin"], prompt, mode)
    unfit = misfits(rates)
    if gate and form != "text":
        gates.report(gate, form)
        gates.leave(gate)
        return
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "normaliser": results.normaliser_id,
                "mode": mode,
                "margin": tested["margin"],
                "margin_declared": results.study.margin,
                "adjustment": tested["adjustment"],
                "permutations": permutations,
                "caveat": results.caveat,
                "misfits": unfit,
                "notes": notes_of_gaps,
                "rates": json_rows(rates),
                "gaps": json_rows(compared),
                **({"gate": gate.to_json()} if gate else {}),
            }
        )
        if gate:
            gates.leave(gate)
        return
    unit = UNIT_WORDS[unit_of(results.normaliser_id)]
    headings = None if unit[1] == "WER" else {"rate": f"{unit[1]} %", "ref_words": unit[2]}
    print_table(rates, RATES, title=unit[0], by=by, headings=headings)
    print_table(compared, GAPS, title="Gaps", headings={"p_adjusted": "p (FDR)"} if exploratory else None)
    if margin is not None and margin != results.study.margin:
        OUT.print(
            f"The margin {margin:g} was not declared in the study, which has {results.study.margin:g}.", highlight=False
        )
    print_caveat(results.caveat)
    for sentence in (*notes_of_gaps, *unfit):
        OUT.print(sentence, markup=False, highlight=False)
    if gate:
        gates.report(gate, form)
        gates.leave(gate)


def _gap_notes(results: Results, by: Sequence[str], margin: float | None, prompt: str, mode: str) -> list[str]:
    """Return what a reader should know of clusters, prompts, and the speakers that EQUIVALENT takes."""
    from workbench.fairness.clusters import clustered, few_clusters
    from workbench.fairness.group_rates.prompts import prompt_notes
    from workbench.fairness.planning.equality import equality_in_words

    cluster = results.study.cluster
    asked = list(dict.fromkeys([*by, *cluster, *([prompt] if prompt else [])]))
    notes: list[str] = []
    if cluster or prompt:
        rows = results.columns("corpus_id", "speaker_id", *asked)
        of_clusters = clustered(rows, cluster, by).notes[
            1:
        ]  # the first is the caveat of the results, and so are few clusters
        notes += [note for note in of_clusters if note not in few_clusters(of_clusters)]
        notes += prompt_notes(rows, prompt, list(dict.fromkeys(by))) if prompt else ()
    if mode != "pooled":
        notes.append(
            f"exploratory: the study's rates are pooled; {mode} was looked at afterwards and is a family of its own"
        )
    sentences = [
        equality_in_words(
            results.table("equality", attribute=name, margin=margin), counted="clusters" if cluster else "speakers"
        )
        for name in dict.fromkeys(by)
    ]
    return [*notes, *dict.fromkeys(filter(None, sentences))]


def _gate(
    subject: str,
    rules: tuple[str, ...],
    max_wer: str | None,
    compared: pd.DataFrame,
    scores: pd.DataFrame,
    conditions: Sequence[str] | None = None,
    notes: tuple[str, ...] = (),
) -> Gate:
    """Return the gate over gaps, the overall error rate, or both."""
    from workbench.fairness import gate as fairness_gate

    if conditions:
        scores = scores[scores["condition_id"].isin(list(conditions))]
    checks: tuple[fairness_gate.Check, ...] = ()
    if set(rules) & {"gap", "gap:firm"} or not max_wer:
        checks += fairness_gate.gap_verdict_checks(compared, rules)
    if max_wer:
        checks += fairness_gate.error_rate_checks(scores, fairness_gate.limit_of(max_wer))
    return fairness_gate.Gate(subject, rules, checks, (*notes, *fairness_gate.failure_notes(scores)))


def _in_unit(normaliser: str | None, language: str, unit: str) -> str | None:
    """Return the normaliser with the unit that was asked for."""
    from workbench.errors import ScoringError
    from workbench.text import language_of

    if unit not in ("", "character"):
        raise ScoringError(f"no unit {unit!r}", remedy="use --unit character, or --language, which has a unit")
    name = normaliser or (language_of(language or "en").normaliser if unit else None)
    return f"{name}{'&' if '?' in str(name) else '?'}unit=character" if unit else name


def _band(scored: Scored, language: str, reference: str, margin: float | None) -> pd.DataFrame:
    """Return every gap of the table under each normaliser that fits the language."""
    import pandas as pd

    from workbench.fairness import normaliser_band
    from workbench.fairness.words.normaliser_band import bands_for

    names = bands_for([language or "en"])
    options: dict[str, Any] = {"normalisers": names, "reference": reference, "margin": margin}
    return pd.concat([normaliser_band(scored.scores, name, **options) for name in scored.by], ignore_index=True)


@app.command()
def score(
    transcripts: Annotated[
        Path,
        typer.Argument(metavar="TRANSCRIPTS", help="A table; with --references anything that 'transcripts' reads."),
    ],
    *,
    by: Annotated[list[str], typer.Option(help="Column whose groups are compared; may be repeated.")],
    speaker: Annotated[
        str | None, typer.Option(help="Column that names the speaker; without it intervals are withheld.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Column that names the recogniser.")] = None,
    reference: Annotated[str, typer.Option(help="Column with what was said.")] = "reference",
    hypothesis: Annotated[str, typer.Option(help="Column with what was recognised.")] = "hypothesis",
    normaliser: Annotated[
        str | None,
        typer.Option(help="none, basic, whisper_en, koenecke2020, fair_en ...; default: that of the language."),
    ] = None,
    language: Annotated[
        str,
        typer.Option(help="Language of the speech (en, es, hi, zh ...): chooses normaliser, and words or characters."),
    ] = "",
    unit: Annotated[
        str, typer.Option(help="'character' for a character error rate; default: as the language has it.")
    ] = "",
    drop_reference: Annotated[
        list[str] | None, typer.Option(help="Leave out rows whose reference matches this regular expression.")
    ] = None,
    strip_reference: Annotated[
        list[str] | None, typer.Option(help="Delete what matches this regular expression from references.")
    ] = None,
    empty_references: Annotated[
        str,
        typer.Option(
            help="'separate': words invented on empty references are tallied apart; 'count': they count as errors."
        ),
    ] = "separate",
    where: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=VALUE: keep only such rows; may be repeated (of one column: any of its values)."),
    ] = None,
    reference_group: Annotated[
        str, typer.Option(help="A group, 'rest' for everybody else, or 'median' for the group of the median rate.")
    ] = "rest",
    mode: AveragedOver = "pooled",
    margin: Annotated[float | None, typer.Option(help="Gaps smaller than this count as equal.")] = None,
    pairs: Annotated[bool, typer.Option(help="Compare every two systems on the utterances that both have.")] = False,
    utterance: Annotated[
        str | None, typer.Option(help="Column that names the utterance; default: utterance_id where the table has it.")
    ] = None,
    duplicates: Annotated[
        str,
        typer.Option(
            help="An utterance that stands twice for one system: 'refuse', or count its 'first' or 'last' row."
        ),
    ] = "refuse",
    utterances: Annotated[
        str,
        typer.Option(help="Compare systems on the utterances that all have ('common'), or each on its own ('all')."),
    ] = "common",
    conflicts: Annotated[
        str,
        typer.Option(
            help="Speakers with several groups of a column: 'drop' (left out of it), 'refuse', 'majority' or 'as-group'."
        ),
    ] = "drop",
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            help="Column above the speaker (session, site): its clusters are the unit of inference; repeatable."
        ),
    ] = None,
    weight: Annotated[
        str | None, typer.Option(help="Column of survey weights: rates of the population, design-based intervals.")
    ] = None,
    bands: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN or COLUMN=18,30,45,60: put ages into bands with these limits; may be repeated."),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Column of the texts that were read: intervals allow for new texts too.")
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="Encoding of the file where it is not UTF-8: windows-1252, mac-roman, cp932 ...")
    ] = "",
    references: Annotated[
        Path | None,
        typer.Option(help="Manifest with references, speakers and groups: TRANSCRIPTS may then be of any format."),
    ] = None,
    transcript_format: Annotated[
        str, typer.Option("--format", help="Read TRANSCRIPTS as this format instead of recognising it.")
    ] = "",
    band: Annotated[bool, typer.Option(help="Also print every gap under several normalisers.")] = False,
    fail_on: gates.GapRules = None,
    max_wer: gates.MaxWer = None,
    form: gates.ScoreReportFormat = "text",
    as_json: Json = False,
) -> None:
    """Score transcripts made elsewhere: no audio, no recogniser; rates and gaps with intervals.

    With --fail-on or --max-wer it is a gate: exit 1 with the rows that failed.
    """
    from workbench import fairness
    from workbench.errors import ScoringError
    from workbench.fairness import gate as fairness_gate
    from workbench.text import UNIT_WORDS

    with mendable():
        gates.refuse_report_without_gate(form, asked=bool(fail_on or max_wer))
        rules = fairness_gate.fail_on(fail_on or (), fairness_gate.GAP_RULES)
        scored = fairness.score_table(
            transcripts, by=by, speaker=speaker, system=system, reference=reference, hypothesis=hypothesis,
            normaliser=_in_unit(normaliser, language, unit), language=language, drop_reference=drop_reference or (), strip_reference=strip_reference or (),
            empty_references=empty_references, where=selection(where or ()), reference_group=reference_group,
            margin=margin, mode=mode, utterance=utterance, pairs=pairs, duplicates=duplicates, utterances=utterances, conflicts=conflicts, cluster=cluster or (), prompt=prompt, weight=weight, bands=limits_of(bands or ()), encoding=encoding,
            references=references, transcript_format=transcript_format,
        )  # fmt: skip
        if not scored.n_rows:
            raise ScoringError("no row is left to score", place=str(transcripts), remedy="; ".join(scored.notes))
        gaps_under = _band(scored, language, reference_group, margin) if band else None
        gate = None
        if rules or max_wer:
            gate = _gate(f"score {transcripts.name}", rules, max_wer, scored.gaps, scored.scores)
    if gate and form != "text":
        gates.report(gate, form)
        gates.leave(gate)
        return
    if as_json:
        more = {} if gaps_under is None else {"band": json_rows(gaps_under)}
        emit({**scored.to_json(), **more, **({"gate": gate.to_json()} if gate else {})})
        if gate:
            gates.leave(gate)
        return
    rate, short, counted = UNIT_WORDS[scored.unit]
    headings = None if scored.unit == "word" else {"rate": f"{short} %", "ref_words": counted}
    for frame, kind, title in (
        (scored.rates, RATES, rate), (scored.gaps, GAPS, "Gaps"), (scored.pairs, COMPARISONS, "Second minus first"),
    ):  # fmt: skip
        if (
            kind is not COMPARISONS or pairs
        ):  # nobody knows the condition under which transcripts made elsewhere came about
            known = [name for name in frame.columns if not name.startswith("condition_")]
            print_table(frame[known], kind, title=title, by=by if kind is RATES else (), headings=headings)
    if gaps_under is not None:
        known = [name for name in gaps_under.columns if not name.startswith("condition_")]
        print_table(gaps_under[known], NORMALISER_BAND, title="Gaps under several normalisers")
    for note in scored.notes:
        OUT.print(note, markup=False, highlight=False)
    if gate:
        gates.report(gate, form)
        gates.leave(gate)
