"""Gaps: who is compared with whom, what is concluded, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import gaps, rates
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import difference
from workbench.fairness.inference.multiplicity import benjamini_hochberg, holm
from workbench.figures import gap_intervals, headline, rate_heatmap
from workbench.schema import GAPS


def speakers_of(group: str, errors: list[int], words: int = 100) -> list[tuple]:
    return [(f"{group}{i}", group, e, words) for i, e in enumerate(errors)]


THREE = [
    *speakers_of("A", [10, 12, 8, 11, 9, 10]),
    *speakers_of("B", [20, 25, 15, 22, 18, 20]),
    *speakers_of("C", [10, 40, 5, 30, 20, 15]),
]


def only(frame: pd.DataFrame, group: str) -> pd.Series:
    rows = frame[frame["group"] == group]
    assert len(rows) == 1
    return rows.iloc[0]


def test_each_group_is_compared_with_all_other_speakers_pooled():
    frame = gaps(make_scores(THREE), "accent")
    GAPS.validate(frame)
    assert frame["group"].tolist() == ["A", "B", "C"]
    assert set(frame["reference_group"]) == {"rest"}
    row = only(frame, "A")
    rest = SixSums.of([20, 25, 15, 22, 18, 20, 10, 40, 5, 30, 20, 15], [100] * 12)
    expected = difference(SixSums.of([10, 12, 8, 11, 9, 10], [100] * 6), rest)
    assert row["difference"] == expected.estimate
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected.interval.low, expected.interval.high), abs=0.015)
    assert (row["n_speakers"], row["n_speakers_reference"]) == (6, 12)


def test_a_chosen_reference_group_is_compared_with_every_other_and_not_with_itself():
    scores = make_scores(THREE)
    frame = gaps(scores, "accent", reference="A")
    assert frame["group"].tolist() == ["B", "C"]
    by_group = rates(scores, ["accent"]).set_index("accent")["rate"]
    for row in frame.itertuples():
        assert row.difference == by_group[row.group] - by_group["A"]
        assert row.ratio == by_group[row.group] / by_group["A"]


def test_a_gap_and_its_reverse_differ_in_sign_alone():
    rows = [row for row in THREE if row[1] != "C"]
    there = only(gaps(make_scores(rows), "accent", reference="A"), "B")
    back = only(gaps(make_scores(rows), "accent", reference="B"), "A")
    assert there["difference"] == -back["difference"]
    assert there["ci_low"] == pytest.approx(-back["ci_high"], rel=1e-12)
    assert there["ratio"] * back["ratio"] == pytest.approx(1, rel=1e-12)
    assert there["p_value"] == back["p_value"]


def test_of_two_groups_the_rest_is_the_other_one():
    rows = [row for row in THREE if row[1] != "C"]
    rest = only(gaps(make_scores(rows), "accent"), "B")
    named = only(gaps(make_scores(rows), "accent", reference="A"), "B")
    figures = ["difference", "ci_low", "ci_high", "ratio", "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde"]
    assert rest[figures].tolist() == named[figures].tolist()
    assert rest["p_adjusted"] == rest["p_value"], "one comparison, though the table has it from both sides"


def test_a_group_that_is_called_rest_is_compared_like_any_other():
    called = make_scores(THREE).replace({"accent": {"C": "rest"}})
    frame = gaps(called, "accent")
    assert frame["group"].tolist() == ["A", "B", "rest"]
    figures = ["difference", "ci_low", "ci_high", "p_adjusted", "n_speakers_reference"]
    pd.testing.assert_frame_equal(frame[figures], gaps(make_scores(THREE), "accent")[figures])
    picture = gap_intervals(frame, model_id="m")
    assert picture.table["group"].tolist() == ["A", "B", "rest"]


def test_p_values_are_adjusted_within_each_model_and_condition():
    rng = np.random.default_rng(5)
    scores = pd.concat(
        make_scores(
            [row for g in "ABCD" for row in speakers_of(g, rng.poisson(20, 6).tolist())], condition_id=condition
        )
        for condition in ("clean", "room@2")
    )
    frame = gaps(scores, "accent")
    for _, family in frame.groupby("condition_id"):
        assert len(family) == 4
        assert family["p_adjusted"].tolist() == holm(family["p_value"].tolist())


@pytest.mark.parametrize(
    ("a", "b", "margin", "verdict"),
    [
        ([10, 12, 8, 11, 9, 10], [20, 25, 15, 22, 18, 20], 0.02, "GAP"),
        ([10, 12, 8, 11, 9, 10], [20, 25, 15, 22, 18, 20], None, "GAP"),
        ([10, 12, 8, 11, 9, 10], [20, 25, 15, 22, 18, 20], 0.15, "EQUIVALENT"),  # tiny by that margin, but real
        ([10, 12, 8, 11, 9, 10], [10, 11, 9, 10, 12, 9], 0.025, "EQUIVALENT"),
        ([10, 12, 8, 11, 9, 10], [10, 11, 9, 10, 12, 9], 0.005, "INCONCLUSIVE"),
        ([10, 12, 8, 11, 9, 10], [10, 11, 9, 10, 12, 9], None, "INCONCLUSIVE"),
        ([10, 40, 5, 30, 20, 15], [20, 25, 15, 22, 18, 20], 0.02, "INCONCLUSIVE"),
        ([10], [20, 25, 15, 22, 18, 20], 0.02, "NOT COMPUTED"),
    ],
)
def test_the_verdict_follows_from_the_intervals_and_the_margin(a, b, margin, verdict):
    scores = make_scores([*speakers_of("A", a), *speakers_of("B", b)])
    assert only(gaps(scores, "accent", reference="B", margin=margin), "A")["verdict"] == verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.99, "INCONCLUSIVE"), (1.1, "EQUIVALENT")])
def test_equality_needs_the_whole_95_percent_interval_inside_the_margin(share, verdict):
    scores = make_scores([*speakers_of("A", [10, 12, 8, 11, 9, 10]), *speakers_of("B", [10, 11, 9, 10, 12, 9])])
    row = only(gaps(scores, "accent", reference="B"), "A")
    margin = share * max(-row["ci_low"], row["ci_high"])
    assert only(gaps(scores, "accent", reference="B", margin=margin), "A")["verdict"] == verdict


def test_the_detectable_gap_is_given_where_none_was_found():
    row = only(gaps(make_scores(THREE), "accent", reference="B", margin=0.02), "C")
    assert row["verdict"] == "INCONCLUSIVE"
    assert row["mde"] > row["ci_high"] - row["difference"]


def test_a_gap_that_does_not_hold_over_the_family_is_tentative_and_says_so():
    rows = [row for i in range(12) for row in speakers_of(f"g{i:02}", [18, 22, 20, 19, 21, 20])]
    frame = gaps(make_scores([*rows, *speakers_of("odd", [20, 24, 22, 21, 24, 22])]), "accent")
    row = only(frame, "odd")
    assert row["verdict"] == "GAP" and row["tentative"]
    assert row["p_value"] < 0.05 <= row["p_familywise"] and row["p_value"] < row["p_adjusted"]
    assert "tentative: may be chance among so many comparisons" in row["reason"]


def test_a_group_of_one_speaker_has_a_difference_and_the_reason_why_nothing_more():
    row = only(gaps(make_scores([*THREE, ("solo", "D", 50, 100)]), "accent"), "D")
    assert row["difference"] > 0
    assert all(
        math.isnan(row[name])
        for name in ("ci_low", "ci_high", "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde")
    )
    assert (row["verdict"], row["reason"]) == ("NOT COMPUTED", "D: 1 speaker, no interval")


def test_a_group_without_words_has_no_figure_and_the_reason():
    row = only(gaps(make_scores([*THREE, ("mute", "D", 3, 0)]), "accent"), "D")
    assert math.isnan(row["difference"])
    assert row["verdict"] == "NOT COMPUTED"
    assert row["reason"] == "D: no reference words; no comparison"


def test_a_single_group_has_no_rest_to_be_compared_with():
    row = only(gaps(make_scores(speakers_of("not stated", [1, 2, 3])), "accent"), "not stated")
    assert math.isnan(row["difference"])
    assert "the rest: no reference words" in row["reason"]


def test_a_group_without_errors_gets_its_interval_with_half_an_error():
    row = only(gaps(make_scores([*speakers_of("Z", [0] * 6), *THREE]), "accent", margin=0.02), "Z")
    assert row["ci_low"] < row["difference"] < row["ci_high"] < 0
    assert row["verdict"] == "GAP"
    assert 0 < row["p_value"] < row["p_adjusted"] < 0.05
    assert math.isnan(row["mde"])
    assert row["ratio"] == 0
    assert "half an error is added to both sides" in row["reason"] and row["ratio_low"] == 0 < row["ratio_high"] < 1


def test_all_groups_identical_is_no_gap_and_still_uncertain():
    rows = [row for g in "AB" for row in speakers_of(g, [10] * 6)]
    frame = gaps(make_scores(rows), "accent", margin=0.02)
    assert (frame["difference"] == 0).all()
    assert (frame["ci_high"] - frame["ci_low"] > 0.01).all()
    assert (frame["p_value"] == 1).all()
    assert frame["reason"].str.contains("exactly the same rate").all()


def test_a_speaker_in_two_groups_is_refused_and_all_such_are_named():
    rows = [*THREE, ("A0", "B", 1, 10), ("B3", "not stated", 1, 10)]
    with pytest.raises(ScoringError, match=r"2 speakers .*'accent' \(c/A0: A, B; c/B3: B, not stated\)"):
        gaps(make_scores(rows), "accent")


def test_a_speaker_in_two_groups_under_two_conditions_is_refused_too():
    scores = pd.concat([make_scores([("a", "x", 1, 10)]), make_scores([("a", "y", 1, 10)], condition_id="room@2")])
    with pytest.raises(ScoringError, match="c/a: x, y"):
        gaps(scores, "accent")


def test_the_same_id_in_two_corpora_is_not_one_speaker_in_two_groups():
    scores = make_scores([("1", "x", 1, 10), ("1", "y", 2, 10)], corpus_id=["a", "b"])
    assert len(gaps(scores, "accent")) == 2
    assert len(gaps(scores, "corpus_id")) == 2


def test_an_unknown_reference_group_is_refused_with_those_there_are():
    with pytest.raises(ScoringError, match=r"no group 'a' in 'accent'.*A, B, C"):
        gaps(make_scores(THREE), "accent", reference="a")


@pytest.mark.parametrize("margin", [0, -0.02, math.nan, math.inf])
def test_a_margin_must_be_positive(margin):
    with pytest.raises(ScoringError, match="not above 0 and below 100 points"):
        gaps(make_scores(THREE), "accent", margin=margin)


def test_models_cannot_be_compared_as_if_they_were_groups_of_speakers():
    with pytest.raises(ScoringError, match="name an attribute"):
        gaps(make_scores(THREE), "model_id")


def test_without_speakers_only_estimates_are_given():
    frame = gaps(make_scores(THREE).assign(speaker_id=""), "accent", method="none", margin=0.02)
    assert frame["difference"].notna().all() and frame["ratio"].notna().all()
    assert frame[["ci_low", "ci_high", "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde"]].isna().all(axis=None)
    assert set(frame["verdict"]) == {"NOT COMPUTED"}
    assert set(frame["reason"]) == {"speakers unknown: no interval"}
    assert (frame["n_speakers"] == 0).all()


def test_counting_insertions_on_empty_references_moves_the_gap_with_the_rate():
    scores = make_scores([*THREE, ("A0", "A", 50, 0)])
    plain, counted = (
        only(gaps(scores, "accent", reference="B", empty_references=p), "A") for p in ("separate", "count")
    )
    assert counted["difference"] == pytest.approx(plain["difference"] + 50 / 600)


def test_an_empty_frame_gives_an_empty_table():
    frame = gaps(make_scores([]), "accent")
    assert frame.empty
    GAPS.validate(frame)


def test_exploring_adjusts_over_the_whole_grid_and_a_declared_family_within_it(rng):
    scores = pd.concat(
        make_scores([row for g in "ABC" for row in speakers_of(g, rng.poisson(20, 6).tolist())], condition_id=condition)
        for condition in ("clean", "room@2")
    )
    declared, explored = (gaps(scores, "accent", adjustment=one) for one in ("holm", "bh"))
    assert declared["p_value"].tolist() == explored["p_value"].tolist()
    assert explored["p_adjusted"].tolist() == benjamini_hochberg(explored["p_value"].tolist())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"permutations": 0}, "0 permutations cannot be drawn"),
        ({"adjustment": "bonferroni"}, r"adjustment: 'bonferroni' is not a choice"),
        ({"mode": "macro"}, r"mode: 'macro' is not a choice"),
    ],
)
def test_a_choice_that_there_is_not_is_refused(options, message):
    with pytest.raises(ScoringError, match=message):
        gaps(make_scores(THREE), "accent", **options)


def test_p_values_of_a_grid_are_those_of_each_condition_by_itself():
    scores = [
        make_scores(THREE),
        make_scores([(s, g, e + i % 3, n) for i, (s, g, e, n) in enumerate(THREE)], condition_id="room@2"),
    ]
    together = gaps(pd.concat(scores), "accent")["p_value"].tolist()
    assert together == [p for one in scores for p in gaps(one, "accent")["p_value"]]


def test_saturated_gaps_are_drawn_in_grey_and_said_to_be():
    full = [*speakers_of("A", [88, 92, 90, 85, 93, 91]), *speakers_of("B", [86, 95, 91, 88, 90, 92])]
    found = gaps(make_scores(full), "accent", margin=0.02)
    assert set(found["verdict"]) == {"SATURATED"}
    picture = gap_intervals(found, model_id="m", margin=0.02)
    assert "SATURATED" in picture.alt and "SATURATED: fewer than 20% of the words are right" in picture.svg()
    heat = rate_heatmap(rates(make_scores(full), ["accent"]), "accent", model_id="m")
    assert "saturated: fewer than 20%" in heat.svg() and heat.screen() is not None


# -- several corpora


def test_groups_that_lie_each_in_one_corpus_are_compared_with_a_word():
    there = make_scores(speakers_of("A", [10, 12, 8, 11, 9, 10]), corpus_id="read")
    here = make_scores(
        [*speakers_of("B", [20, 25, 15, 22, 18, 20]), *speakers_of("C", [10, 40, 5, 30, 20, 15])], corpus_id="phone"
    )
    frame = gaps(pd.concat([there, here]), "accent")
    assert "compared across corpora: A is only in read, the rest only in phone" in only(frame, "A")["reason"]
    assert "across" not in only(frame, "B")["reason"], "the rest of B is in both"
    against = gaps(pd.concat([there, here]), "accent", reference="B")
    assert (
        "A is only in read, B only in phone" in only(against, "A")["reason"]
        and "across" not in only(against, "C")["reason"]
    )
    assert not gaps(there.assign(corpus_id="one"), "accent")["reason"].str.contains("across").any()
    pooled = rates(pd.concat([there, here]), ["accent"])
    words = " ".join(headline(frame, pooled, "accent", model_id="m").remarks).replace("\xa0", " ")
    assert "1 of 3 comparisons is between corpora" in words


def test_a_gap_to_the_rest_that_is_one_to_a_single_group_is_called_so():
    """Eight groups: seven at 15 %, one at 45 %. The seven are no better than each other."""
    rng = np.random.default_rng(3)
    rates = {f"g{i}": 0.15 for i in range(7)} | {"worst": 0.45}
    rows = [(f"{g}-{s}", g, int(rng.poisson(rate * 500)), 500) for g, rate in rates.items() for s in range(40)]
    found = gaps(make_scores(rows), "accent").set_index("group")
    called = found[(found["verdict"] == "GAP") & (found.index != "worst")]
    assert len(called) and (called["difference"] < 0).all()
    assert called["reason"].str.contains("a gap to worst: without it in the rest it is").all()
    assert "a gap to" not in found.loc["worst", "reason"]


def test_the_median_group_is_a_reference_that_no_outlier_moves():
    """Seven groups at 10 to 16 % and one at 60 %: the fourth is the median, whatever the worst one has."""
    rates = {f"g{i}": 10 + i for i in range(7)} | {"worst": 60}
    rows = [(f"{g}-{s}", g, rate + s, 100) for g, rate in rates.items() for s in range(-2, 4)]
    frame = gaps(make_scores(rows), "accent", reference="median")
    assert set(frame["reference_group"]) == {"g3"}
    named = str(frame["reference_group"].iloc[0])
    pd.testing.assert_frame_equal(frame, gaps(make_scores(rows), "accent", reference=named))
    milder = [(s, g, e if g != "worst" else e - 30, n) for s, g, e, n in rows]
    assert set(gaps(make_scores(milder), "accent", reference="median")["reference_group"]) == {named}
    with pytest.raises(ScoringError, match="2 groups of 'accent' have 5 speakers"):
        gaps(make_scores(rows[:12]), "accent", reference="median")
