"""G.711, by measurement: the code itself, bandwidth, quantisation noise, tandem passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone
from workbench.audio import Waveform, decode, resample
from workbench.conditions import CATALOGUE, degrade
from workbench.conditions.codecs import bandwidth_hz, mu_law_table


def g711_by_the_book() -> NDArray[np.float64]:
    """Return the 256 output values of G.711 mu-law (14 bit, scaled to 16): 8 segments of 16 steps, each sign."""
    magnitudes = [((2 * step + 33) << segment) - 33 for segment in range(8) for step in range(16)]
    return np.array([-4 * m for m in magnitudes] + [4 * m for m in magnitudes], dtype=np.float64)


def test_the_codec_is_mu_law_as_recommended() -> None:
    coded = mu_law_table().astype(np.float64) * 32768.0
    book = np.unique(g711_by_the_book())
    assert set(np.unique(coded)) <= set(book)
    assert len(np.unique(coded)) >= len(book) - 1  # 255 levels; plus and minus zero are one
    inputs = np.arange(-32768, 32768)
    nearest = np.min(np.abs(inputs[:, np.newaxis] - book[np.newaxis, :]), axis=1)
    inside = np.abs(inputs) < 32124
    # Every value goes to the nearest level, but for ties and the rounding of 16 to 14 bits (steps of 4).
    further = np.abs(coded - inputs)[inside] - nearest[inside]
    assert further.max() <= 8.0
    assert np.mean(further == 0.0) > 0.99


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_nothing_is_left_above_4_khz(severity: int) -> None:
    wave = Waveform(np.random.default_rng(1).uniform(-0.5, 0.5, 2 * RATE).astype(np.float32), RATE)
    degraded = degrade(wave, CATALOGUE[f"g711@{severity}"], slot=0, seed=1)
    assert degraded.facts["bandwidth_hz"] < 4000.0
    power = np.square(np.abs(np.fft.rfft(degraded.wave.samples * np.hanning(2 * RATE))))
    frequencies = np.fft.rfftfreq(2 * RATE, 1.0 / RATE)
    assert 10.0 * np.log10(power[frequencies > 4300.0].max() / power.max()) < -60.0


def test_recorded_wideband_speech_is_narrowband_afterwards(shared_dir: Path) -> None:
    clean = decode(shared_dir / "corpora/vctk-18/clips/p225_003.wav")
    assert bandwidth_hz(clean.samples, sample_rate=RATE) > 4000.0
    assert degrade(clean, CATALOGUE["g711@1"], slot=0, seed=1).facts["bandwidth_hz"] < 4000.0


def test_a_tone_in_the_band_passes_with_mu_laws_38_db() -> None:
    sine = tone(1013.0, 1.0, level=0.4)
    heard = degrade(Waveform(sine, RATE), CATALOGUE["g711@1"], slot=0, seed=1).wave.samples
    inner = slice(1600, -1600)
    assert amplitude_at(heard[inner], 1013.0) == pytest.approx(0.4, rel=0.01)
    noise_db = level_db(heard[inner] - sine[inner]) - level_db(sine[inner])
    assert -42.0 < noise_db < -35.0  # G.711's signal to quantisation noise is 35 to 40 dB over its range


def narrowband(samples: NDArray[np.float32], passes: int) -> NDArray[np.float32]:
    """Return the speech as it goes through the filters of as many links, without any coding."""
    for _ in range(passes):
        narrow = resample(samples, orig_sr=RATE, target_sr=8000)
        samples = resample(narrow, orig_sr=8000, target_sr=RATE)[: len(samples)]
    return samples


def test_n_links_make_n_times_the_noise_of_one() -> None:
    samples = speech_like(4.0)
    noise = []
    for passes in (1, 2, 3, 4):
        heard = degrade(Waveform(samples, RATE), CATALOGUE[f"g711@{passes}"], slot=0, seed=1).wave.samples
        noise.append(level_db(heard - narrowband(samples, passes)))
    np.testing.assert_allclose(np.array(noise) - noise[0], 10.0 * np.log10([1, 2, 3, 4]), atol=0.5)


def test_overload_is_turned_down_and_not_clipped() -> None:
    square = np.sign(tone(500.0, 1.0)).astype(np.float32)
    degraded = degrade(Waveform(square, RATE), CATALOGUE["g711@2"], slot=0, seed=1)
    assert degraded.facts["gain_db"] < -0.5
    gain = 10.0 ** (degraded.facts["gain_db"] / 20.0)
    inner = slice(1600, -1600)
    for harmonic in (500.0, 1500.0, 2500.0):
        assert amplitude_at(degraded.wave.samples[inner], harmonic) == pytest.approx(
            gain * amplitude_at(square[inner], harmonic), rel=0.03
        )


def test_bandwidth_is_where_the_energy_ends() -> None:
    assert bandwidth_hz(tone(3000.0, 1.0), sample_rate=RATE) == pytest.approx(3000.0, abs=1.0)
    assert bandwidth_hz(tone(500.0, 1.0) + tone(6000.0, 1.0), sample_rate=RATE) == pytest.approx(6000.0, abs=1.0)
    assert bandwidth_hz(np.zeros(100), sample_rate=RATE) == 0.0
