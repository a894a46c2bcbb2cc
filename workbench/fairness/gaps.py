"""Gaps: the rate of each group against the rest or against a chosen group, with intervals, p-values and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.cells import (
    CELL,
    EmptyReferences,
    Method,
    SixSums,
    group_columns,
    refuse_speakers_in_two_groups,
    six_sums,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.frames import joined, typed
from workbench.fairness.holm import holm
from workbench.fairness.intervals import Difference, difference, ratio
from workbench.fairness.rates import ENOUGH_SPEAKERS, no_spread
from workbench.schema import GAPS

REST = "rest"
"""The reference that is every other speaker of the same model and condition, pooled."""
ALPHA = 0.05
"""A GAP whose adjusted p-value is not below this may be chance."""


def gaps(
    scores: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    margin: float | None = None,
    method: Method = "linearised",
    empty_references: EmptyReferences = "separate",
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

    Returns
    -------
    One row per model, condition and group (the reference group itself has none). ``difference`` is
    W_group - W_reference with t intervals, Welch-Satterthwaite degrees of freedom; ``ratio`` is theirs on the log
    scale; ``p_value`` is two-sided, ``p_adjusted`` Holm over the groups of one model and condition (two groups, each
    against the other as its rest, are one comparison and not adjusted); ``mde`` the gap that this sample would have
    found with 80 % power. ``verdict``: EQUIVALENT if the 90 % interval lies inside -+margin (two one-sided tests at
    5 %), else GAP if the 95 % interval excludes 0, else INCONCLUSIVE; NOT COMPUTED without an interval. Without a
    margin nothing is EQUIVALENT. The verdict is on its own comparison: :func:`doubt` tells which ones are tentative.

    Raises
    ------
    ScoringError : no such column or reference group; a speaker in two groups (all are named); margin not positive

    Source: Welch 1947; Schuirmann 1987 (two one-sided tests); Holm 1979.
    """
    if margin is not None and not (math.isfinite(margin) and margin > 0):
        raise ScoringError(
            f"margin {margin!r} is not a positive number", remedy="0.02 means two points of word error rate"
        )
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    speakers = speaker_sums(scores, named, method=method, empty_references=empty_references)
    if speakers.empty:
        return typed([], GAPS, GAPS.column_names)
    if attribute not in speaker_columns(scores):
        refuse_speakers_in_two_groups(speakers, attribute, speaker_columns(scores))
    groups = list(speakers[attribute].unique())
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    for key, cell in six_sums(speakers, [*CELL, attribute]).items():
        families.setdefault(key[:2], {})[key[2]] = cell
    rows: list[dict[str, object]] = []
    for key, cells in families.items():
        fixed = {**dict(zip(CELL, key, strict=True)), "attribute": attribute, "reference_group": reference}
        found = _family(cells, reference, margin, method)
        rows += [{**fixed, **row} for row in found]
    return typed(rows, GAPS, GAPS.column_names)


def doubt(verdict: str, *, n_speakers: int, n_speakers_reference: int, p_adjusted: float | None) -> str:
    """Return why a verdict is tentative: too few speakers on a side, or chance among many groups; empty if it is not.

    A GAP follows from its own 95 % interval; among many groups some such intervals exclude zero by chance, which
    Holm's p tells. An interval over fewer than five speakers misses the truth more often than it says
    (``fairness.intervals``), so that neither a GAP nor an EQUIVALENT is settled by it.

    >>> doubt("GAP", n_speakers=4, n_speakers_reference=20, p_adjusted=0.2)
    'fewer than 5 speakers; may be chance among so many groups'
    """
    if verdict not in ("GAP", "EQUIVALENT"):
        return ""
    few = min(n_speakers, n_speakers_reference) < ENOUGH_SPEAKERS
    chance = verdict == "GAP" and not (p_adjusted is not None and p_adjusted < ALPHA)
    return joined(
        [
            f"fewer than {ENOUGH_SPEAKERS} speakers" if few else "",
            "may be chance among so many groups" if chance else "",
        ]
    )


def _family(
    cells: Mapping[str, SixSums], reference: str, margin: float | None, method: Method
) -> list[dict[str, object]]:
    """Return the rows of one model and condition, p-values adjusted over them."""
    everyone = sum(cells.values(), SixSums())
    compared = [group for group in cells if group != reference or reference == REST]  # a group may be called "rest"
    against = [everyone - cells[group] if reference == REST else cells.get(reference, SixSums()) for group in compared]
    pairs = [(cells[group], other) for group, other in zip(compared, against, strict=True)]
    found = [_difference(cell, other, method) for cell, other in pairs]
    p_values = [gap.p_value for gap in found]
    mirrored = reference == REST and sum(bool(cell.words) for cell in cells.values()) == 2
    adjusted = p_values if mirrored else holm(p_values)
    n_tested = sum(not math.isnan(p) for p in adjusted)
    rows: list[dict[str, object]] = []
    for group, (cell, other), gap, p_adjusted in zip(compared, pairs, found, adjusted, strict=True):
        quotient, quotient_interval = ratio(cell, other)
        if method == "none":
            quotient_interval = Difference().interval
        verdict = _verdict(gap, margin)
        reasons = [_reason(cell, other, group, reference, method)]
        if verdict == "GAP" and p_adjusted >= ALPHA:
            reasons.append(f"not beyond chance among {n_tested} groups (Holm p = {p_adjusted:.2g})")
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
                "p_value": gap.p_value,
                "p_adjusted": p_adjusted,
                "mde": gap.mde,
                "verdict": verdict,
                "reason": joined(reasons),
            }
        )
    return rows


def _difference(cell: SixSums, other: SixSums, method: Method) -> Difference:
    found = difference(cell, other)
    return Difference(found.estimate) if method == "none" else found


def _verdict(gap: Difference, margin: float | None) -> str:
    if not gap.interval.known:
        return "NOT COMPUTED"
    if margin is not None and -margin < gap.interval_90.low and gap.interval_90.high < margin:
        return "EQUIVALENT"
    return "GAP" if gap.interval.low > 0 or gap.interval.high < 0 else "INCONCLUSIVE"


def _reason(cell: SixSums, other: SixSums, group: str, reference: str, method: Method) -> str:
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
        if not (cell.errors and other.errors):
            reasons.append("interval and p-value from the limits of both rates; no detectable gap")
    if not other.errors:
        reasons.append("no ratio to a rate of 0")
    elif not cell.errors:
        reasons.append("no interval of a ratio of 0")
    return joined(reasons)
