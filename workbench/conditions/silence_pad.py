"""Silence before, after and within the speech: what a recogniser makes up when nobody speaks."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.noise import PINK_DB, coloured
from workbench.errors import ConditionError

_PAUSE_S = 0.05
_RAMP_S = 0.005


class SilencePad(Condition):
    """Silence added to the recording: a part before it, a part in its quietest moment, the rest after it.

    The silence is a floor of pink noise at ``floor_db``, drawn by slot, with ramps of 5 ms; digital silence would be a
    sound of its own to a recogniser. The quietest moment is that of 50 ms with the least energy in the middle half of the
    recording, so in a pause if there is one. The speech itself is untouched. What was said at time t is heard at
    t + ``speech_start_s``, after the inserted silence (which begins at ``inserted_at_s``) later by ``inserted_s``.
    """

    id: Literal["silence_pad"] = "silence_pad"
    silence_s: float = parameter(3.0, 0.0, 120.0, unit="s", what="silence that is added, in all")
    lead_percent: float = parameter(40.0, 0.0, 100.0, unit="%", what="share of it before the speech")
    inserted_percent: float = parameter(20.0, 0.0, 100.0, unit="%", what="share of it within the speech")
    floor_db: float = parameter(-72.0, -96.0, -30.0, unit="dBov", what="level of the noise in the silence")

    family: ClassVar[str] = "silence"
    title: ClassVar[str] = "Added silence"
    hears: ClassVar[str] = "A recording that began too early and stopped too late, with a long pause in the middle."
    source: ClassVar[str] = "the recording with pink noise before, within and after it; levels in dBov"
    leading: ClassVar[str] = "silence_s"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"silence_s": silence_s, "lead_percent": 40.0, "inserted_percent": 20.0, "floor_db": -72.0}
        for silence_s in (1.0, 3.0, 8.0, 20.0)
    )
    keeps_length: ClassVar[bool] = False

    def heard_s(self, clean_s: float) -> float:
        """Return the length with the silence."""
        return clean_s + self.silence_s

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        together = self.lead_percent + self.inserted_percent
        if together > 100.0:
            raise ConditionError(
                f"lead_percent and inserted_percent are {together:g} % together",
                place=self.id,
                remedy="use 100 % or less; what is left comes after the speech",
            )
        return self

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        rate = wave.sample_rate
        shares = np.array([self.lead_percent, self.inserted_percent])
        lead, inserted = (int(size) for size in np.round(self.silence_s * shares / 100.0 * rate))
        trail = max(0, round(self.silence_s * rate) - lead - inserted)
        pause = quietest(wave.samples, rate)
        pieces = [
            self._floor(floor_rng, size, rate)
            for floor_rng, size in zip(rng.spawn(3), (lead, inserted, trail), strict=True)
        ]
        samples = np.concatenate([pieces[0], wave.samples[:pause], pieces[1], wave.samples[pause:], pieces[2]])
        return samples, {
            "speech_start_s": lead / rate,
            "inserted_at_s": (lead + pause) / rate,
            "inserted_s": inserted / rate,
            "trailing_s": trail / rate,
        }

    def _floor(self, rng: np.random.Generator, size: int, rate: int) -> NDArray[np.float32]:
        noise = coloured(rng, size, slope_db=PINK_DB, sample_rate=rate) * 10.0 ** (self.floor_db / 20.0)
        times = np.arange(size) / rate
        ramps = np.clip(np.minimum(times, times[::-1]) / _RAMP_S, 0.0, 1.0)
        return np.asarray(noise * ramps, dtype=np.float32)


def quietest(samples: NDArray[Any], sample_rate: int) -> int:
    """Return the middle of the quietest 50 ms in the middle half of ``samples`` (n,); the middle itself if that is short."""
    n, length = len(samples), round(_PAUSE_S * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples.astype(np.float64)))])
    first, last = n // 4, n - n // 4 - length
    if last <= first:
        return n // 2
    inside = energy[first + length : last + length] - energy[first:last]
    return first + int(np.argmin(inside)) + length // 2
