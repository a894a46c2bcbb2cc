"""The noise of a room: its level, its spectrum in octaves, and the noises of the catalogue whose spectrum is nearest.

A spectrum is the power in each third of an octave from 80 Hz, over the whole recording, relative to all of it: how loud a recording
is says nothing about what it resembles. The distance of two spectra is the root mean square of their differences in dB over
the thirds of an octave. What a noise does over time does not count: a beep and a hum of one pitch are alike here.

Source: third-octave bands as in IEC 61260-1.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import SAMPLE_RATE, Waveform, floor_db
from workbench.conditions import CATALOGUE, TYPICAL, Condition, degrade
from workbench.errors import AudioError
from workbench.provenance.band_power import band_powers

LOWEST_HZ = 80.0
SHORTEST_S = 1.0
RANGE_DB = 50.0
"""Bands further below the strongest count as this far below it: nobody hears them beside it."""
_CARRIER_S = 8.0
_FRAME = 4096
_ADDED = ("noise", "crowds", "tones", "machines", "alarms", "mri", "weather", "traffic")
"""Families that add a sound to the speech and do nothing else."""

Floats = NDArray[np.float64]


def octave_levels(wave: Waveform) -> dict[int, float]:
    """Return the level in dBov of each octave of ``wave`` by its centre in Hz, from 125 Hz to below half the sample rate.

    Raises
    ------
    AudioError : the recording is shorter than a second, or digital silence
    """
    centres = [125 * 2**step for step in range(7) if 125 * 2 ** (step + 0.5) <= wave.sample_rate / 2 * 1.01]
    return {centre: float(_share_db(wave, centre / math.sqrt(2), centre * math.sqrt(2))) for centre in centres}


def level_db(wave: Waveform) -> float:
    """Return the mean level of a recording in dBov."""
    return float(10.0 * np.log10(max(float(np.mean(np.square(wave.samples, dtype=np.float64))), 1e-20)))


def quietest_db(wave: Waveform) -> float:
    """Return the level in dBov of the quietest tenth of a recording's frames."""
    return float(floor_db(wave.samples, wave.sample_rate))


def resembles(wave: Waveform, *, seed: int = 1) -> pd.DataFrame:
    """Return the noises of the catalogue by how near their spectrum is to that of ``wave``: id, title, distance_db, the nearest first.

    Noises that are made of a corpus's own speech (babble ...) are left out.

    Raises
    ------
    AudioError : the recording is shorter than a second, or digital silence
    """
    own = _thirds(wave)
    rows = [
        (condition.id, condition.title, float(np.sqrt(np.mean(np.square(own - _of_condition(name, seed))))))
        for name, condition in _noises().items()
    ]
    frame = pd.DataFrame(rows, columns=["id", "title", "distance_db"])
    return frame.sort_values("distance_db", kind="stable", ignore_index=True)


def _noises() -> dict[str, Condition]:
    return {
        name: condition
        for name, condition in CATALOGUE.items()
        if condition.family in _ADDED and condition.severity == TYPICAL
        and not condition.needs_speech_pool and not condition.missing
    }  # fmt: skip


@lru_cache(maxsize=64)
def _of_condition(condition_id: str, seed: int) -> Floats:
    """Return the spectrum of what a condition adds: the difference of its output and the speech that went in."""
    t = np.arange(round(_CARRIER_S * SAMPLE_RATE)) / SAMPLE_RATE
    carrier = 0.05 * np.clip(np.sin(2 * np.pi * 3 * t), 0, None) * np.sin(2 * np.pi * 220 * t)
    clean = Waveform(carrier.astype(np.float32), SAMPLE_RATE)
    heard = degrade(clean, CATALOGUE[condition_id], slot=0, seed=seed).wave
    return _thirds(Waveform(heard.samples - clean.samples, SAMPLE_RATE))


def _thirds(wave: Waveform) -> Floats:
    """Return the level of each third of an octave below the strongest, at least -RANGE_DB, with mean 0."""
    steps = math.floor(3 * math.log2(wave.sample_rate / 2 / LOWEST_HZ))
    edges = LOWEST_HZ * 2.0 ** (np.arange(steps + 1) / 3)
    power = _powers(wave, edges)
    levels = 10.0 * np.log10(np.maximum(power, 1e-30))
    levels = np.maximum(levels, levels.max() - RANGE_DB)
    result: Floats = levels - levels.mean()
    return result


def _powers(wave: Waveform, edges: Floats) -> Floats:
    samples: NDArray[Any] = wave.samples.astype(np.float64)
    if len(samples) < SHORTEST_S * wave.sample_rate:
        raise AudioError(
            f"{wave.duration_s:.1f} s are too short", place="the recording", remedy="record for several seconds"
        )
    if not np.any(samples):
        raise AudioError("digital silence", place="the recording", remedy="check the microphone and record again")
    window = np.hanning(_FRAME + 1)[:-1]
    powers = band_powers(samples, window, hop=_FRAME // 2, edges_hz=edges, sample_rate=wave.sample_rate)
    # a frame's one-sided power: twice the sum of |X|^2 over the energy of the window and the length of a frame
    result: Floats = 2.0 * powers.mean(axis=0) / (float(np.sum(window**2)) * _FRAME)
    return result


def _share_db(wave: Waveform, low: float, high: float) -> float:
    return float(10.0 * np.log10(max(float(_powers(wave, np.array([low, min(high, wave.sample_rate / 2)]))[0]), 1e-20)))
