"""Steady noise: white, pink, and with the spectrum of the corpus's own speech."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.mixer import mix, require_pool_rate

_TAPS = 513
_BLOCK = 4096
_FFT = 8192
_FLAT_BELOW_HZ = 62.5

PINK_DB = -10.0 * math.log10(2.0)
"""Slope of pink noise in dB per octave."""


class WhiteNoise(Condition):
    """Gaussian noise, as strong at every frequency."""

    id: Literal["white_noise"] = "white_noise"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the noise")

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "White noise"
    hears: ClassVar[str] = "An even hiss, like a radio between stations."
    source: ClassVar[str] = "Gaussian noise; SNR on active speech level, ITU-T P.56 method B"
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"snr_db": 20.0},
        {"snr_db": 10.0},
        {"snr_db": 5.0},
        {"snr_db": 0.0},
    )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return mix(wave, rng.standard_normal(len(wave.samples)), snr_db=self.snr_db)


class PinkNoise(Condition):
    """Gaussian noise, as strong in every octave: its power falls by 3 dB per octave (flat below 62.5 Hz)."""

    id: Literal["pink_noise"] = "pink_noise"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the noise")

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "Pink noise"
    hears: ClassVar[str] = "A soft, even rush, like a waterfall some way off."
    source: ClassVar[str] = (
        "Gaussian noise with power 1/f from 62.5 Hz; SNR on active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = WhiteNoise.levels

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        noise = coloured(rng, len(wave.samples), slope_db=PINK_DB, sample_rate=wave.sample_rate)
        return mix(wave, noise, snr_db=self.snr_db)


class SpeechShapedNoise(Condition):
    """Gaussian noise with the long-term average spectrum of the whole corpus.

    Of the whole corpus, not of the speaker's group: else every accent would be masked by its own spectrum.
    """

    id: Literal["speech_shaped_noise"] = "speech_shaped_noise"
    snr_db: float = parameter(10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the noise")

    family: ClassVar[str] = "noise"
    title: ClassVar[str] = "Speech-shaped noise"
    hears: ClassVar[str] = "A dull, steady rush with the pitch balance of many voices at once."
    source: ClassVar[str] = (
        "long-term average speech spectrum as in Byrne et al. (1994), J. Acoust. Soc. Am. 96(4), here measured on the "
        "whole corpus; SNR on active speech level, ITU-T P.56 method B"
    )
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = WhiteNoise.levels
    needs_speech_pool: ClassVar[bool] = True

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        require_pool_rate(wave)
        if pool is None:
            raise TypeError("apply() checks that there is a pool")
        frequencies, amplitudes = pool.ltass()
        noise = shaped(rng, len(wave.samples), frequencies, amplitudes, sample_rate=wave.sample_rate)
        return mix(wave, noise, snr_db=self.snr_db)


def shaped(
    rng: np.random.Generator, n_samples: int, frequencies: Floats, amplitudes: Floats, *, sample_rate: int
) -> Floats:
    """Return Gaussian noise of shape (n_samples,) whose spectrum is proportional to ``amplitudes`` at ``frequencies`` (Hz).

    A longer noise from an equal generator starts with the very same samples: white noise is filtered in blocks of a
    fixed size (FIR, 513 taps, overlap-add).
    """
    grid = np.fft.rfftfreq(_TAPS - 1, 1.0 / sample_rate)
    response = np.fft.irfft(np.interp(grid, frequencies, amplitudes))
    half = (_TAPS - 1) // 2
    taps = np.take(response, np.arange(-half, half + 1), mode="wrap") * np.hanning(_TAPS)
    spectrum = np.fft.rfft(taps, _FFT)
    lead_in = _TAPS - 1  # until the filter is full; a machine that hums was humming before
    n_blocks = -(-(n_samples + lead_in) // _BLOCK)
    noise = np.zeros(n_blocks * _BLOCK + _FFT - _BLOCK)
    for start in range(0, n_blocks * _BLOCK, _BLOCK):
        block = np.fft.rfft(rng.standard_normal(_BLOCK), _FFT)
        noise[start : start + _FFT] += np.fft.irfft(block * spectrum)
    return noise[lead_in : lead_in + n_samples]


def coloured(rng: np.random.Generator, n_samples: int, *, slope_db: float, sample_rate: int) -> Floats:
    """Return Gaussian noise of shape (n_samples,) whose power changes by ``slope_db`` per octave, flat below 62.5 Hz.

    Its mean square is 1 on the long run. As in :func:`shaped`, a longer noise starts with the same samples.
    """
    frequencies: Floats = np.asarray(np.fft.rfftfreq(_TAPS - 1, 1.0 / sample_rate), dtype=np.float64)
    octaves = np.log2(np.maximum(frequencies, _FLAT_BELOW_HZ) / _FLAT_BELOW_HZ)
    amplitudes: Floats = np.asarray(10.0 ** (slope_db * octaves / 20.0), dtype=np.float64)
    response = np.fft.irfft(amplitudes)
    window = np.fft.ifftshift(np.hanning(_TAPS)[:-1])  # what the filter of shaped() keeps of the response
    energy = float(np.sum(np.square(response * window)))
    return shaped(rng, n_samples, frequencies, amplitudes / math.sqrt(energy), sample_rate=sample_rate)
