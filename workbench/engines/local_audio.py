"""What adapters of engines that listen share: samples at the model's rate, and one utterance after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, resample
from workbench.engines.protocol import EngineFailure, Transcript


class Said(NamedTuple):
    """What a recogniser made of one utterance: text, its own confidence between 0 and 1 or None, further finite numbers."""

    text: str
    confidence: float | None = None
    extra: Mapping[str, float] = {}


def samples_at(wave: Waveform, rate: int) -> NDArray[np.float32]:
    """Return an utterance's samples at ``rate`` hertz.

    Raises
    ------
    ValueError : no samples, or more than one channel
    """
    if len(wave.samples) == 0:
        raise ValueError("the audio holds no samples")
    if wave.samples.ndim != 1:
        raise ValueError(f"the audio has the shape {wave.samples.shape}, not one channel")
    return resample(wave.samples, orig_sr=wave.sample_rate, target_sr=rate)


def one_by_one(batch: Sequence[Waveform], hear: Callable[[Waveform], Said]) -> list[Transcript | EngineFailure]:
    """Return one answer per waveform, timed; whatever ``hear`` raises is a failure with its reason."""
    return [_answer(wave, hear) for wave in batch]


def _answer(wave: Waveform, hear: Callable[[Waveform], Said]) -> Transcript | EngineFailure:
    began = time.perf_counter()
    try:
        text = hear(wave)
    except Exception as error:  # too short for a model's first layer, out of memory, whatever a native library raises
        return EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)
    return Transcript(text.text.strip(), time.perf_counter() - began, text.confidence, text.extra)
