"""The formulas of intervals and gaps against scipy, statsmodels and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import _mover, difference, rate_interval, ratio, upper_limit_without_errors
from workbench.fairness.inference.multiplicity import adjusted, benjamini_hochberg, holm

WORDS = 100
SPEAKERS = st.lists(st.integers(0, 150), min_size=2, max_size=12)


def spread(errors: list[int]) -> bool:
    return len(set(errors)) > 1


def equal_words(errors: list[int]) -> SixSums:
    return SixSums.of(errors, [WORDS] * len(errors))


@given(a=SPEAKERS.filter(spread), b=SPEAKERS.filter(spread))
def test_with_equally_many_words_per_speaker_a_gap_is_welchs_t_test_of_speaker_rates(a, b):
    """With the degrees of freedom of Welch's later paper, unless all speakers varying equally leaves fewer."""
    found = difference(equal_words(a), equal_words(b))
    welch = stats.ttest_ind(np.divide(a, WORDS), np.divide(b, WORDS), equal_var=False)
    v, w = (np.var(x, ddof=1) / len(x) / WORDS**2 for x in (a, b))
    later = (v + w) ** 2 / (v**2 / (len(a) + 1) + w**2 / (len(b) + 1)) - 2
    df = max(1, min(later, satterthwaite_of_equal_variances(len(a), len(b))))
    se = math.sqrt(v + w)
    half = stats.t.ppf(0.975, df) * se
    assert found.interval.low == pytest.approx(welch.statistic * se - half, rel=1e-9, abs=1e-12)
    assert found.interval.high == pytest.approx(welch.statistic * se + half, rel=1e-9, abs=1e-12)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(welch.statistic), df), rel=1e-7, abs=1e-12)
    assert found.mde == pytest.approx((stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * se, rel=1e-9)


def satterthwaite_of_equal_variances(n: float, m: float) -> float:
    """2 E(V)^2 / Var(V) of V = s^2 / n + t^2 / m with sample variances of one normal population."""
    expected, variance = 1 / n + 1 / m, 2 / (n - 1) / n**2 + 2 / (m - 1) / m**2
    return 2 * expected**2 / variance


@given(a=SPEAKERS.filter(spread), b=SPEAKERS.filter(spread), margin=st.sampled_from([0.02, 0.1, 0.5, 1.0]))
def test_the_90_percent_interval_lies_inside_the_margin_exactly_when_two_one_sided_tests_reject(a, b, margin):
    found = difference(equal_words(a), equal_words(b))
    se = math.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b)) / WORDS
    df = satterthwaite_of_equal_variances(len(a), len(b))
    if stats.t.ppf(0.975, df) * se != pytest.approx(found.interval.high - found.estimate, rel=1e-9):
        return  # the other degrees of freedom are the smaller ones
    one_sided = max(stats.t.sf((found.estimate + margin) / se, df), stats.t.sf((margin - found.estimate) / se, df))
    if abs(one_sided - 0.05) > 1e-9:
        inside = -margin < found.interval_90.low and found.interval_90.high < margin
        assert inside == (one_sided < 0.05)


def test_the_skewed_interval_is_made_of_the_log_scale_limits_of_both_rates():
    a, b = equal_words([10, 30, 20]), equal_words([5, 10, 9])
    found = difference(a, b)
    t = (found.interval.high - found.estimate) / math.sqrt(a.variance + b.variance)
    (l_a, u_a), (l_b, u_b) = [
        [c.rate * math.exp(sign * t * math.sqrt(c.variance) / c.rate) for sign in (-1, 1)] for c in (a, b)
    ]
    assert found.skewed.low == pytest.approx(found.estimate - math.hypot(a.rate - l_a, u_b - b.rate), rel=1e-12)
    assert found.skewed.high == pytest.approx(found.estimate + math.hypot(u_a - a.rate, b.rate - l_b), rel=1e-12)


@given(errors=SPEAKERS.filter(spread), talker=st.integers(1_000, 100_000))
def test_one_speaker_with_nearly_all_the_words_leaves_hardly_more_than_one_degree_of_freedom(errors, talker):
    cell = SixSums.of([*errors, talker // 5], [*[10] * len(errors), talker])
    k = (talker + 10 * len(errors)) ** 2 / (talker**2 + 100 * len(errors))
    root, high = math.sqrt(cell.rate), math.sqrt(rate_interval(cell).high)
    t = stats.t.ppf(0.975, max(1, k - 1))
    assert high == pytest.approx(root + t * math.sqrt(cell.variance) / (2 * root), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_standard_error_of_a_log_rate_is_that_of_statsmodels_poisson_regression_clustered_on_speaker(seed):
    rng = np.random.default_rng(seed)
    cells, variances = [], []
    for n_speakers in (6, 9):
        speaker = np.repeat(np.arange(n_speakers), 15)
        words = rng.integers(3, 40, size=len(speaker))
        errors = rng.poisson(words * 0.2 * rng.gamma(4, 0.25, n_speakers)[speaker])
        fit = sm.GLM(errors, np.ones(len(errors)), family=sm.families.Poisson(), offset=np.log(words)).fit(
            cov_type="cluster", cov_kwds={"groups": speaker}
        )
        cells.append(SixSums.of(np.bincount(speaker, errors), np.bincount(speaker, words)))
        variances.append(fit.bse[0] ** 2)
        assert math.log(cells[-1].rate) == pytest.approx(fit.params[0], rel=1e-7)
    estimate, interval = ratio(*cells)
    welch = sum(variances) ** 2 / sum(v**2 / (c.n_speakers + 1) for v, c in zip(variances, cells, strict=True)) - 2
    df = min(welch, satterthwaite_of_equal_variances(*[c.words**2 / c.words_squared for c in cells]))
    half = stats.t.ppf(0.975, df) * math.sqrt(sum(variances))
    assert math.log(interval.high) == pytest.approx(math.log(estimate) + half, rel=1e-5)
    assert math.log(interval.low) == pytest.approx(math.log(estimate) - half, rel=1e-5)


@given(a=SPEAKERS, b=SPEAKERS)
def test_turning_a_comparison_round_turns_the_signs_and_the_quotient(a, b):
    forth, back = (difference(*map(equal_words, pair)) for pair in ((a, b), (b, a)))
    assert forth.estimate == pytest.approx(-back.estimate, abs=1e-15)
    assert forth.interval.low == pytest.approx(-back.interval.high, rel=1e-12, abs=1e-15)
    assert forth.skewed.high == pytest.approx(-back.skewed.low, rel=1e-12, abs=1e-15)
    assert forth.p_value == pytest.approx(back.p_value, nan_ok=True)
    if sum(a) and sum(b):
        quotient, limits = ratio(equal_words(a), equal_words(b))
        inverse, inverse_limits = ratio(equal_words(b), equal_words(a))
        assert quotient * inverse == pytest.approx(1, rel=1e-12)
        if math.isfinite(limits.high) and inverse_limits.low > 0:
            assert limits.high * inverse_limits.low == pytest.approx(1, rel=1e-9)


@given(a=SPEAKERS, b=SPEAKERS)
def test_no_interval_of_two_or_more_speakers_has_zero_width_and_each_holds_its_estimate(a, b):
    left, right = equal_words(a), equal_words(b)
    for interval, estimate in (
        (rate_interval(left), left.rate),
        (difference(left, right).interval, left.rate - right.rate),
    ):
        assert interval.known
        assert interval.low <= estimate <= interval.high
        assert interval.high - interval.low > 1e-4


@given(a=SPEAKERS, b=SPEAKERS)
def test_six_sums_of_two_sets_of_speakers_add_and_subtract(a, b):
    assert equal_words(a) + equal_words(b) == equal_words([*a, *b])
    assert equal_words([*a, *b]) - equal_words(a) == equal_words(b)


def test_one_speaker_on_either_side_leaves_the_difference_and_no_interval():
    one, two = equal_words([10]), equal_words([20, 30])
    found = difference(one, two)
    assert found.estimate == pytest.approx(-0.15)
    assert not found.interval.known
    assert math.isnan(found.p_value) and math.isnan(found.mde)
    quotient, limits = ratio(one, two)
    assert quotient == pytest.approx(0.4)
    assert not limits.known


@pytest.mark.parametrize(("n_speakers", "tail"), [(2, 0.05), (5, 0.05), (12, 0.05), (5, 0.025)])
def test_at_the_upper_limit_without_errors_such_speakers_show_none_with_the_tail_probability(n_speakers, tail, rng):
    cell = SixSums.of([0] * n_speakers, [WORDS] * n_speakers)
    rate = upper_limit_without_errors(cell, tail) * rng.exponential(1, size=(100_000, n_speakers))
    none_at_all = (rng.poisson(rate * WORDS).sum(axis=1) == 0).mean()
    assert none_at_all == pytest.approx(tail, abs=4 * math.sqrt(tail / 100_000))


def test_with_many_speakers_the_upper_limit_without_errors_is_the_rule_of_three():
    cell = SixSums.of([0] * 100_000, [10] * 100_000)
    assert upper_limit_without_errors(cell, 0.05) == pytest.approx(3 / 1_000_000, rel=0.002)


def test_a_gap_between_two_groups_without_errors_is_zero_with_an_interval_of_both_limits():
    a, b = equal_words([0] * 5), equal_words([0] * 8)
    found = difference(a, b)
    assert found.estimate == 0
    assert found.interval.low == pytest.approx(-upper_limit_without_errors(b, 0.025))
    assert found.interval.high == pytest.approx(upper_limit_without_errors(a, 0.025))
    assert found.p_value == 1
    assert math.isnan(ratio(a, b)[0])


@given(
    b=SPEAKERS.filter(spread),
    n=st.integers(2, 12),
    words=st.sampled_from([20, 200, 2000]),
    level=st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5]),
)
def test_the_p_value_of_a_group_without_errors_is_below_a_level_exactly_when_the_interval_excludes_zero(
    b, n, words, level
):
    none, some = SixSums.of([0] * n, [words] * n), equal_words(b)
    found = difference(none, some)
    assert found.p_value == pytest.approx(difference(some, none).p_value)
    if abs(found.p_value - level) > 1e-9:
        interval = _mover(none, some, level / 2)
        assert (interval.high < 0) == (found.p_value < level)
    if found.p_value < 0.05:
        assert found.interval.high < 0


def test_kish_speakers_of_unequal_size_count_for_less_than_their_number():
    """Ten speakers of whom one has nearly all the words say hardly more than one does."""
    even, uneven = SixSums.of([0] * 10, [100] * 10), SixSums.of([0] * 10, [991, *[1] * 9])
    alone = 991 / 1000 * 1 * (0.05**-1 - 1) / 991  # K = 1: (1 + mu N)^-1 = .05
    assert rate_interval(uneven).high == pytest.approx(alone, rel=0.06)
    assert rate_interval(even).high < rate_interval(uneven).high / 4


@settings(max_examples=20)  # the oracle takes 50 ms a time
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=12))
@pytest.mark.long
def test_holm_is_statsmodels_holm_over_the_p_values_that_there_are(p_values):
    family = [p for p in p_values if not math.isnan(p)]
    expected = iter(multipletests(family, method="holm")[1] if family else [])
    wanted = [math.nan if math.isnan(p) else next(expected) for p in p_values]
    assert holm(p_values) == pytest.approx(wanted, nan_ok=True)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=12))
@pytest.mark.long
def test_benjamini_and_hochberg_is_that_of_statsmodels_over_the_p_values_that_there_are(p_values):
    family = [p for p in p_values if not math.isnan(p)]
    expected = iter(multipletests(family, method="fdr_bh")[1] if family else [])
    wanted = [math.nan if math.isnan(p) else next(expected) for p in p_values]
    assert benjamini_hochberg(p_values) == pytest.approx(wanted, nan_ok=True)


def test_both_adjustments_give_the_golden_values():
    golden = [0.001, 0.012, 0.03, 0.04, 0.2]
    assert holm(golden) == adjusted(golden, "holm") == pytest.approx([0.005, 0.048, 0.09, 0.09, 0.2])
    assert benjamini_hochberg(golden) == adjusted(golden, "bh") == pytest.approx([0.005, 0.03, 0.05, 0.05, 0.2])
