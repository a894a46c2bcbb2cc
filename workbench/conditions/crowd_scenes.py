"""Places full of people: their voices, and what they do with their hands and feet."""

from __future__ import annotations

import math

import numpy as np

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import SpeechPool
from workbench.conditions.event_synthesis import events
from workbench.conditions.mixer import POOL_DB, require_pool_rate

_BLOCK_S = 5.0


def murmur(pool: SpeechPool | None, rng: np.random.Generator, wave: Waveform, *, talkers: int) -> Floats:
    """Return so many other speakers at once, shape (n,); while all of them speak, their mean square is 1.

    Where the corpus has fewer other speakers, each speaks several times at once, at other places.
    """
    require_pool_rate(wave)
    if pool is None:
        raise TypeError("apply() checks that there is a pool")
    voices = pool.crowd(rng, n=talkers, exclude_speaker=wave.speaker_id, n_samples=len(wave.samples))
    loudness = math.sqrt(talkers) * 10.0 ** (POOL_DB / 20.0)
    together: Floats = np.sum(np.stack(voices, dtype=np.float64), axis=0) / loudness
    return together


def happenings(
    rng: np.random.Generator, *, per_min: float, until_s: float, reach_s: float, marks: int
) -> tuple[Floats, Floats]:
    """Return when things happen at random, in seconds, shape (m,), and their marks (m, marks), 0..1.

    ``per_min`` on average, from ``reach_s`` before the utterance, so that what began before is still heard.
    """
    return events(rng, rate_hz=per_min / 60.0, first_s=-reach_s, until_s=until_s, marks=marks, block_s=_BLOCK_S)


def place(sound: Floats, at_s: float, piece: Floats, *, sample_rate: int) -> None:
    """Add ``piece`` (m,) to ``sound`` (n,) from ``at_s`` on; what lies outside is cut off."""
    at = round(at_s * sample_rate)
    low, high = max(at, 0), min(at + len(piece), len(sound))
    if low < high:
        sound[low:high] += piece[low - at : high - at]


def ringing(frequencies_hz: Floats, decays_s: Floats, phases: Floats, *, sample_rate: int) -> Floats:
    """Return the sound of something struck, largest amplitude 1: sines that die away by 60 dB in ``decays_s``.

    Those that the sample rate cannot hold are left out. All three have shape (k,); the result is as long as the
    longest decay.
    """
    times = np.arange(round(float(np.max(decays_s)) * sample_rate)) / sample_rate
    held = frequencies_hz < 0.495 * sample_rate
    turns = np.outer(frequencies_hz, times) + phases[:, np.newaxis]
    modes = np.sin(2.0 * np.pi * turns) * 10.0 ** (-3.0 * times / decays_s[:, np.newaxis])
    together: Floats = np.sum(modes[held], axis=0)
    return together / max(float(np.max(np.abs(together))), 1e-9)
