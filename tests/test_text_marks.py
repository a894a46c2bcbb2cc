"""Marks of transcribers: each guide's own marks are known, words that were said stay, ordinary text has none."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.text.marks import find_marks, mark_counts, remove_marks
from workbench.text.typography import has_typography, plain_signs


@pytest.mark.parametrize(
    ("text", "left", "kind"),
    [
        ("SPEAKER_00: so be it", "so be it", "speaker label"),  # pyannote
        ("((I think)) so", "I think so", "uncertain words"),  # LDC
        ("(( )) so", "so", "uncertain words"),
        ("went /RD-NAME-2/ home", "went home", "not understood"),  # CORAAL
        ("went /unintelligible/ home", "went home", "not understood"),
        ("went /?/ home", "went home", "not understood"),
        ("went /to the/ home", "went to the home", "guessed words"),
        ("%HESITATION I think", "I think", "hesitation mark"),  # IBM Watson
        ("i <unk> think", "i think", "tag"),
        ("[noise] so", "so", "square brackets"),
        ("{laugh} so", "so", "braces"),
        ("(laughs) so", "so", "parentheses"),
        ("%um ~A so", "um A so", "word mark"),  # LDC
        ("♪ la la ♪", "la la", "music"),
    ],
)
def test_a_mark_goes_and_what_was_said_stays(text, left, kind):
    assert remove_marks()(text).split() == left.split()
    assert {found for found, _ in find_marks(text)} == {kind}


@pytest.mark.parametrize(
    "text", ["and/or but/and", "it is 5 % or 3/4 of it", "well: so be it", "a < b", "speakers: two", "he said 'no'"]
)
def test_ordinary_text_has_no_marks(text):
    assert list(find_marks(text)) == []
    assert remove_marks()(text) == text


def test_marks_are_counted_by_side_and_group():
    frame = pd.DataFrame(
        {
            "site": ["a", "a", "b"],
            "reference_raw": ["[noise] x [noise]", "x", "x"],
            "hypothesis_raw": ["x", None, "SPEAKER_1: x"],
        }
    )
    counts = mark_counts(frame, ["site"]).set_index(["site", "side", "mark"])
    assert counts.loc[("a", "reference", "square brackets"), ["n_marks", "n_texts", "texts"]].tolist() == [2, 1, 2]
    assert counts.loc[("b", "hypothesis", "speaker label"), "n_marks"] == 1
    assert len(counts) == 2
    with pytest.raises(ScoringError, match=r"no column 'sites'.*did you mean 'site'"):
        mark_counts(frame, ["sites"])
    with pytest.raises(ScoringError, match=r"no mark of kind 'noise'"):
        remove_marks("noise")


def test_typographic_signs_are_written_one_way():
    assert plain_signs("don’t – “now”\u200b…") == 'don\'t - "now" '
    assert not has_typography('don\'t - "now" ...')


def test_alternatives_in_nists_notation_are_no_marks():
    for text in ("i { did not / didn't / @ } know", "i { am { not / @ } / 'm } going / home"):
        assert list(find_marks(text)) == []
    assert [kind for kind, _ in find_marks("{laugh} { a / b } /word/")] == ["guessed words", "braces"]
