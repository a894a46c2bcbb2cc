"""The delete-one-speaker jackknife of a statistic of two independent sides."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from workbench.fairness.inference.intervals import NAN, Interval, common_df, t_quantile, welch_1947_df


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


def two_sided_jackknife(
    left_out: NDArray[np.float64], in_group: NDArray[np.bool_], words: NDArray[np.float64]
) -> Spread:
    """Return the variance of a statistic from its values with each speaker left out in turn.

    V = sum over both sides of (G-1)/G sum_s (theta_(s) - mean theta_(.))^2, with the degrees of freedom of a gap
    (``two_sided_spread``). NaN below two speakers on a side, or where the statistic is not defined without one of them.

    Parameters
    ----------
    left_out : [speakers] the statistic without each; in_group : [speakers] which side; words : [speakers] reference words

    Source: Efron & Stein 1981; stratified form: Shao & Tu 1995, The Jackknife and Bootstrap, ch. 6.
    """
    sides = [in_group, ~in_group]
    if min(int(side.sum()) for side in sides) < 2 or not np.isfinite(left_out).all():
        return Spread()
    a, b = (
        float((len(part) - 1) / len(part) * ((part - part.mean()) ** 2).sum())
        for part in (left_out[side] for side in sides)
    )
    return two_sided_spread(a, words[in_group], b, words[~in_group])


def two_sided_spread(a: float, words_a: NDArray[np.float64], b: float, words_b: NDArray[np.float64]) -> Spread:
    """Return the sum of two sides' variances; ``words`` are those of each speaker.

    Degrees of freedom as for a gap (``intervals.difference_df``): the smaller of Welch's (1947) and of those that
    Kish's effective speakers have under one common variance, at least 1.
    """
    if a + b == 0:
        return Spread(0.0, NAN)
    kish = [float(words.sum() ** 2 / (words**2).sum()) for words in (words_a, words_b)]
    return Spread(a + b, max(1.0, min(welch_1947_df(a, len(words_a), b, len(words_b)), common_df(*kish))))
