"""Keywords: what counts as said, right and added, whatever the length of a term."""

from __future__ import annotations

import pytest

from workbench.errors import ScoringError
from workbench.text import get_normaliser
from workbench.text.keyword_lists import Keywords, keyword_counts, read_keywords, shipped_keywords

LISTS = {"negation": ["no", "not", "can't"], "drugs": ["heparin", "folic acid", "acid"]}
KEYWORDS = Keywords.of(LISTS, get_normaliser("basic"))


def counts(reference: str, hypothesis: str) -> dict[str, tuple[int, int, int]]:
    frame = keyword_counts([reference], [hypothesis], KEYWORDS)
    return {row.keyword_class: (row.said, row.right, row.added) for row in frame.itertuples()}


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("do not give heparin", "do not give heparin", {"negation": (1, 1, 0), "drugs": (1, 1, 0)}),
        ("do not give heparin", "do give her parrot", {"negation": (1, 0, 0), "drugs": (1, 0, 0)}),
        ("give it now", "do not give it now", {"negation": (0, 0, 1)}),
        ("give folic acid", "give frolic acid", {"drugs": (1, 0, 0)}),
        ("give folic acid", "give folic acid", {"drugs": (1, 1, 0)}),
        ("acid acid", "acid", {"drugs": (2, 1, 0)}),
        ("plain words", "plain words", {}),
        ("no", "not", {"negation": (1, 0, 1)}),
    ],
)
def test_terms_are_said_right_and_added(reference, hypothesis, expected):
    assert counts(reference, hypothesis) == expected


def test_a_failed_decode_has_no_row_and_positions_are_kept():
    frame = keyword_counts(["no", "no", "no"], ["no", None, ""], KEYWORDS)
    assert frame[["row", "said", "right"]].to_numpy().tolist() == [[0, 1, 1], [2, 1, 0]]


def test_terms_are_normalised_as_the_transcripts_are():
    assert Keywords.of({"n": ["Can't"]}, get_normaliser("whisper_en")).classes["n"] == {("can", "not")}


def test_the_shipped_lists_are_there_under_every_normaliser():
    for name in ("basic", "whisper_en", "koenecke2020", "fair_en"):
        classes = Keywords.of(shipped_keywords(), get_normaliser(name)).classes
        assert set(classes) == {"negation", "numbers", "pronouns", "slang", "drugs"}
        assert all(len(terms) > 20 for terms in classes.values())


def test_a_list_of_the_user_says_everything_that_is_wrong(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("class,term\nnames,Nguyen\nnames,\n,Okafor\nplaces,Accra\n")
    with pytest.raises(ScoringError, match=r"names\.csv: line 3: no term; line 4: no class"):
        read_keywords(path)
    path.write_text("\ufeffclass,term\nnames,Nguyen\nplaces,Accra\n", encoding="utf-8")
    assert read_keywords(path) == {"names": ["Nguyen"], "places": ["Accra"]}
    path.write_text("name\nNguyen\n")
    with pytest.raises(ScoringError, match="no column 'class', 'term'"):
        read_keywords(path)
