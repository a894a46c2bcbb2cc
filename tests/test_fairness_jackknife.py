"""The jackknife of two sides: of a difference of means it is Welch's t test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_ind

from workbench.fairness.inference.jackknife import Spread, two_sided_jackknife

A, B = np.array([1.0, 4.0, 2.5, 7.0, 3.0, 3.5]), np.array([2.0, 2.2, 2.9, 2.4, 1.8, 3.1])
SIDES = np.repeat([True, False], 6)
WORDS = np.full(12, 10.0)


def left_out(a, b):
    """The difference of the means without each value in turn."""
    without = [np.delete(a, i).mean() - b.mean() for i in range(len(a))]
    return np.array(without + [a.mean() - np.delete(b, i).mean() for i in range(len(b))])


def test_of_a_difference_of_means_it_is_welch():
    spread = two_sided_jackknife(left_out(A, B), SIDES, WORDS)
    a, b = A.var(ddof=1) / 6, B.var(ddof=1) / 6
    difference, se = A.mean() - B.mean(), np.sqrt(a + b)
    assert spread.variance == pytest.approx(a + b)
    assert difference / se == pytest.approx(ttest_ind(A, B, equal_var=False).statistic)
    df = (a + b) ** 2 / (a**2 / 7 + b**2 / 7) - 2  # Welch 1947, as for a gap; smaller than 10, that of equal variances
    assert spread.df == pytest.approx(df)
    assert spread.p_value(difference) == pytest.approx(2 * t.sf(abs(difference) / se, df))
    interval = spread.interval(difference)
    assert (interval.low, interval.high) == pytest.approx(t.interval(0.95, df, difference, se))


def test_speakers_who_say_nearly_everything_leave_few_degrees_of_freedom():
    uneven = np.array([1000.0, *np.ones(5), *np.full(6, 10.0)])
    assert two_sided_jackknife(left_out(A, B), SIDES, uneven).df < 1.5


def test_what_cannot_be_known_is_not():
    assert not two_sided_jackknife(left_out(A, B), np.arange(12) == 0, WORDS).known
    gone = left_out(A, B)
    gone[3] = np.nan
    assert not two_sided_jackknife(gone, SIDES, WORDS).known
    same = two_sided_jackknife(np.zeros(12), SIDES, WORDS)
    assert same.variance == 0 and not same.known
    assert not Spread().interval(1.0).known and np.isnan(Spread(1.0, 3.0).p_value(np.nan))
