"""Full scale, roll-off, SI-SDR and STOI, each against a definition of its own."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pystoi import stoi as reference_stoi
from scipy.signal import butter, sosfiltfilt

from tests.synthetic_speech import RATE, speech_like, tone
from workbench.audio import Samples, StoiReference, decode, floor_db, full_scale, rolloff_hz, si_sdr_db, stoi


@pytest.fixture(scope="module")
def speech(shared_dir: Path) -> Samples:
    return decode(shared_dir / "corpora" / "fixtures" / "jfk.flac").samples


def noisy(clean: NDArray[np.floating], snr_db: float, *, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(len(clean))
    level = np.sqrt(np.mean(np.square(clean)) / np.mean(np.square(noise))) * 10.0 ** (-snr_db / 20.0)
    return (clean + level * noise).astype(np.float32)


# -- full scale


def test_samples_at_full_scale_are_counted_and_their_longest_run() -> None:
    samples = np.zeros(1000, dtype=np.float32)
    samples[10] = 1.0
    samples[[20, 21, 22]] = -32767 / 32768
    samples[[30, 31]] = -1.0
    samples[999] = 1.2
    samples[40:60] = 32766 / 32768
    assert full_scale(samples) == (pytest.approx(0.7), 3)
    assert full_scale(np.full(50, -1.0, dtype=np.float32)) == (100.0, 50)
    assert full_scale(np.zeros(50, dtype=np.float32)) == (0.0, 0)


def test_a_clipped_sine_spends_the_time_at_full_scale_that_it_should() -> None:
    clipped = np.clip(tone(100.0, 1.0, level=2.0), -1.0, 1.0)
    share = 1.0 - 2.0 * math.asin(0.5) / math.pi  # |sin| > 1/2
    found = full_scale(clipped)
    assert found.percent == pytest.approx(100.0 * share, abs=2.0)
    assert found.longest_run == pytest.approx(share * RATE / 200.0, abs=2)


# -- roll-off


@pytest.mark.parametrize("edge_hz", [500.0, 2000.0, 6000.0])
@pytest.mark.parametrize("seconds", [1.0, 17.3])
def test_the_rolloff_of_noise_up_to_an_edge_is_95_percent_of_it(edge_hz: float, seconds: float) -> None:
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal(n))
    spectrum[np.fft.rfftfreq(n, 1.0 / RATE) > edge_hz] = 0.0
    assert rolloff_hz(np.fft.irfft(spectrum, n), RATE) == pytest.approx(0.95 * edge_hz, rel=0.02)
    assert rolloff_hz(np.fft.irfft(spectrum, n), RATE, share=0.5) == pytest.approx(0.5 * edge_hz, rel=0.05)


def test_the_rolloff_of_a_tone_is_the_tone_also_at_the_ends_of_the_spectrum() -> None:
    assert rolloff_hz(tone(1000.0, 0.5), RATE) == pytest.approx(1000.0, abs=4.0)
    assert rolloff_hz(tone(1000.0, 0.5, rate=48_000), 48_000) == pytest.approx(1000.0, abs=4.0)
    both = tone(0.0, 1.0) + 0.1 + 0.1 * np.cos(np.pi * np.arange(RATE))  # as strong at 0 Hz as at the Nyquist frequency
    assert rolloff_hz(both, RATE, share=0.49) == 0.0
    assert rolloff_hz(both, RATE, share=0.51) == RATE / 2
    assert math.isnan(rolloff_hz(np.zeros(100), RATE))
    assert rolloff_hz(np.array([0.5], dtype=np.float32), RATE) == 0.0


# -- SI-SDR


def test_si_sdr_is_the_formula_of_its_paper_by_hand() -> None:
    clean = np.array([1.0, -1.0, 1.0, -1.0])
    error = np.array([1.0, 1.0, -1.0, -1.0])  # orthogonal, both without a mean
    assert si_sdr_db(clean, 3.0 * clean + error, RATE) == pytest.approx(10.0 * math.log10(9.0))
    assert si_sdr_db(clean, -0.5 * clean + 2.0 * error + 7.0, RATE) == pytest.approx(10.0 * math.log10(0.25 / 4.0))


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 10.0, 30.0])
def test_si_sdr_is_the_snr_of_independent_noise_whatever_the_loudness(speech: Samples, snr_db: float) -> None:
    heard = noisy(speech, snr_db)
    assert si_sdr_db(speech, heard, RATE) == pytest.approx(snr_db, abs=0.2)
    assert si_sdr_db(speech, -0.01 * heard + 0.1, RATE) == pytest.approx(si_sdr_db(speech, heard, RATE), abs=1e-3)


@pytest.mark.parametrize("late", [-30, -1, 0, 5, 32])
def test_a_delay_up_to_2_ms_is_no_distortion_and_a_longer_one_is(speech: Samples, late: int) -> None:
    assert si_sdr_db(speech, np.roll(noisy(speech, 25.0), late), RATE) == pytest.approx(25.0, abs=0.3)
    assert si_sdr_db(speech, np.roll(noisy(speech, 25.0), 80), RATE) < 10.0


def test_without_a_ratio_there_is_none() -> None:
    clean = speech_like(0.5)
    steady = tone(200.0, 0.5)
    for one, other in ((steady, steady), (clean, clean), (clean, 0.5 * clean), (0 * clean, clean), (clean, 0 * clean)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert math.isnan(si_sdr_db(one, other, RATE))
    assert math.isnan(si_sdr_db(clean[:1], clean[1:2], RATE))
    with pytest.raises(ValueError, match="cannot be compared"):
        si_sdr_db(clean, clean[1:], RATE)


# -- STOI


@pytest.mark.parametrize("snr_db", [30.0, 10.0, 5.0, 0.0, -5.0, -20.0])
def test_stoi_agrees_with_the_reference_implementation_in_noise(speech: Samples, snr_db: float) -> None:
    heard = noisy(speech, snr_db)
    assert stoi(speech, heard, RATE) == pytest.approx(reference_stoi(speech, heard, RATE), abs=1e-3)


def test_stoi_agrees_with_the_reference_on_bands_pauses_and_other_rates(speech: Samples) -> None:
    clean = np.concatenate([speech[:40_000], np.zeros(20_000, dtype=np.float32), speech[40_000:90_000]])
    low = sosfiltfilt(butter(1, 1000.0, fs=RATE, output="sos"), clean).astype(np.float32)
    gated = clean * (np.sin(np.arange(len(clean)) / 900.0) > 0.0)
    for heard in (low, gated, 0.001 * noisy(clean, 3.0), np.roll(clean, 300)):
        assert stoi(clean, heard, RATE) == pytest.approx(reference_stoi(clean, heard, RATE), abs=2e-3)
    assert stoi(clean, noisy(clean, 3.0), 10_000) == pytest.approx(
        reference_stoi(clean, noisy(clean, 3.0), 10_000), abs=1e-3
    )


def test_stoi_falls_with_the_noise_and_is_1_without() -> None:
    clean = speech_like(3.0)
    reference = StoiReference(clean, RATE)
    found = [reference.against(noisy(clean, snr_db)) for snr_db in (30.0, 20.0, 10.0, 0.0, -10.0)]
    assert found == sorted(found, reverse=True)
    assert reference.against(clean) == pytest.approx(1.0, abs=1e-4)
    assert reference.against(0.2 * clean) == pytest.approx(1.0, abs=1e-4)
    assert reference.against(0 * clean) == pytest.approx(0.0, abs=1e-6)


def test_the_sums_do_not_depend_on_how_long_speech_is_cut_for_memory(
    speech: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stoi(speech, noisy(speech, 5.0), RATE)
    monkeypatch.setattr("workbench.audio.intelligibility._SEGMENTS_AT_ONCE", 37)
    monkeypatch.setattr("workbench.audio.intelligibility._FRAMES_AT_ONCE", 53)
    assert stoi(speech, noisy(speech, 5.0), RATE) == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize("seconds", [0.0001, 0.02, 0.2, 0.39])
def test_what_is_too_short_or_silent_has_no_stoi_and_no_warning(seconds: float) -> None:
    clean = speech_like(seconds, pause_s=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(stoi(clean, clean, RATE))
        assert math.isnan(stoi(np.zeros(RATE), speech_like(1.0), RATE))
    assert math.isfinite(stoi(speech_like(0.5, pause_s=0.0), speech_like(0.5, pause_s=0.0), RATE))
    with pytest.raises(ValueError, match="cannot be compared"):
        stoi(clean, np.zeros(len(clean) + 1), RATE)


def test_the_floor_is_the_level_of_the_noise_between_words() -> None:
    rng = np.random.default_rng(3)
    speech = np.concatenate([np.zeros(8000), 0.2 * rng.standard_normal(16000), np.zeros(8000)])
    noise = 10 ** (-50 / 20) * rng.standard_normal(len(speech))
    assert floor_db(speech + noise, 16_000) == pytest.approx(-50, abs=1.0)
    assert floor_db(speech, 16_000) == -math.inf
    assert math.isnan(floor_db(noise[:3000], 16_000))
    assert floor_db(np.full(4000, 0.1), 16_000) == pytest.approx(-20)
