"""Verdicts: the rule, what it says where a gap is withheld, and how many more speakers would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import Difference, Interval, difference
from workbench.fairness.inference.verdicts import more_speakers, on_both_scales, verdict, withheld

LOW = (0.1, 0.1)


def gap(low: float, high: float, skewed: tuple[float, float] | None = None) -> Difference:
    return Difference((low + high) / 2, Interval(low, high), skewed=Interval(*(skewed or (low, high))))


UNEQUAL, EQUAL, UNKNOWN = Interval(1.1, 1.5), Interval(0.9, 1.1), Interval()


@pytest.mark.parametrize(
    ("found", "quotient", "p", "margin", "missed", "wanted"),
    [
        (gap(0.01, 0.05), UNEQUAL, 0.049, None, LOW, "GAP"),
        (gap(-0.05, -0.01), UNEQUAL, 0.049, 0.02, LOW, "GAP"),
        (gap(0.01, 0.05), UNEQUAL, 0.05, None, LOW, "INCONCLUSIVE"),
        (gap(-0.001, 0.05, (0.001, 0.06)), UNEQUAL, 0.01, None, LOW, "INCONCLUSIVE"),
        (gap(0.01, 0.05), EQUAL, 0.01, None, LOW, "INCONCLUSIVE"),
        (gap(0.01, 0.05), UNKNOWN, 0.01, None, LOW, "GAP"),
        (gap(-0.05, -0.01), Interval(0.5, 0.9), 0.01, None, LOW, "GAP"),
        (gap(0.0, 0.05), UNEQUAL, 0.01, None, LOW, "INCONCLUSIVE"),
        (gap(0.001, 0.019), UNEQUAL, 0.01, 0.02, LOW, "EQUIVALENT"),
        (gap(-0.019, 0.019), EQUAL, 0.9, 0.02, LOW, "EQUIVALENT"),
        (gap(-0.019, 0.019, (-0.019, 0.021)), UNEQUAL, 0.9, 0.02, LOW, "INCONCLUSIVE"),
        (gap(-0.02, 0.019), UNEQUAL, 0.9, 0.02, LOW, "INCONCLUSIVE"),
        (gap(0.01, 0.05), UNEQUAL, 0.01, None, (0.81, 0.85), "GAP"),
        (gap(-0.01, 0.01), UNEQUAL, 0.9, 0.02, (0.81, 0.81), "SATURATED"),
        (gap(-0.01, 0.01), UNEQUAL, 0.9, 0.02, (0.81, 0.80), "SATURATED"),
        (gap(-0.01, 0.05), UNEQUAL, 0.9, 0.02, (0.80, 0.81), "SATURATED"),
        (gap(0.30, 0.40), UNEQUAL, 0.01, 0.02, (0.85, 0.50), "GAP"),
        (gap(0.01, 0.05), UNEQUAL, 0.01, None, (0.80, 0.80), "GAP"),
        (Difference(0.3), UNEQUAL, math.nan, 0.02, (0.9, 0.9), "NOT COMPUTED"),
    ],
)
def test_a_verdict_needs_both_scales_and_the_permutation_test(found, quotient, p, margin, missed, wanted):
    assert verdict(found, quotient, p_value=p, margin=margin, missed=missed) == wanted


def test_an_interval_that_touches_zero_does_not_exclude_it():
    assert not on_both_scales(gap(0.0, 0.1), UNKNOWN) and not on_both_scales(gap(0.1, 0.2), Interval(1.0, 2.0))
    assert on_both_scales(gap(1e-9, 0.1), UNKNOWN) and on_both_scales(gap(-0.1, -1e-9), Interval(0.5, 0.999))


@pytest.mark.parametrize(
    ("found", "quotient", "p", "n", "words"),
    [
        (gap(0.01, 0.05), UNEQUAL, 0.049, (5, 5), ""),
        (gap(0.01, 0.05), UNEQUAL, 0.07, (5, 5), "interval without zero, but permuting the speakers gives p = 0.07"),
        (gap(0.01, 0.05), EQUAL, 0.01, (5, 5), "interval without zero, but that of the ratio holds 1"),
        (gap(-0.01, 0.05), EQUAL, 0.2, (5, 5), ""),
        (gap(0.01, 0.05), UNEQUAL, 0.1, (3, 3), "so few speakers cannot show a gap: p is 0.1 at the least"),
        (gap(0.01, 0.05), UNEQUAL, 0.04, (4, 4), ""),
    ],
)
def test_a_gap_that_is_withheld_says_why(found, quotient, p, n, words):
    assert withheld(found, quotient, p_value=p, n_speakers=n[0], n_speakers_reference=n[1]) == words


def copies(cell: list[tuple[int, int]], times: int) -> SixSums:
    return SixSums.of(*zip(*cell * times, strict=True))


A, B = [(10, 100), (14, 100), (18, 100), (22, 100)], [(9, 100), (13, 100), (17, 100), (20, 100)]


def test_with_so_many_more_of_the_same_speakers_a_gap_as_seen_is_detectable_and_with_fewer_not():
    m = more_speakers(copies(A, 1), copies(B, 1), None)
    assert m is not None
    times = (4 + m) / 4
    seen = abs(difference(copies(A, 1), copies(B, 1)).estimate)
    for factor, enough in ((1.05, True), (0.95, False)):
        n = round(times * factor)
        # n copies of four speakers have the variance of so many with the same scatter, but for (4n - 1) / 3n
        found = difference(copies(A, n), copies(B, n))
        scatter = math.sqrt((4 * n - 1) / (3 * n))
        assert (found.mde * scatter <= seen) == enough


def test_a_gap_inside_the_margin_asks_for_the_speakers_that_show_equality():
    towards_gap, towards_equality = (more_speakers(copies(A, 1), copies(B, 1), margin) for margin in (0.01, 0.10))
    assert towards_gap is not None and towards_equality is not None
    assert towards_equality < towards_gap
    assert more_speakers(copies(A, 1), copies(B, 1), 0.05) > towards_equality


def test_the_number_of_speakers_holds_in_simulation(rng):
    """Four speakers a side of 15 and 25 %: with as many more as advised, about 80 % of such samples find the gap."""
    rates = [np.array([10, 15, 20, 15]), np.array([20, 25, 35, 20])]
    advised = more_speakers(*[SixSums.of((r * 10).tolist(), [1000] * 4) for r in rates], None)
    assert advised is not None
    spread = [np.std(r * 10, ddof=1) for r in rates]
    found = 0
    for _ in range(400):
        drawn = [rng.normal(r.mean() * 10, s, 4 + advised).round().clip(0) for r, s in zip(rates, spread, strict=True)]
        found += on_both_scales(difference(*[SixSums.of(e.tolist(), [1000] * (4 + advised)) for e in drawn]), UNKNOWN)
    assert 0.70 <= found / 400 <= 0.92


def test_three_against_three_are_never_enough_whatever_they_say():
    a, b = SixSums.of([1, 2, 1], [100] * 3), SixSums.of([80, 81, 82], [100] * 3)
    assert more_speakers(a, b, None) == 1, "four against four can have p = .029"


@pytest.mark.parametrize(
    ("a", "b", "margin"),
    [
        (SixSums.of([5], [100]), SixSums.of([5, 6], [100, 100]), None),
        (SixSums.of([0, 0], [100, 100]), SixSums.of([5, 6], [100, 100]), None),
        (SixSums.of([5, 6], [100, 100]), SixSums.of([6, 5], [100, 100]), None),
    ],
)
def test_no_number_of_speakers_is_given_without_a_variance_or_where_it_would_be_endless(a, b, margin):
    assert more_speakers(a, b, margin) is None
