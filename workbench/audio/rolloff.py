"""How far up the sound reaches: its spectral roll-off."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PART = 1 << 18


def rolloff_hz(samples: NDArray[Any], sample_rate: int, *, share: float = 0.95) -> float:
    """Return the frequency (Hz) below which ``share`` of the energy of ``samples`` (n,) lies; NaN for silence.

    Speech has most of its energy in the vowels, so of wideband speech 2 to 4 kHz are to be expected; the measure tells
    wide from narrow within one voice. Exact to half a bin of the spectrum: of 1 s of sound about 1 Hz. Sound longer than
    2^18 samples is taken in parts, whose power spectra are added up.

    Source: Tzanetakis and Cook (2002), IEEE Trans. Speech and Audio Processing 10(5), with 95 % for their 85 %.
    """
    from scipy.fft import next_fast_len, rfft

    size = int(next_fast_len(min(len(samples), _PART), real=True))
    power = np.zeros(size // 2 + 1)
    for begin in range(0, len(samples), _PART):
        spectrum = rfft(samples[begin : begin + _PART], size)
        power += np.square(spectrum.real) + np.square(spectrum.imag)
    power[1 : (size + 1) // 2] *= 2.0  # all but 0 Hz and the Nyquist frequency stand for two
    below = np.cumsum(power)
    if not below[-1] > 0.0:
        return float("nan")
    return float(np.searchsorted(below, share * below[-1]) * sample_rate / size)
