"""A proxy for reverberation: how slowly the sound dies away where speech stops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Samples

BAND_HZ = (300.0, 3_400.0)
FRAME_S = 0.010
LEAST_FRAMES = 6
LEAST_DROP_DB = 12.0
LEAST_DECAYS = 3
ABOVE_FLOOR_DB = 6.0
BELOW_LOUD_DB = 20.0


def offset_decay_s(samples: Samples | NDArray[Any], sample_rate: int) -> float:
    """Return the median time (s) in which the speech offsets of a recording would decay by 60 dB; NaN below 3 offsets.

    Between 300 and 3400 Hz, so that recordings of any bandwidth are measured alike: level in frames of 10 ms; stretches of
    60 ms and more that fall by 12 dB or more, begin within 20 dB of the loud frames and end 6 dB above the quiet ones;
    a straight line through each. A proxy, not a reverberation time: speech has its own decay, so that dry speech gives
    0.1 to 0.3 s; it rises with the reverberation time, and noise hides it. Needs a sample rate of 7 kHz or more.

    Source: the decays of speech as a way to see the room without knowing it: Ratnam et al. (2003), J. Acoust. Soc. Am.
    114(5); selection of stretches that fall: Löllmann et al. (2010), IWAENC; a line through the level: ISO 3382-2.
    """
    from scipy.signal import butter, sosfiltfilt

    size = round(FRAME_S * sample_rate)
    count = len(samples) // size
    if sample_rate <= 2.05 * BAND_HZ[1] or count < 3 * LEAST_FRAMES:
        return float("nan")
    band = butter(2, BAND_HZ, btype="bandpass", output="sos", fs=sample_rate)
    heard = sosfiltfilt(band, np.asarray(samples, dtype=np.float64))[: count * size].reshape(count, size)
    power = np.mean(np.square(heard), axis=1)
    if not np.any(power > 0.0):
        return float("nan")
    level = 10.0 * np.log10(np.maximum(power, np.max(power) * 1e-12))
    smooth = np.convolve(level, np.ones(3) / 3.0, mode="valid")
    loud, quiet = np.quantile(smooth, 0.95), np.quantile(smooth, 0.10)
    found = [decay for begin, end in _falling(smooth) if (decay := _decay_s(smooth[begin:end], loud, quiet)) > 0.0]
    return float(np.median(found)) if len(found) >= LEAST_DECAYS else float("nan")


def _falling(level: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the stretches in which ``level`` falls from frame to frame, as (first, one after the last)."""
    falls = np.concatenate([[False], np.diff(level) < 0.0, [False]])
    edges = np.flatnonzero(np.diff(falls))
    return [(int(begin), int(end) + 1) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def _decay_s(stretch: NDArray[np.float64], loud: float, quiet: float) -> float:
    """Return the time for 60 dB of one stretch, 0 where it does not qualify."""
    used = stretch[stretch > quiet + ABOVE_FLOOR_DB]
    if len(used) < LEAST_FRAMES or used[0] - used[-1] < LEAST_DROP_DB or used[0] < loud - BELOW_LOUD_DB:
        return 0.0
    slope = np.polyfit(np.arange(len(used)) * FRAME_S, used, 1)[0]
    return float(-60.0 / slope)
