"""Café, intensive care and call centre, by measurement: levels, who speaks, how often things happen, and where they lie."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, welch

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone, write_corpus
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, CorpusPool, degrade, parse_condition
from workbench.conditions.cafe import Cafe
from workbench.conditions.call_centre import CallCentre
from workbench.conditions.condition import Degraded
from workbench.conditions.crowd_scenes import ringing
from workbench.conditions.icu_ward import IcuWard
from workbench.errors import AudioError, ConditionError

SPEECH = speech_like(10.0)
PLACES = ["cafe", "icu_ward", "call_centre"]


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    talkers = {name: [speech_like(3.0, seed=10 * k + u) for u in range(3)] for k, name in enumerate("abcdef")}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), talkers))


def added(
    text: str, pool: CorpusPool, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0, speaker: str = "ada"
) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE, "t/1", speaker), parse_condition(text), slot=slot, seed=1, pool=pool)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


# -- what holds for each of them


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("severity", [1, 4])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_snr_is_set_on_active_speech_level(name: str, severity: int, silence: float, voices: CorpusPool) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = added(f"{name}@{severity}", voices, samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(CATALOGUE[f"{name}@{severity}"].level, abs=0.05)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.01)


@pytest.mark.parametrize("name", PLACES)
def test_a_longer_utterance_hears_the_same_place_further(name: str, voices: CorpusPool) -> None:
    for slot in (1, 4):
        short, long = (
            added(f"{name}@2", voices, SPEECH[: 2 * RATE], slot=slot)[0],
            added(f"{name}@2", voices, slot=slot)[0],
        )
        scale = float(np.sum(long[: 2 * RATE] * short) / np.sum(np.square(short)))
        assert level_db(long[: 2 * RATE] - scale * short) < level_db(long[: 2 * RATE]) - 55.0


@pytest.mark.parametrize("name", PLACES)
def test_the_speaker_is_never_among_the_voices_and_few_speakers_speak_several_times(name: str, tmp_path: Path) -> None:
    hums = {"ada": 500.0, "ben": 1100.0, "cay": 1700.0}
    pool = CorpusPool(write_corpus(tmp_path, {who: [tone(f, 2.0)] for who, f in hums.items()}))
    for speaker, own in hums.items():
        sound, _ = added(f"{name}?snr_db=-20", pool, speaker=speaker)
        apart_db = {f: 20.0 * math.log10(amplitude_at(sound, f) / amplitude_at(sound, own)) for f in hums.values()}
        assert all(apart > 15.0 for f, apart in apart_db.items() if f != own)
    with pytest.raises(ConditionError, match="the corpus has 0 speakers"):
        added(f"{name}@2", CorpusPool(write_corpus(tmp_path, {"ada": [tone(500.0, 1.0)]})))


@pytest.mark.parametrize("name", PLACES)
def test_another_sample_rate_than_the_voices_is_refused(name: str, voices: CorpusPool) -> None:
    with pytest.raises(AudioError, match="a sample rate of 8000 Hz"):
        degrade(Waveform(SPEECH, 8000, "t/1"), parse_condition(f"{name}@2"), slot=0, seed=1, pool=voices)


@pytest.mark.parametrize("talkers", [2, 5, 13])
def test_a_crowd_holds_as_many_voices_as_asked_each_speaker_as_often_as_the_others(
    talkers: int, voices: CorpusPool
) -> None:
    crowd = voices.crowd(np.random.default_rng(3), n=talkers, exclude_speaker="b", n_samples=2 * RATE)
    assert len(crowd) == talkers == len({voice.tobytes() for voice in crowd})
    first = voices.talkers(np.random.default_rng(3), n=min(talkers, 5), exclude_speaker="b", n_samples=2 * RATE)
    for one, other in zip(first, crowd, strict=False):
        np.testing.assert_array_equal(one, other)


# -- what is struck


def test_a_struck_thing_rings_at_its_modes_and_dies_away_by_60_db_in_its_time() -> None:
    one = ringing(np.array([3000.0]), np.array([0.1]), np.array([0.25]), sample_rate=RATE)
    assert len(one) == 1600
    assert level_db(one[-80:]) - level_db(one[:80]) == pytest.approx(-60.0 * 1520 / 1600, abs=1.0)
    spectrum = np.abs(np.fft.rfft(one, 16 * RATE))
    assert np.argmax(spectrum) / 16.0 == pytest.approx(3000.0, abs=5.0)
    assert not ringing(np.array([7950.0]), np.array([0.1]), np.zeros(1), sample_rate=RATE).any()


@pytest.mark.parametrize("per_min", [20.0, 120.0])
def test_cups_clatter_as_often_as_asked_between_2_and_8_khz(per_min: float) -> None:
    counts, power = [], np.zeros(1025)
    for slot in range(10):
        sound, strokes = Cafe(clatter_per_min=per_min).clatter(np.random.default_rng(slot), 60 * RATE, RATE)
        counts.append(strokes)
        frequencies, one = welch(sound, RATE, nperseg=2048)
        power += one
    assert np.mean(counts) == pytest.approx(per_min, abs=3.0 * math.sqrt(per_min / 10.0))
    assert np.var(counts) == pytest.approx(per_min, rel=0.9)  # Poisson
    assert np.sum(power[frequencies > 1900.0]) > 0.97 * np.sum(power)


def test_a_stroke_peaks_where_it_should_above_the_voices() -> None:
    peaks = []
    for slot in range(40):
        sound, strokes = Cafe(clatter_per_min=4.0, clatter_db=20.0).clatter(
            np.random.default_rng(slot), 60 * RATE, RATE
        )
        there = np.flatnonzero(sound)
        cuts = np.split(there, np.flatnonzero(np.diff(there) > 800) + 1)
        peaks += [20.0 * math.log10(np.max(np.abs(sound[cut]))) for cut in cuts if strokes and len(cut) > 100]
    assert np.mean(peaks) == pytest.approx(20.0, abs=2.0)
    assert np.ptp(peaks) < 20.0


def test_the_voices_of_the_cafe_have_the_level_from_which_all_else_is_counted(voices: CorpusPool) -> None:
    sound, _ = added("cafe?clatter_per_min=0&snr_db=0", voices)
    loud, degraded = added("cafe?clatter_per_min=200&clatter_db=30&snr_db=0", voices)
    assert degraded.facts["clatters"] > 15

    def share(one: NDArray[np.float64]) -> float:
        frequencies, power = welch(one, RATE, nperseg=2048)
        return float(np.sum(power[frequencies > 2000.0]) / np.sum(power))

    assert share(loud) > 0.8 > 0.35 > share(sound)


# -- intensive care


@pytest.mark.long
@pytest.mark.parametrize(("number", "period_s"), [(0, 13.3), (1, 8.5)])
def test_the_alarms_have_been_going_and_return_with_their_period(number: int, period_s: float) -> None:
    from workbench.conditions.icu_ward import _ALARMS

    alarm = _ALARMS[number]
    assert alarm.burst()[3] == pytest.approx(period_s, abs=0.3)
    starts = []
    for slot in range(30):
        sound, share = IcuWard().alarm(alarm, np.random.default_rng(slot), 40 * RATE, RATE)
        assert level_db(sound[np.abs(sound) > 0.5]) > 0.0
        notes = len(alarm.burst()[0])
        assert share == pytest.approx(notes * alarm.burst()[2] / alarm.burst()[3], abs=0.03)
        turn = round(alarm.burst()[3] * RATE)
        late = np.argmax(np.correlate(np.abs(sound[turn - 400 : turn + 8000]), np.abs(sound[:8000]), "valid")) - 400
        if sound[:8000].any():
            assert abs(late) <= 1
        starts.append(int(np.argmax(np.abs(sound) > 0.1)) / RATE)
    assert min(starts) < 0.1
    assert max(starts) > 0.3 * period_s


def test_steps_follow_each_other_at_a_walking_pace_low_and_for_a_few_seconds() -> None:
    ward = IcuWard(walks_per_min=0.4)
    seen = 0
    for slot in range(60):
        sound, steps = ward.footsteps(np.random.default_rng(slot), 20 * RATE, RATE)
        if not steps:
            continue
        loud = np.flatnonzero(np.abs(sound) > 0.02)
        onsets = loud[np.insert(np.diff(loud) > 1600, 0, True)] / RATE
        gaps = np.diff(onsets)
        if len(onsets) < 4 or gaps.max() > 1.0:
            continue  # two who walk one after the other
        seen += 1
        assert np.all((gaps > 0.45) & (gaps < 0.66))
        assert onsets[-1] - onsets[0] < 7.0
        frequencies, power = welch(sound, RATE, nperseg=2048)
        assert np.sum(power[frequencies < 600.0]) > 0.8 * np.sum(power)
    assert seen >= 4


@pytest.mark.long
def test_people_walk_past_as_often_as_asked(voices: CorpusPool) -> None:
    minute = np.tile(SPEECH, 6)
    per_walk = np.mean(3.0 + 4.0 * np.linspace(0, 1, 101)) * 1.85
    counts = [added("icu_ward?walks_per_min=6", voices, minute, slot=slot)[1].facts["steps"] for slot in range(8)]
    assert np.mean(counts) == pytest.approx(6.0 * per_walk, rel=0.4)
    assert added("icu_ward?walks_per_min=0", voices)[1].facts["steps"] == 0.0


def test_the_near_alarm_stands_above_the_ventilator_as_asked(voices: CorpusPool) -> None:
    def alone(text: str) -> NDArray[np.float64]:
        return added(f"icu_ward?walks_per_min=0&talk_db=-60&snr_db=-20&{text}", voices, np.tile(SPEECH, 3))[0]

    ward = alone("alarm_db=30")
    quiet = alone("alarm_db=-60")
    frames = 10.0 * np.log10(np.mean(np.square(ward.reshape(-1, 800)), axis=1))
    # Half a second of alarm at least: its pulses at full against the ventilator between the bursts, in the same audio.
    machine = np.quantile(frames, 0.3)
    assert np.quantile(frames, 0.97) - machine == pytest.approx(30.0, abs=5.0)
    assert np.ptp(np.quantile(10.0 * np.log10(np.mean(np.square(quiet.reshape(-1, 800)), axis=1)), [0.1, 0.97])) < 25.0


# -- call centre


def test_the_voices_are_dulled_above_their_band(voices: CorpusPool) -> None:
    def ratio_db(text: str) -> NDArray[np.float64]:
        return 10.0 * np.log10(welch(added(text, voices)[0], RATE, nperseg=512)[1])

    bare = ratio_db("call_centre?bouts_per_min=0&band_hz=8000&snr_db=-20")
    dull = ratio_db("call_centre?bouts_per_min=0&band_hz=1000&snr_db=-20")
    change = dull - bare
    frequencies = np.fft.rfftfreq(512, 1.0 / RATE)
    low, high = (change[np.abs(frequencies - f) < 60.0].mean() for f in (500.0, 4000.0))
    assert low - high == pytest.approx(10.0 * math.log10((1 + 16.0) / (1 + 0.25)) - 10 * math.log10(1.25), abs=2.0)


def test_keys_follow_each_other_five_times_a_second_each_with_its_release() -> None:
    clicks = []
    for slot in range(12):
        sound, keys = CallCentre(bouts_per_min=2.0).typing(np.random.default_rng(slot), 30 * RATE, RATE)
        loud = np.flatnonzero(np.abs(sound) > 0.05)
        onsets = loud[np.insert(np.diff(loud) > 240, 0, True)] / RATE if len(loud) else np.zeros(0)
        if keys > 5:
            assert len(onsets) == pytest.approx(2 * keys, rel=0.25)
            gaps = np.diff(onsets)
            clicks += list(gaps[gaps < 0.5])
        if len(loud):
            frequencies, power = welch(sound, RATE, nperseg=512)
            assert np.sum(power[frequencies > 1200.0]) > 0.95 * np.sum(power)
    # Pressed and let go: two clicks per key, keys 0.1 to 0.3 s apart, so one click per 0.1 s on average.
    assert np.mean(clicks) == pytest.approx(0.1, rel=0.15)


def test_somebody_types_for_the_share_of_time_that_the_rates_make() -> None:
    pressed = [CallCentre().typing(np.random.default_rng(slot), 60 * RATE, RATE)[1] for slot in range(20)]
    assert np.mean(pressed) == pytest.approx(12.0 * 3.25 * 5.0, rel=0.2)
    loud, _ = CallCentre(click_db=20.0).typing(np.random.default_rng(1), 60 * RATE, RATE)
    assert 14.0 < 20.0 * math.log10(np.max(np.abs(loud))) < 27.0  # of one key, or two that meet


def test_high_passed_voices_have_no_rumble(voices: CorpusPool) -> None:
    sound, _ = added("call_centre?bouts_per_min=0&snr_db=-20", voices)
    rumble = sosfilt(butter(4, 100.0, fs=RATE, output="sos"), sound)
    plain = added("babble?snr_db=-20&talkers=4", voices)[0]
    before = sosfilt(butter(4, 100.0, fs=RATE, output="sos"), plain)
    assert level_db(rumble) < level_db(before) - 6.0
