"""Word alignment: which word of the hypothesis stands for which word of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

Operation = Literal["hit", "substitution", "deletion", "insertion"]


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """One step of an alignment; ``reference`` is empty for an insertion, ``hypothesis`` for a deletion."""

    op: Operation
    reference: str
    hypothesis: str


def align_words(reference: str, hypothesis: str) -> tuple[AlignedWord, ...]:
    """Return the alignment of two texts, word by word in reading order; its counts are those of ``count_words``.

    Source: one of the minimum edit distance alignments, rapidfuzz's choice among equals.

    >>> [(word.op, word.reference, word.hypothesis) for word in align_words("pump off", "bump off now")]
    [('substitution', 'pump', 'bump'), ('hit', 'off', 'off'), ('insertion', '', 'now')]
    """
    text, written = reference.split(), hypothesis.split()
    words: list[AlignedWord] = []
    for code in Levenshtein.opcodes(text, written):
        ours, theirs = text[code.src_start : code.src_end], written[code.dest_start : code.dest_end]
        if code.tag == "delete":
            words += [AlignedWord("deletion", word, "") for word in ours]
        elif code.tag == "insert":
            words += [AlignedWord("insertion", "", word) for word in theirs]
        else:
            op: Operation = "hit" if code.tag == "equal" else "substitution"
            words += [AlignedWord(op, word, other) for word, other in zip(ours, theirs, strict=True)]
    return tuple(words)
