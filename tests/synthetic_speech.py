"""Speech-like sound for tests that must run without recordings: modulated noise with syllables and pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import lfilter

RATE = 16_000


def speech_like(seconds: float, *, seed: int = 1, level: float = 0.1, pause_s: float = 0.4) -> NDArray[np.float32]:
    """Return noise with a falling spectrum, syllables at about 4 Hz, and a pause at the end."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    times = np.arange(n) / RATE
    carrier = lfilter([1.0], [1.0, -0.9], rng.standard_normal(n))
    carrier /= np.sqrt(np.mean(np.square(carrier)))
    rate = 4.0 + rng.uniform(-0.5, 0.5)
    syllables = 0.55 - 0.45 * np.cos(2.0 * np.pi * (rate * times + 0.1 * np.sin(2.0 * np.pi * 0.7 * times)))
    samples = level * carrier * syllables
    pause = min(n // 3, round(pause_s * RATE))
    if pause:
        samples[-pause:] = 0.0
    return samples.astype(np.float32)


def tone(frequency_hz: float, seconds: float, *, rate: int = RATE, level: float = 0.5) -> NDArray[np.float32]:
    """Return a sine of amplitude ``level``."""
    return (level * np.sin(2.0 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def level_db(samples: NDArray[np.floating]) -> float:
    """Return the RMS level in dB re 1."""
    return float(10.0 * np.log10(np.mean(np.square(samples.astype(np.float64)))))


def amplitude_at(samples: NDArray[np.floating], frequency_hz: float, *, rate: int = RATE) -> float:
    """Return the amplitude of the sine at ``frequency_hz`` (correlation over a Hann window)."""
    window = np.hanning(len(samples))
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / rate)
    return float(2.0 * np.abs(np.sum(samples * window * turn)) / np.sum(window))


def write_corpus(folder: Path, voices: dict[str, list[NDArray[np.float32]]]) -> pd.DataFrame:
    """Write one WAV per utterance and return what CorpusPool needs of an UTTERANCES frame."""
    rows = []
    for speaker, utterances in voices.items():
        for number, samples in enumerate(utterances):
            path = folder / f"{speaker}_{number}.wav"
            wavfile.write(path, RATE, samples)
            rows.append(
                {
                    "utterance_id": f"toy/{path.stem}",
                    "speaker_id": speaker,
                    "path": str(path),
                    "start_s": np.nan,
                    "end_s": np.nan,
                    "channel": pd.NA,
                    "duration_s": len(samples) / RATE,
                    "source_digest": f"{speaker}-{number}-{float(np.sum(samples)):.6f}",
                }
            )
    return pd.DataFrame(rows)
