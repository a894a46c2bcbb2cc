"""Tones: the steady note of equipment, its repeated beep (the ward machine that this workbench began with), mains hum."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import decibels, mix
from workbench.errors import ConditionError


class EquipPulse(Condition):
    """A tone, switched on and off at a steady rate; where in its rhythm it starts is drawn by slot.

    With ``jitter_percent`` every pulse comes early or late by its own random share of the period; the rate stays what it
    is in the long run. With ``harmonics`` the tone has overtones, harmonic k quieter by ``rolloff_db * log2(k)``; those
    that the sample rate cannot hold are left out.

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
    jitter_percent: float = parameter(
        0.0, 0.0, 50.0, unit="% of the period", what="how early or late a pulse comes at most, at random", later=True
    )
    harmonics: int = parameter(1, 1, 20, unit="harmonics", what="how many there are, the first included", later=True)
    rolloff_db: float = parameter(
        12.0, 0.0, 36.0, unit="dB/octave", what="by how much higher harmonics are quieter", later=True
    )

    family: ClassVar[str] = "tones"
    title: ClassVar[str] = "Equipment pulse"
    hears: ClassVar[str] = "A machine that beeps in a steady rhythm beside the speaker."
    source: ClassVar[str] = "gated sine; SNR in the pulse on active speech level, ITU-T P.56 method B"
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {
            "frequency_hz": 900.0,
            "rate_hz": 2.0,
            "duty": 0.5,
            "rise_ms": 5.0,
            "snr_db": snr_db,
            "jitter_percent": 0.0,
            "harmonics": 1,
            "rolloff_db": 12.0,
        }
        for snr_db in (15.0, 8.0, 3.0, -3.0)
    )

    @model_validator(mode="after")
    def _pulses_stay_apart(self) -> Self:
        most = 50.0 * (1.0 - self.duty)
        if self.jitter_percent > most * (1.0 + 1e-9):
            raise ConditionError(
                f"jitter_percent = {self.jitter_percent:g} % lets pulses overlap that sound for {self.duty:g} of the period",
                place=self.id,
                remedy=f"use jitter_percent = {most:.4g} % or less, or a smaller duty",
            )
        return self

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
        require_below_nyquist("frequency_hz", self.frequency_hz, wave, place=self.condition_id)
        start, phase = rng.random(2)
        n, rate = len(wave.samples), wave.sample_rate
        times = np.arange(n) / rate
        envelope = self.envelope(times, start=float(start), late=self._late(rng, n / rate))
        if self.harmonics == 1:
            tone, power = np.sin(2.0 * np.pi * (self.frequency_hz * times + float(phase))), 0.5
        else:
            phases = np.append(phase, rng.spawn(1)[0].random(self.harmonics - 1))
            amplitudes = rolled_off(self.frequency_hz, self.harmonics, self.rolloff_db, sample_rate=rate)
            tone = harmonic_tone(self.frequency_hz * times, amplitudes, phases)
            power = 0.5 * float(np.sum(np.square(amplitudes)))
        mixed, facts = mix(wave, envelope * tone, snr_db=self.snr_db, envelope=envelope, known_mean_square=power)
        return mixed, facts | {"sounding_share": float(np.mean(envelope > 0.0))}

    def _late(self, rng: np.random.Generator, seconds: float) -> Floats:
        """Return by how much of a period each pulse is late, shape (k,), from the one before the utterance on."""
        if self.jitter_percent == 0.0:
            return np.zeros(0)
        draws = rng.random(int(np.ceil(seconds * self.rate_hz)) + 3)
        return self.jitter_percent / 100.0 * (2.0 * draws - 1.0)

    def envelope(self, times: Floats, *, start: float, late: Floats) -> Floats:
        """Return the loudness of the pulse train, 0..1, at ``times`` (s), ``start`` periods (0..1) into its rhythm.

        ``late``, shape (k,), has the share of a period by which each pulse is late; empty for none of them.
        """
        if self.duty == 1.0:
            return np.ones(len(times))
        if len(late):
            onsets = np.arange(-1.0, len(late) - 1.0) - start + late
            since_onset = times * self.rate_hz - onsets[np.searchsorted(onsets, times * self.rate_hz, "right") - 1]
            since_onset /= self.rate_hz
        else:
            since_onset = np.mod(times * self.rate_hz + start, 1.0) / self.rate_hz
        to_end = self.duty / self.rate_hz - since_onset
        inside = np.minimum(since_onset, to_end)
        if self.rise_ms == 0.0:
            return (to_end > 0.0).astype(np.float64)
        return raised_cosine(inside, self.rise_ms / 1000.0)


class EquipTone(Condition):
    """A steady note with harmonics; their phases are drawn by slot.

    Harmonic k is ``rolloff_db * log2(k)`` quieter than the first; those that the sample rate cannot hold are left out. The SNR counts the tone as loud as it is to the ear: active speech level
    (not weighted) minus the A-weighted level of the tone. So ``achieved_snr_db``, which is measured without weighting,
    is lower for a deep tone; ``achieved_a_weighted_snr_db`` is the one that was asked for. At 1 kHz alone they agree.
    """

    id: Literal["equip_tone"] = "equip_tone"
    frequency_hz: float = parameter(1000.0, 50.0, 7900.0, unit="Hz", what="frequency of the first harmonic")
    harmonics: int = parameter(4, 1, 20, unit="harmonics", what="how many there are, the first included")
    rolloff_db: float = parameter(12.0, 0.0, 36.0, unit="dB/octave", what="by how much higher harmonics are quieter")
    snr_db: float = parameter(
        10.0, -30.0, 60.0, unit="dB", what="active speech level minus A-weighted level of the tone"
    )

    family: ClassVar[str] = "tones"
    title: ClassVar[str] = "Equipment tone"
    hears: ClassVar[str] = "A machine that whistles one steady note beside the speaker."
    source: ClassVar[str] = (
        "harmonic tone; A-weighting of IEC 61672-1 for the tone, active speech level of ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"frequency_hz": 1000.0, "harmonics": 4, "rolloff_db": 12.0, "snr_db": snr_db}
        for snr_db in (20.0, 10.0, 5.0, 0.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_below_nyquist("frequency_hz", self.frequency_hz, wave, place=self.condition_id)
        phases = rng.random(self.harmonics)
        order = np.arange(1.0, self.harmonics + 1.0)
        amplitudes = rolled_off(self.frequency_hz, self.harmonics, self.rolloff_db, sample_rate=wave.sample_rate)
        times = np.arange(len(wave.samples)) / wave.sample_rate
        tone = harmonic_tone(self.frequency_hz * times, amplitudes, phases)
        weights_db = a_weighting_db(order * self.frequency_hz)
        power = 0.5 * float(np.sum(np.square(amplitudes)))
        weighted = 0.5 * float(np.sum(np.square(amplitudes) * 10.0 ** (weights_db / 10.0)))
        mixed, facts = mix(wave, tone, snr_db=self.snr_db, known_mean_square=weighted)
        if "achieved_snr_db" in facts:
            heard_db = facts["achieved_snr_db"] + decibels(power) - decibels(weighted)
            facts["achieved_a_weighted_snr_db"] = heard_db
        return mixed, facts


class Hum(Condition):
    """Mains hum: the frequency of the mains and all its multiples up to a limit; their phases are drawn by slot.

    The level is not weighted: most of a hum lies where neither ear nor recogniser listens, hence the low SNRs.
    """

    id: Literal["hum"] = "hum"
    frequency_hz: float = parameter(50.0, 40.0, 70.0, unit="Hz", what="frequency of the mains: 50 or 60 Hz")
    drop_db: float = parameter(
        6.0, 0.0, 24.0, unit="dB per harmonic", what="by how much each harmonic is quieter than the one before"
    )
    highest_hz: float = parameter(1000.0, 100.0, 4000.0, unit="Hz", what="no harmonics above this")
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the hum")

    family: ClassVar[str] = "tones"
    title: ClassVar[str] = "Mains hum"
    hears: ClassVar[str] = "The deep, steady hum of a badly earthed cable or of a transformer nearby."
    source: ClassVar[str] = (
        "multiples of the mains frequency, an approximation of no particular device; unweighted SNR on active speech "
        "level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"frequency_hz": 50.0, "drop_db": 6.0, "highest_hz": 1000.0, "snr_db": snr_db}
        for snr_db in (20.0, 10.0, 0.0, -10.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_below_nyquist("frequency_hz", self.frequency_hz, wave, place=self.condition_id)
        count = int(min(self.highest_hz, 0.495 * wave.sample_rate) / self.frequency_hz)
        amplitudes = np.power(10.0, -self.drop_db / 20.0 * np.arange(float(count)))
        times = np.arange(len(wave.samples)) / wave.sample_rate
        hum = harmonic_tone(self.frequency_hz * times, amplitudes, rng.random(count))
        return mix(wave, hum, snr_db=self.snr_db, known_mean_square=0.5 * float(np.sum(np.square(amplitudes))))


def harmonic_tone(turns: Floats, amplitudes: Floats, phases: Floats) -> Floats:
    """Return the sum of ``amplitudes[k] * sin(2 pi ((k + 1) turns + phases[k]))``.

    ``turns``, shape (n,), counts the periods of the first harmonic; ``amplitudes`` and ``phases`` (in turns) have one
    value per harmonic. A polynomial in one complex exponential: each harmonic costs a product instead of a sine.
    """
    once = np.exp(2j * np.pi * turns)
    total = np.zeros(len(turns), dtype=np.complex128)
    for amplitude, phase in zip(amplitudes[::-1], phases[::-1], strict=True):
        total = (total + amplitude * np.exp(2j * np.pi * phase)) * once
    return np.asarray(total.imag, dtype=np.float64)


def rolled_off(frequency_hz: float, harmonics: int, rolloff_db: float, *, sample_rate: int) -> Floats:
    """Return the amplitudes of the harmonics of ``frequency_hz``, shape (harmonics,); 0 for what cannot be held."""
    order = np.arange(1.0, harmonics + 1.0)
    return np.where(order * frequency_hz < 0.495 * sample_rate, 10.0 ** (-rolloff_db * np.log2(order) / 20.0), 0.0)


def raised_cosine(inside_s: Floats, ramp_s: float) -> Floats:
    """Return the loudness (0..1) of a pulse ``inside_s`` seconds from its nearer end; negative is outside."""
    ramp = np.clip(inside_s / ramp_s, 0.0, 1.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * ramp), dtype=np.float64)


def a_weighting_db(frequencies: Floats) -> Floats:
    """Return the A-weighting at ``frequencies`` (Hz) in dB: 0 at 1 kHz. Source: IEC 61672-1, analytical form."""
    f2 = np.square(frequencies)
    response = (12194.0**2 * f2**2) / ((f2 + 20.6**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * (f2 + 12194.0**2))
    return np.asarray(20.0 * np.log10(response) + 2.0, dtype=np.float64)


def require_below_nyquist(name: str, frequency_hz: float, wave: Waveform, *, place: str) -> None:
    """Raise :class:`ConditionError` unless a tone of ``frequency_hz`` can sound at the sample rate of ``wave``."""
    highest_hz = 0.495 * wave.sample_rate
    if frequency_hz >= highest_hz:
        raise ConditionError(
            f"{name} = {frequency_hz:g} Hz cannot sound at a sample rate of {wave.sample_rate} Hz",
            place=place,
            remedy=f"use less than {highest_hz:g} Hz",
        )
