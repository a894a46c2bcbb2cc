"""Narrow sample rates: nothing is left above half the rate at which the sound once travelled."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.codecs import bandwidth_hz
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.errors import ConditionError

_STOP_DB = 80.0
_TRANSITION = 0.06


class BandlimitResample(Condition):
    """The sound as if resampled to twice ``cutoff_hz`` and back: nothing above the cut-off, all below 94 % of it.

    The filter before the lower rate is all that such a conversion leaves to hear, so it is applied by itself, at the
    rate of the recording: linear phase, no delay, 80 dB down from the cut-off up. Thus any cut-off can be asked for,
    not only those whose rates divide each other.
    """

    id: Literal["bandlimit_resample"] = "bandlimit_resample"
    cutoff_hz: float = parameter(4000.0, 500.0, 20000.0, unit="Hz", what="half of the lower sample rate")

    family: ClassVar[str] = "bandwidth"
    title: ClassVar[str] = "Low sample rate"
    hears: ClassVar[str] = "A dull voice without its high frequencies, as from an old or narrow recording."
    source: ClassVar[str] = "sampling theorem; low-pass by the window method of Kaiser (1974), 80 dB"
    leading: ClassVar[str] = "cutoff_hz"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"cutoff_hz": cutoff_hz} for cutoff_hz in (7000.0, 4000.0, 3400.0, 2500.0)
    )
    draws: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        if self.cutoff_hz > 0.5 * wave.sample_rate:
            raise ConditionError(
                f"cutoff_hz = {self.cutoff_hz:g} Hz is above all that a sample rate of {wave.sample_rate} Hz holds",
                place=self.condition_id,
                remedy=f"use {0.5 * wave.sample_rate:g} Hz or less",
            )
        taps = _low_pass(self.cutoff_hz, wave.sample_rate)
        half = len(taps) // 2
        heard = oaconvolve(wave.samples.astype(np.float64), taps)[half : half + len(wave.samples)]
        return heard, {"bandwidth_hz": bandwidth_hz(heard, sample_rate=wave.sample_rate)}


@lru_cache(maxsize=64)
def _low_pass(cutoff_hz: float, sample_rate: int) -> Floats:
    """Return an odd number of taps: flat to 94 % of ``cutoff_hz``, 80 dB down from ``cutoff_hz``."""
    from scipy.signal import firwin, kaiserord

    width = _TRANSITION * cutoff_hz
    length, beta = kaiserord(_STOP_DB, width / (0.5 * sample_rate))
    taps: Floats = firwin(
        2 * math.ceil(length / 2) + 1, cutoff_hz - 0.5 * width, window=("kaiser", beta), fs=sample_rate
    )
    return taps
