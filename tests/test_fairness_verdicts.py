"""Verdicts: the rule, what it says where a gap is withheld, and how many more speakers would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import Interval, ratio
from workbench.fairness.inference.verdicts import doubt, more_speakers, verdict

FEW_MISSED = (0.1, 0.1)


@pytest.mark.parametrize(
    ("interval", "p", "margin", "missed", "wanted"),
    [
        ((0.01, 0.05), 0.049, None, FEW_MISSED, "GAP"),
        ((-0.05, -0.01), 0.049, 0.02, FEW_MISSED, "GAP"),
        ((-0.001, 0.05), 0.05, None, FEW_MISSED, "INCONCLUSIVE"),
        ((0.001, 0.019), 0.01, 0.02, FEW_MISSED, "EQUIVALENT"),
        ((-0.019, 0.019), 0.9, 0.02, FEW_MISSED, "EQUIVALENT"),
        ((-0.02, 0.019), 0.9, 0.02, FEW_MISSED, "INCONCLUSIVE"),
        ((0.01, 0.05), 0.01, None, (0.81, 0.85), "GAP"),
        ((-0.01, 0.01), 0.9, 0.02, (0.81, 0.81), "SATURATED"),
        ((-0.01, 0.01), 0.9, 0.02, (0.81, 0.80), "SATURATED"),
        ((-0.01, 0.05), 0.9, 0.02, (0.80, 0.81), "SATURATED"),
        ((0.30, 0.40), 0.01, 0.02, (0.85, 0.50), "GAP"),
        ((0.01, 0.05), 0.01, None, (0.80, 0.80), "GAP"),
        ((math.nan, math.nan), 0.2, 0.02, (0.9, 0.9), "NOT COMPUTED"),
        ((0.01, 0.05), math.nan, 0.02, (0.1, 0.1), "NOT COMPUTED"),
    ],
)
def test_one_test_decides_on_a_gap_and_words_right_on_saturation(interval, p, margin, missed, wanted):
    assert verdict(Interval(*interval), p_value=p, margin=margin, missed=missed) == wanted


def test_equality_needs_every_interval_inside_the_margin():
    arguments = {"p_value": 0.9, "margin": 0.02, "missed": FEW_MISSED}
    assert verdict(Interval(-0.01, 0.01), **arguments, inside=[Interval(-0.019, 0.019)]) == "EQUIVALENT"
    assert verdict(Interval(-0.01, 0.01), **arguments, inside=[Interval(-0.019, 0.021)]) == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("said", "n", "p", "why"),
    [
        ("GAP", (5, 5), 0.049, ""),
        ("GAP", (5, 5), 0.05, "may be chance among so many comparisons"),
        ("GAP", (5, 5), None, "may be chance among so many comparisons"),
        ("GAP", (5, 5), math.nan, "may be chance among so many comparisons"),
        ("GAP", (4, 50), math.nan, "fewer than 5 speakers"),
        ("GAP", (50, 4), 0.001, "fewer than 5 speakers"),
        ("EQUIVALENT", (5, 5), 0.9, ""),
        ("EQUIVALENT", (4, 5), 0.9, "fewer than 5 speakers"),
        ("INCONCLUSIVE", (2, 2), 0.9, ""),
    ],
)
def test_a_verdict_is_firm_over_the_family_and_with_enough_speakers(said, n, p, why):
    assert doubt(said, n_speakers=n[0], n_speakers_reference=n[1], p_familywise=p) == why


def copies(cell: list[tuple[int, int]], times: int) -> SixSums:
    return SixSums.of(*zip(*cell * times, strict=True))


A, B = [(10, 100), (14, 100), (18, 100), (22, 100)], [(9, 100), (13, 100), (17, 100), (20, 100)]


def test_with_so_many_more_of_the_same_speakers_a_gap_as_seen_is_detectable_and_with_fewer_not():
    m = more_speakers(copies(A, 1), copies(B, 1), None)
    assert m is not None
    times = (4 + m) / 4
    seen = abs(math.log(copies(A, 1).rate / copies(B, 1).rate))
    for factor, enough in ((1.05, True), (0.95, False)):
        n = round(times * factor)
        # n copies of four speakers have the variance of so many with the same scatter, but for (4n - 1) / 3n
        cells = (copies(A, n), copies(B, n))
        spread = sum(cell.variance / cell.rate**2 for cell in cells) * (4 * n - 1) / (3 * n)
        assert ((1.96 + 0.84) * math.sqrt(spread) <= seen) == enough


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
        _, interval = ratio(*[SixSums.of(e.tolist(), [1000] * (4 + advised)) for e in drawn])
        found += interval.low > 1 or interval.high < 1
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
