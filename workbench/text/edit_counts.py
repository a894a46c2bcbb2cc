"""Edit counts: hits, substitutions, deletions and insertions of a hypothesis against its reference.

Words are what stands between white space. The alignment is rapidfuzz's minimum edit distance with unit costs, the
one that jiwer uses too, so the counts of every row equal jiwer's (a test compares them on real transcripts).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from workbench.errors import ScoringError
from workbench.schema import COUNTS


@dataclass(frozen=True, slots=True)
class Counts:
    """Word counts of one pair of texts. An empty reference has no words, so its ``errors`` are all insertions."""

    hits: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def ref_words(self) -> int:
        """Words of the reference: hits + substitutions + deletions."""
        return self.hits + self.substitutions + self.deletions

    @property
    def hyp_words(self) -> int:
        """Words of the hypothesis: hits + substitutions + insertions."""
        return self.hits + self.substitutions + self.insertions

    @property
    def errors(self) -> int:
        """Substitutions + deletions + insertions."""
        return self.substitutions + self.deletions + self.insertions


def _hits(reference: list[str], hypothesis: list[str]) -> tuple[int, int]:
    """Return (hits, edit distance) of two lists of words.

    Deletions less insertions is the difference of the lengths. So if the distance exceeds that difference by nothing
    or by one, the rest is fixed (no or one substitution); only beyond that must the alignment be read.
    """
    operations = Levenshtein.editops(reference, hypothesis)
    distance = len(operations)
    n_reference, n_hypothesis = operations.src_len, operations.dest_len
    if n_reference < n_hypothesis:
        hits, excess = n_reference, distance - n_hypothesis
    else:
        hits, excess = n_hypothesis, distance - n_reference
    excess += hits
    if excess < 2:
        return hits - excess, distance
    hits = 0
    for block in operations.as_matching_blocks():
        hits += block.size
    return hits, distance


def count_words(reference: str, hypothesis: str) -> Counts:
    """Return the word counts of one pair of texts, split at white space.

    Source: minimum edit distance (Levenshtein 1966) over words, as NIST's scoring defines the counts.

    >>> count_words("turn the pump off", "turn pump off now")
    Counts(hits=3, substitutions=0, deletions=1, insertions=1)
    """
    reference_words, hypothesis_words = reference.split(), hypothesis.split()
    hits, distance = _hits(reference_words, hypothesis_words)
    insertions = distance - (len(reference_words) - hits)
    deletions = distance - (len(hypothesis_words) - hits)
    return Counts(hits, distance - insertions - deletions, deletions, insertions)


def _distinct_counts(pairs: Iterable[tuple[str, str | None]]) -> NDArray[np.int32]:
    """Return (hits, edit distance, reference words, hypothesis words, character distance) of each pair, one per row."""
    figures: list[int] = []
    split: dict[str, list[str]] = {}
    for reference, hypothesis in pairs:
        reference_words = split.get(reference)
        if reference_words is None:
            reference_words = split[reference] = reference.split()
        n_words = len(reference_words)
        if reference == hypothesis:
            figures += (n_words, 0, n_words, n_words, 0)
        elif hypothesis is None:
            figures += (0, 0, 0, 0, 0)
        else:
            hypothesis_words = hypothesis.split()
            hits, distance = _hits(reference_words, hypothesis_words)
            # The hint (about four characters a word) narrows the band that is searched first; the distance is exact.
            characters = Levenshtein.distance(reference, hypothesis, score_hint=4 * distance + 4)
            figures += (hits, distance, n_words, len(hypothesis_words), characters)
    return np.array(figures, dtype=np.int32).reshape(-1, 5)


def _refuse_missing(references: Sequence[object]) -> None:
    without = [row for row, reference in enumerate(references) if not isinstance(reference, str)]
    if without:
        shown = ", ".join(map(str, without[:10])) + (", ..." if len(without) > 10 else "")
        raise ScoringError(
            f"{len(without)} rows have no reference (rows {shown}, counted from 0)",
            remedy="drop them; an empty reference is the empty string",
        )


def count_frame(references: Sequence[str], hypotheses: Sequence[str | None]) -> pd.DataFrame:
    """Return the counts of many pairs, one row each, in the order given.

    Parameters
    ----------
    references, hypotheses : normalised texts, equally many; a missing hypothesis (``None``, NaN) is a failed decode

    Returns
    -------
    Columns ``schema.COUNTS`` as Int32 over a fresh RangeIndex; every count is missing where the hypothesis is.
    Characters are counted with their spaces. Equal pairs are counted once.

    Raises
    ------
    ScoringError : the two differ in length, or a reference is missing
    """
    if len(references) != len(hypotheses):
        raise ScoringError(
            f"{len(references)} references and {len(hypotheses)} hypotheses",
            remedy="join them by utterance first, so that each row has both",
        )
    given = hypotheses
    if set(map(type, references)) | set(map(type, hypotheses)) != {str}:  # the common case needs no look at each row
        _refuse_missing(references)
        given = [hypothesis if isinstance(hypothesis, str) else None for hypothesis in hypotheses]
    position: dict[tuple[str, str | None], int] = {}
    rows = [position.setdefault(pair, len(position)) for pair in zip(references, given, strict=True)]
    missing = np.array([hypothesis is None for hypothesis in given], dtype=bool)
    hits, distance, n_reference, n_hypothesis, char_errors = _distinct_counts(position)[rows].T
    insertions = distance - (n_reference - hits)
    deletions = distance - (n_hypothesis - hits)
    columns = {
        "hits": hits,
        "substitutions": distance - insertions - deletions,
        "deletions": deletions,
        "insertions": insertions,
        "ref_words": n_reference,
        "hyp_words": n_hypothesis,
        "errors": distance,
        "char_errors": char_errors,
        "ref_chars": np.array([len(reference) for reference in references], dtype=np.int32),
    }
    return pd.DataFrame({name: pd.arrays.IntegerArray(columns[name].copy(), missing.copy()) for name in COUNTS})
