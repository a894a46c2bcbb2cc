"""An intensive care unit: a ventilator, alarms near and far, two people who talk, and someone who walks past."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.alarms import Alarm, AlarmHigh, AlarmMedium
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.crowd_scenes import happenings, murmur, place
from workbench.conditions.event_synthesis import low_pass
from workbench.conditions.machines import VentCompressor
from workbench.conditions.mixer import mix

_ALARMS: tuple[Alarm, ...] = (AlarmHigh(interburst_s=10.0), AlarmMedium(interburst_s=7.5, fundamental_hz=330.0))
_FAR_DB = (0.0, -6.0)
_WALK_S = (3.0, 7.0)
_STEPS_HZ = (1.6, 2.1)
_STEP_S = 0.12
_STEP_DB = 15.0


class IcuWard(Condition):
    """A ventilator, a high-priority alarm, a medium-priority one further away, two voices, and steps.

    The alarms are those of ``alarm_high`` and ``alarm_medium`` (6 dB quieter, on another note) with longer pauses between
    their bursts, 10 and 7.5 s; they have been going for a while, where in their rhythm is drawn by slot. People walk
    past as a Poisson process, for 3 to 7 s each, with 1.6 to 2.1 steps a second that swell and fade. Levels are beside
    that of the ventilator. The SNR holds over the utterance, with all that falls into it. An approximation of no
    particular ward.
    """

    id: Literal["icu_ward"] = "icu_ward"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the whole ward")
    alarm_db: float = parameter(
        10.0, -60.0, 40.0, unit="dB", what="level of a pulse of the near alarm minus ventilator"
    )
    talk_db: float = parameter(0.0, -60.0, 40.0, unit="dB", what="level of the two who talk minus ventilator")
    walks_per_min: float = parameter(6.0, 0.0, 60.0, unit="per minute", what="people who walk past")

    family: ClassVar[str] = "crowds"
    title: ClassVar[str] = "Intensive care ward"
    hears: ClassVar[str] = "A bed in intensive care: a ventilator, alarms near and far, two colleagues, steps."
    source: ClassVar[str] = (
        "alarms after IEC 60601-1-8 (approximated), synthetic ventilator and steps, voices of the corpus; SNR on active "
        "speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "alarm_db": 10.0, "talk_db": 0.0, "walks_per_min": 6.0} for snr_db in (18.0, 10.0, 5.0, 0.0)
    )
    needs_speech_pool: ClassVar[bool] = True

    @property
    def voices_needed(self) -> int:
        """One other, who may be heard several times."""
        return 1

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        vent_rng, talk_rng, walk_rng, *alarm_rngs = rng.spawn(3 + len(_ALARMS))
        ventilator = VentCompressor()
        swing = (1.0 + ventilator.stroke_depth**2 / 2.0) * (1.0 + ventilator.breath_depth**2 / 2.0)
        sound = ventilator.sound(vent_rng, n, rate) / math.sqrt(swing)
        sound += 10.0 ** (self.talk_db / 20.0) * murmur(pool, talk_rng, wave, talkers=2)
        facts = {}
        for alarm, alarm_rng, far_db in zip(_ALARMS, alarm_rngs, _FAR_DB, strict=True):
            ringing, share = self.alarm(alarm, alarm_rng, n, rate)
            sound += 10.0 ** ((self.alarm_db + far_db) / 20.0) * ringing
            facts[f"{alarm.id}_sounding_share"] = share
        steps, heard = self.footsteps(walk_rng, n, rate)
        mixed, measured = mix(wave, sound + steps, snr_db=self.snr_db)
        return mixed, measured | facts | {"steps": float(heard)}

    def alarm(self, alarm: Alarm, rng: np.random.Generator, n: int, sample_rate: int) -> tuple[Floats, float]:
        """Return an alarm that has been going, shape (n,), mean square 1 in its pulses; and the share that it sounds."""
        begun, *phases = rng.random(6)
        times = np.arange(n) / sample_rate + begun * alarm.burst()[3]
        envelope, sound, power = alarm.sound(times, np.asarray(phases), sample_rate=sample_rate)
        return sound / math.sqrt(power), float(np.mean(envelope > 0.0))

    def footsteps(self, rng: np.random.Generator, n: int, sample_rate: int) -> tuple[Floats, int]:
        """Return the steps alone, shape (n,), the level of the ventilator being 1; and how many are heard."""
        from scipy.signal import sosfilt

        step_rng, walk_rng = rng.spawn(2)
        m = round(_STEP_S * sample_rate)
        decay = 10.0 ** (-3.0 * np.arange(m) / m)
        step = sosfilt(np.vstack([low_pass(200.0, sample_rate)] * 2), step_rng.standard_normal(m)) * decay
        step /= np.max(np.abs(step))
        sound, heard = np.zeros(n), 0
        at_s, marks = happenings(
            walk_rng, per_min=self.walks_per_min, until_s=n / sample_rate, reach_s=_WALK_S[1], marks=2
        )
        for begin_s, (length, pace) in zip(at_s, marks, strict=True):
            length_s = _WALK_S[0] + (_WALK_S[1] - _WALK_S[0]) * length
            every_s = 1.0 / (_STEPS_HZ[0] + (_STEPS_HZ[1] - _STEPS_HZ[0]) * pace)
            for since_s in np.arange(0.0, length_s, every_s):
                near = math.sin(math.pi * (since_s + 0.5 * every_s) / (length_s + every_s))
                place(sound, begin_s + since_s, 10.0 ** (_STEP_DB / 20.0) * near * step, sample_rate=sample_rate)
                heard += 0.0 <= begin_s + since_s < n / sample_rate
        return sound, heard
