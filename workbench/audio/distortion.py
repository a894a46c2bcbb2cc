"""How much of what is heard is the speech itself: the scale-invariant signal-to-distortion ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LATEST_S = 0.002
_LOOK = 8000
"""Samples by which a delay is found: half a second at 16 kHz, few enough that no library starts threads for them."""


def si_sdr_db(clean: NDArray[Any], heard: NDArray[Any], sample_rate: int) -> float:
    """Return the scale-invariant signal-to-distortion ratio of ``heard`` against ``clean``, both of shape (n,), in dB.

    With means removed and a = <heard, clean> / |clean|^2, it is 10 log10(|a clean|^2 / |heard - a clean|^2): how loud
    ``heard`` is does not matter, everything else that differs is distortion, also a filter or reverberation that harms
    nobody. A delay of the whole is none: the two are compared as they lie and where they match best within 2 ms, which
    takes out what is left of the delay of a codec or a filter, and the better ratio counts. NaN where there is no ratio: a side is silent, or nothing differs but
    the level (the ratio is infinite).

    Source: Le Roux, Wisdom, Erdogan and Hershey (2019), "SDR - half-baked or well done?", ICASSP, equation 3.

    Raises
    ------
    ValueError : not equally long
    """
    if clean.shape != heard.shape:
        raise ValueError(f"{clean.shape} and {heard.shape} cannot be compared sample by sample")
    late = _delay(clean, heard, min(round(_LATEST_S * sample_rate), len(clean) // 4))
    ratios = [_ratio_db(clean, heard)]
    if late > 0:
        ratios.append(_ratio_db(clean[:-late], heard[late:]))
    elif late < 0:
        ratios.append(_ratio_db(clean[-late:], heard[:late]))
    best = float(np.fmax.reduce(ratios))
    return best if math.isfinite(best) else math.nan


def _ratio_db(clean: NDArray[Any], heard: NDArray[Any]) -> float:
    """Return the ratio of two sounds as they lie: infinite if only the level differs, NaN for silence."""
    speech, other = (np.asarray(side, dtype=np.float64) for side in (clean, heard))
    speech, other = speech - np.mean(speech), other - np.mean(other)
    energy = float(np.sum(np.square(speech)))
    if energy == 0.0:
        return math.nan
    scale = float(np.sum(other * speech)) / energy
    distortion = float(np.sum(np.square(other - scale * speech)))
    target = scale * scale * energy
    if target == 0.0:
        return math.nan
    if distortion <= 1e-24 * target:
        return math.inf
    return 10.0 * math.log10(target / distortion)


def _delay(clean: NDArray[Any], heard: NDArray[Any], longest: int) -> int:
    """Return by how many samples, ``longest`` at most, ``heard`` seems late (negative: early) around the loudest sample."""
    if longest == 0:
        return 0
    loudest = int(np.argmax(np.abs(clean)))
    begin = max(longest, min(loudest - _LOOK // 2, len(clean) - longest - _LOOK))
    part = clean[begin : min(begin + _LOOK, len(clean) - longest)]
    match = [abs(float(np.dot(part, heard[begin + late :][: len(part)]))) for late in range(-longest, longest + 1)]
    return int(np.argmax(match)) - longest
