"""One other person who talks at the same time: the condition in which a recogniser may write down the wrong words."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, speech_level
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import POOL_DB, level_of, require_pool_rate
from workbench.conditions.tones import raised_cosine

_RAMP_S = 0.01
_HEARD_S = 3.0


class Overlap(Condition):
    """Another speaker of the corpus talks during one stretch of the utterance.

    The stretch is ``overlap_percent`` of the utterance, begins after ``delay_s`` (earlier, if it would not fit in) and
    has ramps of 10 ms. Who talks is drawn by slot. The signal-to-interference ratio is that of the two active speech
    levels: the other's is measured over at least 3 s of what they say, so that a pause of theirs that happens to fall
    into a short stretch is not turned up. ``achieved_snr_db`` is that ratio measured on what was added; it is absent
    if the other is silent throughout.
    """

    id: Literal["overlap"] = "overlap"
    sir_db: float = parameter(8.0, -30.0, 60.0, unit="dB", what="active speech level minus that of the other speaker")
    overlap_percent: float = parameter(60.0, 1.0, 100.0, unit="%", what="share of the utterance that is talked over")
    delay_s: float = parameter(0.2, 0.0, 30.0, unit="s", what="when the other speaker begins")

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "Competing talker"
    hears: ClassVar[str] = "Someone else who starts to talk while the speaker is still talking."
    source: ClassVar[str] = (
        "one voice of the corpus; signal-to-interference ratio of active speech levels, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "sir_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"sir_db": sir_db, "overlap_percent": percent, "delay_s": 0.2}
        for sir_db, percent in ((15.0, 40.0), (8.0, 60.0), (3.0, 80.0), (0.0, 100.0))
    )
    needs_speech_pool: ClassVar[bool] = True

    @property
    def voices_needed(self) -> int:
        """One other."""
        return 1

    def stretch(self, *, n: int, sample_rate: int) -> tuple[int, int]:
        """Return the first sample of ``n`` that is talked over, and the first after it."""
        length = min(n, max(1, round(self.overlap_percent / 100.0 * n)))
        first = min(round(self.delay_s * sample_rate), n - length)
        return first, first + length

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_pool_rate(wave)
        if pool is None:
            raise TypeError("apply() checks that there is a pool")
        rate = wave.sample_rate
        level = level_of(wave)
        first, after = self.stretch(n=len(wave.samples), sample_rate=rate)
        heard = max(after - first, round(_HEARD_S * rate))
        [voice] = pool.talkers(rng, n=1, exclude_speaker=wave.speaker_id, n_samples=heard)
        voice_db = speech_level(voice, rate).active_db
        gain_db = level.active_db - self.sir_db - (POOL_DB if voice_db == -math.inf else voice_db)
        times = np.arange(after - first) / rate
        ramps = raised_cosine(np.minimum(times, times[::-1]) + 1.0 / rate, _RAMP_S)
        mixed = wave.samples.astype(np.float64)
        mixed[first:after] += 10.0 ** (gain_db / 20.0) * ramps * voice[: after - first]
        added = mixed.astype(np.float32).astype(np.float64)[first:after] - wave.samples[first:after]
        added_db = speech_level(added, rate).active_db
        facts = {
            "active_level_db": level.active_db,
            "activity_factor": level.activity,
            "overlap_start_s": first / rate,
            "overlap_percent": 100.0 * (after - first) / len(wave.samples),
        }
        return mixed, facts if added_db == -math.inf else facts | {"achieved_snr_db": level.active_db - added_db}
