"""Is a recording a room impulse response? Judged by its peak, its decay and its direct sound."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from workbench.conditions.arrays import Floats
from workbench.conditions.mixer import decibels

LONGEST_S = 10.0
"""A longer file is no room response."""

LEAST_DIRECT_DB = -20.0
"""Direct sound over everything after it. Five critical distances away it is -14 dB; noise of a second has -26, speech less."""

LATEST_PEAK_S = 0.03
"""After the direct sound: it, or reflections soon after it, make the loudest 10 ms. Speech and noise rise anywhere."""

LARGEST_SPREAD_DB = 18.0
"""Between the octaves from 250 to 3400 Hz, in energy per hertz. A click holds them all; a voice falls by 20 dB and more. Measured: 2 to
9 dB in four recorded rooms; with the other rules 13 of 600 spoken digits pass (``tests/test_conditions_recordings_judged.py``)."""

LEAST_DECAY_DB = 6.0
"""By which the second half is quieter than the first. Steady noise has 0; a response that was cut while it still rang is no room."""

_ONSET_DB = 20.0
_DIRECT_S = 0.0025
_FRAME_S = 0.01
_OCTAVES_HZ = (250.0, 500.0, 1_000.0, 2_000.0, 3_400.0)


def split(response: Floats, *, sample_rate: int) -> tuple[int, int]:
    """Return the sample of the direct sound in a response (k,) that is not silent, and where the room begins.

    The response starts with the first sample within 20 dB of the peak (ISO 3382-1); the direct sound is the largest sample of the
    2.5 ms after it.
    """
    sizes = np.abs(response)
    onset = int(np.argmax(sizes >= np.max(sizes) * 10.0 ** (-_ONSET_DB / 20.0)))
    near = round(_DIRECT_S * sample_rate)
    direct = onset + int(np.argmax(sizes[onset : onset + near + 1]))
    return direct, direct + near + 1


def why_no_response(samples: Floats, *, sample_rate: int) -> str:
    """Return why ``samples`` (k,) are no room impulse response; "" if they are one.

    An anechoic response, which ends with its direct sound, is one. Thresholds: see the constants.
    """
    if not np.any(samples):
        return "silent"
    direct, border = split(samples, sample_rate=sample_rate)
    room = samples[border:]
    energy = float(np.sum(np.square(room)))
    direct_db = decibels(float(np.sum(np.square(samples[:border]))))
    if energy == 0.0:
        return ""
    ratio_db = direct_db - decibels(energy)
    if ratio_db < LEAST_DIRECT_DB:
        return f"no room response: its first sound is {-ratio_db:.0f} dB below the rest, of a response at most {-LEAST_DIRECT_DB:.0f}"
    late_s = _loudest_s(samples[direct:], sample_rate)
    if late_s > LATEST_PEAK_S:
        return f"no room response: it is loudest {late_s:.2f} s after its first sound, a response at most {LATEST_PEAK_S:g}"
    half = (len(samples) - direct) // 2
    first, second = samples[direct : direct + half], samples[direct + half :]
    decay_db = decibels(float(np.sum(np.square(first)))) - decibels(float(np.sum(np.square(second))))
    if decay_db < LEAST_DECAY_DB:
        return f"no room response: its second half is {decay_db:.0f} dB quieter than its first, of a response {LEAST_DECAY_DB:.0f} or more"
    spread_db = _spread_db(samples, sample_rate)
    if spread_db > LARGEST_SPREAD_DB:
        return f"no room response: its octaves are {spread_db:.0f} dB apart, those of a response at most {LARGEST_SPREAD_DB:.0f}"
    return ""


def _loudest_s(samples: Floats, sample_rate: int) -> float:
    """Return the time (s) of the loudest 10 ms."""
    size = max(1, round(_FRAME_S * sample_rate))
    n_frames = max(1, len(samples) // size)
    padded = np.pad(samples, (0, max(0, size - len(samples))))
    return float(np.argmax(np.sum(np.square(padded[: n_frames * size].reshape(n_frames, -1)), axis=1))) * _FRAME_S


def _spread_db(samples: Floats, sample_rate: int) -> float:
    """Return the difference in dB between the strongest and the weakest octave, in energy per hertz."""
    size = max(len(samples), round(0.1 * sample_rate))
    power = np.square(np.abs(np.fft.rfft(samples, size)))
    frequencies = np.fft.rfftfreq(size, 1.0 / sample_rate)
    means = [
        float(np.mean(power[(frequencies >= low) & (frequencies < high)]))
        for low, high in pairwise(_OCTAVES_HZ)
        if high < sample_rate / 2
    ]
    return decibels(max(means)) - decibels(min(means)) if len(means) > 1 else 0.0
