"""The MRI suite, by measurement: lines, slice rate, where the energy lies, chirps, decibels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, hilbert, sosfiltfilt

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.errors import ConditionError

SPEECH = speech_like(20.0)


def added(text: str, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, at the speech's own scale, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


def loudness(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    envelope = np.abs(hilbert(sound))
    return envelope / np.quantile(envelope, 0.999)


def onsets(envelope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return when the envelope rises through one half, in seconds."""
    return np.flatnonzero(np.diff((envelope > 0.5).astype(int)) == 1) / RATE


# -- gradients


@pytest.mark.parametrize("frequency_hz", [300.0, 600.0, 1200.0])
def test_the_scanner_sounds_at_its_frequency_and_odd_multiples(frequency_hz: float) -> None:
    sound, _ = added(f"mri_gradient?frequency_hz={frequency_hz}&rumble_db=-60&snr_db=-10")
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert abs(np.argmax(spectrum) * RATE / len(sound) - frequency_hz) <= RATE / len(sound)
    for order, expected_db in ((3, -20.0), (5, -30.0)):
        found = 20.0 * np.log10(amplitude_at(sound, order * frequency_hz) / amplitude_at(sound, frequency_hz))
        assert found == pytest.approx(expected_db, abs=0.3)
    even = 20.0 * np.log10(amplitude_at(sound, 2.0 * frequency_hz) / amplitude_at(sound, frequency_hz))
    assert even < -50.0


def test_a_harmonic_that_the_sample_rate_cannot_hold_does_not_come_back_elsewhere() -> None:
    sound, _ = added("mri_gradient?frequency_hz=1200&rumble_db=-60&snr_db=-10")
    folded = amplitude_at(sound, RATE - 7 * 1200.0) / amplitude_at(sound, 1200.0)
    assert 20.0 * np.log10(folded) < -60.0


@pytest.mark.parametrize("slice_hz", [8.0, 12.0, 20.0])
def test_slices_come_at_their_rate_and_sound_for_70_percent(slice_hz: float) -> None:
    sound, _ = added(f"mri_gradient?slice_hz={slice_hz}&frequency_hz=1200&rumble_db=-60&snr_db=-10")
    first_harmonic = sosfiltfilt(butter(4, [700.0, 1900.0], btype="bandpass", fs=RATE, output="sos"), sound)
    envelope = loudness(first_harmonic)
    begins = onsets(envelope)
    assert (len(begins) - 1) / (begins[-1] - begins[0]) == pytest.approx(slice_hz, rel=0.01)
    # Half the loudness lies in the middle of each ramp of 4 ms.
    assert np.mean(envelope > 0.5) == pytest.approx(0.7 - 0.004 * slice_hz, abs=0.02)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_energy_lies_below_1_khz(severity: int) -> None:
    sound, _ = added(f"mri_gradient@{severity}")
    power = np.square(np.abs(np.fft.rfft(sound)))
    frequencies = np.fft.rfftfreq(len(sound), 1.0 / RATE)
    assert power[(frequencies > 50.0) & (frequencies < 1000.0)].sum() / power.sum() > 0.9


def test_the_rumble_is_as_loud_as_asked_for() -> None:
    for rumble_db in (-10.0, 0.0):
        sound, _ = added(f"mri_gradient?rumble_db={rumble_db}&frequency_hz=1200&snr_db=-10")
        low = sosfiltfilt(butter(8, 500.0, fs=RATE, output="sos"), sound)
        band = sosfiltfilt(butter(4, [900.0, 1500.0], btype="bandpass", fs=RATE, output="sos"), sound)
        loud = loudness(band) > 0.8
        assert level_db(low) - level_db(band[loud]) == pytest.approx(rumble_db, abs=1.0)


@pytest.mark.parametrize("severity", [1, 4])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_scanner_is_set_on_active_speech_level(severity: int, silence: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = added(f"mri_gradient@{severity}", samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(CATALOGUE[f"mri_gradient@{severity}"].level, abs=0.2)
    assert measured == pytest.approx(degraded.facts["achieved_snr_db"], abs=0.05)


# -- cold head


@pytest.mark.parametrize("rate_hz", [0.5, 1.5, 3.0])
def test_strokes_come_at_their_rate(rate_hz: float) -> None:
    sound, degraded = added(f"mri_coldhead?rate_hz={rate_hz}&snr_db=-10")
    begins = onsets(loudness(sound))
    assert (len(begins) - 1) / (begins[-1] - begins[0]) == pytest.approx(rate_hz, rel=0.01)
    assert degraded.facts["sounding_share"] == pytest.approx(0.25 * rate_hz, abs=0.02)


def test_a_chirp_falls_in_a_straight_line_between_its_pitches() -> None:
    sound, _ = added("mri_coldhead?stroke_ms=300&high_hz=1000&low_hz=200&rate_hz=1&snr_db=-10")
    begin = int(np.argmax(np.abs(sound[RATE:]) > 0.0)) + RATE
    quiet = np.flatnonzero(np.abs(sound[RATE:]) < 1e-7)
    begin = RATE + quiet[np.flatnonzero(np.diff(quiet) > 200)[0]] if len(quiet) else begin
    phase = np.unwrap(np.angle(hilbert(sound[begin : begin + round(0.3 * RATE)])))
    pitch = np.diff(phase) * RATE / (2.0 * np.pi)
    for seconds in (0.06, 0.12, 0.18, 0.24):
        middle = round(seconds * RATE)
        found = float(np.median(pitch[middle - 80 : middle + 80]))
        assert found == pytest.approx(1000.0 - 800.0 * seconds / 0.3, abs=25.0)


@pytest.mark.parametrize("severity", [1, 4])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_level_in_the_stroke_is_what_was_asked_for(severity: int, silence: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = added(f"mri_coldhead@{severity}", samples)
    full = np.abs(hilbert(sound))
    loudest = np.quantile(full[full > 0.05 * full.max()], 0.995)  # amplitude of a sine at its loudest
    measured = speech_level(samples, RATE).active_db - 20.0 * np.log10(loudest / np.sqrt(2.0))
    assert measured == pytest.approx(CATALOGUE[f"mri_coldhead@{severity}"].level, abs=0.4)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(CATALOGUE[f"mri_coldhead@{severity}"].level, abs=0.2)


def test_a_chirp_that_rises_is_refused() -> None:
    with pytest.raises(ConditionError, match="low_hz = 900 Hz is above high_hz = 800 Hz"):
        parse_condition("mri_coldhead?low_hz=900")


@pytest.mark.parametrize("name", ["mri_gradient", "mri_coldhead"])
def test_a_longer_utterance_hears_the_same_sound_further(name: str) -> None:
    short, _ = added(f"{name}@2", SPEECH[:16000], slot=4)
    long, _ = added(f"{name}@2", slot=4)
    scale = float(np.sum(long[:16000] * short) / np.sum(np.square(short)))
    assert level_db(long[:16000] - scale * short) < level_db(long[:16000]) - 70.0
