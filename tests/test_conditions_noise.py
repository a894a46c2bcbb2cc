"""White and speech-shaped noise and babble, by measurement: decibels, spectra, who speaks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.signal import welch

from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone, write_corpus
from workbench.audio import Waveform, decode, speech_level
from workbench.conditions import CATALOGUE, CorpusPool, degrade, parse_condition
from workbench.conditions import voice_pool as pool_module
from workbench.conditions.condition import Degraded
from workbench.conditions.noise import shaped
from workbench.conditions.voice_pool import in_proportion
from workbench.errors import ConditionError

NOISES = ["white_noise", "speech_shaped_noise", "babble"]
SPEAKERS = [f"s{k}" for k in range(7)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    voices = {name: [speech_like(0.8, seed=10 * k + u) for u in range(3)] for k, name in enumerate(SPEAKERS)}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), voices))


def added(clean: NDArray[np.float32], degraded: Degraded) -> NDArray[np.float64]:
    """Return what was added to the speech, at the speech's own scale."""
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - clean


def with_silence(samples: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    return np.append(samples, np.zeros(round(len(samples) * share / (1.0 - share)), dtype=np.float32))


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("snr_db", [20.0, 5.0, -5.0])
def test_the_noise_is_set_on_active_speech_level_also_when_most_of_the_recording_is_silent(
    name: str, snr_db: float, pool: CorpusPool
) -> None:
    speech = speech_like(4.0)
    for samples in (speech, with_silence(speech, 0.6), speech_like(0.5), (9.0 * speech).astype(np.float32)):
        condition = parse_condition(f"{name}?snr_db={snr_db}")
        degraded = degrade(Waveform(samples, RATE, "u", "s0"), condition, slot=0, seed=1, pool=pool)
        measured = speech_level(samples, RATE).active_db - level_db(added(samples, degraded))
        assert measured == pytest.approx(snr_db, abs=0.05)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.01)
    # Who pauses more does not get another noise: the levels agree with and without 60 % silence.
    levels = [
        level_db(added(samples, degrade(Waveform(samples, RATE, "u", "s0"), condition, slot=0, seed=1, pool=pool)))
        for samples in (speech, with_silence(speech, 0.6))
    ]
    assert levels[0] == pytest.approx(levels[1], abs=0.2)


@pytest.mark.parametrize("name", NOISES)
def test_the_decibels_hold_on_recorded_speech(name: str, shared_dir: Path, pool: CorpusPool) -> None:
    for path in [
        shared_dir / "corpora/fixtures/jfk.flac",
        *sorted(shared_dir.glob("corpora/fsdd-600/recordings/7_*_3.wav")),
    ]:
        clean = decode(path)
        for samples in (clean.samples, with_silence(clean.samples, 0.6)):
            for severity in (1, 4):
                condition = CATALOGUE[f"{name}@{severity}"]
                degraded = degrade(Waveform(samples, RATE), condition, slot=0, seed=1, pool=pool)
                measured = speech_level(samples, RATE).active_db - level_db(added(samples, degraded))
                assert measured == pytest.approx(condition.level, abs=0.2), path.name


def test_what_would_clip_is_turned_down_and_says_so() -> None:
    loud = Waveform((0.99 * speech_like(1.0) / np.max(np.abs(speech_like(1.0)))).astype(np.float32), RATE)
    degraded = degrade(loud, CATALOGUE["white_noise@4"], slot=0, seed=1)
    assert degraded.facts["gain_db"] < 0.0
    assert degraded.facts["peak"] == 1.0
    assert (
        "gain_db"
        not in degrade(Waveform(speech_like(1.0, level=0.01), RATE), CATALOGUE["white_noise@4"], slot=0, seed=1).facts
    )


@pytest.mark.parametrize("name", NOISES)
def test_a_longer_utterance_hears_the_same_noise_further(name: str, pool: CorpusPool) -> None:
    short, long = speech_like(0.3, pause_s=0.0), speech_like(2.5, pause_s=0.0)
    sounds = [
        added(samples, degrade(Waveform(samples, RATE, "u", "s0"), CATALOGUE[f"{name}@2"], slot=4, seed=1, pool=pool))
        for samples in (short, long)
    ]
    head = sounds[1][: len(short)]
    scale = float(np.sum(head * sounds[0]) / np.sum(np.square(sounds[0])))
    assert level_db(head - scale * sounds[0]) < level_db(head) - 80.0  # only the rounding of float32 is left


@pytest.mark.parametrize("name", ["white_noise", "speech_shaped_noise"])
def test_every_speaker_hears_the_same_noise_in_the_same_slot(name: str, pool: CorpusPool) -> None:
    samples = speech_like(1.0)
    heard = [
        degrade(Waveform(samples, RATE, f"u{speaker}", speaker), CATALOGUE[f"{name}@2"], slot=7, seed=1, pool=pool)
        for speaker in SPEAKERS
    ]
    assert len({one.wave.samples.tobytes() for one in heard}) == 1


def test_white_noise_is_flat() -> None:
    silent_but_for_a_click = np.zeros(20 * RATE, dtype=np.float32)
    silent_but_for_a_click[:RATE] = speech_like(1.0)
    degraded = degrade(Waveform(silent_but_for_a_click, RATE), CATALOGUE["white_noise@4"], slot=0, seed=1)
    _, power = welch(added(silent_but_for_a_click, degraded), RATE, nperseg=512)
    bands = 10.0 * np.log10(power[4:-4].reshape(-1, 249 // 3).mean(axis=1))
    assert np.ptp(bands) < 0.3


# -- speech-shaped noise


def third_octaves(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return levels in third octaves from 160 Hz to 6.3 kHz, dB relative to their power sum."""
    frequencies, power = welch(samples.astype(np.float64), RATE, nperseg=2048)
    centres = 1000.0 * 2.0 ** (np.arange(-8, 9) / 3.0)
    levels = [power[(frequencies >= c * 2 ** (-1 / 6)) & (frequencies < c * 2 ** (1 / 6))].sum() for c in centres]
    return 10.0 * np.log10(np.array(levels) / np.sum(levels))


def test_speech_shaped_noise_has_the_spectrum_of_all_the_speech_together(pool: CorpusPool) -> None:
    everyone = np.concatenate([speech_like(0.8, seed=10 * k + u) for k in range(7) for u in range(3)])
    frequencies, amplitudes = pool.ltass()
    noise = shaped(np.random.default_rng(1), 30 * RATE, frequencies, amplitudes, sample_rate=RATE)
    np.testing.assert_allclose(third_octaves(noise), third_octaves(everyone), atol=1.0)


def test_speech_shaped_noise_follows_a_steep_spectrum() -> None:
    frequencies = np.linspace(0.0, 8000.0, 257)
    amplitudes = 1.0 / (1.0 + (frequencies / 500.0) ** 2)
    noise = shaped(np.random.default_rng(1), 60 * RATE, frequencies, amplitudes, sample_rate=RATE)
    found_frequencies, power = welch(noise, RATE, nperseg=1024)
    inner = (found_frequencies > 100.0) & (found_frequencies < 6000.0)
    found = 10.0 * np.log10(power[inner])
    expected = 20.0 * np.log10(np.interp(found_frequencies[inner], frequencies, amplitudes))
    difference = found - expected
    assert np.max(np.abs(difference - difference.mean())) < 1.0


def test_every_speaker_counts_the_same_in_the_average_spectrum_however_much_and_loud_they_speak(tmp_path: Path) -> None:
    talkative = {"a": [tone(500.0, 1.0, level=0.9)] * 9, "b": [tone(2000.0, 1.0, level=0.01)]}
    frequencies, amplitudes = CorpusPool(write_corpus(tmp_path, talkative)).ltass()
    at = [amplitudes[np.argmin(np.abs(frequencies - f))] for f in (500.0, 2000.0)]
    assert at[0] == pytest.approx(at[1], rel=0.01)


def test_speech_shaped_noise_is_there_from_the_first_sample(pool: CorpusPool) -> None:
    frequencies, amplitudes = pool.ltass()
    rng = np.random.default_rng(1)
    starts = np.stack([shaped(rng, 4096, frequencies, amplitudes, sample_rate=RATE) for _ in range(300)])
    power = np.mean(np.square(starts), axis=0)
    assert 10.0 * np.log10(power[:64].mean() / power.mean()) == pytest.approx(0.0, abs=0.5)


# -- babble

TONES = {name: 500.0 + 300.0 * k for k, name in enumerate(SPEAKERS)}


@pytest.fixture(scope="module")
def tone_pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    """A corpus in which everyone hums a note of their own, so that one can hear who is there."""
    voices = {name: [tone(f, 0.5, level=0.02 * (k + 1)), tone(f, 0.7)] for k, (name, f) in enumerate(TONES.items())}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("hums"), voices))


def who_speaks(samples: NDArray[np.floating]) -> set[str]:
    amplitudes = {name: amplitude_at(samples, frequency) for name, frequency in TONES.items()}
    loudest = max(amplitudes.values())
    return {name for name, amplitude in amplitudes.items() if amplitude > 0.3 * loudest}


def test_babble_has_as_many_talkers_as_asked_and_never_the_speaker(tone_pool: CorpusPool) -> None:
    samples = speech_like(1.0)
    seen = set()
    for slot in range(12):
        for speaker in SPEAKERS:
            for talkers in (2, 6):
                condition = parse_condition(f"babble?talkers={talkers}&snr_db=-30")
                wave = Waveform(samples, RATE, "u", speaker)
                present = who_speaks(added(samples, degrade(wave, condition, slot=slot, seed=1, pool=tone_pool)))
                assert len(present) == talkers
                assert speaker not in present
                seen |= present
    assert seen == set(SPEAKERS)


def test_from_slot_to_slot_other_people_speak_and_begin_elsewhere_in_what_they_say(tmp_path: Path) -> None:
    corpus = CorpusPool(write_corpus(tmp_path, {name: [speech_like(2.0, seed=k)] for k, name in enumerate(SPEAKERS)}))
    begins: dict[bytes, set[bytes]] = {}
    for seed in range(40):
        first = corpus.talkers(np.random.default_rng(seed), n=1, exclude_speaker="s0", n_samples=RATE // 10)[0]
        whole = corpus.talkers(np.random.default_rng(seed), n=1, exclude_speaker="s0", n_samples=2 * RATE)[0]
        who = np.sort(whole).tobytes()  # the same utterance, wherever it was begun
        begins.setdefault(who, set()).add(first.tobytes())
    assert len(begins) == 6, "everyone but s0"
    assert sum(map(len, begins.values())) == 40, "hardly ever the same moment"


def test_babble_talkers_are_equally_loud(tone_pool: CorpusPool) -> None:
    voices = tone_pool.talkers(np.random.default_rng(1), n=6, exclude_speaker="s0", n_samples=RATE)
    assert {len(voice) for voice in voices} == {RATE}
    for voice in voices:
        assert level_db(voice) == pytest.approx(-26.0, abs=0.7)


def test_every_speaker_hears_the_same_babble_less_themselves(tone_pool: CorpusPool) -> None:
    def heard_by(speaker: str) -> list[bytes]:
        rng = np.random.default_rng(3)
        return [v.tobytes() for v in tone_pool.talkers(rng, n=4, exclude_speaker=speaker, n_samples=2000)]

    outsider = heard_by("nobody")
    for speaker in SPEAKERS:
        assert len(set(heard_by(speaker)) & set(outsider)) >= 3
    assert sum(heard_by(speaker) == outsider for speaker in SPEAKERS) == len(SPEAKERS) - 4


def test_too_few_other_speakers_is_an_error_that_counts_them(tmp_path: Path) -> None:
    corpus = CorpusPool(write_corpus(tmp_path, {name: [speech_like(0.5)] for name in ("a", "b", "c", "d")}))
    wave = Waveform(speech_like(0.5), RATE, "u", "a")
    with pytest.raises(ConditionError) as caught:
        degrade(wave, CATALOGUE["babble@2"], slot=0, seed=1, pool=corpus)
    assert "babble of 4 talkers, but the corpus has 3 speakers with audible speech besides a" in str(caught.value)
    assert "use talkers=3 or a corpus with more speakers" in str(caught.value)
    assert degrade(wave, parse_condition("babble?talkers=3"), slot=0, seed=1, pool=corpus).facts["achieved_snr_db"]


# -- the pool itself


def test_the_pool_passes_over_what_cannot_be_decoded_or_heard(tmp_path: Path) -> None:
    frame = write_corpus(
        tmp_path, {"a": [tone(500.0, 0.5)], "b": [tone(800.0, 0.5), np.zeros(100, np.float32)], "c": []}
    )
    broken = tmp_path / "c_0.wav"
    broken.write_text("not audio")
    frame = pd.concat([frame, frame.tail(1).assign(speaker_id="c", utterance_id="toy/c_0", path=str(broken))])
    corpus = CorpusPool(frame)
    assert len(corpus.talkers(np.random.default_rng(0), n=2, exclude_speaker="", n_samples=20_000)) == 2
    with pytest.raises(ConditionError, match="babble of 3 talkers, but the corpus has 2 speakers"):
        corpus.talkers(np.random.default_rng(0), n=3, exclude_speaker="", n_samples=100)
    assert np.isfinite(corpus.ltass()[1]).all()


def test_a_corpus_of_transcripts_only_has_no_voices(tmp_path: Path) -> None:
    frame = write_corpus(tmp_path, {"a": [tone(500.0, 0.5)]}).assign(path="")
    with pytest.raises(ConditionError, match="no audible speech"):
        CorpusPool(frame).ltass()
    with pytest.raises(ConditionError, match="the corpus has 0 speakers"):
        CorpusPool(frame).talkers(np.random.default_rng(0), n=1, exclude_speaker="", n_samples=100)


def test_the_pools_digest_follows_its_content_and_not_the_order_of_rows(tmp_path: Path) -> None:
    frame = write_corpus(tmp_path, {"a": [speech_like(0.2)], "b": [speech_like(0.2, seed=2)]})
    digest = CorpusPool(frame).digest
    assert CorpusPool(frame.iloc[::-1]).digest == digest
    assert CorpusPool(frame.assign(accent="x")).digest == digest
    assert CorpusPool(frame.assign(source_digest="other")).digest != digest
    assert CorpusPool(frame.assign(speaker_id="a")).digest != digest


def test_the_pools_memory_is_bounded_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = write_corpus(tmp_path, {name: [speech_like(1.0, seed=k) for k in range(4)] for name in "abcde"})

    def excerpt(corpus: CorpusPool) -> list[bytes]:
        rng = np.random.default_rng(5)
        return [v.tobytes() for v in corpus.talkers(rng, n=4, exclude_speaker="a", n_samples=3 * RATE)]

    roomy = excerpt(CorpusPool(frame))
    monkeypatch.setattr(pool_module, "CACHE_BYTES", 200_000)
    tight = CorpusPool(frame)
    assert excerpt(tight) == roomy
    assert tight._cached_bytes <= 200_000
    assert math.isclose(tight._cached_bytes, sum(s.nbytes for s in tight._cache.values() if s is not None))


def test_of_a_long_utterance_only_the_first_half_minute_is_read(tmp_path: Path) -> None:
    frame = write_corpus(tmp_path, {"a": [np.concatenate([tone(500.0, 30.0), tone(2000.0, 5.0)])]})
    voice = CorpusPool(frame).talkers(np.random.default_rng(0), n=1, exclude_speaker="", n_samples=40 * RATE)[0]
    assert amplitude_at(voice, 2000.0) < 1e-3 * amplitude_at(voice, 500.0)


# -- accents in proportion


@pytest.mark.parametrize("k", [1, 2, 4, 8, 15])
def test_any_first_voices_hold_every_accent_in_its_proportion_nearly(k: int) -> None:
    groups = np.array([0] * 12 + [1] * 6 + [2] * 2)
    counts = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        order = in_proportion(rng, rng.permutation(20), groups)
        assert sorted(order) == list(range(20))
        counts.append(np.bincount(groups[order[:k]], minlength=3))
    expected = k * np.array([0.6, 0.3, 0.1])
    assert np.max(np.abs(np.array(counts) - expected)) < 2.0
    np.testing.assert_allclose(np.mean(counts, axis=0), expected, atol=0.25)


def test_everybody_is_as_likely_in_every_place_and_one_accent_alone_changes_nothing() -> None:
    groups = np.array([0] * 4 + [1] * 2)
    places = np.zeros((6, 6))
    for seed in range(3000):
        rng = np.random.default_rng(seed)
        places[np.arange(6), in_proportion(rng, rng.permutation(6), groups)] += 1.0 / 3000.0
    np.testing.assert_allclose(places, 1.0 / 6.0, atol=0.03)
    order = np.random.default_rng(1).permutation(9)
    np.testing.assert_array_equal(in_proportion(np.random.default_rng(2), order, np.zeros(9, dtype=np.int64)), order)


def test_babble_mixes_accents_and_says_so_in_its_digest(tmp_path: Path) -> None:
    names = [f"s{k:02d}" for k in range(12)]
    frame = write_corpus(tmp_path, {name: [tone(400.0 + 100.0 * k, 1.0)] for k, name in enumerate(names)})
    accents = {name: ("north" if k < 6 else "south") for k, name in enumerate(names)}
    mixed = frame.assign(accent=frame["speaker_id"].map(accents))
    corpus = CorpusPool(mixed)
    assert corpus.digest != CorpusPool(frame).digest
    assert corpus.digest == CorpusPool(mixed.iloc[::-1]).digest
    other = frame.assign(accent=frame["speaker_id"].map(lambda name: "north" if int(name[1:]) % 2 else "south"))
    assert corpus.digest != CorpusPool(other).digest
    for seed in range(30):
        voices = corpus.talkers(np.random.default_rng(seed), n=4, exclude_speaker="", n_samples=RATE)
        heard = [names[int(np.argmax([amplitude_at(v, 400.0 + 100.0 * k) for k in range(12)]))] for v in voices]
        assert 1 <= sum(accents[name] == "north" for name in heard) <= 3
    one, less = (
        corpus.talkers(np.random.default_rng(3), n=5, exclude_speaker=x, n_samples=RATE) for x in ("", "nobody")
    )
    for a, b in zip(one, less, strict=True):
        np.testing.assert_array_equal(a, b)
