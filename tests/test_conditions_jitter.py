"""The jitter buffer, by measurement: events come when its map says, samples slip as often as asked, pitch and level stay."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sound_measures import middles, pitch_hz, voiced, words
from tests.synthetic_speech import RATE, speech_like, tone
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, rng_for
from workbench.conditions.jitter_warp import JitterWarp

AT_S = [0.5, 1.1, 1.45, 2.0, 2.6, 3.2, 3.9, 4.4, 5.0, 5.7, 6.3, 7.2, 7.9, 8.5, 9.3]


def mapping(condition: JitterWarp, *, slot: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    return condition.mapping(rng_for(condition.values_id, slot, seed=1).spawn(2)[0], seconds=seconds)


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("slot", [0, 1, 2])
def test_events_come_when_the_map_says_and_the_facts_are_its_extremes(severity: int, slot: int) -> None:
    condition = CATALOGUE[f"jitter_warp@{severity}"]
    assert isinstance(condition, JitterWarp)
    said, heard = mapping(condition, slot=slot, seconds=10.0)
    degraded = degrade(Waveform(words(AT_S, 10.0), RATE), condition, slot=slot, seed=1)
    came_s = middles(degraded.wave.samples, len(AT_S))
    slipped_s = degraded.facts["slips"] / RATE
    np.testing.assert_allclose(came_s, np.interp(AT_S, said, heard), atol=0.012 + slipped_s)
    inside = said < 10.0
    largest = max(np.max(np.abs(heard - said)[inside]), abs(np.interp(10.0, said, heard) - 10.0))
    assert degraded.facts["largest_shift_ms"] == pytest.approx(1000.0 * largest)
    assert degraded.wave.duration_s - 10.0 == pytest.approx(degraded.facts["shift_at_end_ms"] / 1000.0, abs=1e-6)
    assert degraded.facts["duration_s"] == degraded.wave.duration_s
    assert degraded.wave.duration_s == pytest.approx(np.interp(10.0, said, heard), abs=slipped_s + 1e-4)


@pytest.mark.parametrize("percent", [2.0, 12.0])
def test_stretches_come_in_pairs_of_one_slower_and_one_faster_that_cancel(percent: float) -> None:
    said, heard = mapping(JitterWarp(warp_percent=percent), slot=0, seconds=600.0)
    lengths, factors = np.diff(said), np.diff(heard) / np.diff(said)
    np.testing.assert_allclose(np.abs(factors - 1.0), percent / 100.0, rtol=1e-6)
    np.testing.assert_allclose(factors[::2] + factors[1::2], 2.0, rtol=1e-9)
    np.testing.assert_allclose(heard[::2], said[::2], atol=1e-9)
    assert 0.3 <= lengths.min() < 0.35 < 0.95 < lengths.max() <= 1.0
    assert np.mean(factors[::2] > 1.0) == pytest.approx(0.5, abs=0.1)


def test_longer_audio_begins_with_the_same_map() -> None:
    condition = JitterWarp()
    short, long = mapping(condition, slot=5, seconds=3.0), mapping(condition, slot=5, seconds=30.0)
    for one, other in zip(short, long, strict=True):
        np.testing.assert_array_equal(one, other[: len(one)])


@pytest.mark.long
def test_samples_slip_as_often_as_asked_always_the_same_way() -> None:
    samples = speech_like(60.0)
    ways = []
    for slot in range(12):
        degraded = degrade(Waveform(samples, RATE), JitterWarp(warp_percent=0, slips_per_s=5), slot=slot, seed=1)
        assert abs(len(degraded.wave.samples) - len(samples)) == degraded.facts["slips"]
        assert degraded.facts["slips"] == pytest.approx(300.0, abs=60.0)
        ways.append(np.sign(len(degraded.wave.samples) - len(samples)))
    assert set(ways) == {-1.0, 1.0}
    still = degrade(Waveform(samples, RATE), JitterWarp(warp_percent=0, slips_per_s=0), slot=0, seed=1)
    np.testing.assert_allclose(still.wave.samples, samples, atol=1e-6)


def test_a_slip_is_one_sample_and_no_more() -> None:
    ramp = tone(50.0, 4.0)
    degraded = degrade(Waveform(ramp, RATE), JitterWarp(warp_percent=0, slips_per_s=3), slot=1, seed=1)
    steps = np.abs(np.diff(degraded.wave.samples.astype(np.float64)))
    assert steps.max() < 2.2 * np.abs(np.diff(ramp)).max()


@pytest.mark.parametrize("severity", [2, 4])
def test_pitch_and_level_are_kept(severity: int) -> None:
    condition = CATALOGUE[f"jitter_warp@{severity}"]
    buzz = degrade(Waveform(voiced(140.0, 4.0), RATE), condition, slot=0, seed=1).wave.samples
    for begin in range(8000, 56000, 8000):
        assert pitch_hz(buzz[begin : begin + 2400]) == pytest.approx(140.0, rel=0.02)
    samples = speech_like(4.0)
    after = degrade(Waveform(samples, RATE), condition, slot=0, seed=1)
    assert speech_level(after.wave.samples, RATE).active_db == pytest.approx(
        speech_level(samples, RATE).active_db + after.facts.get("gain_db", 0.0), abs=0.05
    )
