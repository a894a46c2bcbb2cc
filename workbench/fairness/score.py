"""Rates and gaps of transcripts made elsewhere: no audio, no recogniser, one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.age_bands import age_bands
from workbench.fairness.clusters import clustered, with_clusters
from workbench.fairness.comparison.systems import INDEPENDENCE, compare_systems
from workbench.fairness.conflicting_labels import Conflicts, Resolved, refuse_unknown_rule, resolved
from workbench.fairness.counts.cells import WEIGHT, EmptyReferences, Method, Mode
from workbench.fairness.group_gaps.gaps import REST, gaps
from workbench.fairness.group_labels import label_notes
from workbench.fairness.group_rates.prompts import prompt_notes, prompt_rows
from workbench.fairness.group_rates.rates import rates
from workbench.fairness.planning.equality import equality, equality_in_words
from workbench.fairness.scored_utterances import Duplicates, Utterances, common_utterances, one_row_each
from workbench.fairness.table_rows import (
    as_text,
    chosen_rows,
    compiled,
    refuse_blank,
    refuse_missing_columns,
    refuse_reserved,
    without_rows,
)
from workbench.fairness.words.notation import EVERYBODY, notation, notation_notes
from workbench.schema import CLEAN, COMPARISONS, GAPS, NOT_STATED
from workbench.text import (
    Normaliser,
    add_scores,
    get_normaliser,
    language_of,
    require_language,
    script_not_latin,
    unit_of,
)
from workbench.text.normalise import Unit
from workbench.transcripts.scored_table import read_scored_table

OF_CLUSTER = " of clusters"
PROMPT = "prompt_id"
UTTERANCE = "utterance_id"
"""Column of utterance ids, where a table has it."""
IGNORED_SEGMENT = r"IGNORE_TIME_SEGMENT_IN_SCORING"
"""NIST's mark in an STM reference: this segment is not to be scored. Rows with it are always dropped, and counted."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Rates and gaps of one table of transcripts, and what was left out.

    ``rates``: RATES by the columns asked for, the system as model_id. ``gaps``: GAPS, all attributes one after the
    other. ``empty_references``: what became of rows without reference words, and the rates that counting their
    insertions gives. ``pairs``: COMPARISONS of every two systems, where they were asked for. ``scores``: the counted rows,
    for every other statistic that takes SCORES. ``dropped``: how many rows each pattern of ``drop_reference`` took.
    ``notes``: what a reader of the figures should know.
    """

    rates: pd.DataFrame
    gaps: pd.DataFrame
    by: tuple[str, ...]
    normaliser_id: str
    empty_references: Mapping[str, Any]
    n_rows: int
    pairs: pd.DataFrame = field(default_factory=COMPARISONS.empty)
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """What is counted: words, characters, or both."""
        return unit_of(self.normaliser_id)

    def to_json(self) -> dict[str, Any]:
        """Return what ``score --json`` prints: plain values, ``None`` for every figure that is missing."""
        unknown = (self.rates["evidence"] == "no speakers").any()
        rate_rows = _records(self.rates.drop(columns="condition_id"))
        gap_rows = _records(self.gaps)
        for row in rate_rows + gap_rows if unknown else []:
            row |= {name: None for name in ("n_speakers", "n_speakers_reference") if name in row}
        return {
            "rates": rate_rows,
            "gaps": gap_rows,
            "pairs": _records(self.pairs),
            "normaliser": self.normaliser_id,
            "unit": self.unit,
            "empty_references": dict(self.empty_references),
            "n_rows": self.n_rows,
            "dropped": dict(self.dropped),
            "notes": list(self.notes),
        }


def score_table(
    table: pd.DataFrame | Path | str,
    *,
    by: Sequence[str] = (),
    speaker: str | None = None,
    system: str | None = None,
    reference: str = "reference",
    hypothesis: str = "hypothesis",
    normaliser: str | None = None,
    language: str = "",
    reference_group: str = REST,
    margin: float | None = None,
    mode: Mode | str = "pooled",
    empty_references: EmptyReferences | str = "separate",
    where: Mapping[str, Sequence[str]] | None = None,
    drop_reference: Sequence[str] = (),
    strip_reference: Sequence[str] = (),
    utterance: str | None = None,
    pairs: bool | None = None,
    duplicates: Duplicates | str = "refuse",
    utterances: Utterances | str = "common",
    conflicts: Conflicts | str = "drop",
    cluster: Sequence[str] = (),
    prompt: str | None = None,
    weight: str | None = None,
    bands: Mapping[str, Sequence[float]] | None = None,
    encoding: str = "",
    references: Path | str | None = None,
    transcript_format: str = "",
) -> Scored:
    """Return rates and gaps of the transcripts in a table, under one normaliser.

    Parameters
    ----------
    table : a file that ``transcripts.read_scored_table`` reads (CSV, TSV, Excel, JSON, Parquet), or a frame. A hypothesis
        that is missing (null, not the empty string) is a failed decode.
    by : columns whose groups are compared. One: rates per group; several: rates per intersection. Gaps are given for
        each column by itself. A blank or missing value is the group ``not stated``.
    speaker : column of speaker ids; without it every interval is withheld
    system : column that says which recogniser wrote the row; without it the table is one system
    reference, hypothesis : columns of the texts
    normaliser : name or id (``text.get_normaliser``); by default that of the language
    language : BCP 47 tag of the speech; it chooses normaliser and unit (``text.language_of``), and a normaliser for another
        language is refused. Not stated: English, which a note says; letters of another script are refused.
    reference_group, margin, mode, empty_references : as for ``gaps`` and ``rates``
    where : keep only rows whose value in each of these columns is one of those listed
    drop_reference : regular expressions; rows in whose raw reference one is found are dropped and counted. NIST's
        IGNORE_TIME_SEGMENT_IN_SCORING is always among them.
    strip_reference : regular expressions deleted from the references, e.g. ``<[A-Z_]+>`` for tags
    utterance : column of utterance ids; by default ``utterance_id`` where the table has it
    pairs : compare every two systems on the utterances that both have; by default where ``utterance`` is named
    duplicates : an utterance that stands twice for one system is refused, or its ``first`` or ``last`` row counts
    utterances : systems are compared on the utterances that all of them have (``common``), or each on its own (``all``)
    conflicts : speakers who carry several groups of an attribute (``fairness.conflicting_labels``): ``drop`` leaves them out of
        the rates and gaps by it and says so, ``refuse``, ``majority`` or ``as-group``
    cluster : columns above the speaker, such as session or site, whose clusters are the unit of inference
        (``fairness.clusters``); the speaker's own column allows a speaker in several groups
    prompt : column of the texts that were read: intervals and tests allow for new texts too (``group_gaps.clustered_tests``)
    weight : column of survey weights: rates and gaps are those of the population, with design-based intervals (mode ``weighted``)
    bands : columns of ages to put into bands, each with the limits between them; none: ``fairness.age_bands``
    encoding : encoding of the file's text where it is not UTF-8, such as ``windows-1252``
    references : the manifest that has references, speakers and groups, where ``table`` is any source of transcripts that
        ``transcripts.read_transcripts`` reads; speakers are then its ``speaker_id`` unless ``speaker`` names another column
    transcript_format : read the source as this format of ``transcripts.FORMATS`` instead of recognising it

    Raises
    ------
    ScoringError : a column, value, normaliser or pattern that is not there or not valid, rows without reference or
        speaker, with ``refuse`` a speaker in two groups

    Source: ``rates``, ``gaps`` and ``comparing.compare_systems``.
    """
    place = "table" if isinstance(table, pd.DataFrame) else str(table)
    compared = utterance is not None if pairs is None else pairs
    attributes = tuple(dict.fromkeys(by))
    filters = dict(where or {})
    if references is not None:
        speaker = speaker or "speaker_id"
    columns = [
        *attributes,
        *filters,
        *filter(None, (reference, hypothesis, speaker, system, utterance, prompt, weight)),
        *cluster,
    ]
    frame, remarks = (table, ()) if isinstance(table, pd.DataFrame) else read_scored_table(
        table, columns, encoding=encoding, references=references, format=transcript_format
    )  # fmt: skip
    frame = frame.reset_index(drop=True)
    if utterance is None and UTTERANCE in frame.columns:
        utterance = UTTERANCE
    roles = {
        "to group by": attributes,
        "of speakers": (speaker,) if speaker is not None else (),
        "of systems": (system,) if system is not None else (),
        "of utterances": (utterance,) if utterance is not None else (),
        "of clusters": tuple(cluster),
        "of prompts": (prompt,) if prompt is not None else (),
        "of weights": (weight,) if weight is not None else (),
        "of references": (reference,),
        "of hypotheses": (hypothesis,),
        "to choose rows by": tuple(filters),
    }
    refuse_missing_columns(frame, roles, place)
    refuse_reserved(attributes, place)
    kept = frame[chosen_rows(frame, filters, place)]
    kept, dropped = without_rows(kept, reference, (IGNORED_SEGMENT, *drop_reference))
    refuse_blank(kept, reference, place, blank_counts=False)
    if speaker is not None:
        refuse_blank(kept, speaker, place, blank_counts=True)
    if (cluster or prompt) and speaker is None:
        raise ScoringError("clusters and prompts need speakers", place=place, remedy="name their column (--speaker)")
    if compared and (speaker is None or system is None):
        raise ScoringError(
            "systems can be compared only where speakers and systems are known",
            place=place,
            remedy="name the columns of both",
        )
    if compared and utterance is None:
        raise ScoringError("no column of utterances to compare systems by", place=place, remedy="name it (--utterance)")
    rules, spoken = _rules(normaliser, language, as_text(kept[reference].dropna()), place)
    several: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    if utterance is not None:
        kept, several = one_row_each(kept, utterance=utterance, system=system, duplicates=duplicates, place=place)
        if system is not None and not compared:
            kept, different = common_utterances(kept, utterance=utterance, system=system, utterances=utterances)
    scores = pd.DataFrame(
        {
            "model_id": as_text(kept[system]) if system is not None else _system_name(table),
            "condition_id": CLEAN,
            "speaker_id": as_text(kept[speaker]) if speaker is not None else "",
            **({"utterance_id": as_text(kept[utterance])} if utterance is not None else {}),
            **({PROMPT: as_text(kept[prompt])} if prompt is not None else {}),
            **({WEIGHT: kept[weight]} if weight is not None else {}),
            **{f"{name}{OF_CLUSTER}": as_text(kept[name]) for name in cluster},
            "reference_raw": as_text(kept[reference]),
            "hypothesis_raw": as_text(kept[hypothesis]),
            **{name: as_text(kept[name]).where(lambda text: text.str.strip() != "", NOT_STATED) for name in attributes},
        },
        index=kept.index,
    ).reset_index(drop=True)
    for name, edges in (bands or {}).items():
        if name not in attributes:
            raise ScoringError(f"{name!r} is not compared: it cannot have bands", remedy=choices(name, attributes))
        scores[name] = age_bands(scores[name], edges)
    for pattern in strip_reference:
        scores["reference_raw"] = scores["reference_raw"].str.replace(compiled(pattern), "", regex=True)
    scores = add_scores(scores, rules)
    method: Method = "linearised" if speaker is not None else "none"
    policy = cast(EmptyReferences, empty_references)  # refused below if it is neither
    averaged = cast(Mode, mode)
    if weight is not None:
        if mode not in ("pooled", "weighted"):
            raise ScoringError(f"weights and the mode {mode!r} do not go together", remedy="use one of them")
        averaged = "weighted"
    # Whoever declares clusters wants the covariance of groups that share one: a speaker in two groups is no conflict then.
    labels = _resolved(scores, attributes, conflicts, place) if speaker is not None and not cluster else {}
    scores = scores.assign(**{name: item.labels for name, item in labels.items()})
    compared_rows = {name: scores[labels[name].kept] if name in labels else scores for name in attributes}
    taking_part = pd.Series(True, index=scores.index)
    for item in labels.values():
        taking_part &= item.kept
    unit_notes: tuple[str, ...] = ()
    of_speakers = scores
    if cluster:
        scores, unit_notes = clustered(scores, [f"{name}{OF_CLUSTER}" for name in cluster], attributes, names=cluster)
        compared_rows = dict.fromkeys(attributes, scores)
    if prompt:
        unit_notes += prompt_notes(prompt_rows(scores, attributes, PROMPT, mode=averaged), attributes=attributes)
    grouped = scores[taking_part]
    if margin is not None and method == "linearised":
        counted = "clusters" if cluster else "speakers"
        tables = [equality(compared_rows[name], name, margin=margin) for name in attributes]
        unit_notes += tuple(filter(None, dict.fromkeys(equality_in_words(item, counted=counted) for item in tables)))
    results = [
        gaps(
            compared_rows[attribute],
            attribute,
            reference=reference_group,
            margin=margin,
            method=method,
            empty_references=policy,
            mode=averaged,
            prompt=PROMPT if prompt else "",
            shared="covariance" if cluster else "refuse",
        )
        for attribute in attributes
    ]
    rated = rates(
        grouped, attributes, method=method, empty_references=policy, mode=averaged, prompt=PROMPT if prompt else ""
    )
    compared_gaps = pd.concat(results, ignore_index=True) if results else GAPS.empty()
    if cluster:
        rated, compared_gaps = (with_clusters(table, of_speakers) for table in (rated, compared_gaps))
    return Scored(
        rates=rated,
        gaps=compared_gaps,
        by=attributes,
        normaliser_id=rules.id,
        empty_references=_empty_references(grouped, attributes, method, policy),
        n_rows=len(scores),
        pairs=compare_systems(grouped, attributes) if compared else COMPARISONS.empty(),
        scores=scores,
        dropped=dropped,
        notes=(
            *remarks,
            *unit_notes,
            *(
                [f"rates are weighted by {weight!r}: those of the population that the weights describe"]
                if weight
                else []
            ),
            *(note for item in labels.values() for note in item.notes),
            *label_notes(scores, attributes),
            *_of_notation(scores, attributes),
            *spoken,
            *several,
            *different,
            *_notes(frame, speaker, system, dropped),
            *([INDEPENDENCE] if compared else []),
        ),
    )


def _rules(
    normaliser: str | None, language: str, references: pd.Series[str], place: str
) -> tuple[Normaliser, tuple[str, ...]]:
    """Return the normaliser, and what has to be said on it; English is never taken for granted.

    Raises
    ------
    ScoringError : no such normaliser, one for another language, or no language where the letters are not Latin
    """
    if language:
        rules = get_normaliser(normaliser or language_of(language).normaliser)
        require_language(rules, language)
        return rules, ()
    rules = get_normaliser(normaliser or language_of("en").normaliser)
    script = script_not_latin(references) if rules.languages in ((), ("en",)) else None
    if script is not None and (rules.languages or (normaliser is None)):
        raise ScoringError(
            f"the references are in {script[0]}, the rules of {rules.name!r} are for English",
            place=place,
            remedy=f"in which language is the speech? Name it: --language {script[1]}",
        )
    if normaliser is None:
        return rules, ("no language was stated: scored as English; --language chooses other rules and the unit",)
    return rules, ()


def _of_notation(scores: pd.DataFrame, attributes: Sequence[str]) -> list[str]:
    """Return what rests on notation over all systems together."""
    together = scores.assign(model_id="")
    return [note for name in attributes or (EVERYBODY,) for note in notation_notes(notation(together, name))]


def _resolved(scores: pd.DataFrame, attributes: Sequence[str], conflicts: str, place: str) -> dict[str, Resolved]:
    """Return one group of each attribute for every speaker."""
    refuse_unknown_rule(conflicts)
    return {name: resolved(scores["speaker_id"], scores[name], name, conflicts, place) for name in attributes}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    renamed = frame.rename(columns={"model_id": "system"})
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in renamed.astype(object).to_dict("records")
    ]


def _system_name(table: pd.DataFrame | Path | str) -> str:
    return "transcripts" if isinstance(table, pd.DataFrame) else Path(table).stem


def _empty_references(
    scores: pd.DataFrame, attributes: Sequence[str], method: Method, policy: EmptyReferences
) -> dict[str, Any]:
    counting = rates(scores, attributes, method=method, empty_references="count")
    return {
        "policy": policy,
        "rows": int(counting["n_empty_references"].sum()),
        "inserted_words": int(counting["false_speech_words"].sum()),
        "rates_counting_insertions": _records(counting[["model_id", *attributes, "rate"]]),
    }


def _notes(frame: pd.DataFrame, speaker: str | None, system: str | None, dropped: Mapping[str, int]) -> tuple[str, ...]:
    notes = [f"{count} rows dropped: reference matches {pattern}" for pattern, count in dropped.items() if count]
    if speaker is None:
        notes.append("no speaker column was named: intervals, p-values and verdicts are withheld")
    if system is None and "system" in frame.columns:
        notes.append("the table has a column 'system' that was not named: all rows were scored as one system")
    return tuple(notes)
