"""Stopping early: what it makes of the intervals of changes, by the formulas of two variances that add up."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.paired_scores import drawn_scores
from tests.two_sides import drawn
from workbench.fairness import compare, gap_changes
from workbench.fairness.comparison.gap_checks import check_gaps
from workbench.fairness.counts.clean_pairs import paired_tallies
from workbench.fairness.counts.utterance_pairs import paired_rows
from workbench.fairness.inference.paired import Change, paired_difference
from workbench.fairness.inference.stopping import STOPPING

Chosen = Callable[[pd.DataFrame], pd.Series]


def stopped(scores: pd.DataFrame, *chosen: Chosen) -> pd.DataFrame:
    """Scores of which these rows are of cells with speakers left."""
    left = pd.DataFrame({place: one(scores) for place, one in enumerate(chosen)}, index=scores.index).any(axis=1)
    return scores.assign(stopping_factor=np.where(left, STOPPING, 1.0))


def of(group: str, condition: str = "") -> Chosen:
    return lambda rows: (rows["accent"] == group) & (rows["condition_id"].str.startswith(condition))


@pytest.fixture
def scores(rng: np.random.Generator) -> pd.DataFrame:
    return drawn_scores(rng, {"A": 9, "B": 7, "C": 8}, [0.1, 0.2, 0.3])


def changes(scores: pd.DataFrame, reference: str = "A") -> pd.DataFrame:
    found = gap_changes(scores, "accent", reference=reference, permutations=19)
    return found.set_index(["group", "condition_id"])


def test_where_both_sides_have_speakers_left_every_interval_of_a_change_is_wider_by_the_root(
    scores: pd.DataFrame,
) -> None:
    own, wide = changes(scores), changes(scores.assign(stopping_factor=STOPPING))
    for name in ("change", "log_change", "hits_change", "degradation", "p_value", "log_p_value"):
        assert wide[name].equals(own[name])
    for low, high in (("ci_low", "ci_high"), ("log_low", "log_high"), ("hits_low", "hits_high"), ("degradation_low", "degradation_high")):  # fmt: skip
        assert (wide[high] - wide[low]).tolist() == pytest.approx((math.sqrt(1.21) * (own[high] - own[low])).tolist())
    assert wide["se"].tolist() == pytest.approx((1.1 * own["se"]).tolist())
    assert (wide["p_adjusted"] >= own["p_adjusted"]).all()


def variance(scores: pd.DataFrame, group: str, condition: str) -> float:
    """Of a group's degradation where all speakers have 400 words: that of a mean."""
    wide = scores[scores["accent"] == group].pivot_table(index="speaker_id", columns="condition_id", values="errors")
    lost = ((wide[condition] - wide["clean"]) / 400).astype(float)
    return float(lost.var(ddof=1) / len(lost))


@pytest.mark.parametrize(
    "chosen", [[of("B", "clean")], [of("B", "noise@1")], [of("B", "clean"), of("B", "noise@1")], [of("B")]]
)
def test_the_larger_factor_of_clean_and_degraded_is_that_of_the_group_and_counts_once(
    scores: pd.DataFrame, chosen: list[Chosen]
) -> None:
    found = changes(stopped(scores, *chosen)).loc["B", "noise@1"]
    a, b = (variance(scores, group, "noise@1") for group in "AB")
    assert found["se"] == pytest.approx(math.sqrt(a + 1.21 * b))


def test_another_condition_has_its_own_factor(scores: pd.DataFrame) -> None:
    own, found = changes(scores), changes(stopped(scores, of("B", "noise@1")))
    assert found.loc["B", "noise@1"]["se"] > own.loc["B", "noise@1"]["se"]
    assert found.loc["B", "noise@2"].equals(own.loc["B", "noise@2"])
    assert found.loc["C", "noise@1"]["ci_low"] == own.loc["C", "noise@1"]["ci_low"]


def test_the_rest_has_the_largest_factor_of_its_groups(scores: pd.DataFrame) -> None:
    own, found = changes(scores, "rest"), changes(stopped(scores, of("B")), "rest")
    everyone = changes(scores.assign(stopping_factor=STOPPING), "rest")
    for group in "AC":
        rest = everyone.loc[group, "noise@1"]["se"] ** 2 - own.loc[group, "noise@1"]["se"] ** 2
        added = found.loc[group, "noise@1"]["se"] ** 2 - own.loc[group, "noise@1"]["se"] ** 2
        assert added == pytest.approx(rest - 0.21 * variance(scores, group, "noise@1"))
    added = found.loc["B", "noise@1"]["se"] ** 2 - own.loc["B", "noise@1"]["se"] ** 2
    assert added == pytest.approx(0.21 * variance(scores, "B", "noise@1"))


def test_speakers_who_are_not_in_the_change_do_not_count(scores: pd.DataFrame) -> None:
    """Of another attribute a group may have speakers of stopped cells without a partner under the condition."""
    half = stopped(scores, lambda rows: rows["speaker_id"] == "B0")
    without = half[~((half["speaker_id"] == "B0") & (half["condition_id"] == "noise@1"))]
    found, plain = changes(without), changes(without.drop(columns="stopping_factor"))
    assert found.loc["B", "noise@1"]["se"] == plain.loc["B", "noise@1"]["se"]
    assert found.loc["B", "noise@2"]["se"] > plain.loc["B", "noise@2"]["se"]


def test_pairs_that_are_added_up_before_keep_their_factors(scores: pd.DataFrame) -> None:
    half = stopped(scores, of("B", "clean"), of("C", "noise@2"))
    pd.testing.assert_frame_equal(changes(paired_tallies(half)), changes(half))
    assert "stopping_factor" not in paired_tallies(scores).columns


# -- two sides


@pytest.fixture
def sides(rng: np.random.Generator) -> list[pd.DataFrame]:
    groups = {"north": (8, 0.2), "south": (6, 0.3), "west": (7, 0.25)}
    return [drawn(rng, groups) for _ in range(2)]


def both(sides: list[pd.DataFrame], first: list[str], second: list[str], reference: str) -> pd.DataFrame:
    """Gap checks where these groups of either side have speakers left."""
    left = [stopped(one, *map(of, groups)) for one, groups in zip(sides, (first, second), strict=True)]
    return compare(*left, ["accent"], reference=reference).gap_checks.set_index("group")


def own_variance(sides: list[pd.DataFrame], group: str) -> float:
    rows = paired_rows(*sides, ["accent"])
    return Change.of(rows[rows["accent"] == group], ["corpus_id", "speaker_id"]).variance


def test_a_gap_check_and_a_comparison_are_wider_by_the_root(sides: list[pd.DataFrame]) -> None:
    plain = compare(*sides, ["accent"], reference="north")
    wide = compare(*(one.assign(stopping_factor=STOPPING) for one in sides), ["accent"], reference="north")
    for own, other in ((plain.gap_checks, wide.gap_checks), (plain.comparisons, wide.comparisons)):
        assert (other["ci_high"] - other["ci_low"]).tolist() == pytest.approx(
            (1.1 * (own["ci_high"] - own["ci_low"])).tolist()
        )
    assert wide.comparisons["difference"].equals(plain.comparisons["difference"])
    assert wide.gap_checks["change"].equals(plain.gap_checks["change"])


@pytest.mark.parametrize(("first", "second"), [(["south"], []), ([], ["south"]), (["south"], ["south"])])
def test_the_larger_factor_of_both_sides_is_that_of_the_group(
    sides: list[pd.DataFrame], first: list[str], second: list[str]
) -> None:
    plain, wide = both(sides, [], [], "north"), both(sides, first, second, "north")
    assert wide.loc["west"].drop("p_adjusted").equals(plain.loc["west"].drop("p_adjusted"))
    a, b = own_variance(sides, "south"), own_variance(sides, "north")
    ratio = math.sqrt((1.21 * a + b) / (a + b))
    widths = [one.loc["south"]["ci_high"] - one.loc["south"]["ci_low"] for one in (plain, wide)]
    assert widths[1] / widths[0] == pytest.approx(ratio, rel=0.02)  # the degrees of freedom differ a little


def test_a_run_that_was_stopped_may_be_compared_with_one_that_was_not(sides: list[pd.DataFrame]) -> None:
    first, second = sides
    one = compare(first.assign(stopping_factor=STOPPING), second, ["accent"]).gap_checks
    other = compare(first, second.assign(stopping_factor=STOPPING), ["accent"]).gap_checks
    widths = [(found["ci_high"] - found["ci_low"]).tolist() for found in (one, other)]
    plain = compare(first, second, ["accent"]).gap_checks
    assert widths[0] == widths[1] == pytest.approx((1.1 * (plain["ci_high"] - plain["ci_low"])).tolist())


def test_the_rest_of_a_gap_check_has_the_largest_factor_of_its_groups(sides: list[pd.DataFrame]) -> None:
    plain, wide = both(sides, [], [], "rest"), both(sides, ["south"], [], "rest")
    everyone = both(sides, ["north", "south", "west"], [], "rest")
    width = {
        name: found["ci_high"] - found["ci_low"]
        for name, found in (("plain", plain), ("wide", wide), ("all", everyone))
    }
    for group in ("north", "west"):
        assert width["plain"][group] < width["wide"][group] < width["all"][group]
    rows = paired_rows(*sides, ["accent"])
    for group in ("north", "south", "west"):
        lost = (rows["errors_second"] - rows["errors_first"]).groupby(rows["accent"] == group).sum()
        words = rows["ref_words"].groupby(rows["accent"] == group).sum()
        assert wide.loc[group]["change"] == pytest.approx(lost[True] / words[True] - lost[False] / words[False])
        there = rows.loc[rows["accent"] != group, "speaker_id"].nunique()
        assert wide.loc[group]["n_speakers_reference"] == there
    own = own_variance(sides, "south")
    alone = math.sqrt(1 + 0.21 * own / (own + _rest(sides, "south")))
    assert width["wide"]["south"] / width["plain"]["south"] == pytest.approx(alone, rel=0.02)


def _rest(sides: list[pd.DataFrame], group: str) -> float:
    rows = paired_rows(*sides, ["accent"])
    return Change.of(rows[rows["accent"] != group], ["corpus_id", "speaker_id"]).variance


def test_the_gap_that_is_left_is_widened_in_the_check_too(sides: list[pd.DataFrame]) -> None:
    plain, wide = (
        {one.group: one.gap_second for one in check_gaps(paired_rows(first, sides[1], ["accent"]), "accent", "north")}
        for first in (sides[0], sides[0].assign(stopping_factor=STOPPING))
    )
    for group in ("south", "west"):
        assert wide[group].estimate == plain[group].estimate
        reach = [one.interval.high - one.estimate for one in (plain[group], wide[group])]
        assert reach[1] == pytest.approx(1.1 * reach[0])


def test_a_group_has_the_largest_factor_of_its_rows(sides: list[pd.DataFrame]) -> None:
    """Of another attribute than the one by which the run stopped, a group may have speakers of stopped cells and of others."""
    first, second = sides
    one = stopped(first, lambda rows: rows["speaker_id"] == "north0")
    rows = paired_rows(one, second, ["accent"])
    assert Change.of(rows, ["speaker_id"]).sums.factor == STOPPING
    assert Change.of(rows[rows["speaker_id"] != "north0"], ["speaker_id"]).sums.factor == 1.0


def test_speakers_who_all_change_equally_are_widened_too() -> None:
    rows = pd.DataFrame(
        [(str(s), 100, 10, 15, "paired", STOPPING) for s in range(6)],
        columns=["speaker_id", "ref_words", "errors_first", "errors_second", "pair_state", "stopping_factor"],
    )
    change = Change.of(rows, ["speaker_id"])
    assert change.variance == pytest.approx(1.21 * 6 * 25 / 600**2)
    none = Change.of(rows.assign(pair_state="failed"), ["speaker_id"])
    assert none.sums.factor == 1.0
    assert math.isnan(paired_difference(none).estimate)
