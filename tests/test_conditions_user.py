"""The user's own noise and rooms, by measurement: SNR, pairing, timing, level, decay; and in a study with its keys."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner

from tests.corpus import make
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.__main__ import app
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, Condition, degrade, describe, parse_condition
from workbench.conditions.rt60 import recorded_rt60_s
from workbench.conditions.user_room import split
from workbench.engines import ScriptedEngine
from workbench.errors import AudioError, ConditionError, StudyError
from workbench.results import loader
from workbench.runner import resolve, run
from workbench.store import RunRecord, open_store
from workbench.study import Study

SPEECH = Waveform(speech_like(3.0), RATE, "toy/ada_0", "ada")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three noises and one of three responses with known decay."""
    folder = tmp_path_factory.mktemp("recordings")
    for kind in ("noise", "rooms"):
        (folder / kind).mkdir()
    for number, seconds in enumerate((0.7, 4.0, 9.0)):
        rng = np.random.default_rng(number)
        sound = (
            0.05 * rng.standard_normal(round(seconds * RATE)) * (1.2 + np.sin(np.arange(round(seconds * RATE)) / 4e3))
        )
        soundfile.write(folder / "noise" / f"{number}.wav", sound, RATE)
    for number, rt60_s in enumerate((0.2, 0.4, 0.8)):
        soundfile.write(folder / "rooms" / f"{number}.flac", response(rt60_s, seed=number), RATE, subtype="PCM_24")
    return folder


def response(rt60_s: float, *, seed: int = 0, lead: int = 400, floor_db: float = -70.0) -> NDArray[np.float64]:
    """A click of .5 after ``lead`` samples, then a tail of a tenth of its energy; noise at ``floor_db`` below the tail's start."""
    rng = np.random.default_rng(seed)
    n = round(1.5 * rt60_s * RATE)
    tail = rng.standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / (rt60_s * RATE))
    start = 0.5 * math.sqrt(0.1 / np.sum(np.square(tail)))
    tail *= start
    whole = np.concatenate([np.zeros(lead), [0.5], np.zeros(60), tail])
    return whole + start * 10.0 ** (floor_db / 20.0) * rng.standard_normal(len(whole))


def noise_at(folder: Path, snr_db: float) -> Condition:
    return parse_condition({"id": "user_noise", "folder": str(folder / "noise"), "snr_db": snr_db})


# -- as written


def test_a_folder_is_part_of_the_name_and_a_severity_may_stand_beside_it() -> None:
    named = parse_condition("user_noise@3?folder=ward/night")
    assert (named.condition_id, named.level) == ("user_noise@3?folder=ward/night", 5.0)
    assert (
        parse_condition("user_noise?folder=ward/night&snr_db=5").condition_id == "user_noise?folder=ward/night&snr_db=5"
    )
    assert parse_condition("user_room?folder=./rooms//").condition_id == "user_room@2?folder=rooms"
    assert parse_condition(json.loads(named.model_dump_json())) == named
    assert not [name for name in CATALOGUE if name.startswith("user_")]
    rows = {row["id"]: row for row in describe()}
    assert rows["user_noise@2?folder=FOLDER"]["parameters"] == {"folder": "FOLDER", "snr_db": 10.0}
    assert "user_room@4?folder=FOLDER" in rows


@pytest.mark.parametrize("text", ["user_noise", "user_noise@2", "user_room?folder=%20", "user_noise?folder=a%00b"])
def test_without_a_folder_there_is_none(text: str) -> None:
    with pytest.raises(ConditionError, match=r"names no folder: write user_\w+@2\?folder=recordings"):
        parse_condition(text)


# -- noise


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 20.0])
@pytest.mark.parametrize("silence", [0.0, 0.6])
def test_the_snr_is_that_of_active_speech_over_the_excerpt(recordings: Path, snr_db: float, silence: float) -> None:
    speech = speech_like(2.0)
    samples = np.concatenate([speech, np.zeros(round(len(speech) * silence / (1.0 - silence)), dtype=np.float32)])
    for slot in range(4):
        degraded = degrade(Waveform(samples, RATE), noise_at(recordings, snr_db), slot=slot, seed=1)
        gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
        added = degraded.wave.samples / gain - samples
        measured = speech_level(samples, RATE).active_db - level_db(added)
        assert measured == pytest.approx(snr_db, abs=0.2)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(snr_db, abs=0.2)


def heard_noise(
    recordings: Path, wave: Waveform, *, slot: int, snr_db: float = 10.0, seed: int = 1
) -> NDArray[np.float64]:
    """Return the noise that was added, at a level of 1."""
    degraded = degrade(wave, noise_at(recordings, snr_db), slot=slot, seed=seed)
    added = degraded.wave.samples.astype(np.float64) - wave.samples
    return added / np.sqrt(np.mean(np.square(added[: RATE // 2])))


def test_speakers_lengths_and_levels_are_paired_and_slots_and_seeds_are_not(recordings: Path) -> None:
    other = Waveform(0.5 * speech_like(1.0, seed=7), RATE, "toy/bea_0", "bea")
    one, short = heard_noise(recordings, SPEECH, slot=0), heard_noise(recordings, other, slot=0)
    assert np.allclose(one[:RATE], short, atol=1e-3)
    assert np.allclose(one, heard_noise(recordings, SPEECH, slot=0, snr_db=5.0), atol=1e-3)
    assert not np.allclose(one, heard_noise(recordings, SPEECH, slot=1), atol=0.1)
    assert not np.allclose(one, heard_noise(recordings, SPEECH, slot=0, seed=2), atol=0.1)


def test_a_folder_keeps_its_noise_where_it_is_renamed(recordings: Path, tmp_path: Path) -> None:
    shutil.copytree(recordings / "noise", tmp_path / "renamed")
    moved = parse_condition({"id": "user_noise", "folder": str(tmp_path / "renamed"), "snr_db": 10.0})
    for slot in range(3):
        here = degrade(SPEECH, noise_at(recordings, 10.0), slot=slot, seed=1)
        assert np.array_equal(degrade(SPEECH, moved, slot=slot, seed=1).wave.samples, here.wave.samples)
    one, other = noise_at(recordings, 10.0), moved
    held = {folder: "bytes" for condition in (one, other) for folder in condition.folders}
    assert one.realisation(slot=0, seed=1, recordings=held) == other.realisation(slot=0, seed=1, recordings=held)
    changed = {**held, moved.folders[0]: "other bytes"}
    assert one.realisation(slot=0, seed=1, recordings=held) != other.realisation(slot=0, seed=1, recordings=changed)
    assert one.realisation(slot=0, seed=1, recordings=held) != noise_at(recordings, 5.0).realisation(
        slot=0, seed=1, recordings=held
    )


def test_each_severity_of_recorded_noise_lies_closer_under_the_speech(recordings: Path) -> None:
    """Speech over what was added, in dB, measured on the samples."""
    speech, ratios = Waveform(speech_like(2.0), RATE), []
    for severity in (1, 2, 3, 4):
        noisy = degrade(speech, parse_condition(f"user_noise@{severity}?folder={recordings / 'noise'}"), slot=0, seed=1)
        added = noisy.wave.samples / 10.0 ** (noisy.facts.get("gain_db", 0.0) / 20.0) - speech.samples
        ratios.append(speech_level(speech.samples, RATE).active_db - level_db(added))
    assert np.all(np.diff(ratios) < -2.0), ratios


def test_silence_and_the_shortest_audio_are_defined(recordings: Path) -> None:
    with pytest.raises(AudioError, match="digital silence"):
        degrade(Waveform(np.zeros(RATE, dtype=np.float32), RATE), noise_at(recordings, 10.0), slot=0, seed=1)
    short = Waveform(speech_like(0.02, pause_s=0.0), RATE)
    assert degrade(short, noise_at(recordings, 0.0), slot=0, seed=1).facts["achieved_snr_db"] == pytest.approx(
        0, abs=0.2
    )


def test_a_chain_takes_its_parts_from_their_folders(recordings: Path) -> None:
    folder = str(recordings)
    chain = parse_condition(f"user_room@2?folder={folder}/rooms>user_noise@2?folder={folder}/noise>g711@1")
    assert chain.folders == (f"{folder}/rooms", f"{folder}/noise")
    facts = degrade(SPEECH, chain, slot=0, seed=1).facts
    assert {"rt60_s", "achieved_snr_db"} <= {name.rpartition(".")[2] for name in facts}
    digests = dict.fromkeys(chain.folders, "a")
    assert chain.realisation(slot=0, seed=1, recordings=digests) != chain.realisation(
        slot=0, seed=1, recordings={**digests, f"{folder}/noise": "b"}
    )


# -- rooms


@pytest.mark.parametrize("floor_db", [-90.0, -50.0, -40.0])
@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 1.5])
def test_the_reverberation_time_is_measured_under_the_noise_of_the_response(rt60_s: float, floor_db: float) -> None:
    recorded = response(rt60_s, floor_db=floor_db)
    _, border = split(recorded, sample_rate=RATE)
    assert recorded_rt60_s(recorded[border:], sample_rate=RATE) == pytest.approx(rt60_s, rel=0.1)


def test_a_response_that_drowns_in_noise_has_no_reverberation_time() -> None:
    for drowned in (response(0.5, floor_db=-25.0)[500:], np.zeros(RATE), np.ones(100)):
        assert math.isnan(recorded_rt60_s(drowned, sample_rate=RATE))


@pytest.mark.parametrize("severity", [1, 2, 3])
@pytest.mark.parametrize("slot", range(4))
def test_words_keep_their_time_and_speech_its_level_in_a_recorded_room(
    recordings: Path, severity: int, slot: int
) -> None:
    condition = parse_condition(f"user_room@{severity}?folder={recordings / 'rooms'}")
    degraded = degrade(SPEECH, condition, slot=slot, seed=1)
    assert len(degraded.wave.samples) == len(SPEECH.samples)
    size = 2 * len(SPEECH.samples)
    match = np.fft.irfft(np.fft.rfft(degraded.wave.samples, size) * np.conj(np.fft.rfft(SPEECH.samples, size)))
    assert np.argmax(np.abs(match)) == 0
    level = speech_level(degraded.wave.samples, RATE).active_db - degraded.facts.get("gain_db", 0.0)
    assert level == pytest.approx(speech_level(SPEECH.samples, RATE).active_db, abs=0.15)
    rt60_s = (0.2, 0.4, 0.8)[int(degraded.facts["recording_number"]) - 1]
    assert degraded.facts["rt60_s"] == pytest.approx(rt60_s, rel=0.1)
    assert degraded.facts["drr_db"] == pytest.approx(10.0 + condition.level, abs=0.3)


@pytest.mark.parametrize("slot", range(3))
def test_each_severity_of_a_recorded_room_leaves_less_of_the_dry_voice(recordings: Path, slot: int) -> None:
    """Energy that the dry voice does not explain, over energy that it does, in dB."""
    dry, reverberant = SPEECH.samples.astype(np.float64), []
    for severity in (1, 2, 3, 4):
        condition = parse_condition(f"user_room@{severity}?folder={recordings / 'rooms'}")
        heard = degrade(SPEECH, condition, slot=slot, seed=1).wave.samples.astype(np.float64)
        explained = dry * (heard @ dry) / (dry @ dry)
        reverberant.append(level_db(heard - explained) - level_db(explained))
    assert np.all(np.diff(reverberant) > 2.0), reverberant


def test_no_response_no_room(recordings: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", 0.1 * np.ones(11 * 4000), 4000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(4000), 4000)
    with pytest.raises(ConditionError, match=r"none of its 2 recordings is a room response"):
        degrade(SPEECH, parse_condition(f"user_room@2?folder={tmp_path}"), slot=0, seed=1)


def test_the_recorded_fixtures_can_be_used(shared_dir: Path) -> None:
    folder = shared_dir / "corpora" / "fixtures"
    for slot in range(6):
        noisy = degrade(SPEECH, parse_condition(f"user_noise@2?folder={folder / 'noise'}"), slot=slot, seed=1)
        assert noisy.facts["achieved_snr_db"] == pytest.approx(10.0, abs=0.2)
        roomy = degrade(SPEECH, parse_condition(f"user_room@2?folder={folder / 'RIRs'}"), slot=slot, seed=1)
        assert 0.1 < roomy.facts.get("rt60_s", 0.3) < 1.0


# -- in a study


def engine(spec: str, *, base: Path, language: str) -> ScriptedEngine:
    return ScriptedEngine(lambda wave: "one")


def heard_in(folder: Path, **fields: object) -> RunRecord:
    conditions = ["clean", "user_noise@2?folder=ward"]
    described = {"name": "own", "corpus": ["tones.csv"], "engines": ["one"], "conditions": conditions, **fields}
    return run(Study.create(described, base=folder), store=open_store(), engine_loader=engine)


@pytest.fixture
def study_folder(tmp_path: Path, recordings: Path, workbench_home: Path) -> Path:
    make(tmp_path, per_speaker=2)
    shutil.copytree(recordings / "noise", tmp_path / "ward")
    return tmp_path


@pytest.mark.long
def test_the_folder_is_relative_to_the_study_and_its_bytes_are_part_of_the_key(
    study_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = heard_in(study_folder)
    assert (first.state, first.done, first.failed) == ("done", 24, 0)
    assert any(note.startswith("ward: 3 recordings, 14 s, digest ") for note in first.notes)
    moved = tmp_path_factory.mktemp("moved") / "all"
    shutil.copytree(study_folder, moved, ignore=shutil.ignore_patterns("workbench-home"))
    assert heard_in(moved).run_id == first.run_id
    with soundfile.SoundFile(study_folder / "ward" / "1.wav", "r+") as file:
        file.seek(0)
        file.write(np.full(1, 0.25))
    again = heard_in(study_folder)
    assert again.run_id != first.run_id
    assert (again.total, again.reused) == (24, 12)


def test_the_audio_of_a_run_is_heard_again(study_folder: Path) -> None:
    loaded = loader.load(heard_in(study_folder).run_id)
    utterance = loaded.scores["utterance_id"].iloc[0]
    _, degraded = loader.heard(loaded, utterance, "user_noise@2?folder=ward")
    assert degraded.facts["achieved_snr_db"] == pytest.approx(10.0, abs=0.2)


@pytest.mark.long
@pytest.mark.long
def test_worker_processes_find_the_folder_too(study_folder: Path) -> None:
    fields = {"name": "own", "corpus": ["tones.csv"], "engines": ["one"], "conditions": ["user_noise@2?folder=ward"]}
    study = Study.create(fields, base=study_folder)
    alone = run(study, store=open_store(), engine_loader=engine)
    two = open_store(f"sqlite:///{study_folder / 'two.sqlite'}")
    record = run(study, store=two, engine_loader=engine, workers=2)
    assert record.failed == 0
    one, other = (
        loader.load(run_id, store=store).scores for run_id, store in ((alone.run_id, None), (record.run_id, two))
    )
    assert one["audio_digest"].tolist() == other["audio_digest"].tolist()


@pytest.mark.long
def test_a_folder_that_is_not_there_stops_the_run_and_a_file_that_is_broken_is_noted(study_folder: Path) -> None:
    with pytest.raises(StudyError, match="nowhere: no such folder or file"):
        heard_in(study_folder, conditions=["clean", "user_noise@2?folder=nowhere"])
    (study_folder / "ward" / "broken.mp3").write_text("not audio")
    soundfile.write(study_folder / "ward" / "silent.wav", np.zeros(RATE), RATE)
    notes = "\n".join(heard_in(study_folder).notes)
    assert "ward: not used: broken.mp3: cannot be decoded" in notes
    assert "silent.wav: silent" in notes


def test_transcripts_made_elsewhere_need_no_folder(study_folder: Path) -> None:
    condition = "user_noise@2?folder=lost"
    lines = ["utterance_id,condition_id,hypothesis", f"tones/audio/n1-0.wav,{condition},one"]
    (study_folder / "vendor.csv").write_text("\n".join(lines) + "\n")
    fields = {"name": "x", "corpus": ["tones.csv"], "conditions": [condition], "engines": ["imported:vendor.csv"]}
    study = Study.create(fields, base=study_folder)
    assert resolve(study).recordings == {}
    assert run(study, store=open_store()).state == "done"


def test_degrade_takes_a_folder_relative_to_the_current_one(
    study_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study_folder)
    given = ["degrade", "audio/n1-0.wav", "a.wav", "--condition", "user_noise?folder=ward&snr_db=5", "--json"]
    told = CliRunner().invoke(app, given)
    assert told.exit_code == 0
    assert json.loads(told.stdout)["achieved_snr_db"] == pytest.approx(5.0, abs=0.2)
    given[4] = "user_noise?folder=nowhere"
    refused = CliRunner().invoke(app, given)
    assert refused.exit_code == 2
    assert "no such folder or file" in refused.stderr
