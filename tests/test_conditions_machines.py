"""Steady tones, pink noise, hum and machines that run, by measurement: lines, slopes, rhythms, decibels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.conditions.noise import coloured
from workbench.conditions.tones import a_weighting_db, harmonic_tone
from workbench.errors import ConditionError

SPEECH = speech_like(10.0)
STEADY = ["pink_noise", "hum", "fan_hvac", "vent_compressor"]


def added(text: str, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, at the speech's own scale, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


def peak_hz(sound: NDArray[np.float64]) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum)) * RATE / len(sound)


def relative_db(sound: NDArray[np.float64], frequency_hz: float, reference_hz: float) -> float:
    return float(20.0 * np.log10(amplitude_at(sound, frequency_hz) / amplitude_at(sound, reference_hz)))


def slope_db_per_octave(sound: NDArray[np.float64], low_hz: float, high_hz: float) -> float:
    frequencies, power = welch(sound, RATE, nperseg=2048)
    inside = (frequencies >= low_hz) & (frequencies <= high_hz)
    # Every octave counts the same: one level per third of an octave.
    thirds = np.round(3.0 * np.log2(frequencies[inside]))
    levels = [10.0 * np.log10(power[inside][thirds == third].mean()) for third in np.unique(thirds)]
    return float(np.polyfit(np.unique(thirds) / 3.0, levels, 1)[0])


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("silence", [0.0, 0.6])
@pytest.mark.parametrize("severity", [1, 4])
def test_the_snr_is_set_on_active_speech_level(name: str, silence: float, severity: int) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = added(f"{name}@{severity}", samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(CATALOGUE[f"{name}@{severity}"].level, abs=0.2)
    assert measured == pytest.approx(degraded.facts["achieved_snr_db"], abs=0.05)


@pytest.mark.parametrize("name", [*STEADY, "equip_tone"])
def test_a_longer_utterance_hears_the_same_sound_further(name: str) -> None:
    short, _ = added(f"{name}@2", SPEECH[:8000], slot=4)
    long, _ = added(f"{name}@2", slot=4)
    scale = float(np.sum(long[:8000] * short) / np.sum(np.square(short)))
    assert level_db(long[:8000] - scale * short) < level_db(long[:8000]) - 70.0


# -- pink noise


def test_pink_noise_falls_by_3_db_per_octave() -> None:
    sound, _ = added("pink_noise@4", np.tile(SPEECH, 4))
    assert slope_db_per_octave(sound, 100.0, 7500.0) == pytest.approx(-3.01, abs=0.3)


@pytest.mark.parametrize("slope_db", [-12.0, -6.0, -3.0, 0.0, 3.0])
def test_coloured_noise_has_its_slope_and_a_mean_square_of_one(slope_db: float) -> None:
    noise = coloured(np.random.default_rng(1), 60 * RATE, slope_db=slope_db, sample_rate=RATE)
    assert slope_db_per_octave(noise, 200.0, 7500.0) == pytest.approx(slope_db, abs=0.5)
    assert level_db(noise) == pytest.approx(0.0, abs=0.2)
    np.testing.assert_allclose(
        coloured(np.random.default_rng(1), 999, slope_db=slope_db, sample_rate=RATE), noise[:999], atol=1e-12
    )


# -- the steady tone and the hum


def test_a_harmonic_tone_is_the_sum_of_its_sines() -> None:
    times = np.arange(1000) / RATE
    amplitudes, phases = np.array([1.0, 0.0, 0.3, 0.1]), np.array([0.1, 0.2, 0.7, 0.9])
    turns = np.outer(np.arange(1, 5), 440.0 * times) + phases[:, np.newaxis]
    sines = amplitudes @ np.sin(2.0 * np.pi * turns)
    np.testing.assert_allclose(harmonic_tone(440.0 * times, amplitudes, phases), sines, atol=1e-12)


def test_a_weighting_is_that_of_the_standards_table() -> None:
    table = {31.5: -39.4, 63.0: -26.2, 125.0: -16.1, 250.0: -8.6, 500.0: -3.2, 1000.0: 0.0, 2000.0: 1.2, 4000.0: 1.0}
    exact = 1000.0 * 10.0 ** (np.arange(-15, 7, 3) / 10.0)  # the nominal frequencies stand for these
    np.testing.assert_allclose(a_weighting_db(exact), list(table.values()), atol=0.06)


@pytest.mark.parametrize("frequency_hz", [60.0, 440.0, 1000.0, 3999.5, 7800.0])
def test_the_tone_sounds_at_its_frequency_within_one_bin(frequency_hz: float) -> None:
    sound, _ = added(f"equip_tone?frequency_hz={frequency_hz}&snr_db=0")
    assert abs(peak_hz(sound) - frequency_hz) <= RATE / len(sound)


def test_harmonics_roll_off_by_octave_and_end_where_they_should() -> None:
    sound, _ = added("equip_tone?frequency_hz=500&harmonics=8&rolloff_db=6&snr_db=0")
    for order in (2, 3, 4, 8):
        assert relative_db(sound, 500.0 * order, 500.0) == pytest.approx(-6.0 * np.log2(order), abs=0.1)
    assert relative_db(sound, 4500.0, 500.0) < -60.0
    high, _ = added("equip_tone?frequency_hz=3000&harmonics=20&rolloff_db=0&snr_db=0")
    assert relative_db(high, 6000.0, 3000.0) == pytest.approx(0.0, abs=0.1)
    assert relative_db(high, 7000.0, 3000.0) < -60.0  # 9 kHz does not come back as 7 kHz


@pytest.mark.parametrize("frequency_hz", [100.0, 400.0, 1000.0])
@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_the_tone_is_as_loud_to_the_ear_as_was_asked_for(frequency_hz: float, snr_db: float) -> None:
    sound, degraded = added(f"equip_tone?frequency_hz={frequency_hz}&snr_db={snr_db}")
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    frequencies = np.fft.rfftfreq(len(sound), 1.0 / RATE)
    inside = frequencies > 0.9 * frequency_hz
    to_ear_db = 10.0 * np.log10(np.sum((power * 10.0 ** (a_weighting_db(np.maximum(frequencies, 1.0)) / 10.0))[inside]))
    to_ear_db += level_db(sound) - 10.0 * np.log10(np.sum(power[inside]))
    measured = speech_level(SPEECH, RATE).active_db - to_ear_db
    assert measured == pytest.approx(snr_db, abs=0.2)
    assert degraded.facts["achieved_a_weighted_snr_db"] == pytest.approx(measured, abs=0.1)
    plain = speech_level(SPEECH, RATE).active_db - level_db(sound)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(plain, abs=0.05)


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_hum_is_every_multiple_of_the_mains_up_to_its_limit(mains_hz: float) -> None:
    sound, _ = added(f"hum?frequency_hz={mains_hz}&snr_db=-10")
    assert abs(peak_hz(sound) - mains_hz) <= RATE / len(sound)
    for order in (2, 3, 5):
        assert relative_db(sound, order * mains_hz, mains_hz) == pytest.approx(-6.0 * (order - 1), abs=0.1)
    flat, _ = added(f"hum?frequency_hz={mains_hz}&drop_db=0&highest_hz=1000&snr_db=-10")
    last = int(1000.0 / mains_hz)
    assert relative_db(flat, last * mains_hz, mains_hz) == pytest.approx(0.0, abs=0.1)
    assert relative_db(flat, (last + 1) * mains_hz, mains_hz) < -60.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("equip_tone?frequency_hz=4500", "frequency_hz = 4500 Hz cannot sound at a sample rate of 8000 Hz"),
        ("fan_hvac?rpm=12000&blades=36", "rpm / 60 * blades = 7200 Hz cannot sound at a sample rate of 8000 Hz"),
    ],
)
def test_what_cannot_sound_at_a_sample_rate_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        degrade(Waveform(SPEECH[:8000], 8000), parse_condition(text), slot=0, seed=1)
    assert message in str(caught.value)


# -- fan and compressor


@pytest.mark.parametrize(("rpm", "blades", "expected_hz"), [(1200.0, 7, 140.0), (900.0, 8, 120.0), (3000.0, 11, 550.0)])
def test_the_blades_pass_rpm_by_sixty_times_their_number(rpm: float, blades: int, expected_hz: float) -> None:
    sound, degraded = added(f"fan_hvac?rpm={rpm}&blades={blades}&blade_db=10&snr_db=0")
    assert abs(peak_hz(sound) - expected_hz) <= RATE / len(sound)
    assert degraded.facts["blade_pass_hz"] == pytest.approx(expected_hz)
    assert relative_db(sound, 2.0 * expected_hz, expected_hz) == pytest.approx(-6.0, abs=0.5)


def test_the_blades_are_as_loud_against_the_air_as_asked_for() -> None:
    quiet, _ = added("fan_hvac?blade_db=-60&snr_db=0")
    for blade_db in (-10.0, 0.0):
        sound, _ = added(f"fan_hvac?blade_db={blade_db}&snr_db=0")
        blades = sum(0.5 * amplitude_at(sound, order * 140.0) ** 2 for order in (1, 2, 3))
        air = np.mean(np.square(sound)) - blades
        assert 10.0 * np.log10(blades / air) == pytest.approx(blade_db, abs=0.8)
    assert relative_db(quiet, 140.0, 150.0) < 12.0


@pytest.mark.parametrize("slope_db", [-5.0, -9.0])
def test_the_air_falls_by_its_slope(slope_db: float) -> None:
    sound, _ = added(f"fan_hvac?blade_db=-60&slope_db={slope_db}&snr_db=-20", np.tile(SPEECH, 3))
    assert slope_db_per_octave(sound, 200.0, 7500.0) == pytest.approx(slope_db, abs=0.5)


def rhythm_hz(sound: NDArray[np.float64], low_hz: float, high_hz: float) -> tuple[float, float]:
    """Return the strongest frequency of the power's swing between two limits (Hz), and its amplitude re the mean."""
    power = np.square(sound).reshape(-1, 160).mean(axis=1)  # 100 values a second
    padded = 64 * len(power)
    window = np.hanning(len(power))
    swing = np.abs(np.fft.rfft((power / power.mean() - 1.0) * window, padded))
    frequencies = np.fft.rfftfreq(padded, 0.01)
    inside = (frequencies >= low_hz) & (frequencies <= high_hz)
    best = int(np.argmax(np.where(inside, swing, 0.0)))
    return float(frequencies[best]), float(2.0 * swing[best] / window.sum())


@pytest.mark.parametrize("stroke_hz", [2.0, 5.0])
def test_the_compressor_puffs_at_its_rate_and_depth(stroke_hz: float) -> None:
    text = f"vent_compressor?stroke_hz={stroke_hz}&snr_db=-10&breath_depth=0"
    sound, _ = added(text, np.tile(SPEECH, 6))
    measured_hz, swing = rhythm_hz(sound, 0.6, 20.0)
    assert measured_hz == pytest.approx(stroke_hz, rel=0.01)
    assert swing == pytest.approx(2.0 * 0.7 / (1.0 + 0.7**2 / 2.0), rel=0.1)  # of (1 + d sin)^2 at the rate


def test_the_compressor_breathes_and_its_noise_is_pink() -> None:
    sound, _ = added("vent_compressor?stroke_depth=0&breath_depth=0.9&snr_db=-10", np.tile(SPEECH, 12))
    assert rhythm_hz(sound, 0.05, 1.5)[0] == pytest.approx(0.25, rel=0.01)
    assert slope_db_per_octave(sound, 100.0, 7500.0) == pytest.approx(-3.01, abs=0.5)
