"""The low sample rate, by measurement: nothing above the cut-off, everything below, no delay."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform, resample
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.errors import ConditionError


def heard(text: str, samples: np.ndarray) -> np.ndarray:
    return degrade(Waveform(samples, RATE), parse_condition(text), slot=0, seed=1).wave.samples


@pytest.mark.parametrize(
    "text", [*(f"bandlimit_resample@{k}" for k in (1, 2, 3, 4)), "bandlimit_resample?cutoff_hz=1234.5"]
)
def test_what_lies_below_the_cut_off_passes_and_what_lies_above_is_gone(text: str) -> None:
    cutoff_hz = parse_condition(text).level
    for share, gain_db, tolerance in ((0.5, 0.0, 0.01), (0.94, 0.0, 0.05), (0.97, -6.0, 0.3)):
        sine = tone(share * cutoff_hz, 1.0)
        middle = slice(RATE // 4, -RATE // 4)
        assert level_db(heard(text, sine)[middle]) - level_db(sine[middle]) == pytest.approx(gain_db, abs=tolerance)
    for frequency_hz in (cutoff_hz, 1.02 * cutoff_hz, 7990.0):
        assert level_db(heard(text, tone(frequency_hz, 1.0))[RATE // 4 : -RATE // 4]) < -78.0


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_bandwidth_is_a_fact_and_below_the_cut_off(severity: int) -> None:
    condition = CATALOGUE[f"bandlimit_resample@{severity}"]
    white = (0.1 * np.random.default_rng(1).standard_normal(2 * RATE)).astype(np.float32)
    facts = degrade(Waveform(white, RATE), condition, slot=0, seed=1).facts
    assert 0.94 * condition.level < facts["bandwidth_hz"] < condition.level


def test_it_sounds_like_resampling_down_and_up_again() -> None:
    samples = speech_like(2.0)
    there = resample(resample(samples, orig_sr=RATE, target_sr=8000), orig_sr=8000, target_sr=RATE)[: len(samples)]
    ours = heard("bandlimit_resample?cutoff_hz=4000", samples)
    assert level_db(ours - there) < level_db(there) - 25.0  # they differ in the last 6 % below the cut-off


def test_a_cut_off_that_the_recording_cannot_have_is_refused() -> None:
    with pytest.raises(ConditionError, match="cutoff_hz = 5000 Hz is above all that a sample rate of 8000 Hz holds"):
        degrade(Waveform(speech_like(0.5), 8000), parse_condition("bandlimit_resample?cutoff_hz=5000"), slot=0, seed=1)
