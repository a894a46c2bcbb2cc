"""The user's own room: recorded room impulse responses."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import SpeechPool, parameter
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.mixer import decibels
from workbench.conditions.room_responses import split
from workbench.conditions.rt60 import recorded_rt60_s
from workbench.conditions.user_noise import FromRecordings, drawn


class UserRoom(FromRecordings):
    """The voice through a recorded room impulse response, drawn by the seed and the slot.

    Every candidate is judged by its peak, decay and direct sound; noise and speech are passed over, and are named when a run
    starts. Of RIRS_NOISES only the responses are drawn.

    The response is moved so that its direct sound lies at time zero: words keep their time. The direct sound is the
    largest sample within 2.5 ms of the first that comes within 20 dB of the peak (ISO 3382-1 starts a response there); what
    comes later than 2.5 ms after it is the room. ``drr_change_db`` leaves the direct sound and turns the room down
    (or, negative, up), as if the microphone stood nearer or farther: 0 is as recorded, -6 about twice as far. The
    recording keeps its length, and the active speech level stays what it was.
    """

    id: Literal["user_room"] = "user_room"
    drr_change_db: float = parameter(
        0.0, -40.0, 40.0, unit="dB", what="change of the direct-to-reverberant ratio; 0 is as recorded"
    )

    family: ClassVar[str] = "recordings"
    title: ClassVar[str] = "Your own room"
    hears: ClassVar[str] = "The speaker in the room where the response was recorded."
    source: ClassVar[str] = (
        "room impulse responses of the user; reverberation time by Schroeder (1965) as in ISO 3382, as far as the noise of the response allows"
    )
    leading: ClassVar[str] = "drr_change_db"
    draws_responses: ClassVar[bool] = True
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"drr_change_db": change} for change in (6.0, 0.0, -6.0, -12.0)
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        from scipy.signal import oaconvolve

        n, rate = len(wave.samples), wave.sample_rate
        result = self.recordings(pool).response(rng, sample_rate=rate)
        direct, border = split(result.samples, sample_rate=rate)
        response = result.samples / result.samples[direct]
        response[border:] *= 10.0 ** (-self.drr_change_db / 20.0)
        facts = {name: value for name, value in drawn(result).items() if name != "excerpt_start_s"}
        facts |= described(response, border, sample_rate=rate)
        samples, level = at_the_level_of(
            wave, oaconvolve(wave.samples.astype(np.float64), response)[direct : direct + n]
        )
        return samples, level | facts


def described(response: Floats, border: int, *, sample_rate: int) -> dict[str, float]:
    """Return reverberation time and direct-to-reverberant ratio of a response, as far as they can be measured."""
    room = response[border:]
    energy = float(np.sum(np.square(room)))
    if energy == 0.0:
        return {}
    facts = {"drr_db": decibels(float(np.sum(np.square(response[:border])))) - decibels(energy)}
    rt60_s = recorded_rt60_s(room, sample_rate=sample_rate)
    return facts | {"rt60_s": rt60_s} if math.isfinite(rt60_s) else facts
