"""Weather at the microphone: wind and rain."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.event_synthesis import events, filtered_noise, high_pass, low_pass
from workbench.conditions.mixer import mix

_GUSTS_HZ = (0.1, 1.0)
_GUST_RATE = 20.0
_GUST_LEAD_IN_S = 30.0
_SATURATION = 4.0
_RAIN_FROM_HZ = 1000.0
_DROP_S = 0.02


class Wind(Condition):
    """Wind over a microphone without a screen: low rumble whose loudness goes with the gusts.

    Noise of power 1/f^2 (-6 dB per octave) from 30 Hz to ``corner_hz``, -12 dB per octave above; its level in dB is a
    Gaussian process between 0.1 and 1 Hz with standard deviation ``gust_db`` (log-normal gusts); 12 dB above its mean
    the membrane saturates (tanh). An approximation in its constants: the saturation does not touch the speech. The SNR
    is unweighted, over the utterance: most of the wind lies below the voice.
    """

    id: Literal["wind"] = "wind"
    snr_db: float = parameter(3.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the wind")
    gust_db: float = parameter(6.0, 0.0, 12.0, unit="dB", what="standard deviation of the level of the gusts")
    corner_hz: float = parameter(300.0, 100.0, 1000.0, unit="Hz", what="above it the rumble falls twice as steeply")

    family: ClassVar[str] = "weather"
    title: ClassVar[str] = "Wind"
    hears: ClassVar[str] = "Gusts that rumble and flap over the microphone outdoors."
    source: ClassVar[str] = (
        "synthetic; low-frequency 1/f^2 noise with log-normal gusts, an approximation; SNR on active speech level, "
        "ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "gust_db": 6.0, "corner_hz": 300.0} for snr_db in (10.0, 3.0, -3.0, -9.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        rumble_rng, gust_rng = rng.spawn(2)
        sections = np.vstack([high_pass(20.0, rate), low_pass(20.0, rate), low_pass(self.corner_hz, rate)])
        gusts = self.gusts(gust_rng, n, sample_rate=rate)
        rumble = filtered_noise(rumble_rng, n, sections, sample_rate=rate) * gusts
        return mix(wave, _SATURATION * np.tanh(rumble / _SATURATION), snr_db=self.snr_db)

    def gusts(self, rng: np.random.Generator, n: int, *, sample_rate: int) -> Floats:
        """Return the loudness of the wind at every sample, shape (n,); its mean square is 1 on the long run."""
        from scipy.signal import butter

        sections = butter(2, _GUSTS_HZ, btype="bandpass", fs=_GUST_RATE, output="sos")
        steps = math.ceil(n / sample_rate * _GUST_RATE) + 1
        slow = filtered_noise(rng, steps, sections, sample_rate=_GUST_RATE, lead_in_s=_GUST_LEAD_IN_S)
        level_db = self.gust_db * np.interp(np.arange(n) / sample_rate, np.arange(steps) / _GUST_RATE, slow)
        nepers = self.gust_db * math.log(10.0) / 20.0
        return 10.0 ** (level_db / 20.0) / math.exp(nepers**2)


class Rain(Condition):
    """Rain on a roof or an umbrella: single drops at random moments over an even hiss, all above 1 kHz.

    Drops fall as a Poisson process, each a burst of noise of its own strength that decays by 60 dB in 20 ms; the hiss,
    drops too many to tell apart, is ``hiss_db`` above the drops' own level. An approximation: what is rained on gives
    real drops their colour.
    """

    id: Literal["rain"] = "rain"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the rain")
    drops_per_s: float = parameter(50.0, 0.1, 1000.0, unit="drops per second", what="drops that are heard singly")
    hiss_db: float = parameter(6.0, -60.0, 40.0, unit="dB", what="level of the hiss minus that of the drops")

    family: ClassVar[str] = "weather"
    title: ClassVar[str] = "Rain"
    hears: ClassVar[str] = "Drops that patter nearby over the hiss of heavier rain."
    source: ClassVar[str] = (
        "synthetic; Poisson drops and noise above 1 kHz, an approximation; SNR on active speech level, ITU-T P.56 "
        "method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "drops_per_s": 50.0, "hiss_db": 6.0} for snr_db in (18.0, 10.0, 5.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve, sosfilt

        n, rate = len(wave.samples), wave.sample_rate
        drop_rng, fall_rng, hiss_rng = rng.spawn(3)
        sections = high_pass(_RAIN_FROM_HZ, rate, order=4)
        drop = sosfilt(sections, _one_drop(drop_rng, rate))
        seconds, marks = events(fall_rng, rate_hz=self.drops_per_s, first_s=-1.0, until_s=n / rate, marks=1)
        strengths = 0.3 - np.log(1.0 - marks[:, 0])  # exponential, none so weak that it is lost
        falls = np.zeros(rate + n)
        at = np.floor((seconds + 1.0) * rate).astype(np.int64)
        np.add.at(falls, at[at < len(falls)], strengths[at < len(falls)])
        patter = oaconvolve(falls, drop)[rate : rate + n]
        power = self.drops_per_s / rate * (0.3**2 + 2.0 * 0.3 + 2.0) * float(np.sum(np.square(drop)))
        hiss = filtered_noise(hiss_rng, n, sections, sample_rate=rate)
        both = patter / math.sqrt(power) + 10.0 ** (self.hiss_db / 20.0) * hiss
        mixed, facts = mix(wave, both, snr_db=self.snr_db)
        return mixed, facts | {"drops": float(np.sum((at >= rate) & (at < len(falls))))}


def _one_drop(rng: np.random.Generator, sample_rate: int) -> Floats:
    """Return a burst of noise that decays by 60 dB in 20 ms, long enough for the filter to ring out."""
    n = round(2.0 * _DROP_S * sample_rate)
    return rng.standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / (_DROP_S * sample_rate))
