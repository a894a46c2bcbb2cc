"""Noise floor: how loud a recording is where nobody speaks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.02
QUIETEST = 0.1
LEAST_FRAMES = 10


def floor_db(samples: NDArray[Any], sample_rate: int) -> float:
    """Return the level of the quietest tenth of a recording, in dBov, in frames of 20 ms; NaN below 0.2 s.

    -inf if that tenth is digital silence. An estimate of the noise floor, which assumes that there are pauses: speech
    that fills the whole recording makes it too high.

    Source: minimum statistics in their simplest form (Martin 2001, IEEE Trans. Speech Audio Process. 9(5)): the
    quietest frames of noisy speech hold noise alone.
    """
    size = max(1, round(FRAME_S * sample_rate))
    count = len(samples) // size
    if count < LEAST_FRAMES:
        return math.nan
    frames = np.asarray(samples[: count * size], dtype=np.float64).reshape(count, size)
    energy = np.sort(np.mean(np.square(frames), axis=1))
    quiet = float(np.mean(energy[: max(1, round(QUIETEST * count))]))
    return 10.0 * math.log10(quiet) if quiet > 0.0 else -math.inf
