"""The power of a sound in bands, frame by frame; some frames at a time, so that an hour takes no more memory than its samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 2_048

Floats = NDArray[np.float64]


def band_powers(
    samples: NDArray[Any], window: Floats, *, hop: int, edges_hz: Floats, sample_rate: int, count: int | None = None
) -> Floats:
    """Return the power in each band between ``edges_hz`` (k + 1, rising) of the first ``count`` frames, shape (frames, k).

    A frame is ``window`` (m,) times as many samples, and begins ``hop`` samples after the one before; ``samples`` (n,) with n >= m.
    """
    size = len(window)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop][:count]
    first = np.searchsorted(np.fft.rfftfreq(size, 1.0 / sample_rate), edges_hz)
    result = np.empty((len(frames), len(edges_hz) - 1))
    for begin in range(0, len(frames), _BLOCK):
        spectrum = np.fft.rfft(frames[begin : begin + _BLOCK] * window, axis=1)[:, : first[-1]]
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        result[begin : begin + _BLOCK] = np.add.reduceat(power, first[:-1], axis=1)
    return result
