"""The face mask, by measurement: loss at high frequencies, little below 2 kHz."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic_speech import RATE, amplitude_at, speech_like, tone
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.errors import ConditionError


def loss_db(text: str, frequency_hz: float) -> float:
    sine = tone(frequency_hz, 1.0, level=0.25)
    heard = degrade(Waveform(sine, RATE), parse_condition(text), slot=0, seed=1).wave.samples
    half = len(sine) // 2
    return float(20.0 * np.log10(amplitude_at(sine[half:], frequency_hz) / amplitude_at(heard[half:], frequency_hz)))


@pytest.mark.parametrize(("severity", "loss"), [(1, 2.0), (2, 4.0), (3, 8.0), (4, 12.0)])
def test_a_mask_takes_its_loss_above_half_of_it_at_its_corner_and_little_below(severity: int, loss: float) -> None:
    text = f"mask@{severity}"
    assert CATALOGUE[text].level == loss
    assert loss_db(text, 7500.0) == pytest.approx(loss, abs=0.1)
    assert loss_db(text, 4000.0) > 0.85 * loss
    assert loss_db(text, 2000.0) == pytest.approx(loss / 2.0, abs=0.1)
    assert loss_db(text, 1000.0) < min(2.0, 0.15 * loss)
    assert loss_db(text, 250.0) == pytest.approx(0.0, abs=0.05)


def test_the_corner_can_be_moved_but_not_above_half_the_sample_rate() -> None:
    assert loss_db("mask?corner_hz=4000&loss_db=6", 4000.0) == pytest.approx(3.0, abs=0.1)
    with pytest.raises(ConditionError, match="corner_hz = 5000 Hz is too high for a sample rate of 8000 Hz"):
        degrade(Waveform(speech_like(0.5), 8000), parse_condition("mask?corner_hz=5000"), slot=0, seed=1)
