"""What every condition may declare: texts, another length, no speech, a part that a machine lacks; and names that last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.corpus import make
from tests.synthetic_speech import RATE, speech_like
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.conditions import (
    CATALOGUE,
    KINDS,
    Condition,
    SpeechPool,
    degrade,
    describe,
    parse_condition,
    requirements,
)
from workbench.conditions.condition import parameter, text_parameter
from workbench.conditions.speech_codecs import AmrNb, Opus
from workbench.engines import ScriptedEngine, load_engine
from workbench.errors import ConditionError, StudyError
from workbench.results import loader as results_module
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

GOLDEN = json.loads((Path(__file__).parent / "golden" / "realisations.json").read_text())
SPEECH = Waveform(speech_like(0.5), RATE, "toy/ada_0", "ada")
OPTIONAL = {"gsm_fr"}
"""Conditions whose part comes with the operating system, not with the requirements."""
HERE = {name for name, kind in KINDS.items() if not kind.unavailable()}
CODED = {"opus", "amr_nb", "place:car", "place:street", "place:video_call"}
"""The two conditions that these tests take away, and the places that they are parts of."""
WHY = "the FFmpeg of this test has no encoder: install one"


class Hall(Condition):
    """A test's own: a folder to name, twice as long, and nothing left of the speech."""

    id: Literal["hall"] = "hall"
    folder: str = text_parameter(what="folder of recordings")
    size_m: float = parameter(10.0, 1.0, 100.0, unit="m", what="how large")
    family: ClassVar[str] = "rooms"
    title: ClassVar[str] = "Hall"
    hears: ClassVar[str] = "Nobody."
    source: ClassVar[str] = "this test"
    leading: ClassVar[str] = "size_m"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"size_m": 5.0 * k} for k in (1, 2, 3, 4))
    keeps_length: ClassVar[bool] = False
    keeps_speech: ClassVar[bool] = False

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[np.ndarray, dict[str, float]]:
        return 0.1 * rng.standard_normal(2 * len(wave.samples)), {}


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ``hall`` be one of the conditions that are known by name."""
    monkeypatch.setattr("workbench.conditions.parser.KINDS", MappingProxyType({**KINDS, "hall": Hall}))
    yield


@pytest.fixture
def without_opus_and_amr(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Opus, AmrNb):
        monkeypatch.setattr(kind, "unavailable", classmethod(lambda cls: WHY))


# -- names that last


def test_what_was_transcribed_before_is_found_again() -> None:
    """These digests were written before there were texts, chains and pairings: a store made then holds their keys."""
    assert {name: parse_condition(name).realisation(slot=3, seed=7, pool_digest="voices") for name in GOLDEN} == GOLDEN


# -- texts


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("hall?folder=ward", "hall@2?folder=ward"),
        ("hall@3?folder=ward/night", "hall@3?folder=ward/night"),
        ({"id": "hall@3", "folder": "a b"}, "hall@3?folder=a%20b"),
        ({"id": "hall", "severity": 1, "folder": "12"}, "hall@1?folder=12"),
        ("hall?folder=12&size_m=12", "hall?folder=12&size_m=12"),
        ("hall", "hall@2"),
        ("hall?size_m=3", "hall?folder=&size_m=3"),
    ],
)
def test_a_text_stands_beside_a_severity(hall: None, given_as: str | dict[str, Any], expected: str) -> None:
    condition = parse_condition(given_as)
    assert condition.condition_id == expected
    assert parse_condition(json.loads(condition.model_dump_json())) == condition


@given(folder=st.text(min_size=1, max_size=20), severity=st.sampled_from([None, 1, 4]))
def test_any_text_survives_being_written_as_an_id(folder: str, severity: int | None) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("workbench.conditions.parser.KINDS", {"hall": Hall})
        condition = Hall(folder=folder, severity=severity) if severity else Hall(folder=folder, size_m=7)
        assert parse_condition(condition.condition_id) == condition
        assert not set(condition.condition_id.partition("folder=")[2]) & set("?> |@")


def test_a_text_that_is_none_and_a_severity_with_numbers_are_refused(hall: None) -> None:
    with pytest.raises(ConditionError, match="folder = 5 is not a text: write it in quotes"):
        parse_condition({"id": "hall", "folder": 5})
    with pytest.raises(ConditionError, match="both a severity and parameters"):
        parse_condition("hall@2?folder=x&size_m=3")
    with pytest.raises(ConditionError, match=r"there is no parameter 'folde'; did you mean 'folder'\?"):
        parse_condition("hall?folde=x")


def test_another_text_is_another_realisation(hall: None) -> None:
    one, two = (parse_condition(f"hall?folder={name}") for name in "ab")
    assert one.realisation(slot=0, seed=1) != two.realisation(slot=0, seed=1)


# -- another length, no speech


def test_a_condition_that_changes_the_length_reports_the_duration() -> None:
    degraded = degrade(SPEECH, Hall(), slot=0, seed=1)
    assert len(degraded.wave.samples) == 2 * len(SPEECH.samples)
    assert degraded.facts["duration_s"] == 1.0
    assert "duration_s" not in degrade(SPEECH, CATALOGUE["white_noise@2"], slot=0, seed=1).facts


@pytest.mark.parametrize("imported", [False, True])
def test_where_no_speech_is_left_every_word_written_is_false_speech(
    hall: None, imported: bool, tmp_path: Path, workbench_home: Path
) -> None:
    make(tmp_path, per_speaker=1)
    lines = [f"tones/audio/{who}-0.wav,{one},one two" for who in ("n1", "w1") for one in ("clean", "hall@2")]
    (tmp_path / "vendor.csv").write_text("\n".join(["utterance_id,condition_id,hypothesis", *lines]) + "\n")
    fields = {"name": "hall", "corpus": ["tones.csv"], "conditions": ["clean", "hall"], "normaliser": "basic"}
    spec = "imported:vendor.csv" if imported else "scripted"
    study = Study.create({**fields, "engines": [spec]}, base=tmp_path)
    scripted = ScriptedEngine(lambda wave: "one two")
    loader = load_engine if imported else (lambda spec, *, base, language: scripted)
    record = run(study, store=open_store(), engine_loader=loader)
    scores = results_module.load(record.run_id).scores
    scores = scores[scores["utterance_id"] == "tones/audio/n1-0.wav"].set_index("condition_id")
    assert scores.loc["clean", "reference_raw"] == "one two three"
    assert scores.loc["clean", ["ref_words", "errors", "insertions"]].tolist() == [3, 1, 0]
    assert scores.loc["hall@2", "reference_raw"] == ""
    assert scores.loc["hall@2", ["ref_words", "errors", "insertions"]].tolist() == [0, 2, 2]
    again = results_module.rescored(results_module.load(record.run_id), "none").scores
    assert set(again.loc[again["condition_id"] == "hall@2", "reference_raw"]) == {""}


# -- parts that a machine lacks


def test_everything_can_be_made_with_what_the_requirements_install() -> None:
    assert set(KINDS) - HERE <= OPTIONAL
    for row in describe():
        assert row["available"] == (row["id"].partition("@")[0] in HERE) == (row["reason"] == "")


def test_a_missing_coder_or_package_is_named_with_its_remedy() -> None:
    assert requirements.codec("pcm_mulaw", "pcm_mulaw") == ""
    assert requirements.codec("libgsm_of_nobody", "gsm").startswith(
        "the FFmpeg in the installed av package has no encoder libgsm_of_nobody: pip install"
    )
    assert "no decoder gsm_of_nobody" in requirements.codec("pcm_mulaw", "gsm_of_nobody")
    assert requirements.package("numpy") == ""
    assert requirements.package("nobodys_package") == (
        "the package nobodys_package is not installed: pip install 'speech-fairness-workbench[audio]'"
    )


def test_a_condition_that_cannot_be_made_says_why(without_opus_and_amr: None) -> None:
    with pytest.raises(ConditionError, match=rf"opus@2: cannot be made on this machine; opus: {WHY}"):
        degrade(SPEECH, CATALOGUE["opus@2"], slot=0, seed=1)
    rows = {row["id"]: row for row in describe()}
    assert (rows["opus@2"]["available"], rows["opus@2"]["reason"]) == (False, f"opus: {WHY}")
    assert rows["g722@2"]["available"]


def test_a_study_is_refused_before_the_start_with_all_that_is_missing(
    without_opus_and_amr: None, tmp_path: Path, workbench_home: Path
) -> None:
    make(tmp_path, per_speaker=1)
    conditions = ["clean", "opus@2", "opus@3", "amr_nb@1", "babble?talkers=16", "room@2>babble?talkers=15"]
    fields = {"name": "hall", "corpus": ["tones.csv"], "conditions": conditions, "engines": ["scripted"]}
    study = Study.create(fields, base=tmp_path)
    asked: list[str] = []
    scripted = ScriptedEngine(lambda wave: asked.append(wave.utterance_id) or "")
    with pytest.raises(StudyError) as caught:
        run(study, store=open_store(), engine_loader=lambda spec, *, base, language: scripted)
    assert caught.value.what.count(f"opus: {WHY}") == 1
    assert f"amr_nb: {WHY}" in caught.value.what
    assert "babble?snr_db=8&talkers=16 needs 16 talkers" in caught.value.what
    assert "room@2>babble?snr_db=8&talkers=15 needs 15 talkers" in caught.value.what
    assert "leave out the conditions that cannot be made" in caught.value.remedy
    assert not asked


def test_transcripts_made_elsewhere_need_no_codec_here(
    without_opus_and_amr: None, tmp_path: Path, workbench_home: Path
) -> None:
    make(tmp_path, per_speaker=1)
    (tmp_path / "vendor.csv").write_text("utterance_id,condition_id,hypothesis\ntones/audio/n1-0.wav,opus@2,one\n")
    fields = {"name": "x", "corpus": ["tones.csv"], "conditions": ["opus@2"], "engines": ["imported:vendor.csv"]}
    assert run(Study.create(fields, base=tmp_path), store=open_store()).state == "done"


def test_doctor_and_the_list_of_conditions_name_what_is_missing(without_opus_and_amr: None) -> None:
    found = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    checks = {check["name"]: check for check in found["checks"]}
    assert found["ok"] is True
    assert checks["conditions"]["ok"] is False
    assert checks["conditions"]["detail"] == f"{len(HERE - CODED)} of {len(KINDS)} can be made"
    assert checks["condition opus"]["remedy"] == checks["condition amr_nb"]["remedy"] == WHY
    rows = json.loads(CliRunner().invoke(app, ["conditions", "--json"]).stdout)["conditions"]
    lacking = {row["id"].partition("@")[0] for row in rows if not row["available"]}
    assert lacking == CODED | set(KINDS) - HERE
    assert "no encoder" in CliRunner().invoke(app, ["conditions"]).stdout


@pytest.mark.skipif(set(KINDS) != HERE, reason="this machine lacks a part")
def test_nothing_is_said_of_what_is_not_missing() -> None:
    assert "lacks" not in CliRunner().invoke(app, ["conditions"]).stdout
    found = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    checks = {check["name"]: check["detail"] for check in found["checks"]}
    assert checks["conditions"] == f"{len(KINDS)} of {len(KINDS)} can be made"


# -- ranges


def test_every_parameter_has_a_range_and_its_limits_are_the_limits(subtests: pytest.Subtests) -> None:
    rows = {row["id"].partition("@")[0]: row for row in describe()}
    for name in (name for name, kind in KINDS.items() if kind.catalogued):  # others check their settings themselves
        with subtests.test(name):
            row = rows[name]
            assert set(row["ranges"]) == set(row["parameters"]) == set(row["units"])
            for parameter_name, described in row["ranges"].items():
                assert set(described) == {"low", "high", "unit", "default", "meaning"}
                assert described["meaning"]
                assert described["unit"] == row["units"][parameter_name]
                if described["low"] is None:
                    assert isinstance(described["default"], str)
                    continue
                assert described["low"] <= described["default"] <= described["high"]
                for beyond in (described["low"] - 1, described["high"] + 1):
                    with pytest.raises(ConditionError, match=f"{parameter_name} = .* is outside"):
                        parse_condition({"id": name, parameter_name: beyond})
