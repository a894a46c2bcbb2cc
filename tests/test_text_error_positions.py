"""Places of errors: as many as there are errors, and where the alignment puts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import align_words, count_words, error_places

WORDS = st.lists(st.sampled_from("abcd"), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "places"),
    [
        ("a b c", "a b c", []),
        ("a b c", "a x c", [3]),  # word 1
        ("a b c", "b c", [1]),  # word 0 is missing
        ("a b c", "a b c d d", [6, 6]),  # after the last word
        ("a b c", "d a b c", [0]),  # before the first
        ("a b c", "a d b c", [2]),  # before word 1
        ("", "a b", [0, 0]),
        ("a b", "", [1, 3]),
    ],
)
def test_a_place_is_odd_on_a_word_and_even_between_words(reference, hypothesis, places) -> None:
    assert error_places([reference], [hypothesis]).place.tolist() == places


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5))
def test_places_are_those_of_the_alignment(pairs) -> None:
    found = error_places([reference for reference, _ in pairs], [hypothesis for _, hypothesis in pairs])
    for row, (reference, hypothesis) in enumerate(pairs):
        places = found.place[found.row == row].tolist()
        assert len(places) == count_words(reference, hypothesis).errors
        walked, word = [], 0
        for step in align_words(reference, hypothesis):
            if step.op != "hit":
                walked.append(2 * word + (step.op != "insertion"))
            word += step.op != "insertion"
        assert places == walked == sorted(places)
