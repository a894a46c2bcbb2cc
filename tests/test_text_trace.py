"""Rule trace: the changes it names lead from the text to its normal form, and are counted per group."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.text import Change, get_normaliser, rule_table, trace


def test_a_trace_names_step_and_words():
    assert trace("Can’t, um, see 2 colours", get_normaliser("fair_en")) == (
        Change("case", "Can’t,", "can’t,"),
        Change("apostrophes", "can’t,", "can't,"),
        Change("listening", "um,", ""),
        Change("numbers", "2", "two"),
        Change("punctuation", "can't,", "can't"),
        Change("spelling", "colours", "colors"),
    )


@pytest.mark.parametrize("name", ["none", "basic", "whisper_en", "koenecke2020", "fair_en"])
def test_a_text_in_its_normal_form_leaves_no_trace(name):
    assert trace("the pump is off", get_normaliser(name)) == ()


def test_the_table_says_whose_speech_a_rule_changed():
    scores = pd.DataFrame(
        {
            "accent": ["scottish", "scottish", "us"],
            "reference_raw": ["erm aye", "erm colour", "um color"],
            "hypothesis_raw": ["aye", None, "colour"],
        }
    )
    table = rule_table(scores, get_normaliser("whisper_en"), ["accent"]).set_index(["accent", "side", "step"])
    assert table.loc[("scottish", "reference", "fillers"), "n_changes"] == 0
    assert table.loc[("us", "reference", "fillers"), "n_changes"] == 1
    assert table.loc[("us", "reference", "fillers"), "examples"] == "um > (nothing)"
    assert table.loc[("scottish", "reference", "spelling"), ["n_changes", "n_texts", "texts"]].tolist() == [1, 1, 2]
    assert table.loc[("scottish", "hypothesis", "spelling"), "texts"] == 1
    assert table.loc[("us", "hypothesis", "spelling"), "n_changes"] == 1


def test_an_unknown_column_is_refused():
    frame = pd.DataFrame({"accent": ["us"], "reference_raw": ["a"], "hypothesis_raw": ["a"]})
    with pytest.raises(ScoringError, match=r"no column 'acent' to group by; did you mean 'accent'\?"):
        rule_table(frame, get_normaliser("basic"), ["acent"])
