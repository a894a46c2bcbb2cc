"""The room, by measurement: decay time, direct path, level, timing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.sound_measures import decay_time_s
from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.condition import Degraded


def heard_click(text: str, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return the room's answer to a click of 1 at 0.1 s, from the click on, with the click at 1 again."""
    seconds = 0.1 + 1.5 * parse_condition(text).level
    click = np.zeros(round(seconds * RATE), dtype=np.float32)
    click[1600] = 1.0
    degraded = degrade(Waveform(click, RATE), parse_condition(text), slot=slot, seed=1)
    assert not degraded.wave.samples[:1600].any() or np.max(np.abs(degraded.wave.samples[:1600])) < 1e-6
    answer = degraded.wave.samples[1600:].astype(np.float64)
    return answer / answer[0], degraded


@pytest.mark.parametrize(
    "text", ["room@1", "room@2", "room@3", "room@4", "room?rt60_s=0.15", "room?rt60_s=3&drr_db=10"]
)
@pytest.mark.parametrize("slot", [0, 1, 2])
def test_the_decay_takes_the_time_it_should(text: str, slot: int) -> None:
    answer, degraded = heard_click(text, slot=slot)
    wanted = parse_condition(text).level
    assert decay_time_s(answer[1:]) == pytest.approx(wanted, rel=0.1)
    assert degraded.facts["rt60_s"] == pytest.approx(wanted, rel=0.1)
    assert degraded.facts["rt60_s"] == pytest.approx(decay_time_s(answer[1:]), rel=0.1)


@pytest.mark.parametrize("drr_db", [-10.0, 0.0, 10.0])
def test_the_direct_sound_stands_above_the_tail_by_its_ratio(drr_db: float) -> None:
    answer, degraded = heard_click(f"room?rt60_s=0.5&drr_db={drr_db}")
    measured = -10.0 * math.log10(float(np.sum(np.square(answer[1:]))))
    assert measured == pytest.approx(drr_db, abs=0.1)
    assert degraded.facts["drr_db"] == pytest.approx(drr_db, abs=1e-6)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("level", [0.01, 0.1])
def test_the_active_speech_level_stays(severity: int, level: float) -> None:
    for samples in (speech_like(4.0, level=level), speech_like(0.5, level=level, pause_s=0.0)):
        wave = Waveform(samples, RATE)
        degraded = degrade(wave, CATALOGUE[f"room@{severity}"], slot=0, seed=1)
        gain_db = degraded.facts.get("gain_db", 0.0)
        after = speech_level(degraded.wave.samples, RATE).active_db - gain_db
        assert after == pytest.approx(speech_level(samples, RATE).active_db, abs=0.15)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_words_keep_their_time(severity: int) -> None:
    samples = speech_like(3.0)
    degraded = degrade(Waveform(samples, RATE), CATALOGUE[f"room@{severity}"], slot=0, seed=1)
    size = 2 * len(samples)
    correlation = np.fft.irfft(np.fft.rfft(degraded.wave.samples, size) * np.conj(np.fft.rfft(samples, size)))
    assert np.argmax(np.abs(correlation)) == 0


def test_the_same_slot_is_the_same_room_and_another_slot_another() -> None:
    one, again, other = (heard_click("room@2", slot=slot)[0] for slot in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert abs(np.corrcoef(one[1:], other[1:])[0, 1]) < 0.1


def test_the_severities_are_one_room_of_60_cubic_metres_heard_from_half_a_metre() -> None:
    for severity in (1, 2, 3, 4):
        parameters = CATALOGUE[f"room@{severity}"].parameters
        critical_m = 0.057 * math.sqrt(60.0 / parameters["rt60_s"])
        assert 20.0 * math.log10(critical_m / 0.5) == pytest.approx(parameters["drr_db"], abs=0.15)
