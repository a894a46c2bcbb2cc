"""Add a sound to speech at a signal-to-noise ratio on active speech level, and measure what came out."""

from __future__ import annotations

import math

import numpy as np

from workbench.audio import SAMPLE_RATE, Samples, SpeechLevel, Waveform, active_level, speech_level
from workbench.conditions.arrays import Floats
from workbench.errors import AudioError


def decibels(mean_square: float) -> float:
    """Return ``10 log10`` of a mean square; -inf for 0."""
    return 10.0 * math.log10(mean_square) if mean_square > 0.0 else -math.inf


def mean_square(sound: Floats, envelope: Floats | None = None) -> float:
    """Return the mean square of ``sound``; with an ``envelope``, that of the sound where the envelope is at its full 1.

    Dividing the energy by that of the envelope leaves the ramps and the pauses of an intermittent sound out.
    """
    weight = float(len(sound)) if envelope is None else float(np.sum(np.square(envelope)))
    return float(np.sum(np.square(sound))) / weight if weight > 0.0 else 0.0


def mix(
    wave: Waveform,
    sound: Floats,
    *,
    snr_db: float,
    envelope: Floats | None = None,
    known_mean_square: float | None = None,
) -> tuple[Floats, dict[str, float]]:
    """Return speech plus ``sound`` (shape (n,), as long as the speech) at ``snr_db``, and the facts.

    ``snr_db`` is the active speech level (ITU-T P.56) minus the level of the sound: over the whole utterance, or for an
    intermittent sound, whose ``envelope`` (0..1) is given, while it sounds. ``known_mean_square`` is the level that
    the sound has by construction; without it, it is measured. ``achieved_snr_db`` is measured afterwards, on the
    mixed samples in float32 minus the speech; it is absent if nothing sounds during this utterance.

    Raises
    ------
    AudioError : the speech is silent, so that no ratio to it exists; or the sound is, and should not be
    """
    speech = wave.samples.astype(np.float64)
    level = level_of(wave)
    before = mean_square(sound, envelope) if known_mean_square is None else known_mean_square
    if before <= 0.0:
        raise AudioError(
            f"the sound to be added is silent over these {wave.duration_s:.2f} s",
            place=wave.utterance_id,
            remedy="use a longer utterance or another condition",
        )
    gain = 10.0 ** ((level.active_db - snr_db - decibels(before)) / 20.0)
    mixed = (speech + gain * sound).astype(np.float32).astype(np.float64)
    facts = {"active_level_db": level.active_db, "activity_factor": level.activity}
    after_db = decibels(mean_square(mixed - speech, envelope))
    if after_db > -math.inf:
        facts["achieved_snr_db"] = level.active_db - after_db
    return mixed, facts


def level_of(wave: Waveform) -> SpeechLevel:
    """Return the active speech level of ``wave``; raise :class:`AudioError` if it is silent: nothing can be relative to it."""
    level = active_level(wave)
    if level.active_db == -math.inf:
        raise AudioError(
            "the recording is digital silence, it has no level to set a signal-to-noise ratio on",
            place=wave.utterance_id,
            remedy="drop the row or replace the file",
        )
    return level


def require_pool_rate(wave: Waveform) -> None:
    """Raise :class:`AudioError` unless ``wave`` has the sample rate of the speech pool."""
    if wave.sample_rate != SAMPLE_RATE:
        raise AudioError(
            f"a sample rate of {wave.sample_rate} Hz", place=wave.utterance_id, remedy=f"resample to {SAMPLE_RATE} Hz"
        )


POOL_DB = -26.0
"""Active level (dBov) of every voice of a speech pool."""


def equalised(samples: Samples, sample_rate: int, *, level_db: float = POOL_DB) -> Samples | None:
    """Return ``samples`` brought to an active level of ``level_db`` dBov; None if they are silent."""
    measured_db = speech_level(samples, sample_rate).active_db
    if measured_db == -math.inf:
        return None
    return np.asarray(samples * 10.0 ** ((level_db - measured_db) / 20.0), dtype=np.float32)
