"""The channel of a group of recordings: level, spectrum and noise floor; and a recording heard through another group's.

All spectra are mean powers of frames of 32 ms (Hann, half overlapping) of speech at -26 dBov active level, so that a channel's level
stands apart from its spectrum, and its noise floor is relative to the speech.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.audio import SAMPLE_RATE, Samples, speech_level
from workbench.conditions.arrays import Floats
from workbench.conditions.mixer import POOL_DB

FRAME = 512
HZ = np.fft.rfftfreq(FRAME, 1.0 / SAMPLE_RATE)
QUIETEST = 0.1
"""Share of the frames, the quietest, that are taken for the noise floor (``audio.noise_floor``)."""
MOST_BOOST_DB = 10.0
"""What lies further below the other channel is taken for lost: raising it would raise noise, not speech."""
TAPS = 513
_WINDOW = np.hanning(FRAME + 1)[:-1]
_WHITE = float(np.sum(np.square(_WINDOW)))
"""Mean power of a frame of white noise whose mean square is 1."""
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Channel:
    """How a group was recorded: mean active level in dBov; power spectra of speech and of the noise floor, each of shape (257,)."""

    level_db: float
    speech: Floats
    noise: Floats

    @property
    def floor_db(self) -> float:
        """Level of the noise floor in dBov; -inf for digital silence."""
        total = float(np.sum(self.noise) * 2.0 / (_WHITE * FRAME))
        return 10.0 * math.log10(total) + self.level_db - POOL_DB if total > _LEAST else -math.inf


def channel(speakers: Iterable[Sequence[Samples]]) -> Channel | None:
    """Return the channel of a group: its speakers with their recordings at 16 kHz; None where nothing is audible.

    Every speaker counts the same. The level is a mean in decibels, the spectrum a mean power; the noise floor is the median over speakers
    of the median over recordings, which one noisy recording does not move.
    """
    levels, speech, noise = [], [], []
    for recordings in speakers:
        measured = [item for samples in recordings if (item := _measured(samples)) is not None]
        if measured:
            own = [np.array(part) for part in zip(*measured, strict=True)]
            levels.append(float(np.mean(own[0])))
            speech.append(np.mean(own[1], axis=0))
            noise.append(np.median(own[2], axis=0))
    if not levels:
        return None
    return Channel(float(np.mean(levels)), np.mean(speech, axis=0), np.median(noise, axis=0))


def _measured(samples: Samples) -> tuple[float, Floats, Floats] | None:
    level_db = speech_level(samples, SAMPLE_RATE).active_db
    if level_db == -math.inf:
        return None
    powers = _powers(samples.astype(np.float64) * 10.0 ** ((POOL_DB - level_db) / 20.0))
    return level_db, powers.mean(axis=0), _quietest(powers)


def _powers(samples: Floats) -> Floats:
    padded = np.pad(samples, (0, max(0, FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[:: FRAME // 2]
    powers: Floats = np.square(np.abs(np.fft.rfft(frames * _WINDOW)))
    return powers


def _quietest(powers: Floats) -> Floats:
    """Return the mean power of the quietest tenth of the frames."""
    order = np.argsort(powers.sum(axis=1), kind="stable")
    quiet: Floats = powers[order[: max(1, round(QUIETEST * len(powers)))]].mean(axis=0)
    return quiet


def smooth(power: Floats) -> Floats:
    """Return a power spectrum averaged over a sixth of an octave around each frequency: fine enough for the edge of a band."""
    total = np.concatenate([[0.0], np.cumsum(power)])
    places = np.arange(len(power))
    low = np.ceil(places * 2.0 ** (-1 / 12)).astype(int)
    high = np.minimum(np.floor(places * 2.0 ** (1 / 12)).astype(int), len(power) - 1)
    averaged: Floats = (total[high + 1] - total[low]) / (high + 1 - low)
    return averaged


def gains_db(own: Channel, other: Channel) -> Floats:
    """Return by how many dB the speech of ``own`` lies below that of ``other`` at each frequency, shape (257,)."""
    result: Floats = 10.0 * np.log10((_speech_alone(other) + _LEAST) / (_speech_alone(own) + _LEAST))
    return result


def _speech_alone(item: Channel) -> Floats:
    """Return the spectrum less the noise floor, which is added apart; at least a tenth of it, below which the two cannot be told apart."""
    whole = smooth(item.speech)
    alone: Floats = np.maximum(whole - smooth(item.noise), 0.1 * whole)
    return alone


def through(samples: Samples, own: Channel, other: Channel, rng: np.random.Generator) -> tuple[Floats, bool]:
    """Return a recording (n,) of the channel ``own`` as ``other`` would have it, and whether noise was added.

    Spectrum first, then level, then what the noise floor of ``other`` has above that of the recording. A frequency that lies more than
    ``MOST_BOOST_DB`` below is left as it is; noise is added, never taken away.
    """
    from scipy.signal import firwin2, oaconvolve

    wanted = gains_db(own, other)
    gain = 10.0 ** (np.where(wanted > MOST_BOOST_DB, 0.0, wanted) / 20.0)
    taps = firwin2(TAPS, HZ, gain, fs=SAMPLE_RATE)
    shaped = (
        oaconvolve(samples.astype(np.float64), taps, mode="same") if len(samples) >= TAPS else _short(samples, taps)
    )
    level_db = speech_level(shaped, SAMPLE_RATE).active_db
    if level_db == -math.inf:
        return samples.astype(np.float64), False
    level = shaped * 10.0 ** ((POOL_DB - level_db) / 20.0)
    lacking = np.maximum(smooth(other.noise) - smooth(_quietest(_powers(level))), 0.0)
    noisy = bool(np.sum(lacking) > 1e-3 * np.sum(other.noise)) and bool(np.any(lacking > _LEAST))
    if noisy:
        white = rng.standard_normal(len(level) + TAPS)
        # Amplitudes relative to their largest: firwin2 is then as exact for a floor at -90 dBov as for a loud one.
        most = float(np.max(lacking))
        level = (
            level
            + math.sqrt(most / _WHITE)
            * oaconvolve(white, firwin2(TAPS, HZ, np.sqrt(lacking / most), fs=SAMPLE_RATE), mode="same")[: len(level)]
        )
    result: Floats = level * 10.0 ** ((other.level_db - POOL_DB) / 20.0)
    return result, noisy


def _short(samples: Samples, taps: Floats) -> Floats:
    """Return what the filter makes of a recording that is shorter than the filter."""
    half = len(taps) // 2
    whole: Floats = np.convolve(samples.astype(np.float64), taps)[half : half + len(samples)]
    return whole


def lost_hz(own: Channel, other: Channel) -> tuple[float, float] | None:
    """Return the lowest and the highest frequency that ``own`` lacks of ``other`` and that cannot be given back; None if none."""
    lost = HZ[gains_db(own, other) > MOST_BOOST_DB]
    return (float(lost[0]), float(lost[-1])) if len(lost) else None
