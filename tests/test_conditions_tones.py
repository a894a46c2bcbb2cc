"""The equipment pulse, by measurement: frequency, rhythm, duty, level in the pulse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import hilbert

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition, rng_for
from workbench.conditions.condition import Degraded
from workbench.errors import ConditionError

SPEECH = speech_like(10.0)


def pulse(text: str, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


def loudness(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    envelope = np.abs(hilbert(sound))
    return envelope / np.quantile(envelope, 0.99)


@pytest.mark.parametrize("frequency_hz", [60.0, 440.0, 900.0, 3999.5, 7800.0])
def test_the_spectrum_peaks_at_the_frequency_within_one_bin(frequency_hz: float) -> None:
    sound, _ = pulse(f"equip_pulse?frequency_hz={frequency_hz}&snr_db=0")
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    bin_hz = RATE / len(sound)
    assert abs(np.argmax(spectrum) * bin_hz - frequency_hz) <= bin_hz


@pytest.mark.parametrize("rate_hz", [0.5, 2.0, 7.3, 20.0])
def test_pulses_repeat_at_the_rate_within_one_percent(rate_hz: float) -> None:
    sound, _ = pulse(f"equip_pulse?rate_hz={rate_hz}&frequency_hz=3000&snr_db=-10&rise_ms=1")
    on = loudness(sound) > 0.5
    onsets = np.flatnonzero(np.diff(on.astype(int)) == 1) / RATE
    assert len(onsets) == pytest.approx(10.0 * rate_hz, abs=1)
    measured = (len(onsets) - 1) / (onsets[-1] - onsets[0])
    assert measured == pytest.approx(rate_hz, rel=0.01)


@pytest.mark.parametrize("duty", [0.1, 0.5, 0.9, 1.0])
def test_the_tone_sounds_for_its_share_of_the_time(duty: float) -> None:
    sound, degraded = pulse(f"equip_pulse?duty={duty}&frequency_hz=3000&snr_db=-10&rise_ms=1")
    assert np.mean(loudness(sound) > 0.1) == pytest.approx(duty, abs=0.01)
    assert degraded.facts["sounding_share"] == pytest.approx(duty, abs=0.005)


@pytest.mark.parametrize(
    "name", ["equip_pulse@1", "equip_pulse@4", "equip_pulse?duty=0.1&snr_db=6", "equip_pulse?rate_hz=10"]
)
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_level_in_the_pulse_is_what_was_asked_for(name: str, silence: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = pulse(name, samples)
    full = loudness(sound) > 0.98  # the plateau of each pulse, pauses and ramps left out
    measured = speech_level(samples, RATE).active_db - level_db(sound[full])
    assert measured == pytest.approx(degraded.facts["achieved_snr_db"], abs=0.1)
    assert measured == pytest.approx(parse_condition(name).level, abs=0.2)


def test_the_ramps_take_the_time_they_are_given() -> None:
    sound, _ = pulse("equip_pulse?frequency_hz=4000&rate_hz=2&duty=0.5&rise_ms=40&snr_db=-10")
    envelope = loudness(sound)
    onset = next(i for i in range(RATE, len(envelope)) if envelope[i - 1] < 0.1 <= envelope[i])
    top = onset + int(np.argmax(envelope[onset:] > 0.9))
    # A raised cosine of 40 ms goes from 10 to 90 % in 40 * (acos(-0.8) - acos(0.8)) / pi = 23.6 ms.
    assert 1000.0 * (top - onset) / RATE == pytest.approx(23.6, abs=1.5)


def test_another_slot_starts_elsewhere_in_the_rhythm_and_a_longer_utterance_hears_the_same() -> None:
    text = "equip_pulse?duty=0.05&frequency_hz=3000&snr_db=-10"
    starts = [int(np.argmax(loudness(pulse(text, slot=slot)[0]) > 0.5)) / RATE for slot in range(20)]
    assert len(set(starts)) >= 15
    assert 0.0 <= min(starts) < 0.1
    assert 0.4 < max(starts) < 0.5  # the period is 0.5 s
    short, _ = pulse("equip_pulse@2", SPEECH[:8000])
    long, _ = pulse("equip_pulse@2", SPEECH)
    scale = float(np.sum(long[:8000] * short) / np.sum(np.square(short)))
    assert level_db(long[:8000] - scale * short) < level_db(long[:8000]) - 70.0


def test_an_utterance_between_two_pulses_is_unchanged_and_says_so() -> None:
    samples = speech_like(0.1)
    outcomes = [pulse("equip_pulse?rate_hz=0.1&duty=0.3", samples, slot=slot) for slot in range(20)]
    unheard = [degraded for sound, degraded in outcomes if not sound.any()]
    assert 0 < len(unheard) < 20
    for degraded in unheard:
        assert degraded.facts["sounding_share"] == 0.0
        assert "achieved_snr_db" not in degraded.facts
        np.testing.assert_array_equal(degraded.wave.samples, samples)


def test_the_achieved_ratio_is_what_came_out_and_not_what_was_asked_for() -> None:
    """A slow tone in short pulses: what sounds is a part of a wave, whose level is that of the part."""
    condition = parse_condition("equip_pulse?frequency_hz=50&rate_hz=20&duty=0.3&rise_ms=0&snr_db=5")
    samples = speech_like(0.7)
    apart = []
    for slot in range(8):
        degraded = degrade(Waveform(samples, RATE), condition, slot=slot, seed=1)
        gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
        tone_alone = degraded.wave.samples.astype(np.float64) / gain - samples
        while_sounding = np.sum(np.square(tone_alone)) / (degraded.facts["sounding_share"] * len(samples))
        measured = speech_level(samples, RATE).active_db - 10.0 * np.log10(while_sounding)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.001)
        apart.append(abs(measured - 5.0))
    assert max(apart) > 0.02


def test_a_tone_above_half_the_sample_rate_is_refused() -> None:
    narrow = Waveform(SPEECH[:8000], 8000)
    with pytest.raises(ConditionError, match="frequency_hz = 4500 Hz cannot sound at a sample rate of 8000 Hz"):
        degrade(narrow, parse_condition("equip_pulse?frequency_hz=4500"), slot=0, seed=1)


@settings(deadline=None, max_examples=40)
@given(
    frequency_hz=st.floats(200.0, 7000.0),
    rate_hz=st.floats(1.0, 8.0),
    duty=st.floats(0.2, 1.0),
    snr_db=st.floats(-10, 20),
)
def test_any_pulse_train_achieves_its_level(frequency_hz: float, rate_hz: float, duty: float, snr_db: float) -> None:
    text = f"equip_pulse?frequency_hz={frequency_hz!r}&rate_hz={rate_hz!r}&duty={duty!r}&snr_db={snr_db!r}"
    _, degraded = pulse(text, SPEECH[: 2 * RATE])
    assert degraded.facts["achieved_snr_db"] == pytest.approx(snr_db, abs=0.2)


def test_the_catalogue_beeps_at_900_hz_twice_a_second() -> None:
    for severity, snr_db in enumerate((15.0, 8.0, 3.0, -3.0), start=1):
        parameters = CATALOGUE[f"equip_pulse@{severity}"].parameters
        assert (parameters["frequency_hz"], parameters["rate_hz"], parameters["snr_db"]) == (900.0, 2.0, snr_db)


# -- jitter and overtones of the pulse


def onsets_of(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.flatnonzero(np.diff((loudness(sound) > 0.5).astype(int)) == 1) / RATE


@pytest.mark.parametrize("jitter_percent", [5.0, 20.0])
def test_pulses_come_early_or_late_by_their_share_and_keep_the_rate(jitter_percent: float) -> None:
    samples = np.tile(SPEECH, 6)
    sound, _ = pulse(
        f"equip_pulse?rate_hz=4&duty=0.3&frequency_hz=3000&rise_ms=1&snr_db=-10&jitter_percent={jitter_percent}",
        samples,
    )
    onsets = onsets_of(sound)
    assert len(onsets) == pytest.approx(240, abs=1)
    grid = np.arange(len(onsets)) / 4.0
    late = 4.0 * (onsets - grid)
    late -= 0.5 * (late.max() + late.min())
    assert np.max(np.abs(late)) == pytest.approx(jitter_percent / 100.0, rel=0.05)
    assert np.std(late) == pytest.approx(jitter_percent / 100.0 / np.sqrt(3.0), rel=0.1)  # uniform
    assert np.polyfit(grid, onsets, 1)[0] == pytest.approx(1.0, abs=0.001)
    assert abs(np.corrcoef(late[1:], late[:-1])[0, 1]) < 0.2
    assert np.mean(loudness(sound) > 0.1) == pytest.approx(0.3, abs=0.01)


def test_without_jitter_pulses_are_on_their_grid_and_longer_audio_has_the_same_jitter() -> None:
    even = np.diff(onsets_of(pulse("equip_pulse?rate_hz=4&duty=0.3&frequency_hz=3000&snr_db=-10")[0]))
    assert np.ptp(even) < 0.001
    text = "equip_pulse?rate_hz=4&duty=0.3&frequency_hz=3000&snr_db=-10&jitter_percent=20"
    short, long = pulse(text, SPEECH[: 3 * RATE])[0], pulse(text)[0]
    np.testing.assert_allclose(onsets_of(short), onsets_of(long)[: len(onsets_of(short))], atol=0.001)
    assert not np.allclose(onsets_of(pulse(text, slot=1)[0])[:5], onsets_of(long)[:5], atol=0.01)


@pytest.mark.parametrize(("harmonics", "rolloff_db"), [(2, 6.0), (5, 12.0), (20, 0.0)])
def test_overtones_roll_off_by_octave_and_the_level_counts_them_all(harmonics: int, rolloff_db: float) -> None:
    text = f"equip_pulse?duty=0.9&frequency_hz=600&snr_db=3&harmonics={harmonics}&rolloff_db={rolloff_db}"
    sound, degraded = pulse(text)
    first = amplitude_at(sound, 600.0)
    for order in range(2, 13):
        change = 20.0 * np.log10(amplitude_at(sound, 600.0 * order) / first + 1e-9)
        if order <= harmonics:
            assert change == pytest.approx(-rolloff_db * np.log2(order), abs=0.3)
        else:
            assert change < -40.0
    assert amplitude_at(sound, 16_000 - 14 * 600.0) < 0.02 * first  # nothing is folded back
    assert degraded.facts["achieved_snr_db"] == pytest.approx(3.0, abs=0.1)


def test_jitter_that_lets_pulses_overlap_is_refused() -> None:
    with pytest.raises(
        ConditionError, match=r"jitter_percent = 30 % lets pulses overlap .* 0.5 of the period; use .* 25 %"
    ):
        parse_condition("equip_pulse?jitter_percent=30")
    with pytest.raises(ConditionError, match="jitter_percent = 1 %"):
        parse_condition("equip_pulse?duty=1&jitter_percent=1")


def test_parameters_that_came_later_stand_in_an_id_only_where_they_change_something() -> None:
    old = parse_condition("equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8")
    assert old.condition_id == "equip_pulse?duty=0.5&frequency_hz=900&rate_hz=2&rise_ms=5&snr_db=8"
    assert parse_condition("equip_pulse?harmonics=1&jitter_percent=0").values_id == old.values_id
    new = parse_condition("equip_pulse?harmonics=3")
    assert new.values_id == "equip_pulse?duty=0.5&frequency_hz=900&harmonics=3&rate_hz=2&rise_ms=5&snr_db=8"
    assert parse_condition(new.condition_id) == new
    assert new.parameters["jitter_percent"] == 0.0


def test_the_samples_of_a_plain_pulse_are_those_from_before_there_was_jitter() -> None:
    """A gated sine, written out here once more: one draw for the rhythm, one for the phase."""
    condition = parse_condition("equip_pulse?duty=0.3&rate_hz=3")
    start, phase = rng_for(condition.values_id, 2, seed=1).random(2)
    times = np.arange(len(SPEECH)) / RATE
    since = np.mod(3.0 * times + start, 1.0) / 3.0
    ramp = np.clip(np.minimum(since, 0.1 - since) / 0.005, 0.0, 1.0)
    expected = (0.5 - 0.5 * np.cos(np.pi * ramp)) * np.sin(2.0 * np.pi * (900.0 * times + phase))
    sound, _ = pulse(condition.condition_id, slot=2)
    np.testing.assert_allclose(sound / np.max(np.abs(sound)), expected / np.max(np.abs(expected)), atol=1e-5)
