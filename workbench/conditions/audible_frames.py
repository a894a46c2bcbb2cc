"""Where a recording sounds: frames that are not silence, in a file and in a piece of it."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.conditions.arrays import Floats
from workbench.conditions.excerpts import Blocks, Source, length, looped

MOSTLY = 0.5
"""A recording that sounds in less of its time is mostly silence."""

_FRAME_S = 0.05
_RATE = 16_000
_STEP_S = 60
_BLOCK_S = 5
_LONG_S = 600.0
_SILENT = 1e-9
"""Mean square of a frame in which nothing sounds: -90 dBov, one step of 16-bit audio."""
_BELOW_LOUDEST = 1e-6
"""And 60 dB below the loudest frame: what is left between bangs is the recorder, not the noise."""


def sounding_frames(samples: Floats, *, sample_rate: int, loudest: float = 0.0) -> tuple[NDArray[np.bool_], int]:
    """Return for each frame of 50 ms of ``samples`` (n,) whether it sounds, and the length of a frame in samples.

    ``loudest`` is the mean square of the loudest frame, where that is not among them.
    """
    power, size = _powers(samples, sample_rate)
    return power > max(_SILENT, _BELOW_LOUDEST * max(loudest, float(np.max(power, initial=0.0)))), size


def sounding_envelope(samples: Floats, *, sample_rate: int) -> Floats | None:
    """Return 1 where ``samples`` (n,) sound and 0 where they do not, shape (n,); None where they always sound, or never."""
    frames, size = sounding_frames(samples, sample_rate=sample_rate)
    if frames.all() or not frames.any():
        return None
    return np.repeat(frames, size)[: len(samples)].astype(np.float64)


class Sounding:
    """Where files sound; each is read once. Safe to share by threads."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._frames: dict[Path, NDArray[np.bool_]] = {}
        self._lock = threading.Lock()

    def frames(self, file: Source) -> NDArray[np.bool_]:
        """Return for each 50 ms of a file whether it sounds.

        Raises
        ------
        AudioError : the file cannot be decoded
        """
        with self._lock:
            if file.path in self._frames:
                return self._frames[file.path]
        total, step = length(file, _RATE), _STEP_S * _RATE
        powers = [
            _powers(self._blocks.read(file, begin, min(total, begin + step), sample_rate=_RATE), _RATE)[0]
            for begin in range(0, total, step)
        ]
        power = np.concatenate(powers)
        frames = power > max(_SILENT, _BELOW_LOUDEST * float(np.max(power)))
        with self._lock:
            self._frames[file.path] = frames
        return frames

    def _next(self, file: Source, wanted: int, sample_rate: int) -> int | None:
        """Return ``wanted``, or where a long file sounds within the minute after it, block by block; None where it does not."""
        step = _BLOCK_S * sample_rate
        for begin in range(wanted, wanted + _STEP_S * sample_rate, step):
            block = looped(self._blocks, file, begin, step, sample_rate=sample_rate)
            frames, size = sounding_frames(block, sample_rate=sample_rate)
            if frames.any():
                return begin + int(np.argmax(frames)) * size
        return None

    def begin(self, file: Source, place: float, *, sample_rate: int) -> int | None:
        """Return the sample at ``place`` (0 to 1) of a file, or where it sounds next; None where it never sounds.

        Of a file that is mostly silence ``place`` counts the frames that sound. Of one longer than ten minutes only what follows
        the place is read, and a minute of silence there is taken for silence.
        """
        if file.duration_s > _LONG_S:
            return self._next(file, int(place * file.duration_s * sample_rate), sample_rate)
        frames = self.frames(file)
        sounding = np.flatnonzero(frames)
        if not len(sounding):
            return None
        wanted = int(place * file.duration_s * sample_rate)
        frame = min(len(frames) - 1, int(wanted / (_FRAME_S * sample_rate)))
        if len(sounding) < MOSTLY * len(frames):
            frame = int(sounding[int(place * len(sounding))])
        elif frames[frame]:
            return wanted
        else:
            frame = int(sounding[np.searchsorted(sounding, frame) % len(sounding)])
        return round(frame * _FRAME_S * sample_rate)


def _powers(samples: Floats, sample_rate: int) -> tuple[Floats, int]:
    """Return the mean square of each frame, the last one as long as it is, and the length of a frame."""
    size = max(1, round(_FRAME_S * sample_rate))
    n_frames = -(-len(samples) // size)
    padded = np.pad(samples, (0, n_frames * size - len(samples))).reshape(n_frames, size)
    counts = np.full(n_frames, float(size))
    if n_frames:
        counts[-1] = len(samples) - (n_frames - 1) * size
    return np.sum(np.square(padded), axis=1) / counts, size
