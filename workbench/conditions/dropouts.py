"""Dropouts: gaps of silence where a wireless link loses the sound."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.errors import ConditionError

_RAMP_S = 0.002


class Dropouts(Condition):
    """Silent gaps of one length at random times: a renewal process, ``rate_per_min`` of them on average.

    After a gap the sound stays for an exponentially distributed time, so that gaps never overlap. Each gap has ramps of
    2 ms at its ends, within its length. An approximation of a wireless headset: real links lose packets in more
    patterns than this. In a short utterance it may happen that no gap falls into it: then it is unchanged.
    """

    id: Literal["dropouts"] = "dropouts"
    gap_ms: float = parameter(80.0, 10.0, 2000.0, unit="ms", what="length of each gap")
    rate_per_min: float = parameter(9.0, 0.1, 600.0, unit="per minute", what="gaps per minute, on average")

    family: ClassVar[str] = "networks"
    title: ClassVar[str] = "Dropouts"
    hears: ClassVar[str] = "A wireless headset whose sound is gone for moments at a time."
    source: ClassVar[str] = (
        "silent gaps of fixed length at Poisson times with a dead time; an approximation of Bluetooth"
    )
    leading: ClassVar[str] = "gap_ms"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"gap_ms": 40.0, "rate_per_min": 6.0},
        {"gap_ms": 80.0, "rate_per_min": 9.0},
        {"gap_ms": 160.0, "rate_per_min": 13.0},
        {"gap_ms": 300.0, "rate_per_min": 20.0},
    )

    @model_validator(mode="after")
    def _gaps_fit(self) -> Self:
        longest = 0.95 * 60_000.0 / self.rate_per_min
        if self.gap_ms > longest:
            raise ConditionError(
                f"{self.rate_per_min:g} gaps of {self.gap_ms:g} ms do not fit into a minute with sound between them",
                place=self.id,
                remedy=f"use gap_ms = {longest:.4g} ms or less, or a lower rate_per_min",
            )
        return self

    def gaps(self, rng: np.random.Generator, *, seconds: float) -> Floats:
        """Return when the gaps begin (s), shape (k,), in ``seconds`` of audio; the first may have begun before 0.

        A longer recording begins with the same gaps.
        """
        gap_s, period_s = self.gap_ms / 1000.0, 60.0 / self.rate_per_min
        inside, position = rng.random(2)
        begin = -gap_s * position if inside < gap_s / period_s else rng.exponential(period_s - gap_s)
        begins = []
        while begin < seconds:
            begins.append(begin)
            begin += gap_s + rng.exponential(period_s - gap_s)
        return np.array(begins, dtype=np.float64)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        loudness = np.ones(n)
        begins = self.gaps(rng, seconds=n / rate)
        for begin in begins:
            end = begin + self.gap_ms / 1000.0
            first, after = max(0, int(np.ceil(begin * rate))), min(n, int(np.ceil(end * rate)))
            times = np.arange(first, after) / rate
            inside = np.minimum(times - begin, end - times)
            loudness[first:after] = 0.5 + 0.5 * np.cos(np.pi * np.clip(inside / _RAMP_S, 0.0, 1.0))
        facts = {"gaps": float(len(begins)), "muted_percent": 100.0 * float(np.mean(loudness < 0.5))}
        return wave.samples * loudness, facts
