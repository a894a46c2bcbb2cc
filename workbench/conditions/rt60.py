"""The reverberation time of a response that was recorded, noise and all."""

from __future__ import annotations

import math

import numpy as np

from workbench.conditions.arrays import Floats

_BLOCK_S = 0.01
_ABOVE_FLOOR = 4.0
_RANGES_DB = ((45.0, 35.0), (35.0, 25.0))


def recorded_rt60_s(room: Floats, *, sample_rate: int) -> float:
    """Return the reverberation time of a recorded response without its direct sound, in s; NaN where it drowns in noise.

    The level of the noise is the median over blocks of 10 ms after the first quarter (blocks of digital silence left
    out); the decay ends where it comes within 6 dB of it. What is before is integrated backwards (Schroeder), and a line
    is fitted from -5 to -35 dB if the response starts 45 dB above the noise, to -25 dB if 35 dB, and not at all if less.

    Source: Schroeder (1965), J. Acoust. Soc. Am. 37; ISO 3382-2 asks for a noise 10 dB below the range that is fitted; the
    cut after Lundeby et al. (1995), Acustica 81, simplified.
    """
    size = max(1, round(_BLOCK_S * sample_rate))
    n_blocks = len(room) // size
    if n_blocks < 4:
        return math.nan
    power = np.mean(np.square(room[: n_blocks * size]).reshape(n_blocks, size), axis=1)
    late = power[n_blocks // 4 :]
    late = late[late > 0.0]
    floor = float(np.median(late)) if len(late) else 0.0
    start = float(np.max(power))
    if start == 0.0:
        return math.nan
    range_db = math.inf if floor == 0.0 else 10.0 * math.log10(start / floor)
    lowest_db = next((lowest for needed, lowest in _RANGES_DB if range_db >= needed), None)
    if lowest_db is None:
        return math.nan
    drowned = np.flatnonzero(power <= _ABOVE_FLOOR * floor)
    drowned = drowned[drowned > int(np.argmax(power))]
    heard = room[: size * int(drowned[0])] if len(drowned) else room
    remaining = np.cumsum(np.square(heard[::-1]))[::-1]
    curve_db = 10.0 * np.log10(np.maximum(remaining / remaining[0], 1e-30))
    first, last = np.searchsorted(-curve_db, [5.0, lowest_db])
    if last - first < 3:
        return math.nan
    slope = float(np.polyfit(np.arange(first, last) / sample_rate, curve_db[first:last], 1)[0])
    return -60.0 / slope if slope < 0.0 else math.nan
