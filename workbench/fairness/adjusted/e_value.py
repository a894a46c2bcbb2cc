"""E-value: how strong something unmeasured would have to be to explain a ratio away."""

from __future__ import annotations

import math
from typing import NamedTuple

from workbench.fairness.inference.intervals import NAN


class EValue(NamedTuple):
    """E-value of the estimate, and of the end of its interval that is nearer to 1; NaN where unknown."""

    estimate: float = NAN
    limit: float = NAN


def e_value(ratio: float, low: float = NAN, high: float = NAN) -> EValue:
    """Return the E-value of a rate ratio and of its interval.

    The least association, as a ratio, that an unmeasured confounder would need with the group and with errors alike to
    move the ratio to 1: RR + sqrt(RR (RR - 1)), the inverse taken of a ratio below 1. The interval's is that of the limit
    nearer to 1, and 1 if the interval holds 1. Source: VanderWeele & Ding 2017, Annals of Internal Medicine 167: 268-274.

    >>> [round(value, 2) for value in e_value(3.9, 1.8, 8.7)]
    [7.26, 3.0]
    """
    if not ratio > 0 or math.isinf(ratio):  # NaN too
        return EValue()
    near = low if ratio >= 1 else high
    if math.isnan(near):
        return EValue(_of(ratio))
    crosses = near <= 1 if ratio >= 1 else near >= 1
    return EValue(_of(ratio), 1.0 if crosses else _of(near))


def _of(ratio: float) -> float:
    larger = max(ratio, 1 / ratio)
    return larger + math.sqrt(larger * (larger - 1))
