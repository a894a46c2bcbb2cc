"""Raw texts to counted rows under any normaliser."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.schema import COUNTS
from workbench.text import Alternatives, add_scores, get_normaliser


def raw(*pairs: tuple[str, str | None], index: list[int] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=["reference_raw", "hypothesis_raw"], index=index, dtype="str")
    return frame.assign(status=["ok" if hypothesis is not None else "failed" for _, hypothesis in pairs])


def test_one_frame_scored_under_two_normalisers_differs_only_in_the_scores():
    frame = raw(("Don't STOP.", "don't stop"), ("colour", "color"))
    none = add_scores(frame, get_normaliser("none"))
    whisper = add_scores(none, get_normaliser("whisper_en"))
    assert none["errors"].tolist() == [2, 1]
    assert whisper["errors"].tolist() == [0, 0]
    assert whisper["reference"].tolist() == ["do not stop", "color"]
    assert set(whisper["normaliser_id"]) == {"whisper_en-1"}
    assert whisper["reference_raw"].tolist() == frame["reference_raw"].tolist()
    assert list(whisper.columns) == [*frame.columns, "normaliser_id", "reference", "hypothesis", *COUNTS]


def test_rows_keep_their_index_and_order():
    scored = add_scores(raw(("a", "a"), ("b", "c"), ("b b", ""), index=[9, 2, 5]), get_normaliser("basic"))
    assert scored["errors"].to_dict() == {9: 0, 2: 1, 5: 2}


def test_a_failed_decode_keeps_missing_text_and_missing_counts_and_silence_does_not():
    scored = add_scores(raw(("a b", None), ("a b", "")), get_normaliser("whisper_en"))
    assert scored["hypothesis"].isna().tolist() == [True, False]
    assert scored["errors"].isna().tolist() == [True, False]
    assert scored["deletions"].tolist()[1] == 2


def test_text_that_looks_like_a_missing_value_is_text():
    scored = add_scores(raw(("null", "NaN"), ("NA", "None")), get_normaliser("none"))
    assert scored["reference"].tolist() == ["null", "NA"]
    assert scored["errors"].tolist() == [1, 1]


def test_a_missing_reference_is_refused():
    with pytest.raises(ScoringError, match="no reference"):
        add_scores(pd.DataFrame({"reference_raw": ["a", None], "hypothesis_raw": ["a", "b"]}), get_normaliser("none"))


def test_no_rows_are_scored_without_complaint():
    scored = add_scores(raw(), get_normaliser("whisper_en"))
    assert scored.empty
    assert "errors" in scored


def test_every_different_text_is_normalised_once():
    class Counting:
        id, name, steps, alternatives, languages = "counting-1", "counting", (), Alternatives(), ()
        calls = 0

        def __call__(self, text: str) -> str:
            self.calls += 1
            return text

    counting = Counting()
    add_scores(raw(*[("a", "b"), ("a", "c"), ("a", "b")] * 10), counting)
    assert counting.calls == 3
