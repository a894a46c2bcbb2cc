"""Sounds drawn piece by piece, so that a longer one begins with the very samples of a shorter one.

Each part of a sound takes a generator of its own (``rng.spawn``): how much one part draws then never shifts another.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.conditions.arrays import Floats

LEAD_IN_S = 0.5
"""Filters run this long before the first sample: what sounds was sounding before."""


def low_pass(corner_hz: float, sample_rate: float) -> Floats:
    """Return a one-pole low-pass as second-order section, shape (1, 6): -6 dB per octave above ``corner_hz``."""
    pole = math.exp(-2.0 * math.pi * corner_hz / sample_rate)
    return np.array([[1.0 - pole, 0.0, 0.0, 1.0, -pole, 0.0]])


def high_pass(corner_hz: float, sample_rate: float, *, order: int = 2) -> Floats:
    """Return a Butterworth high-pass as second-order sections, shape (k, 6)."""
    from scipy.signal import butter

    sections: Floats = butter(order, corner_hz, btype="highpass", fs=sample_rate, output="sos")
    return sections


def filtered_noise(
    rng: np.random.Generator, n: int, sections: Floats, *, sample_rate: float, lead_in_s: float = LEAD_IN_S
) -> Floats:
    """Return Gaussian noise through ``sections``, shape (n,); its mean square is 1 on the long run."""
    from scipy.signal import sosfilt

    lead_in = round(lead_in_s * sample_rate)
    noise: Floats = sosfilt(sections, rng.standard_normal(lead_in + n))[lead_in:]
    return noise / math.sqrt(response_energy(sections, lead_in))


def response_energy(sections: Floats, length: int) -> float:
    """Return the energy of the first ``length`` samples of the impulse response: the filter's gain on white noise."""
    from scipy.signal import sosfilt

    click = np.zeros(length)
    click[0] = 1.0
    return float(np.sum(np.square(sosfilt(sections, click))))


def events(
    rng: np.random.Generator, *, rate_hz: float, first_s: float, until_s: float, marks: int, block_s: float = 1.0
) -> tuple[Floats, Floats]:
    """Return when things happen at random (Poisson), shape (m,), in seconds, and what marks each of them.

    They happen from ``first_s`` on, ``rate_hz`` per second on average, at least until ``until_s``; the marks, shape
    (m, marks), are uniform in 0..1. Drawn in blocks of ``block_s``, so that more time adds events and changes none.
    """
    times, drawn = [np.zeros(0)], [np.zeros((0, marks))]
    for block in range(max(0, math.ceil((until_s - first_s) / block_s))):
        count = rng.poisson(rate_hz * block_s)
        times.append(first_s + block_s * (block + np.sort(rng.random(count))))
        drawn.append(rng.random((count, marks)))
    return np.concatenate(times), np.concatenate(drawn)
