"""Words said and written: equal to the alignment of each pair, and to its counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.text import align_words, count_words
from workbench.text.word_outcomes import NOTHING, said_words

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "dd"]), max_size=7).map(" ".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_they_are_the_words_of_the_alignments_in_order(pairs):
    found = said_words([a for a, _ in pairs], [b for _, b in pairs])
    name = [*found.words, ""]
    ours = [
        (r, name[w], name[h])
        for r, w, h in zip(found.row.tolist(), found.word.tolist(), found.written.tolist(), strict=True)
    ]
    theirs = [
        (row, step.reference, step.hypothesis)
        for row, (said, heard) in enumerate(pairs)
        for step in align_words(said, heard)
        if step.op != "insertion"
    ]
    assert ours == theirs
    counts = [count_words(said, heard) for said, heard in pairs]
    assert (found.word != found.written).sum() == sum(one.substitutions + one.deletions for one in counts)
    assert (found.written == NOTHING).sum() == sum(one.deletions for one in counts)


def test_nothing_gives_nothing():
    assert said_words([], []).row.tolist() == [] and said_words([""], ["a b"]).word.tolist() == []
