"""Borrowed intervals: the prior finds what was planted, the moderated variance is Smyth's formula, and the label is there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.scored import make_scores
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.group_rates.borrowed import LABEL, Prior, borrowed, borrowed_interval, prior
from workbench.fairness.inference.intervals import effective_speakers


def cells(n_groups: int, n: int, spread: float, seed: int = 1) -> dict[str, SixSums]:
    """Groups of ``n`` speakers of 1,000 words; the relative variance of a group's speakers is .0025 times what ``spread`` draws (its prior's df)."""
    rng = np.random.default_rng(seed)
    result = {}
    for group in range(n_groups):
        cv = math.sqrt(0.0025 * (spread / rng.chisquare(spread) if spread else 1.0))
        result[str(group)] = SixSums.of((1000 * 0.2 * (1 + cv * rng.normal(size=n))).tolist(), [1000] * n)
    return result


def test_the_prior_is_the_variance_and_the_scatter_that_were_planted():
    alike = prior(cells(400, 8, 0))
    assert alike is not None and alike.df > 100
    assert alike.variance == pytest.approx(0.0025, rel=0.15)
    apart = prior(cells(400, 8, 10))
    assert apart is not None and 5 < apart.df < 20
    assert prior(cells(2, 8, 0)) is None


def test_the_interval_has_the_moderated_variance_and_both_degrees_of_freedom():
    cell = SixSums.of([10, 20], [100, 100])
    own = (0.05**2 + 0.05**2) / (2 - 1) / 0.15**2  # squared deviations of two speakers over the squared rate
    moderated = (6 * 0.3 + 1 * own) / (6 + 1)
    half = stats.t.ppf(0.975, 7) * math.sqrt(moderated / 2) * math.sqrt(0.15) / 2
    interval = borrowed_interval(cell, Prior(0.3, 6.0), 100.0)
    assert effective_speakers(cell) == 2
    assert interval.high == pytest.approx((math.sqrt(0.15) + half) ** 2, rel=1e-9)
    assert interval.low == pytest.approx((math.sqrt(0.15) - half) ** 2, rel=1e-9)
    assert not borrowed_interval(SixSums.of([5], [100]), Prior(0.3, 6.0), 100.0).known


def test_small_groups_get_one_that_is_labelled_and_their_own_is_withheld():
    rng = np.random.default_rng(7)
    rows = [
        (f"{g}{s}", g, int(rng.poisson(60 * rng.gamma(4, 0.25))), 400)
        for g, n in (("a", 2), ("b", 6), ("c", 9), ("d", 1))
        for s in range(n)
    ]
    found = borrowed(make_scores(rows), "accent").set_index("group")
    assert math.isnan(found.loc["a", "ci_low"]) and found.loc["a", "reason"] == LABEL
    assert 0 < found.loc["a", "borrowed_low"] < found.loc["a", "rate"] < found.loc["a", "borrowed_high"] < 1
    assert math.isnan(found.loc["d", "borrowed_low"]) and found.loc["d", "reason"].startswith("no spread of its own")
    assert found["df_all"].nunique() == 1
