"""Whispered speech: the tone goes, the mouth, the times and the power of the sounds stay."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, decode, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.conditions.whispered import Whispered


def heard(text: str, samples: NDArray[np.float32], seed: int = 1) -> Degraded:
    return degrade(Waveform(samples, RATE), parse_condition(text), slot=0, seed=seed)


def voicing(samples: NDArray[np.floating]) -> float:
    """Return how periodic the most periodic fifth of the loud frames is: 80th percentile of normalised autocorrelation."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 640)[::160]
    loud = frames[np.mean(np.square(frames), axis=1) > 0.5 * np.mean(np.square(samples))]
    spectra = np.abs(np.fft.rfft(loud - loud.mean(axis=1, keepdims=True), 2048, axis=1))
    match = np.fft.irfft(np.square(spectra), axis=1)
    return float(np.percentile(match[:, 40:267].max(axis=1) / match[:, 0], 80))


@pytest.fixture(scope="module")
def voice(shared_dir: Path) -> NDArray[np.float32]:
    """Return ten seconds of real speech."""
    return decode(shared_dir / "corpora" / "fixtures" / "jfk.flac").samples[: 10 * RATE]


def test_the_tone_of_a_real_voice_goes_step_by_step(voice: NDArray[np.float32]) -> None:
    noise = voicing(np.random.default_rng(3).standard_normal(len(voice)))
    steps = [voicing(heard(text, voice).wave.samples) for text in ("clean", *(f"whispered@{k}" for k in (1, 2, 3)))]
    assert steps[0] > 0.75
    assert all(later < earlier - 0.03 for earlier, later in pairwise(steps))
    assert voicing(heard("whispered@4", voice).wave.samples) < noise + 0.25


def test_no_harmonic_of_a_buzz_is_left() -> None:
    times = np.arange(4 * RATE) / RATE
    buzz = sum(np.cos(2.0 * np.pi * 125.0 * k * times) / k for k in range(1, 30)).astype(np.float32) * 0.05
    frequencies, before = welch(buzz, RATE, nperseg=4096)
    after = welch(heard("whispered?breath_percent=100", buzz).wave.samples, RATE, nperseg=4096)[1]
    on = [int(np.argmin(np.abs(frequencies - 125.0 * k))) for k in range(3, 20)]
    off = [int(np.argmin(np.abs(frequencies - 125.0 * (k + 0.5)))) for k in range(3, 20)]
    assert 10.0 * np.log10(np.mean(before[on] / before[off])) > 40.0
    assert abs(10.0 * np.log10(np.mean(after[on]) / np.mean(after[off]))) < 3.0


def test_the_mouth_stays_where_it_was() -> None:
    """A noise with two formants keeps them: third-octave levels within 3 dB of what they were, relative to each other."""
    hiss = np.random.default_rng(5).standard_normal(8 * RATE)
    spectrum = np.fft.rfft(hiss)
    f = np.fft.rfftfreq(len(hiss), 1.0 / RATE)
    shape = 0.05 + np.exp(-0.5 * ((f - 600.0) / 120.0) ** 2) + 0.5 * np.exp(-0.5 * ((f - 1700.0) / 200.0) ** 2)
    vowel = (0.02 * np.fft.irfft(spectrum * shape)).astype(np.float32)
    frequencies, before = welch(vowel, RATE, nperseg=1024)
    after = welch(heard("whispered?breath_percent=100&quieter_db=0", vowel).wave.samples, RATE, nperseg=1024)[1]
    bands = [
        (frequencies >= c * 2 ** (-1 / 6)) & (frequencies < c * 2 ** (1 / 6))
        for c in (300, 600, 1100, 1700, 3000, 6000)
    ]
    change = [10.0 * np.log10(after[band].sum() / before[band].sum()) for band in bands]
    assert np.ptp(change) < 3.0


def test_sounds_keep_their_times_and_their_power(voice: NDArray[np.float32]) -> None:
    voice = 0.3 * voice  # so that nothing is turned down
    after = heard("whispered?breath_percent=100&quieter_db=0", voice).wave.samples
    assert len(after) == len(voice)
    blocks = len(voice) // 1600  # a tenth of a second
    level = [
        10.0 * np.log10(np.mean(np.square(x[: blocks * 1600].reshape(blocks, 1600)), axis=1) + 1e-12)
        for x in (voice.astype(np.float64), after.astype(np.float64))
    ]
    loud = level[0] > level[0].max() - 30.0
    assert np.max(np.abs(level[1] - level[0])[loud]) < 3.0
    assert abs(np.median((level[1] - level[0])[loud])) < 0.5


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_it_is_softer_by_what_it_says_and_called_an_approximation(severity: int) -> None:
    condition = CATALOGUE[f"whispered@{severity}"]
    assert isinstance(condition, Whispered)
    samples = speech_like(4.0, level=0.05)
    softer = (
        speech_level(samples, RATE).active_db
        - speech_level(heard(condition.condition_id, samples).wave.samples, RATE).active_db
    )
    assert softer == pytest.approx(condition.quieter_db, abs=0.1)
    assert "approximation" in condition.hears


def test_the_share_of_breath_is_a_share_of_power(voice: NDArray[np.float32]) -> None:
    """What is left of the recording, found by correlation, has a quarter of the power at 75 %."""
    voice = 0.3 * voice
    after = heard("whispered?breath_percent=75&quieter_db=0", voice).wave.samples
    kept = np.dot(after.astype(np.float64), voice) ** 2 / (np.dot(voice, voice) * np.dot(after, after))
    assert kept == pytest.approx(0.25, abs=0.03)


def test_nothing_breathed_is_the_recording() -> None:
    samples = speech_like(1.0)
    same = heard("whispered?breath_percent=0&quieter_db=0", samples).wave.samples
    np.testing.assert_allclose(same, samples, atol=1e-6)


@pytest.mark.parametrize("rate", [4000, 8000, 44100, 192000])
@pytest.mark.parametrize("seconds", [0.001, 0.02, 0.5])
def test_any_rate_and_any_length(rate: int, seconds: float) -> None:
    n = max(1, round(rate * seconds))
    hum = (0.1 * np.sin(2.0 * np.pi * 300.0 * np.arange(n) / rate + 0.3)).astype(np.float32)
    degraded = degrade(Waveform(hum, rate), CATALOGUE["whispered@4"], slot=0, seed=1)
    assert len(degraded.wave.samples) == n
    assert np.isfinite(degraded.wave.samples).all()
    silent = degrade(Waveform(np.zeros(n, dtype=np.float32), rate), CATALOGUE["whispered@4"], slot=0, seed=1)
    assert not silent.wave.samples.any()
