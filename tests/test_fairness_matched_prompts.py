"""Matched prompts: against statsmodels, a sum written out prompt by prompt, and leaving speakers out for real."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from tests.audits import audit, rows_of
from workbench.fairness.adjusted.estimate import Estimate
from workbench.fairness.adjusted.matched_prompts import UNMATCHED, matched_prompts
from workbench.fairness.counts.sides import REST, comparisons
from workbench.fairness.inference.jackknife import two_sided_jackknife


def sides(frame, reference="A"):
    return next(one.sides for one in comparisons(frame, "accent", reference) if one.group == "B")


def by_hand(frame) -> tuple[float, float]:
    """Ratio and difference, one prompt at a time."""
    up = down = weight = 0.0
    for _, part in frame.groupby("prompt_id"):
        totals = part.groupby("accent")[["errors", "ref_words"]].sum()
        if len(totals) == 2:
            (e_a, n_a), (e_b, n_b) = totals.loc["A"], totals.loc["B"]
            up += e_b * n_a / (n_a + n_b)
            down += e_a * n_b / (n_a + n_b)
            weight += n_a * n_b / (n_a + n_b)
    return up / down, (up - down) / weight


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ratio_is_that_of_statsmodels_and_of_the_sum_by_hand(seed):
    frame = audit(seed=seed)
    found = matched_prompts(sides(frame))
    tables = []
    for _, part in frame.groupby("prompt_id"):
        totals = part.groupby("accent")[["errors", "ref_words"]].sum().loc[["B", "A"]]
        tables.append(np.column_stack([totals["errors"], totals["ref_words"] - totals["errors"]]))
    assert found.ratio == pytest.approx(StratifiedTable(tables).riskratio_pooled, rel=1e-12)
    assert (found.ratio, found.difference) == pytest.approx(by_hand(frame), rel=1e-12)
    assert found.coverage == 1


def test_the_interval_is_the_jackknife_over_speakers_left_out_for_real():
    frame = audit((4, 6), seed=5)
    found = matched_prompts(sides(frame))
    names = sorted(frame["speaker_id"].unique())
    values = np.array([by_hand(frame[frame["speaker_id"] != name]) for name in names])
    in_group = np.array([name.startswith("B") for name in names])
    words = frame.groupby("speaker_id")["ref_words"].sum().to_numpy(dtype=float)
    spread = two_sided_jackknife(values[:, 1], in_group, words)
    interval = spread.interval(found.difference)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    logs = two_sided_jackknife(np.log(values[:, 0]), in_group, words).interval(np.log(found.ratio))
    assert (found.ratio_interval.low, found.ratio_interval.high) == pytest.approx((np.exp(logs.low), np.exp(logs.high)))
    assert found.p_value == pytest.approx(spread.p_value(found.difference))


def test_a_prompt_of_one_side_only_is_left_out_and_lowers_the_coverage():
    rows = [("a1", "A", "p", 2, 10), ("a2", "A", "p", 1, 10), ("b1", "B", "p", 4, 10), ("b2", "B", "p", 3, 10)]
    alone = [*rows, ("b1", "B", "q", 9, 10)]
    found, without = (matched_prompts(sides(rows_of(part))) for part in (alone, rows))
    assert found.coverage == pytest.approx(20 / 30)
    assert found._replace(coverage=1.0) == without


def test_texts_of_different_difficulty_make_no_gap():
    hard_for_b = [
        ("a1", "A", "easy", 1, 100),
        ("a2", "A", "easy", 1, 100),
        ("a1", "A", "hard", 3, 10),
        ("a2", "A", "hard", 3, 10),
    ]
    hard_for_b += [
        ("b1", "B", "easy", 1, 100),
        ("b2", "B", "hard", 30, 100),
        ("b2", "B", "easy", 1, 100),
        ("b1", "B", "hard", 30, 100),
    ]
    found = matched_prompts(sides(rows_of(hard_for_b)))
    assert found.ratio == pytest.approx(1) and found.difference == pytest.approx(0, abs=1e-15)


def test_without_common_prompts_it_says_so():
    frame = rows_of([("a", "A", "p", 1, 10), ("b", "B", "q", 1, 10)])
    assert matched_prompts(sides(frame)) == pytest.approx(Estimate(coverage=0.0, reason=UNMATCHED), nan_ok=True)


def test_an_empty_prompt_matches_nothing():
    frame = rows_of([("a", "A", "", 1, 10), ("b", "B", "", 1, 10)])
    assert matched_prompts(sides(frame)).reason == UNMATCHED


def test_equal_references_are_prompts_where_nobody_named_them():
    frame = audit(seed=4)
    texts = frame.assign(reference="text of " + frame["prompt_id"]).drop(columns="prompt_id")
    assert matched_prompts(sides(texts)) == matched_prompts(sides(frame))


def test_one_speaker_on_a_side_gives_no_interval():
    found = matched_prompts(sides(audit((1, 5))))
    assert np.isfinite(found.ratio) and not found.interval.known and np.isnan(found.p_value)
    assert "fewer than 2 speakers" in found.reason


@pytest.mark.parametrize("who", ["A", "B"])
def test_no_errors_on_a_side_give_no_interval(who):
    frame = audit((4, 5))
    frame.loc[frame["accent"] == who, "errors"] = 0
    found = matched_prompts(sides(frame))
    assert not found.interval.known and not found.ratio_interval.known and np.isnan(found.p_value)
    assert "no errors on one side" in found.reason
    assert np.isnan(found.ratio) if who == "A" else found.ratio == 0


def test_turning_the_sides_round_turns_the_sign():
    frame = audit(seed=7)
    there, back = (
        matched_prompts(next(one.sides for one in comparisons(frame, "accent", REST) if one.group == group))
        for group in "AB"
    )
    assert there.difference == pytest.approx(-back.difference)
    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.ratio_interval.low * back.ratio_interval.high == pytest.approx(1)


def test_splitting_an_utterance_changes_nothing():
    frame = audit(seed=8)
    halves = [frame.assign(errors=0, ref_words=3), frame.assign(ref_words=frame["ref_words"] - 3)]
    split = matched_prompts(sides(pd.concat(halves)))
    whole = matched_prompts(sides(frame))
    assert split.interval.low == pytest.approx(whole.interval.low, rel=1e-12)
