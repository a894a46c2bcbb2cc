"""Do 95 % intervals hold the truth about 95 % of the time? Simulated speakers, fixed seed."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import Interval, difference, rate_interval, ratio

REPETITIONS = 300


def speakers(rng: np.random.Generator, n_speakers: int, rate: float) -> SixSums:
    """Draw speakers whose rates vary by half (gamma), with unequal numbers of words and clumped errors."""
    words = rng.integers(200, 800, size=n_speakers)
    own = rate * rng.gamma(4, 1 / 4, size=n_speakers)
    return SixSums.of(rng.negative_binomial(own * words, 0.5), words)  # variance twice the mean


def excludes(interval: Interval, value: float) -> bool:
    return interval.low > value or interval.high < value


@pytest.mark.parametrize("n_speakers", [(8, 8), (3, 5), (30, 6), (20, 20)])
def test_intervals_of_rates_gaps_and_ratios_cover_the_truth(n_speakers, rng):
    hits = {"rate": 0, "gap": 0, "ratio": 0}
    for _ in range(REPETITIONS):
        a, b = speakers(rng, n_speakers[0], 0.20), speakers(rng, n_speakers[1], 0.12)
        own, gap, (_, quotient) = rate_interval(a), difference(a, b).interval, ratio(a, b)
        hits["rate"] += own.low <= 0.20 <= own.high
        hits["gap"] += gap.low <= 0.08 <= gap.high
        hits["ratio"] += quotient.low <= 0.20 / 0.12 <= quotient.high
    shares = {name: count / REPETITIONS for name, count in hits.items()}
    assert all(0.90 <= share <= 0.99 for share in shares.values()), shares


@pytest.mark.parametrize("n_speakers", [(30, 6), (2, 20), (5, 20), (12, 20)])
def test_a_gap_is_seldom_called_where_there_is_none(n_speakers, rng):
    """Welch's own degrees of freedom would call one in 14 of 100 at 2 against 20, in 8 at 5 against 20."""
    alarms = sum(
        excludes(difference(a, b).interval, 0) and excludes(ratio(a, b)[1], 1)
        for a, b in ([speakers(rng, n, 0.15) for n in n_speakers] for _ in range(REPETITIONS))
    )
    assert alarms / REPETITIONS <= 0.09


def test_the_interval_over_utterances_instead_of_speakers_would_miss_the_truth_far_too_often(rng):
    """Why speakers are the unit: 20 utterances of each of 8 speakers treated as 160 independent ones."""
    covered = 0
    for _ in range(REPETITIONS):
        own = np.repeat(0.2 * rng.gamma(4, 1 / 4, size=8), 20)
        words = rng.integers(10, 40, size=160)
        interval = rate_interval(SixSums.of(rng.poisson(own * words), words))
        covered += interval.low <= 0.2 <= interval.high
    assert covered / REPETITIONS < 0.8
