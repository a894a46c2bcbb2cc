"""Rates: pooled, clustered on speaker, checked against textbook sums and statsmodels."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import rates
from workbench.fairness.counts.cells import SixSums
from workbench.schema import RATES


def one(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


COUNTED_ROWS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.just("x"), st.integers(0, 30), st.integers(1, 40)), min_size=1, max_size=25
)


def test_the_pooled_rate_weighs_words_and_not_utterances():
    row = one(rates(make_scores([("a", "x", 1, 1), ("b", "x", 0, 20), ("c", "x", 6, 30)])))
    assert row["rate"] == 7 / 51  # 13.7 %; the mean of utterances would be 40.0 %
    assert round(row["rate"], 3) == 0.137


@given(rows=COUNTED_ROWS)
def test_the_variance_is_the_textbook_double_sum_over_pairs_of_speakers(rows):
    totals: dict[str, list[int]] = {}
    for speaker, _, e, n in rows:
        total = totals.setdefault(speaker, [0, 0])
        total[0] += e
        total[1] += n
    e, n = zip(*totals.values(), strict=True)
    g = len(e)
    cell = SixSums.of(e, n)
    if g < 2:
        assert math.isnan(cell.variance)
        return
    w, mean = Fraction(sum(e), sum(n)), Fraction(sum(n), g)
    z = [(x - w * y) / mean for x, y in zip(e, n, strict=True)]
    pairwise = sum((s - t) ** 2 for s in z for t in z) / 2  # sum of squares of residuals, times g
    assert cell.variance == pytest.approx(float(pairwise / (g * g * (g - 1))), rel=1e-12, abs=0)


@settings(max_examples=30)
@given(rows=COUNTED_ROWS)
def test_the_interval_is_on_the_square_root_scale_with_the_error_of_statsmodels_regression_clustered_on_speaker(rows):
    scores = make_scores(rows)
    row = one(rates(scores))
    speakers = scores["speaker_id"].nunique()
    words = scores.groupby("speaker_id")["ref_words"].sum().to_numpy(float)
    assume(speakers >= 3 and words.sum() ** 2 / (words**2).sum() >= 2.2 and row["errors"] > 0)
    e, n = scores["errors"].to_numpy(float), scores["ref_words"].to_numpy(float)
    fit = sm.WLS(e / n, np.ones(len(e)), weights=n).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(scores["speaker_id"])[0]}, use_t=True
    )
    assume(fit.bse[0] > 1e-9)  # all speakers alike: tested by itself
    df = max(1.0, words.sum() ** 2 / (words**2).sum() - 1)  # Kish's speakers, less one
    root = math.sqrt(fit.params[0])
    half = stats.t.ppf(0.975, df) * fit.bse[0] / (2 * root)  # derivative of the square root
    assert row["rate"] == pytest.approx(fit.params[0], rel=1e-9)
    assert math.sqrt(row["ci_high"]) == pytest.approx(root + half, rel=1e-6)
    assert math.sqrt(row["ci_low"]) == pytest.approx(max(0.0, root - half), rel=1e-6, abs=1e-7)


@settings(max_examples=40)
@given(data=st.data(), rows=COUNTED_ROWS)
def test_order_and_splitting_and_merging_of_rows_change_no_rate_and_no_interval(data, rows):
    figures = [
        name for name in RATES.column_names if name not in ("n_utterances", "insertions", "substitutions", "n_clusters")
    ]
    split = []
    for speaker, group, e, n in rows:
        first_n = data.draw(st.integers(1, n))
        first_e = data.draw(st.integers(0, e))
        second = [(speaker, group, e - first_e, n - first_n)] if n > first_n else []
        split += [(speaker, group, first_e if second else e, first_n), *second]
    whole = rates(make_scores(rows), ["accent"])
    pieces = rates(make_scores(data.draw(st.permutations(split))), ["accent"])
    pd.testing.assert_frame_equal(whole[figures], pieces[figures], check_exact=True)


def test_one_speaker_has_a_rate_and_no_interval():
    row = one(rates(make_scores([("a", "x", 3, 10), ("a", "x", 1, 600)])))
    assert row["rate"] == 4 / 610
    assert math.isnan(row["ci_low"]) and math.isnan(row["ci_high"])
    assert (row["evidence"], row["reason"]) == ("1 speaker", "1 speaker: no interval")


@pytest.mark.parametrize(
    ("speakers", "words", "evidence", "reason"),
    [
        (5, 100, "ok", ""),
        (4, 200, "descriptive", "4 speakers, fewer than 5"),
        (5, 99, "descriptive", "495 words, fewer than 500"),
        (3, 10, "descriptive", "3 speakers, fewer than 5; 30 words, fewer than 500"),
    ],
)
def test_what_a_cell_can_bear_depends_on_its_speakers_and_words(speakers, words, evidence, reason):
    row = one(rates(make_scores((f"s{i}", "x", i + 1, words) for i in range(speakers))))
    assert (row["evidence"], row["reason"]) == (evidence, reason)
    assert row["ci_low"] < row["rate"] < row["ci_high"]


def test_two_speakers_are_too_few_for_an_interval_and_so_are_more_where_one_says_nearly_everything():
    """t with one degree of freedom would be 12.7: from 0 to 146 % for two speakers of 10 and 20 %."""
    row = one(rates(make_scores([("a", "x", 100, 1000), ("b", "x", 200, 1000)])))
    assert row["rate"] == 0.15 and math.isnan(row["ci_low"]) and math.isnan(row["ci_high"])
    assert (row["evidence"], row["reason"]) == ("descriptive", "2 speakers: too few for an interval")
    talker = [("a", "x", 900, 9000), *((name, "x", 20, 100) for name in "bcdefg")]
    row = one(rates(make_scores(talker)))
    assert math.isnan(row["ci_low"]) and "one says nearly everything: too few for an interval" in row["reason"]
    assert not math.isnan(one(rates(make_scores([*talker[1:]])))["ci_low"])


def test_empty_references_are_left_out_of_the_rate_and_tallied():
    rows = [("a", "x", 1, 10), ("a", "x", 7, 0), ("b", "x", 3, 10), ("b", "x", 0, 0)]
    row = one(rates(make_scores(rows)))
    assert row["rate"] == 4 / 20
    assert (row["n_utterances"], row["n_empty_references"], row["false_speech_words"]) == (2, 2, 7)


def test_insertions_on_empty_references_can_be_counted_and_then_that_is_said():
    rows = [("a", "x", 1, 10), ("a", "x", 7, 0), ("b", "x", 3, 10), ("b", "x", 0, 0)]
    row = one(rates(make_scores(rows), empty_references="count"))
    assert row["rate"] == 11 / 20
    assert (row["n_utterances"], row["insertions"]) == (4, 7)
    assert "7 words invented on empty references are counted" in row["reason"]


def test_a_speaker_of_nothing_but_empty_references_is_no_speaker_of_the_rate():
    rows = [("a", "x", 1, 10), ("b", "x", 3, 10), ("c", "x", 5, 0)]
    assert one(rates(make_scores(rows)))["n_speakers"] == 2


def test_only_empty_references_give_no_rate_and_say_so():
    row = one(rates(make_scores([("a", "x", 2, 0), ("b", "x", 0, 0)])))
    assert math.isnan(row["rate"])
    assert row["evidence"] == "insufficient"
    assert row["reason"] == "no reference words: no rate; 2 empty references"


def test_failed_decodes_are_counted_and_are_not_in_the_rate():
    rows = [("a", "x", 1, 10), ("a", "x", None, 10), ("b", "x", 3, 10)]
    row = one(rates(make_scores(rows)))
    assert row["rate"] == 4 / 20
    assert (row["n_utterances"], row["n_failed"]) == (2, 1)


def test_a_failed_decode_is_known_by_its_status_and_by_its_missing_counts_alike():
    """A failure is not an empty hypothesis, which would count every word as deleted, nor a perfect one."""
    rows = [("a", "x", 10, 100), ("b", "x", 10, 100), ("c", "x", 30, 100)]
    by_status = make_scores(rows, status=["ok", "ok", "failed"])
    by_counts = make_scores([*rows[:2], ("c", "x", None, 100)]).drop(columns="status")
    for scores in (by_status, by_counts):
        row = one(rates(scores))
        assert (row["n_failed"], row["errors"], row["ref_words"], row["n_speakers"]) == (1, 20, 200, 2)


def test_a_group_whose_every_decode_failed_still_has_a_row():
    frame = rates(make_scores([("a", "x", 1, 10), ("b", "y", None, 10)]), ["accent"]).set_index("accent")
    assert frame.loc["y", "n_failed"] == 1
    assert math.isnan(frame.loc["y", "rate"])
    assert "1 utterance failed" in frame.loc["y", "reason"]


def test_a_rate_above_one_is_kept():
    row = one(rates(make_scores([("a", "x", 25, 10), ("b", "x", 15, 10)])))
    assert row["rate"] == 2.0


def test_no_errors_give_an_upper_limit_and_never_a_width_of_zero():
    row = one(rates(make_scores((f"s{i}", "x", 0, 100) for i in range(10))))
    assert (row["rate"], row["ci_low"]) == (0.0, 0.0)
    assert row["ci_high"] > 3 / 1000  # wider than the rule of three for independent words
    assert "rule of three" in row["reason"]


def test_speakers_of_exactly_equal_rate_give_no_width_of_zero_either():
    row = one(rates(make_scores((f"s{i}", "x", 10, 100) for i in range(6))))
    half = stats.t.ppf(0.975, 5) * math.sqrt(60) / 600  # errors as independent events: sd of a Poisson count
    root = math.sqrt(0.1)
    assert row["ci_high"] == pytest.approx((root + half / (2 * root)) ** 2, rel=1e-9)
    assert "exactly the same rate" in row["reason"]


def test_without_speakers_every_interval_is_withheld_with_the_reason():
    scores = make_scores([("a", "x", 1, 10), ("b", "x", 3, 10)]).assign(speaker_id="")
    row = one(rates(scores, method="none"))
    assert (row["rate"], row["evidence"], row["n_speakers"]) == (0.2, "no speakers", 0)
    assert math.isnan(row["ci_low"])
    assert row["reason"] == "speakers unknown: no interval"


@pytest.mark.parametrize("blank", ["", " ", None])
def test_rows_without_a_speaker_are_refused_if_intervals_are_wanted(blank):
    scores = make_scores([("a", "x", 1, 10), (blank, "x", 3, 10)])
    with pytest.raises(ScoringError, match="1 of 2 rows have no speaker_id"):
        rates(scores)
    assert one(rates(scores, method="none"))["rate"] == 0.2


def test_an_unstated_level_is_a_group_of_its_own():
    frame = rates(make_scores([("a", None, 1, 10), ("b", "x", 3, 10), ("c", float("nan"), 2, 10)]), ["accent"])
    assert dict(zip(frame["accent"], frame["rate"], strict=True)) == {"not stated": 0.15, "x": 0.3}


def test_groups_are_told_apart_in_any_script_and_categories_without_rows_are_not_shown():
    rows = [("a", "Ìgbò", 1, 10), ("b", "हिन्दी", 2, 10), ("c", "Ìgbò ", 3, 10)]
    scores = make_scores(rows)
    scores["accent"] = pd.Categorical(scores["accent"], categories=[*scores["accent"], "nobody"])
    frame = rates(scores, ["accent"])
    assert set(frame["accent"]) == {"Ìgbò", "हिन्दी", "Ìgbò "}


def test_equal_speaker_ids_of_two_corpora_are_two_people():
    scores = make_scores([("1", "x", 1, 10), ("1", "x", 3, 10)], corpus_id=["a", "b"])
    assert one(rates(scores))["n_speakers"] == 2


def test_rates_are_given_for_every_model_and_condition_and_intersection():
    scores = pd.concat(
        make_scores(
            [("a", "x", k, 10), ("b", "y", 2 * k, 10)], model_id=model, condition_id=condition, gender=["f", "m"]
        )
        for k, (model, condition) in enumerate([("m1", "clean"), ("m1", "room@2"), ("m2", "clean")], start=1)
    )
    frame = rates(scores, ["accent", "gender", "model_id"])
    assert list(frame.columns)[:4] == ["model_id", "condition_id", "accent", "gender"]
    assert next(iter(frame.itertuples(index=False, name=None)))[:4] == ("m1", "clean", "x", "f")
    assert frame["rate"].round(6).tolist() == [0.1, 0.2, 0.2, 0.4, 0.3, 0.6]
    RATES.validate(frame)


def test_one_utterance_in_all_is_enough_for_a_rate():
    row = one(rates(make_scores([("a", "x", 1, 4)]), ["accent"]))
    assert (row["rate"], row["evidence"]) == (0.25, "1 speaker")


def test_an_empty_frame_gives_an_empty_table():
    frame = rates(make_scores([]), ["accent"])
    assert frame.empty
    assert list(frame.columns)[:3] == ["model_id", "condition_id", "accent"]
    RATES.validate(frame)


def test_a_column_that_does_not_exist_is_refused_with_the_attributes_that_do():
    with pytest.raises(ScoringError, match=r"no column 'acent' to group by; did you mean 'accent'\?"):
        rates(make_scores([("a", "x", 1, 4)]), ["acent"])


def test_a_count_cannot_be_grouped_by():
    with pytest.raises(ScoringError, match="'errors'"):
        rates(make_scores([("a", "x", 1, 4)]), ["errors"])


def test_a_frame_without_counts_is_refused():
    with pytest.raises(ScoringError, match=r"no column 'errors', 'insertions'.*the frame has"):
        rates(make_scores([("a", "x", 1, 4)]).drop(columns=["errors", "insertions"]))


def test_rows_under_two_normalisers_are_not_added_up():
    scores = make_scores([("a", "x", 1, 4), ("b", "x", 1, 4)], normaliser_id=["basic-1", "none-1"])
    with pytest.raises(ScoringError, match="basic-1, none-1"):
        rates(scores)
