"""How fast someone talks."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.time_stretch import at_tempo


class _Rate(Condition):
    """What fast and slow speech share. The result is as long as the utterance divided by ``tempo``.

    All sounds become longer or shorter alike, pauses too: a person who hurries shortens vowels more than stops. What
    was said at time t, give or take 10 ms, is heard at t / ``tempo``; pitch and active speech level are what they were.
    Facts: ``tempo`` as it came out after rounding to whole samples; ``duration_s``.
    """

    tempo: float = parameter(1.2, 0.5, 2.0, unit="times as fast", what="tempo; below 1 is slower")

    family: ClassVar[str] = "voice"
    source: ClassVar[str] = (
        "waveform-similarity overlap-add: Verhelst and Roelands (1993), ICASSP; level restored by ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "tempo"
    draws: ClassVar[bool] = False
    keeps_length: ClassVar[bool] = False

    def heard_s(self, clean_s: float) -> float:
        """Return the length at the other tempo."""
        return clean_s / self.tempo

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n = len(wave.samples)
        n_out = max(1, round(n / self.tempo))
        changed = at_tempo(wave.samples.astype(np.float64), self.tempo, n_out=n_out, sample_rate=wave.sample_rate)
        samples, facts = at_the_level_of(wave, changed)
        return samples, facts | {"tempo": n / n_out}


class SpeechRate(_Rate):
    """Fast speech: 1.1 to 1.5 times the tempo, at the same pitch; see :class:`SlowSpeech` for the other direction."""

    id: Literal["speech_rate"] = "speech_rate"

    title: ClassVar[str] = "Fast speech"
    hears: ClassVar[str] = "The same voice in a hurry: faster, no higher."
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"tempo": tempo} for tempo in (1.1, 1.2, 1.35, 1.5))


class SlowSpeech(_Rate):
    """Slow speech: 0.9 to 0.6 times the tempo, at the same pitch."""

    id: Literal["slow_speech"] = "slow_speech"
    tempo: float = parameter(0.8, 0.5, 2.0, unit="times as fast", what="tempo; above 1 is faster")

    title: ClassVar[str] = "Slow speech"
    hears: ClassVar[str] = "The same voice taking its time: slower, no deeper."
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"tempo": tempo} for tempo in (0.9, 0.8, 0.7, 0.6))
