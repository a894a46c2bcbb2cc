"""Standardisation and Kitagawa's split: against sums written out, the raw gap, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import t

from tests.audits import audit, rows_of
from workbench.errors import ScoringError
from workbench.fairness import gaps
from workbench.fairness.adjusted.kitagawa import kitagawa
from workbench.fairness.adjusted.standardised import standardised
from workbench.fairness.counts.sides import comparisons
from workbench.fairness.inference.jackknife import two_sided_jackknife
from workbench.schema import KITAGAWA


def sides(frame, reference="A"):
    return next(one.sides for one in comparisons(frame, "accent", reference) if one.group == "B")


def rates_by_hand(frame):
    cells = frame.groupby(["accent", "gender"])[["errors", "ref_words"]].sum()
    return {key: row["errors"] / row["ref_words"] for key, row in cells.iterrows()}, cells["ref_words"].to_dict()


def test_standardised_gap_is_the_weighted_sum_of_the_gaps_within():
    frame = audit(gender_share=(0.8, 0.3), by_gender=1.0)
    rate, _ = rates_by_hand(frame)
    weight = frame.groupby("gender")["ref_words"].sum() / frame["ref_words"].sum()
    found = standardised(sides(frame), ["gender"])
    assert found.difference == pytest.approx(sum(weight[k] * (rate["B", k] - rate["A", k]) for k in "fm"), rel=1e-12)
    assert found.ratio == pytest.approx(
        sum(weight[k] * rate["B", k] for k in "fm") / sum(weight[k] * rate["A", k] for k in "fm"), rel=1e-12
    )
    assert found.coverage == 1 and found.reason == ""


def test_with_one_stratum_it_is_the_raw_gap():
    frame = audit().assign(gender="f")
    found = standardised(sides(frame), ["gender"])
    raw = gaps(frame, "accent", reference="A").iloc[0]
    assert found.difference == pytest.approx(raw["difference"], rel=1e-12)
    assert (found.interval.low, found.interval.high) == pytest.approx((raw["ci_low"], raw["ci_high"]), abs=0.005)
    assert (found.ratio_interval.low, found.ratio_interval.high) == pytest.approx(
        (raw["ratio_low"], raw["ratio_high"]), rel=0.03
    )


def test_the_interval_is_the_jackknife_left_out_for_real():
    frame = audit((6, 9), gender_share=(0.3, 0.6), by_gender=0.5)
    found = standardised(sides(frame), ["gender"])
    left = [
        standardised(sides(frame[frame["speaker_id"] != name]), ["gender"])
        for name in sorted(frame["speaker_id"].unique())
    ]
    variance = sum(
        (n - 1) / n * sum((one - np.mean(part)) ** 2 for one in part)
        for part in (np.array([one.difference for one in left[:9]]), np.array([one.difference for one in left[9:]]))
        for n in [len(part)]
    )
    reach = found.interval.high - found.difference
    df = brentq(lambda df: t.ppf(0.975, df) * np.sqrt(variance) - reach, 0.9, 60)
    assert found.p_value == pytest.approx(2 * t.sf(abs(found.difference) / np.sqrt(variance), df), rel=1e-6)
    assert 1 <= df < 13, "two women of six stand for half of the rate: fewer degrees of freedom than a raw gap has"


@pytest.mark.long
def test_without_a_gap_a_standardised_one_is_called_in_about_5_of_100():
    """Ten speakers a side, three in four men here and one in four there, men at 1.5 times the rate: 13.6 % before."""
    called = 0
    for seed in range(200):
        frame = audit((10, 10), seed=seed, gap=0.0, by_gender=0.4, gender_share=(0.75, 0.25), spread=4.0)
        called += standardised(sides(frame), ["gender"]).p_value < 0.05
    assert called / 200 < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_stratum_of_one_side_only_is_left_out():
    shared = [("a1", "A", "f", 2, 10), ("a2", "A", "f", 1, 10), ("b1", "B", "f", 4, 10), ("b2", "B", "f", 3, 10)]
    more = [*shared, ("b3", "B", "m", 9, 10), ("a3", "A", "x", 9, 10)]
    found, without = (standardised(sides(rows_of(rows)), ["gender"]) for rows in (more, shared))
    assert found.coverage == pytest.approx(20 / 30)
    assert found._replace(coverage=1.0) == without
    assert standardised(sides(rows_of(shared[:2] + more[4:5])), ["gender"]).reason == "no stratum that both sides have"


def test_a_stratum_of_one_speaker_is_said():
    rows = [("a1", "A", "f", 2, 10), ("a2", "A", "m", 1, 10), ("a3", "A", "m", 2, 10)]
    rows += [("b1", "B", "f", 4, 10), ("b2", "B", "f", 3, 10), ("b3", "B", "m", 4, 10), ("b4", "B", "m", 2, 10)]
    assert standardised(sides(rows_of(rows)), ["gender"]).reason == "1 strata rest on one speaker of a side"


def test_one_speaker_and_no_spread_give_no_interval():
    one = standardised(sides(audit((1, 4)).assign(gender="f")), ["gender"])
    assert not one.interval.known and "fewer than 2 speakers" in one.reason and np.isfinite(one.difference)
    frame = audit((3, 3)).assign(gender="f")
    frame.loc[frame["accent"] == "B", "errors"] = 0
    none = standardised(sides(frame), ["gender"])
    assert none.ratio == 0 and not none.interval.known and "no errors on one side" in none.reason


def test_missing_levels_are_a_stratum_and_strata_must_exist():
    frame = audit().assign(gender=None)
    assert standardised(sides(frame), ["gender"]).coverage == 1
    with pytest.raises(ScoringError, match="no column 'sex'"):
        standardised(sides(frame), ["sex"])
    with pytest.raises(ScoringError, match="no strata"):
        standardised(sides(frame), [])


# -- Kitagawa


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_to_the_raw_gap(seed):
    frame = audit(seed=seed, gender_share=(0.9, 0.2), by_gender=0.8)
    frame.loc[frame["speaker_id"].isin(["A0", "A1"]), "gender"] = "not stated"  # of one side only
    row = kitagawa(frame, "accent", ["gender"], reference="A").iloc[0]
    assert row["mix"] + row["within"] + row["unmatched"] == pytest.approx(row["gap"], abs=1e-12)
    assert row["gap"] == pytest.approx(gaps(frame, "accent", reference="A").iloc[0]["difference"], abs=1e-12)
    assert row["unmatched"] != 0 and 0 < row["coverage"] < 1
    KITAGAWA.validate(kitagawa(frame, "accent", ["gender"]))


def test_kitagawa_by_hand():
    """W_A = .1 and .3 at shares .75 and .25; W_B = .2 and .4 at .5 and .5: mix .05, within .1, gap .15."""
    rows = [
        ("a1", "A", "f", 75, 750),
        ("a2", "A", "m", 75, 250),
        ("b1", "B", "f", 100, 500),
        ("b2", "B", "m", 200, 500),
    ]
    row = kitagawa(rows_of(rows), "accent", ["gender"], reference="A").iloc[0]
    assert row["mix"] == pytest.approx(0.05)
    assert row["within"] == pytest.approx(0.1)
    assert row["gap"] == pytest.approx(0.3 - 0.15)
    assert row["unmatched"] == 0


def test_equal_rates_leave_only_mix_and_equal_shares_only_within():
    same_rates = [
        ("a1", "A", "f", 10, 100),
        ("a2", "A", "m", 60, 200),
        ("b1", "B", "f", 30, 300),
        ("b2", "B", "m", 30, 100),
    ]
    row = kitagawa(rows_of(same_rates), "accent", ["gender"], reference="A").iloc[0]
    assert row["within"] == pytest.approx(0, abs=1e-15) and row["mix"] == pytest.approx(row["gap"])
    same_shares = [
        ("a1", "A", "f", 10, 100),
        ("a2", "A", "m", 60, 200),
        ("b1", "B", "f", 30, 50),
        ("b2", "B", "m", 30, 100),
    ]
    row = kitagawa(rows_of(same_shares), "accent", ["gender"], reference="A").iloc[0]
    assert row["mix"] == pytest.approx(0, abs=1e-15) and row["within"] == pytest.approx(row["gap"])


def test_kitagawa_intervals_are_the_jackknife_left_out_for_real():
    frame = audit((4, 5), gender_share=(0.5, 0.4), by_gender=0.5)
    row = kitagawa(frame, "accent", ["gender"], reference="A").iloc[0]
    names = sorted(frame["speaker_id"].unique())
    left = np.array(
        [
            kitagawa(frame[frame["speaker_id"] != name], "accent", ["gender"], reference="A").iloc[0]["mix"]
            for name in names
        ]
    )
    words = frame.groupby("speaker_id")["ref_words"].sum().to_numpy(dtype=float)
    in_group = np.array([name[0] == "B" for name in names])
    interval = two_sided_jackknife(left, in_group, words).interval(row["mix"])
    assert (row["mix_low"], row["mix_high"]) == pytest.approx((interval.low, interval.high))


def test_without_a_common_stratum_only_the_gap_is_known():
    rows = [("a1", "A", "f", 1, 10), ("a2", "A", "f", 2, 10), ("b1", "B", "m", 3, 10), ("b2", "B", "m", 4, 10)]
    row = kitagawa(rows_of(rows), "accent", ["gender"], reference="A").iloc[0]
    assert row["gap"] == pytest.approx(0.2)
    assert row[["mix", "within", "unmatched", "mix_low"]].isna().all()
    assert row["coverage"] == 0 and "no stratum that both sides have" in row["reason"]


def test_empty_frames_give_empty_tables():
    assert kitagawa(audit().iloc[:0], "accent", ["gender"]).empty
