"""Word error rates by group, with intervals clustered on speaker."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from workbench.fairness.counts.cells import (
    CELL,
    COUNTED,
    TALLIED,
    EmptyReferences,
    Method,
    Mode,
    SixSums,
    group_columns,
    six_sums,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined, typed, unit_of_scores
from workbench.fairness.group_rates.averages import of_mode, with_spread
from workbench.fairness.group_rates.prompts import prompt_rows, with_prompts
from workbench.fairness.inference.intervals import FEWEST_SPEAKERS, Interval, shown_interval, too_few
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS, saturated
from workbench.schema import RATES

ENOUGH_WORDS = 500


def rates(
    scores: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    method: Method = "linearised",
    empty_references: EmptyReferences = "separate",
    mode: Mode = "pooled",
    prompt: str = "",
) -> pd.DataFrame:
    """Return RATES: the rate of every model x condition x group of ``by``, sorted by them.

    Parameters
    ----------
    scores : SCORES, or a frame with model_id, condition_id, speaker_id and the word counts. A row whose status is
        ``failed`` or whose counts are missing is a failed decode: it counts in ``n_failed`` and not in the rate.
    by : attributes; several give the rates of their intersections. A missing value is the level ``not stated``.
    method : ``linearised``: W = sum(E) / sum(N) with an interval of t on the square root scale, from the linearised variance
        over speakers (``intervals.shown_interval``). ``none``: no intervals, for transcripts whose speakers nobody knows.
    empty_references : utterances without reference words (silence, laughter) cannot have a rate. ``separate`` leaves
        them out of it and tallies them as ``n_empty_references`` and ``false_speech_words``; ``count`` adds their
        insertions to the errors, as some published figures do.
    mode : which rate. ``pooled``: sum of errors / sum of words, the share of words wrong. ``speaker_mean``: mean of the
        speakers' own rates, the average person's. ``utterance_mean``: mean of the utterances' rates, which short ones rule;
        for comparing with figures computed so. ``weighted``: sum of weight x errors / sum of weight x words by the column
        ``survey_weight`` (design-based: what speakers stand for). All are clustered on speaker.
    prompt : column of the texts that were read: intervals then allow for new texts as well as new speakers
        (``group_gaps.clustered_tests``); pooled rates of rows that are not added up

    Returns
    -------
    Columns model_id, condition_id, ``by``, then the others of RATES. An interval that cannot be given is missing, and
    ``reason`` says why: one speaker, no reference words, no speakers known.

    Raises
    ------
    ScoringError : missing column, missing speaker_id under ``linearised``, more than one normaliser

    Source: ratio estimator, Cochran 1977 ch. 6; the cases without spread: ``fairness.inference.intervals``.
    """
    attributes = group_columns(scores, by)
    keys = [*CELL, *attributes]
    speakers = speaker_sums(scores, attributes, method=method, empty_references=empty_references, mode=mode)
    order = [*keys, *[name for name in RATES.column_names if name not in (*keys, "n_clusters")]]
    if speakers.empty:
        return typed([], RATES, order)
    pooled = six_sums(speakers, keys)
    cells = of_mode(speakers, keys, mode)
    if prompt:
        cells = with_prompts(cells, prompt_rows(scores, attributes, prompt, mode=mode), keys)
    totals = speakers.groupby(keys, sort=True)[[*COUNTED, *TALLIED]].sum()
    rows: list[dict[str, object]] = []
    unit = unit_of_scores(scores)
    single = _single_rates(speakers, keys, {key for key, cell in cells.items() if too_few(cell)}, method)
    for (key, cell), tallies in zip(cells.items(), totals.to_dict("records"), strict=True):
        interval = Interval() if method == "none" else shown_interval(with_spread(cell, pooled[key]))
        evidence, reason = evidence_of(cell, pooled[key], method, tallies)
        if empty_references == "count" and tallies["false_speech_words"]:
            reason = joined([reason, f"{tallies['false_speech_words']} words invented on empty references are counted"])
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                **{str(name): count for name, count in tallies.items()},
                "n_speakers": cell.n_speakers,
                "mode": mode,
                "unit": unit,
                "rate": cell.rate,
                "ci_low": interval.low,
                "ci_high": interval.high,
                "evidence": evidence,
                "reason": reason,
                "speaker_rates": " ".join(f"{value:.4g}" for value in single.get(key, ())),
            }
        )
    return typed(rows, RATES, order)


def _single_rates(
    speakers: pd.DataFrame, keys: Sequence[str], few: set[tuple[str, ...]], method: Method
) -> dict[tuple[str, ...], list[float]]:
    """Return the rates of the single speakers of the cells whose speakers are too few for an interval, the lowest first."""
    if method == "none" or not few:
        return {}
    spoke = speakers[(speakers["ref_words"] > 0) & (speakers["denominator"] > 0)]
    own = (spoke["numerator"] / spoke["denominator"]).groupby([spoke[key] for key in keys], sort=False)
    return {at: sorted(values.tolist()) for key, values in own if (at := tuple(map(str, key))) in few}


def evidence_of(cell: SixSums, pooled: SixSums, method: Method, tallies: Mapping[Hashable, int]) -> tuple[str, str]:
    """Return what the cell can bear, and why not more."""
    if not cell.words:
        return "insufficient", joined(
            [
                "no reference words: no rate",
                _counted(tallies["n_failed"], "utterance") + " failed" if tallies["n_failed"] else "",
                _counted(tallies["n_empty_references"], "empty reference") if tallies["n_empty_references"] else "",
            ]
        )
    if method == "none":
        return "no speakers", "speakers unknown: no interval"
    if cell.n_speakers == 1:
        return "1 speaker", "1 speaker: no interval"
    few = [
        few_speakers(cell),
        f"{pooled.words} words, fewer than {ENOUGH_WORDS}" if pooled.words < ENOUGH_WORDS else "",
    ]
    missed = (tallies["substitutions"] + tallies["deletions"]) / pooled.words
    if saturated(missed):
        return "saturated", joined(
            [
                f"{missed:.0%} of the words wrong or missing: no room for differences",
                *few,
                no_spread(with_spread(cell, pooled)),
            ]
        )
    return "descriptive" if any(few) else "ok", joined([*few, no_spread(with_spread(cell, pooled))])


def few_speakers(cell: SixSums) -> str:
    """Return what is said of a cell with few speakers; empty if they are enough."""
    if too_few(cell) and cell.n_speakers < FEWEST_SPEAKERS:
        return f"{cell.n_speakers} speakers: too few for an interval"
    if too_few(cell):
        return f"{cell.n_speakers} speakers, but one says nearly everything: too few for an interval"
    return f"{cell.n_speakers} speakers, fewer than {ENOUGH_SPEAKERS}" if cell.n_speakers < ENOUGH_SPEAKERS else ""


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def no_spread(cell: SixSums) -> str:
    """Return what the interval rests on if the speakers of the cell do not differ; empty if they do."""
    if cell.n_speakers < 2 or not cell.words or cell.variance != 0:
        return ""
    if not cell.errors:
        return (
            f"no errors in {cell.words} words: the upper limit is the rule of three with a design effect for speakers"
        )
    return "all speakers have exactly the same rate: the interval takes errors as independent"
