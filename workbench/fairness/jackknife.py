"""The delete-one-speaker jackknife of a statistic of two independent sides."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from workbench.fairness.intervals import NAN, Interval, t_quantile, welch_df


class Spread(NamedTuple):
    """A variance and its degrees of freedom; NaN where they cannot be had."""

    variance: float = NAN
    df: float = NAN

    @property
    def known(self) -> bool:
        """Whether there is a variance above zero: none at all would claim certainty."""
        return self.variance > 0 and self.df > 0

    def interval(self, estimate: float, level: float = 0.95) -> Interval:
        """Return estimate -+ t sqrt(variance); unknown where the spread is."""
        if not self.known or not math.isfinite(estimate):
            return Interval()
        half = t_quantile(self.df, (1 + level) / 2) * math.sqrt(self.variance)
        return Interval(estimate - half, estimate + half)

    def p_value(self, estimate: float) -> float:
        """Return the two-sided p-value of ``estimate`` against zero."""
        if not self.known or not math.isfinite(estimate):
            return NAN
        return min(1.0, 2 * float(stdtr(self.df, -abs(estimate) / math.sqrt(self.variance))))


def two_sided_jackknife(left_out: NDArray[np.float64], in_group: NDArray[np.bool_]) -> Spread:
    """Return the variance of a statistic from its values with each speaker left out in turn.

    V = sum over both sides of (G-1)/G sum_s (theta_(s) - mean theta_(.))^2, degrees of freedom by Welch-Satterthwaite.
    NaN below two speakers on a side, or where the statistic is not defined without one of them.
    Source: Efron & Stein 1981; stratified form: Shao & Tu 1995, The Jackknife and Bootstrap, ch. 6.
    """
    parts = [left_out[in_group], left_out[~in_group]]
    if min(map(len, parts)) < 2 or not np.isfinite(left_out).all():
        return Spread()
    a, b = (float((len(part) - 1) / len(part) * ((part - part.mean()) ** 2).sum()) for part in parts)
    if a + b == 0:
        return Spread(0.0, NAN)
    return Spread(a + b, welch_df(a, len(parts[0]), b, len(parts[1])))
