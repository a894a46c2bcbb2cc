"""The handset band and the cheap microphone, by measurement: edges, slopes, response, self-noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfreqz

from tests.sound_measures import a_weighted_db
from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone
from workbench.audio import Waveform, speech_level
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


# -- the cheap microphone


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("slot", [0, 1, 2])
def test_the_response_reaches_its_deviation_at_an_octave_and_never_exceeds_it(severity: int, slot: int) -> None:
    condition = CATALOGUE[f"cheap_mic@{severity}"]
    quiet = parse_condition(f"cheap_mic?response_db={condition.level}&self_noise_dba=0")
    sines = 125.0 * 2.0 ** np.arange(7.0)
    sines[-1] = 7900.0
    probe = sum(tone(frequency_hz, 2.0, level=0.02) for frequency_hz in sines)
    heard = degrade(Waveform(probe.astype(np.float32), RATE), quiet, slot=slot, seed=1).wave.samples
    middle = slice(RATE // 2, -RATE // 2)
    gains = np.array([20.0 * np.log10(amplitude_at(heard[middle], f) / 0.02) for f in sines])
    gains -= gains.mean()
    assert np.max(np.abs(gains)) == pytest.approx(condition.level, rel=0.1)


def test_every_slot_is_another_microphone_and_the_same_for_every_speaker() -> None:
    samples = speech_like(1.0)
    heard = [
        degrade(Waveform(samples, RATE, f"u{who}", who), CATALOGUE["cheap_mic@4"], slot=slot, seed=1).wave.samples
        for slot, who in ((0, "a"), (0, "b"), (1, "a"))
    ]
    np.testing.assert_array_equal(heard[0], heard[1])
    assert np.corrcoef(heard[0], heard[2])[0, 1] < 0.98


@pytest.mark.parametrize("self_noise_dba", [20.0, 48.0])
@pytest.mark.parametrize("level", [0.01, 0.1])
def test_the_self_noise_stands_as_far_below_the_speech_as_its_dba_say(self_noise_dba: float, level: float) -> None:
    samples = speech_like(4.0, level=level)
    condition = parse_condition(f"cheap_mic?response_db=0&self_noise_dba={self_noise_dba}")
    degraded = degrade(Waveform(samples, RATE), condition, slot=0, seed=1)
    noise = degraded.wave.samples[-4000:].astype(np.float64)  # the pause at the end
    speech_dba = 60.0 + 20.0 * np.log10(1.0 / 0.5)
    expected = speech_level(samples, RATE).active_db - (speech_dba - self_noise_dba)
    assert a_weighted_db(noise) == pytest.approx(expected, abs=0.4)
    assert degraded.facts["self_noise_snr_db"] == pytest.approx(
        speech_level(samples, RATE).active_db - level_db(noise), abs=0.4
    )


def test_the_voice_keeps_its_level_and_its_time() -> None:
    samples = speech_like(3.0)
    for severity in (1, 2, 3, 4):
        condition = parse_condition(f"cheap_mic?response_db={3 * severity}&self_noise_dba=0")
        heard = degrade(Waveform(samples, RATE), condition, slot=0, seed=1).wave.samples
        assert speech_level(heard, RATE).active_db == pytest.approx(speech_level(samples, RATE).active_db, abs=0.1)
        size = 2 * len(samples)
        correlation = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(samples, size)))
        assert np.argmax(correlation) == 0
