"""Comparing two sides: what is joined, what is refused, what the tables say, and when a gap got worse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.two_sides import drawn, side
from workbench.errors import ScoringError
from workbench.fairness import compare, compare_systems
from workbench.schema import COMPARISONS, GAP_CHECKS

ROWS = [
    ("u1", "n1", "north", "one two three four", "one two three four"),
    ("u2", "n2", "north", "one two three four", "one two three four"),
    ("u3", "s1", "south", "one two three four", "one two three four"),
    ("u4", "s2", "south", "one two three four", "one two three four"),
]


def changed(**hypotheses: str | None) -> pd.DataFrame:
    return side([(*row[:4], hypotheses.get(row[0], row[4])) for row in ROWS])


def overall(found) -> pd.Series:
    return found.comparisons.iloc[0]


def test_the_row_of_everybody_by_hand() -> None:
    found = overall(compare(changed(u1="one two three"), changed(u2="one x three four", u3="")))
    assert (found["errors_first"], found["errors_second"], found["ref_words"]) == (1, 5, 16)
    assert found["difference"] == pytest.approx(4 / 16)
    assert (found["n_speakers"], found["n_utterances"], found["n_segments"]) == (4, 4, 3)
    assert (found["only_first_right"], found["only_second_right"]) == (2, 1)
    assert found["mcnemar_p"] == 1.0
    assert found["mapsswe_z"] == pytest.approx(np.mean([1, -1, -4]) / (np.std([1, -1, -4], ddof=1) / np.sqrt(3)))


def test_the_tables_are_those_of_the_schema() -> None:
    found = compare(changed(), changed(u1=""), ["accent"], margin=0.02)
    COMPARISONS.validate(found.comparisons)
    GAP_CHECKS.validate(found.gap_checks)
    assert found.comparisons["group"].tolist() == ["", "north", "south"]
    assert found.gap_checks["group"].tolist() == ["north", "south"]


def test_swapping_the_sides_turns_every_sign(rng) -> None:
    groups = {"north": (8, 0.2), "south": (6, 0.3)}
    a, b = drawn(rng, groups), drawn(rng, groups)
    ours, theirs = compare(a, b, ["accent"]), compare(b, a, ["accent"])
    for name in ("difference", "mapsswe_z"):
        assert ours.comparisons[name].to_numpy() == pytest.approx(-theirs.comparisons[name].to_numpy())
    for name in ("p_value", "p_adjusted", "mapsswe_p", "mcnemar_p"):
        assert ours.comparisons[name].to_numpy() == pytest.approx(theirs.comparisons[name].to_numpy())
    assert ours.gap_checks["change"].to_numpy() == pytest.approx(-theirs.gap_checks["change"].to_numpy())


def test_the_order_of_rows_does_not_matter(rng) -> None:
    a, b = (drawn(rng, {"north": (5, 0.2), "south": (5, 0.3)}) for _ in range(2))
    shuffled = b.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(compare(a, b, ["accent"]).comparisons, compare(a, shuffled, ["accent"]).comparisons)


def test_identical_sides_differ_in_nothing_and_say_so() -> None:
    found = compare(changed(u1="one"), changed(u1="one"), ["accent"], margin=0.02)
    row = overall(found)
    assert (row["difference"], row["p_value"], row["mapsswe_p"], row["mcnemar_p"]) == (0, 1, 1, 1)
    assert row["ci_low"] < 0 < row["ci_high"]
    assert np.isnan(row["mapsswe_z"])
    for part in ("no utterance has more or fewer errors", "no segment differs", "no sentence"):
        assert part in row["reason"]
    assert found.worse.empty
    assert (found.gap_checks["change"] == 0).all()


def test_utterances_of_one_side_and_failures_are_counted_said_and_not_compared() -> None:
    first = changed(u2=None)
    second = pd.concat([changed(u1="").iloc[:3], side([("u9", "s3", "south", "five", "six")])], ignore_index=True)
    found = compare(first, second, ["accent"])
    row = overall(found)
    assert (row["n_utterances"], row["n_unpaired"], row["n_failed"]) == (2, 2, 1)
    assert row["n_speakers"] == 2  # those without a word on both sides are nobody here
    assert (row["ref_words"], row["errors_second"]) == (8, 4)
    assert found.comparisons.set_index("group").loc["south", "n_unpaired"] == 2
    assert any("2 utterances are on one side only and 1 could not be decoded" in note for note in found.notes)


@pytest.mark.parametrize("sides", [(changed(u2=None), changed()), (changed(), changed(u2=None))])
def test_a_failure_on_either_side_is_left_out_of_both(sides) -> None:
    row = overall(compare(*sides))
    assert (row["n_utterances"], row["n_failed"], row["ref_words"], row["n_segments"]) == (3, 1, 12, 0)


def test_empty_hypotheses_are_all_deletions_and_empty_references_are_left_out() -> None:
    silent = [("u5", "n1", "north", "", "noise"), ("u6", "n1", "north", "yes", "")]
    found = overall(compare(side(ROWS + silent), side([*ROWS, silent[0], ("u6", "n1", "north", "yes", "yes")])))
    assert (found["n_utterances"], found["errors_first"], found["errors_second"], found["n_segments"]) == (5, 1, 0, 1)


def test_one_utterance_and_one_speaker_have_an_estimate_and_no_test() -> None:
    found = overall(compare(side(ROWS[:1]), side([(*ROWS[0][:4], "one two three")])))
    assert found["difference"] == 0.25
    assert found[["ci_low", "p_value", "mapsswe_p"]].isna().all()
    assert "1 speaker: no interval" in found["reason"]
    assert "1 segment" in found["reason"]


def test_a_group_without_a_word_on_both_sides_is_a_row_without_figures() -> None:
    found = compare(changed(u3=None, u4=None), changed(), ["accent"], margin=0.02)
    south = found.comparisons.set_index("group").loc["south"]
    assert south["reason"] == "no words on both sides"
    assert south[["rate_first", "difference", "p_value", "mapsswe_p", "mcnemar_p"]].isna().all()
    assert set(found.gap_checks["verdict"]) == {"NOT COMPUTED"}
    assert found.gap_checks["reason"].str.contains("no words on both sides").all()


@pytest.mark.parametrize(
    ("second", "part"),
    [
        (side([("v1", "n1", "north", "one", "one")]), "no utterance in common"),
        (side([("u1", "n1", "north", "one two three five", "one")]), "1 utterances have another reference"),
        (side([("u1", "n7", "north", *ROWS[0][3:])]), "another speaker_id"),
        (side([("u1", "n1", "south", *ROWS[0][3:])]), "another accent"),
        (side(ROWS[:1] * 2), "on the second side twice (u1)"),
        (side(ROWS).assign(normaliser_id="basic-1"), "another normaliser_id"),
    ],
)
def test_sides_that_do_not_fit_are_refused(second, part) -> None:
    with pytest.raises(ScoringError, match=part.replace("(", r"\(").replace(")", r"\)")):
        compare(side(ROWS), second, ["accent"])


def test_every_conflict_is_named_at_once() -> None:
    with pytest.raises(ScoringError) as caught:
        compare(side(ROWS), side([("u1", "n7", "south", "one", "one")]), ["accent"])
    for part in ("reference", "speaker_id", "accent", "u1: 'n1' and 'n7'"):
        assert part in str(caught.value)


def test_which_side_is_meant() -> None:
    two = pd.concat([side(ROWS, model="a"), side(ROWS, model="b"), side(ROWS, model="a", condition="noise")])
    assert compare(two, two).comparisons[["model_first", "condition_second"]].to_numpy().tolist() == [
        ["a", "clean"], ["a", "noise"], ["b", "clean"],
    ]  # fmt: skip
    found = compare(two, two, system="a", versus="b", condition="clean").comparisons.iloc[0]
    assert (found["model_first"], found["model_second"], found["condition_second"]) == ("a", "b", "clean")
    found = compare(two, two, system="a", condition="clean", versus_condition="noise").comparisons.iloc[0]
    assert (found["condition_first"], found["condition_second"]) == ("clean", "noise")
    new = side(ROWS, model="c")
    assert compare(side(ROWS, model="a"), new).comparisons["model_second"].tolist() == ["c"]
    with pytest.raises(ScoringError, match="cannot tell which model_id"):
        compare(two, new)
    with pytest.raises(ScoringError, match="there are not both a under noise and b under noise"):
        compare(two, two, system="a", versus="b", condition="noise", versus_condition="noise")
    with pytest.raises(ScoringError, match="did you mean"):
        compare(two, new, system="aa")


def test_every_two_systems_and_holm_over_the_pairs(rng) -> None:
    frames = [drawn(rng, {"north": (6, 0.1 * (k + 1))}, model=f"m{k}") for k in range(3)]
    found = compare_systems(pd.concat(frames))
    assert found[["model_first", "model_second"]].to_numpy().tolist() == [["m0", "m1"], ["m0", "m2"], ["m1", "m2"]]
    assert found["p_adjusted"].max() == found["p_value"].max()
    assert found["p_adjusted"].min() == pytest.approx(3 * found["p_value"].min())
    alone = compare(frames[0], frames[2]).comparisons.iloc[0]
    assert found.iloc[1]["p_value"] == alone["p_value"]


# -- did a gap get worse? ---------------------------------------------------------------------------------------------


def sides(rng: np.random.Generator, before: dict, after: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same people twice."""
    return tuple(drawn(rng, groups, people=np.random.default_rng(7), utterances=20) for groups in (before, after))


def verdicts(found) -> dict[str, str]:
    return found.gap_checks.set_index("group")["verdict"].to_dict()


EQUAL = {"north": (20, 0.10), "south": (20, 0.10)}
APART = {"north": (20, 0.10), "south": (20, 0.25)}


def test_a_gap_that_opens_is_worse_for_the_group_that_falls_behind_and_only_for_it(rng) -> None:
    assert verdicts(compare(*sides(rng, EQUAL, APART), ["accent"], margin=0.02))["south"] == "WORSE"
    assert verdicts(compare(*sides(rng, EQUAL, APART), ["accent"], margin=0.02))["north"] != "WORSE"


def test_a_gap_that_closes_is_better_and_nobody_is_worse(rng) -> None:
    found = compare(*sides(rng, APART, EQUAL), ["accent"], margin=0.02)
    assert verdicts(found)["south"] == "BETTER"
    assert found.worse.empty  # north was ahead and is not any more: that is a gap that shrank


def test_a_gap_that_stays_is_no_worse_within_a_margin(rng) -> None:
    found = compare(*sides(rng, EQUAL, EQUAL), ["accent"], margin=0.05)
    assert set(verdicts(found).values()) == {"NO WORSE"}
    without = compare(*sides(rng, EQUAL, EQUAL), ["accent"])
    assert set(verdicts(without).values()) == {"INCONCLUSIVE"}


def test_a_growth_to_a_gap_that_the_margin_calls_none_is_not_worse(rng) -> None:
    first, second = sides(rng, EQUAL, APART)
    assert verdicts(compare(first, second, ["accent"], margin=0.02))["south"] == "WORSE"
    assert verdicts(compare(first, second, ["accent"], margin=0.30))["south"] == "NO WORSE"


def test_against_a_named_group_only_the_others_are_watched(rng) -> None:
    found = compare(*sides(rng, EQUAL, APART), ["accent"], margin=0.02, reference="north")
    assert found.gap_checks["group"].tolist() == ["south"]
    assert verdicts(found) == {"south": "WORSE"}
    with pytest.raises(ScoringError, match="no group 'nort'"):
        compare(*sides(rng, EQUAL, APART), ["accent"], reference="nort")


def test_fewer_than_five_speakers_break_no_build(rng) -> None:
    before, after = ({"north": (20, 0.10), "south": (4, rate)} for rate in (0.10, 0.50))
    found = compare(*sides(rng, before, after), ["accent"], margin=0.02)
    assert set(verdicts(found).values()) == {"INCONCLUSIVE"}
    assert found.gap_checks["reason"].str.contains("4 speakers, fewer than 5").all()


def test_two_groups_are_one_comparison_and_three_are_three(rng) -> None:
    two = compare(*sides(rng, EQUAL, EQUAL), ["accent"]).gap_checks
    assert two["p_adjusted"].tolist() == two["p_value"].tolist()
    more = {name: (6, 0.1) for name in ("east", "north", "south")}
    three = compare(*sides(rng, more, more), ["accent"]).gap_checks
    assert three["p_adjusted"].min() == pytest.approx(min(1, 3 * three["p_value"].min()))


@pytest.mark.long
def test_equal_systems_seldom_raise_an_alarm(rng) -> None:
    """Eight groups, no change of any gap: Holm keeps the alarms of the whole check below five in a hundred or so."""
    alarms = 0
    for _ in range(40):
        groups = {f"g{k}": (8, 0.2) for k in range(8)}
        people = int(rng.integers(1 << 30))
        a, b = (drawn(rng, groups, people=np.random.default_rng(people), utterances=2, words=100) for _ in range(2))
        alarms += len(compare(a, b, ["accent"], margin=0.02).worse) > 0
    assert alarms <= 5


def test_a_speaker_in_two_groups_is_refused() -> None:
    rows = [*ROWS, ("u5", "n1", "south", "one", "one")]
    with pytest.raises(ScoringError, match="n1"):
        compare(side(rows), side(rows), ["accent"])


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan")])
def test_a_margin_must_be_positive(margin) -> None:
    with pytest.raises(ScoringError, match="margin"):
        compare(changed(), changed(), ["accent"], margin=margin)
