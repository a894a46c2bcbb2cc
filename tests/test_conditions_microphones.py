"""The handset band, by measurement: edges, slopes, level in the band."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfreqz

from tests.synthetic_speech import RATE, amplitude_at, speech_like, tone
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.errors import ConditionError


def gain_db(text: str, frequency_hz: float) -> float:
    """Return by how much a tone of ``frequency_hz`` is louder afterwards, once it has settled."""
    sine = tone(frequency_hz, 2.0, level=0.25)
    heard = degrade(Waveform(sine, RATE), parse_condition(text), slot=0, seed=1).wave.samples
    return float(20.0 * np.log10(amplitude_at(heard[RATE:], frequency_hz) / amplitude_at(sine[RATE:], frequency_hz)))


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_band_is_3_db_down_at_its_edges_and_flat_between(severity: int) -> None:
    text = f"handset_band@{severity}"
    for edge_hz in (300.0, 3400.0):
        assert gain_db(text, edge_hz) == pytest.approx(-3.01, abs=0.1)
    for inner_hz in (600.0, 1000.0, 2000.0):
        assert gain_db(text, inner_hz) == pytest.approx(0.0, abs=0.35)


@pytest.mark.parametrize(("severity", "order"), [(1, 2), (2, 4), (3, 6), (4, 8)])
def test_the_slopes_are_those_of_a_butterworth_filter_of_the_order(severity: int, order: int) -> None:
    assert CATALOGUE[f"handset_band@{severity}"].level == order
    for frequency_hz in (150.0, 5000.0):
        _, response = sosfreqz(
            butter(order, [300.0, 3400.0], btype="bandpass", fs=RATE, output="sos"), [frequency_hz], fs=RATE
        )
        expected = 20.0 * np.log10(np.abs(response[0]))
        assert gain_db(f"handset_band@{severity}", frequency_hz) == pytest.approx(expected, abs=0.2)


def test_free_edges_move_the_band() -> None:
    assert gain_db("handset_band?low_hz=500&high_hz=2500", 500.0) == pytest.approx(-3.01, abs=0.1)
    assert gain_db("handset_band?low_hz=500&high_hz=2500", 2500.0) == pytest.approx(-3.01, abs=0.1)


def test_the_edges_are_facts() -> None:
    facts = degrade(Waveform(speech_like(0.5), RATE), CATALOGUE["handset_band@2"], slot=0, seed=1).facts
    assert (facts["low_hz"], facts["high_hz"]) == (300.0, 3400.0)


def test_an_edge_above_half_the_sample_rate_is_refused() -> None:
    with pytest.raises(ConditionError, match="high_hz = 5000 Hz is too high for a sample rate of 8000 Hz"):
        degrade(Waveform(speech_like(0.5), 8000), parse_condition("handset_band?high_hz=5000"), slot=0, seed=1)
