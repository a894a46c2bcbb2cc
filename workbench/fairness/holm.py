"""Holm's correction of a family of p-values."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's step-down method, in the order given; NaN is not in the family.

    The i-th smallest of m is multiplied by m - i + 1, capped at 1, and made no smaller than the one before.
    Source: Holm 1979, Scandinavian Journal of Statistics 6: 65-70.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    family = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    running = 0.0
    for rank, (p, place) in enumerate(family):
        running = max(running, min(1.0, p * (len(family) - rank)))
        adjusted[place] = running
    return adjusted
