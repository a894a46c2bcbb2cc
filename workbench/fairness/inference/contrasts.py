"""The difference of two linearised estimates over different speakers, with its t intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from scipy.special import stdtr

from workbench.fairness.inference.intervals import NAN, TAIL, Interval, common_df, t_quantile, welch_df

UNKNOWN = Interval()


class Crowd(NamedTuple):
    """How many speakers an estimate rests on: G, and Kish's (sum N)^2 / sum N^2, as many of equally many words.

    ``factor`` : by how much its variance is enlarged where an adaptive run stopped (``workbench.fairness.inference.stopping``)
    """

    n_speakers: int
    effective: float
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference: estimate, standard error, 95 % and 90 % interval, p of t; NaN what cannot be computed."""

    estimate: float = NAN
    se: float = NAN
    interval: Interval = UNKNOWN
    interval_90: Interval = UNKNOWN
    p_value: float = NAN


def contrast(estimate: float, v_a: float, a: Crowd, v_b: float, b: Crowd) -> Contrast:
    """Return ``estimate`` -+ t sqrt(V_a + V_b); the estimate alone if a variance is missing or both are 0.

    Degrees of freedom: Welch-Satterthwaite, but no more than if all speakers varied equally (see ``intervals``).
    """
    v_a, v_b = a.factor * v_a, b.factor * v_b
    variance = v_a + v_b
    if math.isnan(estimate) or math.isnan(variance) or variance <= 0:
        return Contrast(estimate)
    se = math.sqrt(variance)
    df = max(1.0, min(welch_df(v_a, a.n_speakers, v_b, b.n_speakers), common_df(a.effective, b.effective)))
    half, half_90 = t_quantile(df, 1 - TAIL) * se, t_quantile(df, 1 - 2 * TAIL) * se
    return Contrast(
        estimate,
        se,
        Interval(estimate - half, estimate + half),
        Interval(estimate - half_90, estimate + half_90),
        min(1.0, 2 * float(stdtr(df, -abs(estimate) / se))),
    )


def single(estimate: float, variance: float, crowd: Crowd) -> Interval:
    """Return the interval of one side's estimate: t over its speakers."""
    if crowd.n_speakers < 2 or math.isnan(variance):
        return UNKNOWN
    half = t_quantile(crowd.n_speakers - 1, 1 - TAIL) * math.sqrt(crowd.factor * variance)
    return Interval(estimate - half, estimate + half)
