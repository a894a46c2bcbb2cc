"""Packet loss and dropouts, by measurement: shares, bursts, gaps, what is put in their place, timing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade, parse_condition, rng_for
from workbench.conditions.dropouts import Dropouts
from workbench.conditions.packet_loss import PacketLoss, pitch_period
from workbench.errors import ConditionError

PACKET = 320


def runs(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where each run of True begins and ends, shape (k, 2)."""
    return np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]))).reshape(-1, 2)


# -- packet loss


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_loss_and_mean_burst_are_as_asked_over_a_million_packets(severity: int) -> None:
    condition = CATALOGUE[f"packet_loss@{severity}"]
    assert isinstance(condition, PacketLoss)
    shares, bursts = [], []
    for slot in range(10):
        lost = condition.lost(rng_for(condition.values_id, slot, seed=1), packets=1_000_000)
        lengths = np.diff(runs(lost), axis=1)
        shares.append(100.0 * np.mean(lost))
        bursts.append(np.mean(lengths))
        # Burst lengths are geometric: the share of bursts of one packet is 1 / L.
        assert np.mean(lengths == 1) == pytest.approx(1.0 / condition.mean_burst_packets, rel=0.02)
    # One million packets hold 13,000 to 40,000 bursts, so chance alone is up to 1.3 % (2 sigma, at 2 %); ten have 0.4 %.
    assert np.mean(shares) == pytest.approx(condition.loss_percent, rel=0.01)
    assert np.mean(bursts) == pytest.approx(condition.mean_burst_packets, rel=0.01)
    assert shares == pytest.approx(np.full(10, condition.loss_percent), rel=0.04)


def test_the_chain_begins_in_its_stationary_state() -> None:
    condition = PacketLoss(loss_percent=20, mean_burst_packets=5)
    first = [condition.lost(np.random.default_rng(seed), packets=3) for seed in range(20_000)]
    np.testing.assert_allclose(np.mean(first, axis=0), 0.2, atol=0.01)


def test_longer_audio_loses_the_same_packets_and_then_others() -> None:
    condition = CATALOGUE["packet_loss@4"]
    long = speech_like(20.0, pause_s=0.0)
    short = degrade(Waveform(long[: 8 * RATE], RATE), condition, slot=3, seed=1).wave.samples
    whole = degrade(Waveform(long, RATE), condition, slot=3, seed=1).wave.samples
    np.testing.assert_array_equal(short, whole[: 8 * RATE])


def test_without_concealment_lost_packets_are_silent_and_the_others_untouched() -> None:
    samples = speech_like(30.0, pause_s=0.0)
    degraded = degrade(Waveform(samples, RATE), parse_condition("packet_loss?concealment=0"), slot=0, seed=1)
    packets, before = degraded.wave.samples.reshape(-1, PACKET), samples.reshape(-1, PACKET)
    silent = np.all(packets == 0.0, axis=1)
    np.testing.assert_array_equal(packets[~silent], before[~silent])
    assert degraded.facts["lost_packets"] == np.sum(silent) > 20
    assert degraded.facts["lost_percent"] == pytest.approx(100.0 * np.mean(silent))
    assert degraded.facts["longest_gap_s"] == pytest.approx(0.02 * np.diff(runs(silent)).max())


def test_a_steady_voice_is_continued_in_phase_then_fades_to_silence_in_60_ms() -> None:
    condition = PacketLoss(loss_percent=20, mean_burst_packets=6)
    voice = np.sum([tone(k * 160.0, 20.0, level=0.2 / k) for k in range(1, 8)], axis=0).astype(np.float32)
    lost = condition.lost(rng_for(condition.values_id, 0, seed=1), packets=1000)
    heard = degrade(Waveform(voice, RATE), condition, slot=0, seed=1).wave.samples
    long = [(a, b) for a, b in runs(lost) if b - a >= 4 and a > 5 and not lost[a - 5 : a].any()]
    assert len(long) > 10
    for first, after in long:
        begin, end = first * PACKET, after * PACKET
        kept = slice(begin, begin + 160)
        assert level_db(heard[kept] - voice[kept]) - level_db(voice[kept]) < -40.0  # 10 ms: as if nothing were missing
        quarter = slice(begin + 160 + 300, begin + 160 + 500)  # around 35 ms: half as loud
        assert level_db(heard[quarter]) - level_db(voice[quarter]) == pytest.approx(-6.0, abs=1.0)
        assert np.max(np.abs(heard[begin + 960 : end]), initial=0.0) < 1e-9
        np.testing.assert_array_equal(heard[end + 64 : end + PACKET], voice[end + 64 : end + PACKET])
        assert np.max(np.abs(np.diff(heard[begin - 2 : end + 64]))) < 1.1 * np.max(np.abs(np.diff(voice)))


@pytest.mark.parametrize("frequency_hz", [80.0, 100.0, 160.0, 250.0, 320.0])
def test_the_pitch_that_is_repeated_is_that_of_the_voice(frequency_hz: float) -> None:
    past = np.sum([tone(k * frequency_hz, 0.0375, level=0.2 / k) for k in range(1, 6)], axis=0).astype(np.float64)
    periods = pitch_period(past, rate=RATE) * frequency_hz / RATE
    assert periods == pytest.approx(round(periods), abs=0.02)
    assert round(periods) >= 1
    assert pitch_period(past[:60], rate=RATE) == 0


def test_concealment_is_nearer_to_the_voice_than_silence() -> None:
    voice = np.sum([tone(k * 140.0, 20.0, level=0.2 / k) for k in range(1, 8)], axis=0).astype(np.float32)
    lost = [
        level_db(
            degrade(
                Waveform(voice, RATE),
                PacketLoss(loss_percent=10, mean_burst_packets=1.2, concealment=kind),
                slot=0,
                seed=1,
            ).wave.samples
            - voice
        )
        for kind in (0, 1)
    ]
    assert lost[1] < lost[0]


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100])
def test_packets_last_20_ms_at_any_sample_rate(rate: int) -> None:
    wave = Waveform(tone(400.0, 10.0, rate=rate), rate)
    degraded = degrade(wave, PacketLoss(loss_percent=20, mean_burst_packets=5, concealment=0), slot=0, seed=1)
    silent = runs(np.abs(degraded.wave.samples) + np.roll(np.abs(degraded.wave.samples), 1) == 0.0)
    seconds = np.diff(silent)[np.diff(silent) > 0.01 * rate] / rate
    assert len(seconds) > 5
    np.testing.assert_allclose(seconds / 0.02, np.round(seconds / 0.02), atol=0.02)


def test_a_burst_shorter_than_chance_makes_is_refused_with_the_shortest_there_is() -> None:
    with pytest.raises(ConditionError, match=r"mean_burst_packets = 1 packets is less than the 1\.25"):
        PacketLoss(loss_percent=20, mean_burst_packets=1)
    independent = PacketLoss(loss_percent=20, mean_burst_packets=1.25)
    lost = independent.lost(np.random.default_rng(1), packets=200_000)
    assert np.mean(lost[1:][lost[:-1]]) == pytest.approx(0.2, abs=0.01)


# -- dropouts


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_gaps_come_as_often_as_asked_and_never_overlap(severity: int) -> None:
    condition = CATALOGUE[f"dropouts@{severity}"]
    assert isinstance(condition, Dropouts)
    minutes = 30_000.0 / condition.rate_per_min
    begins = condition.gaps(rng_for(condition.values_id, 0, seed=1), seconds=60.0 * minutes)
    assert len(begins) / minutes == pytest.approx(condition.rate_per_min, rel=0.01)
    assert np.diff(begins).min() >= condition.gap_ms / 1000.0


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_each_gap_is_silent_for_its_length_and_all_else_is_untouched(severity: int) -> None:
    condition = CATALOGUE[f"dropouts@{severity}"]
    samples = np.full(120 * RATE, 0.5, dtype=np.float32)
    degraded = degrade(Waveform(samples, RATE), condition, slot=1, seed=1)
    changed = runs(degraded.wave.samples != 0.5)
    inner = [(a, b) for a, b in changed if a > 0 and b < len(samples)]
    assert degraded.facts["gaps"] == len(changed) > 5
    for begin, end in inner:
        assert (end - begin) / RATE * 1000.0 == pytest.approx(condition.level, abs=0.2)
        assert np.all(degraded.wave.samples[begin + 33 : end - 33] == 0.0)
        assert np.max(np.abs(np.diff(degraded.wave.samples[begin - 1 : end + 1]))) < 0.03
    share = 100.0 * condition.level / 1000.0 * len(changed) / 120.0
    assert degraded.facts["muted_percent"] == pytest.approx(share, rel=0.1)


def test_a_recording_may_begin_inside_a_gap() -> None:
    condition = Dropouts(gap_ms=1500, rate_per_min=20)
    inside = [condition.gaps(np.random.default_rng(seed), seconds=1e-6).size for seed in range(4000)]
    assert np.mean(inside) == pytest.approx(0.5, abs=0.03)


def test_longer_audio_begins_with_the_same_gaps() -> None:
    condition = CATALOGUE["dropouts@4"]
    long = speech_like(60.0)
    short = degrade(Waveform(long[: 25 * RATE], RATE), condition, slot=2, seed=1).wave.samples
    whole = degrade(Waveform(long, RATE), condition, slot=2, seed=1).wave.samples
    np.testing.assert_array_equal(short, whole[: 25 * RATE])


def test_gaps_that_do_not_fit_into_a_minute_are_refused() -> None:
    with pytest.raises(ConditionError, match=r"60 gaps of 1000 ms do not fit .* use gap_ms = 950 ms or less"):
        Dropouts(gap_ms=1000, rate_per_min=60)
