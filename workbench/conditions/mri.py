"""The MRI suite: gradient coils while scanning, and the helium pump that never stops."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import mix
from workbench.conditions.noise import coloured
from workbench.conditions.tones import harmonic_tone, raised_cosine, require_below_nyquist
from workbench.errors import ConditionError

_ODD_DB = np.array([0.0, -20.0, -30.0, -36.0])  # harmonics 1, 3, 5, 7
_GAP = 0.3  # of a slice, in which the gradients are quiet
_GAP_RAMP_S = 0.004
_BROADBAND_SLOPE_DB = -12.0
_ATTACK = 0.1
"""Share of a stroke in which its loudness rises; it falls over the other 90 %."""


class MriGradient(Condition):
    """Gradient switching: odd harmonics of the read-out frequency, interrupted slice by slice, over a low rumble.

    Each slice sounds for 70 % of its time. Harmonics 3, 5 and 7 are 20, 30 and 36 dB below the first, and the rumble
    falls by 12 dB per octave, so that the energy lies below about 1 kHz, where it lies in real scanners. An
    approximation: every sequence and scanner has resonances of its own. The level is that of the whole sound.
    """

    id: Literal["mri_gradient"] = "mri_gradient"
    frequency_hz: float = parameter(600.0, 300.0, 1200.0, unit="Hz", what="read-out frequency, the first harmonic")
    slice_hz: float = parameter(12.0, 8.0, 20.0, unit="Hz", what="slices per second")
    rumble_db: float = parameter(-10.0, -60.0, 10.0, unit="dB", what="level of the rumble minus that of a slice's tone")
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the scanner")

    family: ClassVar[str] = "mri"
    title: ClassVar[str] = "MRI gradients"
    hears: ClassVar[str] = "A scanner that hammers one harsh note a dozen times a second."
    source: ClassVar[str] = (
        "approximation: odd harmonics switched at the slice rate and low-frequency noise; SNR on active speech level, "
        "ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"frequency_hz": 600.0, "slice_hz": 12.0, "rumble_db": -10.0, "snr_db": snr_db}
        for snr_db in (20.0, 10.0, 5.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_below_nyquist("frequency_hz", self.frequency_hz, wave, place=self.condition_id)
        start, *phases = rng.random(1 + len(_ODD_DB))
        order = 1.0 + 2.0 * np.arange(len(_ODD_DB))
        amplitudes = np.zeros(7)
        amplitudes[::2] = np.where(order * self.frequency_hz < 0.495 * wave.sample_rate, 10.0 ** (_ODD_DB / 20.0), 0.0)
        shifts = np.zeros(7)
        shifts[::2] = phases
        times = np.arange(len(wave.samples)) / wave.sample_rate
        since_slice = np.mod(times * self.slice_hz + start, 1.0) / self.slice_hz
        to_gap = (1.0 - _GAP) / self.slice_hz - since_slice
        slices = raised_cosine(np.minimum(since_slice, to_gap), _GAP_RAMP_S)
        tone = harmonic_tone(self.frequency_hz * times, amplitudes, shifts)
        rumble = coloured(rng, len(times), slope_db=_BROADBAND_SLOPE_DB, sample_rate=wave.sample_rate)
        loudness = 10.0 ** (self.rumble_db / 20.0) * math.sqrt(0.5 * float(np.sum(np.square(amplitudes))))
        return mix(wave, slices * tone + loudness * rumble, snr_db=self.snr_db)


class MriColdhead(Condition):
    """The cold head's helium pump between scans: at every stroke a chirp that falls from one pitch to another.

    The pitch falls in a straight line; loudness rises over the first tenth of the stroke and falls over the rest
    (raised cosines). An approximation, after the ear and no measurement. The SNR is defined in the stroke: active
    speech level minus the level of the chirp at its loudest. Where in the rhythm it starts is drawn by slot.
    """

    id: Literal["mri_coldhead"] = "mri_coldhead"
    rate_hz: float = parameter(1.5, 0.5, 3.0, unit="Hz", what="strokes per second")
    stroke_ms: float = parameter(250.0, 50.0, 330.0, unit="ms", what="duration of a stroke")
    high_hz: float = parameter(800.0, 100.0, 4000.0, unit="Hz", what="pitch at which a chirp begins")
    low_hz: float = parameter(200.0, 50.0, 2000.0, unit="Hz", what="pitch at which it ends")
    snr_db: float = parameter(12.0, -30.0, 60.0, unit="dB", what="active speech level minus level of a stroke at full")

    family: ClassVar[str] = "mri"
    title: ClassVar[str] = "MRI cold head"
    hears: ClassVar[str] = "The unhurried chirp, chirp, chirp of a scanner that is not scanning."
    source: ClassVar[str] = (
        "approximation: falling chirps at the stroke rate of a cold head, no measurement; SNR in the stroke on active "
        "speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"rate_hz": 1.5, "stroke_ms": 250.0, "high_hz": 800.0, "low_hz": 200.0, "snr_db": snr_db}
        for snr_db in (20.0, 12.0, 6.0, 0.0)
    )

    @model_validator(mode="after")
    def _pitch_falls(self) -> Self:
        if self.low_hz > self.high_hz:
            raise ConditionError(
                f"low_hz = {self.low_hz:g} Hz is above high_hz = {self.high_hz:g} Hz", place=self.id, remedy="swap them"
            )
        return self

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_below_nyquist("high_hz", self.high_hz, wave, place=self.condition_id)
        start, phase = rng.random(2)
        stroke_s = self.stroke_ms / 1000.0
        times = np.arange(len(wave.samples)) / wave.sample_rate
        since = np.mod(times * self.rate_hz + start, 1.0) / self.rate_hz
        to_end = np.maximum(stroke_s - since, 0.0)
        envelope = np.minimum(
            raised_cosine(since, _ATTACK * stroke_s), raised_cosine(to_end, (1.0 - _ATTACK) * stroke_s)
        )
        turns = self.high_hz * since + 0.5 * (self.low_hz - self.high_hz) / stroke_s * np.square(since)
        chirp = envelope * np.sin(2.0 * np.pi * (turns + phase))
        mixed, facts = mix(wave, chirp, snr_db=self.snr_db, envelope=envelope, known_mean_square=0.5)
        return mixed, facts | {"sounding_share": float(np.mean(envelope > 0.0))}
