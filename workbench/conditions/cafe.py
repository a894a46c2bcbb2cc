"""A café: many voices, cups and cutlery, the ventilation."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.crowd_scenes import happenings, murmur, place, ringing
from workbench.conditions.machines import FanHvac
from workbench.conditions.mixer import mix

_MODES = 4
_RING_HZ = (2000.0, 7800.0)
_RING_S = (0.03, 0.15)
_HVAC_DB = -10.0


class Cafe(Condition):
    """Eight voices, things that are struck, and air conditioning 10 dB below the voices.

    Cups and cutlery clatter as a Poisson process. Each is four modes between 2 and 8 kHz that die away by 60 dB in 30 to
    150 ms; its largest amplitude is ``clatter_db``, 6 dB more or less, above the level of the voices. In a corpus with
    fewer than nine speakers some voices are heard twice, at different places. The SNR holds over the utterance, with
    all that falls into it. An approximation: no room, no coffee machine.
    """

    id: Literal["cafe"] = "cafe"
    snr_db: float = parameter(8.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the whole café")
    talkers: int = parameter(8, 1, 64, unit="talkers", what="how many others speak at once")
    clatter_per_min: float = parameter(60.0, 0.0, 600.0, unit="per minute", what="cups and cutlery that are struck")
    clatter_db: float = parameter(
        16.0, -60.0, 40.0, unit="dB", what="peak of a stroke, on average, above the level of the voices"
    )

    family: ClassVar[str] = "crowds"
    title: ClassVar[str] = "Café"
    hears: ClassVar[str] = "A busy café: a murmur of many voices, cups that clink, and the air conditioning."
    source: ClassVar[str] = (
        "voices of the corpus, synthetic clatter and ventilation, an approximation; SNR on active speech level, ITU-T "
        "P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"snr_db": snr_db, "talkers": 8, "clatter_per_min": 60.0, "clatter_db": 16.0}
        for snr_db in (15.0, 8.0, 4.0, 0.0)
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
        voices_rng, air_rng, clatter_rng = rng.spawn(3)
        sound = murmur(pool, voices_rng, wave, talkers=self.talkers)
        sound += 10.0 ** (_HVAC_DB / 20.0) * FanHvac().sound(air_rng, n, rate)
        clatter, strokes = self.clatter(clatter_rng, n, rate)
        mixed, facts = mix(wave, sound + clatter, snr_db=self.snr_db)
        return mixed, facts | {"clatters": float(strokes)}

    def clatter(self, rng: np.random.Generator, n: int, sample_rate: int) -> tuple[Floats, int]:
        """Return the strokes alone, shape (n,), the level of the voices being 1; and how many begin."""
        at_s, marks = happenings(
            rng, per_min=self.clatter_per_min, until_s=n / sample_rate, reach_s=_RING_S[1], marks=3 * _MODES + 1
        )
        sound = np.zeros(n)
        for start_s, drawn in zip(at_s, marks, strict=True):
            pitches, decays, phases = drawn[1:].reshape(3, _MODES)
            struck = ringing(
                _RING_HZ[0] * (_RING_HZ[1] / _RING_HZ[0]) ** pitches,
                _RING_S[0] + (_RING_S[1] - _RING_S[0]) * decays,
                phases,
                sample_rate=sample_rate,
            )
            gain = 10.0 ** ((self.clatter_db - 6.0 + 12.0 * drawn[0]) / 20.0)
            place(sound, start_s, gain * struck, sample_rate=sample_rate)
        return sound, int(np.sum((at_s >= 0.0) & (at_s < n / sample_rate)))
