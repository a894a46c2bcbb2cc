"""Tempo, pitch and raised voice, by measurement: durations, the times of events, fundamental frequencies, tilt, levels."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from tests.sound_measures import middles, pitch_hz, voiced, words
from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform, decode, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.conditions.lombard import Lombard
from workbench.conditions.time_stretch import at_tempo

TEMPI = [0.5, 0.6, 0.9, 1.0, 1.1, 1.5, 2.0]
SEMITONES = [-12.0, -4.0, -1.0, 1.0, 2.0, 4.0, 12.0]


def heard(text: str, samples: NDArray[np.float32]) -> Degraded:
    return degrade(Waveform(samples, RATE), parse_condition(text), slot=0, seed=1)


@pytest.fixture(scope="module")
def voice(shared_dir: Path) -> NDArray[np.float32]:
    """Return ten seconds of real speech."""
    return decode(shared_dir / "corpora" / "fixtures" / "jfk.flac").samples[: 10 * RATE]


# -- stretching


def test_a_map_that_moves_nothing_changes_nothing() -> None:
    samples = speech_like(2.0).astype(np.float64)
    same = at_tempo(samples, 1.0, n_out=len(samples), sample_rate=RATE)
    np.testing.assert_allclose(same, samples, atol=1e-12)


@pytest.mark.parametrize("tempo", TEMPI)
def test_a_steady_sound_stays_steady(tempo: float) -> None:
    """Frames that do not fit would cancel each other here and there: the loudness of a tone would swing."""
    samples = tone(200.0, 3.0)
    changed = at_tempo(samples.astype(np.float64), tempo, n_out=round(len(samples) / tempo), sample_rate=RATE)
    inner = changed[1600:-1600]
    blocks = [level_db(block) for block in np.array_split(inner, len(inner) // 800)]
    assert np.ptp(blocks) < 0.2
    assert np.max(np.abs(np.diff(inner))) < 1.2 * np.max(np.abs(np.diff(samples)))


def test_silence_and_single_samples_pass() -> None:
    assert not at_tempo(np.zeros(999), 1.3, n_out=768, sample_rate=RATE).any()
    for n in (1, 2, 100, 479, 480, 481):
        assert at_tempo(np.full(n, 0.1), 0.7, n_out=max(1, round(n / 0.7)), sample_rate=RATE).shape == (
            max(1, round(n / 0.7)),
        )


@pytest.mark.parametrize("rate", [4000, 8000, 44100, 192000])
def test_it_works_at_any_sample_rate(rate: int) -> None:
    degraded = degrade(Waveform(tone(300.0, 1.0, rate=rate), rate), CATALOGUE["speech_rate@3"], slot=0, seed=1)
    assert degraded.wave.duration_s == pytest.approx(1.0 / 1.35, abs=1.0 / rate)
    spectrum = np.abs(np.fft.rfft(degraded.wave.samples * np.hanning(len(degraded.wave.samples))))
    assert np.argmax(spectrum) * rate / len(degraded.wave.samples) == pytest.approx(300.0, abs=3.0)


# -- speech rate


@pytest.mark.parametrize("tempo", TEMPI)
@pytest.mark.parametrize("name", ["speech_rate", "slow_speech"])
def test_events_come_at_their_time_divided_by_the_tempo(name: str, tempo: float) -> None:
    at_s = [0.5, 1.1, 1.45, 2.6, 3.2]
    degraded = heard(f"{name}?tempo={tempo}", words(at_s, 4.0))
    assert degraded.wave.duration_s == degraded.facts["duration_s"] == pytest.approx(4.0 / tempo, abs=1e-4)
    assert degraded.facts["tempo"] == pytest.approx(tempo, rel=1e-3)
    np.testing.assert_allclose(tempo * middles(degraded.wave.samples, 5), at_s, atol=0.011)


@pytest.mark.parametrize("tempo", TEMPI)
@pytest.mark.parametrize("fundamental_hz", [90.0, 160.0, 250.0])
def test_tempo_leaves_the_pitch(tempo: float, fundamental_hz: float) -> None:
    changed = heard(f"speech_rate?tempo={tempo}", voiced(fundamental_hz, 2.0)).wave.samples
    assert pitch_hz(changed[4000:12000]) == pytest.approx(fundamental_hz, rel=0.005)


@pytest.mark.parametrize("name", ["speech_rate", "slow_speech", "pitch", "low_pitch"])
@pytest.mark.parametrize("severity", [1, 4])
def test_the_level_after_is_the_level_before(name: str, severity: int, voice: NDArray[np.float32]) -> None:
    for samples in (voice, speech_like(4.0)):
        degraded = heard(f"{name}@{severity}", samples)
        after = speech_level(degraded.wave.samples, RATE).active_db - degraded.facts.get("gain_db", 0.0)
        assert after == pytest.approx(speech_level(samples, RATE).active_db, abs=0.05)


def voiced_pieces(samples: NDArray[np.float32]) -> list[slice]:
    """Return stretches of 60 ms that are clearly voiced, with a pitch that holds."""
    found = []
    for begin in range(0, len(samples) - 960, 960):
        piece = samples[begin : begin + 960].astype(np.float64)
        if level_db(piece) < -22.0:
            continue
        try:
            two = [pitch_hz(piece[:640], 70.0, 300.0), pitch_hz(piece[320:], 70.0, 300.0)]
        except StopIteration:
            continue
        if max(two) / min(two) < 1.03:
            found.append(slice(begin, begin + 960))
    return found


@pytest.mark.parametrize("semitones", [-4.0, 3.0])
def test_real_speech_is_as_much_higher_as_asked_at_the_same_times(semitones: float, voice: NDArray[np.float32]) -> None:
    changed = heard(f"pitch?semitones={semitones}", voice).wave.samples
    ratios = []
    for piece in voiced_pieces(voice):
        try:
            ratios.append(pitch_hz(changed[piece], 50.0, 400.0) / pitch_hz(voice[piece], 70.0, 300.0))
        except StopIteration:
            continue
    assert len(ratios) > 15
    assert 12.0 * np.log2(np.median(ratios)) == pytest.approx(semitones, abs=0.25)


@pytest.mark.parametrize("tempo", [0.7, 1.35])
def test_real_speech_keeps_its_pitch_at_another_tempo(tempo: float, voice: NDArray[np.float32]) -> None:
    changed = heard(f"speech_rate?tempo={tempo}", voice).wave.samples
    ratios = []
    for piece in voiced_pieces(voice):
        middle = round((piece.start + 480) / tempo)
        try:
            ratios.append(
                pitch_hz(changed[middle - 480 : middle + 480], 50.0, 400.0) / pitch_hz(voice[piece], 70.0, 300.0)
            )
        except StopIteration:
            continue
    assert len(ratios) > 15
    assert 12.0 * np.log2(np.median(ratios)) == pytest.approx(0.0, abs=0.15)


def test_another_implementation_puts_the_sounds_at_the_same_times(voice: NDArray[np.float32]) -> None:
    """Signalsmith Stretch, a spectral method, through python_stretch: the loudness over time must agree."""
    python_stretch = pytest.importorskip("python_stretch")
    for tempo in (0.8, 1.35):
        ours = heard(f"speech_rate?tempo={tempo}", voice).wave.samples
        theirs = python_stretch.Signalsmith.Stretch()
        theirs.preset(1, RATE)
        theirs.setTimeFactor(tempo)
        other = theirs.process(voice[np.newaxis])[0][: len(ours)]
        one, two = (
            np.sqrt(np.mean(np.square(x[: len(ours) // 320 * 320].reshape(-1, 320)), axis=1)) for x in (ours, other)
        )
        match = [np.corrcoef(one[5:-5], np.roll(two, shift)[5:-5])[0, 1] for shift in range(-5, 6)]
        assert max(match) > 0.97
        assert abs(int(np.argmax(match)) - 5) <= 1


# -- pitch


@pytest.mark.parametrize("semitones", SEMITONES)
def test_every_frequency_is_multiplied_by_the_interval_and_the_length_stays(semitones: float) -> None:
    ratio = 2.0 ** (semitones / 12.0)
    for frequency_hz in (150.0, 700.0, 2000.0):
        degraded = heard(f"pitch?semitones={semitones}", tone(frequency_hz, 2.0))
        assert degraded.wave.samples.shape == (2 * RATE,)
        inner = degraded.wave.samples[4000:-4000]
        spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 16 * len(inner)))
        measured = np.argmax(spectrum) * RATE / (16 * len(inner))
        assert measured == pytest.approx(frequency_hz * ratio, rel=0.002)
        assert degraded.facts["frequency_ratio"] == pytest.approx(ratio, rel=2e-4)
    buzz = heard(f"pitch?semitones={semitones}", voiced(120.0, 2.0)).wave.samples
    assert pitch_hz(buzz[8000:16000], 40.0) == pytest.approx(120.0 * ratio, rel=0.005)


@pytest.mark.parametrize("semitones", [-4.0, 4.0])
def test_words_keep_their_times(semitones: float) -> None:
    at_s = [0.5, 1.1, 1.45, 2.6, 3.2]
    changed = heard(f"pitch?semitones={semitones}", words(at_s, 4.0)).wave.samples
    np.testing.assert_allclose(middles(changed, 5), at_s, atol=0.011)


def test_a_deeper_voice_has_nothing_at_the_top_and_a_higher_one_nothing_folded_back() -> None:
    hiss = np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32) * 0.1
    frequencies, low = welch(heard("pitch?semitones=-4", hiss).wave.samples, RATE, nperseg=1024)
    assert 10.0 * np.log10(low[frequencies > 7000].mean() / low[frequencies < 6000].mean()) < -30.0
    high = tone(7000.0, 1.0)  # would lie at 8.8 kHz: gone, and not back at 7.2 kHz
    above = heard("pitch?semitones=4", high + tone(500.0, 1.0)).wave.samples[2000:-2000]
    spectrum = np.abs(np.fft.rfft(above * np.hanning(len(above))))
    bins = np.fft.rfftfreq(len(above), 1.0 / RATE)
    assert spectrum[bins > 2000].max() < 0.01 * spectrum.max()


# -- raised voice


@pytest.mark.parametrize("tilt_db", [-3.0, 1.5, 6.0])
def test_the_spectrum_is_tilted_by_so_much_per_octave(tilt_db: float) -> None:
    hiss = np.random.default_rng(1).standard_normal(20 * RATE).astype(np.float32) * 0.02
    flat = heard("lombard?tilt_db=0&longer_percent=0&louder_db=0", hiss)
    degraded = heard(f"lombard?tilt_db={tilt_db}&longer_percent=0&louder_db=0", hiss)
    frequencies, before = welch(flat.wave.samples, RATE, nperseg=1024)
    change = 10.0 * np.log10(welch(degraded.wave.samples, RATE, nperseg=1024)[1] / before)
    octaves = np.log2(np.array([250.0, 500.0, 1000.0, 2000.0, 4000.0]))
    levels = [change[np.abs(frequencies - 2.0**o) < 40.0].mean() for o in octaves]
    assert np.polyfit(octaves, levels, 1)[0] == pytest.approx(tilt_db, abs=0.15)
    assert all(b - a == pytest.approx(tilt_db, abs=0.5) for a, b in pairwise(levels))
    assert abs(change[frequencies > 6500].mean() - change[np.abs(frequencies - 6000) < 100].mean()) < 0.5


def test_the_tilt_delays_nothing() -> None:
    taps = Lombard(tilt_db=6.0).taps(RATE)
    np.testing.assert_allclose(taps, taps[::-1], atol=1e-12)
    assert np.argmax(np.abs(taps)) == 256


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_a_raised_voice_is_longer_and_louder_by_what_it_says(severity: int) -> None:
    condition = CATALOGUE[f"lombard@{severity}"]
    assert isinstance(condition, Lombard)
    samples = speech_like(4.0, level=0.02)
    degraded = heard(condition.condition_id, samples)
    assert degraded.wave.duration_s == pytest.approx(4.0 * (1.0 + condition.longer_percent / 100.0), abs=1e-4)
    raised = speech_level(degraded.wave.samples, RATE).active_db - speech_level(samples, RATE).active_db
    assert raised == pytest.approx(condition.louder_db, abs=0.05)
    assert "approximation" in condition.hears
    at_s = [0.5, 1.1, 2.6]
    longer = 1.0 + condition.longer_percent / 100.0
    moved = heard(f"lombard?tilt_db=0&louder_db=0&longer_percent={condition.longer_percent}", words(at_s, 4.0))
    np.testing.assert_allclose(middles(moved.wave.samples, 3), np.array(at_s) * longer, atol=0.011)


def test_what_would_overload_is_turned_down_and_says_so() -> None:
    loud = speech_like(2.0, level=0.3)
    degraded = heard("lombard@4", loud)
    assert np.max(np.abs(degraded.wave.samples)) == pytest.approx(1.0)
    assert degraded.facts["gain_db"] < 0.0
