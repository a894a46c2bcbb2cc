"""Machines that run: ventilation with its blades, the compressor of a ventilator."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import mix
from workbench.conditions.noise import PINK_DB, coloured
from workbench.conditions.tones import harmonic_tone, require_below_nyquist

_BLADE_HARMONICS_DB = (0.0, -6.0, -12.0)


class FanHvac(Condition):
    """Air noise whose power falls steadily with frequency (flat below 62.5 Hz), and the tone of the passing blades.

    A blade passes ``rpm / 60 * blades`` times a second; that tone has two harmonics, 6 dB quieter each. An
    approximation: real ducts have resonances of their own.
    """

    id: Literal["fan_hvac"] = "fan_hvac"
    rpm: float = parameter(1200.0, 60.0, 12000.0, unit="rpm", what="turns of the fan per minute")
    blades: int = parameter(7, 2, 36, unit="blades", what="how many blades the fan has")
    blade_db: float = parameter(-10.0, -60.0, 20.0, unit="dB", what="level of the blades' tone minus that of the air")
    slope_db: float = parameter(-5.0, -12.0, 0.0, unit="dB/octave", what="by how much the air's power falls")
    snr_db: float = parameter(12.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the fan")

    family: ClassVar[str] = "machines"
    title: ClassVar[str] = "Fan and ventilation"
    hears: ClassVar[str] = "The low rush of air conditioning with the drone of its fan in it."
    source: ClassVar[str] = (
        "approximation: coloured noise and the blade-pass frequency; SNR on active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"rpm": 1200.0, "blades": 7, "blade_db": -10.0, "slope_db": -5.0, "snr_db": snr_db}
        for snr_db in (20.0, 12.0, 6.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_below_nyquist("rpm / 60 * blades", self.blade_pass_hz, wave, place=self.condition_id)
        mixed, facts = mix(wave, self.sound(rng, len(wave.samples), wave.sample_rate), snr_db=self.snr_db)
        return mixed, facts | {"blade_pass_hz": self.blade_pass_hz}

    @property
    def blade_pass_hz(self) -> float:
        """How many blades pass in a second."""
        return self.rpm / 60.0 * self.blades

    def sound(self, rng: np.random.Generator, n: int, sample_rate: int) -> Floats:
        """Return the fan alone, shape (n,); the mean square of its air is 1 on the long run."""
        phases = rng.random(len(_BLADE_HARMONICS_DB))
        order = 1.0 + np.arange(len(phases))
        audible = order * self.blade_pass_hz < 0.495 * sample_rate
        amplitudes = np.where(audible, 10.0 ** (np.array(_BLADE_HARMONICS_DB) / 20.0), 0.0)
        amplitudes *= 10.0 ** (self.blade_db / 20.0) / math.sqrt(0.5 * float(np.sum(np.square(amplitudes))))
        times = np.arange(n) / sample_rate
        air = coloured(rng, n, slope_db=self.slope_db, sample_rate=sample_rate)
        return air + harmonic_tone(self.blade_pass_hz * times, amplitudes, phases)


class VentCompressor(Condition):
    """Pink noise whose loudness swings with the strokes of a compressor and, slowly, with the breaths it gives.

    Amplitude is ``(1 + stroke_depth sin) (1 + breath_depth sin)``; where in both rhythms it starts is drawn by slot.
    The level is that of the whole sound during the utterance. An approximation of no particular ventilator.
    """

    id: Literal["vent_compressor"] = "vent_compressor"
    stroke_hz: float = parameter(2.0, 0.5, 30.0, unit="Hz", what="strokes of the compressor per second")
    stroke_depth: float = parameter(
        0.7, 0.0, 1.0, unit="of the amplitude", what="how far the loudness swings per stroke"
    )
    breath_hz: float = parameter(0.25, 0.05, 2.0, unit="Hz", what="breaths per second")
    breath_depth: float = parameter(
        0.5, 0.0, 1.0, unit="of the amplitude", what="how far the loudness swings per breath"
    )
    snr_db: float = parameter(12.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the machine")

    family: ClassVar[str] = "machines"
    title: ClassVar[str] = "Ventilator compressor"
    hears: ClassVar[str] = "A machine that puffs twice a second and swells with every breath it gives."
    source: ClassVar[str] = (
        "approximation: pink noise, amplitude-modulated; SNR on active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"stroke_hz": 2.0, "stroke_depth": 0.7, "breath_hz": 0.25, "breath_depth": 0.5, "snr_db": snr_db}
        for snr_db in (20.0, 12.0, 6.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return mix(wave, self.sound(rng, len(wave.samples), wave.sample_rate), snr_db=self.snr_db)

    def sound(self, rng: np.random.Generator, n: int, sample_rate: int) -> Floats:
        """Return the machine alone, shape (n,); without its swing, its mean square is 1 on the long run."""
        stroke, breath = rng.random(2)
        times = np.arange(n) / sample_rate
        loudness = 1.0 + self.stroke_depth * np.sin(2.0 * np.pi * (self.stroke_hz * times + stroke))
        loudness *= 1.0 + self.breath_depth * np.sin(2.0 * np.pi * (self.breath_hz * times + breath))
        return np.asarray(loudness * coloured(rng, n, slope_db=PINK_DB, sample_rate=sample_rate), dtype=np.float64)
