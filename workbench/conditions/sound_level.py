"""Sound pressure levels for a recording that carries none: how loud a voice is, and what the ear's weighting takes.

A file says nothing of the sound pressure it was made at. Where a noise is given in dBA, the speaker is taken to speak
with normal vocal effort, 60 dBA at 1 m (ISO 9921), 0.5 m from the recording microphone: an approximation that every
such condition names.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.conditions.arrays import Floats

NEAR_M = 0.5
"""Distance at which a recording is taken to have been made."""

NORMAL_SPEECH_DBA = 60.0
"""Level of speech with normal vocal effort, at 1 m. Source: ISO 9921."""

NEAR_SPEECH_DBA = NORMAL_SPEECH_DBA - 20.0 * math.log10(NEAR_M)
"""Level of normal speech at that distance: 66 dBA."""


def a_weighting_db(frequencies: Floats) -> Floats:
    """Return the A-weighting at ``frequencies`` (Hz), in dB; 0 dB at 1 kHz. Source: IEC 61672-1, annex E."""
    squared = np.square(np.maximum(frequencies, 1e-3))
    ratio = (
        (12194.217**2 * np.square(squared))
        / ((squared + 20.598997**2) * (squared + 12194.217**2))
        / np.sqrt((squared + 107.65265**2) * (squared + 737.86223**2))
    )
    weighting: Floats = 20.0 * np.log10(ratio) + 2.0
    return weighting


def a_weighted_change_db(frequencies: Floats, power: Floats) -> float:
    """Return the A-weighted minus the unweighted level of a noise with ``power`` at evenly spaced ``frequencies``."""
    weighted = power * 10.0 ** (a_weighting_db(frequencies) / 10.0)
    return 10.0 * math.log10(float(np.sum(weighted)) / float(np.sum(power)))


def air_absorption_db_per_m(frequencies: Floats, *, celsius: float = 20.0, humidity_percent: float = 50.0) -> Floats:
    """Return how much a metre of air takes from a tone of ``frequencies`` (Hz), in dB. Source: ISO 9613-1, at 101.325 kPa."""
    kelvin = celsius + 273.15
    relative = kelvin / 293.15
    vapour = humidity_percent * 10.0 ** (4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261)
    oxygen = 24.0 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)
    nitrogen = relative**-0.5 * (9.0 + 280.0 * vapour * math.exp(-4.170 * (relative ** (-1.0 / 3.0) - 1.0)))
    squared = np.square(frequencies)
    molecules = 0.01275 * math.exp(-2239.1 / kelvin) / (oxygen + squared / oxygen)
    molecules = molecules + 0.1068 * math.exp(-3352.0 / kelvin) / (nitrogen + squared / nitrogen)
    absorption: Floats = 8.686 * squared * (1.84e-11 * relative**0.5 + relative**-2.5 * molecules)
    return absorption
