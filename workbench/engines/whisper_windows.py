"""A Whisper window that is a whole utterance: its spectrogram, and what ``whisper.transcribe`` makes of what is decoded.

``whisper.transcribe`` may leave a window out as silence, decode it again at a higher temperature, or go on behind the last
timestamp. Where its rules leave nothing to do, :func:`settled` says what it returns; else it is called itself
(``whisper_transcription``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from numpy.typing import NDArray
from torch import Tensor
from whisper.audio import HOP_LENGTH, SAMPLE_RATE, log_mel_spectrogram
from whisper.decoding import DecodingResult

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """What ``whisper.transcribe`` returns of an utterance: the text and the segments with their figures."""

    text: str
    segments: list[Mapping[str, Any]]


def spectrogram(samples: Samples, n_mels: int, frames: int) -> Tensor:
    """Return the first window that ``whisper.transcribe`` decodes, n_mels x ``frames``: the audio's frames, then zeros.

    whisper puts 30 s of silence behind the audio first, and takes it off again; 1 s has the same effect, to the last bit.
    """
    mel = log_mel_spectrogram(torch.from_numpy(samples), n_mels, padding=SAMPLE_RATE)[:, : len(samples) // HOP_LENGTH]
    return F.pad(mel, (0, frames - mel.shape[1]))


def settled(result: DecodingResult, tokenizer: Any, settings: Mapping[str, Any]) -> Heard | None:
    """Return what ``whisper.transcribe`` returns if this is its first window and its rules leave nothing else to do.

    Otherwise None: a timestamp was written, or the window is to be decoded again at another temperature.
    """
    if any(token >= tokenizer.timestamp_begin for token in result.tokens):
        return None
    ratio, least, silent = (
        settings[name] for name in ("compression_ratio_threshold", "logprob_threshold", "no_speech_threshold")
    )
    unlikely = least is not None and result.avg_logprob < least
    silence = silent is not None and result.no_speech_prob > silent
    repeats = ratio is not None and result.compression_ratio > ratio
    if len(temperatures(settings)) > 1 and (repeats or unlikely) and not (silence and unlikely):
        return None
    if silence and not (least is not None and result.avg_logprob > least):
        return Heard("", [])
    plain = tokenizer.decode([token for token in result.tokens if token < tokenizer.eot])
    tokens = result.tokens if plain.strip() else []
    names = ("avg_logprob", "no_speech_prob", "compression_ratio")
    return Heard(tokenizer.decode(tokens), [{"tokens": tokens} | {name: getattr(result, name) for name in names}])


def near_a_threshold(result: DecodingResult, settings: Mapping[str, Any], tolerance: float) -> bool:
    """Return whether a threshold of ``whisper.transcribe`` is nearer than what is known of the result's figures."""
    pairs = [
        (result.avg_logprob, settings["logprob_threshold"]),
        (result.no_speech_prob, settings["no_speech_threshold"]),
    ]
    return any(limit is not None and abs(value - limit) < tolerance for value, limit in pairs)


def temperatures(settings: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the temperatures that ``whisper.transcribe`` tries, one after the other."""
    given = settings["temperature"]
    return (given,) if isinstance(given, int | float) else tuple(given)
