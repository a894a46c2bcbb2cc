"""The level of speech, pauses left out: ITU-T P.56."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_THRESHOLDS = 2.0 ** np.arange(-24, 0)
_TIME_CONSTANT_S = 0.03
_HANGOVER_S = 0.2
_MARGIN_DB = 15.9

AUDIBLE_DB = -70.0
"""Active level (dBov) below which a recording holds no speech to transcribe: ten steps of 16-bit audio, 44 dB below the nominal
level of speech in telephony, -26 dBov (ITU-T P.56 and P.830)."""


@dataclass(frozen=True, slots=True)
class SpeechLevel:
    """Level of speech: ``active_db`` while speaking, ``rms_db`` over everything (dBov), ``activity`` 0..1."""

    active_db: float
    rms_db: float
    activity: float


def speech_level(samples: NDArray[Any], sample_rate: int) -> SpeechLevel:
    """Return the active speech level of ``samples`` (n,): the level while someone speaks, pauses left out.

    ITU-T P.56 method B: an envelope by two one-pole filters in series (T = 0.03 s) is compared with thresholds a
    factor of 2 apart; each crossing counts as active for a further 0.2 s; the active level is where level and
    threshold are 15.9 dB apart, interpolated in dB. Thresholds reach from 2^-1 down to 2^-24 (P.56 names 2^-15 for
    16-bit audio; the added ones measure quieter float audio and change nothing else).

    What to expect: digital silence has ``active_db`` -inf and ``activity`` 0. Sounds shorter than the hangover, in
    which the envelope hardly rises, count as active throughout: ``active_db`` equals ``rms_db``. The 0.2 s hangover
    belongs to the standard: a clip cut off in mid-speech measures up to 10 log10(1 + 0.2 / seconds) dB higher than the
    same clip followed by silence, 0.3 dB for 3 s of speech and 1.8 dB for a single word of 0.4 s.

    Source: ITU-T Recommendation P.56 (12/2011), method B.
    """
    from scipy.ndimage import maximum_filter1d
    from scipy.signal import lfilter

    signal = np.asarray(samples, dtype=np.float64)
    energy = float(np.sum(np.square(signal)))
    if energy == 0.0:
        return SpeechLevel(-math.inf, -math.inf, 0.0)
    rms_db = 10.0 * math.log10(energy / len(signal))
    hangover = math.ceil(_HANGOVER_S * sample_rate)
    if len(signal) < hangover:
        return SpeechLevel(rms_db, rms_db, 1.0)
    # Two one-pole filters in series follow the envelope slowly enough to bridge the gaps between the pulses of a voice.
    pole = math.exp(-1.0 / (sample_rate * _TIME_CONSTANT_S))
    envelope = lfilter([(1.0 - pole) ** 2], [1.0, -2.0 * pole, pole * pole], np.abs(signal))
    # A crossing counts for 0.2 s more, so that the pauses within words are speech: a running maximum over what went before.
    held = maximum_filter1d(envelope, hangover + 1, mode="constant", cval=0.0, origin=hangover // 2)
    # How many samples are active at each threshold; sorted once, every threshold is a binary search.
    active = len(held) - np.searchsorted(np.sort(held), _THRESHOLDS)
    reached = active > 0
    levels_db = 10.0 * np.log10(energy / active[reached])
    excess_db = levels_db - 20.0 * np.log10(_THRESHOLDS[reached]) - _MARGIN_DB
    # The active level lies where it is 15.9 dB above its own threshold. The excess falls as thresholds rise, so the crossing
    # is between the last threshold above the margin and the first below it.
    below = np.flatnonzero(excess_db <= 0.0)
    if len(below) == 0 or below[0] == 0:
        return SpeechLevel(rms_db, rms_db, 1.0)
    high = int(below[0])
    share = excess_db[high - 1] / (excess_db[high - 1] - excess_db[high])
    active_db = float(levels_db[high - 1] + share * (levels_db[high] - levels_db[high - 1]))
    return SpeechLevel(active_db, rms_db, min(1.0, 10.0 ** ((rms_db - active_db) / 10.0)))
