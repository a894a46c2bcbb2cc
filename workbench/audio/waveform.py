"""The one shape of audio: mono float32 with the names it needs, and its digest."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio.level import SpeechLevel, speech_level
from workbench.errors import AudioError

SAMPLE_RATE = 16_000
"""Hz; the rate at which conditions are applied and engines listen."""

CODE_VERSION = 2
"""Raised when the same file gives other samples than before: transcripts of the old ones are then not reused."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono audio with the names it needs: who spoke, which utterance, under which condition.

    ``samples`` is float32 of shape (n,), finite, nominally within [-1, 1]. ``level`` is that of the speech where it is
    known and no longer to be measured, because noise was added to it. ``notes`` say what was unusual about reading it.
    ``taken_channel`` is the channel of the file (from 0) that was taken because all of them cancel each other when averaged.
    """

    samples: Samples
    sample_rate: int
    utterance_id: str = ""
    speaker_id: str = ""
    condition_id: str = "clean"
    level: SpeechLevel | None = None
    notes: tuple[str, ...] = ()
    taken_channel: int | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def active_level(wave: Waveform) -> SpeechLevel:
    """Return the level of the speech in ``wave``: the one it is known to have, else measured (ITU-T P.56)."""
    return wave.level or speech_level(wave.samples, wave.sample_rate)


def check_samples(samples: NDArray[Any], *, place: str = "") -> Samples:
    """Return ``samples`` as contiguous float32 of shape (n,), n >= 1, all finite.

    Raises
    ------
    AudioError : not one-dimensional, empty, or with NaN or infinity in it (how many, and where the first is)
    """
    if samples.ndim != 1:
        raise AudioError(f"audio has shape {samples.shape}", place=place, remedy="give mono samples of shape (n,)")
    if len(samples) == 0:
        raise AudioError("the audio holds no samples", place=place, remedy="drop the row or replace the file")
    kept: Samples = np.ascontiguousarray(samples, dtype=np.float32)
    with np.errstate(invalid="ignore"):  # infinity of both signs has no sum
        total = float(np.sum(kept, dtype=np.float64))
    if not math.isfinite(total):
        bad = np.flatnonzero(~np.isfinite(kept))
        if len(bad):
            raise AudioError(
                f"{len(bad)} of {len(kept)} samples are NaN or infinite, the first is sample {bad[0]}",
                place=place,
                remedy="export the file again",
            )
    return kept


def samples_digest(wave: Waveform) -> str:
    """Return SHA-256, as hex, over the samples (float32, little-endian) and the sample rate (4 bytes, little-endian)."""
    digest = hashlib.sha256(np.ascontiguousarray(wave.samples, dtype="<f4").data)
    digest.update(int(wave.sample_rate).to_bytes(4, "little"))
    return digest.hexdigest()


def write_wav(path: Path, wave: Waveform, *, comment: str = "") -> None:
    """Write a 32-bit float WAV: exactly the samples of ``wave``; equal waves and comments make equal files.

    ``comment`` stands in a chunk of its own, which players show or pass over (:func:`wav_comment`).

    Raises
    ------
    AudioError : the file cannot be written, or its name does not end in .wav
    """
    from scipy.io import wavfile

    if path.suffix.lower() != ".wav":
        raise AudioError("a WAV file is written, and its name says so", place=str(path), remedy="end it in .wav")

    buffer = io.BytesIO()
    wavfile.write(buffer, wave.sample_rate, np.ascontiguousarray(wave.samples, dtype=np.float32))
    try:
        path.write_bytes(_commented(buffer.getvalue(), comment))
    except OSError as error:
        raise AudioError(f"cannot be written ({error.strerror})", place=str(path)) from None


def wav_bytes(wave: Waveform, *, comment: str = "") -> bytes:
    """Return a 16-bit PCM WAV for a player; samples beyond [-1, 1] are limited. ``comment`` as of :func:`write_wav`."""
    from scipy.io import wavfile

    buffer = io.BytesIO()
    limited = np.clip(wave.samples, -1.0, 1.0)
    wavfile.write(buffer, wave.sample_rate, np.round(limited * 32767.0).astype("<i2"))
    return _commented(buffer.getvalue(), comment)


def wav_comment(data: bytes) -> str:
    """Return the comment that a WAV was written with; empty if it has none, or is no WAV."""
    at = 12
    while data[:4] == b"RIFF" and at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if data[at : at + 4] == b"LIST" and body[:8] == b"INFOICMT":
            text = body[12 : 12 + int.from_bytes(body[8:12], "little")]
            return text.rstrip(b"\0").decode("utf-8", errors="replace")
        at += 8 + length + length % 2
    return ""


def _commented(data: bytes, comment: str) -> bytes:
    """Return a WAV with a comment behind its samples: ICMT in a LIST chunk of the kind INFO.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991), RIFF, INFO list chunk.
    """
    if not comment:
        return data
    text = comment.encode() + b"\0"
    text += b"\0" * (len(text) % 2)
    chunk = b"INFOICMT" + len(text).to_bytes(4, "little") + text
    whole = data + b"\0" * (len(data) % 2) + b"LIST" + len(chunk).to_bytes(4, "little") + chunk
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]
