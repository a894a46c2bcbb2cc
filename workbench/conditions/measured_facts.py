"""Measuring: what is true of the audio that an engine hears, and of the speech it was made from."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from workbench.audio import (
    SpeechLevel,
    StoiReference,
    Waveform,
    floor_db,
    full_scale,
    rolloff_hz,
    si_sdr_db,
    speech_level,
)
from workbench.conditions.condition import Condition


class Original:
    """The speech before, worked out once for all conditions that it is put under. Safe to share by threads."""

    def __init__(self, wave: Waveform) -> None:
        self.wave = wave

    @cached_property
    def level(self) -> SpeechLevel:
        """Active level and activity factor (ITU-T P.56)."""
        return speech_level(self.wave.samples, self.wave.sample_rate)

    @cached_property
    def floor_db(self) -> float:
        """Level of the quietest tenth, dBov."""
        return floor_db(self.wave.samples, self.wave.sample_rate)

    @cached_property
    def intelligible(self) -> StoiReference:
        """The clean side of STOI."""
        return StoiReference(self.wave.samples, self.wave.sample_rate)


def measured(original: Original, heard: Waveform, condition: Condition) -> dict[str, float]:
    """Return what is measured on every utterance under every condition; a fact that does not apply is absent.

    ``schema.FACTS`` says what each is, in which unit, and when it is absent. ``stoi`` and ``si_sdr_db`` compare sample
    by sample, so they are there only if ``condition`` keeps the length and the speech.
    """
    before, after = original.level, speech_level(heard.samples, heard.sample_rate)
    at_full_scale = full_scale(heard.samples)
    facts = {
        "active_level_db": before.active_db,
        "activity_factor": before.activity,
        "source_floor_db": original.floor_db,
        "source_snr_db": before.active_db - original.floor_db,
        "heard_active_level_db": after.active_db,
        "heard_activity_factor": after.activity,
        "peak": float(np.max(np.abs(heard.samples), initial=0.0)),
        "full_scale_percent": at_full_scale.percent,
        "full_scale_run_samples": float(at_full_scale.longest_run),
        "rolloff_hz": rolloff_hz(heard.samples, heard.sample_rate),
    }
    if original.wave.taken_channel is not None:
        facts["taken_channel"] = float(original.wave.taken_channel + 1)
    if condition.keeps_length and condition.keeps_speech and len(heard.samples) == len(original.wave.samples):
        facts["stoi"] = original.intelligible.against(heard.samples)
        facts["si_sdr_db"] = si_sdr_db(original.wave.samples, heard.samples, heard.sample_rate)
    return {name: value for name, value in facts.items() if math.isfinite(value)}
