"""Kitagawa's split: how much of a gap is who was recorded, and how much remains between like and like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.counts.sides import REST, Floats, Sides, comparisons, stratum_codes
from workbench.fairness.inference.intervals import NAN, Interval
from workbench.fairness.inference.jackknife import two_sided_jackknife
from workbench.schema import KITAGAWA


class Split(NamedTuple):
    """The parts of a gap, in rates; they add up to ``gap``."""

    gap: Floats
    mix: Floats
    within: Floats
    unmatched: Floats


def kitagawa(scores: pd.DataFrame, attribute: str, strata: Sequence[str], *, reference: str = REST) -> pd.DataFrame:
    """Return KITAGAWA: every gap as mix + within + unmatched over the strata.

    mix = sum_k (p_Bk - p_Ak)(W_Ak + W_Bk) / 2: other shares of words in the strata. within = sum_k (W_Bk - W_Ak)
    (p_Ak + p_Bk) / 2: other rates in the same stratum. Both over the strata that both sides have, p_k their shares of
    words there. unmatched: what the strata of one side alone add to the gap; 0 where there are none. Intervals:
    delete-one-speaker jackknife.

    Raises
    ------
    ScoringError : as ``gaps``; no such stratum column

    Source: Kitagawa 1955, Journal of the American Statistical Association 50: 1168-1194; the part off the common strata:
    Ñopo 2008, Review of Economics and Statistics 90: 290-299.
    """
    rows = []
    for item in comparisons(scores, attribute, reference):
        row = {**item._asdict(), "attribute": attribute, "strata": ", ".join(strata)}
        rows.append(row | _row(item.sides, strata))
    return typed(rows, KITAGAWA, KITAGAWA.column_names)


def _row(sides: Sides, strata: Sequence[str]) -> dict[str, object]:
    n_speakers, n_reference = sides.n_speakers
    counts = {"n_speakers": n_speakers, "n_speakers_reference": n_reference}
    missing = {name: NAN for name in ("gap", "mix", "mix_low", "mix_high", "within", "within_low", "within_high")}
    missing |= {"unmatched": NAN, "coverage": NAN}
    if not (n_speakers and n_reference):
        return {**missing, **counts, "reason": "no reference words on one side: no comparison"}
    codes = stratum_codes(sides.rows, strata)
    tables = [_table(sides, codes, values) for values in (sides.errors, sides.words)]
    people = sides.people
    whole = [np.stack([table[people].sum(axis=0), table[~people].sum(axis=0)])[:, None] for table in tables]
    result = split(*whole)
    common = bool(np.isfinite(result.mix[0]))
    shared = (whole[1] > 0).all(axis=(0, 1))
    lonely = [
        np.stack([totals[0] - table * people[:, None], totals[1] - table * ~people[:, None]])
        for totals, table in zip(whole, tables, strict=True)
    ]
    left_out = split(*lonely)
    intervals: dict[str, float] = {}
    for name in ("mix", "within"):
        spread = two_sided_jackknife(getattr(left_out, name), people, sides.speaker_words)
        interval = spread.interval(float(getattr(result, name)[0])) if common else Interval()
        intervals |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    reason = joined(
        [
            "no stratum that both sides have" if not common else "",
            "fewer than 2 speakers on a side: no interval" if min(n_speakers, n_reference) < 2 else "",
        ]
    )
    if not reason and np.isnan(intervals["within_low"]):
        reason = "without one of the speakers the sides share no stratum, or nothing varies: no interval"
    parts = {name: float(values[0]) for name, values in result._asdict().items()}
    share = float(whole[1][..., shared].sum() / whole[1].sum())
    return {**parts, **intervals, **counts, "coverage": share, "reason": reason}


def _table(sides: Sides, codes: np.ndarray, values: Floats) -> Floats:
    """Return ``values`` added up by speaker x stratum."""
    table = np.zeros((len(sides.people), int(codes.max()) + 1))
    np.add.at(table, (sides.speaker, codes), values)
    return table


def split(errors: Floats, words: Floats) -> Split:
    """Return the parts of the gap of side 0 over side 1; shape (2 sides, cases, strata). NaN without a common stratum."""
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = errors.sum(axis=-1) / words.sum(axis=-1)
        shared = (words > 0).all(axis=0)
        n = np.where(shared, words, 0.0)
        share = n / n.sum(axis=-1, keepdims=True)
        rate = np.where(shared, errors / words, 0.0)
        common = (share * rate).sum(axis=-1)
    mix = ((share[0] - share[1]) * (rate[0] + rate[1])).sum(axis=-1) / 2
    within = ((rate[0] - rate[1]) * (share[0] + share[1])).sum(axis=-1) / 2
    all_shared = ((words > 0).any(axis=0) == shared).all(axis=-1)
    outside = np.where(all_shared, 0.0, raw - common)  # no rounding where there is nothing
    return Split(raw[0] - raw[1], mix, within, outside[0] - outside[1])
