"""Adaptive allocation: whom to transcribe next so that declared gaps become certain enough with few transcriptions.

A **cell** is one group under one condition; the unit that is transcribed is a speaker of it. Each gap of a group to the
reference group under a condition shall have a 95 % interval of half-width h or less. With per-speaker variances s_g^2
(n times the variance of the pooled rate) its half-width at n_g and n_r speakers is

    t sqrt(s_g^2 / n_g + s_r^2 / n_r),

and the fewest transcriptions that bring it to h are Neyman's, n_g proportional to s_g / sqrt(cost_g). One reference
serves several gaps, speakers are whole and run out, so that the numbers are found one speaker at a time: the next one goes
to the cell that takes most off the half-widths that are still too wide, per transcription.

Speakers of a cell come in an order drawn beforehand, never by what was found. The rule stops on **widths only**, never on
the size or the sign of a gap; all gaps of a condition keep the speakers that were found enough for the widest of them.

Stopping by width costs coverage, which is paid for: variances of cells that have speakers left are taken larger
(``workbench.fairness.inference.stopping``).

Source: Neyman 1934 (allocation); Chow & Robbins 1965, Ann. Math. Stat. 36: 457-462 (intervals of fixed width).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import (
    TAIL,
    common_df,
    difference,
    effective_speakers,
    t_quantile,
    welch_1947_df,
)
from workbench.fairness.inference.stopping import factor

PILOT = 8
"""Speakers of every cell who are transcribed before anything is decided; with fewer the variances are guesses."""
ROUNDS = 6
SHARE = 0.5
"""Share of the speakers still thought missing that one round adds: the variances are better known after it."""


@dataclass(frozen=True, slots=True)
class CellState:
    """What is known of a cell, and what is left in it: speakers not transcribed yet, and what one costs on average."""

    sums: SixSums
    waiting: int
    cost: float = 1.0


def half_width(group: SixSums, reference: SixSums) -> float:
    """Return the half-width of the 95 % interval of a gap, the longer side of it; infinite where there is none."""
    result = difference(group, reference)
    longer = max(result.interval.high - result.estimate, result.estimate - result.interval.low)
    return longer if math.isfinite(longer) else math.inf


def next_round(
    cells: Mapping[str, CellState], *, reference: str, target: float, pilot: int = PILOT, share: float = SHARE
) -> dict[str, int]:
    """Return how many more speakers to transcribe in each group of one condition; all 0 where it is enough or all there is.

    Parameters
    ----------
    cells : by group, the reference group among them
    target : the half-width that every gap to the reference shall have
    pilot : speakers of every cell who come first, before anything is decided
    share : of the speakers thought missing, rounded up

    A gap that too few speakers are there for, or none whose rates differ, asks for nobody.

    Source: method of the module's docstring.
    """
    first = {group: min(cell.waiting, max(0, pilot - cell.sums.n_speakers)) for group, cell in cells.items()}
    if any(first.values()):
        return first
    wide = {
        group
        for group, cell in cells.items()
        if group != reference and half_width(_with(cell, 0), _with(cells[reference], 0)) > target
        and math.isfinite(_expected(cell, 0, cells[reference], 0))
    }  # fmt: skip
    plan = _plan(cells, wide, reference, target)
    return {group: math.ceil(share * more) for group, more in plan.items()}


def _plan(cells: Mapping[str, CellState], wide: set[str], reference: str, target: float) -> dict[str, int]:
    """Return the speakers still missing in each group, by the variances as they are known now."""
    more = dict.fromkeys(cells, 0)

    def left(group: str) -> int:
        return cells[group].waiting - more[group]

    def width(group: str, *, extra: str = "") -> float:
        return _expected(
            cells[group], more[group] + (extra == group), cells[reference], more[reference] + (extra == reference)
        )

    open_gaps = set(wide)
    while open_gaps:
        now = {group: width(group) for group in open_gaps}
        open_gaps = {group for group in open_gaps if now[group] > target or not more[group] + more[reference]}
        gains = {
            candidate: sum(
                now[group] - width(group, extra=candidate) for group in open_gaps if candidate in (group, reference)
            ) / cells[candidate].cost
            for candidate in (*open_gaps, reference)
            if left(candidate) > 0
        }  # fmt: skip
        if not open_gaps or not gains:
            return more
        best = max(sorted(gains), key=lambda one: gains[one])
        more[best] += 1
        open_gaps = {group for group in open_gaps if left(group) > 0 or left(reference) > 0}
    return more


def _with(cell: CellState, more: int) -> SixSums:
    """Return the sums of a cell, with the factor that it has when so many more speakers are transcribed."""
    return replace(cell.sums, factor=factor(cell.waiting - more))


def _expected(group: CellState, more: int, reference: CellState, others: int) -> float:
    """Return the half-width that is to be expected with so many more speakers on either side, if they vary as those known."""
    v_g, v_r = (_variance(cell, extra) for cell, extra in ((group, more), (reference, others)))
    if not math.isfinite(v_g + v_r):
        return math.inf
    g, r = group.sums.n_speakers + more, reference.sums.n_speakers + others
    k_g = effective_speakers(group.sums) * g / group.sums.n_speakers
    k_r = effective_speakers(reference.sums) * r / reference.sums.n_speakers
    df = max(1.0, min(welch_1947_df(v_g, g, v_r, r), common_df(k_g, k_r)))
    return t_quantile(df, 1 - TAIL) * math.sqrt(v_g + v_r)


def _variance(cell: CellState, more: int) -> float:
    sums = _with(cell, more)
    if sums.n_speakers < 2 or not sums.words:
        return math.inf
    return sums.factor * sums.variance * sums.n_speakers / (sums.n_speakers + more)
