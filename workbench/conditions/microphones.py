"""What microphones and handsets do to the sound before it is coded."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform, active_level
from workbench.conditions import requirements
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.mixer import decibels, mean_square
from workbench.conditions.sound_level import NEAR_SPEECH_DBA, a_weighted_change_db
from workbench.errors import ConditionError

_BANDS_HZ = 125.0 * 2.0 ** np.arange(7)
_TAPS = 1025


class HandsetBand(Condition):
    """The band of a telephone handset: a Butterworth band-pass, 3 dB down at both edges, 0 dB between them."""

    id: Literal["handset_band"] = "handset_band"
    order: int = parameter(4, 1, 8, unit="order", what="order of the filter at each edge: 6 dB per octave each")
    low_hz: float = parameter(300.0, 20.0, 2000.0, unit="Hz", what="lower edge")
    high_hz: float = parameter(3400.0, 500.0, 7900.0, unit="Hz", what="upper edge")

    family: ClassVar[str] = "microphones"
    title: ClassVar[str] = "Handset band"
    hears: ClassVar[str] = "The thin sound of a telephone handset, without bass and brilliance."
    source: ClassVar[str] = "300 to 3400 Hz as in ITU-T G.712; audiomentations BandPassFilter with fixed parameters"
    leading: ClassVar[str] = "order"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"order": order, "low_hz": 300.0, "high_hz": 3400.0} for order in (2, 4, 6, 8)
    )
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return that audiomentations is missing, if it is."""
        return requirements.package("audiomentations")

    @model_validator(mode="after")
    def _edges_in_order(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ConditionError(
                f"low_hz = {self.low_hz:g} Hz is not below high_hz = {self.high_hz:g} Hz",
                place=self.id,
                remedy="swap them",
            )
        return self

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        if self.high_hz >= 0.495 * wave.sample_rate:
            raise ConditionError(
                f"high_hz = {self.high_hz:g} Hz is too high for a sample rate of {wave.sample_rate} Hz",
                place=self.condition_id,
                remedy=f"use less than {0.495 * wave.sample_rate:g} Hz",
            )
        transform = _band_pass(self.order, self.low_hz, self.high_hz)
        return transform.apply(wave.samples, wave.sample_rate), {"low_hz": self.low_hz, "high_hz": self.high_hz}


class CheapMic(Condition):
    """A microphone of uneven response and audible self-noise; which of all such microphones, is drawn by slot.

    The response is drawn at seven octaves from 125 Hz to 8 kHz (as many as a seven-band equaliser has), even on
    average and ``response_db`` up or down where it is most uneven, and smooth between them. The active speech level
    stays. The self-noise is white, given in dBA against speech of 66 dBA at the microphone: an approximation, as a
    file tells nothing of the sound pressure.
    """

    id: Literal["cheap_mic"] = "cheap_mic"
    response_db: float = parameter(6.0, 0.0, 24.0, unit="dB", what="largest deviation of the response at an octave")
    self_noise_dba: float = parameter(36.0, 0.0, 70.0, unit="dBA", what="equivalent input noise, A-weighted")

    family: ClassVar[str] = "microphones"
    title: ClassVar[str] = "Cheap microphone"
    hears: ClassVar[str] = "A boxy, tinny or dull microphone with a faint hiss of its own."
    source: ClassVar[str] = (
        "drawn response, linear phase; A-weighting IEC 61672-1; normal vocal effort of 60 dBA at 1 m, ISO 9921, here "
        "at 0.5 m"
    )
    leading: ClassVar[str] = "response_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"response_db": 3.0, "self_noise_dba": 30.0},
        {"response_db": 6.0, "self_noise_dba": 36.0},
        {"response_db": 9.0, "self_noise_dba": 42.0},
        {"response_db": 12.0, "self_noise_dba": 48.0},
    )

    def gains_db(self, rng: np.random.Generator) -> Floats:
        """Return the response at 125, 250 ... 8000 Hz, shape (7,), in dB."""
        drawn = rng.uniform(-1.0, 1.0, size=len(_BANDS_HZ))
        drawn -= drawn.mean()
        return self.response_db * drawn / float(np.max(np.abs(drawn)))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        n, half = len(wave.samples), _TAPS // 2
        taps = _smooth_response(self.gains_db(rng), wave.sample_rate)
        heard = oaconvolve(wave.samples.astype(np.float64), taps)[half : half + n]
        heard, facts = at_the_level_of(wave, heard)
        level = active_level(wave)
        if level.active_db == -math.inf:
            return heard, facts
        grid = np.linspace(0.0, 0.5 * wave.sample_rate, 4097)
        weighted_db = a_weighted_change_db(grid, np.ones(len(grid)))
        noise_db = level.active_db - NEAR_SPEECH_DBA + self.self_noise_dba - weighted_db
        noise = 10.0 ** (noise_db / 20.0) * rng.standard_normal(n)
        return heard + noise, facts | {"self_noise_snr_db": level.active_db - decibels(mean_square(noise))}


def _smooth_response(gains_db: Floats, sample_rate: int) -> Floats:
    """Return an odd number of taps, linear phase, with ``gains_db`` at the octaves and nothing abrupt between them."""
    from scipy.interpolate import PchipInterpolator

    frequencies = np.fft.rfftfreq(_TAPS - 1, 1.0 / sample_rate)
    octaves = np.log2(np.clip(frequencies, _BANDS_HZ[0], _BANDS_HZ[-1]))
    amplitudes = 10.0 ** (PchipInterpolator(np.log2(_BANDS_HZ), gains_db)(octaves) / 20.0)
    half = _TAPS // 2
    taps: Floats = np.take(np.fft.irfft(amplitudes), np.arange(-half, half + 1), mode="wrap") * np.hanning(_TAPS)
    return taps


@lru_cache(maxsize=64)
def _band_pass(order: int, low_hz: float, high_hz: float) -> Any:
    """Return audiomentations' band-pass with its parameters set by hand.

    Called as usual it would draw from the process-wide generators (and so disturb those of others) and write its
    parameters on every call. ``apply`` only reads them: the same in every order and thread.
    """
    from audiomentations import BandPassFilter

    centre, width = (low_hz + high_hz) / 2.0, high_hz - low_hz
    transform = BandPassFilter(
        min_center_freq=centre,
        max_center_freq=centre,
        min_bandwidth_fraction=width / centre,
        max_bandwidth_fraction=width / centre,
        min_rolloff=6 * order,
        max_rolloff=6 * order,
        p=1.0,
    )
    transform.parameters = {"should_apply": True, "center_freq": centre, "bandwidth": width, "rolloff": 6 * order}
    return transform
