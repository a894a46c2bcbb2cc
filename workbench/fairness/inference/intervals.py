"""The formulas: intervals of a rate, of a difference and of a ratio, from six sums per cell.

All are clustered on speaker and use Student's t over G speakers with V, the linearised variance of a pooled rate:

- **A rate**: on the square root scale, (sqrt W -+ t sqrt V / (2 sqrt W))^2, which counts of errors spread evenly on
  (Bartlett 1936): it holds the truth more often than W -+ t sqrt V and is never below 0.
- **A difference**: W_A - W_B -+ t sqrt(V_A + V_B).
- **A ratio**: on the log scale.
- **Degrees of freedom**: the smaller of two. Welch's estimate (1947: with f + 2, less 2) follows the two variances, but with 2
  to 5 speakers on one side a variance that is small by chance makes itself count for nothing. Satterthwaite's number under one
  variance for all speakers (what CR2 with a common working variance comes to: Bell & McCaffrey 2002; Imbens & Kolesar
  2016) depends on the numbers of speakers alone. Speakers count as Kish's K = (sum N)^2 / sum N^2 (Kish 1965): one who
  says nearly everything is hardly more than one. Never below 1.

Speakers' rates are skewed: most do well, a few badly. A small group then looks better and more even than it is, and no
symmetric interval knows it. Every difference hence carries a second interval made of each cell's own limits on the log
scale (MOVER: Zou & Donner 2008); equality needs both (``fairness.inference.verdicts``).

Two cases have no spread between speakers to go by, and a zero-width interval would claim certainty:

- **No errors in a cell.** The upper limit is the rule of three, 3 / N_eff, with N_eff = N / design effect. If speakers'
  true rates follow an exponential law (a coefficient of variation of 1: wider than the .4 to .6 usually seen), K
  effective speakers with N words in all show no error with probability (1 + mu N / K)^-K; the limit is the mu at which
  that is the tail probability. As K grows it becomes -ln(.05) / N = 3 / N.
  A difference that involves such a cell combines the two cells' own limits (MOVER); its p-value here is the level at
  which that interval reaches zero.
- **Every speaker has exactly the same rate** (synthetic voices, or chance with few words): the variance of
  independent errors, E / N^2, stands in, the least that can be defended.

Where an adaptive run stopped because intervals were narrow enough, V is taken larger by the factor that the cell carries
(``workbench.fairness.inference.stopping``).

How often all this holds is measured: ``make calibrate`` writes docs/calibration.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from scipy.special import stdtr, stdtrit

from workbench.fairness.counts.cells import SixSums

NAN = float("nan")
LEVEL = 0.95
POWER = 0.80
TAIL = (1 - LEVEL) / 2
FEWEST_SPEAKERS = 3
"""Fewer speakers have no interval."""
FEWEST_EFFECTIVE = 2.2
"""Nor have speakers of whom one says so much that Kish's number is smaller."""
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
    """A difference between two sides over different speakers, of rates, changes or logarithms: what every t interval here is.

    Estimate, 95 % and 90 % interval, two-sided p of t, minimum detectable difference, standard error; NaN what cannot be
    computed. ``skewed`` : the 95 % interval from log-scale limits; unknown where nobody asks for it.
    """

    estimate: float = NAN
    interval: Interval = Interval()
    interval_90: Interval = Interval()
    p_value: float = NAN
    mde: float = NAN
    skewed: Interval = Interval()
    se: float = NAN


def tested(estimate: float, variance: float, df: float) -> Difference:
    """Return ``estimate`` -+ t sqrt(variance); the estimate alone where there is no variance to go by."""
    if math.isnan(estimate) or not variance > 0:
        return Difference(estimate)
    se = math.sqrt(variance)
    t, t_90 = t_quantile(df, 1 - TAIL), t_quantile(df, 1 - 2 * TAIL)
    return Difference(
        estimate,
        Interval(estimate - t * se, estimate + t * se),
        Interval(estimate - t_90 * se, estimate + t_90 * se),
        p_value=min(1.0, 2 * float(stdtr(df, -abs(estimate) / se))),
        mde=(t + t_quantile(df, POWER)) * se,
        se=se,
    )


def t_quantile(df: float, probability: float) -> float:
    """Return the quantile of Student's t."""
    return float(stdtrit(df, probability))


def sampling_variance(cell: SixSums) -> float:
    """Return V(W), with the stand-in for speakers of exactly equal rate; NaN below two speakers; 0 without errors.

    It is as many times as large as the cell's ``factor`` says.
    """
    variance = cell.variance
    # Few speakers may have exactly equal rates: an interval of width 0 would be wrong, so the variance of a Poisson count stands in.
    return cell.factor * (float(cell.errors / cell.words**2) if variance == 0 else variance)


def upper_limit_without_errors(cell: SixSums, tail: float) -> float:
    """Return the rate at which a cell of these speakers would show no error with probability ``tail``."""
    k = effective_speakers(cell)
    return float(k * (tail ** (-1 / k) - 1) / cell.words)


def effective_speakers(cell: SixSums) -> float:
    """Return Kish's K = (sum N)^2 / sum N^2: as many speakers with equally many words say as much; NaN without words."""
    return float(cell.words**2 / cell.words_squared) if cell.words else NAN


def too_few(cell: SixSums) -> bool:
    """Return whether a cell has too few speakers for an interval: fewer than three, or one of them says nearly everything.

    The t of one degree of freedom is 12.7. Of two speakers (CV .5, 15 %) the interval of a rate is 6.4 times as wide as the rate in the
    median and passes 100 % in 46 of 100 samples: it holds the truth and says nothing. Of three it is 2.4 times as wide and passes 100 %
    in 2. The formulas below answer all the same; what is shown to people asks here first (``make calibrate`` measures both).
    """
    return cell.n_speakers < FEWEST_SPEAKERS or not effective_speakers(cell) >= FEWEST_EFFECTIVE


def rate_interval(cell: SixSums, level: float = LEVEL) -> Interval:
    """Return the interval of a rate on the square root scale, t with K - 1 degrees of freedom; no end is below 0.

    Without errors: from 0 to the one-sided limit of that level. Unknown below two speakers and without words.
    """
    if cell.n_speakers < 2 or not cell.words:
        return Interval()
    if not cell.errors:
        return Interval(0.0, upper_limit_without_errors(cell, 1 - level))
    return _two_sided(cell, (1 - level) / 2)


def shown_interval(cell: SixSums) -> Interval:
    """Return the interval of a rate that people are shown: none where speakers are :func:`too_few`."""
    return Interval() if too_few(cell) else rate_interval(cell)


def _two_sided(cell: SixSums, tail: float) -> Interval:
    """Return limits that each leave ``tail`` outside."""
    if not cell.errors:
        return Interval(0.0, upper_limit_without_errors(cell, tail))
    root = math.sqrt(cell.rate)
    # Effective speakers, not all: where one says nearly everything, the others tell little about how speakers vary.
    df = max(1.0, min(effective_speakers(cell) - 1, cell.most_df))
    # The delta method: the standard error of sqrt(W) is that of W over 2 sqrt(W).
    half = -t_quantile(df, tail) * math.sqrt(sampling_variance(cell)) / (2 * root)
    return Interval(max(0.0, root - half) ** 2, (root + half) ** 2)


def welch_df(a: float, g_a: int, b: float, g_b: int) -> float:
    """Return the Welch-Satterthwaite degrees of freedom of the sum of variances ``a`` and ``b`` over G speakers each."""
    return (a + b) ** 2 / (a**2 / (g_a - 1) + b**2 / (g_b - 1))


def welch_1947_df(a: float, g_a: float, b: float, g_b: float) -> float:
    """Return Welch's later number (1947): (a + b)^2 / (a^2 / (G_A + 1) + b^2 / (G_B + 1)) - 2, less wary with 2 or 3 a side."""
    return (a + b) ** 2 / (a**2 / (g_a + 1) + b**2 / (g_b + 1)) - 2


def common_df(k_a: float, k_b: float) -> float:
    """Return Satterthwaite's degrees of freedom if all speakers vary equally, K effective ones on either side."""
    if min(k_a, k_b) <= 1:
        return 1.0
    return (1 / k_a + 1 / k_b) ** 2 / (1 / (k_a**2 * (k_a - 1)) + 1 / (k_b**2 * (k_b - 1)))


def difference_df(a: float, group: SixSums, b: float, reference: SixSums) -> float:
    """Return the degrees of freedom of a comparison with these variances: the smaller of both kinds, at least 1."""
    welch = welch_1947_df(a, group.n_speakers, b, reference.n_speakers)
    return max(1.0, min(welch, common_df(effective_speakers(group), effective_speakers(reference))))


def difference(group: SixSums, reference: SixSums) -> Difference:
    """Return the rate of ``group`` minus the rate of ``reference``; the cells share no speaker.

    SE = sqrt(V_A + V_B), t with ``difference_df``; mde = (t_.975 + t_.80) SE. If one cell has no errors: interval by
    MOVER, the p-value at which it reaches zero, no mde. Below two speakers in a cell: the estimate alone.
    """
    if not (group.words and reference.words):
        return Difference()
    estimate = group.rate - reference.rate
    if min(group.n_speakers, reference.n_speakers) < 2:
        return Difference(estimate)
    if not (group.errors and reference.errors):
        # A cell without errors has no variance to go by, but it has an upper limit: MOVER needs limits only.
        wide, narrow = _mover(group, reference, TAIL), _mover(group, reference, 2 * TAIL)
        return Difference(estimate, wide, narrow, p_value=_mover_p(group, reference), skewed=wide)
    v_a, v_b = sampling_variance(group), sampling_variance(reference)
    df = difference_df(v_a, group, v_b, reference)
    t = t_quantile(df, 1 - TAIL)
    skewed = _combined(group.rate, _log_limits(group, t), reference.rate, _log_limits(reference, t))
    return replace(tested(estimate, v_a + v_b, df), skewed=skewed)


def difference_limits(group: SixSums, reference: SixSums, level: float = LEVEL) -> Interval:
    """Return the interval of a difference at any level, as :func:`difference` makes it; unknown below two speakers a side."""
    if not (group.words and reference.words) or min(group.n_speakers, reference.n_speakers) < 2:
        return Interval()
    tail = (1 - level) / 2
    if not (group.errors and reference.errors):
        return _mover(group, reference, tail)
    v_a, v_b = sampling_variance(group), sampling_variance(reference)
    half = -t_quantile(difference_df(v_a, group, v_b, reference), tail) * math.sqrt(v_a + v_b)
    estimate = group.rate - reference.rate
    return Interval(estimate - half, estimate + half)


def _log_limits(cell: SixSums, t: float) -> Interval:
    """Return W exp(-+ t sqrt(V) / W)."""
    reach = t * math.sqrt(sampling_variance(cell)) / cell.rate
    return Interval(cell.rate * _exp(-reach), cell.rate * _exp(reach))


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
    # The interval only narrows as p grows, so halving finds the one p; on the log scale, for it may be tiny.
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if excluded(math.exp(middle)) else (middle, high)
    return math.exp(high)


def _mover(group: SixSums, reference: SixSums, tail: float) -> Interval:
    return _combined(group.rate, _two_sided(group, tail), reference.rate, _two_sided(reference, tail))


def _combined(a: float, of_a: Interval, b: float, of_b: Interval) -> Interval:
    """Return the interval of a - b from the limits of both (MOVER)."""
    return Interval(a - b - math.hypot(a - of_a.low, of_b.high - b), a - b + math.hypot(of_a.high - a, b - of_b.low))


def ratio(group: SixSums, reference: SixSums) -> tuple[float, Interval]:
    """Return the rate of ``group`` over the rate of ``reference`` and its interval, computed on the log scale.

    exp(ln R -+ t sqrt(V_A / W_A^2 + V_B / W_B^2)), degrees of freedom as for a difference. NaN if the reference has no
    errors; no interval if the group has none, or below two speakers in a cell.
    """
    if not (group.words and reference.words and reference.errors):
        return NAN, Interval()
    estimate = group.rate / reference.rate
    if min(group.n_speakers, reference.n_speakers) < 2 or not group.errors:
        return estimate, Interval()
    a = sampling_variance(group) / group.rate**2
    b = sampling_variance(reference) / reference.rate**2
    half = t_quantile(difference_df(a, group, b, reference), 1 - TAIL) * math.sqrt(a + b)
    return estimate, Interval(_exp(math.log(estimate) - half), _exp(math.log(estimate) + half))


def _exp(value: float) -> float:
    """Return exp(value), infinite where it would overflow (one degree of freedom and hardly any error)."""
    return math.exp(value) if value < 700 else math.inf
