"""Samples at full scale: where a recording or a condition has run out of room."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 1.0 - 2.0**-15
"""The largest value of 16-bit audio, 32767 of 32768."""


class FullScale(NamedTuple):
    """How much of a sound is at full scale: ``percent`` of its samples, ``longest_run`` of them in a row."""

    percent: float
    longest_run: int


def full_scale(samples: NDArray[Any]) -> FullScale:
    """Return which share of ``samples`` (n,) is at full scale or beyond, in percent, and the longest run in samples.

    A single sample there is a peak that just fits; it takes runs of three and more to be clipping. A sound that was cut
    off at a lower level and turned down since does not show here.

    Source: counting samples at the limits of the converter, as in AES17 and EBU R 128's notes on digital overload.
    """
    reached = np.abs(samples) >= FULL_SCALE
    count = int(np.count_nonzero(reached))
    if count == 0:
        return FullScale(0.0, 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], reached, [False]])))
    return FullScale(100.0 * count / len(samples), int(np.max(edges[1::2] - edges[::2])))
