"""Wind and rain, by measurement: levels, slopes, gusts, drops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from tests.sound_measures import added, long_alone, slope_db
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import parse_condition
from workbench.conditions.event_synthesis import events
from workbench.conditions.weather import Rain, Wind

WEATHERS = ["wind", "rain"]


@pytest.mark.parametrize("name", WEATHERS)
@pytest.mark.parametrize("snr_db", [20.0, 5.0, -9.0])
@pytest.mark.parametrize("silence_s", [0.0, 6.0])
def test_the_level_is_what_was_asked_for_also_beside_silence(name: str, snr_db: float, silence_s: float) -> None:
    samples = np.append(speech_like(4.0), np.zeros(round(silence_s * RATE), dtype=np.float32))
    sound, degraded = added(f"{name}?snr_db={snr_db}", samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(snr_db, abs=0.05)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.01)


@pytest.mark.parametrize("name", WEATHERS)
def test_a_longer_utterance_hears_the_same_weather_further_and_another_slot_another(name: str) -> None:
    short, long = speech_like(0.4, pause_s=0.0), speech_like(3.0, pause_s=0.0)
    one, other = (added(f"{name}@2", samples, slot=4)[0] for samples in (short, long))
    head = other[: len(short)]
    scale = float(np.sum(head * one) / np.sum(np.square(one)))
    assert level_db(head - scale * one) < level_db(head) - 80.0
    elsewhere = added(f"{name}@2", short, slot=5)[0]
    assert abs(np.corrcoef(one, elsewhere)[0, 1]) < 0.5


# -- wind


def test_the_wind_falls_by_6_db_per_octave_and_by_12_above_its_corner() -> None:
    sound = long_alone("wind?gust_db=0&snr_db=-20", 60.0)
    assert slope_db(sound, 40.0, 150.0) == pytest.approx(-6.0, abs=1.0)
    assert slope_db(sound, 600.0, 3000.0) == pytest.approx(-12.0, abs=1.0)
    frequencies, power = welch(sound, RATE, nperseg=8192)
    assert np.sum(power[frequencies < 300.0]) > 0.95 * np.sum(power)


@pytest.mark.parametrize("gust_db", [3.0, 6.0])
def test_gusts_have_their_spread_and_come_between_ten_and_one_seconds(gust_db: float) -> None:
    wind = parse_condition(f"wind?gust_db={gust_db}")
    assert isinstance(wind, Wind)
    loudness = wind.gusts(np.random.default_rng(1), 600 * 50, sample_rate=50)
    level = 20.0 * np.log10(loudness)
    assert np.std(level) == pytest.approx(gust_db, rel=0.1)
    assert np.mean(np.square(loudness)) == pytest.approx(1.0, rel=0.15)
    frequencies, power = welch(level, 50.0, nperseg=4096)
    inside = np.sum(power[(frequencies >= 0.08) & (frequencies <= 1.2)])
    assert inside > 0.7 * np.sum(power)
    assert abs(np.mean(((level - level.mean()) / level.std()) ** 3)) < 0.3  # log-normal: even in decibels


def test_gusts_are_heard_and_the_strongest_saturate() -> None:
    blocks = np.array([level_db(block) for block in np.array_split(long_alone("wind?snr_db=-20", 60.0), 240)])
    steady = np.array([level_db(b) for b in np.array_split(long_alone("wind?gust_db=0&snr_db=-20", 60.0), 240)])
    assert np.std(blocks) > np.std(steady) + 2.0
    sound = long_alone("wind?gust_db=12&snr_db=-20", 60.0, slot=1)
    peak = np.max(np.abs(sound))
    assert np.mean(np.abs(sound) > 0.9 * peak) > 1e-3  # many samples near the top: it is flat


# -- rain


def test_rain_lies_above_1_khz() -> None:
    for text in ("rain@2", "rain?hiss_db=-60"):
        frequencies, power = welch(long_alone(text, 20.0), RATE, nperseg=4096)
        assert np.sum(power[frequencies < 900.0]) < 0.05 * np.sum(power)


@pytest.mark.parametrize("drops_per_s", [1.0, 5.0])
def test_drops_fall_as_often_as_asked_and_by_chance(drops_per_s: float) -> None:
    seconds = 120.0
    sound = np.abs(long_alone(f"rain?drops_per_s={drops_per_s}&hiss_db=-60&snr_db=-20", seconds - 1.0))
    heard = np.flatnonzero(sound > 0.02 * np.max(sound)) / RATE
    onsets = heard[np.append(True, np.diff(heard) > 0.008)]
    gaps = np.diff(onsets)
    # Drops within about 15 ms of each other are heard as one, which is corrected for; three standard errors of a Poisson count.
    expected = drops_per_s * seconds * math.exp(-drops_per_s * 0.015)
    assert abs(len(onsets) - expected) < 3.0 * math.sqrt(expected)
    assert np.std(gaps) / np.mean(gaps) == pytest.approx(1.0, abs=0.15)  # exponential gaps: no rhythm


def test_the_hiss_is_as_loud_as_asked_beside_the_drops() -> None:
    samples = np.append(speech_like(1.0), np.zeros(60 * RATE, dtype=np.float32))

    def rain(hiss_db: float) -> NDArray[np.float64]:  # the same drops for every hiss
        condition = Rain(drops_per_s=20.0, hiss_db=hiss_db, snr_db=-20.0)
        return condition._apply(Waveform(samples, RATE), np.random.default_rng(1), None)[0] - samples

    alone, both = rain(-60.0), rain(6.0)
    drops = float(np.sum(alone * both) / np.sum(np.square(alone))) * alone
    assert level_db(both - drops) - level_db(drops) == pytest.approx(6.0, abs=1.0)


def test_the_drops_of_an_utterance_are_counted() -> None:
    samples = speech_like(4.0)
    counts = [added("rain@2", samples, slot=slot)[1].facts["drops"] for slot in range(25)]
    assert np.mean(counts) == pytest.approx(200.0, abs=3.0 * math.sqrt(200.0 / 25.0))


# -- what both are drawn with


def test_more_time_adds_events_and_changes_none() -> None:
    short, long = (
        events(np.random.default_rng(3), rate_hz=4.0, first_s=-2.0, until_s=until_s, marks=2) for until_s in (5.5, 60.0)
    )
    np.testing.assert_array_equal(long[0][: len(short[0])], short[0])
    np.testing.assert_array_equal(long[1][: len(short[1])], short[1])
    assert np.all(np.diff(long[0]) > 0.0)
    assert len(long[0]) == pytest.approx(4.0 * 62.0, abs=3.0 * math.sqrt(4.0 * 62.0))
    assert long[0][0] >= -2.0
