"""Excerpts: pieces of a long recording without reading all of it, going on from its beginning where it ends."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

import numpy as np

from workbench.audio import Samples, decode
from workbench.conditions.arrays import Floats

CACHE_BYTES = 64 * 2**20
"""Decoded sound kept in memory: about 17 minutes at 16 kHz."""

_BLOCK_S = 5
_MARGIN_S = 0.1
_FADE_S = 0.05


class Source(Protocol):
    """A file and its length in seconds."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def duration_s(self) -> float:
        """How long it is."""
        ...


class Blocks:
    """Files read in blocks of 5 s, each decoded and resampled by itself: a sample is the same whoever asks for it.

    A block is resampled together with 0.1 s on either side, so that blocks join without a seam. Safe to share by threads.
    """

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[Path, int, int], Samples] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, file: Source, begin: int, end: int, *, sample_rate: int) -> Floats:
        """Return the samples from ``begin`` to ``end`` at ``sample_rate``, both within the file: shape (end - begin,)."""
        size = _BLOCK_S * sample_rate
        parts = [
            self._block(file, number, sample_rate)[max(0, begin - number * size) : max(0, end - number * size)]
            for number in range(begin // size, -(-end // size))
        ]
        return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)

    def _block(self, file: Source, number: int, sample_rate: int) -> Samples:
        key = (file.path, number, sample_rate)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        first_s = number * _BLOCK_S
        begin_s = max(0.0, first_s - _MARGIN_S)
        last_s = min(file.duration_s, first_s + _BLOCK_S)
        end_s = min(file.duration_s, last_s + _MARGIN_S)
        around = decode(file.path, start_s=begin_s, end_s=end_s, sample_rate=sample_rate, channel=0).samples
        skipped = round((first_s - begin_s) * sample_rate)
        wanted = min(_BLOCK_S * sample_rate, length(file, sample_rate) - number * _BLOCK_S * sample_rate)
        block = around[skipped : skipped + wanted]
        block = np.pad(block, (0, wanted - len(block)))  # a header may promise a moment more than there is
        with self._lock:
            if key not in self._cache:
                self._cache[key] = block
                self._bytes += block.nbytes
            while self._bytes > CACHE_BYTES and len(self._cache) > 1:
                self._bytes -= self._cache.popitem(last=False)[1].nbytes
        return block


def length(file: Source, sample_rate: int) -> int:
    """Return how many samples a file has at ``sample_rate``."""
    return max(1, math.floor(file.duration_s * sample_rate))


def looped(blocks: Blocks, file: Source, start: int, n_samples: int, *, sample_rate: int) -> Floats:
    """Return ``n_samples`` from sample ``start`` of a file that goes on for ever, shape (n_samples,).

    Its last 50 ms (a quarter of it at most) fade out under its first, with gains whose squares add up to one, which
    keeps the level of a noise. Every sample depends on its place alone, not on where the excerpt begins or how long it is.
    """
    total = length(file, sample_rate)
    fade = min(round(_FADE_S * sample_rate), total // 4)
    period = total - fade
    rising = np.sin(0.5 * np.pi * (np.arange(fade) + 0.5) / max(fade, 1))
    parts: list[Floats] = []
    position = start % period
    while n_samples > 0:
        end = min(period, position + n_samples)
        part = blocks.read(file, position, end, sample_rate=sample_rate)
        if position < fade:
            last = min(fade, end)
            tail = blocks.read(file, period + position, period + last, sample_rate=sample_rate)
            part[: last - position] *= rising[position:last]
            part[: last - position] += rising[::-1][position:last] * tail
        parts.append(part)
        n_samples -= end - position
        position = 0
    return np.concatenate(parts)
