"""Word alignment: complete, in order, and in agreement with the counts."""

from __future__ import annotations

from collections import Counter

import jiwer
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import AlignedWord, align_words, count_words

TEXT = st.lists(st.sampled_from(["a", "b", "c", "the", "日本"]), max_size=10).map(" ".join)


@given(reference=TEXT, hypothesis=TEXT)
def test_an_alignment_reads_as_both_texts_and_its_steps_are_the_counts(reference, hypothesis):
    words = align_words(reference, hypothesis)
    assert " ".join(word.reference for word in words if word.op != "insertion") == reference
    assert " ".join(word.hypothesis for word in words if word.op != "deletion") == hypothesis
    steps, counts = Counter(word.op for word in words), count_words(reference, hypothesis)
    assert steps["hit"] == counts.hits
    assert steps["substitution"] == counts.substitutions
    assert steps["deletion"] == counts.deletions
    assert steps["insertion"] == counts.insertions


@given(reference=TEXT, hypothesis=TEXT)
def test_hits_are_equal_words_and_substitutions_are_not(reference, hypothesis):
    for word in align_words(reference, hypothesis):
        if word.op in ("hit", "substitution"):
            assert (word.reference == word.hypothesis) == (word.op == "hit")
        else:
            assert (word.op == "insertion") == (word.reference == "")
            assert (word.op == "deletion") == (word.hypothesis == "")


@given(reference=TEXT, hypothesis=TEXT)
def test_the_steps_are_jiwers(reference, hypothesis):
    kinds = {"equal": "hit", "substitute": "substitution", "delete": "deletion", "insert": "insertion"}
    expected = []
    for chunk in jiwer.process_words(reference, hypothesis).alignments[0]:
        length = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
        expected += [kinds[chunk.type]] * length
    assert [word.op for word in align_words(reference, hypothesis)] == expected


def test_two_empty_texts_have_no_steps():
    assert align_words("", "  ") == ()


def test_a_dropped_negation_is_one_deletion():
    assert align_words("do not resuscitate", "do resuscitate") == (
        AlignedWord("hit", "do", "do"),
        AlignedWord("deletion", "not", ""),
        AlignedWord("hit", "resuscitate", "resuscitate"),
    )
