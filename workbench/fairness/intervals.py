"""The formulas: intervals of a rate, of a difference and of a ratio, from six sums per cell.

All intervals are clustered on speaker and use Student's t. Two cases have no spread between speakers to go by, and a
zero-width interval would claim certainty:

- **No errors in a cell.** The upper limit is the rule of three, 3 / N_eff, with N_eff = N / design effect. If speakers'
  true rates follow an exponential law (a coefficient of variation of 1: wider than the .4 to .6 usually seen), K
  effective speakers with N words in all show no error with probability (1 + mu N / K)^-K; the limit is the mu at which
  that is the tail probability. As K grows it becomes -ln(.05) / N = 3 / N. K = (sum N)^2 / sum N^2 (Kish 1965).
  A difference that involves such a cell combines the two cells' own limits (MOVER: Zou & Donner 2008); its p-value is
  the level at which that interval reaches zero.
- **Every speaker has exactly the same rate** (synthetic voices, or chance with few words): the variance of
  independent errors, E / N^2, stands in, the least that can be defended.

What they do not do: with two to four speakers against many, the degrees of freedom are a guess from a variance that is
itself one. In simulated audits without any gap (``tests/test_fairness_coverage.py``), 2 speakers against 20 were called a gap
in about 14 of 100, 3 in 9, 5 in 6. Hence a verdict over fewer than five speakers is tentative (``gaps.doubt``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from workbench.fairness.cells import SixSums

NAN = float("nan")
LEVEL = 0.95
POWER = 0.80
TAIL = (1 - LEVEL) / 2
LEAST_P = 1e-12
"""A p-value found by search is not followed below this."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Two limits; both NaN if the interval cannot be computed."""

    low: float = NAN
    high: float = NAN

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.low) and not math.isnan(self.high)


@dataclass(frozen=True, slots=True)
class Difference:
    """Rate of one cell minus rate of another: estimate, 95 % and 90 % interval, two-sided p, minimum detectable gap."""

    estimate: float = NAN
    interval: Interval = Interval()
    interval_90: Interval = Interval()
    p_value: float = NAN
    mde: float = NAN


def t_quantile(df: float, probability: float) -> float:
    """Return the quantile of Student's t."""
    return float(stdtrit(df, probability))


def sampling_variance(cell: SixSums) -> float:
    """Return V(W), with the stand-in for speakers of exactly equal rate; NaN below two speakers; 0 without errors."""
    variance = cell.variance
    return float(cell.errors / cell.words**2) if variance == 0 else variance


def upper_limit_without_errors(cell: SixSums, tail: float) -> float:
    """Return the rate at which a cell of these speakers would show no error with probability ``tail``."""
    effective_speakers = cell.words**2 / cell.words_squared
    return float(effective_speakers * (tail ** (-1 / effective_speakers) - 1) / cell.words)


def rate_interval(cell: SixSums, level: float = LEVEL) -> Interval:
    """Return the interval of a pooled rate: W -+ t_{G-1} sqrt(V), its lower end not below 0 (no rate is).

    Without errors: from 0 to the one-sided limit of that level. Unknown below two speakers and without words.
    """
    if cell.n_speakers < 2 or not cell.words:
        return Interval()
    if not cell.errors:
        return Interval(0.0, upper_limit_without_errors(cell, 1 - level))
    return _two_sided(cell, (1 - level) / 2)


def _two_sided(cell: SixSums, tail: float) -> Interval:
    """Return limits that each leave ``tail`` outside."""
    if not cell.errors:
        return Interval(0.0, upper_limit_without_errors(cell, tail))
    half = -t_quantile(cell.n_speakers - 1, tail) * math.sqrt(sampling_variance(cell))
    return Interval(max(0.0, cell.rate - half), cell.rate + half)


def welch_df(a: float, g_a: int, b: float, g_b: int) -> float:
    """Return the Welch-Satterthwaite degrees of freedom of the sum of variances ``a`` and ``b`` over G speakers each."""
    return (a + b) ** 2 / (a**2 / (g_a - 1) + b**2 / (g_b - 1))


def difference(group: SixSums, reference: SixSums) -> Difference:
    """Return the rate of ``group`` minus the rate of ``reference``; the cells share no speaker.

    SE = sqrt(V_A + V_B), t with Welch-Satterthwaite degrees of freedom; mde = (t_.975 + t_.80) SE. If one cell has no
    errors: intervals by MOVER, the p-value at which they reach zero, no mde. Below two speakers in a cell: the estimate
    alone.
    """
    if not (group.words and reference.words):
        return Difference()
    estimate = group.rate - reference.rate
    if min(group.n_speakers, reference.n_speakers) < 2:
        return Difference(estimate)
    if not (group.errors and reference.errors):
        wide, narrow = _mover(group, reference, TAIL), _mover(group, reference, 2 * TAIL)
        return Difference(estimate, wide, narrow, p_value=_mover_p(group, reference))
    v_a, v_b = sampling_variance(group), sampling_variance(reference)
    se = math.sqrt(v_a + v_b)
    df = welch_df(v_a, group.n_speakers, v_b, reference.n_speakers)
    half, half_90 = t_quantile(df, 0.975) * se, t_quantile(df, 0.95) * se
    return Difference(
        estimate,
        Interval(estimate - half, estimate + half),
        Interval(estimate - half_90, estimate + half_90),
        p_value=min(1.0, 2 * float(stdtr(df, -abs(estimate) / se))),
        mde=half + t_quantile(df, POWER) * se,
    )


def _mover_p(group: SixSums, reference: SixSums) -> float:
    """Return the two-sided level at which the MOVER interval reaches zero: 1 for equal rates, no less than LEAST_P."""

    def excluded(p: float) -> bool:
        interval = _mover(group, reference, p / 2)
        return interval.low > 0 or interval.high < 0

    low, high = math.log(LEAST_P), 0.0
    if not excluded(1.0):
        return 1.0
    if excluded(LEAST_P):
        return LEAST_P
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if excluded(math.exp(middle)) else (middle, high)
    return math.exp(high)


def _mover(group: SixSums, reference: SixSums, tail: float) -> Interval:
    a, b = _two_sided(group, tail), _two_sided(reference, tail)
    estimate = group.rate - reference.rate
    return Interval(
        estimate - math.hypot(group.rate - a.low, b.high - reference.rate),
        estimate + math.hypot(a.high - group.rate, reference.rate - b.low),
    )


def ratio(group: SixSums, reference: SixSums) -> tuple[float, Interval]:
    """Return the rate of ``group`` over the rate of ``reference`` and its interval, computed on the log scale.

    exp(ln R -+ t sqrt(V_A / W_A^2 + V_B / W_B^2)), degrees of freedom from these two terms. NaN if the reference has no
    errors; no interval if the group has none, or below two speakers in a cell.
    """
    if not (group.words and reference.words and reference.errors):
        return NAN, Interval()
    estimate = group.rate / reference.rate
    if min(group.n_speakers, reference.n_speakers) < 2 or not group.errors:
        return estimate, Interval()
    a = sampling_variance(group) / group.rate**2
    b = sampling_variance(reference) / reference.rate**2
    half = t_quantile(welch_df(a, group.n_speakers, b, reference.n_speakers), 0.975) * math.sqrt(a + b)
    return estimate, Interval(_exp(math.log(estimate) - half), _exp(math.log(estimate) + half))


def _exp(value: float) -> float:
    """Return exp(value), infinite where it would overflow (one degree of freedom and hardly any error)."""
    return math.exp(value) if value < 700 else math.inf
