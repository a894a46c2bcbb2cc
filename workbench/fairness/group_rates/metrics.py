"""Other figures of the same counts: substitutions, deletions, insertions, MER, CER, and words as precision, recall and F1.

With H hits, S, D, I and N = H + S + D reference words:

| figure | quotient |
|---|---|
| wer, substitutions, deletions, insertions | (S + D + I) / N, S / N, D / N, I / N |
| mer, match error rate | (S + D + I) / (N + I) |
| cer, character error rate | character edits / characters of the reference |
| precision | H / (H + S + I) |
| recall | H / N |
| f1 | 2 H / (2 H + 2 S + D + I) |

Each is a quotient of sums over speakers, so that rate, standard error and interval are those of a word error rate.
Intervals of what is right are those of what is wrong, turned round.

Source: Morris, Maier & Green 2004, Interspeech (MER); precision, recall and F1 of words as in AWS service cards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    COUNTED,
    TALLIED,
    EmptyReferences,
    Method,
    SixSums,
    group_columns,
    six_sums,
    speaker_sums,
)
from workbench.fairness.counts.frames import typed
from workbench.fairness.group_rates.rates import evidence_of
from workbench.fairness.inference.intervals import Interval, rate_interval, too_few
from workbench.schema import METRIC_NAMES, METRICS

Counts = pd.DataFrame
Column = Callable[[Counts], "pd.Series[int]"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A quotient of sums: what is wrong, out of what; ``right`` if the figure is what is left; ``most``: its limit, if any."""

    wrong: Column
    of: Column
    right: bool = False
    most: float | None = 1.0


def _words(counts: Counts) -> pd.Series[int]:
    return counts["ref_words"]


def _written(counts: Counts) -> pd.Series[int]:
    return counts["ref_words"] - counts["deletions"] + counts["insertions"]


CATALOGUE: Mapping[str, Metric] = {
    "wer": Metric(lambda c: c["errors"], _words, most=None),
    "substitutions": Metric(lambda c: c["substitutions"], _words),
    "deletions": Metric(lambda c: c["deletions"], _words),
    "insertions": Metric(lambda c: c["insertions"], _words, most=None),
    "mer": Metric(lambda c: c["errors"], lambda c: c["ref_words"] + c["insertions"]),
    "cer": Metric(lambda c: c["char_errors"], lambda c: c["ref_chars"], most=None),
    "precision": Metric(lambda c: c["substitutions"] + c["insertions"], _written, right=True),
    "recall": Metric(lambda c: c["substitutions"] + c["deletions"], _words, right=True),
    "f1": Metric(lambda c: c["substitutions"] + c["errors"], lambda c: _words(c) + _written(c), right=True),
}


def metrics(
    scores: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    names: Sequence[str] = METRIC_NAMES,
    method: Method = "linearised",
    empty_references: EmptyReferences = "separate",
) -> pd.DataFrame:
    """Return METRICS: figures of every model x condition x group of ``by``, with intervals clustered on speaker.

    Parameters
    ----------
    scores, by, method, empty_references : as for ``rates``; ``cer`` needs char_errors and ref_chars
    names : which figures, in this order

    Returns
    -------
    One row per cell and figure; all are pooled. An interval that cannot be given is missing and ``reason`` says why.

    Raises
    ------
    ScoringError : as for ``rates``; an unknown figure

    Source: the module's docstring.
    """
    unknown = [name for name in names if name not in CATALOGUE]
    if unknown:
        raise ScoringError(f"no figure {', '.join(map(repr, unknown))}", remedy=choices(unknown[0], list(CATALOGUE)))
    attributes = group_columns(scores, by)
    keys = [*CELL, *attributes]
    further = ("char_errors", "ref_chars") if "cer" in names else ()
    people = speaker_sums(scores, attributes, method=method, empty_references=empty_references, further=further)
    order = [*keys, *[name for name in METRICS.column_names if name not in keys]]
    if people.empty:
        return typed([], METRICS, order)
    words = six_sums(people, keys)
    tallies = people.groupby(keys, sort=True)[[*COUNTED, *TALLIED]].sum().to_dict("records")
    of_each = {name: _cells(people, CATALOGUE[name], keys) for name in names}
    rows: list[dict[str, object]] = []
    for (key, pooled), counted in zip(words.items(), tallies, strict=True):
        evidence, reason = evidence_of(pooled, pooled, method, counted)
        for name in names:
            cell, metric = of_each[name][key], CATALOGUE[name]
            interval = Interval() if method == "none" or too_few(pooled) else _within(rate_interval(cell), metric)
            rows.append(
                {
                    **dict(zip(keys, key, strict=True)),
                    "metric": name,
                    "n_speakers": cell.n_speakers,
                    "value": 1 - cell.rate if metric.right else cell.rate,
                    "ci_low": interval.low,
                    "ci_high": interval.high,
                    "evidence": evidence,
                    "reason": reason if cell.words or not pooled.words else "nothing was written: no figure",
                }
            )
    return typed(rows, METRICS, order)


def _cells(people: pd.DataFrame, metric: Metric, keys: Sequence[str]) -> dict[tuple[str, ...], SixSums]:
    counted = people.assign(wrong=metric.wrong(people), of=metric.of(people))
    return six_sums(counted, keys, numerator="wrong", denominator="of")


def _within(interval: Interval, metric: Metric) -> Interval:
    """Return the interval of the figure: what is wrong, or what is left, and not beyond its limit."""
    high = interval.high if metric.most is None else min(interval.high, metric.most)
    low = min(interval.low, high)
    if not interval.known:
        return interval
    return Interval(1 - high, 1 - low) if metric.right else Interval(low, high)
