"""Rooms: reverberation by its reverberation time."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, speech_level
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import decibels

_LENGTH = 1.2
"""Length of the tail in reverberation times: it is cut 72 dB below its start."""


class Room(Condition):
    """A reverberant room: the direct sound at once, then a tail that decays by 60 dB in ``rt60_s``.

    The tail is Polack's: Gaussian noise times 10^(-3 t / rt60), so the reverberation time holds by construction; it
    is measured all the same. Words keep their time and the recording its length (what would ring on after the end is
    cut), and the active speech level stays what it was. The direct-to-reverberant ratios of the four severities are
    those of one room of 60 m3 heard from 0.5 m: 20 log10(r_c / r) with r_c = 0.057 sqrt(V / RT60).
    """

    id: Literal["room"] = "room"
    rt60_s: float = parameter(0.5, 0.05, 5.0, unit="s", what="time in which the reverberation decays by 60 dB")
    drr_db: float = parameter(2.0, -20.0, 20.0, unit="dB", what="energy of the direct sound over that of the tail")

    family: ClassVar[str] = "rooms"
    title: ClassVar[str] = "Room"
    hears: ClassVar[str] = "The speaker in an echoing room, from a living room to a large bare hall."
    source: ClassVar[str] = (
        "Polack (1988), stochastic decay model; reverberation time by Schroeder (1965), J. Acoust. Soc. Am. 37, over "
        "-5 to -35 dB as in ISO 3382"
    )
    leading: ClassVar[str] = "rt60_s"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"rt60_s": 0.3, "drr_db": 4.0},
        {"rt60_s": 0.5, "drr_db": 2.0},
        {"rt60_s": 0.8, "drr_db": 0.0},
        {"rt60_s": 1.2, "drr_db": -2.0},
    )

    def response(self, rng: np.random.Generator, *, sample_rate: int) -> Floats:
        """Return the room impulse response, shape (k,): 1 at time zero, then the tail."""
        length = max(2, math.ceil(_LENGTH * self.rt60_s * sample_rate))
        decay = 10.0 ** (-3.0 * np.arange(1, length) / (self.rt60_s * sample_rate))
        tail = rng.standard_normal(length - 1) * decay
        tail *= math.sqrt(10.0 ** (-self.drr_db / 10.0) / float(np.sum(np.square(tail))))
        return np.concatenate([[1.0], tail])

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        response = self.response(rng, sample_rate=wave.sample_rate)
        wet = oaconvolve(wave.samples.astype(np.float64), response)[: len(wave.samples)]
        facts = {
            "rt60_s": measured_rt60_s(response[1:], sample_rate=wave.sample_rate),
            "drr_db": -decibels(float(np.sum(np.square(response[1:])))),
        }
        before = speech_level(wave.samples, wave.sample_rate)
        if before.active_db == -math.inf:
            return wet, facts
        change_db = before.active_db - speech_level(wet, wave.sample_rate).active_db
        measured = {"active_level_db": before.active_db, "activity_factor": before.activity}
        return wet * 10.0 ** (change_db / 20.0), measured | facts


def measured_rt60_s(response: Floats, *, sample_rate: int) -> float:
    """Return the reverberation time of an impulse response without its direct sound, in seconds.

    Backward-integrated energy (Schroeder), straight line through -5 to -35 dB, extrapolated to -60 dB.
    """
    remaining = np.cumsum(np.square(response[::-1]))[::-1]
    curve_db = 10.0 * np.log10(remaining / remaining[0])
    first, last = np.searchsorted(-curve_db, [5.0, 35.0])
    times = np.arange(first, last) / sample_rate
    centred = times - times.mean()
    slope = float(np.sum(centred * curve_db[first:last]) / np.sum(np.square(centred)))
    return -60.0 / slope
