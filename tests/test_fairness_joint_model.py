"""The joint model: its coefficients are statsmodels', its covariance that of leaving speakers out, its tests find what was planted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from workbench.errors import ScoringError
from workbench.fairness.adjusted.joint_model import fitted, joint_model


def scores(interaction: float = 1.0, n: int = 10, seed: int = 2) -> pd.DataFrame:
    """Accent B has 1.5 times the errors, men 1.3 times; men of B ``interaction`` times what both lead to expect."""
    rng = np.random.default_rng(seed)
    rows = []
    for accent, gender, factor in (("A", "f", 1.0), ("A", "m", 1.3), ("B", "f", 1.5), ("B", "m", 1.95 * interaction)):
        for speaker in range(n):
            own = 0.1 * factor * rng.gamma(16, 1 / 16)
            for prompt in range(4):
                rows.append(
                    (f"{accent}{gender}{speaker}", f"p{prompt}", accent, gender, int(rng.poisson(100 * own)), 100)
                )
    frame = pd.DataFrame(rows, columns=["speaker_id", "prompt_id", "accent", "gender", "errors", "ref_words"])
    return frame.assign(model_id="m", condition_id="clean")


def test_ratios_are_those_of_a_regression_and_multiply_to_one_within_an_attribute():
    frame = scores()
    found = joint_model(frame, ["accent", "gender"]).set_index(["kind", "term", "group"])
    people = frame.groupby(["speaker_id", "accent", "gender"], as_index=False)[["errors", "ref_words"]].sum()
    fit = smf.glm(
        "errors ~ accent + gender", people, family=sm.families.Poisson(), offset=np.log(people["ref_words"])
    ).fit()
    ratios = found.loc["group"]["ratio"]
    assert ratios["accent", "B"] / ratios["accent", "A"] == pytest.approx(math.exp(fit.params["accent[T.B]"]), rel=1e-8)
    assert ratios["accent", "B"] * ratios["accent", "A"] == pytest.approx(1)
    row = found.loc["group", "accent", "B"]
    assert row["ci_low"] < row["ratio"] < row["ci_high"]
    assert found.loc["attribute", "accent", ""]["p_value"] < 0.01


def test_its_covariance_is_that_of_leaving_each_speaker_out():
    frame = scores(n=15)
    people = frame.groupby(["speaker_id", "accent", "gender"], as_index=False)[["errors", "ref_words"]].sum()
    cell = people.rename(columns={"errors": "numerator", "ref_words": "denominator"}).assign(unit=people["speaker_id"])
    design = np.column_stack([np.ones(len(cell)), cell["accent"] == "B", cell["gender"] == "m"]).astype(float)
    result = fitted(cell, design)
    assert result is not None and result.df == 60 - 3
    left_out = np.array([fitted(cell.drop(index=s), np.delete(design, s, axis=0)).coefficients for s in cell.index])
    apart = left_out - left_out.mean(axis=0)
    np.testing.assert_allclose(result.covariance, 59 / 60 * apart.T @ apart, rtol=0.05, atol=2e-5)


def test_an_interaction_is_found_where_there_is_one_and_prompts_can_be_allowed_for():
    for prompt in ("", "prompt_id"):
        planted = joint_model(scores(2.5), ["accent", "gender"], prompt=prompt).query("kind == 'interaction'")
        assert planted["term"].item() == "accent x gender" and planted["n_terms"].item() == 1
        assert planted["p_value"].item() < 0.05
    assert joint_model(scores(), ["accent", "gender"]).query("kind == 'interaction'")["p_value"].item() > 0.05


def test_what_cannot_be_told_apart_is_said():
    frame = scores()
    same = frame.assign(region=np.where(frame["accent"] == "A", "x", "y"))
    found = joint_model(same, ["accent", "region"])
    assert found["p_value"].isna().all() and found["reason"].str.contains("cannot be told apart|no two groups").all()
    with pytest.raises(ScoringError, match="takes 2 to 5 attributes, not 1"):
        joint_model(frame, ["accent"])
