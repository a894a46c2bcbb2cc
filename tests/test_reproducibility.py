"""What a run stores is what its definition says, computed here a second time: slots, seed, pool, order, sharing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.corpus import make
from workbench.audio import Waveform, decode, samples_digest
from workbench.conditions import CorpusPool, degrade, parse_condition
from workbench.corpora import load_corpus
from workbench.engines import ScriptedEngine
from workbench.results import loader as results_module
from workbench.runner import run
from workbench.schema import NOT_STATED
from workbench.store import Store, open_store
from workbench.study import Study

CONDITIONS = ("clean", "white_noise@2", "speech_shaped_noise@3", "babble?snr_db=5&talkers=2", "equip_pulse@3", "room@2")
SEED = 7


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def study_of(manifest: Path, **fields: Any) -> Study:
    usual = {"name": "again", "corpus": [manifest.name], "engines": ["scripted"], "conditions": CONDITIONS}
    return Study.create({**usual, "normaliser": "basic", "seed": SEED, **fields}, base=manifest.parent)


class Counting(ScriptedEngine):
    """A scripted engine that counts what it was asked."""

    def __init__(self) -> None:
        super().__init__(lambda wave: "one")
        self.asked: list[tuple[str, str]] = []

    def transcribe(self, batch: Any) -> Any:
        self.asked += [(wave.utterance_id, wave.condition_id) for wave in batch]
        return super().transcribe(batch)


def loader(engine: ScriptedEngine) -> Callable[..., Any]:
    return lambda spec, *, base, language: engine


def heard(study: Study, store: Store) -> pd.DataFrame:
    record = run(study, store=store, engine_loader=loader(ScriptedEngine(lambda wave: "one")))
    return results_module.load(record.run_id, store=store).scores


def digests(scores: pd.DataFrame) -> dict[tuple[str, str], str]:
    return scores.set_index(["utterance_id", "condition_id"])["audio_digest"].to_dict()


def test_the_audio_of_a_run_is_that_of_its_definition(manifest: Path, store: Store) -> None:
    """By slot and seed, babble from the whole corpus also where the study chose a part of it."""
    scores = heard(study_of(manifest, filter={"accent": ["south", "west"]}), store)
    corpus = load_corpus(manifest).utterances.set_index("utterance_id")
    pool = CorpusPool(corpus.reset_index())
    assert len(scores) == 9 * len(CONDITIONS)
    for row in scores.itertuples():
        said = corpus.loc[row.utterance_id]
        clean = Waveform(decode(Path(said["path"])).samples, 16_000, str(row.utterance_id), said["speaker_id"])
        rank = int(str(row.utterance_id).rpartition("-")[2].partition(".")[0])
        again = degrade(clean, parse_condition(row.condition_id), slot=rank, seed=SEED, pool=pool)
        assert samples_digest(again.wave) == row.audio_digest, (row.utterance_id, row.condition_id)


def test_every_row_can_be_heard_again(manifest: Path, store: Store) -> None:
    record = run(study_of(manifest), store=store, engine_loader=loader(ScriptedEngine(lambda wave: "one")))
    results = results_module.load(record.run_id, store=store)
    for utterance, condition in results.scores[["utterance_id", "condition_id"]].iloc[::5].itertuples(index=False):
        results_module.heard(results, utterance, condition, store=store)  # raises if the digest differs


def test_rows_come_in_the_order_of_the_manifest_and_the_study(manifest: Path, store: Store) -> None:
    scores = heard(study_of(manifest), store)
    with manifest.open(newline="", encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file)]
    assert scores["utterance_id"].tolist() == [f"tones/{path}" for path in paths for _ in CONDITIONS]
    named = [parse_condition(one).condition_id for one in CONDITIONS]
    assert scores["condition_id"].tolist() == named * len(paths)


def test_the_order_of_speakers_conditions_and_corpora_changes_no_sample(manifest: Path, tmp_path: Path) -> None:
    before = digests(heard(study_of(manifest), open_store(f"sqlite:///{tmp_path / 'one.sqlite'}")))
    lines = manifest.read_text().splitlines()
    speakers = sorted(lines[1:], key=lambda line: line.split(",")[2], reverse=True)
    manifest.write_text("\n".join([lines[0], *speakers]) + "\n")
    other = open_store(f"sqlite:///{tmp_path / 'two.sqlite'}")
    after = digests(heard(study_of(manifest, conditions=CONDITIONS[::-1]), other))
    assert after == before


def test_equal_recordings_in_the_same_slot_are_heard_alike_and_decoded_once(manifest: Path, store: Store) -> None:
    """The pairing: what is done to the audio knows neither speaker nor group; babble alone leaves the speaker out of it."""
    folder = manifest.parent / "audio"
    (folder / "s1-0.wav").write_bytes((folder / "n1-0.wav").read_bytes())
    engine = Counting()
    record = run(study_of(manifest), store=store, engine_loader=loader(engine))
    found = digests(results_module.load(record.run_id, store=store).scores)
    shared = [condition for condition in map(parse_condition, CONDITIONS) if not condition.needs_speech_pool]
    for condition in shared:
        same = (
            found["tones/audio/n1-0.wav", condition.condition_id],
            found["tones/audio/s1-0.wav", condition.condition_id],
        )
        assert same[0] == same[1], condition.condition_id
    assert len(engine.asked) == 18 * len(CONDITIONS) - len(shared)
    assert (record.done, record.total) == (18 * len(CONDITIONS), 18 * len(CONDITIONS))


def test_equal_recordings_under_two_names_each_have_the_babble_without_their_own_voice(
    manifest: Path, store: Store
) -> None:
    folder = manifest.parent / "audio"
    for index in range(3):
        (folder / f"s1-{index}.wav").write_bytes((folder / f"n1-{index}.wav").read_bytes())
    study = study_of(manifest, conditions=["babble?snr_db=0&talkers=5"])
    record = run(study, store=store, engine_loader=loader(ScriptedEngine(lambda wave: "one")))
    results = results_module.load(record.run_id, store=store)
    found = digests(results.scores)
    (condition,) = results.conditions
    pairs = [[found[f"tones/audio/{who}-{index}.wav", condition] for who in ("n1", "s1")] for index in range(3)]
    assert any(one != other for one, other in pairs)
    for who in ("n1", "s1"):
        for index in range(3):
            results_module.heard(results, f"tones/audio/{who}-{index}.wav", condition, store=store)


def test_an_attribute_that_one_of_two_corpora_lacks_is_not_stated_there(manifest: Path, store: Store) -> None:
    lines = manifest.read_text().splitlines()
    other = manifest.parent / "more.csv"
    other.write_text(
        "\n".join(
            line.rpartition(",")[0] + ("," + tail if tail else "")
            for line, tail in [(lines[0], "gender"), *((line, "f") for line in lines[1:4])]
        )
        + "\n"
    )
    scores = heard(study_of(manifest, corpus=[manifest.name, other.name], conditions=["clean"]), store)
    by_corpus = scores.groupby("corpus_id")
    assert set(by_corpus.get_group("more")["accent"]) == {NOT_STATED}
    assert set(by_corpus.get_group("tones")["gender"]) == {NOT_STATED}
    assert set(by_corpus.get_group("more")["gender"]) == {"f"}
