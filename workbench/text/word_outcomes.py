"""Every word that was said, and what was written for it: the alignments of many pairs of texts as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

NOTHING = -1
"""Code of what was written for a word that was missed."""


class SaidWords(NamedTuple):
    """The words of all references in reading order, one element each.

    ``row`` says which pair of texts; ``word`` and ``written`` are codes into ``words``: equal where the word was
    recognised, ``written`` is :data:`NOTHING` where it was missed. Invented words stand for none and are left out.
    """

    row: NDArray[np.int64]
    word: NDArray[np.int64]
    written: NDArray[np.int64]
    words: list[str]


def said_words(references: Sequence[str], hypotheses: Sequence[str]) -> SaidWords:
    """Return what was written for every word of every reference, split at white space.

    The alignment is that of ``count_words`` and ``align_words``; equal pairs are aligned once.

    >>> said_words(["turn the pump off"], ["turn pump of"]).written.tolist()
    [0, -1, 2, 4]
    """
    codes: dict[str, int] = {}
    position: dict[tuple[str, str], int] = {}
    pairs = np.array(
        [position.setdefault(pair, len(position)) for pair in zip(references, hypotheses, strict=True)], dtype=np.int64
    )
    word: list[int] = []
    written: list[int] = []
    starts = [0]
    for reference, hypothesis in position:
        text = reference.split()
        coded = [codes.setdefault(item, len(codes)) for item in text]
        word += coded
        if reference != hypothesis:
            heard = hypothesis.split()
            coded = coded.copy()
            for step in Levenshtein.editops(text, heard):
                if step.tag == "replace":
                    coded[step.src_pos] = codes.setdefault(heard[step.dest_pos], len(codes))
                elif step.tag == "delete":
                    coded[step.src_pos] = NOTHING
        written += coded
        starts.append(len(word))
    at = np.array(starts, dtype=np.int64)
    lengths = np.diff(at)[pairs]
    total = int(lengths.sum())
    first = np.repeat(at[pairs] - np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(pairs) else pairs, lengths)
    places = first + np.arange(total)
    return SaidWords(
        np.repeat(np.arange(len(pairs)), lengths),
        np.array(word, dtype=np.int64)[places],
        np.array(written, dtype=np.int64)[places],
        list(codes),
    )
