"""Alarms, by measurement: the timing table of the docstring, notes, harmonics, level in the pulse."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import hilbert

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.errors import ConditionError

SPEECH = speech_like(20.0)
ALARMS = ["alarm_high", "alarm_medium"]
LOW = ["alarm_low?snr_db=-10", "alarm_low?pulses=1&pulse_ms=250&interburst_s=15&fundamental_hz=500&snr_db=-10"]
TEXTS = [
    "alarm_high?snr_db=-10",
    "alarm_high?pulse_ms=75&spacing_ms=50&half_pause_s=0.35&interburst_s=4&fundamental_hz=500&snr_db=-10",
    "alarm_high?pulse_ms=200&spacing_ms=125&half_pause_s=1.3&fundamental_hz=300&snr_db=-10",
    "alarm_medium?snr_db=-10",
    "alarm_medium?pulse_ms=125&spacing_ms=250&interburst_s=6&fundamental_hz=440&snr_db=-10",
]


def alarm(text: str, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


def pulses(sound: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when the pulses begin and end, in seconds: where the sound stays above 1 % for at least 5 ms around."""
    loud = np.abs(sound) > 0.01 * np.max(np.abs(sound))
    near = np.convolve(loud, np.ones(81), mode="same") > 0.5
    steps = np.diff(np.concatenate([[0], near.astype(int), [0]]))
    return (np.flatnonzero(steps == 1) + 40) / RATE, (np.flatnonzero(steps == -1) - 40) / RATE


def expected_pauses(text: str) -> list[float]:
    """Return the pauses from pulse to pulse through one burst and on to the next, as IEC 60601-1-8 sets them out."""
    values = parse_condition(text).parameters
    if text.startswith("alarm_medium"):
        y = values["spacing_ms"] / 1000.0
        return [y, y, values["interburst_s"]]
    x, d = values["spacing_ms"] / 1000.0, values["pulse_ms"] / 1000.0
    return [x, x, 2 * x + d, x, values["half_pause_s"], x, x, 2 * x + d, x, values["interburst_s"]]


@pytest.mark.parametrize("text", TEXTS)
def test_pulses_and_pauses_follow_the_timing_table(text: str) -> None:
    begins, ends = pulses(alarm(text)[0])
    durations = (ends - begins)[:-1]  # the last may be cut off by the end of the utterance
    assert len(durations) >= 2 * len(expected_pauses(text)) - 1
    # The first and last moments of a raised-cosine ramp are below 1 %.
    np.testing.assert_allclose(1000.0 * durations, parse_condition(text).parameters["pulse_ms"], rtol=0.06)
    pauses = begins[1:] - ends[:-1]
    expected = np.resize(expected_pauses(text), len(pauses))
    np.testing.assert_allclose(pauses, expected, atol=0.012)


@pytest.mark.parametrize("text", TEXTS)
def test_bursts_repeat_at_their_rate_within_one_percent(text: str) -> None:
    begins, _ = pulses(alarm(text)[0])
    burst = len(expected_pauses(text))
    period = sum(expected_pauses(text)) + burst * parse_condition(text).parameters["pulse_ms"] / 1000.0
    for pulse in range(burst):
        onsets = begins[pulse::burst]
        assert np.diff(onsets) == pytest.approx(np.full(len(onsets) - 1, period), rel=0.01)


@pytest.mark.parametrize("text", TEXTS)
def test_the_timing_lies_within_the_ranges_of_the_standard(text: str) -> None:
    begins, ends = pulses(alarm(text)[0])
    durations, pauses = ends[:-1] - begins[:-1], begins[1:] - ends[:-1]
    slack = 0.012
    if text.startswith("alarm_medium"):
        assert np.all((durations > 0.125 - slack) & (durations < 0.25 + slack))
        assert np.all((pauses[0:2] > 0.125 - slack) & (pauses[0:2] < 0.25 + slack))
        assert 2.5 - slack < pauses[2] < 30.0
    else:
        assert np.all((durations > 0.075 - slack) & (durations < 0.2 + slack))
        short = pauses[[0, 1, 3, 5, 6, 8]]
        assert np.all((short > 0.05 - slack) & (short < 0.125 + slack))
        assert 0.35 - slack < pauses[4] < 1.3 + slack
        assert 2.5 - slack < pauses[9] < 15.0


def middles(sound: NDArray[np.float64], n: int) -> list[NDArray[np.float64]]:
    """Return the middle third of each of the first ``n`` pulses."""
    begins, ends = pulses(sound)
    thirds = [
        (begin + (end - begin) / 3.0, end - (end - begin) / 3.0)
        for begin, end in zip(begins[:n], ends[:n], strict=True)
    ]
    return [sound[round(begin * RATE) : round(end * RATE)] for begin, end in thirds]


@pytest.mark.parametrize(
    ("name", "semitones"), [("alarm_high", [0, 4, 7, 7, 12, 0, 4, 7, 7, 12]), ("alarm_medium", [0, 4, 7])]
)
def test_the_melody_has_its_notes(name: str, semitones: list[int]) -> None:
    sound, _ = alarm(f"{name}?snr_db=-10&fundamental_hz=300")
    for middle, semitone in zip(middles(sound, len(semitones)), semitones, strict=True):
        padded = 16 * len(middle)
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), padded))
        expected = 300.0 * 2.0 ** (semitone / 12.0)
        assert abs(np.argmax(spectrum) * RATE / padded - expected) <= RATE / len(middle) / 4


@pytest.mark.parametrize("name", ALARMS)
@pytest.mark.parametrize("fundamental_hz", [150.0, 262.0, 500.0])
def test_four_harmonics_lie_between_300_and_4000_hz_within_15_db_of_the_first(name: str, fundamental_hz: float) -> None:
    slow = "&pulse_ms=200&snr_db=-10"
    sound, _ = alarm(f"{name}?fundamental_hz={fundamental_hz}{slow}")
    count = len(expected_pauses(name))
    ratios = [1.0, 2 ** (4 / 12), 2 ** (7 / 12), 2 ** (7 / 12), 2.0] * 2
    for middle, ratio in zip(middles(sound, count), ratios[:count], strict=True):
        note = fundamental_hz * ratio
        assert 150.0 <= note <= 1000.0
        first = amplitude_at(middle, note)
        loud = [
            harmonic
            for harmonic in range(1, 12)
            if 300.0 <= harmonic * note <= 4000.0 and amplitude_at(middle, harmonic * note) > first * 10 ** (-15 / 20)
        ]
        assert len(loud) >= 4


def test_loudness_rises_within_10_to_40_percent_of_the_pulse() -> None:
    sound, _ = alarm("alarm_high?pulse_ms=200&fundamental_hz=500&snr_db=-10")
    begins, ends = pulses(sound)
    one = np.abs(hilbert(sound[round(begins[4] * RATE) - 400 : round(ends[4] * RATE) + 400]))
    smooth = np.convolve(one, np.ones(16) / 16.0, mode="same")  # one period of its note, 1 kHz
    smooth /= np.median(smooth[len(smooth) // 2 - 600 : len(smooth) // 2 + 600])
    rise = (int(np.argmax(smooth > 0.9)) - int(np.argmax(smooth > 0.1))) / RATE
    assert 0.10 * 0.2 < rise < 0.40 * 0.2
    assert rise == pytest.approx(0.2 * 0.3 * 0.59, rel=0.15)  # 10 to 90 % of a raised cosine


@pytest.mark.parametrize("name", ALARMS)
@pytest.mark.parametrize("severity", [1, 4])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_level_in_the_pulse_is_what_was_asked_for(name: str, severity: int, silence: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = alarm(f"{name}@{severity}", samples)
    plateau = np.concatenate(middles(sound, 2 * len(expected_pauses(name))))
    measured = speech_level(samples, RATE).active_db - level_db(plateau)
    assert measured == pytest.approx(parse_condition(f"{name}@{severity}").level, abs=0.2)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.2)


@pytest.mark.parametrize("name", ALARMS)
def test_the_alarm_goes_off_as_the_utterance_begins_when_exactly_is_drawn_by_slot(name: str) -> None:
    values = parse_condition(name).parameters
    first = [float(pulses(alarm(f"{name}@4", SPEECH[: 2 * RATE], slot=slot)[0])[0][0]) for slot in range(20)]
    assert len(set(first)) >= 18
    assert max(first) < (values["pulse_ms"] + values["spacing_ms"]) / 1000.0 + 0.01
    short, _ = alarm(f"{name}@2", SPEECH[:16000], slot=3)
    long, degraded = alarm(f"{name}@2", slot=3)
    scale = float(np.sum(long[:16000] * short) / np.sum(np.square(short)))
    assert level_db(long[:16000] - scale * short) < level_db(long[:16000]) - 70.0
    pulse_s = values["pulse_ms"] / 1000.0 * len(expected_pauses(name))
    share = pulse_s / (pulse_s + sum(expected_pauses(name)))
    assert degraded.facts["sounding_share"] == pytest.approx(share, abs=0.05)  # 20 s are no whole number of bursts


def test_an_utterance_that_ends_before_the_first_pulse_is_unchanged_and_says_so() -> None:
    samples = speech_like(0.1)
    outcomes = [alarm("alarm_medium@2", samples, slot=slot) for slot in range(20)]
    unheard = [degraded for sound, degraded in outcomes if not sound.any()]
    assert 0 < len(unheard) < 20
    assert all("achieved_snr_db" not in one.facts and one.facts["sounding_share"] == 0.0 for one in unheard)
    for one in unheard:
        np.testing.assert_array_equal(one.wave.samples, samples)


@pytest.mark.parametrize("name", ALARMS)
def test_at_8_khz_nothing_is_folded_back(name: str) -> None:
    text = f"{name}?fundamental_hz=500&snr_db=-10"
    narrow = SPEECH[: 4 * RATE : 2]
    degraded = degrade(Waveform(narrow, 8000), parse_condition(text), slot=0, seed=1)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(-10.0, abs=0.3)


# -- low priority: one or two pulses and a long wait


@pytest.mark.parametrize("text", LOW)
def test_a_low_priority_alarm_sounds_its_pulses_and_waits_more_than_15_s(text: str) -> None:
    values = parse_condition(text).parameters
    minute = np.tile(SPEECH, 3)
    begins, ends = pulses(alarm(text, minute)[0])
    count = int(values["pulses"])
    np.testing.assert_allclose(1000.0 * (ends - begins), values["pulse_ms"], rtol=0.06)
    assert len(begins) == 4 * count
    pauses = begins[1:] - ends[:-1]
    expected = [*[values["spacing_ms"] / 1000.0] * (count - 1), values["interburst_s"]]
    np.testing.assert_allclose(pauses, np.resize(expected, len(pauses)), atol=0.012)
    assert (ends - begins).min() > 0.125 - 0.012
    assert (ends - begins).max() < 0.25 + 0.012
    assert pauses[count - 1] > 15.0 - 0.012


def test_a_low_priority_alarm_falls_from_e_to_c() -> None:
    sound, degraded = alarm("alarm_low?snr_db=-10&fundamental_hz=300")
    assert 0.02 < degraded.facts["sounding_share"] < 0.05
    for middle, semitone in zip(middles(sound, 2), (4, 0), strict=True):
        padded = 16 * len(middle)
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), padded))
        assert np.argmax(spectrum) * RATE / padded == pytest.approx(300.0 * 2.0 ** (semitone / 12.0), abs=2.0)


@pytest.mark.parametrize("pulses_given", [1, 2])
def test_the_level_and_the_start_of_a_low_priority_alarm(pulses_given: int) -> None:
    first, text = [], f"alarm_low?pulses={pulses_given}&snr_db=2"
    for slot in range(12):
        sound, degraded = alarm(text, SPEECH[: 3 * RATE], slot=slot)
        plateau = np.concatenate(middles(sound, pulses_given))
        measured = speech_level(SPEECH[: 3 * RATE], RATE).active_db - level_db(plateau)
        assert measured == pytest.approx(2.0, abs=0.2)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.2)
        first.append(float(pulses(sound)[0][0]))
    assert len(set(first)) == 12
    assert max(first) < 0.41


def test_fewer_pulses_than_one_are_refused() -> None:
    with pytest.raises(ConditionError, match="pulses = 3 pulses is outside 1 to 2 pulses"):
        parse_condition("alarm_low?pulses=3")
