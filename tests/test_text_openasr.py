"""``openasr_2026`` counts what kaldialign counts with compounds merged, over the rules of Whisper."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.text import count_words, get_normaliser

try:
    import kaldialign
except ImportError:  # comes with the extra for conversations
    if os.environ.get("CI"):
        raise
    pytest.skip("kaldialign is not installed", allow_module_level=True)

WORDS = ["aa", "bb", "cc", "aabb", "bbcc", "ccaa", "aabbcc", "x"]
TEXT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)
RULES = get_normaliser("openasr_2026")


def errors(reference: str, hypothesis: str) -> int:
    said, heard = RULES(reference), RULES(hypothesis)
    return count_words(said, RULES.alternatives.as_written(said, heard)).errors


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_errors_are_those_of_kaldialign_with_compounds_merged(reference, hypothesis):
    """A word of at most three parts; kaldialign knows no limit, which among words of a language makes no difference."""
    own = kaldialign.edit_distance(reference, hypothesis, merge_compounds=True)
    assert errors(" ".join(reference), " ".join(hypothesis)) == own["total"]


def test_compounds_are_no_error_and_whispers_rules_stay():
    assert errors("the white paper is colour coded", "the whitepaper is color-coded") == 0
    assert errors("b b c news", "BBC news") == 0
    assert errors("the white paper", "the white papers") == 1
    plain = get_normaliser("whisper_en")
    assert RULES("Mr. Smith's £20") == plain("Mr. Smith's £20") and RULES.id == "openasr_2026-1"
