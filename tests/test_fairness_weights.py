"""Survey weights against statsmodels, and ages as bands."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from tests.command_line import parsed
from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import gaps, rates, score_table


def weighted_scores() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [(f"{g}{s}", g, int(rng.poisson(6 + 6 * (s % 2))), 50) for g in "AB" for s in range(10) for _ in range(3)]
    return make_scores(rows).assign(survey_weight=lambda f: np.where(f["speaker_id"].str[-1].astype(int) % 2, 1.0, 4.0))


def test_a_weighted_rate_is_that_of_a_weighted_regression_clustered_on_speaker():
    scores = weighted_scores().query("accent == 'A'")
    row = rates(scores, mode="weighted").iloc[0]
    e, n, w = (scores[name].to_numpy(float) for name in ("errors", "ref_words", "survey_weight"))
    codes = pd.factorize(scores["speaker_id"])[0]
    fit = sm.WLS(e / n, np.ones(len(e)), weights=w * n).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    se = fit.bse[0] * math.sqrt(10 / 9)
    own = np.bincount(codes, weights=w * n)
    root, df = math.sqrt(fit.params[0]), own.sum() ** 2 / (own**2).sum() - 1
    assert row["rate"] == pytest.approx((w * e).sum() / (w * n).sum(), rel=1e-12)
    assert math.sqrt(row["ci_high"]) == pytest.approx(root + stats.t.ppf(0.975, df) * se / (2 * root), rel=1e-9)
    assert row["rate"] < rates(scores).iloc[0]["rate"], "those who stand for many err less"


def test_equal_weights_change_nothing_and_their_unit_neither():
    scores = weighted_scores()
    plain, equal = (gaps(scores.assign(survey_weight=7.0), "accent", mode=mode) for mode in ("pooled", "weighted"))
    columns = ["difference", "ratio", "p_value", "ci_low", "ci_high", "verdict"]
    pd.testing.assert_frame_equal(plain[columns], equal[columns], rtol=1e-9)
    halves = gaps(scores.assign(survey_weight=scores["survey_weight"] / 2), "accent", mode="weighted")
    pd.testing.assert_frame_equal(halves[columns], gaps(scores, "accent", mode="weighted")[columns], rtol=1e-9)


def test_weights_that_cannot_be_used_are_counted():
    scores = weighted_scores().assign(survey_weight=lambda f: f["survey_weight"].where(f.index > 1, -1))
    with pytest.raises(ScoringError, match=r"2 of 60 rows have no positive weight \(-1.0\)"):
        rates(scores, mode="weighted")
    with pytest.raises(ScoringError, match="no column 'survey_weight'"):
        rates(scores.drop(columns="survey_weight"), mode="weighted")


def test_score_takes_weights_and_bands(tmp_path):
    ages = ["17", "18", "44", "45", "59", "60", "sixties", ""]
    rows = [(f"s{i}", age, 1 + i % 2, "a b", "a c" if i % 2 else "a b") for i, age in enumerate(ages)]
    path = tmp_path / "t.csv"
    pd.DataFrame(rows, columns=["who", "age", "w", "reference", "hypothesis"]).to_csv(path, index=False)
    scored = parsed("score", path, "--by", "age", "--speaker", "who", "--bands", "age", "--weight", "w")
    assert [row["age"] for row in scored["rates"]] == [
        "18-29",
        "30-44",
        "45-59",
        "60 or older",
        "not stated",
        "sixties",
        "under 18",
    ]
    older = next(row for row in scored["rates"] if row["age"] == "45-59")
    assert older["rate"] == pytest.approx((2 * 1) / (2 * 2 + 1 * 2)), "the one who errs weighs twice"
    assert any("weighted by 'w'" in note for note in scored["notes"])
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    two = score_table(frame, by=["age"], speaker="who", bands={"age": [50]})
    assert set(two.rates["age"]) == {"under 50", "50 or older", "sixties", "not stated"}
    with pytest.raises(ScoringError, match="no limits of ages"):
        score_table(frame, by=["age"], speaker="who", bands={"age": [50, 20]})
    with pytest.raises(ScoringError, match="1990 are no ages"):
        score_table(frame.assign(age="1990"), by=["age"], speaker="who", bands={"age": []})
