"""Nobody speaks: what a recogniser makes up out of noise."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.noise import coloured


class NoiseOnly(Condition):
    """Noise in place of the recording: no speech at all, so every word that is written is made up.

    The same noise for every speaker in a slot, whatever they said and however long. Its level is absolute. The colour is
    the slope of its power: 0 dB per octave is white, -3 pink, -6 brown (flat below 62.5 Hz). Results are scored against
    an empty reference: they count false speech and enter no word error rate.
    """

    id: Literal["noise_only"] = "noise_only"
    level_db: float = parameter(-50.0, -96.0, -12.0, unit="dBov", what="level of the noise")
    slope_db: float = parameter(-3.0, -12.0, 6.0, unit="dB/octave", what="colour: 0 white, -3 pink, -6 brown")
    seconds: float = parameter(10.0, 0.1, 600.0, unit="s", what="how long it lasts")

    family: ClassVar[str] = "silence"
    title: ClassVar[str] = "Noise without speech"
    hears: ClassVar[str] = "Ten seconds of an empty room: only its noise, faint at first, as loud as speech at the end."
    source: ClassVar[str] = "Gaussian noise of a set slope and level in dBov; no speech"
    leading: ClassVar[str] = "level_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"level_db": level_db, "slope_db": -3.0, "seconds": 10.0} for level_db in (-65.0, -50.0, -38.0, -26.0)
    )
    keeps_length: ClassVar[bool] = False
    keeps_speech: ClassVar[bool] = False

    def heard_s(self, clean_s: float) -> float:
        """Return the length of the noise."""
        return self.seconds

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        rate = wave.sample_rate
        noise = coloured(rng, max(1, round(self.seconds * rate)), slope_db=self.slope_db, sample_rate=rate)
        return noise * 10.0 ** (self.level_db / 20.0), {}
