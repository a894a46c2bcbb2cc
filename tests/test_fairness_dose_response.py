"""Dose-response: slopes over the same utterances at every dose, by the textbook line, against the reference."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.paired_scores import drawn_scores, paired_scores
from workbench.errors import ScoringError
from workbench.fairness import dose_response, dose_slopes, gap_changes
from workbench.schema import DOSE_RESPONSE, DOSE_SLOPES

CONDITIONS = ("clean", "noise@1", "noise@2", "noise@3")


def people(rates: list[int], n: int = 6) -> list[list[int]]:
    return [[max(0, rate + shift) for rate in rates] for shift in range(-n // 2, n - n // 2)]


RISING = {"A": people([10, 20, 30, 40]), "B": people([10, 15, 20, 25])}


def slopes(errors: dict, conditions: tuple[str, ...] = CONDITIONS, **options) -> pd.DataFrame:
    frame = dose_slopes(paired_scores(errors, conditions), "accent", **({"permutations": 99} | options))
    DOSE_SLOPES.validate(frame)
    return frame


def only(frame: pd.DataFrame, group: str, **where: object) -> pd.Series:
    rows = frame[frame["group"] == group]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_rates_at_every_dose():
    found = dose_response(paired_scores(RISING, CONDITIONS), "accent")
    DOSE_RESPONSE.validate(found)
    a = found[found["group"] == "A"]
    assert a["dose"].tolist() == [0, 1, 2, 3]
    assert a["condition_id"].tolist() == list(CONDITIONS)
    assert a["rate"].tolist() == pytest.approx([0.095, 0.195, 0.295, 0.395])
    assert (a["ci_low"] < a["rate"]).all() and (a["rate"] < a["ci_high"]).all()


def test_the_slope_is_the_textbook_line_through_the_pooled_rates(rng):
    scores = drawn_scores(rng, {"A": 9, "B": 7}, [0.05, 0.1, 0.3, 0.35])
    rates = dose_response(scores, "accent")
    found = dose_slopes(scores, "accent", permutations=19)
    for group in "AB":
        own = rates[rates["group"] == group]
        slope, _ = np.polyfit(own["dose"], own["rate"], 1)
        assert only(found, group)["slope"] == pytest.approx(slope, rel=1e-10)
    row = only(found, "A")
    assert row["difference"] == pytest.approx(row["slope"] - row["reference_slope"], rel=1e-12)


def test_with_one_severity_the_slope_is_the_degradation_and_its_difference_the_gap_change(rng):
    scores = drawn_scores(rng, {"A": 9, "B": 12, "C": 6}, [0.1, 0.25], extra={"A": 0.1})
    slope, change = dose_slopes(scores, "accent", permutations=999), gap_changes(scores, "accent", permutations=999)
    for group in "ABC":
        line, pair = only(slope, group), only(change, group)
        for name, other in (
            ("slope", "degradation"), ("slope_low", "degradation_low"), ("difference", "change"), ("ci_low", "ci_low"),
            ("ci_high", "ci_high"),
        ):  # fmt: skip
            assert line[name] == pytest.approx(pair[other], rel=1e-9), name
        assert line["p_value"] == pytest.approx(pair["p_value"], abs=0.05)


def test_a_group_whose_rate_rises_faster_is_found(rng):
    errors = {"A": people([10, 20, 30, 40], 8), "B": people([10, 15, 20, 25], 8)}
    row = only(slopes(errors, permutations=999), "A")
    assert row["difference"] == pytest.approx(0.05) and row["ci_low"] > 0
    scores = drawn_scores(rng, {"A": 30, "B": 30}, [0.1, 0.2, 0.3], extra={"A": 0.2})
    found = only(dose_slopes(scores, "accent", permutations=999), "A")
    assert found["p_value"] < 0.01 and found["p_adjusted"] < 2 * found["p_value"], "two groups are one comparison"


@pytest.mark.long
def test_equal_slopes_are_seldom_called_different(rng):
    alarms = 0
    for _ in range(100):
        scores = drawn_scores(rng, {"A": 8, "B": 16}, [0.1, 0.15, 0.2])
        alarms += only(dose_slopes(scores, "accent", permutations=99), "A")["p_value"] <= 0.05
    assert alarms <= 12


def test_over_the_level_the_doses_have_its_unit_and_clean_is_none():
    found = slopes(RISING, over="level")
    assert set(found["over"]) == {"dB"}
    row = only(found, "A")
    assert row["n_doses"] == 3
    assert row["slope"] == pytest.approx(-0.02), "per dB: 10 points over 5 dB"
    rates = dose_response(paired_scores(RISING, CONDITIONS), "accent", over="level")
    assert rates[rates["group"] == "A"]["dose"].tolist() == [15, 20, 25]
    assert rates[rates["group"] == "A"]["condition_id"].tolist() == ["noise@3", "noise@2", "noise@1"]


def test_series_are_apart_and_chains_and_mixtures_are_no_doses():
    scores = paired_scores(RISING, ("clean", "noise@1", "hum@1", "noise@2"))
    assert set(dose_slopes(scores, "accent", permutations=19)["series"]) == {"noise", "hum"}
    chained = scores.assign(
        condition_id=scores["condition_id"].replace({"hum@1": "room@1>noise@1", "noise@2": "noise?snr_db=3&band=2"})
    )
    assert set(dose_slopes(chained, "accent", over="level", permutations=19)["series"]) == set()


def test_models_have_doses_of_their_own():
    scores = paired_scores(RISING, CONDITIONS)
    other = scores[scores["condition_id"].isin(["clean", "noise@3"])].assign(model_id="n")
    found = dose_slopes(pd.concat([scores, other]), "accent", permutations=19)
    assert only(found, "A", model_id="m")["n_doses"] == 4 and only(found, "A", model_id="n")["n_doses"] == 2
    assert only(found, "A", model_id="n")["slope"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([10, 20, 30, 40], "yes"),
        ([10, 30, 20, 40], "turns back at 2"),
        ([40, 30, 20, 10], "yes"),
        ([10, 10, 10, 10], "yes"),
    ],
)
def test_where_the_rate_turns_back_is_said(rates, said):
    assert only(slopes({"A": people(rates), "B": people([10, 20, 30, 40])}), "A")["monotone"].startswith(said)


def test_turning_back_within_chance_is_said_to_be_so():
    even = [[10, 20 + (5 if i % 2 else -5), 19 - (5 if i % 2 else -5), 40] for i in range(8)]
    apart = [[10, 40 + i, 20 + 2 * i, 60] for i in range(8)]
    found = slopes({"A": even, "B": apart})
    assert only(found, "A")["monotone"] == "turns back at 2 (may be chance)"
    assert only(found, "B")["monotone"] == "turns back at 2"


def test_only_utterances_scored_at_every_dose_enter_and_the_others_are_counted():
    errors = {"A": [*RISING["A"], [50, None, 50, 50]], "B": RISING["B"]}
    whole, lacking = slopes(RISING), slopes(errors)
    assert only(whole, "A")["slope"] == only(lacking, "A")["slope"]
    assert only(lacking, "A")["n_left_out"] == 1 and only(lacking, "A")["n_speakers"] == 6
    assert "1 utterances not scored at every dose left out" in only(lacking, "A")["reason"]


def test_one_speaker_and_one_group():
    row = only(slopes({"A": RISING["A"][:1], "B": RISING["B"]}), "A")
    assert row["slope"] == pytest.approx(0.1) and math.isnan(row["ci_low"]) and math.isnan(row["p_value"])
    assert "A: 1 speaker, no interval" in row["reason"]
    row = only(slopes({"not stated": RISING["A"]}), "not stated")
    assert math.isnan(row["difference"]) and "the rest: no utterance" in row["reason"]


def test_speakers_exactly_alike_do_not_give_certainty():
    row = only(slopes({"A": [[10, 20, 30, 40]] * 6, "B": [[10, 20, 30, 40]] * 6}), "A")
    assert row["difference"] == 0 and row["p_value"] == 1 and row["ci_low"] < 0 < row["ci_high"]


def test_only_clean_or_no_rows_have_no_doses():
    scores = paired_scores(RISING, CONDITIONS)
    for one in (scores[scores["condition_id"] == "clean"], scores.head(0)):
        assert dose_slopes(one, "accent").empty and dose_response(one, "accent").empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"over": "loudness"}, "'loudness' is no dose"),
        ({"reference": "Z"}, "no group 'Z'"),
        ({"permutations": 0}, "test nothing"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ScoringError, match=message):
        dose_slopes(paired_scores(RISING, CONDITIONS), "accent", **options)


def test_other_references_at_another_dose_are_refused():
    scores = paired_scores(RISING, CONDITIONS)
    with pytest.raises(ScoringError, match="different references"):
        dose_response(scores.assign(ref_words=np.where(scores["condition_id"] == "clean", 100, 90)), "accent")
    with pytest.raises(ScoringError, match="no column 'severity'"):
        dose_response(scores.drop(columns="severity"), "accent")
