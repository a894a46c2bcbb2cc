"""What one method of adjustment says about one comparison."""

from __future__ import annotations

from typing import NamedTuple

from workbench.fairness.inference.intervals import NAN, Interval


class Estimate(NamedTuple):
    """What one method says about one comparison; what it cannot say is NaN, and ``reason`` says why.

    ``coverage``: share of the group's reference words that the figures rest on.
    """

    difference: float = NAN
    interval: Interval = Interval()
    ratio: float = NAN
    ratio_interval: Interval = Interval()
    p_value: float = NAN
    n_speakers: int = 0
    n_speakers_reference: int = 0
    coverage: float = NAN
    reason: str = ""
