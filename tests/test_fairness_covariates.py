"""Covariates: what they measure, their columns, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness.adjusted.covariates import available_covariates, design, with_covariates

ROWS = pd.DataFrame(
    {
        "utterance_id": ["1", "2", "3", "3"],
        "corpus_id": "c",
        "reference_raw": ["Um, the pump", "the erm, er alarm", "the", "the"],
        "reference": ["the pump", "the alarm", "the", "the"],
        "ref_words": [2, 2, 1, 1],
        "duration_s": [1.0, 2.0, 0.5, np.nan],
        "accent": ["a", "a", "b", "b"],
        "gender": ["f", "m", "f", None],
    }
)


def test_derived_covariates_are_what_they_say():
    found = with_covariates(ROWS, ["log_duration", "log_speech_rate", "text_difficulty", "disfluency"])
    assert found["log_duration"].tolist()[:3] == pytest.approx(np.log([1, 2, 0.5]))
    assert found["log_speech_rate"].tolist()[:3] == pytest.approx(np.log([2, 1, 2]))
    assert np.isnan(found["log_duration"].iloc[3]) and np.isnan(found["log_speech_rate"].iloc[3])
    # five words spoken once each utterance: the three times, pump and alarm once
    bits = {word: -np.log2(share) for word, share in {"the": 3 / 5, "pump": 1 / 5, "alarm": 1 / 5}.items()}
    assert found["text_difficulty"].tolist() == pytest.approx(
        [(bits["the"] + bits["pump"]) / 2] * 2 + [bits["the"]] * 2
    )
    assert found["disfluency"].tolist() == pytest.approx([1 / 3, 2 / 4, 0, 0])


def test_a_duration_of_zero_and_an_empty_text_are_missing():
    odd = ROWS.assign(duration_s=0.0, reference="", reference_raw="...")
    found = with_covariates(odd, ["log_duration", "text_difficulty", "disfluency"])
    assert found[["log_duration", "text_difficulty", "disfluency"]].isna().all(axis=None)


def test_what_is_available_varies_and_tells_something_of_its_own():
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["um", "the", "pump", "alarm", "of", "to"], rng.integers(2, 9))) for _ in range(40)]
    rows = pd.DataFrame({"reference": texts, "reference_raw": texts, "gender": rng.choice(["f", "m"], 40), "errors": 1})
    rows = rows.assign(
        ref_words=rows["reference"].str.split().str.len(), duration_s=rng.uniform(1, 2, 40), accent="a", corpus_id="c",
        utterance_id=[str(i) for i in range(40)],
    )  # fmt: skip
    everything = ["gender", "log_duration", "text_difficulty", "log_speech_rate", "disfluency"]
    assert available_covariates(rows, "accent") == everything
    assert available_covariates(rows, "gender") == everything[1:]
    assert available_covariates(rows.assign(gender="f", duration_s=2.0), "accent") == everything[2:]
    follows = rows.assign(
        reference="pump", ref_words=1
    )  # the rate is minus the duration, the difficulty one and the same
    assert available_covariates(follows, "accent") == ["gender", "log_duration", "disfluency"]
    assert available_covariates(rows[["accent", "ref_words", "errors"]], "accent") == []
    assert available_covariates(rows.iloc[:0], "accent") == []


def test_unknown_and_underivable_covariates_are_refused():
    with pytest.raises(ScoringError, match=r"no covariate 'speech_rate'; did you mean 'log_speech_rate'"):
        with_covariates(ROWS, ["speech_rate"])
    with pytest.raises(ScoringError, match="'log_duration' needs the column 'duration_s'"):
        with_covariates(ROWS.drop(columns="duration_s"), ["log_duration"])


def test_levels_have_columns_but_the_most_frequent_and_numbers_are_centred():
    found = design(ROWS.assign(x=[1.0, 2, 3, 6]), ["gender", "x"])
    assert found.names == ("gender=m", "gender=not stated", "x")
    assert found.matrix[:, 2] == pytest.approx([-2, -1, 0, 3])
    assert found.matrix[:, :2].tolist() == [[0, 0], [1, 0], [0, 0], [0, 1]]
    assert found.terms == ("gender", "gender", "x")
    assert design(ROWS, ["gender"], baseline={"gender": "m"}).names == ("gender=f", "gender=not stated")


def test_interactions_are_products():
    rows = pd.DataFrame({"a": list("xxyy") * 2, "b": list("pqpq") * 2, "n": np.arange(8.0)})
    found = design(rows, ["a", "b", "a:b", "a:n"])
    assert found.names == ("a=y", "b=q", "a=y:b=q", "a=y:n")
    columns = dict(zip(found.names, found.matrix.T, strict=True))
    assert columns["a=y:b=q"] == pytest.approx(columns["a=y"] * columns["b=q"])
    assert columns["a=y:n"] == pytest.approx(columns["a=y"] * (np.arange(8.0) - 3.5))


def test_rows_with_a_missing_number_are_not_kept():
    found = design(with_covariates(ROWS, ["log_duration"]), ["log_duration"])
    assert found.kept.tolist() == [True, True, True, False] and len(found.matrix) == 3


def test_a_constant_has_no_column_and_is_named():
    found = design(ROWS.assign(x=3.0), ["x", "gender"])
    assert found.constant == ("x",) and found.names == ("gender=m", "gender=not stated")


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9])
def test_collinear_covariates_are_named(scale):
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"a": rng.normal(size=30), "b": rng.normal(size=30), "other": rng.normal(size=30)})
    rows["c"] = scale * (rows["a"] - 2 * rows["b"] + 5)
    with pytest.raises(ScoringError, match="'c' follows from 'a', 'b': their effects cannot be told apart; leave one"):
        design(rows, ["a", "b", "other", "c"])
    rows["c"] += scale * 1e-3 * rng.normal(size=30)
    assert len(design(rows, ["a", "b", "other", "c"]).names) == 4


def test_no_rows_give_no_columns():
    assert design(ROWS.iloc[:0], ["gender"]).matrix.shape == (0, 0)
