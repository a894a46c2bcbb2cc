"""Edit counts against jiwer, an implementation of its own, and against the definition of edit distance."""

from __future__ import annotations

import jiwer
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.schema import COUNTS
from workbench.text import Counts, count_frame, count_words

WORDS = st.lists(
    st.sampled_from(["a", "b", "c", "the", "then", "é", "e\u0301", "日本", "نعم", "👍", "-1"]), max_size=12
)
TEXT = WORDS.map(" ".join) | st.text("ab é\t\u3000", max_size=20).map(lambda text: " ".join(text.split()))


def jiwer_counts(reference: str, hypothesis: str) -> Counts:
    output = jiwer.process_words(reference, hypothesis)
    return Counts(output.hits, output.substitutions, output.deletions, output.insertions)


@given(reference=TEXT, hypothesis=TEXT)
@example("", "")
@example("", "a b c")
@example("a b c", "")
@example("a a a b", "a b a a")
def test_word_counts_equal_jiwers(reference, hypothesis):
    assert count_words(reference, hypothesis) == jiwer_counts(reference, hypothesis)


def minimum_edits(a, b) -> int:
    """Wagner and Fischer's table, straight from the definition."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        previous, row = row, [i]
        for j, y in enumerate(b, start=1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y)))
    return row[-1]


@given(reference=TEXT, hypothesis=TEXT)
def test_errors_are_the_minimum_edit_distance_and_counts_add_up(reference, hypothesis):
    counts = count_words(reference, hypothesis)
    assert counts.errors == minimum_edits(reference.split(), hypothesis.split())
    assert counts.ref_words == len(reference.split())
    assert counts.hyp_words == len(hypothesis.split())
    assert min(counts.hits, counts.substitutions, counts.deletions, counts.insertions) >= 0


@settings(max_examples=50)
@given(pairs=st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=8))
def test_the_frame_holds_the_counts_of_each_pair_in_order(pairs):
    frame = count_frame([reference for reference, _ in pairs], [hypothesis for _, hypothesis in pairs])
    assert list(frame.columns) == list(COUNTS)
    assert set(frame.dtypes.astype(str)) == {"Int32"}
    assert len(frame) == len(pairs)
    for (reference, hypothesis), row in zip(pairs, frame.to_dict("records"), strict=True):
        if hypothesis is None:
            assert all(pd.isna(value) for value in row.values())
            continue
        counts = jiwer_counts(reference, hypothesis)
        assert row == {
            "hits": counts.hits,
            "substitutions": counts.substitutions,
            "deletions": counts.deletions,
            "insertions": counts.insertions,
            "ref_words": counts.ref_words,
            "hyp_words": counts.hyp_words,
            "errors": counts.errors,
            "char_errors": minimum_edits(reference, hypothesis),
            "ref_chars": len(reference),
        }


def test_an_empty_reference_has_no_words_and_only_insertions():
    assert count_words("", "a b c") == Counts(0, 0, 0, 3)
    assert count_words("", "") == Counts(0, 0, 0, 0)


def test_nothing_recognised_is_all_deletions():
    assert count_words("a b c", "") == Counts(0, 0, 3, 0)


def test_any_white_space_separates_words():
    assert count_words("a\tb\n c", "a b\u3000c") == Counts(3, 0, 0, 0)


def test_missing_hypotheses_of_any_kind_are_failed_decodes_and_not_empty_text():
    frame = count_frame(["a", "a", "a", "a"], [None, float("nan"), pd.NA, ""])
    assert frame["errors"].isna().tolist() == [True, True, True, False]
    assert frame["deletions"][3] == 1


def test_a_missing_reference_is_refused_with_its_row():
    with pytest.raises(ScoringError, match=r"1 rows have no reference \(rows 1,"):
        count_frame(["a", None, ""], ["a", "a", "a"])


def test_unequal_numbers_of_texts_are_refused():
    with pytest.raises(ScoringError, match="2 references and 1 hypotheses"):
        count_frame(["a", "b"], ["a"])


@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("internationalisation", "x"),
        ("x", "otorhinolaryngologist then"),
        ("", "pneumonoultramicroscopic"),
        ("a" * 300, "b" * 280),
    ],
)
def test_characters_of_long_words_are_counted_in_full(reference, hypothesis):
    frame = count_frame([reference], [hypothesis])
    assert frame["char_errors"].tolist() == [minimum_edits(reference, hypothesis)]


def test_no_rows_give_an_empty_frame_with_all_columns():
    frame = count_frame([], [])
    assert list(frame.columns) == list(COUNTS)
    assert frame.empty


def test_words_invented_in_a_loop_are_counted_in_full():
    assert count_words("thank you", "thank you " + "for watching " * 500).insertions == 1000
