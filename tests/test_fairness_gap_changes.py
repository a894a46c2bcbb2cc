"""Gap changes: three scales, one family of tests, the same utterances on both sides, and what is said where it fails."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from tests.paired_scores import drawn_scores, paired_scores
from workbench.errors import ScoringError
from workbench.fairness import gap_changes
from workbench.fairness.changes.change_tests import changes_in, products_of, statistics_of
from workbench.fairness.changes.gap_changes import widens
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.clean_pairs import paired_speakers
from workbench.fairness.inference.grid_permutation import relabelled_sums, sums_of
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.paired_sums import PairedSums, jackknife_log_variance
from workbench.schema import GAP_CHANGES

GOLDEN = {
    "A": [[4, 13], [6, 17], [5, 15], [3, 14], [7, 16], [5, 15]],
    "B": [[18, 31], [22, 37], [20, 34], [19, 33], [21, 35], [20, 34]],
}
"""5 -> 15 % and 20 -> 34 % of words."""


def only(frame: pd.DataFrame, group: str, condition: str = "noise@1") -> pd.Series:
    rows = frame[(frame["group"] == group) & (frame["condition_id"] == condition)]
    assert len(rows) == 1
    return rows.iloc[0]


def changes(errors: dict, *conditions: str, **options) -> pd.DataFrame:
    options = {"permutations": 199} | options
    frame = gap_changes(paired_scores(errors, ("clean", *(conditions or ("noise@1",)))), "accent", **options)
    GAP_CHANGES.validate(frame)
    return frame


# -- the scales


def test_a_gap_can_grow_in_points_and_shrink_as_a_ratio():
    row = only(changes(GOLDEN, reference="A"), "B")
    assert row["change"] == pytest.approx(0.04, abs=1e-12)
    assert round(row["log_change"], 2) == -0.57
    assert row["hits_change"] == pytest.approx(math.log((0.66 / 0.80) / (0.85 / 0.95)), abs=1e-12)
    assert (row["clean_rate"], row["rate"], row["degradation"]) == pytest.approx((0.20, 0.34, 0.14))
    assert (row["reference_clean_rate"], row["reference_rate"]) == pytest.approx((0.05, 0.15))


@pytest.fixture
def paired(rng):
    words = rng.integers(50, 500, size=23)
    clean = rng.binomial(words, 0.1)
    return clean, clean + rng.binomial(words - clean, 0.2), words


def test_the_ten_sums_give_what_the_speakers_give(paired):
    clean, errors, words = paired
    sums = PairedSums.of(clean, errors, words)
    g, n, d = len(words), words.sum(), errors - clean
    change = d.sum() / n
    assert sums.change.rate == pytest.approx(change, rel=1e-12)
    z = (d - change * words) / n
    assert sums.change.variance == pytest.approx(g / (g - 1) * (z**2).sum(), rel=1e-12)
    assert sums.change == SixSums.of(d.tolist(), words.tolist())
    influence = errors / errors.sum() - clean / clean.sum()
    assert sums.log_change == pytest.approx(math.log(errors.sum() / clean.sum()), rel=1e-12)
    assert sums.log_variance == pytest.approx(g / (g - 1) * (influence**2).sum(), rel=1e-12)
    right, before = words - errors, words - clean
    influence = right / right.sum() - before / before.sum()
    assert sums.hits_change == pytest.approx(math.log(right.sum() / before.sum()), rel=1e-12)
    assert sums.hits_variance == pytest.approx(g / (g - 1) * (influence**2).sum(), rel=1e-10)


def test_sums_beyond_64_bits_are_exact():
    clean, errors, words = (np.array([k, k]) for k in (2**32 + 1, 2**32 + 3, 2**33))
    sums = PairedSums.of(clean, errors, words)
    assert sums.words_squared == 2 * (2**33) ** 2 and sums.clean_errors == 2 * (2**32 + 1) * (2**32 + 3)


def test_sums_of_two_sites_are_those_of_all_their_speakers(paired):
    whole = PairedSums.of(*paired)
    first, second = (PairedSums.of(*(one[part] for one in paired)) for part in (slice(0, 9), slice(9, None)))
    assert first + second == whole
    assert whole - first == second


def test_the_jackknife_is_close_to_the_linearised_variance_and_right_by_its_definition(paired):
    clean, errors, words = paired
    left_out = [math.log(np.delete(errors, s).sum() / np.delete(clean, s).sum()) for s in range(len(words))]
    g = len(words)
    by_hand = (g - 1) / g * ((np.array(left_out) - np.mean(left_out)) ** 2).sum()
    assert jackknife_log_variance(clean, errors, words) == pytest.approx(by_hand, rel=1e-12)
    assert jackknife_log_variance(clean, errors, words) == pytest.approx(PairedSums.of(*paired).log_variance, rel=0.1)


def test_the_vectorised_statistics_are_those_of_the_table(rng):
    """|t| of the permutation is change / se, on both scales (there linearised)."""
    scores = drawn_scores(rng, {"A": 6, "B": 9, "C": 7}, [0.1, 0.2, 0.3])
    found = gap_changes(scores, "accent", permutations=19)
    (model,) = paired_speakers(scores, "accent")
    codes = np.unique(model.groups, return_inverse=True)[1]
    t = statistics_of(changes_in(sums_of(products_of(model), codes)[None]), [0, 1, 2], None)[0]
    for at, group in enumerate("ABC"):
        for column, condition in enumerate(model.conditions):
            row = only(found, group, condition)
            assert t[at, column, 0] == pytest.approx(abs(row["change"]) / row["se"], rel=1e-9)
            own, rest = (
                PairedSums.of(*(one[members, column] for one in (model.clean, model.errors, model.words)))
                for members in (model.groups == group, model.groups != group)
            )
            expected = abs(row["log_change"]) / math.sqrt(own.log_variance + rest.log_variance)
            assert t[at, column, 1] == pytest.approx(expected, rel=1e-9)


def test_splitting_an_utterance_changes_nothing(rng):
    scores = drawn_scores(rng, {"A": 6, "B": 6}, [0.1, 0.2])
    halves = pd.concat(
        scores.assign(
            utterance_id=scores["utterance_id"] + tail,
            errors=scores["errors"] // 2 + (scores["errors"] % 2 if tail == "-1" else 0),
            ref_words=scores["ref_words"] // 2,
        )
        for tail in ("-1", "-2")
    )
    figures = ["change", "se", "ci_low", "log_change", "log_high", "p_value", "p_familywise", "answer"]
    whole, split = (gap_changes(one, "accent", permutations=99)[figures] for one in (scores, halves))
    pd.testing.assert_frame_equal(whole, split)


def test_the_order_of_the_rows_changes_nothing(rng):
    scores = drawn_scores(rng, {"A": 6, "B": 6}, [0.1, 0.2, 0.3])
    shuffled = scores.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        gap_changes(scores, "accent", permutations=99), gap_changes(shuffled, "accent", permutations=99)
    )


def test_against_a_reference_and_back_the_change_has_the_other_sign():
    there, back = only(changes(GOLDEN, reference="A"), "B"), only(changes(GOLDEN, reference="B"), "A")
    for name in ("change", "log_change", "hits_change"):
        assert there[name] == pytest.approx(-back[name], rel=1e-12)
    assert there["ci_low"] == pytest.approx(-back["ci_high"], rel=1e-12)
    rest = only(changes(GOLDEN), "B")
    assert rest["change"] == pytest.approx(there["change"], rel=1e-12)


# -- the answer


def people(n: int, clean: float, noisy: float) -> list[list[int]]:
    """Speakers who vary evenly around these rates (in percent)."""
    return [[round(clean * f), round(noisy * f)] for f in np.linspace(0.8, 1.2, n)]


@pytest.mark.parametrize(
    ("group", "reference", "answer"),
    [
        ((200, 600), (200, 300), "both scales"),
        ((200, 340), (50, 150), "additive only"),
        ((20, 60), (200, 300), "relative only"),
        ((300, 310), (100, 300), "narrows"),
        ((200, 300), (200, 300), "no change shown"),
        ((200, 900), (200, 300), "both scales"),
        ((600, 900), (200, 890), "saturated"),
    ],
)
def test_the_answer_names_the_scales_on_which_the_gap_grows(group, reference, answer):
    errors = {"A": people(10, *reference), "B": people(10, *group)}
    row = only(gap_changes(paired_scores(errors, words=1000), "accent", reference="A", permutations=999), "B")
    assert row["answer"] == answer
    assert ("shrinks in points and grows as a ratio" in row["reason"]) == (answer == "relative only")
    assert ("grows in points and shrinks as a ratio" in row["reason"]) == (answer == "additive only")
    assert widens(row["answer"]) == (answer in ("both scales", "additive only", "relative only"))
    ceiling = "a ceiling hides what happens" if answer == "saturated" else "can only make this change smaller"
    assert (ceiling in row["reason"]) == (group[1] == 900)


def test_a_collapse_of_one_group_is_a_widening_and_no_ceiling_hides_it(rng):
    """10 -> 84 % against 10 -> 19 %: a ceiling can only have made it smaller."""
    scores = drawn_scores(rng, {"A": 20, "B": 20}, [0.10, 0.19], extra={"A": 0.65}, cv=0.1)
    row = only(gap_changes(scores, "accent", permutations=999), "A")
    assert row["answer"] == "both scales" and row["p_familywise"] < 0.01 and row["change"] > 0.5


def test_words_invented_are_no_ceiling():
    """Both groups pass 80 % by words invented, while most words are right: what happens to the gap is answered."""
    errors = {"A": people(10, 200, 2150), "B": people(10, 200, 850)}
    scores = paired_scores(errors, words=1000)
    invented = (scores["errors"] - 300).clip(lower=0)
    invented_only = scores.assign(insertions=invented, substitutions=scores["errors"] - invented)
    assert only(gap_changes(invented_only, "accent", permutations=999), "A")["answer"] == "both scales"
    same = paired_scores({"A": people(10, 200, 900), "B": people(10, 200, 900)}, words=1000)
    invented = (same["errors"] - 300).clip(lower=0)
    kinds = {"insertions": invented, "substitutions": same["errors"] - invented}
    answers = [
        only(gap_changes(one, "accent", permutations=199), "A")["answer"] for one in (same, same.assign(**kinds))
    ]
    assert answers == ["saturated", "no change shown"]


def test_a_change_within_the_margin_is_none():
    uneven = [[clean, noisy + (9 if i % 2 else -9)] for i, (clean, noisy) in enumerate(people(10, 200, 302))]
    errors = {"A": people(10, 200, 300), "B": uneven}
    scores = paired_scores(errors, words=1000)
    answers = [
        only(gap_changes(scores, "accent", reference="A", margin=margin, permutations=199), "B")["answer"]
        for margin in (None, 0.05)
    ]
    assert answers == ["no change shown", "unchanged"]


def df_of(scores: pd.DataFrame, group: str, condition: str) -> float:
    """Degrees of freedom by hand: Welch's of 1947, but no more than with equal variances."""
    wide = scores.pivot_table(index=["speaker_id", "accent"], columns="condition_id", values="errors").reset_index()
    d = (wide[condition] - wide["clean"]).astype(float)
    own, rest = d[wide["accent"] == group] / 400, d[wide["accent"] != group] / 400
    a, b = own.var() / len(own), rest.var() / len(rest)
    g, h = len(own), len(rest)
    equal = (1 / g + 1 / h) ** 2 / (1 / (g**2 * (g - 1)) + 1 / (h**2 * (h - 1)))
    return min((a + b) ** 2 / (a**2 / (g + 1) + b**2 / (h + 1)) - 2, equal)


def test_the_family_is_every_cell_and_both_scales(rng):
    scores = drawn_scores(rng, {"A": 8, "B": 8, "C": 8}, [0.1, 0.15, 0.2, 0.25])
    found = gap_changes(scores, "accent", permutations=499)
    assert (found["p_familywise"] >= found["p_value"]).all()
    by_t = [
        2 * student.sf(abs(row.change) / row.se, df_of(scores, row.group, row.condition_id))
        for row in found.itertuples()
    ]
    assert found["p_adjusted"].tolist() == pytest.approx(holm(np.maximum(found["p_value"], by_t).tolist()), rel=1e-9)
    assert (found["p_familywise"] >= np.array(by_t) * (1 - 1e-9)).all(), "no more certain than t"
    alone = gap_changes(scores[scores["condition_id"].isin(["clean", "noise@1"])], "accent", permutations=499)
    merged = found.merge(alone, on=["group", "condition_id"], suffixes=("", "_alone"))
    assert (merged["p_familywise"] >= merged["p_familywise_alone"] - 0.05).all()


def test_the_familywise_p_is_the_share_of_labellings_whose_largest_statistic_is_as_large(rng):
    """A second, slow implementation: one condition, additive scale, labels permuted one by one, t by hand."""
    scores = drawn_scores(rng, {"A": 7, "B": 9}, [0.1, 0.2], extra={"B": 0.05})
    (model,) = paired_speakers(scores, "accent")
    d, n = (model.errors - model.clean)[:, 0], model.words[:, 0]

    def t(labels: np.ndarray) -> float:
        a, b = (SixSums.of(d[labels == g].tolist(), n[labels == g].tolist()) for g in "AB")
        return abs(a.rate - b.rate) / math.sqrt(a.variance + b.variance)

    observed = t(model.groups)
    drawn = [t(rng.permutation(model.groups)) for _ in range(2000)]
    expected = (1 + sum(one >= observed for one in drawn)) / 2001
    found = only(gap_changes(scores, "accent", permutations=4999), "B")["p_value"]
    assert found == pytest.approx(expected, abs=0.03)
    assert 0.01 < expected < 0.6


def test_five_uneven_speakers_are_no_more_certain_than_t_lets_them_be():
    lost = {"A": [4, 10, 18, 40, 70], "B": [i % 3 for i in range(40)]}
    scores = paired_scores({g: [[100, 100 + d] for d in losses] for g, losses in lost.items()}, words=400)
    row = only(gap_changes(scores, "accent", permutations=999), "A")
    by_t = 2 * student.sf(row["change"] / row["se"], df_of(scores, "A", "noise@1"))
    assert row["p_value"] < 0.5 * by_t, "permutation alone would be bolder"
    assert min(row["p_familywise"], row["p_adjusted"]) >= by_t * (1 - 1e-9)
    assert row["answer"] == "no change shown"


def test_no_p_is_zero_and_the_labels_as_they_are_count_among_the_labellings():
    apart = {"A": people(10, 200, 200), "B": people(10, 200, 600)}
    found = gap_changes(paired_scores(apart, words=1000), "accent", permutations=4)
    assert found["p_value"].tolist() == found["log_p_value"].tolist() == [0.2, 0.2]


def test_a_group_of_few_speakers_does_not_weigh_on_the_family(rng):
    scores = drawn_scores(rng, {"A": 12, "B": 12}, [0.1, 0.2], extra={"B": 0.08})
    few = drawn_scores(rng, {"Z": 3}, [0.1, 0.2])
    with_few = gap_changes(pd.concat([scores, few]), "accent", reference="A", permutations=499)
    row = only(with_few, "Z")
    assert row["answer"] == "too few speakers"
    assert "3 speakers, fewer than 5" in row["reason"]
    assert math.isnan(row["p_familywise"]) and math.isnan(row["p_adjusted"]) and row["p_value"] > 0
    row = only(with_few, "B")
    assert row["p_value"] <= row["p_adjusted"] < 2 * row["p_value"] + 0.01, "a family of one"


# -- what enters


def test_only_utterances_scored_under_both_conditions_enter_and_the_others_are_counted():
    errors = {"A": [[5, None], *[[5, 15]] * 6], "B": [*[[20, 34]] * 6]}
    scores = paired_scores(errors)
    lone = scores[scores["condition_id"] == "clean"].head(1).assign(utterance_id="c/alone", errors=100)
    empty = scores[scores["speaker_id"] == "A2"].assign(utterance_id="c/silent", ref_words=0, errors=3)
    found = gap_changes(pd.concat([scores, lone, empty]), "accent", permutations=99)
    row = only(found, "A")
    assert (row["n_pairs"], row["n_failed"], row["n_unpaired"], row["n_empty_references"]) == (6, 1, 1, 1)
    assert row["clean_rate"] == pytest.approx(0.05), "neither the failed nor the lone utterance counts"
    assert row["n_speakers"] == 6
    for words in ("1 failed left out", "1 without a partner left out", "1 without reference words left out"):
        assert words in row["reason"]


@pytest.mark.parametrize(("conditions", "n"), [(["noise@1"], 1), (["clean"], 1), (["clean", "noise@1"], 2)])
def test_an_utterance_without_a_partner_is_counted_on_whichever_side_it_is(conditions, n):
    scores = paired_scores({"A": [[5, 15]] * 6, "B": [[20, 34]] * 6})
    of_one = scores[scores["speaker_id"] == scores["speaker_id"].iloc[0]]
    lone = [
        of_one[of_one["condition_id"] == condition].head(1).assign(utterance_id=f"c/{condition}")
        for condition in conditions
    ]
    before, after = (
        only(gap_changes(pd.concat([scores, *more]), "accent", permutations=9), "A") for more in ([], lone)
    )
    assert (before["n_unpaired"], after["n_unpaired"]) == (0, n)
    assert f"{n} without a partner left out" in after["reason"]
    assert (before["n_pairs"], before["change"]) == (after["n_pairs"], after["change"])


def test_models_are_paired_with_themselves():
    scores = pd.concat([paired_scores(GOLDEN), paired_scores(GOLDEN).assign(model_id="other", errors=0)])
    found = gap_changes(scores, "accent", permutations=49)
    assert only(found[found["model_id"] == "m"], "B")["change"] == pytest.approx(0.04)
    assert only(found[found["model_id"] == "other"], "B")["change"] == 0


def test_the_baseline_may_have_another_name():
    scores = paired_scores(GOLDEN).replace({"condition_id": {"clean": "room@1"}})
    assert only(gap_changes(scores, "accent", clean="room@1", permutations=49), "B")["change"] == pytest.approx(0.04)


def test_without_the_clean_condition_the_error_says_so():
    scores = paired_scores(GOLDEN)
    with pytest.raises(ScoringError, match=r"no row under 'clean'.*noise@1"):
        gap_changes(scores[scores["condition_id"] != "clean"], "accent")
    lacking = pd.concat([scores, scores[scores["condition_id"] != "clean"].assign(model_id="other")])
    with pytest.raises(ScoringError, match="no row of 'other' under 'clean'"):
        gap_changes(lacking, "accent")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: pd.concat([s, s.head(1)]), "1 rows repeat an utterance"),
        (lambda s: s.assign(ref_words=np.where(s["condition_id"] == "clean", 100, 90)), "different references"),
        (lambda s: s.assign(accent=np.where(s["condition_id"] == "clean", "x", "y")), "more than one group"),
        (lambda s: s.assign(speaker_id=""), "no speaker_id"),
        (lambda s: s.drop(columns="utterance_id"), "no column 'utterance_id'"),
    ],
)
def test_what_contradicts_itself_is_refused(change, message):
    with pytest.raises(ScoringError, match=message):
        gap_changes(change(paired_scores(GOLDEN)), "accent")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": "a"}, "no group 'a'"),
        ({"margin": -1.0}, "not above 0 and below 100 points"),
        ({"permutations": 0}, "test nothing"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ScoringError, match=message):
        gap_changes(paired_scores(GOLDEN), "accent", **options)
    with pytest.raises(ScoringError, match="name an attribute"):
        gap_changes(paired_scores(GOLDEN), "condition_id")


# -- edges


def test_only_clean_gives_an_empty_table():
    scores = paired_scores(GOLDEN)
    for one in (scores[scores["condition_id"] == "clean"], scores.head(0)):
        assert gap_changes(one, "accent").empty


def test_one_group_has_nothing_to_be_compared_with():
    row = only(changes({"not stated": GOLDEN["A"]}), "not stated")
    assert row["answer"] == "not computed"
    assert row["degradation"] == pytest.approx(0.10)
    assert math.isnan(row["change"]) and "the rest: no utterance" in row["reason"]


def test_one_speaker_has_a_change_and_no_more():
    row = only(changes({"A": [[5, 15]], "B": GOLDEN["B"]}), "A")
    assert row["change"] == pytest.approx(-0.04)
    assert row[["se", "ci_low", "ci_high", "p_value", "p_adjusted", "log_low", "hits_low"]].isna().all()
    assert row["answer"] == "not computed" and "1 speaker, no interval" in row["reason"]


def test_without_errors_in_clean_there_is_no_relative_change_and_the_reason():
    row = only(changes({"A": [[0, 10 + i] for i in range(6)], "B": GOLDEN["B"]}), "A")
    assert math.isnan(row["log_change"]) and math.isnan(row["log_p_value"])
    assert "A: no errors clean, no relative change" in row["reason"]
    assert not math.isnan(row["p_familywise"]) and row["ci_low"] < row["change"] < row["ci_high"]


def test_without_any_errors_the_interval_is_the_rule_of_threes_as_between_two_systems():
    found = changes({"A": [[0, 0]] * 6, "B": [[0, 0]] * 6})
    row = only(found, "A")
    assert row["change"] == 0 and row["ci_low"] < -3 / 600 < 3 / 600 < row["ci_high"] and row["p_value"] == 1
    assert "no errors clean or degraded" in row["reason"]


def test_identical_groups_change_alike_and_the_interval_is_not_a_point():
    row = only(changes({"A": [[5, 15]] * 6, "B": [[5, 15]] * 6}), "A")
    assert row["change"] == 0 and row["log_change"] == 0 and row["p_value"] == 1
    assert row["ci_low"] < -0.01 < 0.01 < row["ci_high"]
    assert row["answer"] == "no change shown"
    assert "every speaker changes equally" in row["reason"]


def test_rates_of_a_hundred_percent_leave_no_words_right():
    row = only(changes({"A": [[50, 130 + i] for i in range(6)], "B": GOLDEN["B"]}), "A")
    assert math.isnan(row["hits_change"]) and "nothing to say of the words still right" in row["reason"]
    assert widens(row["answer"]) and "A: 132% of the words wrong or missing" in row["reason"]


def test_all_errors_of_one_speaker_leave_the_relative_change_without_interval():
    row = only(changes({"A": [[9, 12], *[[0, 0]] * 5], "B": GOLDEN["B"]}), "A")
    assert not math.isnan(row["log_change"]) and math.isnan(row["log_low"])
    assert "all errors of a side are one speaker's" in row["reason"]


def test_two_hundred_groups_with_unicode_names(rng):
    groups = {f"été–{i} 中": 5 for i in range(200)}
    found = gap_changes(drawn_scores(rng, groups, [0.1, 0.2]), "accent", permutations=199)
    assert len(found) == 200 and set(found["group"]) == set(groups)
    assert (found["p_familywise"] > 0.05).mean() > 0.95


def test_a_condition_that_only_one_model_saw_has_rows_for_that_model_only():
    scores = pd.concat([paired_scores(GOLDEN), paired_scores(GOLDEN).assign(model_id="n").iloc[::2]])
    found = gap_changes(scores, "accent", permutations=19)
    assert set(found["model_id"]) == {"m"}


def test_the_seed_is_an_argument(rng):
    scores = drawn_scores(rng, {"A": 9, "B": 9}, [0.1, 0.2])
    first, again, other = (gap_changes(scores, "accent", permutations=99, seed=s)["p_value"][0] for s in (1, 1, 2))
    assert first == again != other


def test_labels_are_permuted_and_not_the_rates(rng):
    """Every group keeps its size under every labelling: the sum over groups is the whole."""
    values = rng.integers(0, 50, size=(30, 4)).astype(float)
    codes = np.repeat([0, 1, 2], [5, 10, 15])
    (sums,) = relabelled_sums(np.column_stack([values, np.ones(30)]), codes, replicates=50, rng=rng)
    assert (sums.sum(axis=1)[:, :4] == values.sum(axis=0)).all()
    assert (sums[:, :, 4] == [5, 10, 15]).all()
    assert len(np.unique(sums[:, 0, 0])) > 20


# -- one formula for the change of a gap


@pytest.mark.parametrize("equal", [False, True])
def test_the_change_of_a_gap_is_the_same_asked_of_the_conditions_and_of_two_sides(rng, equal):
    """`gap_changes` and the gap checks of `compare`: estimate, interval and p of t, also where nothing changes at all."""
    from workbench.fairness import compare

    clean = drawn_scores(rng, {"A": 5, "B": 7, "C": 6}, [0.08, 0.08 if equal else 0.16], words=120)
    if equal:
        first = clean[clean["condition_id"] == "clean"].set_index("utterance_id")["errors"]
        clean["errors"] = clean["utterance_id"].map(first).to_numpy()
        clean["substitutions"] = clean["errors"]
    texts = [" ".join(["w"] * 120)] * len(clean)
    said = [" ".join(["x"] * int(wrong) + ["w"] * (120 - int(wrong))) for wrong in clean["errors"]]
    scores = clean.assign(reference=texts, hypothesis=said, normaliser_id="none")
    for reference in ("B", "rest"):
        one = gap_changes(scores, "accent", reference=reference, permutations=19).set_index("group")
        other = compare(
            scores, scores, ["accent"], reference=reference, condition="clean", versus_condition="noise@1"
        ).gap_checks.set_index("group")
        assert set(one.index) == set(other.index)
        for column in ("change", "ci_low", "ci_high"):
            assert one[column].to_dict() == pytest.approx(other[column].to_dict(), rel=1e-12)
