"""The difference of two linearised estimates over different speakers, with its t intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

from workbench.fairness.inference.intervals import (
    TAIL,
    Difference,
    Interval,
    common_df,
    t_quantile,
    tested,
    welch_1947_df,
)

UNKNOWN = Interval()


class Crowd(NamedTuple):
    """How many speakers an estimate rests on: G, and Kish's (sum N)^2 / sum N^2, as many of equally many words.

    ``factor`` : by how much its variance is enlarged where an adaptive run stopped (``workbench.fairness.inference.stopping``)
    """

    n_speakers: int
    effective: float
    factor: float = 1.0


def contrast(estimate: float, v_a: float, a: Crowd, v_b: float, b: Crowd) -> Difference:
    """Return ``estimate`` -+ t sqrt(V_a + V_b); the estimate alone if a variance is missing or both are 0.

    Degrees of freedom as for every comparison of groups (``intervals.difference_df``).
    """
    v_a, v_b = a.factor * v_a, b.factor * v_b
    if math.isnan(v_a + v_b) or v_a + v_b <= 0:
        return Difference(estimate)
    df = max(1.0, min(welch_1947_df(v_a, a.n_speakers, v_b, b.n_speakers), common_df(a.effective, b.effective)))
    return tested(estimate, v_a + v_b, df)


def single(estimate: float, variance: float, crowd: Crowd) -> Interval:
    """Return the interval of one side's estimate: t over its speakers."""
    if crowd.n_speakers < 2 or math.isnan(variance):
        return UNKNOWN
    half = t_quantile(crowd.n_speakers - 1, 1 - TAIL) * math.sqrt(crowd.factor * variance)
    return Interval(estimate - half, estimate + half)
