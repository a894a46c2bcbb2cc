"""Alarms of medical equipment: bursts of pulses after the timing and the harmonics that IEC 60601-1-8 lays down.

The standard itself was not at hand; its ranges are checked against what others publish of it (data sheets and application
notes of alarm generators, a public generator with range checks, a teaching page with the melodies). Found there as in the
tables below: numbers of pulses; pulses and pauses of high and low priority, the two halves of a high-priority burst, and
the times between bursts of both; the pulses of medium priority; c e g - g C and c e g; 150 to 1000 Hz with at least four
harmonics of 300 to 4000 Hz within 15 dB. Not found there, so from notes alone: the longer pause 3-4, the pauses and the
longest time between bursts of medium priority, and the notes e c of low priority (one generator has that interval). Of the
share of a pulse that its rise may take, sources say 10 to 20 % or 10 to 40 %; ours takes 18 %.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import mix
from workbench.conditions.tones import harmonic_tone, raised_cosine

_HARMONICS_DB = np.array([0.0, -3.0, -6.0, -9.0, -12.0])
_RAMP = 0.3  # of the pulse at each end; the loudness then takes 18 % of the pulse from 10 to 90 %

C, E, G, HIGH_C = 1.0, 2.0 ** (4.0 / 12.0), 2.0 ** (7.0 / 12.0), 2.0
"""Notes of the melodies: frequencies relative to the lowest."""


class Alarm(Condition):
    """What all priorities share: pulses of five harmonics in a burst, bursts at an interval, level in the pulse.

    The alarm goes off as the utterance begins: its first pulse comes within one pulse period, when is drawn by slot
    (so that short commands are not by chance spared), and it goes on to the end. Harmonic k is ``3 (k - 1)`` dB quieter
    than the first. The SNR is defined in the pulse: active speech level minus the level of a pulse at full; pauses are
    not counted. An utterance that ends before the first pulse is unchanged, without ``achieved_snr_db``.
    """

    fundamental_hz: float = parameter(
        262.0, 150.0, 500.0, unit="Hz", what="frequency of the lowest note (pulse frequency)"
    )
    snr_db: float = parameter(8.0, -30.0, 60.0, unit="dB", what="active speech level minus level of a pulse at full")

    family: ClassVar[str] = "alarms"
    leading: ClassVar[str] = "snr_db"

    def burst(self) -> tuple[Floats, Floats, float, float]:
        """Return onsets (s) and notes of the pulses of a burst, how long each lasts, and the time from burst to burst."""
        raise NotImplementedError

    def envelope(self, times: Floats) -> tuple[Floats, Floats, Floats]:
        """Return at ``times`` (s, from the onset of the first pulse) loudness 0..1, note, and time since its onset."""
        onsets, notes, pulse_s, period_s = self.burst()
        in_period = np.where(times < 0.0, -1.0, np.mod(times, period_s))
        pulse = np.maximum(np.searchsorted(onsets, in_period, side="right") - 1, 0)
        since_onset = in_period - onsets[pulse]
        inside = np.minimum(since_onset, pulse_s - since_onset)
        return raised_cosine(inside, _RAMP * pulse_s), notes[pulse], since_onset

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        start, *phases = rng.random(1 + len(_HARMONICS_DB))
        onsets, _, pulse_s, _ = self.burst()
        times = np.arange(len(wave.samples)) / wave.sample_rate
        times -= start * (onsets[1] if len(onsets) > 1 else pulse_s)
        envelope, tone, power = self.sound(times, np.asarray(phases), sample_rate=wave.sample_rate)
        mixed, facts = mix(wave, tone, snr_db=self.snr_db, envelope=envelope, known_mean_square=power)
        return mixed, facts | {"sounding_share": float(np.mean(envelope > 0.0))}

    def sound(self, times: Floats, phases: Floats, *, sample_rate: int) -> tuple[Floats, Floats, float]:
        """Return at ``times`` (s, from the onset of the first pulse) loudness 0..1 and sound, and the power of a pulse.

        ``phases``, shape (5,), are those of the harmonics, in turns.
        """
        envelope, notes, since_onset = self.envelope(times)
        # All notes have the same harmonics: those that the sample rate can hold in the highest of them.
        highest_hz = self.fundamental_hz * float(np.max(self.burst()[1]))
        audible = highest_hz * np.arange(1.0, 1.0 + len(_HARMONICS_DB)) < 0.495 * sample_rate
        amplitudes = np.where(audible, 10.0 ** (_HARMONICS_DB / 20.0), 0.0)
        tone = harmonic_tone(self.fundamental_hz * notes * since_onset, amplitudes, phases)
        return envelope, envelope * tone, 0.5 * float(np.sum(np.square(amplitudes)))


class AlarmHigh(Alarm):
    """A high-priority alarm: ten pulses in a burst, c e g - g C twice, again and again.

    ===============================  =====================  ====================  =============================
    time                             parameter              default               range of the standard
    ===============================  =====================  ====================  =============================
    duration of a pulse (d)          ``pulse_ms``           150 ms                75 to 200 ms
    pause 1-2, 2-3, 4-5,             ``spacing_ms`` (x)     100 ms                50 to 125 ms
    6-7, 7-8, 9-10
    pause 3-4, 8-9                   2 x + d                350 ms                2 x + d
    pause 5-6                        ``half_pause_s``       0.5 s                 0.35 to 1.3 s
    end of a burst to the next       ``interburst_s``       2.5 s                 2.5 to 15 s
    ===============================  =====================  ====================  =============================

    So with the defaults pulses begin at 0, 0.25, 0.5, 1, 1.25, 1.9, 2.15, 2.4, 2.9 and 3.15 s, and at 5.8 s again.
    Durations are from first to last sound, pauses between them: a simplification of the standard's effective times.
    The melody is that of its informative annex for the heart. Not a test of conformity.
    """

    id: Literal["alarm_high"] = "alarm_high"
    pulse_ms: float = parameter(150.0, 75.0, 200.0, unit="ms", what="duration of a pulse")
    spacing_ms: float = parameter(100.0, 50.0, 125.0, unit="ms", what="pause between two pulses of a group")
    half_pause_s: float = parameter(0.5, 0.35, 1.3, unit="s", what="pause between the fifth and the sixth pulse")
    interburst_s: float = parameter(2.5, 2.5, 15.0, unit="s", what="pause between two bursts")

    title: ClassVar[str] = "High-priority alarm"
    hears: ClassVar[str] = "The urgent alarm of a patient monitor: five quick notes, twice, then again."
    source: ClassVar[str] = (
        "IEC 60601-1-8, characteristics of burst and pulse (approximated, see the docstring); SNR in the pulse on "
        "active speech level, ITU-T P.56 method B"
    )
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {
            "fundamental_hz": 262.0,
            "pulse_ms": 150.0,
            "spacing_ms": 100.0,
            "half_pause_s": 0.5,
            "interburst_s": 2.5,
            "snr_db": snr_db,
        }
        for snr_db in (15.0, 8.0, 2.0, -4.0)
    )

    def burst(self) -> tuple[Floats, Floats, float, float]:
        """Return onsets (s) and notes of the pulses of a burst, how long each lasts, and the time from burst to burst."""
        pulse_s, x = self.pulse_ms / 1000.0, self.spacing_ms / 1000.0
        half = [x, x, 2.0 * x + pulse_s, x]
        pauses = [0.0, *half, self.half_pause_s, *half]
        onsets = np.cumsum(pauses) + pulse_s * np.arange(10.0)
        notes = np.array([C, E, G, G, HIGH_C] * 2)
        return onsets, notes, pulse_s, float(onsets[-1]) + pulse_s + self.interburst_s


class AlarmMedium(Alarm):
    """A medium-priority alarm, as infusion pumps have: three pulses in a burst, c e g.

    ===============================  =====================  ====================  =============================
    time                             parameter              default               range of the standard
    ===============================  =====================  ====================  =============================
    duration of a pulse              ``pulse_ms``           200 ms                125 to 250 ms
    pause 1-2, 2-3                   ``spacing_ms`` (y)     200 ms                125 to 250 ms
    end of a burst to the next       ``interburst_s``       2.5 s                 2.5 to 30 s
    ===============================  =====================  ====================  =============================

    So with the defaults pulses begin at 0, 0.4 and 0.8 s, and at 3.5 s again. Durations are from first to last sound,
    pauses between them: a simplification of the standard's effective times. Not a test of conformity.
    """

    id: Literal["alarm_medium"] = "alarm_medium"
    pulse_ms: float = parameter(200.0, 125.0, 250.0, unit="ms", what="duration of a pulse")
    spacing_ms: float = parameter(200.0, 125.0, 250.0, unit="ms", what="pause between two pulses of a burst")
    interburst_s: float = parameter(2.5, 2.5, 30.0, unit="s", what="pause between two bursts")

    title: ClassVar[str] = "Medium-priority alarm"
    hears: ClassVar[str] = "The three rising notes of an infusion pump that wants to be looked at."
    source: ClassVar[str] = AlarmHigh.source
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"fundamental_hz": 262.0, "pulse_ms": 200.0, "spacing_ms": 200.0, "interburst_s": 2.5, "snr_db": snr_db}
        for snr_db in (15.0, 8.0, 2.0, -4.0)
    )

    def burst(self) -> tuple[Floats, Floats, float, float]:
        """Return onsets (s) and notes of the pulses of a burst, how long each lasts, and the time from burst to burst."""
        pulse_s, y = self.pulse_ms / 1000.0, self.spacing_ms / 1000.0
        onsets = (pulse_s + y) * np.arange(3.0)
        return onsets, np.array([C, E, G]), pulse_s, float(onsets[-1]) + pulse_s + self.interburst_s


class AlarmLow(Alarm):
    """A low-priority alarm: one or two pulses, e c, and a long wait.

    ===============================  =====================  ====================  =============================
    time                             parameter              default               range of the standard
    ===============================  =====================  ====================  =============================
    number of pulses                 ``pulses``             2                     1 or 2
    duration of a pulse              ``pulse_ms``           200 ms                125 to 250 ms
    pause 1-2                        ``spacing_ms`` (y)     200 ms                125 to 250 ms
    end of a burst to the next       ``interburst_s``       16 s                  more than 15 s, or never
    ===============================  =====================  ====================  =============================

    So with the defaults pulses begin at 0 and 0.4 s, and at 16.6 s again: an utterance of a few seconds hears it once.
    Durations are from first to last sound, pauses between them: a simplification of the standard's effective times. Not
    a test of conformity.
    """

    id: Literal["alarm_low"] = "alarm_low"
    pulses: int = parameter(2, 1, 2, unit="pulses", what="how many pulses a burst has")
    pulse_ms: float = parameter(200.0, 125.0, 250.0, unit="ms", what="duration of a pulse")
    spacing_ms: float = parameter(200.0, 125.0, 250.0, unit="ms", what="pause between two pulses of a burst")
    interburst_s: float = parameter(16.0, 15.0, 120.0, unit="s", what="pause between two bursts")

    title: ClassVar[str] = "Low-priority alarm"
    hears: ClassVar[str] = "Two falling notes, once: a device that mentions something."
    source: ClassVar[str] = AlarmHigh.source
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {
            "fundamental_hz": 262.0,
            "pulses": 2,
            "pulse_ms": 200.0,
            "spacing_ms": 200.0,
            "interburst_s": 16.0,
            "snr_db": snr_db,
        }
        for snr_db in (15.0, 8.0, 2.0, -4.0)
    )

    def burst(self) -> tuple[Floats, Floats, float, float]:
        """Return onsets (s) and notes of the pulses of a burst, how long each lasts, and the time from burst to burst."""
        pulse_s, y = self.pulse_ms / 1000.0, self.spacing_ms / 1000.0
        onsets = (pulse_s + y) * np.arange(float(self.pulses))
        return onsets, np.array([E, C][: self.pulses]), pulse_s, float(onsets[-1]) + pulse_s + self.interburst_s
