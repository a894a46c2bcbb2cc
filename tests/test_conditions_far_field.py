"""The far field, by measurement: 1/r, a tail and a noise that stay, what the air takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import welch

from tests.sound_measures import a_weighted_db, decay_time_s
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.sound_level import a_weighting_db, air_absorption_db_per_m

AT = 1600


def click_at(distance_m: float, *, ambient_dba: float = 0.0, seconds: float = 1.0) -> np.ndarray:
    """Return the answer to a click of 1 from the click on, at the scale of the recording."""
    click = np.zeros(round(seconds * RATE), dtype=np.float32)
    click[AT] = 1.0
    condition = parse_condition(f"far_field?distance_m={distance_m}&ambient_dba={ambient_dba}")
    degraded = degrade(Waveform(click, RATE), condition, slot=0, seed=1)
    return degraded.wave.samples.astype(np.float64) / 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)


@pytest.mark.parametrize("distance_m", [0.5, 1.5, 3.0, 6.0])
def test_the_direct_sound_falls_by_1_over_r_and_what_the_air_takes(distance_m: float) -> None:
    direct = np.array(click_at(distance_m)[AT - 3 : AT + 4])
    assert 20.0 * math.log10(direct[3]) == pytest.approx(-20.0 * math.log10(distance_m / 0.5), abs=0.5)
    assert np.argmax(direct) == 3


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_direct_over_reverberant_is_that_of_the_critical_distance(severity: int) -> None:
    condition = CATALOGUE[f"far_field@{severity}"]
    answer = click_at(condition.level)
    tail = answer[AT + 1 :]
    critical_m = 0.057 * math.sqrt(60.0 / 0.5)
    expected = 20.0 * math.log10(critical_m / condition.level)
    measured = 10.0 * math.log10(float(np.sum(np.square(answer[AT - 64 : AT + 1]))) / float(np.sum(np.square(tail))))
    assert measured == pytest.approx(expected, abs=0.5)
    facts = degrade(Waveform(speech_like(1.0), RATE), condition, slot=0, seed=1).facts
    assert facts["drr_db"] == pytest.approx(expected, abs=0.5)
    assert facts["rt60_s"] == pytest.approx(0.5, rel=0.1)


def test_the_tail_decays_as_the_room_says() -> None:
    assert decay_time_s(click_at(3.0)[AT + 1 :]) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("ambient_dba", [30.0, 50.0])
def test_the_rooms_noise_is_as_loud_at_every_distance_and_as_its_dba_say(ambient_dba: float) -> None:
    speech = np.append(speech_like(2.0), np.zeros(4 * RATE, dtype=np.float32))
    expected = speech_level(speech, RATE).active_db - (60.0 + 20.0 * math.log10(2.0) - ambient_dba)
    for distance_m in (0.5, 6.0):
        condition = parse_condition(f"far_field?distance_m={distance_m}&ambient_dba={ambient_dba}")
        degraded = degrade(Waveform(speech, RATE), condition, slot=0, seed=1)
        noise = degraded.wave.samples[3 * RATE :] / 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
        assert a_weighted_db(noise) == pytest.approx(expected, abs=0.5)


def test_the_rooms_noise_falls_by_5_db_per_octave() -> None:
    speech = np.append(speech_like(1.0), np.zeros(30 * RATE, dtype=np.float32))
    degraded = degrade(Waveform(speech, RATE), parse_condition("far_field?ambient_dba=60"), slot=0, seed=1)
    frequencies, power = welch(degraded.wave.samples[2 * RATE :].astype(np.float64), RATE, nperseg=4096)
    used = (frequencies >= 125.0) & (frequencies <= 7000.0)
    slope, _ = np.polyfit(np.log2(frequencies[used]), 10.0 * np.log10(power[used]), 1)
    assert slope == pytest.approx(-5.0, abs=1.0)


def test_further_away_the_voice_sinks_into_the_noise_and_the_reverberation() -> None:
    speech = speech_like(3.0)
    facts = [degrade(Waveform(speech, RATE), CATALOGUE[f"far_field@{k}"], slot=0, seed=1).facts for k in (1, 2, 3, 4)]
    assert np.all(np.diff([one["drr_db"] for one in facts]) < -5.0)
    falls = -np.diff([one["direct_snr_db"] for one in facts])
    np.testing.assert_allclose(falls, 20.0 * np.log10([3.0, 2.0, 2.0]), atol=0.7)  # 1/r, and what the air takes


def test_the_same_slot_is_the_same_room_for_every_speaker() -> None:
    one, again, other = (
        degrade(Waveform(speech_like(1.0), RATE, who, who), CATALOGUE["far_field@2"], slot=slot, seed=1).wave.samples
        for who, slot in (("a", 0), ("b", 0), ("a", 1))
    )
    np.testing.assert_array_equal(one, again)
    assert level_db(one - other) > level_db(one) - 10.0


@pytest.mark.parametrize(
    ("celsius", "humidity_percent", "expected"),
    [
        (20.0, 70.0, {125: 0.3, 250: 1.1, 500: 2.8, 1000: 5.0, 2000: 9.0, 4000: 22.9, 8000: 76.6}),
        (10.0, 70.0, {125: 0.4, 250: 1.0, 500: 1.9, 1000: 3.7, 2000: 9.7, 4000: 32.8, 8000: 117.0}),
    ],
)
def test_the_air_takes_what_table_2_of_iso_9613_2_says(
    celsius: float, humidity_percent: float, expected: dict[int, float]
) -> None:
    found = 1000.0 * air_absorption_db_per_m(
        np.array(list(expected), dtype=float), celsius=celsius, humidity_percent=humidity_percent
    )
    np.testing.assert_allclose(found, list(expected.values()), rtol=0.03, atol=0.07)


def test_the_a_weighting_is_that_of_the_standards_table() -> None:
    found = a_weighting_db(1000.0 * 10.0 ** (0.3 * np.arange(-5.0, 4.0)))  # nominally 31.5 Hz, 63 Hz ... 8 kHz
    np.testing.assert_allclose(found, [-39.4, -26.2, -16.1, -8.6, -3.2, 0.0, 1.2, 1.0, -1.1], atol=0.1)
