"""Other people talking: several speakers of the same corpus at once."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import mix, require_pool_rate


class Babble(Condition):
    """Other speakers of the corpus, all at the same active level, never the one who is being transcribed."""

    id: Literal["babble"] = "babble"
    snr_db: float = parameter(
        8.0, -30.0, 60.0, unit="dB", what="active speech level minus level of all talkers together"
    )
    talkers: int = parameter(4, 1, 64, unit="talkers", what="how many others speak at once")

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "Babble"
    hears: ClassVar[str] = "Several other people talking in the same room."
    source: ClassVar[str] = (
        "voices of the corpus at equal active speech level, ITU-T P.56 method B; the same draw of talkers for every "
        "speaker, less the speaker"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"snr_db": 15.0, "talkers": 4},
        {"snr_db": 8.0, "talkers": 4},
        {"snr_db": 3.0, "talkers": 4},
        {"snr_db": -2.0, "talkers": 4},
    )
    needs_speech_pool: ClassVar[bool] = True

    @property
    def voices_needed(self) -> int:
        """As many others as talk."""
        return self.talkers

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_pool_rate(wave)
        if pool is None:
            raise TypeError("apply() checks that there is a pool")
        voices = pool.talkers(rng, n=self.talkers, exclude_speaker=wave.speaker_id, n_samples=len(wave.samples))
        together = np.sum(np.stack(voices, dtype=np.float64), axis=0)
        return mix(wave, together, snr_db=self.snr_db)
