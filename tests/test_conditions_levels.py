"""Clipping, low level and gain pumping, by measurement: shares, levels, steps, static curve, time constants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.levels import AgcPump

SPEECH = speech_like(4.0)


def heard(text: str, samples: NDArray[np.float32] = SPEECH) -> tuple[NDArray[np.float64], dict[str, float]]:
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=0, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain, degraded.facts


@pytest.mark.parametrize("percent", [1.0, 5.0, 15.0, 30.0])
@pytest.mark.parametrize("silence_s", [0.0, 6.0])
def test_the_share_of_speech_that_is_cut_off_is_what_was_asked_for(percent: float, silence_s: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(silence_s * RATE), dtype=np.float32))
    loud, facts = heard(f"clipping?clipped_percent={percent}", samples)
    flat = np.sum(np.abs(loud) > np.max(np.abs(loud)) * (1.0 - 1e-5))
    in_speech = speech_level(samples, RATE).activity * len(samples)
    assert 100.0 * flat / in_speech == pytest.approx(percent, abs=0.02)
    assert facts["clipped_percent"] == pytest.approx(percent, abs=0.02)


def test_who_pauses_more_is_not_cut_deeper() -> None:
    padded = np.append(SPEECH, np.zeros(6 * RATE, dtype=np.float32))
    one, other = (np.max(np.abs(heard("clipping@3", samples)[0])) for samples in (SPEECH, padded))
    assert 20.0 * math.log10(one / other) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("name", ["clipping@1", "clipping@4", "agc_pump@1", "agc_pump@4"])
def test_the_active_speech_level_stays(name: str) -> None:
    after, _ = heard(name)
    assert speech_level(after, RATE).active_db == pytest.approx(speech_level(SPEECH, RATE).active_db, abs=0.05)


def test_what_is_not_cut_keeps_its_shape() -> None:
    after, _ = heard("clipping@3")
    below = np.abs(after) < 0.99 * np.max(np.abs(after))
    gain = float(np.sum(after[below] * SPEECH[below]) / np.sum(np.square(SPEECH[below].astype(np.float64))))
    np.testing.assert_allclose(after[below], gain * SPEECH[below], atol=1e-6)
    assert np.all(np.abs(SPEECH[~below]) >= 0.98 * np.max(np.abs(after)) / gain)


def test_nothing_can_be_cut_from_a_sound_too_short_for_one_sample() -> None:
    after, facts = heard("clipping?clipped_percent=0.01", speech_like(0.02))
    assert facts["clipped_percent"] == 0.0
    np.testing.assert_array_equal(after.astype(np.float32), speech_like(0.02))


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("level", [0.005, 0.1])
def test_the_voice_is_as_quiet_as_asked_and_in_steps_of_12_bits(severity: int, level: float) -> None:
    condition = CATALOGUE[f"low_level@{severity}"]
    after, facts = heard(condition.condition_id, speech_like(4.0, level=level))
    assert speech_level(after, RATE).active_db == pytest.approx(condition.level, abs=0.5)
    np.testing.assert_array_equal(after * 2048.0, np.round(after * 2048.0))
    # Uniform rounding errors of a step q have the power q^2 / 12.
    expected = 10.0 * math.log10(12.0 * 2048.0**2) + condition.level
    pause_db = 10.0 * math.log10(speech_level(SPEECH, RATE).activity)
    assert facts["quantisation_snr_db"] == pytest.approx(expected + pause_db, abs=1.5)


def test_eight_bits_leave_nothing_of_the_quietest_voice_and_many_bits_leave_all() -> None:
    assert not heard("low_level?level_db=-70&bits=8")[0].any()
    after, facts = heard("low_level?level_db=-46&bits=24")
    assert facts["quantisation_snr_db"] > 90.0
    assert np.corrcoef(after, SPEECH)[0, 1] > 0.999999


# -- gain pumping


def gains_db(text: str, samples: NDArray[np.float32], *, threshold_db: float = -40.0) -> NDArray[np.float64]:
    condition = parse_condition(text)
    assert isinstance(condition, AgcPump)
    return condition.gains_db(samples, RATE, threshold_db=threshold_db)


@pytest.mark.parametrize("ratio", [2.0, 4.0, 10.0])
def test_above_the_threshold_ratio_decibels_more_are_one_more(ratio: float) -> None:
    out_db = []
    for input_db in (-30.0, -20.0, -10.0):
        sine = tone(1000.0, 2.0, level=math.sqrt(2.0) * 10.0 ** (input_db / 20.0))
        gain = gains_db(f"agc_pump?ratio={ratio}", sine)
        out_db.append(level_db(sine[RATE:]) + float(np.mean(gain[RATE:])))
    assert np.diff(out_db) == pytest.approx(10.0 / ratio, abs=0.1)
    quiet = tone(1000.0, 1.0, level=0.001)
    assert not gains_db(f"agc_pump?ratio={ratio}", quiet).any()


@pytest.mark.parametrize(("attack_ms", "release_ms"), [(5.0, 250.0), (40.0, 800.0)])
def test_the_gain_falls_and_rises_with_its_time_constants(attack_ms: float, release_ms: float) -> None:
    loud = np.concatenate([np.zeros(RATE), tone(4000.0, 1.0), np.zeros(4 * RATE)]).astype(np.float32)
    gain = gains_db(f"agc_pump?attack_ms={attack_ms}&release_ms={release_ms}", loud)
    low = float(np.min(gain))
    fallen = int(np.argmax(gain < (1.0 - math.exp(-1.0)) * low)) - RATE
    risen = int(np.argmax(gain[2 * RATE :] > math.exp(-1.0) * low))
    assert 1000.0 * fallen / RATE == pytest.approx(attack_ms, abs=1.5)
    assert 1000.0 * risen / RATE == pytest.approx(release_ms, abs=1.5)


def test_pauses_come_up_further_the_higher_the_ratio() -> None:
    floor = np.random.default_rng(1).standard_normal(len(SPEECH)) * 1e-3
    noisy = (SPEECH + floor).astype(np.float32)
    pauses = [level_db(heard(f"agc_pump@{severity}", noisy)[0][-2000:]) for severity in (1, 2, 3, 4)]
    assert np.all(np.diff(pauses) > 0.5)
    assert pauses[0] > level_db(noisy[-2000:]) + 3.0
    assert heard("agc_pump@4", noisy)[1]["gain_range_db"] > heard("agc_pump@1", noisy)[1]["gain_range_db"] > 5.0


def test_a_ratio_of_one_changes_nothing() -> None:
    np.testing.assert_allclose(heard("agc_pump?ratio=1")[0], SPEECH, atol=1e-7)
