"""The competing talker, by measurement: when they talk, how loud, and that it is somebody else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone, write_corpus
from workbench.audio import Waveform, speech_level
from workbench.conditions import CorpusPool, degrade, parse_condition
from workbench.conditions.condition import Degraded
from workbench.errors import AudioError, ConditionError

SPEECH = speech_like(10.0)
HUMS = {"ada": 500.0, "ben": 1100.0, "cay": 1700.0, "dot": 2300.0}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    talkers = {name: [speech_like(4.0, seed=10 * k + u) for u in range(3)] for k, name in enumerate("abcdef")}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), talkers))


@pytest.fixture(scope="module")
def hums(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    """Voices that can be told apart by their one frequency; they never pause."""
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("hums"), {n: [tone(f, 4.0)] for n, f in HUMS.items()}))


def added(
    text: str, pool: CorpusPool, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0, speaker: str = "ada"
) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE, "t/1", speaker), parse_condition(text), slot=slot, seed=1, pool=pool)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


@pytest.mark.parametrize(("percent", "delay_s", "begin_s"), [(60, 0.2, 0.2), (25, 3, 3), (80, 5, 2), (100, 0, 0)])
def test_the_other_talks_for_their_share_and_begins_when_told_or_as_late_as_it_fits(
    percent: float, delay_s: float, begin_s: float, hums: CorpusPool
) -> None:
    sound, degraded = added(f"overlap?overlap_percent={percent}&delay_s={delay_s}&sir_db=-10", hums)
    there = np.flatnonzero(np.abs(sound) > 1e-4)
    assert there[0] / RATE == pytest.approx(begin_s, abs=0.005)
    assert (there[-1] - there[0]) / RATE == pytest.approx(percent / 10.0, abs=0.01)
    assert degraded.facts["overlap_start_s"] == pytest.approx(begin_s)
    assert degraded.facts["overlap_percent"] == pytest.approx(percent, abs=0.01)


@pytest.mark.parametrize("sir_db", [15.0, 0.0, -10.0])
@pytest.mark.parametrize("silence_s", [0.0, 15.0])
def test_the_ratio_is_that_of_the_active_levels_whatever_either_pauses(
    sir_db: float, silence_s: float, voices: CorpusPool
) -> None:
    samples = np.append(SPEECH, np.zeros(round(silence_s * RATE), dtype=np.float32))
    percent = 60.0 * len(SPEECH) / len(samples)
    for slot in range(4):
        sound, degraded = added(f"overlap?sir_db={sir_db}&overlap_percent={percent}", voices, samples, slot=slot)
        begin = round(degraded.facts["overlap_start_s"] * RATE)
        other_db = speech_level(sound[begin : begin + round(0.01 * percent * len(samples))], RATE).active_db
        measured = speech_level(samples, RATE).active_db - other_db
        assert measured == pytest.approx(sir_db, abs=0.25)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.05)


def test_a_voice_that_changes_its_loudness_is_measured_where_it_is_heard(tmp_path: Path) -> None:
    steady = speech_like(4.0, pause_s=0.0)
    pool = CorpusPool(write_corpus(tmp_path, {who: [np.append(steady, 0.3 * steady)] for who in "abc"}))
    levels = set()
    for slot in range(8):
        sound, degraded = added("overlap?sir_db=3&overlap_percent=35&delay_s=0", pool, slot=slot)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(3.0, abs=0.5)
        levels.add(round(level_db(sound[:8000])))
    assert len(levels) > 1  # of what is said loud, soft, or from one to the other


def test_a_short_stretch_in_which_the_other_pauses_is_not_turned_up(tmp_path: Path) -> None:
    breath = 1e-3 * np.random.default_rng(1).standard_normal(2 * RATE).astype(np.float32)
    talking = np.concatenate([speech_like(1.0, pause_s=0.0), breath])
    pool = CorpusPool(write_corpus(tmp_path, {who: [talking] for who in "abc"}))
    short = SPEECH[: RATE // 2]
    levels = [level_db(added("overlap?sir_db=0&overlap_percent=40", pool, short, slot=slot)[0]) for slot in range(30)]
    assert max(levels) - min(levels) > 25.0


def test_the_other_is_one_speaker_and_never_the_one_who_is_transcribed(hums: CorpusPool) -> None:
    heard = set()
    for speaker, own in HUMS.items():
        for slot in range(12):
            sound, _ = added("overlap?sir_db=-10&overlap_percent=100", hums, slot=slot, speaker=speaker)
            there = [f for f in HUMS.values() if amplitude_at(sound, f) > 0.05]
            assert len(there) == 1
            assert there != [own]
            heard.add(there[0])
    assert heard == set(HUMS.values())


def test_the_speech_outside_the_stretch_is_untouched(voices: CorpusPool) -> None:
    degraded = degrade(
        Waveform(SPEECH, RATE, "t/1", "ada"), parse_condition("overlap?sir_db=20"), slot=0, seed=1, pool=voices
    )
    begin = round(0.2 * RATE)
    np.testing.assert_array_equal(degraded.wave.samples[:begin], SPEECH[:begin])
    np.testing.assert_array_equal(degraded.wave.samples[begin + 6 * RATE :], SPEECH[begin + 6 * RATE :])


def test_silence_and_a_lonely_speaker_are_refused(voices: CorpusPool, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="digital silence"):
        added("overlap@2", voices, np.zeros(RATE, dtype=np.float32))
    lonely = CorpusPool(write_corpus(tmp_path, {"ada": [speech_like(1.0)]}))
    with pytest.raises(ConditionError, match="0 speakers with audible speech besides ada"):
        added("overlap@2", lonely)
