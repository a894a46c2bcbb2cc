"""Tests of gaps where rows depend on each other in more than one way: speakers and prompts, or clusters that hold several groups.

The log ratio of two rates has a linearised share from every row, (e - W_A n) / E_A in the group and -(e - W_B n) / E_B in the
reference. Their sums over speakers give the variance that is usual here; their sums over **prompts** that of a new list of
texts; rows of one speaker and one prompt stand in both,

    V = V_speaker + V_prompt - V_speaker x prompt,

no smaller than the larger of the first two. A cluster or a prompt that both sides have brings their covariance. Permuting labels
sees neither: it keeps the prompts that each group read, and cannot hand one cluster to two groups. So the test is Student's t with the
fewer degrees of freedom of the two ways.

Source: Cameron, Gelbach & Miller 2011, Journal of Business & Economic Statistics 29: 238-249 (several ways); Clark 1973, Journal of
Verbal Learning and Verbal Behavior 12: 335-359 (texts are a sample too). Coverage: docs/calibration.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from workbench.fairness.counts.cells import CELL
from workbench.fairness.group_gaps.gap_tests import GapTest, Key
from workbench.fairness.group_rates.prompts import PROMPT, UNIT, Side, cluster_sums, linearised_side
from workbench.fairness.inference.intervals import TAIL, difference_df, effective_speakers, t_quantile
from workbench.fairness.inference.log_ratio import LogRatios
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]


def clustered_tests(rows: pd.DataFrame, attribute: str, reference: str | None) -> dict[Key, GapTest]:
    """Return the test of every group against ``reference`` (None: all others), by model, condition and group.

    ``rows`` : model, condition, attribute, ``unit``, perhaps ``prompt``, ``numerator`` and ``denominator``; one unit may lie in
    several groups. p over the family is Holm's over all comparisons with five units or more on both sides.
    """
    tests: dict[Key, GapTest] = {}
    enough: list[Key] = []
    ways = [name for name in (UNIT, PROMPT) if name in rows.columns]
    for key, cell in rows.groupby(list(CELL), sort=False):
        model, condition = map(str, key)
        labels = cell[attribute].to_numpy()
        e, n = (cell[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator"))
        codes = [np.asarray(cell.groupby(name, sort=False).ngroup(), dtype=np.int64) for name in ways]
        groups = list(dict.fromkeys(labels))
        for group in groups:
            if group == reference:
                continue
            own = labels == group
            other = ~own if reference is None else labels == reference
            where = (model, condition, str(group))
            tests[where] = clustered_test(e, n, codes, own, other)
            sizes = [len(np.unique(codes[0][side & (n > 0)])) for side in (own, other)]
            if min(sizes) >= ENOUGH_SPEAKERS and not (len(groups) == 2 and reference is None and group == groups[1]):
                enough.append(where)
    family = dict(zip(enough, holm([tests[where].p_value for where in enough]), strict=True))
    mirrored = {where: family.get(_mirror(where, tests)) for where in tests if where not in family}
    return {
        where: test._replace(p_familywise=family.get(where, _number(mirrored.get(where))))
        for where, test in tests.items()
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _mirror(where: Key, tests: dict[Key, GapTest]) -> Key:
    """Return the other group of the cell where there are two: one comparison seen from its other side."""
    others = [key for key in tests if key[:2] == where[:2] and key != where]
    return others[0] if len(others) == 1 else where


def clustered_test(e: Floats, n: Floats, codes: Sequence[Whole], own: Mask, other: Mask) -> GapTest:
    """Return the t test of one comparison; NaN below two units (or prompts) on a side, or without words.

    ``e``, ``n`` : errors and words of the rows; ``codes`` : the unit of each row, perhaps its prompt; ``own``, ``other`` : the sides
    """
    nothing = not (e[own].sum() and e[other].sum())
    a, b = (linearised_side(e[side], n[side], nothing=nothing) for side in (own, other))
    missing = GapTest(
        math.nan,
        math.nan,
        math.nan,
        LogRatios(*(np.array(x) for x in (a.rate, math.nan, b.rate, math.nan))),
        (1.0, 1.0),
    )
    parts = [_covariances(a, b, code[own], code[other]) for code in codes]
    if not (a.total and b.total) or any(math.isnan(sum(part)) for part in parts):
        return missing
    v_a, v_b, _ = parts[0]
    if nothing:  # a side without errors has no spread to show: that of independent errors is added, as everywhere
        v_a, v_b = (v + (1 / s.total if not e[m].sum() else 0.0) for v, s, m in ((v_a, a, own), (v_b, b, other)))
    v_a, v_b = (v if v > 0 else 1 / s.total for v, s in ((v_a, a), (v_b, b)))
    by_unit = max(0.0, v_a + v_b - 2 * parts[0][2])
    variance, df = by_unit, _df(e, n, codes[0], own, other, v_a * a.rate**2, v_b * b.rate**2)
    if len(codes) > 1:
        by_prompt = max(0.0, parts[1][0] + parts[1][1] - 2 * parts[1][2])
        both = codes[0] * (int(codes[1].max()) + 1) + codes[1]
        cross = _covariances(a, b, both[own], both[other], corrected=False)
        variance = max(by_unit + by_prompt - (cross[0] + cross[1] - 2 * cross[2]), by_unit, by_prompt)
        prompts = (part * rate**2 for part, rate in ((parts[1][0], a.rate), (parts[1][1], b.rate)))
        df = min(df, _df(e, n, codes[1], own, other, *prompts))
    if not variance > 0:
        return missing
    scale = variance / (v_a + v_b)
    ratios = LogRatios(*(np.array(x) for x in (a.rate, v_a * scale, b.rate, v_b * scale)))
    p = min(1.0, 2 * float(stdtr(df, -float(ratios.statistic))))
    return GapTest(p, math.nan, t_quantile(df, 1 - TAIL), ratios, (1.0, 1.0))


def prompt_part(e: Floats, n: Floats, unit: Whole, prompt: Whole, own: Mask, other: Mask) -> float:
    """Return what prompts add to the variance of a log ratio beyond its speakers: more speakers take nothing of it away.

    0 where each prompt is of one speaker; NaN below two prompts on a side, or where a side has no errors.
    """
    a, b = (linearised_side(e[side], n[side]) for side in (own, other))
    if not (a.total and b.total):
        return math.nan
    pairs = np.unique(np.stack([prompt, unit]), axis=1)
    if np.bincount(pairs[0]).max() < 2:
        return 0.0
    by_prompt = _covariances(a, b, prompt[own], prompt[other])
    both = unit * (int(prompt.max()) + 1) + prompt
    cross = _covariances(a, b, both[own], both[other], corrected=False)
    return max(0.0, by_prompt[0] + by_prompt[1] - 2 * by_prompt[2] - (cross[0] + cross[1] - 2 * cross[2]))


def _covariances(a: Side, b: Side, own: Whole, other: Whole, *, corrected: bool = True) -> tuple[float, float, float]:
    """Return the variance of ln W of either side over clusters, and their covariance; NaN below two clusters on a side."""
    n = 1 + int(max(own.max(initial=-1), other.max(initial=-1)))
    sums = [np.bincount(code, weights=side.shares, minlength=n) for side, code in ((a, own), (b, other))]
    there = [np.bincount(code, minlength=n) > 0 for code in (own, other)]
    counts = [int(mask.sum()) for mask in (*there, there[0] | there[1])]
    if min(counts[:2]) < 2:
        return math.nan, math.nan, math.nan
    factors = [count / (count - 1) if corrected else 1.0 for count in counts]
    return (
        factors[0] * float(sums[0] @ sums[0]),
        factors[1] * float(sums[1] @ sums[1]),
        factors[2] * float(sums[0] @ sums[1]),
    )


def _df(e: Floats, n: Floats, code: Whole, own: Mask, other: Mask, v_a: float, v_b: float) -> float:
    """Return the degrees of freedom of one way: a gap's where no cluster is on both sides, else the fewer clusters less one."""
    cells = [cluster_sums(e[side], n[side], code[side]) for side in (own, other)]
    here, there = (np.bincount(code[side], minlength=int(code.max()) + 1) > 0 for side in (own, other))
    if (here & there).any():
        return max(1.0, min(map(effective_speakers, cells)) - 1)
    return (
        difference_df(v_a, cells[0], v_b, cells[1]) if v_a + v_b > 0 else max(1.0, min(c.n_speakers for c in cells) - 1)
    )
