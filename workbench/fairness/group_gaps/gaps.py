"""Gaps: the rate of each group against the rest or against a chosen group, with intervals, p-values and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    EmptyReferences,
    Method,
    Mode,
    SixSums,
    group_columns,
    refuse_speakers_in_two_groups,
    refuse_unknown,
    six_sums,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_rates.averages import missed_words, of_mode, with_spread
from workbench.fairness.group_rates.rates import no_spread
from workbench.fairness.inference.intervals import Difference, difference, ratio
from workbench.fairness.inference.multiplicity import adjusted
from workbench.fairness.inference.permutation import REPLICATES, permutation_p
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS, more_speakers, saturated, verdict, withheld
from workbench.schema import GAPS

REST = "rest"
"""The reference that is every other speaker of the same model and condition, pooled."""
Adjustment = Literal["holm", "bh"]


def gaps(
    scores: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    margin: float | None = None,
    method: Method = "linearised",
    empty_references: EmptyReferences = "separate",
    mode: Mode = "pooled",
    permutations: int = REPLICATES,
    adjustment: Adjustment = "holm",
) -> pd.DataFrame:
    """Return GAPS: for every model x condition, each group of ``attribute`` against the reference.

    Parameters
    ----------
    scores : as for ``rates``
    attribute : the column whose groups are compared; ``not stated`` is a group
    reference : a group, or ``rest``: all other speakers pooled, which makes no accent the norm (also where a group
        has that very name)
    margin : differences of rates smaller than this count as equal (0.02 is two points); to be fixed before looking
    method, empty_references : as for ``rates``; ``none`` gives estimates without intervals or verdict
    mode : which rate is compared, as for ``rates``
    permutations : random labellings of the permutation test (``fairness.inference.permutation``); fewer where there are fewer
    adjustment : of the p-values. ``holm`` over the groups of one model and condition, the family declared by asking
        for them; ``bh`` (false discovery rate) over all rows, for exploring.

    Returns
    -------
    One row per model, condition and group (the reference group itself has none). ``difference`` is
    W_group - W_reference with its t interval, ``ratio`` theirs on the log scale (``fairness.inference.intervals``); ``p_value`` is
    two-sided, from permuting the speakers' groups; ``p_adjusted`` as asked for (two groups, each against the other as its
    rest, are one comparison and not adjusted); ``mde`` the gap that this sample would have found with 80 % power;
    ``more_speakers`` how many more on each side would settle an INCONCLUSIVE comparison. ``verdict``: see
    ``fairness.inference.verdicts``; without a margin nothing is EQUIVALENT. It is on its own comparison: ``verdicts.doubt`` tells
    which ones are tentative.

    Raises
    ------
    ScoringError : no such column or reference group; a speaker in two groups (all are named); margin or permutations not positive

    Source: ``fairness.inference.intervals``, ``fairness.inference.permutation``, ``fairness.inference.verdicts``; Holm 1979; Benjamini & Hochberg 1995.
    """
    if margin is not None and not (math.isfinite(margin) and margin > 0):
        raise ScoringError(
            f"margin {margin!r} is not a positive number", remedy="0.02 means two points of word error rate"
        )
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations cannot be drawn", remedy=f"the default is {REPLICATES:,}")
    refuse_unknown(adjustment, get_args(Adjustment), "adjustment")
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    speakers = speaker_sums(scores, named, method=method, empty_references=empty_references, mode=mode)
    if speakers.empty:
        return typed([], GAPS, GAPS.column_names)
    if attribute not in speaker_columns(scores):
        refuse_speakers_in_two_groups(speakers, attribute, speaker_columns(scores))
    groups = list(speakers[attribute].unique())
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    keys = [*CELL, attribute]
    pooled = _families(six_sums(speakers, keys))
    families = pooled if mode == "pooled" else _families(of_mode(speakers, keys, mode))
    missed = _families(missed_words(speakers, keys))
    p_values = {} if method == "none" else _p_values(speakers, attribute, reference, permutations)
    rows: list[dict[str, Any]] = []
    for key, cells in families.items():
        fixed = {
            **dict(zip(CELL, key, strict=True)), "attribute": attribute, "reference_group": reference, "mode": mode
        }  # fmt: skip
        p_of = {group: p_values.get((*key, group), math.nan) for group in cells}
        found = _family(cells, pooled[key], missed[key], p_of, reference, margin, method)
        if adjustment == "holm":
            _adjust(found, "holm")
        rows += [{**fixed, **row} for row in found]
    if adjustment == "bh":
        _adjust(rows, "bh")
    return typed(rows, GAPS, GAPS.column_names)


def _p_values(
    speakers: pd.DataFrame, attribute: str, reference: str, permutations: int
) -> dict[tuple[str, ...], float]:
    """Return the permutation p by model, condition and group: one labelling of the speakers serves all of them."""
    who = speakers.groupby(speaker_columns(speakers), sort=True).ngroup().to_numpy()
    cells = speakers[list(CELL)].drop_duplicates()
    column = speakers.groupby(list(CELL), sort=False).ngroup().to_numpy()
    errors = np.zeros((who.max() + 1, len(cells)))
    words, groups = errors.copy(), np.empty(len(errors), dtype=object)
    errors[who, column], words[who, column] = speakers["numerator"], speakers["denominator"]
    groups[who] = speakers[attribute]
    compared = [group for group in dict.fromkeys(groups) if group != reference or reference == REST]
    one = None if reference == REST else reference
    p = permutation_p(errors, words, groups, compared, reference=one, replicates=permutations, name=attribute)
    return {
        (model, condition, group): float(p[row, place])
        for place, (model, condition) in enumerate(cells.itertuples(index=False))
        for row, group in enumerate(compared)
    }


def _families(cells: Mapping[tuple[str, ...], SixSums]) -> dict[tuple[str, ...], dict[str, SixSums]]:
    """Return the cells of every model and condition by group."""
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    for key, cell in cells.items():
        families.setdefault(key[:2], {})[key[2]] = cell
    return families


def _sides(cells: Mapping[str, SixSums], everyone: SixSums, group: str, reference: str) -> tuple[SixSums, SixSums]:
    """Return the cell of a group and that of what it is compared with."""
    own = cells[group]
    if reference != REST:
        return own, cells.get(reference, SixSums())
    if isinstance(everyone.errors, int):  # whole numbers subtract exactly, fractions leave their rounding behind
        rest = everyone - own
        if everyone.factor > 1:  # of an adaptive run
            rest = replace(
                rest, factor=max((cell.factor for name, cell in cells.items() if name != group), default=1.0)
            )
        return own, rest
    return own, sum((cell for name, cell in cells.items() if name != group), SixSums())


def _family(
    cells: Mapping[str, SixSums],
    pooled: Mapping[str, SixSums],
    missed: Mapping[str, SixSums],
    p_of: Mapping[str, float],
    reference: str,
    margin: float | None,
    method: Method,
) -> list[dict[str, Any]]:
    """Return the rows of one model and condition."""
    compared = [group for group in cells if group != reference or reference == REST]  # a group may be called "rest"
    totals = [(of, sum(of.values(), SixSums())) for of in (cells, pooled)]
    mirrored = reference == REST and sum(bool(cell.words) for cell in cells.values()) == 2
    rows: list[dict[str, Any]] = []
    for group in compared:
        sides = [_sides(of, everyone, group, reference) for of, everyone in totals]
        cell, other = (with_spread(one, words) for one, words in zip(*sides, strict=True))
        gap, (quotient, quotient_interval) = difference(cell, other), ratio(cell, other)
        if method == "none":
            gap, quotient_interval = Difference(gap.estimate), Difference().interval
        p = p_of[group] if gap.interval.known else math.nan
        own_missed, other_missed = (
            one.rate for one in _sides(missed, sum(missed.values(), SixSums()), group, reference)
        )
        shares = (own_missed, other_missed)
        concluded = verdict(gap, quotient_interval, p_value=p, margin=margin, missed=shares)
        reasons = [_reason(cell, other, shares, group, reference, method)]
        if concluded in ("INCONCLUSIVE", "SATURATED"):
            why = withheld(
                gap, quotient_interval, p_value=p, n_speakers=cell.n_speakers, n_speakers_reference=other.n_speakers
            )
            reasons.append(why)
        rows.append(
            {
                "group": group,
                "n_speakers": cell.n_speakers,
                "n_speakers_reference": other.n_speakers,
                "difference": gap.estimate,
                "ci_low": gap.interval.low,
                "ci_high": gap.interval.high,
                "ratio": quotient,
                "ratio_low": quotient_interval.low,
                "ratio_high": quotient_interval.high,
                "p_value": p,
                "p_adjusted": p,
                "mde": gap.mde,
                "more_speakers": more_speakers(cell, other, margin) if concluded == "INCONCLUSIVE" else None,
                "verdict": concluded,
                "reason": joined(reasons),
                "mirrored": mirrored,
            }
        )
    return rows


def _adjust(rows: Sequence[dict[str, Any]], adjustment: Adjustment) -> None:
    """Adjust the p-values of a family in place, and say which of its gaps do not outlast it."""
    family = [row for row in rows if not row["mirrored"]] if adjustment == "holm" else list(rows)
    p_values = [row["p_value"] for row in family]
    n_tested = sum(not math.isnan(p) for p in p_values)
    for row, p_adjusted in zip(family, adjusted(p_values, adjustment), strict=True):
        row["p_adjusted"] = p_adjusted
        if row["verdict"] == "GAP" and p_adjusted >= ALPHA:
            what = f"Holm p = {p_adjusted:.2g}" if adjustment == "holm" else f"false discovery rate {p_adjusted:.2g}"
            row["reason"] = joined([row["reason"], f"not beyond chance among {n_tested} comparisons ({what})"])


def _reason(
    cell: SixSums, other: SixSums, missed: tuple[float, float], group: str, reference: str, method: Method
) -> str:
    """Return why a figure of this comparison is missing or weak."""
    sides = [(cell, group), (other, "the rest" if reference == REST else reference)]
    wordless = [f"{name}: no reference words" for side, name in sides if not side.words]
    if wordless:
        return joined([*wordless, "no comparison"])
    if method == "none":
        return "speakers unknown: no interval"
    reasons = [f"{name}: 1 speaker, no interval" for side, name in sides if side.n_speakers == 1]
    if not reasons:
        reasons = [
            f"{name}: {side.n_speakers} speakers, fewer than {ENOUGH_SPEAKERS}"
            for side, name in sides
            if side.n_speakers < ENOUGH_SPEAKERS
        ]
        reasons += [f"{name}: {no_spread(side)}" for side, name in sides if no_spread(side)]
        reasons += [
            f"{name}: {share:.0%} of the words wrong or missing, no room"
            for share, (_, name) in zip(missed, sides, strict=True)
            if saturated(share)
        ]
        if not (cell.errors and other.errors):
            reasons.append("interval from the limits of both rates; no detectable gap")
    if not other.errors:
        reasons.append("no ratio to a rate of 0")
    elif not cell.errors:
        reasons.append("no interval of a ratio of 0")
    return joined(reasons)
