"""Paired differences over speakers: equal to scipy's paired t where it applies, and honest in simulations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import t_quantile, upper_limit_without_errors
from workbench.fairness.inference.paired import Change, gap_change, paired_difference


def rows(people: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    """Rows of (speaker, words, errors first, errors second), all paired."""
    frame = pd.DataFrame(people, columns=["speaker_id", "ref_words", "errors_first", "errors_second"])
    return frame.assign(pair_state="paired", stopping_factor=1.0)


def change(people: list[tuple[str, int, int, int]]) -> Change:
    return Change.of(rows(people), ["speaker_id"])


def drawn(rng: np.random.Generator, n: int, first: float, second: float) -> tuple[list, float]:
    people = []
    for speaker in range(n):
        own, words = rng.gamma(4, 1 / 4), int(rng.integers(200, 800))
        counts = (int(rng.negative_binomial(rate * own * words, 0.5)) for rate in (first, second))
        people.append((str(speaker), words, *counts))
    return people, second - first


def test_with_equally_many_words_it_is_the_paired_t_test(rng) -> None:
    people = [(str(s), 100, int(a), int(b)) for s, (a, b) in enumerate(rng.poisson((20, 24), (12, 2)))]
    found = paired_difference(change(people))
    first, second = ([p[i] / 100 for p in people] for i in (2, 3))
    reference = stats.ttest_rel(second, first)
    interval = reference.confidence_interval(0.95)
    assert found.estimate == pytest.approx(np.mean(second) - np.mean(first))
    assert found.p_value == pytest.approx(reference.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))


def test_the_variance_is_the_textbook_sum_over_speakers(rng) -> None:
    people, _ = drawn(rng, 9, 0.1, 0.15)
    n = np.array([p[1] for p in people])
    d = np.array([p[3] - p[2] for p in people])
    z = (d - d.sum() / n.sum() * n) / n.mean()
    assert change(people).variance == pytest.approx((z**2).sum() / (9 * 8), rel=1e-12)


def test_cutting_a_speakers_words_into_other_utterances_changes_nothing() -> None:
    whole = change([("a", 30, 3, 5), ("b", 30, 1, 1), ("c", 20, 0, 4)])
    cut = change([("a", 10, 1, 5), ("a", 20, 2, 0), ("b", 30, 1, 1), ("c", 20, 0, 4)])
    assert paired_difference(whole) == paired_difference(cut)


def test_the_change_of_a_gap_is_welchs_test_on_speakers_changes(rng) -> None:
    a, b = rng.normal(3, 2, 8).round().astype(int), rng.normal(1, 5, 20).round().astype(int)
    groups = [change([(str(s), 100, 50, 50 + int(d)) for s, d in enumerate(side)]) for side in (a, b)]
    found = gap_change(*groups)
    welch = stats.ttest_ind(a / 100, b / 100, equal_var=False)
    equal_variances = (1 / 8 + 1 / 20) ** 2 / (1 / (8**2 * 7) + 1 / (20**2 * 19))
    df = min(welch.df, equal_variances)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(welch.statistic), df))
    half = stats.t.ppf(0.975, df) * found.estimate / welch.statistic
    assert (found.interval.low, found.interval.high) == pytest.approx((found.estimate - half, found.estimate + half))
    assert gap_change(*groups[::-1]).estimate == -found.estimate


@pytest.mark.long
@pytest.mark.parametrize("n", [3, 5, 8, 20])
def test_the_interval_holds_the_truth_as_often_as_it_says(n, rng) -> None:
    hits = gaps = 0
    for _ in range(300):
        (a, truth_a), (b, truth_b) = drawn(rng, n, 0.10, 0.16), drawn(rng, n, 0.10, 0.12)
        own, gap = paired_difference(change(a)).interval, gap_change(change(a), change(b)).interval
        hits += own.low <= truth_a <= own.high
        gaps += gap.low <= truth_a - truth_b <= gap.high
    assert 0.90 <= hits / 300 <= 0.99
    assert 0.91 <= gaps / 300 <= 1.0


def test_pairing_removes_what_speakers_share(rng) -> None:
    """Same speakers, so their own rates cancel: the paired interval is narrower than the one of strangers."""
    from workbench.fairness.inference.intervals import difference

    people, _ = drawn(rng, 20, 0.20, 0.21)
    words = [p[1] for p in people]
    strangers = difference(*(SixSums.of([p[i] for p in people], words) for i in (3, 2)))
    paired = paired_difference(change(people))
    assert paired.estimate == pytest.approx(strangers.estimate)
    assert paired.mde < 0.6 * strangers.mde


def test_if_nothing_changed_the_interval_is_the_rule_of_threes_and_p_is_1() -> None:
    same = change([("a", 100, 7, 7), ("b", 100, 0, 0), ("c", 100, 3, 3)])
    found = paired_difference(same)
    assert (found.estimate, found.p_value) == (0, 1)
    limit = upper_limit_without_errors(SixSums.of([0, 0, 0], [100, 100, 100]), 0.05)
    assert found.interval.high == pytest.approx(limit) == -found.interval.low
    assert limit > 3 / 300  # three effective speakers: wider than 300 independent words


def test_errors_that_move_within_a_speaker_are_a_change() -> None:
    moved = change([("a", 10, 1, 0), ("a", 10, 0, 1), ("b", 10, 0, 0)])
    assert not moved.nothing
    assert paired_difference(moved).estimate == 0
    assert math.sqrt(moved.variance) == pytest.approx(math.sqrt(2) / 30)


def test_if_every_speaker_changed_by_the_same_rate_changes_count_as_independent() -> None:
    found = paired_difference(change([("a", 10, 1, 2), ("b", 10, 4, 5), ("c", 10, 0, 1)]))
    half = t_quantile(2, 0.975) * math.sqrt(3) / 30
    assert (found.interval.low, found.interval.high) == pytest.approx((0.1 - half, 0.1 + half))


def test_one_speaker_has_an_estimate_and_no_interval_and_nobody_has_nothing() -> None:
    alone = paired_difference(change([("a", 10, 1, 2)]))
    assert alone.estimate == pytest.approx(0.1)
    assert math.isnan(alone.p_value)
    assert not alone.interval.known
    assert math.isnan(paired_difference(Change()).estimate)
    assert math.isnan(gap_change(change([("a", 10, 1, 2)]), Change()).estimate)
