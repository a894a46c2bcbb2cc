"""Conditions that change the length say by how much, and what is counted per time or estimated uses what is heard."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.corpus import make
from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.engines import ScriptedEngine
from workbench.results import loader
from workbench.runner import resolve, run
from workbench.runner.inputs import _durations
from workbench.store import open_store
from workbench.study import Study

SPEECH = Waveform(speech_like(3.0), RATE, "toy/ada_0", "ada")
CHANGING = [name for name, condition in CATALOGUE.items() if not condition.keeps_length]
FAMILIES = {"jitter_warp", "lombard", "noise_only", "silence_pad", "slow_speech", "speech_rate"}


def study_of(folder: Path, manifest: Path) -> Study:
    conditions = ["clean", "silence_pad?silence_s=8"]
    fields = {"name": "long", "corpus": [manifest.name], "engines": ["scripted"], "conditions": conditions}
    return Study.create(fields, base=folder)


def engine(spec: str, **_: object) -> ScriptedEngine:
    return ScriptedEngine(lambda wave: "one")


def test_every_family_that_changes_the_length_is_among_those_tested() -> None:
    assert {CATALOGUE[name].id for name in CHANGING} >= FAMILIES


@pytest.mark.parametrize("name", CHANGING)
def test_the_length_that_is_said_is_the_length_that_is_heard(name: str) -> None:
    condition = CATALOGUE[name]
    heard = degrade(SPEECH, condition, slot=0, seed=1).wave.duration_s
    drift = 0.1 if condition.id == "jitter_warp" else 0.005  # how far the clocks drift apart is drawn
    assert condition.heard_s(SPEECH.duration_s) == pytest.approx(heard, rel=drift)


def test_conditions_that_keep_the_length_and_chains() -> None:
    assert CATALOGUE["white_noise@2"].heard_s(3.0) == 3.0
    chain = parse_condition("speech_rate?tempo=1.5>silence_pad?silence_s=4>room@2")
    assert chain.heard_s(3.0) == pytest.approx(6.0)
    assert degrade(SPEECH, chain, slot=0, seed=1).wave.duration_s == pytest.approx(6.0, abs=0.01)


def test_a_run_counts_the_seconds_that_the_engine_hears(tmp_path: Path, workbench_home: Path) -> None:
    study, reports = study_of(tmp_path, make(tmp_path, per_speaker=2)), []
    inputs = resolve(study, engine_loader=engine)
    clean_s = float(inputs.selected[0]["duration_s"].sum())
    record = run(study, store=open_store(), engine_loader=engine, on_progress=reports.append)
    expected_s = 2.0 * clean_s + 8.0 * record.total / 2.0
    assert reports[-1].audio_s == pytest.approx(expected_s)
    assert reports[0].audio_total_s == pytest.approx(expected_s)
    assert math.fsum(_durations(study, inputs.selected, inputs.engines[0])) == pytest.approx(expected_s)
    assert loader.load(record.run_id).scores["heard_s"].sum() == pytest.approx(expected_s)


def test_transcripts_made_elsewhere_count_by_the_length_that_their_condition_gives(
    tmp_path: Path, workbench_home: Path
) -> None:
    manifest = make(tmp_path, per_speaker=1)
    ids = resolve(study_of(tmp_path, manifest), engine_loader=engine).selected[0]["utterance_id"]
    condition = "speech_rate?tempo=2"
    lines = ["utterance_id,condition_id,hypothesis", *(f"{one},{condition},one" for one in ids)]
    (tmp_path / "vendor.csv").write_text("\n".join(lines) + "\n")
    fields = {"name": "x", "corpus": [manifest.name], "conditions": [condition], "engines": ["imported:vendor.csv"]}
    scores = loader.load(run(Study.create(fields, base=tmp_path), store=open_store()).run_id).scores
    assert np.allclose(scores["heard_s"], pd.to_numeric(scores["duration_s"]) / 2.0)
