"""Echoes: the voice coming back once, from a loudspeaker or a wall."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of


class Echo(Condition):
    """The voice and one copy of it, ``delay_ms`` later and ``attenuation_db`` quieter, as on a speakerphone.

    Words keep their time and the recording its length (an echo after its end is not heard); the active speech level
    stays what it was. The delay is rounded to whole samples.
    """

    id: Literal["echo"] = "echo"
    attenuation_db: float = parameter(14.0, 0.0, 60.0, unit="dB", what="how much quieter the echo is")
    delay_ms: float = parameter(120.0, 1.0, 2000.0, unit="ms", what="how much later the echo comes")

    family: ClassVar[str] = "rooms"
    title: ClassVar[str] = "Echo"
    hears: ClassVar[str] = "Every word comes back once, from a flutter to a second voice behind the first."
    source: ClassVar[str] = "one delayed copy; delays and levels of talker echo as discussed in ITU-T G.131"
    leading: ClassVar[str] = "attenuation_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"attenuation_db": 20.0, "delay_ms": 60.0},
        {"attenuation_db": 14.0, "delay_ms": 120.0},
        {"attenuation_db": 10.0, "delay_ms": 200.0},
        {"attenuation_db": 6.0, "delay_ms": 300.0},
    )
    draws: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        delay = max(1, round(self.delay_ms / 1000.0 * wave.sample_rate))
        heard = wave.samples.astype(np.float64)
        heard[delay:] += 10.0 ** (-self.attenuation_db / 20.0) * wave.samples[:-delay]
        samples, facts = at_the_level_of(wave, heard)
        return samples, facts | {"delay_ms": 1000.0 * delay / wave.sample_rate}
