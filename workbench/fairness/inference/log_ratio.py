"""The ratio of two rates, studentised: the statistic that decides on a gap, and the interval that agrees with it.

t = ln(W_A / W_B) / sqrt(v_A + v_B), with v = V / W^2 the relative variance of a pooled rate, clustered on speaker. Where a side
has no errors, half an error is added to both (one, shared out by their words, where neither side has any, so that their rates are equal); where a side's speakers all have the same rate, errors are taken as
independent (v = 1 / E). Labels are permuted under this statistic (``inference.permutation``).

With c its critical value the interval of the ratio is exp(L -+ c SE): it excludes 1 exactly where p < .05. In **points**, a ratio
exp(l) stands for the pair of rates nearest to the observed ones that have it,

    W_A(l) = W_A exp(-(L - l) v_A / (v_A + v_B)),    W_B(l) = W_B exp((L - l) v_B / (v_A + v_B)),

and the limit is their difference, moved outwards by what this path leaves out where the rates differ: the standard error of a
difference, sqrt(W_A^2 v_A + W_B^2 v_B), over that along the path. At equal rates both are the same, so that the interval in points
excludes 0 where that of the ratio excludes 1.

Source: log ratios of ratio estimators: Cochran 1977 ch. 6; permutation: Janssen 1997, Chung & Romano 2013; the path is the profile
of the two rates (Barndorff-Nielsen & Cox 1994 ch. 3). Coverage of both intervals: docs/calibration.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.fairness.inference.intervals import NAN, Interval

Floats = NDArray[np.float64]
TIE = 1e-12
"""Log ratios that are smaller are rounding."""
SPREADLESS = 1e-12
"""A relative spread of speakers that is smaller is rounding."""


class LogRatios(NamedTuple):
    """Rates of both sides and their relative variances; arrays of one shape."""

    rate: Floats
    variance: Floats
    rate_reference: Floats
    variance_reference: Floats

    @property
    def estimate(self) -> Floats:
        """ln(W_A / W_B)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(self.rate) - np.log(self.rate_reference))

    @property
    def statistic(self) -> Floats:
        """|t|; NaN below two speakers on a side or without words; 0 where the rates are equal but for rounding."""
        apart = np.abs(self.estimate)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = apart / np.sqrt(self.variance + self.variance_reference)
        return np.where((apart <= TIE) & ~np.isnan(t), 0.0, t)


def log_ratios(part: Floats, rest: Floats, unit: Floats) -> LogRatios:
    """Return the log ratios of a part against the rest, from six sums on the last axis.

    ``unit`` : what one error is in the sums: 1 in counts, one over the words of a speaker in means of rates
    """
    without = (part[..., 1] == 0, rest[..., 1] == 0)
    added = np.where(without[0] | without[1], unit / 2, 0.0)
    words = part[..., 2] + rest[..., 2]
    sides = []
    for sums in (part, rest):
        # Without an error on either side there is no gap: what is added must not make one out of unequal numbers of words.
        with np.errstate(divide="ignore", invalid="ignore"):
            alike = unit * sums[..., 2] / words
        sides.append(_relative(sums, np.where(without[0] & without[1], alike, added), unit))
    return LogRatios(*sides[0], *sides[1])


def _relative(sums: Floats, added: Floats, unit: Floats) -> tuple[Floats, Floats]:
    """Return the rate and its relative variance."""
    g, e, n, ee, en, nn = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = e + added
        rate = np.where(n > 0, total / n, np.nan)
        spread = np.maximum(ee - 2 * rate * en + rate * rate * nn, 0.0)
        variance = np.where(g > 1, spread / (total * total) * (g / (g - 1)), np.nan)
        independent = unit / total
    variance = np.where(e == 0, variance + independent, np.where(spread <= SPREADLESS * ee, independent, variance))
    return rate, np.where(g > 1, variance, np.nan)


def statistic(part: Floats, whole: Floats, unit: Floats) -> Floats:
    """Return |t| of a part against the rest of a whole: the statistic for ``permutation.permutation_tests``."""
    return log_ratios(part, whole - part, unit).statistic


class RatioInterval(NamedTuple):
    """One ratio with its limits, and the difference of the rates with its own."""

    ratio: Interval = Interval()
    points: Interval = Interval()


def limits(found: LogRatios, critical: float, *, factors: tuple[float, float] = (1.0, 1.0)) -> RatioInterval:
    """Return the intervals of a ratio and of a difference that exclude equality where |t| passes ``critical``.

    ``found`` holds single values; ``factors`` enlarge the two variances (``inference.stopping``).
    """
    a, b = float(found.rate), float(found.rate_reference)
    v_a, v_b = factors[0] * float(found.variance), factors[1] * float(found.variance_reference)
    estimate, spread = float(found.estimate), v_a + v_b
    if not (math.isfinite(estimate) and math.isfinite(critical) and spread > 0):
        return RatioInterval()
    reach = critical * math.sqrt(spread)
    low, high = estimate - reach, estimate + reach

    def points(at: float) -> float:
        moved = estimate - at
        own, other = a * _exp(-moved * v_a / spread), b * _exp(moved * v_b / spread)
        path, full = own * v_a + other * v_b, math.hypot(own * math.sqrt(v_a), other * math.sqrt(v_b))
        outwards = full * math.sqrt(spread) / path if path > 0 and math.isfinite(path) else 1.0
        limit = (a - b) - max(1.0, outwards) * ((a - b) - (own - other))
        # Moving outwards must not carry a limit across zero: both intervals tell the same of equality.
        return limit if (limit > 0) == (at > 0) else math.copysign(min(abs(own - other), 1e-9), at)

    return RatioInterval(Interval(_exp(low), _exp(high)), Interval(points(low), points(high)))


def detectable(found: LogRatios, reach: float) -> float:
    """Return the gap above the reference's rate that a log ratio of ``reach`` standard errors means; NaN without one."""
    spread = float(found.variance + found.variance_reference)
    b = float(found.rate_reference)
    return b * (_exp(reach * math.sqrt(spread)) - 1) if spread > 0 and math.isfinite(reach) else NAN


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
