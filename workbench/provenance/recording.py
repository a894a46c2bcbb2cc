"""One recording, measured: everything that the audit says of a file, from its header and its samples."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.audio import decode, file_facts, floor_db, rolloff_hz, speech_level
from workbench.audio.overload import FULL_SCALE
from workbench.provenance.bandwidth_edge import low_pass_edge_hz
from workbench.provenance.reverberation import decay_s

CODE_VERSION = 3
"""Raised when the same file measures otherwise than before: what is cached is then measured anew."""

Facts = dict[str, Any]
SILENT = "the recording is silent"
SILENCE_S = 0.010
LEAST_RUN = 3


class Header(NamedTuple):
    """Container, codec, sample rate (Hz) and channels, as stated. A WAV made from an MP3 says WAV."""

    container: str
    codec: str
    sample_rate_hz: int
    channels: int


def read_header(path: Path) -> Header:
    """Return the header of an audio file.

    Raises
    ------
    AudioError : no decoder knows the file
    """
    facts = file_facts(path)
    return Header(facts.container, facts.coding, facts.sample_rate, facts.channels)


def measure_file(
    path: Path, *, start_s: float | None = None, end_s: float | None = None, channel: int | None = None
) -> Facts:
    """Return what the audit measures of a file, a part of it (seconds) or one channel (from 0), at its own sample rate.

    Raises
    ------
    AudioError : the file cannot be decoded
    """
    header = read_header(path)
    wave = decode(path, start_s=start_s, end_s=end_s, sample_rate=None, channel=channel)
    stated = {**header._asdict(), "sample_rate_hz": float(header.sample_rate_hz), "channels": float(header.channels)}
    measures = measure_samples(wave.samples, wave.sample_rate)
    return {**stated, **measures, "reason": "; ".join(filter(None, [*wave.notes, measures["reason"]]))}


def measure_samples(samples: NDArray[Any], sample_rate: int) -> Facts:
    """Return the measures of mono samples (n,); what cannot be measured is NaN, and ``reason`` says why.

    The SNR is the active level minus the noise floor, as in FACTS. It is an estimate: below about 20 dB the level takes noise
    for speech (ITU-T P.56 looks 15.9 dB down), and where nobody pauses the floor is that of speech; both make it too low.

    Source: level and activity ITU-T P.56 method B; floor by minimum statistics (``audio.floor_db``); runs at full scale as in
    notes on digital overload; edge and decay: see there.
    """
    level = speech_level(samples, sample_rate)
    if level.active_db == -math.inf:
        nothing = dict.fromkeys(_OF_SPEECH, math.nan)
        silent = {"clipped_percent": 0.0, "digital_silence_percent": 100.0, "reason": SILENT}
        return {"duration_s": len(samples) / sample_rate, **nothing, **silent}
    floor = floor_db(samples, sample_rate)
    decay = decay_s(samples, sample_rate)
    reasons = [
        "no noise floor: its quietest tenth is digital silence" if floor == -math.inf else "",
        "no noise floor: shorter than 0.2 s" if math.isnan(floor) else "",
        "no decay: too short, or the level hardly ever falls" if math.isnan(decay) else "",
    ]
    known_floor = floor if math.isfinite(floor) else math.nan
    return {
        "duration_s": len(samples) / sample_rate,
        "active_level_db": level.active_db,
        "source_floor_db": known_floor,
        "source_snr_db": level.active_db - known_floor,
        "rolloff_hz": rolloff_hz(samples, sample_rate),
        "edge_hz": low_pass_edge_hz(samples, sample_rate),
        "clipped_percent": 100.0 * _share_in_runs(np.abs(samples) >= FULL_SCALE, LEAST_RUN),
        "digital_silence_percent": 100.0 * _share_in_runs(samples == 0.0, round(SILENCE_S * sample_rate)),
        "decay_s": decay,
        "pause_percent": 100.0 * (1.0 - level.activity),
        "reason": "; ".join(filter(None, reasons)),
    }


_OF_SPEECH = (
    "active_level_db", "source_floor_db", "source_snr_db", "rolloff_hz", "edge_hz", "decay_s", "pause_percent",
)  # fmt: skip


def _share_in_runs(marked: NDArray[np.bool_], least: int) -> float:
    """Return the share of samples that stand in runs of at least ``least`` marked ones."""
    if not marked.any():
        return 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]])))
    lengths = edges[1::2] - edges[::2]
    return float(np.sum(lengths[lengths >= least]) / len(marked))
