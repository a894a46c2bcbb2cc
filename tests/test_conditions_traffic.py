"""The moving car and the street, by measurement: levels, slopes, engine tones, passing cars, horns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import welch

from tests.sound_measures import added, long_alone, slope_db
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import speech_level
from workbench.conditions import CATALOGUE, parse_condition
from workbench.conditions.traffic import Street, Vehicle, passing

TRAFFIC = ["vehicle", "street", "street?cars_per_min=0&horns_per_min=0", "street?cars_per_min=60&horns_per_min=30"]


@pytest.mark.parametrize("text", TRAFFIC)
@pytest.mark.parametrize("snr_db", [12.0, -5.0])
@pytest.mark.parametrize("silence_s", [0.0, 6.0])
def test_the_level_is_what_was_asked_for_also_beside_silence(text: str, snr_db: float, silence_s: float) -> None:
    samples = np.append(speech_like(4.0), np.zeros(round(silence_s * RATE), dtype=np.float32))
    sound, degraded = added(f"{text}{'&' if '?' in text else '?'}snr_db={snr_db}", samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(snr_db, abs=0.05)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.01)


@pytest.mark.parametrize("text", ["vehicle@2", *TRAFFIC[1:]])
def test_a_longer_utterance_hears_the_same_traffic_further_and_another_slot_another(text: str) -> None:
    short, long = speech_like(0.4, pause_s=0.0), speech_like(15.0, pause_s=0.0)
    one, other = (added(text, samples, slot=4)[0] for samples in (short, long))
    head = other[: len(short)]
    scale = float(np.sum(head * one) / np.sum(np.square(one)))
    assert level_db(head - scale * one) < level_db(head) - 70.0
    elsewhere = added(text, short, slot=5)[0]
    assert abs(np.corrcoef(one, elsewhere)[0, 1]) < 0.7


# -- vehicle


@pytest.mark.parametrize(("severity", "speed_kmh"), [(1, 30.0), (2, 50.0), (3, 90.0), (4, 120.0)])
def test_the_engine_fires_at_the_rate_of_its_speed_within_one_bin(severity: int, speed_kmh: float) -> None:
    condition = CATALOGUE[f"vehicle@{severity}"]
    assert condition.parameters["speed_kmh"] == speed_kmh
    sound, degraded = added(f"vehicle?speed_kmh={speed_kmh}&snr_db=-20", speech_like(20.0))
    expected = 2.0 * (1000.0 + 18.0 * speed_kmh) / 60.0  # four cylinders, four strokes: two ignitions a turn
    assert degraded.facts["engine_hz"] == pytest.approx(expected)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    bin_hz = RATE / len(sound)
    for order in (1, 2, 3):
        near = slice(round(0.9 * order * expected / bin_hz), round(1.1 * order * expected / bin_hz))
        assert abs((near.start + np.argmax(spectrum[near])) * bin_hz - order * expected) <= bin_hz


def test_the_road_falls_by_6_db_per_octave_and_lies_low() -> None:
    sound = long_alone("vehicle?speed_kmh=200&snr_db=-20", 60.0)
    assert slope_db(sound, 200.0, 4000.0) == pytest.approx(-6.0, abs=1.0)
    frequencies, power = welch(sound, RATE, nperseg=8192)
    assert np.sum(power[frequencies < 500.0]) > 0.9 * np.sum(power)


@pytest.mark.parametrize("speed_kmh", [30.0, 120.0])
def test_the_engine_stands_against_the_road_as_the_speed_says(speed_kmh: float) -> None:
    vehicle = parse_condition(f"vehicle?speed_kmh={speed_kmh}")
    assert isinstance(vehicle, Vehicle)
    sound = long_alone(f"vehicle?speed_kmh={speed_kmh}&snr_db=-20", 59.0)
    power = np.square(np.abs(np.fft.rfft(sound)))
    bins = np.fft.rfftfreq(len(sound), 1.0 / RATE)
    tones = np.zeros(len(bins), dtype=bool)
    for order in range(1, 9):
        tones |= np.abs(bins - order * vehicle.firing_hz) < 0.1
    measured = 10.0 * math.log10(np.sum(power[tones]) / np.sum(power[~tones]))
    assert measured == pytest.approx(vehicle.engine_db, abs=0.7)


# -- street


def test_a_car_passes_as_a_point_on_a_straight_line() -> None:
    times = np.arange(-12.0, 12.0, 0.01)
    power = passing(times, near_s=0.5)
    distance = np.hypot(7.5, 15.0 * times)  # 7.5 m away at 15 m/s: 0.5 s
    inside = np.abs(times) < 5.0
    np.testing.assert_allclose(power[inside], np.square(7.5 / distance[inside]), atol=0.003)
    assert times[np.argmax(power)] == pytest.approx(0.0, abs=1e-6)
    assert not power[np.abs(times) > 10.0].any()


@pytest.mark.long
def test_cars_and_horns_come_as_often_as_asked() -> None:
    samples = speech_like(60.0)
    facts = [added("street?cars_per_min=30&horns_per_min=12", samples, slot=slot)[1].facts for slot in range(8)]
    for name, rate in (("cars", 30.0), ("horns", 12.0)):
        assert np.mean([one[name] for one in facts]) == pytest.approx(rate, abs=3.0 * math.sqrt(rate / 8.0))


def test_passing_cars_stand_7_to_13_db_above_the_distant_traffic() -> None:
    street = Street(cars_per_min=3.0, horns_per_min=0.0)
    times = np.arange(0.0, 600.0, 0.05)
    power, cars = street._cars(np.random.default_rng(2), times, until_s=600.0)
    assert cars == pytest.approx(30, abs=17)
    inner = power[1:-1]
    tops = inner[(inner > power[:-2]) & (inner > power[2:]) & (inner > 3.0)]
    single = 10.0 * np.log10(tops)
    assert len(tops) >= 0.6 * cars
    assert np.min(single) > 6.9
    assert np.quantile(single, 0.9) < 13.5
    blocks = [level_db(b) for b in np.array_split(long_alone("street?cars_per_min=6&horns_per_min=0", 60.0), 240)]
    quiet = [level_db(b) for b in np.array_split(long_alone("street?cars_per_min=0&horns_per_min=0", 60.0), 240)]
    assert np.ptp(blocks) > np.ptp(quiet) + 4.0


def test_traffic_falls_by_6_db_per_octave_above_400_hz() -> None:
    sound = long_alone("street?cars_per_min=0&horns_per_min=0&snr_db=-20", 60.0)
    assert slope_db(sound, 1000.0, 4000.0) == pytest.approx(-6.0, abs=1.0)
    assert slope_db(sound, 80.0, 200.0) == pytest.approx(0.0, abs=1.0)


def test_a_horn_has_two_notes_and_its_length() -> None:
    times = np.arange(30 * RATE) / RATE
    sound, horns = Street()._horns(np.random.default_rng(4), times, until_s=30.0)
    assert horns == len(_stretches(sound)) >= 1
    for first, last in _stretches(sound):
        length_s = (last - first) / RATE
        assert 0.24 < length_s < 0.81
        one = sound[first:last]
        assert 5.0 < level_db(one[800:-800]) < 13.0
        spectrum = np.abs(np.fft.rfft(one * np.hanning(len(one)), 4 * RATE))
        bins = np.fft.rfftfreq(4 * RATE, 1.0 / RATE)
        low, high = (
            bins[near][np.argmax(spectrum[near])] for near in ((bins > 390) & (bins < 455), (bins > 475) & (bins < 545))
        )
        assert high / low == pytest.approx(510.0 / 420.0, rel=0.01)
        assert 0.96 < low / 420.0 < 1.04


def _stretches(sound: np.ndarray) -> list[tuple[int, int]]:
    """Return where the sound begins and ends, for each sound that silence of 10 ms surrounds."""
    there = np.flatnonzero(np.abs(sound) > 1e-6)
    cuts = np.flatnonzero(np.diff(there) > 160)
    return list(zip(there[np.append(0, cuts + 1)], there[np.append(cuts, len(there) - 1)], strict=True))
