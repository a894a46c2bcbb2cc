"""MAPSSWE, NIST's matched-pairs test of two systems on sentence segments.

A sentence is cut wherever both systems got a stretch of words right; between two such stretches stands a segment with
at least one error. What one segment holds says little about the next, so the differences of errors per segment are
taken as independent. **That is an assumption**: the segments of one person are alike, and with few speakers the test
finds differences that are theirs. The test over speakers (``fairness.inference.paired``) stands beside it for that reason.

Source: Gillick & Cox 1989 (ICASSP, 532-535); NIST SCTK, ``sclite/mtchprs.c``, for the rule by which it segments. Two
things differ from SCTK: alignments are of minimum edit distance with unit costs, and words invented after the last
reference word count for both systems (SCTK looks at those of the first only, so that its result depends on the order).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from workbench.text import ErrorPlaces

MIN_GOOD = 2
"""Words in a row that both systems got right and that end a segment: NIST's setting."""
ENOUGH_SEGMENTS = 50
"""Below this the normal approximation is rough, as Gillick & Cox say."""


class Segments(NamedTuple):
    """Segments with at least one error: which pair of texts each is in, and the errors of both systems in it."""

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]


class MatchedPairs(NamedTuple):
    """Result of the test; ``z`` is positive if the first system makes more errors. NaN where ``reason`` says why."""

    n_segments: int
    mean: float
    sd: float
    z: float
    p_value: float
    reason: str


def segments(first: ErrorPlaces, second: ErrorPlaces, *, min_good: int = MIN_GOOD) -> Segments:
    """Return the segments of two systems' transcripts of the same references.

    Between two errors at places p < q stand q // 2 - (p + 1) // 2 reference words that both systems got right, with
    nothing invented between them; from ``min_good`` such words on they are in different segments.
    """
    row = np.concatenate([first.row, second.row])
    place = np.concatenate([first.place, second.place])
    of_second = np.repeat([0, 1], [len(first.row), len(second.row)])
    order = np.lexsort((place, row))
    row, place, of_second = row[order], place[order], of_second[order]
    if not len(row):
        return Segments(row, row, row)
    right_between = place[1:] // 2 - (place[:-1] + 1) // 2
    new = np.concatenate([[True], (row[1:] != row[:-1]) | (right_between >= min_good)])
    number = np.cumsum(new) - 1
    errors = np.bincount(number)
    theirs = np.bincount(number, weights=of_second).astype(np.int64)
    return Segments(row[new], errors - theirs, theirs)


def mapsswe(first: NDArray[np.int64], second: NDArray[np.int64]) -> MatchedPairs:
    """Return the matched-pairs test over the errors of two systems per segment.

    Z = mean(d) / (sd(d) / sqrt(n)) with d the differences, sd over n - 1; two-sided p from the normal law. No difference
    in any segment: p = 1 and no Z. The same difference in every segment, or fewer than two: neither.

    Source: Gillick & Cox 1989; SCTK's own test, d = (1, 1, 0), gives mean .667, sd .577, Z 2.000.

    >>> result = mapsswe(np.array([2, 1, 1]), np.array([1, 0, 1]))
    >>> round(result.mean, 3), round(result.sd, 3), round(result.z, 3)
    (0.667, 0.577, 2.0)
    """
    d = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    sd = float(d.std(ddof=1)) if n > 1 else math.nan
    if not d.any():
        return MatchedPairs(n, mean, sd, math.nan, 1.0, "MAPSSWE: no segment differs")
    if n < 2:
        return MatchedPairs(n, mean, sd, math.nan, math.nan, "MAPSSWE: 1 segment, no test")
    if sd == 0:
        return MatchedPairs(n, mean, sd, math.nan, math.nan, "MAPSSWE: every segment differs by the same, no test")
    z = mean / (sd / math.sqrt(n))
    few = f"MAPSSWE: {n} segments, fewer than {ENOUGH_SEGMENTS}" if n < ENOUGH_SEGMENTS else ""
    return MatchedPairs(n, mean, sd, z, 2 * float(ndtr(-abs(z))), few)
