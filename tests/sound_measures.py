"""Measurements of sound that tests of several families make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import freqs_zpk, welch

from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform
from workbench.conditions import degrade, parse_condition
from workbench.conditions.condition import Degraded


def a_weighted_db(samples: np.ndarray) -> float:
    """A-weighted level by the analogue filter of IEC 61672-1 applied to the spectrum: poles and zeros, no closed formula."""
    poles = -2.0 * np.pi * np.array([20.598997, 20.598997, 107.65265, 737.86223, 12194.217, 12194.217])
    frequencies = np.fft.rfftfreq(len(samples), 1.0 / RATE)
    _, response = freqs_zpk([0.0] * 4, poles, 1.0, worN=2.0 * np.pi * np.append(frequencies[1:], 1000.0))
    weights = np.append(0.0, np.abs(response[:-1] / response[-1]))
    weighted = np.fft.irfft(weights * np.fft.rfft(samples.astype(np.float64)), len(samples))
    return level_db(weighted)


def decay_time_s(tail: NDArray[np.float64]) -> float:
    """RT60 from the slope of the log energy in blocks of 10 ms: not Schroeder's integral, which the code uses."""
    block = RATE // 100
    energy_db = np.array([level_db(part) for part in np.split(tail[: len(tail) // block * block], len(tail) // block)])
    used = energy_db > energy_db[0] - 45.0
    used[np.argmin(used) if not used.all() else len(used) :] = False
    times = (np.arange(len(energy_db)) + 0.5) * 0.01
    slope, _ = np.polyfit(times[used], energy_db[used], 1)
    return float(-60.0 / slope)


def voiced(fundamental_hz: float, seconds: float) -> NDArray[np.float32]:
    """Return a steady buzz with harmonics that fall by 6 dB per octave."""
    parts = [tone(k * fundamental_hz, seconds, level=0.2 / k) for k in range(1, int(3800 / fundamental_hz))]
    return np.sum(parts, axis=0).astype(np.float32)


def words(at_s: list[float], seconds: float) -> NDArray[np.float32]:
    """Return short voiced sounds at the given times, in a faint hiss."""
    times = np.arange(round(seconds * RATE)) / RATE
    sound = 0.001 * np.random.default_rng(1).standard_normal(len(times))
    buzz = voiced(125.0, seconds)
    for middle_s in at_s:
        sound += buzz * np.exp(-0.5 * np.square((times - middle_s) / 0.02))
    return sound.astype(np.float32)


def middles(samples: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Return when the loudest ``count`` sounds are (centre of their energy), in seconds."""
    power = np.convolve(np.square(samples.astype(np.float64)), np.ones(320) / 320.0, mode="same")
    power[power < 0.01 * power.max()] = 0.0
    loud = np.flatnonzero(power)
    cuts = np.flatnonzero(np.diff(loud) > 0.03 * RATE)
    edges = list(zip(loud[np.append(0, cuts + 1)], loud[np.append(cuts, len(loud) - 1)] + 1, strict=True))
    assert len(edges) == count
    return np.array([np.average(np.arange(a, b), weights=power[a:b]) / RATE for a, b in edges])


def pitch_hz(samples: NDArray[np.floating], low_hz: float = 60.0, high_hz: float = 500.0) -> float:
    """Return the fundamental frequency by autocorrelation, with parabolic interpolation."""
    centred = samples.astype(np.float64) * np.hanning(len(samples))
    size = 2 * len(centred)
    match = np.fft.irfft(np.square(np.abs(np.fft.rfft(centred, size))))[: len(centred)]
    lags = np.arange(round(RATE / high_hz), round(RATE / low_hz))
    peak = match[lags].max()
    best = next(lag for lag in lags if match[lag] > 0.9 * peak and match[lag - 1] <= match[lag] >= match[lag + 1])
    before, at, after = match[best - 1 : best + 2]
    return RATE / float(best + 0.5 * (before - after) / (before - 2.0 * at + after))


def added(text: str, samples: NDArray[np.float32], *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, at the speech's own scale."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


def long_alone(text: str, seconds: float, *, slot: int = 0) -> NDArray[np.float64]:
    """Return what the condition sounds like by itself over a long time: the speech is a second and then silence."""
    samples = np.append(speech_like(1.0), np.zeros(round(seconds * RATE), dtype=np.float32))
    return added(text, samples, slot=slot)[0]


def slope_db(sound: NDArray[np.float64], low_hz: float, high_hz: float) -> float:
    """Return the slope of the spectrum between two frequencies in dB per octave."""
    frequencies, power = welch(sound, RATE, nperseg=8192)
    used = (frequencies >= low_hz) & (frequencies <= high_hz)
    octaves = np.log2(frequencies[used])
    weights = 1.0 / np.sqrt(frequencies[used])  # every octave counts the same
    return float(np.polyfit(octaves, 10.0 * np.log10(power[used]), 1, w=weights)[0])
