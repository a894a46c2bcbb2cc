"""Means of speakers and of utterances, further figures of the counts, and bins: against textbook sums and jiwer."""

from __future__ import annotations

import math

import jiwer
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import binned, gaps, metrics, rates, with_speech_rate
from workbench.schema import METRIC_NAMES, METRICS, RATES
from workbench.text import add_scores, get_normaliser

ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.just("x"), st.integers(0, 30), st.integers(1, 40)), min_size=2, max_size=25
)


def one(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


def test_each_mode_is_the_mean_it_is_called():
    """One word wrong of one, none of twenty, six of thirty: 13.7 % of the words, 40 % of the mean utterance."""
    scores = make_scores([("a", "x", 1, 1), ("a", "x", 0, 20), ("b", "x", 6, 30)])
    found = {mode: one(rates(scores, mode=mode)) for mode in ("pooled", "speaker_mean", "utterance_mean")}
    assert found["pooled"]["rate"] == 7 / 51
    assert found["utterance_mean"]["rate"] == pytest.approx((1 + 0 + 0.2) / 3, rel=1e-15)
    assert found["speaker_mean"]["rate"] == pytest.approx((1 / 21 + 0.2) / 2, rel=1e-15)
    assert [row["mode"] for row in found.values()] == list(found)
    RATES.validate(rates(scores, mode="speaker_mean"))


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_the_mean_of_speakers_has_the_error_of_a_plain_mean(rows):
    frame = pd.DataFrame(rows, columns=["s", "g", "e", "n"]).groupby("s")[["e", "n"]].sum()
    own = frame["e"] / frame["n"]
    assume(len(own) > 2 and own.std() > 1e-6)
    row = one(rates(make_scores(rows), mode="speaker_mean"))
    root = math.sqrt(own.mean())
    half = stats.t.ppf(0.975, len(own) - 1) * own.std() / math.sqrt(len(own)) / (2 * root)
    assert row["rate"] == pytest.approx(own.mean(), rel=1e-12)
    assert row["ci_high"] == pytest.approx((root + half) ** 2, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_the_mean_of_utterances_is_clustered_on_speaker_as_statsmodels_does(rows):
    scores = make_scores(rows)
    own = scores["errors"].to_numpy(float) / scores["ref_words"].to_numpy(float)
    speakers = scores["speaker_id"].nunique()
    count = scores["speaker_id"].value_counts().to_numpy(float)
    assume(speakers > 2 and count.sum() ** 2 / (count**2).sum() >= 2.2 and own.mean() > 0)
    fit = sm.OLS(own, np.ones(len(own))).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(scores["speaker_id"])[0], "use_correction": False}
    )
    assume(fit.bse[0] > 1e-6)
    row = one(rates(scores, mode="utterance_mean"))
    df = max(1.0, count.sum() ** 2 / (count**2).sum() - 1)
    se = fit.bse[0] * math.sqrt(speakers / (speakers - 1))
    root = math.sqrt(own.mean())
    assert row["rate"] == pytest.approx(own.mean(), rel=1e-12)
    assert row["ci_high"] == pytest.approx((root + stats.t.ppf(0.975, df) * se / (2 * root)) ** 2, rel=1e-6)


def test_the_gap_of_means_of_speakers_is_welchs_t_of_their_rates(rng):
    rows = [(f"{g}{i}", g, int(e), int(n)) for g in "AB" for i in range(9)
            for e, n in zip(rng.poisson(9, 3), rng.integers(20, 200, 3), strict=True)]  # fmt: skip
    scores = make_scores(rows)
    row = gaps(scores, "accent", reference="B", mode="speaker_mean").iloc[0]
    sums = scores.groupby(["accent", "speaker_id"])[["errors", "ref_words"]].sum().astype(float)
    own = {group: rate.to_numpy() for group, rate in (sums["errors"] / sums["ref_words"]).groupby(level=0)}
    test = stats.ttest_ind(own["A"], own["B"], equal_var=False)
    assert row["difference"] == pytest.approx(own["A"].mean() - own["B"].mean(), rel=1e-12)
    assert row["mode"] == "speaker_mean"
    assert row["p_value"] == pytest.approx(test.pvalue, abs=0.05)
    low, high = test.confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.2 * (high - low))


@pytest.mark.parametrize("mode", ["speaker_mean", "utterance_mean"])
def test_where_speakers_do_not_differ_the_words_give_the_interval(mode):
    none = make_scores((f"s{i}", "x", 0, 100) for i in range(10))
    same = make_scores((f"s{i}", "x", 10, 100) for i in range(6))
    for scores in (none, same):
        row, pooled = one(rates(scores, mode=mode)), one(rates(scores))
        figures = ["rate", "ci_low", "ci_high"]
        assert row[figures].tolist() == pytest.approx(pooled[figures].tolist(), rel=1e-12)
        assert row["reason"] == pooled["reason"] != ""


def test_the_rest_of_fractions_leaves_no_rounding_behind():
    """A group beside two without errors: what is left when it is taken away has no errors at all."""
    rows = [(f"A{i}", "A", e, n) for i, (e, n) in enumerate([(1, 3), (2, 7), (1, 9), (5, 11), (3, 13)])]
    rows += [(f"{g}{i}", g, 0, 50) for g in "BC" for i in range(4)]
    row = gaps(make_scores(rows), "accent", mode="speaker_mean").set_index("group").loc["A"]
    assert row["ci_low"] > 0 and "the rest: no errors in 400 words" in row["reason"]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ScoringError, match="mode: 'macro' is not a choice"):
        rates(make_scores([("a", "x", 1, 4)]), mode="macro")


TEXTS = [
    ("a", "the cat sat on the mat", "the bat sat on mat now"),
    ("a", "call the nurse", "call the the nurse please"),
    ("b", "turn it off", ""),
    ("b", "one two three four", "one two tree four"),
    ("c", "yes", "yes"),
]


@pytest.fixture
def texts() -> pd.DataFrame:
    frame = pd.DataFrame(TEXTS, columns=["speaker_id", "reference_raw", "hypothesis_raw"])
    frame = frame.assign(model_id="m", condition_id="clean", accent="x", duration_s=[2.0, 1.5, 1.0, 2.5, 0.5])
    return add_scores(frame, get_normaliser("none"))


def test_figures_of_the_counts_are_jiwers(texts):
    found = metrics(texts).set_index("metric")["value"]
    references, hypotheses = texts["reference"].tolist(), texts["hypothesis"].tolist()
    words, characters = jiwer.process_words(references, hypotheses), jiwer.process_characters(references, hypotheses)
    n = words.hits + words.substitutions + words.deletions
    precision, recall = words.hits / (words.hits + words.substitutions + words.insertions), words.hits / n
    wanted = {
        "wer": words.wer, "mer": words.mer, "cer": characters.cer, "substitutions": words.substitutions / n,
        "deletions": words.deletions / n, "insertions": words.insertions / n, "precision": precision, "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
    }  # fmt: skip
    assert list(found.index) == list(METRIC_NAMES)
    assert found.to_dict() == pytest.approx(wanted, rel=1e-12)


def test_substitutions_deletions_and_insertions_add_up_to_the_word_error_rate(texts):
    found = metrics(texts, ["accent"]).set_index("metric")["value"]
    assert found["substitutions"] + found["deletions"] + found["insertions"] == pytest.approx(found["wer"], rel=1e-12)


def test_intervals_of_figures_are_those_of_a_rate_and_stay_within_what_is_possible(texts):
    frame = metrics(texts)
    METRICS.validate(frame)
    found, rate = frame.set_index("metric"), one(rates(texts))
    assert found.loc["wer", ["ci_low", "ci_high"]].tolist() == rate[["ci_low", "ci_high"]].tolist()
    assert set(found["evidence"]) == {rate["evidence"]}
    assert (found["ci_low"] <= found["value"]).all() and (found["value"] <= found["ci_high"]).all()
    assert (found["ci_low"] >= 0).all()
    assert (found.loc[["mer", "precision", "recall", "f1", "deletions"], "ci_high"] <= 1).all()
    wrong, right = found.loc["wer", "ci_high"], found.loc["f1", "ci_low"]
    assert right < found.loc["f1", "value"] < 1 < wrong


def test_nothing_written_has_a_recall_and_no_precision(texts):
    frame = metrics(texts[texts["hypothesis"] == ""], names=["recall", "precision"]).set_index("metric")
    assert frame.loc["recall", "value"] == 0
    assert math.isnan(frame.loc["precision", "value"])
    assert frame.loc["precision", "reason"] == "nothing was written: no figure"


def test_an_unknown_figure_is_refused_and_characters_are_asked_for_only_where_needed():
    scores = make_scores([("a", "x", 1, 4)])
    with pytest.raises(ScoringError, match="no figure 'wir'"):
        metrics(scores, names=["wir"])
    assert metrics(scores, names=["mer"])["value"].tolist() == [1 / 4]
    with pytest.raises(ScoringError, match="no column 'char_errors', 'ref_chars'"):
        metrics(scores)


def test_utterances_are_sorted_into_declared_bins(texts):
    frame = binned(texts, "duration_s", [1, 2], unit="s")
    assert frame["duration_s_bin"].tolist() == [
        "3: 2 s or more",
        "2: 1 to 2 s",
        "2: 1 to 2 s",
        "3: 2 s or more",
        "1: below 1 s",
    ]
    assert rates(frame, ["duration_s_bin"])["duration_s_bin"].tolist() == [
        "1: below 1 s",
        "2: 1 to 2 s",
        "3: 2 s or more",
    ]


def test_speech_rate_is_words_said_per_second_and_unknown_without_a_time(texts):
    texts.loc[1, "duration_s"] = math.nan
    texts.loc[2, "duration_s"] = 0.0
    assert with_speech_rate(texts)["speech_rate"].tolist() == pytest.approx(
        [3, math.nan, math.nan, 1.6, 2], nan_ok=True
    )
    assert binned(texts, "speech_rate", [2.5], name="pace")["pace"].tolist() == [
        "2: 2.5 or more", "not stated", "not stated", "1: below 2.5", "1: below 2.5",
    ]  # fmt: skip


def test_labels_sort_as_the_bins_do_also_with_more_than_nine():
    frame = binned(pd.DataFrame({"x": np.arange(12.0)}), "x", list(range(1, 12)))
    assert frame["x_bin"].tolist() == sorted(frame["x_bin"])


@pytest.mark.parametrize(
    ("column", "edges", "name", "message"),
    [
        ("duration", [1], None, "no column 'duration' to make bins of; did you mean 'duration_s'"),
        ("duration_s", [], None, "nothing are no limits"),
        ("duration_s", [2, 1], None, "2, 1 are no limits of bins"),
        ("duration_s", [1, 1], None, "1, 1 are no limits of bins"),
        ("duration_s", [math.inf], None, "inf are no limits"),
        ("duration_s", [1], "accent", "there is a column 'accent' already"),
        ("accent", [1], None, "not a column of numbers"),
    ],
)
def test_bins_that_cannot_be_made_are_refused(texts, column, edges, name, message):
    with pytest.raises(ScoringError, match=message):
        binned(texts, column, edges, name=name)
