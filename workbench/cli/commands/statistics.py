"""Rates and gaps: gaps of a run, and score of transcripts made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import comparison_tables, tables
from workbench.cli.console import OUT, emit, mendable, records
from workbench.cli.options import Json, RunId, StoreUrl

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
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
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
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the rates and gaps of a run, with 95 % intervals clustered on speaker and a permutation test."""
    from workbench import fairness
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), normaliser=normaliser)
        found = fairness.rates_and_gaps(
            results.scores, by, conditions=condition or (), reference=reference_group, mode=mode, permutations=permutations,
            margin=results.study.margin if margin is None else margin, adjustment="bh" if exploratory else "holm",
        )  # fmt: skip
    rows = records(found.rates.rename(columns={"model_id": "system"}))
    gap_rows = records(found.gaps.rename(columns={"model_id": "system"}))
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "normaliser": results.normaliser_id,
                "mode": mode,
                "margin": results.study.margin if margin is None else margin,
                "margin_declared": results.study.margin,
                "adjustment": "bh" if exploratory else "holm",
                "permutations": permutations,
                "caveat": results.caveat,
                "rates": rows,
                "gaps": gap_rows,
            }
        )
        return
    tables.print_rates(rows, by)
    tables.print_gaps(gap_rows, adjusted="FDR" if exploratory else "Holm")
    if margin is not None and margin != results.study.margin:
        OUT.print(
            f"The margin {margin:g} was not declared in the study, which has {results.study.margin:g}.", highlight=False
        )
    if results.caveat:
        OUT.print(results.caveat, highlight=False)


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
    normaliser: Annotated[str, typer.Option(help="none, basic, whisper_en, koenecke2020 or fair_en.")] = "whisper_en",
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
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    mode: AveragedOver = "pooled",
    margin: Annotated[float | None, typer.Option(help="Gaps smaller than this count as equal.")] = None,
    pairs: Annotated[bool, typer.Option(help="Compare every two systems on the utterances that both have.")] = False,
    utterance: Annotated[str, typer.Option(help="Column that names the utterance; for --pairs.")] = "utterance_id",
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
    as_json: Json = False,
) -> None:
    """Score transcripts made elsewhere: no audio, no recogniser; rates and gaps with intervals."""
    from workbench import fairness
    from workbench.errors import ScoringError

    with mendable():
        scored = fairness.score_table(
            transcripts, by=by, speaker=speaker, system=system, reference=reference, hypothesis=hypothesis,
            normaliser=normaliser, drop_reference=drop_reference or (), strip_reference=strip_reference or (),
            empty_references=empty_references, where=tables.selection(where or ()), reference_group=reference_group,
            margin=margin, mode=mode, utterance=utterance if pairs else None, encoding=encoding,
            references=references, transcript_format=transcript_format,
        )  # fmt: skip
        if not scored.n_rows:
            raise ScoringError("no row is left to score", place=str(transcripts), remedy="; ".join(scored.notes))
    found = scored.to_json()
    if as_json:
        emit(found)
        return
    tables.print_rates(found["rates"], list(by))
    tables.print_gaps(tables.without_condition(found["gaps"]))
    comparison_tables.print_comparisons(tables.without_condition(found["pairs"]))
    for note in scored.notes:
        OUT.print(note, markup=False, highlight=False)
