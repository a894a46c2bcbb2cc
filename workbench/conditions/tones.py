"""Tones: the repeated beep of equipment, the ward machine that this workbench began with."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.base import Condition, Floats, SpeechPool, parameter
from workbench.conditions.mixing import mix
from workbench.errors import ConditionError


class EquipPulse(Condition):
    """A tone of one frequency, switched on and off at a steady rate; where in its rhythm it starts is drawn by slot.

    The SNR is defined in the pulse: active speech level minus the level of the tone while it sounds at full. An
    utterance can be so short that no pulse falls into it; then it is unchanged, ``sounding_share`` is 0 and no
    ``achieved_snr_db`` is given.
    """

    id: Literal["equip_pulse"] = "equip_pulse"
    frequency_hz: float = parameter(900.0, 50.0, 7900.0, unit="Hz", what="frequency of the tone")
    rate_hz: float = parameter(2.0, 0.1, 20.0, unit="Hz", what="pulses per second")
    duty: float = parameter(
        0.5, 0.01, 1.0, unit="of the period", what="share of the time that the tone sounds; 1 never pauses"
    )
    rise_ms: float = parameter(
        5.0, 0.0, 50.0, unit="ms", what="raised-cosine ramp at each end of a pulse, within its duty"
    )
    snr_db: float = parameter(
        8.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the tone in the pulse"
    )

    family: ClassVar[str] = "tones"
    title: ClassVar[str] = "Equipment pulse"
    hears: ClassVar[str] = "A machine that beeps in a steady rhythm beside the speaker."
    source: ClassVar[str] = "gated sine; SNR in the pulse on active speech level, ITU-T P.56 method B"
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"frequency_hz": 900.0, "rate_hz": 2.0, "duty": 0.5, "rise_ms": 5.0, "snr_db": snr_db}
        for snr_db in (15.0, 8.0, 3.0, -3.0)
    )

    @model_validator(mode="after")
    def _ramps_fit(self) -> Self:
        pulse_ms = 1000.0 * self.duty / self.rate_hz
        if self.duty < 1.0 and 2.0 * self.rise_ms > pulse_ms:
            raise ConditionError(
                f"rise_ms = {self.rise_ms:g} ms at each end does not fit into a pulse of {pulse_ms:g} ms",
                place=self.id,
                remedy=f"use rise_ms = {pulse_ms / 2.0:g} ms or less, a lower rate_hz or a larger duty",
            )
        return self

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        if self.frequency_hz >= 0.495 * wave.sample_rate:
            raise ConditionError(
                f"frequency_hz = {self.frequency_hz:g} Hz cannot sound at a sample rate of {wave.sample_rate} Hz",
                place=self.condition_id,
                remedy=f"use less than {0.495 * wave.sample_rate:g} Hz",
            )
        start, phase = rng.random(2)
        times = np.arange(len(wave.samples)) / wave.sample_rate
        envelope = self.envelope(times, start=float(start))
        tone = envelope * np.sin(2.0 * np.pi * (self.frequency_hz * times + float(phase)))
        mixed, facts = mix(wave, tone, snr_db=self.snr_db, envelope=envelope, known_mean_square=0.5)
        return mixed, facts | {"sounding_share": float(np.mean(envelope > 0.0))}

    def envelope(self, times: Floats, *, start: float) -> Floats:
        """Return the loudness of the pulse train, 0..1, at ``times`` (s), ``start`` periods (0..1) into its rhythm."""
        if self.duty == 1.0:
            return np.ones(len(times))
        since_onset = np.mod(times * self.rate_hz + start, 1.0) / self.rate_hz
        to_end = self.duty / self.rate_hz - since_onset
        inside = np.minimum(since_onset, to_end)
        if self.rise_ms == 0.0:
            return (to_end > 0.0).astype(np.float64)
        ramp = np.clip(inside / (self.rise_ms / 1000.0), 0.0, 1.0)
        return 0.5 - 0.5 * np.cos(np.pi * ramp)
