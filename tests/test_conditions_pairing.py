"""Pairing: who hears the same draw, in degrade, in the keys of transcripts, in a run, and when it is heard again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.corpus import make
from tests.synthetic_speech import RATE, speech_like
from workbench.__main__ import app
from workbench.audio import Waveform, samples_digest, write_wav
from workbench.conditions import PAIRINGS, degrade, draw_key, parse_condition
from workbench.engines import ScriptedEngine
from workbench.errors import ConditionError, StudyError
from workbench.results import audio_facts
from workbench.results import loader as results_module
from workbench.runner import plan, resolve, run
from workbench.runner.task_audio import Parts, Preparer
from workbench.store import Store, open_store
from workbench.study import Study

SAMPLES = speech_like(0.5)
CONDITIONS = ("white_noise@2", "room@2>white_noise@3>white_noise@3", "babble?talkers=2")


def heard(name: str, pairing: Any, *, utterance: str, slot: int) -> str:
    wave = Waveform(SAMPLES, RATE, utterance, utterance.partition("-")[0])
    return samples_digest(degrade(wave, parse_condition(name), slot=slot, seed=1, pairing=pairing).wave)


@pytest.mark.parametrize("name", ["white_noise@2", "room@2>white_noise@3>white_noise@3", "packet_loss@4>room@1"])
def test_who_hears_the_same(name: str) -> None:
    """Three utterances of equal samples: two in one slot, two of one speaker."""
    who = [{"utterance": "ada-0", "slot": 0}, {"utterance": "bob-0", "slot": 0}, {"utterance": "ada-1", "slot": 1}]
    found = {pairing: [heard(name, pairing, **one) for one in who] for pairing in PAIRINGS}
    by_slot, by_utterance, by_all = found["slot"], found["utterance"], found["global"]
    assert by_slot[0] == by_slot[1] != by_slot[2]
    assert len(set(by_utterance)) == 3
    assert len(set(by_all)) == 1
    assert not set(by_slot) & set(by_utterance) | set(by_utterance) & set(by_all)
    assert by_utterance[0] == heard(name, "utterance", utterance="ada-0", slot=5)


def test_the_draw_by_slot_is_the_usual_one_and_keys_never_meet() -> None:
    wave = Waveform(SAMPLES, RATE, "ada-0")
    condition = parse_condition("white_noise@2")
    usual = degrade(wave, condition, slot=3, seed=1)
    assert samples_digest(usual.wave) == samples_digest(degrade(wave, condition, slot=3, seed=1, pairing="slot").wave)
    assert draw_key("slot", slot=3, utterance_id="x") == "3"
    ids = ["3", "global", "utterance 3", "x", "slot"]
    keys = [draw_key("utterance", slot=0, utterance_id=one) for one in ids]
    keys += [draw_key("slot", slot=3, utterance_id=""), draw_key("global", slot=3, utterance_id="")]
    assert len(set(keys)) == len(keys)
    assert condition.realisation(slot=3, seed=1) == condition.realisation(slot="3", seed=1)


def test_a_pairing_that_cannot_be_is_refused() -> None:
    wave = Waveform(SAMPLES, RATE)
    with pytest.raises(ConditionError, match="the audio has no id"):
        degrade(wave, parse_condition("white_noise@2"), slot=0, seed=1, pairing="utterance")
    with pytest.raises(ConditionError, match="there is no pairing 'slots'; did you mean 'slot'"):
        degrade(wave, parse_condition("white_noise@2"), slot=0, seed=1, pairing="slots")  # type: ignore[arg-type]
    fields = {
        "name": "x",
        "corpus": ["x.csv"],
        "engines": ["pocketsphinx"],
        "conditions": ["clean"],
        "pairing": "speaker",
    }
    with pytest.raises(StudyError, match="pairing = 'speaker' is none of slot, utterance, global"):
        Study.create(fields)


# -- in a run


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def scores(folder: Path, store: Store, pairing: str, **more: Any) -> results_module.Results:
    fields = {
        "name": "p",
        "corpus": ["tones.csv"],
        "engines": ["scripted"],
        "conditions": CONDITIONS,
        "pairing": pairing,
    }
    study = Study.create({**fields, **more}, base=folder)
    assert Study.from_toml(study.write(folder / f"{pairing}.study.toml")) == study
    engine = ScriptedEngine(lambda wave: "one")
    record = run(study, store=store, engine_loader=lambda spec, *, base, language: engine)
    return results_module.load(record.run_id, store=store)


def test_a_run_and_hearing_it_again_keep_the_pairing(tmp_path: Path, store: Store) -> None:
    manifest = make(tmp_path, per_speaker=2)
    audio = manifest.parent / "audio"
    for path in audio.glob("*.wav"):
        path.write_bytes((audio / "n1-0.wav").read_bytes())
    found: dict[str, pd.DataFrame] = {}
    for pairing in PAIRINGS:
        results = scores(tmp_path, store, pairing)
        found[pairing] = results.scores
        for row in results.scores.iloc[::7].itertuples():
            results_module.heard(
                results, row.utterance_id, row.condition_id, store=store
            )  # raises if others were heard
    for condition in CONDITIONS[:2]:
        different = {
            pairing: frame.loc[frame["condition_id"] == condition, "audio_digest"].nunique()
            for pairing, frame in found.items()
        }
        assert different == {"slot": 2, "utterance": 12, "global": 1}
    facts = audio_facts.facts(results).set_index("condition_id")
    chained = facts.loc[CONDITIONS[1], ["white_noise.achieved_snr_db", "white_noise_2.achieved_snr_db", "rt60_s"]]
    assert chained.notna().all(axis=None)
    assert facts.loc[CONDITIONS[1], "achieved_snr_db"].isna().all()
    for one, other in itertools.combinations(PAIRINGS, 2):
        assert not set(found[one]["audio_digest"]) & set(found[other]["audio_digest"])


def test_the_clean_transcripts_are_shared_by_all_pairings(tmp_path: Path, store: Store) -> None:
    make(tmp_path, per_speaker=1)
    asked: list[str] = []
    engine = ScriptedEngine(lambda wave: asked.append(wave.condition_id) or "one")
    for pairing in PAIRINGS:
        fields = {"name": "p", "corpus": ["tones.csv"], "engines": ["scripted"], "pairing": pairing}
        study = Study.create({**fields, "conditions": ["clean", "mask@1", "hum@2"]}, base=tmp_path)
        run(study, store=store, engine_loader=lambda spec, *, base, language: engine)
    assert {name: asked.count(name) for name in set(asked)} == {"clean": 6, "mask@1": 6, "hum@2": 18}


def test_a_worker_process_keeps_the_pairing(tmp_path: Path, store: Store) -> None:
    make(tmp_path, per_speaker=1)
    fields = {
        "name": "p",
        "corpus": ["tones.csv"],
        "engines": ["scripted"],
        "conditions": ["hum@2"],
        "pairing": "utterance",
    }
    engine = ScriptedEngine(lambda wave: "one")
    inputs = resolve(Study.create(fields, base=tmp_path), engine_loader=lambda spec, *, base, language: engine)
    assert Preparer.of(Parts.of(inputs)).pairing == "utterance"
    assert len({key for task in plan(inputs) for key in task.keys}) == 6


def test_degrade_takes_the_pairing_and_notes_an_unusual_order(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_wav(tmp_path / f"{name}.wav", Waveform(SAMPLES, RATE))

    def digest(name: str, *options: str) -> str:
        arguments = [
            "degrade",
            tmp_path / f"{name}.wav",
            tmp_path / "out.wav",
            "--condition",
            "white_noise@2",
            *options,
        ]
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return str(json.loads(result.stdout)["audio_digest"])

    assert digest("a") == digest("b") == digest("a", "--pairing", "slot")
    assert digest("a", "--pairing", "utterance") != digest("b", "--pairing", "utterance")
    assert digest("a", "--pairing", "global", "--slot", "3") == digest("b", "--pairing", "global")
    arguments = ["degrade", tmp_path / "a.wav", tmp_path / "out.wav", "--condition", "opus@2>room@2", "--json"]
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert "note: opus@2 comes before room@2" in " ".join(result.stderr.split())
    assert json.loads(result.stdout)["condition_id"] == "opus@2>room@2"
    wrong = CliRunner().invoke(app, [*map(str, arguments[:3]), "--condition", "hum@2", "--pairing", "speaker"])
    assert wrong.exit_code == 2
    assert "there is no pairing 'speaker'" in wrong.stderr
