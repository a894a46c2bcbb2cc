"""Background music, by measurement: the notes of its chords, its beat, its level."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition, rng_for
from workbench.conditions.condition import Degraded
from workbench.conditions.music import Music

SPEECH = speech_like(20.0)


def added(text: str, samples: NDArray[np.float32] = SPEECH, *, slot: int = 0) -> tuple[NDArray[np.float64], Degraded]:
    """Return what the condition added to the speech, and the degraded audio."""
    degraded = degrade(Waveform(samples, RATE), parse_condition(text), slot=slot, seed=1)
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - samples, degraded


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_snr_is_set_on_active_speech_level(severity: int, silence: float) -> None:
    samples = np.append(SPEECH, np.zeros(round(len(SPEECH) * silence / (1.0 - silence)), dtype=np.float32))
    sound, degraded = added(f"music@{severity}", samples)
    measured = speech_level(samples, RATE).active_db - level_db(sound)
    assert measured == pytest.approx(CATALOGUE[f"music@{severity}"].level, abs=0.05)
    assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.01)


def test_a_longer_utterance_hears_the_same_music_further() -> None:
    short, long = added("music@2", SPEECH[: 3 * RATE])[0], added("music@2")[0]
    scale = float(np.sum(long[: 3 * RATE] * short) / np.sum(np.square(short)))
    assert level_db(long[: 3 * RATE] - scale * short) < level_db(long[: 3 * RATE]) - 60.0


@pytest.mark.parametrize("slot", [0, 1, 2])
def test_each_chord_sounds_its_four_notes_and_they_are_a_triad_over_its_bass(slot: int) -> None:
    condition = parse_condition("music?drums_db=-60&snr_db=-20")
    assert isinstance(condition, Music)
    sound, degraded = added(condition.condition_id, slot=slot)
    chords, begin = condition.score(rng_for(condition.values_id, slot, seed=1).spawn(2)[0])
    assert degraded.facts["lowest_note_hz"] == pytest.approx(chords.min())
    for number in range(4, 8):  # the beats are 0.6 s
        start_s = (4.0 * number - begin) * 0.6
        if start_s < 0.0:
            continue
        bar = sound[round((start_s + 0.05) * RATE) : round((start_s + 1.15) * RATE)]
        spectrum = np.abs(np.fft.rfft(bar * np.hanning(len(bar)), 8 * len(bar)))
        frequencies = np.fft.rfftfreq(8 * len(bar), 1.0 / RATE)
        notes = chords[number % 4]
        for note in notes:
            near = np.abs(frequencies - note) < 4.0
            between = (np.abs(frequencies - note * 2 ** (-1 / 24)) < 1.0) | (
                np.abs(frequencies - note * 2 ** (1 / 24)) < 1.0
            )
            assert spectrum[near].max() > 3.0 * spectrum[between].max()
            assert frequencies[near][np.argmax(spectrum[near])] == pytest.approx(note, abs=1.0)
        semitones = np.round(12.0 * np.log2(notes / notes[0])).astype(int)
        assert semitones[0] == 0
        assert tuple(semitones[1:] - semitones[1]) in {(0, 4, 7), (0, 3, 7)}


def test_keys_and_chords_are_drawn_by_slot() -> None:
    scores = [Music().score(rng_for("music", slot, seed=1)) for slot in range(60)]
    assert len({round(float(chords.min()), 3) for chords, _ in scores}) > 8
    assert len({tuple(np.round(chords.ravel(), 3)) for chords, _ in scores}) > 50
    begins = [begin for _, begin in scores]
    assert min(begins) < 2.0 < 14.0 < max(begins) < 16.0
    assert all(np.ptp(12.0 * np.log2(chords[:, 0] / chords[0, 0])) > 1.9 for chords, _ in scores)  # chords change


@pytest.mark.parametrize("beats_per_min", [70.0, 100.0, 160.0])
def test_the_snare_falls_on_every_second_beat_within_one_percent(beats_per_min: float) -> None:
    sound, _ = added(f"music?beats_per_min={beats_per_min}&drums_db=30&snr_db=-20")
    power = np.square(np.diff(sound, n=2)).reshape(-1, 2) if len(sound) % 2 == 0 else None
    assert power is not None
    loud = np.convolve(power.sum(axis=1), np.ones(40), mode="same")  # 5 ms, treble
    hits = np.flatnonzero(loud > 0.25 * loud.max())
    onsets = hits[np.insert(np.diff(hits) > 1600, 0, True)] / 8000.0
    period = 2.0 * 60.0 / beats_per_min
    assert np.median(np.diff(onsets)) == pytest.approx(period, rel=0.01)
    assert len(onsets) == pytest.approx(20.0 / period, abs=1.5)
