"""Adaptive runs: rounds go where gaps are uncertain, in an order drawn beforehand, and end with the width asked for."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from workbench import runner
from workbench.__main__ import app
from workbench.adaptive import rounds
from workbench.audio import Waveform
from workbench.conditions import rng_for
from workbench.engines import ScriptedEngine
from workbench.errors import StudyError
from workbench.fairness import gaps
from workbench.fairness.inference.stopping import STOPPING
from workbench.results import load
from workbench.results.tables import Tables
from workbench.runner import resolve
from workbench.store import open_store
from workbench.study import Study

GROUPS = {"even": 24, "uneven": 24, "ref": 30}
SPREAD = {"even": 0.02, "uneven": 0.3, "ref": 0.05}
WORDS = "one two three four five six seven eight nine ten"


def wrong(utterance_id: str) -> str:
    """A speaker's own share of wrong words, about .4, spread more in one group than in the others; more under noise."""
    group, number = utterance_id.rpartition("/")[2].split("-")[:2]
    rate = 0.4 + SPREAD[group] * (rng_for(f"{group}{number}", 0, seed=7).random() * 2 - 1)
    heard = rng_for(utterance_id, 0, seed=8).random(10) > rate
    return " ".join(word for word, well in zip(WORDS.split(), heard, strict=True) if well)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", 0.1 * np.sin(np.arange(1600) / 5).astype(np.float32), 16_000)
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["utterance_id", "path", "reference", "speaker_id", "accent"])
        for group, size in GROUPS.items():
            for number in range(size):
                for take in range(4):
                    speaker = f"{group}-{number}"
                    table.writerow([f"{speaker}-{take}", "tone.wav", WORDS, speaker, group])
    (tmp_path / "people.toml").write_text(
        'language = "en"\nlicence = "CC0-1.0"\nsource = "made up"\n', encoding="utf-8"
    )
    return tmp_path


def study_in(folder: Path, **allocation: Any) -> Study:
    fields = {"name": "people", "corpus": ["people.csv"], "attributes": ["accent"], "engines": ["scripted"]}
    rule = {"target_ci": 0.08, "attribute": "accent", "reference": "ref"} | allocation
    return Study.create(
        {**fields, "conditions": ["clean", "white_noise@2"], "normaliser": "basic", "allocation": rule}, base=folder
    )


def elsewhere(*_: object, **__: object) -> ScriptedEngine:
    """A loader that other processes can import."""
    return ScriptedEngine(lambda wave: wrong(wave.utterance_id), needs_audio=False)


engine: Any = lambda *_, **__: elsewhere()  # noqa: E731 (one that they cannot: it stays in this process)


def people(scores: Any, condition: str = "clean") -> dict[str, list[str]]:
    kept = scores[scores["condition_id"] == condition]
    return {str(group): sorted(rows["speaker_id"].unique()) for group, rows in kept.groupby("accent", observed=True)}


def test_rounds_go_to_the_uneven_group_and_end_with_the_width_asked_for(folder: Path) -> None:
    study, store = study_in(folder), open_store()
    record = rounds.run(study, store=store, engine_loader=engine)
    assert record.state == "done"
    assert record.done == record.total < 78 * 4 * 2
    scores = load(record.run_id, store=store).scores
    found = gaps(scores, "accent", reference="ref")
    assert ((found["ci_high"] - found["ci_low"]) / 2 <= 0.08).all()
    left = {group for group, names in people(scores).items() if len(names) < GROUPS[group]}
    noisy = {group for group, names in people(scores, "white_noise@2").items() if len(names) < GROUPS[group]}
    assert "even" in left
    widened = scores[scores["condition_id"] == "clean"].groupby("accent")["stopping_factor"].agg(["min", "max"])
    assert (widened["min"] == [STOPPING if group in left else 1.0 for group in widened.index]).all()
    assert (widened["max"] == widened["min"]).all()
    pairs = Tables(load(record.run_id, store=store)).pairs
    assert {group: float(factor) for group, factor in pairs.groupby("accent")["stopping_factor"].max().items()} == {
        group: STOPPING if group in left or group in noisy else 1.0 for group in GROUPS
    }
    numbers = {group: len(names) for group, names in people(scores).items()}
    assert 8 <= numbers["even"] < numbers["uneven"] / 1.5
    [note] = [note for note in record.notes if "adaptive" in note]
    assert f"{len(scores)} of 624 transcriptions" in note
    assert "4 of 4 gaps have the half-width" in note
    assert "not those of the corpus" in note
    assert "1.1 times as wide" in note


def test_speakers_are_whole_and_come_in_the_order_drawn_for_them_under_every_condition(folder: Path) -> None:
    study = study_in(folder, rounds=1)
    record = rounds.run(study, store=open_store(), engine_loader=engine)
    scores = load(record.run_id).scores
    assert (scores.groupby(["condition_id", "speaker_id"]).size() == 4).all()
    assert people(scores) == people(scores, "white_noise@2")
    order = rounds.speakers(resolve(study, engine_loader=engine), study.allocation, seed=study.seed)
    assert people(scores) == {group: sorted(name for _, name in rows.index[:8]) for group, rows in order.items()}
    other = rounds.speakers(resolve(study, engine_loader=engine), study.allocation, seed=2)
    assert list(order["even"].index) != list(other["even"].index)


def test_what_cannot_be_had_ends_with_every_speaker_of_the_gap(folder: Path) -> None:
    record = rounds.run(study_in(folder, target_ci=0.0001, rounds=60), store=open_store(), engine_loader=engine)
    assert record.total == 78 * 4 * 2
    assert "624 of 624 transcriptions (100%)" in record.notes[-1]
    assert "0 of 4 gaps" in record.notes[-1]
    assert (load(record.run_id).scores["stopping_factor"] == 1).all()


def test_the_same_study_gives_the_same_rows_also_after_an_interruption(folder: Path) -> None:
    study = study_in(folder)
    whole = rounds.run(study, store=open_store(), engine_loader=engine)
    store = open_store(f"sqlite:///{folder / 'other.sqlite'}")
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 2

    first = rounds.run(study, store=store, engine_loader=engine, should_stop=stop)
    assert first.state == "cancelled"
    second = rounds.run(study, store=store, engine_loader=engine)
    assert second.state == "done"
    one, other = (
        load(run_id, store=kept).scores[["utterance_id", "condition_id", "hypothesis"]]
        for run_id, kept in ((whole.run_id, open_store()), (second.run_id, store))
    )
    keys = ["utterance_id", "condition_id"]
    assert one.sort_values(keys).to_numpy().tolist() == other.sort_values(keys).to_numpy().tolist()
    assert rounds.run(study, store=store, engine_loader=engine).run_id == second.run_id


def test_an_engine_that_looks_texts_up_is_asked_in_this_process(folder: Path) -> None:
    record = rounds.run(study_in(folder, rounds=1), store=open_store(), engine_loader=elsewhere)
    assert (record.done, record.failed) == (8 * 3 * 4 * 2, 0)


def test_a_run_without_rounds_and_one_with_them_are_two(folder: Path) -> None:
    store = open_store()
    small = rounds.run(study_in(folder), store=store, engine_loader=engine)
    plain = study_in(folder).model_copy(update={"allocation": None})
    assert rounds.run(plain, store=store, engine_loader=engine).total == 624 > small.total


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"reference": "reff"}, r"no group 'reff' in 'accent'.*ref"),
        ({"attribute": "region"}, "attribute 'region' is in no manifest"),
    ],
)
def test_a_rule_that_the_corpus_cannot_serve_is_refused_before_the_start(
    folder: Path, rule: dict[str, str], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        rounds.run(study_in(folder, **rule), store=open_store(), engine_loader=engine)
    assert open_store().count_transcripts() == 0


def test_nobody_else_runs_such_a_study_whole_by_mistake(folder: Path) -> None:
    with pytest.raises(StudyError, match="allocation in rounds"):
        runner.run(study_in(folder), store=open_store(), engine_loader=engine)


def test_the_target_can_be_given_on_the_command_line(folder: Path) -> None:
    study = study_in(folder).model_copy(update={"allocation": None})
    rule = rounds.with_target(study, 0.03, reference="ref").allocation
    assert rule is not None
    assert (rule.target_ci, rule.attribute, rule.reference, rule.pilot) == (0.03, "accent", "ref", 8)
    assert rounds.with_target(study_in(folder, pilot=3), 0.5).allocation.pilot == 3  # type: ignore[union-attr]
    study.write(folder / "people.study.toml")
    done = CliRunner().invoke(app, ["run", str(folder / "people.study.toml"), "--target-ci", "0.03"])
    assert done.exit_code == 2
    assert "reference is missing" in " ".join(done.stderr.split())


def test_failed_decodes_make_room_for_further_speakers(folder: Path) -> None:
    def deaf(*_: object, **__: object) -> ScriptedEngine:
        def said(wave: Waveform) -> Any:
            from workbench.engines import EngineFailure

            lost = wave.utterance_id.split("-")[1] in ("1", "2")
            return EngineFailure("deaf", 0.0) if lost else wrong(wave.utterance_id)

        return ScriptedEngine(said, needs_audio=False)

    record = rounds.run(study_in(folder, rounds=4), store=open_store(), engine_loader=deaf)
    scores = load(record.run_id).scores
    heard = scores[scores["status"] == "ok"].groupby(["condition_id", "accent"], observed=True)["speaker_id"].nunique()
    assert (heard >= 8).all()
