"""Every awkward table: each row of the method's list of edge cases, through the public functions."""

from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.schema import GAPS, RATES

FIGURES = ["ci_low", "ci_high", "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde"]


def group(name: str, errors: list[int], words: int = 200) -> list[tuple]:
    return [(f"{name}{i}", name, e, words) for i, e in enumerate(errors)]


SIX = group("B", [30, 34, 28, 36, 31, 33])


def rate_of(frame: pd.DataFrame, name: str) -> pd.Series:
    return wb.rates(frame, ["accent"]).set_index("accent").loc[name]


def gap_of(frame: pd.DataFrame, name: str, **options: object) -> pd.Series:
    return wb.gaps(frame, "accent", **options).set_index("group").loc[name]


def score(*rows: tuple[str, str, str, str | None], **options: object):
    table = pd.DataFrame(rows, columns=["who", "accent", "reference", "hypothesis"])
    return wb.score_table(table, **({"by": ["accent"], "speaker": "who"} | options))


def test_speech_invented_on_an_empty_reference_is_tallied_and_never_a_rate():
    """jiwer would return the number of inserted words, 3, for it."""
    scored = score(
        ("a", "A", "(laughs)", "thanks for watching"), ("a", "A", "um", ""), ("a", "A", "turn it off", "turn it of")
    )
    row = scored.rates.iloc[0]
    assert (row["n_empty_references"], row["false_speech_words"], row["ref_words"]) == (2, 3, 3)
    assert row["rate"] == 1 / 3


@pytest.mark.parametrize("normaliser", ["basic", "fair_en"])
def test_punctuation_alone_is_no_word(normaliser):
    row = score(("a", "A", "...", "- !"), ("a", "A", "yes", "yes"), normaliser=normaliser).rates.iloc[0]
    assert (row["ref_words"], row["n_empty_references"], row["errors"]) == (1, 1, 0)


def test_more_errors_than_words_are_kept_in_the_rate_and_bounded_in_the_match_error_rate():
    rows = [("a", "A", 30, 10), ("b", "A", 12, 10), ("c", "A", 21, 10)]
    scores = make_scores(rows).assign(substitutions=10, insertions=[20, 2, 11])
    assert wb.rates(scores)["rate"].tolist() == [2.1]
    assert wb.metrics(scores, names=["mer"])["value"].tolist() == [63 / 63]
    assert wb.metrics(scores, names=["mer"])["ci_high"].tolist() == [1.0]


def test_one_speaker_has_an_estimate_and_nothing_that_needs_two():
    scores = make_scores([("solo", "A", 50, 600), *SIX])
    rate, gap = rate_of(scores, "A"), gap_of(scores, "A", margin=0.02)
    assert (rate["evidence"], rate["reason"]) == ("1 speaker", "1 speaker: no interval")
    assert gap[FIGURES].isna().all() and gap["difference"] < 0
    assert (gap["verdict"], gap["reason"]) == ("NOT COMPUTED", "A: 1 speaker, no interval")


def test_two_speakers_are_too_few_for_an_interval():
    scores = make_scores([*group("A", [60, 80], 400), *SIX])
    rate, gap = rate_of(scores, "A"), gap_of(scores, "A")
    assert (rate["evidence"], rate["reason"]) == ("descriptive", "2 speakers: too few for an interval")
    assert math.isnan(rate["ci_low"]) and math.isnan(gap["ci_low"]) and gap["verdict"] == "NOT COMPUTED"
    assert "A: 2 speakers: too few for an interval" in gap["reason"]


@pytest.mark.parametrize("n", [3, 4])
def test_three_and_four_speakers_are_descriptive_with_a_wide_interval(n):
    scores = make_scores([*group("A", [60, 80, 70, 90][:n], 400), *SIX])
    rate, gap = rate_of(scores, "A"), gap_of(scores, "A")
    assert rate["evidence"] == "descriptive" and f"{n} speakers, fewer than 5" in rate["reason"]
    assert gap["ci_low"] < gap["difference"] < gap["ci_high"]
    assert f"A: {n} speakers, fewer than 5" in gap["reason"]


def test_two_against_two_or_three_against_three_can_never_show_a_gap_and_say_so():
    for n, reason in ((2, "A: 2 speakers: too few for an interval"), (3, "too few speakers for an interval: p is 0.")):
        scores = make_scores([*group("A", [1, 2, 1][:n]), *group("B", [101, 102, 101][:n])])
        gap = gap_of(scores, "A", margin=0.02)
        assert gap["verdict"] == "NOT COMPUTED" and math.isnan(gap["ci_low"])
        assert reason in gap["reason"] and not gap["p_value"] < 0.1


def test_no_errors_leave_an_upper_limit_of_at_least_three_in_so_many_words():
    scores = make_scores([*group("Z", [0] * 6), *SIX])
    rate, gap = rate_of(scores, "Z"), gap_of(scores, "Z", margin=0.02)
    assert (rate["rate"], rate["ci_low"]) == (0, 0) and rate["ci_high"] > 3 / 1200
    assert gap["verdict"] == "GAP" and gap["ci_high"] < 0
    assert gap["ratio"] == 0 and gap["ratio_low"] == 0 < gap["ratio_high"] < 1


def test_nobody_makes_an_error():
    gap = gap_of(make_scores([*group("A", [0] * 6), *group("B", [0] * 6)]), "A", margin=0.05)
    assert gap["difference"] == 0 and gap["p_value"] == 1 and math.isnan(gap["ratio"])
    assert gap["ci_low"] < 0 < gap["ci_high"]


def test_voices_that_are_all_alike_still_have_an_interval_and_it_says_on_what():
    scores = make_scores([*group("A", [20] * 6), *group("B", [20] * 6)])
    rate, gap = rate_of(scores, "A"), gap_of(scores, "A")
    assert rate["ci_low"] < rate["rate"] < rate["ci_high"]
    assert "exactly the same rate" in rate["reason"] and "exactly the same rate" in gap["reason"]
    assert (gap["difference"], gap["p_value"], gap["verdict"]) == (0, 1, "INCONCLUSIVE")


def test_without_speaker_ids_intervals_are_refused_or_withheld():
    scores = make_scores([("", "A", 3, 100), *SIX])
    with pytest.raises(ScoringError, match=r"1 of 7 rows have no speaker_id.*recording session will do"):
        wb.gaps(scores, "accent")
    frame = wb.gaps(scores, "accent", method="none")
    assert frame[FIGURES].isna().all(axis=None) and set(frame["verdict"]) == {"NOT COMPUTED"}


def test_a_speaker_with_two_accents_is_asked_about_by_name():
    with pytest.raises(ScoringError, match=r"1 speakers .*c/B0: B, C.*one group"):
        wb.gaps(make_scores([*SIX, ("B0", "C", 1, 10)]), "accent")


def test_failed_decodes_are_counted_by_group_and_are_neither_errors_nor_successes():
    scores = make_scores([*group("A", [10, 12, 11, 9, 13]), ("A0", "A", None, 200), ("A1", "A", None, 200), *SIX])
    rate = rate_of(scores, "A")
    assert (rate["n_failed"], rate["n_utterances"], rate["rate"]) == (2, 5, 55 / 1000)


def test_a_group_that_failed_altogether_is_shown_without_figures():
    scores = make_scores([("x", "A", None, 100), ("y", "A", None, 100), *SIX])
    rate, gap = rate_of(scores, "A"), gap_of(scores, "A")
    assert rate["evidence"] == "insufficient" and "2 utterances failed" in rate["reason"]
    assert math.isnan(gap["difference"]) and gap["verdict"] == "NOT COMPUTED"


@pytest.mark.parametrize("mode", ["pooled", "speaker_mean", "utterance_mean"])
def test_one_utterance_in_all(mode):
    scores = make_scores([("a", "A", 1, 4)])
    rates, gaps = wb.rates(scores, ["accent"], mode=mode), wb.gaps(scores, "accent", mode=mode)
    assert rates["rate"].tolist() == [0.25]
    assert gaps["verdict"].tolist() == ["NOT COMPUTED"]
    RATES.validate(rates)
    GAPS.validate(gaps)


def test_an_attribute_that_nobody_stated_is_one_group_without_a_rest():
    scores = make_scores([(name, None, e, n) for name, _, e, n in SIX])
    assert wb.rates(scores, ["accent"])["accent"].tolist() == ["not stated"]
    gap = gap_of(scores, "not stated")
    assert gap["reason"] == "the rest: no reference words; no comparison"


def test_group_names_in_any_script_stay_what_they_are():
    names = ["Ìgbò", "हिन्दी", "العربية", "🇬🇧", 'a, "b"', "rest"]
    scores = make_scores([row for name in names for row in group(name, [20, 25, 22, 30, 19])])
    assert set(wb.gaps(scores, "accent")["group"]) == set(names)
    assert set(wb.gaps(scores, "accent", reference="Ìgbò")["reference_group"]) == {"Ìgbò"}


def test_where_fewer_than_a_fifth_of_the_words_are_right_no_gap_can_be_seen():
    scores = make_scores(
        [*group("A", [170, 180, 175, 168, 182]), *group("B", [172, 176, 178, 169, 181]), *group("C", [20] * 4 + [22])]
    )
    assert rate_of(scores, "A")["evidence"] == "saturated"
    pair = gap_of(scores, "A", reference="B", margin=0.5)
    assert pair["verdict"] == "SATURATED" and "A: 88% of the words wrong or missing, no room" in pair["reason"]
    worse = gap_of(scores, "A", reference="C", margin=0.02)
    assert worse["verdict"] == "GAP", "a ceiling can only have made it smaller"


def test_words_invented_saturate_nothing():
    """215 against 85 %, most of it words invented: a word error rate has no ceiling, and this gap is shown."""
    scores = make_scores([*group("A", [430, 440, 410, 425, 450]), *group("B", [170, 180, 160, 165, 175])])
    invented = scores.assign(substitutions=40, deletions=20, insertions=scores["errors"] - 60)
    assert rate_of(invented, "A")["evidence"] == "ok"
    assert gap_of(invented, "A", margin=0.02)["verdict"] == "GAP"
    assert gap_of(scores, "A", margin=0.02)["verdict"] == "GAP", "shown, and no ceiling made it larger"
    equal = make_scores([*group("A", [170, 180, 175, 168, 182]), *group("B", [172, 176, 178, 169, 181])])
    kinds = {"substitutions": 40, "deletions": 20, "insertions": equal["errors"] - 60}
    assert gap_of(equal, "A", margin=0.1)["verdict"] == "SATURATED"
    assert gap_of(equal.assign(**kinds), "A", margin=0.1)["verdict"] == "EQUIVALENT"


def many(n_groups: int, n_speakers: int, rng: np.random.Generator) -> pd.DataFrame:
    n = n_groups * n_speakers
    names = np.array([f"g{i:03}" for i in range(n_groups)])
    words = rng.integers(50, 500, n)
    frame = pd.DataFrame({
        "model_id": "m", "condition_id": "clean", "corpus_id": "c", "speaker_id": [f"s{i}" for i in range(n)],
        "accent": np.repeat(names, n_speakers), "status": "ok", "errors": rng.poisson(0.15 * words), "ref_words": words,
    })  # fmt: skip
    return frame.assign(substitutions=frame["errors"], deletions=0, insertions=0)


def test_two_hundred_groups_are_one_family(rng):
    frame = wb.gaps(many(200, 5, rng), "accent", permutations=999)
    assert len(frame) == 200
    assert frame["p_value"].notna().all() and (frame["p_adjusted"] >= frame["p_value"]).all()
    assert frame["p_adjusted"].min() > 0.05, "none differs"


@pytest.mark.long
def test_ten_thousand_cells_are_one_family_within_a_bounded_time(rng):
    """20 groups under 500 conditions, none differs: 10,000 comparisons together, nothing firm."""
    one = many(20, 5, rng)
    scores = pd.concat(
        [one.assign(condition_id=f"c{n:03}", errors=rng.poisson(0.15 * one["ref_words"])) for n in range(500)],
        ignore_index=True,
    )
    start = time.process_time()
    frame = wb.gaps(scores.assign(substitutions=scores["errors"]), "accent")
    assert time.process_time() - start < 120
    assert len(frame) == 10_000 and frame["p_familywise"].notna().all()
    assert frame["p_value"].min() < 0.001 < 0.05 < frame["p_familywise"].min()
    assert set(frame.loc[frame["verdict"] == "GAP", "tentative"]) == {True}


def test_a_hundred_thousand_speakers(rng):
    scores = many(4, 25_000, rng)
    start = time.process_time()
    frame = wb.gaps(scores, "accent", margin=0.02, permutations=99)
    assert time.process_time() - start < 20
    assert set(frame["verdict"]) == {"EQUIVALENT"}
    assert (frame["n_speakers"] + frame["n_speakers_reference"] == 100_000).all()


def test_sums_of_very_long_corpora_stay_exact():
    """Speakers of a million words: squares of sums pass 2^53, the whole numbers do not."""
    scores = make_scores([(f"s{i}", "A", 100_000 + i, 1_000_000) for i in range(6)])
    row = wb.rates(scores).iloc[0]
    own = (100_000 + np.arange(6)) / 1_000_000
    se = own.std(ddof=1) / math.sqrt(6)
    root = math.sqrt(row["ci_high"]) - math.sqrt(row["rate"])
    assert root == pytest.approx(2.5705818 * se / (2 * math.sqrt(own.mean())), rel=1e-6)
