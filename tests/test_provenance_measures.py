"""What the audit measures of one recording, against sounds whose level, noise, edge, clipping and decay are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.typing import NDArray
from scipy import stats
from scipy.signal import fftconvolve, firwin

from tests.synthetic_speech import RATE, speech_like, tone
from workbench.audio import resample
from workbench.provenance.bandwidth_edge import low_pass_edge_hz
from workbench.provenance.recording import measure_file, measure_samples, read_header
from workbench.provenance.reverberation import decay_s
from workbench.provenance.utterance_measures import count_words

Floats = NDArray[np.float64]


def bursts(level_db: float, *, seconds: float = 12.0, rate: int = RATE) -> Floats:
    """Return bursts of a 1 kHz tone of this level in dBov, two seconds on, one second off."""
    amplitude = np.sqrt(2.0) * 10.0 ** (level_db / 20.0)
    times = np.arange(round(seconds * rate)) / rate
    return np.asarray(amplitude * np.sin(2.0 * np.pi * 1000.0 * times) * (times % 3.0 < 2.0))


def noise(level_db: float, n: int, *, seed: int = 3) -> Floats:
    return np.asarray(10.0 ** (level_db / 20.0) * np.random.default_rng(seed).standard_normal(n))


@pytest.mark.parametrize(("level", "floor"), [(-20.0, -60.0), (-26.0, -52.0), (-12.0, -80.0)])
def test_level_floor_and_snr_of_tone_bursts_in_noise(level: float, floor: float) -> None:
    speech = bursts(level)
    found = measure_samples((speech + noise(floor, len(speech))).astype(np.float32), RATE)
    assert found["active_level_db"] == pytest.approx(level, abs=1.0)
    assert found["source_floor_db"] == pytest.approx(floor, abs=1.0)
    assert found["source_snr_db"] == pytest.approx(level - floor, abs=1.0)


@pytest.mark.parametrize("snr_db", [15.0, 25.0, 40.0])
def test_the_snr_that_was_mixed_is_estimated_within_a_decibel(snr_db: float) -> None:
    from workbench.audio import speech_level

    speech = np.concatenate([speech_like(4.0, pause_s=1.0), speech_like(4.0, seed=2, pause_s=1.0)]).astype(np.float64)
    level = speech_level(speech, RATE).active_db
    found = measure_samples((speech + noise(level - snr_db, len(speech))).astype(np.float32), RATE)
    assert found["source_snr_db"] == pytest.approx(snr_db, abs=1.0)


@pytest.mark.parametrize("edge", [2000.0, 3400.0, 5000.0])
def test_noise_with_a_known_edge(edge: float) -> None:
    taps = firwin(801, edge, fs=RATE, window=("kaiser", 12.0))
    heard = np.convolve(noise(-20.0, 3 * RATE), taps, mode="same")
    assert low_pass_edge_hz(heard, RATE) == pytest.approx(edge, abs=150.0)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_sound_without_an_edge_reaches_half_its_sample_rate(rate: int) -> None:
    assert low_pass_edge_hz(noise(-20.0, rate), rate) == rate / 2
    falling = np.convolve(noise(-20.0, rate), 0.9 ** np.arange(60), mode="same")  # 6 dB per octave and more: no edge
    assert low_pass_edge_hz(falling, rate) == rate / 2


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_file_from_8_khz_is_seen_whatever_its_header_says(rate: int, tmp_path: Path) -> None:
    original = speech_like(3.0)
    narrow = resample(original, orig_sr=RATE, target_sr=8_000)
    soundfile.write(tmp_path / "up.wav", resample(narrow, orig_sr=8_000, target_sr=rate), rate)
    soundfile.write(tmp_path / "wide.wav", original, RATE)
    found = measure_file(tmp_path / "up.wav")
    assert (found["sample_rate_hz"], found["edge_hz"]) == (rate, pytest.approx(4000.0, abs=300.0))
    assert measure_file(tmp_path / "wide.wav")["edge_hz"] == RATE / 2


def test_real_speech_has_no_edge_and_its_narrow_copy_has_one(shared_dir: Path) -> None:
    from workbench.audio import decode

    wide = decode(shared_dir / "corpora" / "fixtures" / "jfk.flac")
    assert low_pass_edge_hz(wide.samples, wide.sample_rate) == wide.sample_rate / 2
    narrow = resample(
        resample(wide.samples, orig_sr=wide.sample_rate, target_sr=8_000), orig_sr=8_000, target_sr=wide.sample_rate
    )
    assert low_pass_edge_hz(np.round(narrow * 32768) / 32768, wide.sample_rate) == pytest.approx(4000.0, abs=300.0)


def test_clipping_and_digital_silence_are_counted() -> None:
    sound = noise(-30.0, RATE)
    sound[1000:1200] = 1.0
    sound[3000:3002] = -1.0  # two in a row: a peak that just fits
    sound[5000:5800] = 0.0
    sound[9000:9100] = 0.0  # 6 ms: shorter than 10 ms
    found = measure_samples(sound.astype(np.float32), RATE)
    assert found["clipped_percent"] == pytest.approx(100 * 200 / RATE)
    assert found["digital_silence_percent"] == pytest.approx(100 * 800 / RATE)


def test_the_share_of_pauses_is_that_of_the_silence() -> None:
    whole = tone(1000.0, 4.0)
    whole[RATE : 3 * RATE] = 0.0
    found = measure_samples(whole, RATE)
    assert found["pause_percent"] == pytest.approx(50.0 - 100 * 0.2 / 4.0, abs=3.0)  # less the hangover of 0.2 s
    assert np.isnan(found["source_floor_db"]) and "digital silence" in found["reason"]


def test_the_decay_is_near_that_of_a_tail_of_noise() -> None:
    """Bursts of noise through an exponential decay: the proxy rises with it, and is near it where it is slow."""
    found = []
    for rt60_s in (0.2, 0.4, 0.8, 1.2):
        times = np.arange(round(1.2 * rt60_s * RATE)) / RATE
        response = np.random.default_rng(5).standard_normal(len(times)) * 10.0 ** (-3.0 * times / rt60_s)
        dry = noise(-20.0, 12 * RATE, seed=6) * ((np.arange(12 * RATE) / RATE) % 1.5 < 0.5)
        wet = fftconvolve(dry, response)[: len(dry)]
        found.append(decay_s(0.1 * wet / np.std(wet) + noise(-75.0, len(dry), seed=7), RATE))
    assert found == sorted(found)
    assert found[2:] == pytest.approx([0.8, 1.2], rel=0.2)


def in_rooms(shared_dir: Path, *, snr_db: float | None = None) -> pd.DataFrame:
    """Return reverberation time and proxy of ten recordings, dry (0 s) and in the four rooms of the catalogue."""
    from workbench.audio import Waveform, decode
    from workbench.conditions import CATALOGUE, degrade

    rows = []
    for number, path in enumerate(sorted((shared_dir / "corpora" / "common-voice-100" / "clips").iterdir())[:60:6]):
        wave = Waveform(decode(path).samples, RATE, path.stem, "s")
        for severity in range(5):
            done = degrade(wave, CATALOGUE[f"room@{severity}" if severity else "clean"], slot=number, seed=1)
            heard = done.wave.samples.astype(np.float64)
            if snr_db is not None:
                heard = heard + np.std(heard) * noise(-snr_db, len(heard), seed=number)
            rows.append((number, done.facts.get("rt60_s", 0.0), decay_s(heard, RATE)))
    return pd.DataFrame(rows, columns=["recording", "rt60_s", "decay_s"])


@pytest.mark.parametrize(("snr_db", "least"), [(None, 0.92), (20.0, 0.91)])
def test_the_proxy_ranks_real_speech_by_the_measured_reverberation_time_of_its_room(
    shared_dir: Path, snr_db: float | None, least: float
) -> None:
    found = in_rooms(shared_dir, snr_db=snr_db)
    assert found["decay_s"].notna().all()
    assert stats.spearmanr(found["rt60_s"], found["decay_s"])[0] > least
    assert all(part["decay_s"].is_monotonic_increasing for _, part in found.groupby("recording"))


def test_what_cannot_be_measured_is_empty_and_says_why() -> None:
    silent = measure_samples(np.zeros(RATE, dtype=np.float32), RATE)
    assert np.isnan(silent["active_level_db"]) and silent["reason"] == "the recording is silent"
    short = measure_samples(tone(500.0, 0.1), RATE)
    assert np.isnan(short["source_floor_db"]) and "0.2 s" in short["reason"]
    assert np.isnan(short["decay_s"]) and "no decay" in short["reason"]
    assert np.isnan(low_pass_edge_hz(np.zeros(RATE), RATE)) and np.isnan(low_pass_edge_hz(np.ones(10), RATE))


@pytest.mark.parametrize(
    ("name", "subtype", "codec"), [("a.wav", "PCM_16", "WAV PCM_16"), ("a.wav", "ULAW", "WAV ULAW"), ("a.flac", "PCM_24", "FLAC PCM_24"), ("a.mp3", None, "MP3")]
)  # fmt: skip
def test_the_header_says_how_a_file_is_coded(name: str, subtype: str | None, codec: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / name, tone(440.0, 1.0), RATE, subtype=subtype)
    assert read_header(tmp_path / name)[1:] == (codec, RATE, 1)
    if name == "a.mp3":
        (tmp_path / "a.mp3").rename(tmp_path / "b.wav")
        assert read_header(tmp_path / "b.wav").codec == "MP3"


def test_words_hold_a_letter_or_a_digit() -> None:
    assert [count_words(text) for text in ("", " – ", "don't 2 well-known …", "été\tñ")] == [0, 0, 3, 2]
