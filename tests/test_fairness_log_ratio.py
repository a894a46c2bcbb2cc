"""The test that decides on a gap, the interval that agrees with it, and the family that it is part of."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.scored import make_scores
from workbench.fairness import gaps
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.log_ratio import detectable, limits, log_ratios, statistic
from workbench.fairness.inference.permutation import permutation_tests, products
from workbench.schema import STOPPING_FACTOR


def sums(errors: list[int], words: list[int]) -> np.ndarray:
    return products(np.array(errors, dtype=float), np.array(words, dtype=float)).sum(axis=0)


def by_hand(a: tuple[list[int], list[int]], b: tuple[list[int], list[int]]) -> float:
    """|ln(W_A / W_B)| over its delta-method standard error, from the cells' linearised variances."""
    one, other = SixSums.of(*a), SixSums.of(*b)
    spread = one.variance / one.rate**2 + other.variance / other.rate**2
    return abs(math.log(one.rate / other.rate)) / math.sqrt(spread)


A, B = ([10, 14, 31, 22, 9], [100, 140, 150, 220, 90]), ([20, 51, 12, 70, 33, 8], [130, 170, 90, 200, 150, 80])
ONE = np.ones(())


def test_the_statistic_is_the_log_ratio_over_its_standard_error():
    assert float(log_ratios(sums(*A), sums(*B), ONE).statistic) == pytest.approx(by_hand(A, B), rel=1e-12)


def test_p_is_the_share_of_all_labellings_that_reach_it():
    everyone = [(e, n) for side in (A, B) for e, n in zip(*side, strict=True)]
    observed, reached, every = by_hand(A, B), 0, 0
    for chosen in combinations(range(11), 5):
        sides = [[one for at, one in enumerate(everyone) if (at in chosen) is own] for own in (True, False)]
        reached += by_hand(*[tuple(map(list, zip(*side, strict=True))) for side in sides]) >= observed - 1e-12
        every += 1
    errors, words = (np.array([one[at] for one in everyone], dtype=float)[:, None] for at in (0, 1))
    groups = np.array(["A"] * 5 + ["B"] * 6)
    found = permutation_tests(errors, words, groups, ["A"], statistic=statistic)
    assert found.p_values[0, 0] == pytest.approx(reached / every, abs=1e-12)


@pytest.mark.parametrize("replicates", [9_999, 199])
def test_both_intervals_exclude_equality_exactly_where_p_is_below_5_percent(rng, replicates):
    """300 small audits, some with a gap, enumerated or sampled: what is shown and what is drawn never disagree."""
    n_speakers, columns = (5, 9), 300
    own = rng.gamma(4, 0.25, size=(14, columns)) * np.repeat([0.3, 0.15], n_speakers)[:, None]
    words = rng.integers(50, 400, size=(14, columns)).astype(float)
    errors = rng.poisson(own * words).astype(float)
    groups = np.repeat(["A", "B"], n_speakers)
    found = permutation_tests(errors, words, groups, ["A"], statistic=statistic, replicates=replicates)
    called = 0
    for column in range(columns):
        table = products(errors[:, column], words[:, column])
        ratios = log_ratios(table[:5].sum(axis=0), table[5:].sum(axis=0), ONE)
        interval = limits(ratios, found.critical[0, column])
        shown = found.p_values[0, column] < 0.05
        called += shown
        assert (interval.ratio.low > 1 or interval.ratio.high < 1) == shown
        assert (interval.points.low > 0 or interval.points.high < 0) == shown
        estimate = float(ratios.rate - ratios.rate_reference)
        assert interval.points.low < estimate < interval.points.high
    assert 0.2 * columns < called < 0.9 * columns


def test_a_ratio_near_1_has_the_interval_of_a_difference_in_points():
    """Equal rates: the path and the difference have one standard error, W sqrt(v_A + v_B), for small reaches."""
    ratios = log_ratios(sums(*A), sums([2 * e for e in A[0]], [2 * n for n in A[1]]), ONE)
    interval = limits(ratios, 0.01).points
    se = 0.01 * float(ratios.rate) * math.sqrt(float(ratios.variance + ratios.variance_reference))
    assert (interval.low, interval.high) == pytest.approx((-se, se), rel=0.01)


def test_a_limit_far_from_equality_has_the_standard_error_of_a_difference():
    """Half the rate, equal relative variances: along the path alone the interval would be 5 % too narrow."""
    ratios = log_ratios(sums(*A), sums([2 * e for e in A[0]], A[1]), ONE)
    reach = 0.001
    interval = limits(ratios, reach).points
    se = math.sqrt(float(ratios.rate**2 * ratios.variance + ratios.rate_reference**2 * ratios.variance_reference))
    assert (interval.high - interval.low) / 2 == pytest.approx(reach * se, rel=1e-3)


def test_the_detectable_gap_is_the_ratio_of_so_many_standard_errors():
    ratios = log_ratios(sums(*A), sums(*B), ONE)
    se = math.sqrt(float(ratios.variance + ratios.variance_reference))
    assert detectable(ratios, 2.8) == pytest.approx(float(ratios.rate_reference) * (math.exp(2.8 * se) - 1))


def people(name: str, errors: list[int], words: int = 200) -> list[tuple]:
    return [(f"{name}{i}", name, e, words) for i, e in enumerate(errors)]


def test_a_side_without_errors_has_half_an_error_in_the_test_alone():
    rows = [*people("Z", [0] * 8), *people("B", [30, 34, 28, 36, 31, 33, 29, 40])]
    row = gaps(make_scores(rows), "accent", reference="B").iloc[0]
    assert row["difference"] == pytest.approx(-261 / 1600) and row["verdict"] == "GAP"
    assert row["ci_low"] <= row["difference"] < row["ci_high"] < 0
    few = gaps(
        make_scores([*people("Z", [0] * 8, 5), *people("B", [0, 1, 0, 0, 1, 0, 0, 0], 5)]), "accent", reference="B"
    )
    assert few.iloc[0]["p_value"] > 0.05, "no errors in 40 words tell nothing"


def test_what_an_adaptive_run_stopped_early_widens_the_interval_and_weakens_the_test(rng):
    rows = [*people("A", rng.poisson(46, 8).tolist()), *people("B", rng.poisson(30, 9).tolist())]
    scores = make_scores(rows)
    plain, stopped = (
        gaps(scores.assign(**{STOPPING_FACTOR: factor}), "accent", reference="B").iloc[0] for factor in (1.0, 1.21)
    )
    assert stopped["p_value"] >= plain["p_value"]
    widths = [math.log(row["ratio_high"] / row["ratio_low"]) for row in (plain, stopped)]
    assert widths[1] == pytest.approx(1.1 * widths[0], rel=1e-9)


# -- the family


def grid(rng: np.random.Generator, conditions: int, models: int = 1, worse: float = 1.0) -> pd.DataFrame:
    """Four groups of six speakers who keep their own rate; the first group's is ``worse`` under the first condition."""
    own = {f"{group}{i}": rng.gamma(4, 0.25) for group in "ABCD" for i in range(6)}
    parts = []
    for model in range(models):
        for condition in range(conditions):
            rows = [
                (name, name[0], int(rng.poisson(60 * rate * (worse if name[0] == "A" and not condition else 1))), 400)
                for name, rate in own.items()
            ]
            parts.append(make_scores(rows, model_id=f"m{model}", condition_id=f"c{condition}"))
    return pd.concat(parts, ignore_index=True)


def test_the_family_is_all_groups_conditions_and_models_of_the_frame(rng):
    scores = grid(rng, 6, 2, worse=2.2)
    alone = gaps(scores[(scores["condition_id"] == "c0") & (scores["model_id"] == "m0")], "accent")
    whole = gaps(scores, "accent")
    within = whole[(whole["condition_id"] == "c0") & (whole["model_id"] == "m0")]
    assert within["p_value"].tolist() == alone["p_value"].tolist(), "each comparison by itself is what it was"
    assert (within["p_familywise"].to_numpy() >= alone["p_familywise"].to_numpy() - 0.01).all()
    assert (whole["p_familywise"] >= whole["p_value"]).all()


def test_the_familywise_p_is_westfall_and_youngs_by_brute_force(rng):
    """Relabelled here with other draws: the share of labellings whose largest scaled statistic reaches the observed one."""
    scores = grid(rng, 2, worse=1.8)
    table = scores.pivot_table(index="speaker_id", columns="condition_id", values="errors").to_numpy(dtype=float)
    labels = np.repeat(list("ABCD"), 6)

    def statistics(groups: np.ndarray) -> np.ndarray:
        rows = []
        for group in "ABCD":
            own = groups == group
            sides = [
                [products(table[side, c], np.full(side.sum(), 400.0)).sum(axis=0) for c in (0, 1)]
                for side in (own, ~own)
            ]
            rows.append(log_ratios(np.array(sides[0]), np.array(sides[1]), np.ones(2)).statistic)
        return np.array(rows).T.ravel()

    drawn = np.array([statistics(rng.permutation(labels)) for _ in range(1500)])
    scale = np.quantile(drawn, 0.95, axis=0)
    largest, observed = (drawn / scale).max(axis=1), statistics(labels) / scale
    expected = [(largest >= one).mean() for one in observed]
    found = gaps(scores, "accent").sort_values(["condition_id", "group"])["p_familywise"]
    assert found.tolist() == pytest.approx(expected, abs=0.06)


def test_without_an_error_on_either_side_there_is_no_gap_however_many_words_were_said():
    """Groups that read other texts have other numbers of words: that alone is no difference of rates."""
    for words_a, words_b in (([42] * 8, [48] * 8), ([400] * 8, [40] * 8), ([90, 110, 70], [10, 30, 20])):
        ratios = log_ratios(sums([0] * len(words_a), words_a), sums([0] * len(words_b), words_b), ONE)
        assert float(ratios.statistic) == 0.0
        assert float(ratios.rate) == pytest.approx(float(ratios.rate_reference))
    scores = make_scores(
        [(f"{group}{n}", group, 0, words) for group, words in (("A", 42), ("B", 48)) for n in range(8)]
    )
    found = gaps(scores, "accent", margin=0.02)
    assert "GAP" not in set(found["verdict"])
    assert found["p_value"].tolist() == [1.0, 1.0]
    assert (found["ci_low"] <= 0).all() and (found["ci_high"] >= 0).all()
