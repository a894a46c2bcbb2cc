"""Raw, matched and adjusted side by side: planted confounding, the labels, and what cannot be adjusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.audits import audit, rows_of
from workbench.errors import ScoringError
from workbench.fairness import gaps
from workbench.fairness.adjusted.adjusted_gaps import METHODS, _difference, _prepared, adjusted_gaps, gee_gap, model_gap
from workbench.fairness.adjusted.covariates import NOT_A_METRIC
from workbench.fairness.adjusted.e_value import e_value
from workbench.fairness.adjusted.speaker_model import fit_speaker_model
from workbench.fairness.counts.sides import comparisons
from workbench.fairness.inference.jackknife import two_sided_jackknife
from workbench.schema import ADJUSTED_GAPS


def by_method(frame, **given):
    table = ADJUSTED_GAPS.validate(adjusted_gaps(frame, "accent", reference="A", **given))
    return {row["method"]: row for row in table.to_dict("records")}


CONFOUNDED = audit((30, 30), gap=0.0, by_gender=1.2, gender_share=(0.9, 0.2), n_utterances=20, spread=12)
"""Gender makes all of the difference between the accents."""


def test_what_gender_made_is_gone_in_every_adjusted_row():
    found = by_method(CONFOUNDED, covariates=["gender"])
    assert set(found) == {"raw", "matched prompts", "standardised", "propensity matched", "adjusted"}
    assert found["raw"]["ci_low"] > 0.05
    for method in ("standardised", "propensity matched", "adjusted"):
        row = found[method]
        assert row["ci_low"] < 0 < row["ci_high"] and abs(row["difference"]) < found["raw"]["difference"] / 4
        assert row["ratio_low"] < 1 < row["ratio_high"] and row["e_value_limit"] == 1
    assert found["raw"]["e_value"] == pytest.approx(e_value(found["raw"]["ratio"]).estimate)


def test_the_raw_row_is_the_gap():
    row, gap = by_method(CONFOUNDED)["raw"], gaps(CONFOUNDED, "accent", reference="A").iloc[0]
    same = ["difference", "ci_low", "ci_high", "ratio", "ratio_low", "ratio_high", "p_value", "n_speakers"]
    assert [row[name] for name in same] == [gap[name] for name in same]


def test_the_model_agrees_with_the_gee_and_a_poisson_of_standardised_rates():
    frame = audit((40, 40), by_gender=0.5, gender_share=(0.8, 0.3), n_utterances=15)
    found = by_method(frame, covariates=["gender"], methods=["adjusted", "GEE", "standardised"])
    model, gee = found["adjusted"], found["GEE"]
    assert np.log(model["ratio"]) == pytest.approx(np.log(gee["ratio"]), abs=0.05)
    assert model["ratio_high"] / model["ratio_low"] == pytest.approx(gee["ratio_high"] / gee["ratio_low"], rel=0.2)
    assert model["difference"] == pytest.approx(found["standardised"]["difference"], abs=0.02)
    assert np.log(model["ratio_low"]) < 0.4 < np.log(model["ratio_high"])  # planted


def test_the_difference_of_the_model_is_that_of_its_predictions():
    frame = audit((10, 12), by_gender=0.5)
    sides = next(one.sides for one in comparisons(frame, "accent", "A") if one.group == "B")
    found = model_gap(sides, ["gender"])
    x = np.column_stack([sides.in_group, sides.rows["gender"] == "f"]).astype(float)
    b = fit_speaker_model(sides.errors, sides.words, x, sides.speaker).coefficients
    as_group, as_reference = (
        (sides.words * np.exp(b[0] + b[1] * side + b[2] * x[:, 1])).sum() / sides.words.sum() for side in (1, 0)
    )
    assert found.difference == pytest.approx(as_group - as_reference, rel=1e-6)
    assert found.ratio == pytest.approx(as_group / as_reference, rel=1e-6)


def test_the_slopes_of_the_difference_are_those_of_finite_differences():
    sides = next(one.sides for one in comparisons(audit((5, 6)), "accent", "A") if one.group == "B")
    part, columns, _ = _prepared(sides, ["gender"])
    at = np.array([-1.7, 0.4, 0.3])
    slopes = [
        (_difference(at + step, part, columns)[0] - _difference(at - step, part, columns)[0]) / 2e-6
        for step in np.eye(3) * 1e-6
    ]
    assert _difference(at, part, columns)[1] == pytest.approx(slopes, rel=1e-6)


def test_the_interval_of_the_difference_is_near_the_jackknife_left_out_for_real():
    frame = audit((7, 9), by_gender=0.5)

    def estimate(rows):
        sides = next(one.sides for one in comparisons(rows, "accent", "A") if one.group == "B")
        return model_gap(sides, ["gender"])

    whole = estimate(frame)
    names = sorted(frame["speaker_id"].unique())
    left = np.array([estimate(frame[frame["speaker_id"] != name]).difference for name in names])
    words = frame.groupby("speaker_id")["ref_words"].sum().to_numpy(dtype=float)
    in_group = np.array([name[0] == "B" for name in names])
    interval = two_sided_jackknife(left, in_group, words).interval(whole.difference)
    assert whole.interval.high - whole.interval.low == pytest.approx(interval.high - interval.low, rel=0.25)


def test_conditioning_on_a_mediator_is_labelled_in_its_row_only():
    found = by_method(CONFOUNDED, covariates=["gender", "log_speech_rate"])
    assert found["fully adjusted"]["caveat"].startswith(f"{NOT_A_METRIC}; holds equal what the group itself may cause")
    assert "log_speech_rate: speech rate can be part of an accent" in found["fully adjusted"]["caveat"]
    assert all(
        row["caveat"] == "" for method, row in found.items() if method not in ("fully adjusted", "propensity matched")
    )
    only_mediators = by_method(CONFOUNDED, covariates=["log_speech_rate"])
    assert set(only_mediators) == {"raw", "matched prompts", "fully adjusted"}


def test_the_gee_over_mediators_alone_is_labelled_too():
    found = by_method(CONFOUNDED, covariates=["log_speech_rate"], methods=["GEE"])
    assert NOT_A_METRIC in found["GEE"]["caveat"]


def test_by_itself_it_takes_what_the_frame_has():
    found = by_method(CONFOUNDED)
    assert set(found) == set(METHODS) - {"GEE"}  # gender, log_duration; log_speech_rate is a mediator
    bare = by_method(CONFOUNDED.drop(columns=["gender", "duration_s", "prompt_id"]))
    assert set(bare) == {"raw"}


def test_a_small_part_of_the_words_is_said():
    rows = [
        ("a1", "A", "p", 2, 10),
        ("a2", "A", "p", 1, 10),
        ("b1", "B", "p", 4, 10),
        ("b2", "B", "p", 3, 10),
        ("b2", "B", "q", 30, 100),
    ]
    found = by_method(rows_of(rows), covariates=[])
    assert found["matched prompts"]["coverage"] == pytest.approx(20 / 120)
    assert found["matched prompts"]["caveat"] == "rests on 17 % of the group's words"


def test_a_group_without_errors_or_words_or_speakers_keeps_its_row():
    frame = audit((3, 5))
    frame.loc[frame["accent"] == "B", "errors"] = 0
    row = by_method(frame, covariates=["gender"])["adjusted"]
    assert np.isnan(row["ratio"]) and row["reason"] == "no errors on one side: no estimate"
    row = by_method(audit((1, 5)), covariates=["gender"])["adjusted"]
    assert np.isfinite(row["ratio"]) and np.isnan(row["ci_low"]) and "fewer than 2 speakers" in row["reason"]
    frame = audit((3, 5))
    frame.loc[frame["accent"] == "B", ["errors", "ref_words"]] = 0
    found = by_method(frame, covariates=["gender"])
    assert {row["coverage"] for row in found.values()} == {0.0}
    assert all(row["reason"] for row in found.values())


def test_covariates_that_are_the_group_itself_are_said():
    frame = audit((5, 5)).assign(region=lambda rows: rows["accent"])
    row = by_method(frame, covariates=["region"])["adjusted"]
    assert "tell the sides apart completely" in row["reason"] and np.isnan(row["ratio"])


def test_a_covariate_that_is_constant_is_said():
    frame = audit((5, 5)).assign(gender="f")
    row = by_method(frame, covariates=["gender"])["adjusted"]
    assert row["reason"] == "gender does not vary here"
    raw = by_method(frame, covariates=["gender"])["raw"]
    assert row["ratio"] == pytest.approx(raw["ratio"], rel=0.15)


def test_missing_values_lower_the_coverage():
    frame = audit((6, 6))
    frame.loc[frame["speaker_id"] == "B0", "duration_s"] = np.nan
    row = by_method(frame, covariates=["log_duration"])["adjusted"]
    words = frame.groupby("speaker_id")["ref_words"].sum()
    of_b = words[words.index.str.startswith("B")]
    assert row["coverage"] == pytest.approx(1 - of_b["B0"] / of_b.sum()) and row["n_speakers"] == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"covariates": ["accent"]}, "'accent' is what is compared"),
        ({"covariates": ["sex"]}, "no covariate 'sex'"),
        ({"methods": ["magic"]}, "no method 'magic'"),
        ({"methods": ["adjusted"], "covariates": []}, "nothing to do for 'adjusted'"),
        ({"reference": "C"}, "no group 'C'"),
    ],
)
def test_mistakes_are_named(given, message):
    with pytest.raises(ScoringError, match=message):
        adjusted_gaps(audit((2, 2)), "accent", **given)


def test_collinear_covariates_are_an_error_at_once():
    frame = audit((4, 4)).assign(x=lambda rows: rows["ref_words"] * 1.0, y=lambda rows: rows["ref_words"] / 2)
    with pytest.raises(ScoringError, match="'y' follows from 'x'"):
        adjusted_gaps(frame, "accent", covariates=["x", "y"])


def test_every_model_and_condition_has_its_rows_and_an_empty_frame_none():
    frame = pd.concat([audit((3, 3)).assign(condition_id=one) for one in ("clean", "noise")])
    table = adjusted_gaps(frame, "accent", covariates=["gender"])
    assert len(table) == 2 * 2 * 5
    assert adjusted_gaps(frame.iloc[:0], "accent", covariates=["gender"]).empty


def test_the_gee_says_when_it_cannot():
    sides = next(one.sides for one in comparisons(audit((1, 1)), "accent", "A") if one.group == "B")
    assert np.isnan(gee_gap(sides, []).ratio)
