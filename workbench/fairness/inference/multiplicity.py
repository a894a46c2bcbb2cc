"""Many comparisons: Holm for a declared family, Benjamini & Hochberg for exploring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's step-down method, in the order given; NaN is not in the family.

    The i-th smallest of m is multiplied by m - i + 1, capped at 1, and made no smaller than the one before: the chance of
    any false alarm among them stays below the level.
    Source: Holm 1979, Scandinavian Journal of Statistics 6: 65-70.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    family = _ordered(p_values)
    adjusted = [math.nan] * len(p_values)
    running = 0.0
    for rank, (p, place) in enumerate(family):
        running = max(running, min(1.0, p * (len(family) - rank)))
        adjusted[place] = running
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Benjamini & Hochberg's step-up method, in the order given; NaN is not in the family.

    The i-th smallest of m is multiplied by m / i and made no larger than the one after: of those below q, a share of at
    most q is expected to be false. For grids that are explored, not for claims.
    Source: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57: 289-300.

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    family = _ordered(p_values)
    adjusted = [math.nan] * len(p_values)
    running = 1.0
    for rank, (p, place) in reversed(list(enumerate(family, start=1))):
        running = min(running, p * len(family) / rank)
        adjusted[place] = running
    return adjusted


def adjusted(p_values: Sequence[float], method: Literal["holm", "bh"]) -> list[float]:
    """Return p-values adjusted by the method of this name."""
    return holm(p_values) if method == "holm" else benjamini_hochberg(p_values)


def _ordered(p_values: Sequence[float]) -> list[tuple[float, int]]:
    """Return the p-values that there are, smallest first, with their places."""
    return sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
