"""Several channels to one, without losing the voice: the mean, unless the channels cancel each other in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEFT = 0.5
"""Energy of the mean, relative to that of channels that have nothing in common, below which the channels cancel. Two equally
loud channels reach it at a correlation of -0.5."""
_AS_STRONG = 0.98
"""Of channels whose energy is this close the first is taken, so that rounding does not choose."""
_NOTHING = 1e-20
"""Mean square of a channel that holds nothing but rounding (-200 dBov)."""

CANCELLED = "the channels cancel each other when averaged"


class Downmix:
    """Block by block the mean of the channels, and their energies; ``channel`` (from 0) takes one of them instead."""

    def __init__(self, channel: int | None = None) -> None:
        self.channel = channel
        self.n_samples = 0
        self._blocks: list[NDArray[Any]] = []
        self._energy: dict[str, NDArray[np.float64]] = {}

    def add(self, block: NDArray[Any]) -> None:
        """Append a block of shape (channels, n).

        Raises
        ------
        IndexError : there is no such channel
        """
        self.n_samples += block.shape[1]
        if self.channel is not None or len(block) == 1:
            self._blocks.append(block[self.channel or 0])
            return
        mean = block.mean(axis=0)
        self._blocks.append(mean)
        every = np.concatenate([block, mean[np.newaxis]]).astype(np.float64)
        # Without its mean and, again, as differences: neither an offset nor a hum that the channels share hides that
        # the voice is gone.
        self._count("level", every - every.mean(axis=1, keepdims=True))
        self._count("difference", np.diff(every, axis=1))

    def samples(self) -> NDArray[Any]:
        """Return everything so far as one array (n,)."""
        return np.concatenate(self._blocks) if self._blocks else np.empty(0, dtype=np.float32)

    def stronger(self) -> tuple[int, str] | None:
        """Return the channel (from 0) to take instead of the mean, and a note that says so; None where the mean is right.

        The mean of N channels with nothing in common has 1/N of their mean energy; less means that they cancel.
        """
        left, deciding = _LEFT, None
        for energy in self._energy.values():
            average = float(energy[:-1].mean())
            if average > _NOTHING * self.n_samples:
                ratio = (len(energy) - 1) * float(energy[-1]) / average
                left, deciding = (ratio, energy) if ratio < left else (left, deciding)
        if deciding is None:
            return None
        best = int(np.flatnonzero(deciding[:-1] >= _AS_STRONG * deciding[:-1].max())[0])
        down_db = 10.0 * math.log10(float(deciding[best]) / max(float(deciding[-1]), 1e-300))
        depth = f"{down_db:.0f} dB quieter than channel {best + 1}" if down_db < 150 else "silent"
        return best, f"{CANCELLED} (their mean is {depth}); channel {best + 1} is taken"

    def _count(self, name: str, signals: NDArray[np.float64]) -> None:
        energy = np.einsum("cn,cn->c", signals, signals)
        self._energy[name] = self._energy[name] + energy if name in self._energy else energy
