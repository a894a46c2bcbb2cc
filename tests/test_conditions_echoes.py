"""The echo, by measurement: delay, attenuation, level."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition


@pytest.mark.parametrize(
    "text", [*(f"echo@{k}" for k in (1, 2, 3, 4)), "echo?attenuation_db=3&delay_ms=33.3", "echo?attenuation_db=0"]
)
def test_a_click_comes_back_once_after_the_delay_and_by_its_attenuation_quieter(text: str) -> None:
    parameters = parse_condition(text).parameters
    click = np.zeros(RATE, dtype=np.float32)
    click[1000] = 0.5
    degraded = degrade(Waveform(click, RATE), parse_condition(text), slot=0, seed=1)
    there = np.flatnonzero(np.abs(degraded.wave.samples) > 1e-4)
    assert len(there) == 2
    assert there[0] == 1000
    assert 1000.0 * (there[1] - there[0]) / RATE == pytest.approx(parameters["delay_ms"], abs=0.5 * 1000.0 / RATE)
    assert degraded.facts["delay_ms"] == 1000.0 * (there[1] - there[0]) / RATE
    direct, echo = degraded.wave.samples[there]
    assert 20.0 * np.log10(direct / echo) == pytest.approx(parameters["attenuation_db"], abs=0.01)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_active_speech_level_stays(severity: int) -> None:
    samples = speech_like(4.0)
    after = degrade(Waveform(samples, RATE), CATALOGUE[f"echo@{severity}"], slot=0, seed=1).wave.samples
    assert speech_level(after, RATE).active_db == pytest.approx(speech_level(samples, RATE).active_db, abs=0.05)


def test_an_echo_that_would_come_after_the_end_is_not_heard() -> None:
    samples = speech_like(0.1)
    after = degrade(Waveform(samples, RATE), CATALOGUE["echo@4"], slot=0, seed=1).wave.samples
    np.testing.assert_allclose(after, samples, atol=1e-7)
