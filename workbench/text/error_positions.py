"""Where the errors of a transcript stand on its reference: what two transcripts of one utterance can be compared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein


class ErrorPlaces(NamedTuple):
    """The errors of many transcripts, one element each, in reading order.

    ``row`` says which pair of texts. ``place`` is 2i + 1 where reference word i (from 0) is replaced or missing, and 2i
    where a word is invented before it (2 x number of words: after the last).
    """

    row: NDArray[np.int64]
    place: NDArray[np.int64]


def error_places(references: Sequence[str], hypotheses: Sequence[str]) -> ErrorPlaces:
    """Return the place of every error of every pair of texts, split at white space.

    The alignment is that of ``count_words`` and ``align_words``: as many places as there are errors.

    >>> error_places(["turn the pump off"], ["turn pump off now"]).place.tolist()
    [3, 8]
    """
    rows: list[int] = []
    places: list[int] = []
    for row, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        if reference == hypothesis:
            continue
        result = Levenshtein.editops(reference.split(), hypothesis.split())
        rows += [row] * len(result)
        places += [2 * step.src_pos + (step.tag != "insert") for step in result]
    return ErrorPlaces(np.array(rows, dtype=np.int64), np.array(places, dtype=np.int64))
