"""How intelligible speech is against its clean original: STOI, the short-time objective intelligibility."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio.resampler import resample

Floats = NDArray[np.float32]

_RATE = 10_000
_FRAME = 256
_HOP = _FRAME // 2
_FFT = 512
_BANDS = 15
_LOWEST_HZ = 150.0
_SEGMENT = 30
_RANGE_DB = 40.0
_CLIP = 1.0 + 10.0 ** (15.0 / 20.0)
_SEGMENTS_AT_ONCE = 512
_FRAMES_AT_ONCE = 4096
_TINY = 1e-12

SHORTEST_S = (_SEGMENT + 1) * _HOP / _RATE
"""Speech shorter than this, pauses left out, has no STOI: 30 frames of 25.6 ms, half overlapping, are one segment."""


class StoiReference:
    """The clean side of :func:`stoi`, worked out once for all that is compared with it. Cheap to make, never changes."""

    def __init__(self, clean: NDArray[Any], sample_rate: int) -> None:
        self.n_samples = len(clean)
        self.sample_rate = sample_rate
        frames = _frames(resample(clean, orig_sr=sample_rate, target_sr=_RATE))
        energy = np.einsum("ij,ij->i", frames, frames)
        loudest = float(np.max(energy, initial=0.0))
        self._kept = energy > loudest * 10.0 ** (-_RANGE_DB / 10.0)
        self._bands = _bands(frames[self._kept]) if loudest > 0.0 else np.zeros((_BANDS, 0), dtype=np.float32)

    def against(self, heard: NDArray[Any]) -> float:
        """Return the STOI of ``heard``, shape (n_samples,) at the same rate: see :func:`stoi`.

        Raises
        ------
        ValueError : not as long as the clean speech
        """
        if len(heard) != self.n_samples:
            raise ValueError(f"{len(heard)} samples cannot be compared with {self.n_samples}")
        segments = self._bands.shape[1] - _SEGMENT + 1
        if segments < 1:
            return math.nan
        frames = _frames(resample(heard, orig_sr=self.sample_rate, target_sr=_RATE))
        other = _bands(frames[self._kept])
        total = 0.0
        for begin in range(0, segments, _SEGMENTS_AT_ONCE):
            part = slice(begin, min(begin + _SEGMENTS_AT_ONCE, segments) + _SEGMENT - 1)
            total += _sum_of_correlations(self._bands[:, part], other[:, part])
        return float(total / (segments * _BANDS))


def stoi(clean: NDArray[Any], heard: NDArray[Any], sample_rate: int) -> float:
    """Return the short-time objective intelligibility of ``heard`` against ``clean``, both of shape (n,): about 0 to 1.

    At 10 kHz, frames of 25.6 ms that are within 40 dB of the loudest of the clean speech are kept; in 15 third-octave
    bands from 150 Hz the envelopes of both sides are correlated over 384 ms, the heard one brought to the level of the
    clean one and limited to a signal-to-distortion ratio of -15 dB; the mean of all correlations stands. It was made for
    noise and noise reduction and rises with the share of words that listeners understand; under reverberation and
    codecs it orders conditions and its values mean less. NaN where less than 0.4 s of speech is left, or none.

    Source: Taal, Hendriks, Heusdens and Jensen (2011), IEEE Trans. Audio, Speech and Language Processing 19(7).

    Raises
    ------
    ValueError : not equally long
    """
    return StoiReference(clean, sample_rate).against(heard)


@lru_cache(maxsize=1)
def _window() -> Floats:
    return np.hanning(_FRAME + 2)[1:-1].astype(np.float32)


@lru_cache(maxsize=1)
def _band_edges() -> NDArray[np.int64]:
    """Return the bins of the spectrum where the third octaves begin, and where the last one ends, shape (16,)."""
    frequencies = np.arange(_FFT // 2 + 1) * _RATE / _FFT
    edges_hz = _LOWEST_HZ * 2.0 ** ((2.0 * np.arange(_BANDS + 1) - 1.0) / 6.0)
    edges: NDArray[np.int64] = np.argmin(np.abs(frequencies[:, np.newaxis] - edges_hz), axis=0)
    return edges


def _frames(samples: Floats) -> Floats:
    """Return windowed frames, shape (k, 256); a rest that fills no frame is left out."""
    if len(samples) <= _FRAME:
        return np.zeros((0, _FRAME), dtype=np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples[:-1], _FRAME)[::_HOP] * _window()


def _bands(frames: Floats) -> Floats:
    """Return the envelopes in third octaves, shape (15, k - 1), of the speech that these frames (k, 256) are, joined."""
    from scipy.fft import rfft

    joined = np.zeros((len(frames) + 1, _HOP), dtype=np.float32)
    joined[:-1] = frames[:, :_HOP]
    joined[1:] += frames[:, _HOP:]
    again = _frames(joined.reshape(-1))
    result = np.empty((_BANDS, len(again)), dtype=np.float32)
    for begin in range(0, len(again), _FRAMES_AT_ONCE):
        spectrum = rfft(again[begin : begin + _FRAMES_AT_ONCE], _FFT)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        result[:, begin : begin + _FRAMES_AT_ONCE] = np.sqrt(np.add.reduceat(power, _band_edges(), axis=1)[:, :-1].T)
    return result


def _sum_of_correlations(clean: Floats, heard: Floats) -> float:
    """Return the sum over bands and segments of 30 frames, from envelopes of shape (15, m)."""
    windows = np.lib.stride_tricks.sliding_window_view
    speech, other = windows(clean, _SEGMENT, axis=1), windows(heard, _SEGMENT, axis=1)
    levels = np.sqrt(_running(np.square(clean)) / (_running(np.square(heard)) + _TINY))
    limited = np.minimum(other * levels[..., np.newaxis], _CLIP * speech)
    limited -= limited.mean(axis=2, keepdims=True)
    centred = speech - speech.mean(axis=2, keepdims=True)
    together = np.einsum("ijk,ijk->ij", limited, centred, dtype=np.float64)
    norms = np.einsum("ijk,ijk->ij", limited, limited, dtype=np.float64)
    norms *= np.einsum("ijk,ijk->ij", centred, centred, dtype=np.float64)
    return float(np.sum(together / np.sqrt(norms + _TINY**2)))


def _running(values: Floats) -> NDArray[np.float64]:
    """Return the sums of 30 neighbours along the last axis."""
    sums = np.cumsum(values, axis=1, dtype=np.float64)
    return np.concatenate([sums[:, _SEGMENT - 1 : _SEGMENT], sums[:, _SEGMENT:] - sums[:, :-_SEGMENT]], axis=1)
