"""What makes a transcript another one: the keys of a run when data, order or software change."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import make
from workbench import audio
from workbench.audio import Waveform
from workbench.conditions import parse_condition
from workbench.engines import ScriptedEngine
from workbench.errors import StudyError
from workbench.results import loader as results_module
from workbench.runner import inputs as inputs_module
from workbench.runner import plan, resolve, run
from workbench.store import Store, open_store
from workbench.study import Study

CONDITIONS = ("clean", "g711@1", "white_noise@2", "babble?snr_db=5&talkers=2")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def study(manifest: Path) -> Study:
    fields = {"name": "keys", "corpus": [manifest.name], "engines": ["scripted"], "conditions": CONDITIONS}
    return Study.create({**fields, "normaliser": "basic"}, base=manifest.parent)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def loader(**options: Any) -> Callable[..., Any]:
    return lambda spec, *, base, language: ScriptedEngine(lambda wave: "one", **options)


def keys(study: Study, **options: Any) -> dict[tuple[str, str], str]:
    """Key of every transcript, by the utterance's file and the condition."""
    return {
        (task.utterance["utterance_id"].rpartition("/")[2], CONDITIONS[at]): key
        for task in plan(resolve(study, engine_loader=loader(**options)))
        for at, key in zip(task.conditions, task.keys, strict=True)
    }


def rewrite(manifest: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = change(list(csv.DictReader(file)))
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def changed(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    return {name for name, key in before.items() if after[name] != key}


def new_row(manifest: Path) -> dict[str, str]:
    """A row of a file that the corpus does not have yet, spoken by n1."""
    path = manifest.parent / "audio" / "n1-new.wav"
    path.write_bytes((manifest.parent / "audio" / "w1-2.wav").read_bytes())
    return {"path": "audio/n1-new.wav", "reference": "one", "speaker_id": "n1", "accent": "north"}


def test_a_row_more_at_the_end_leaves_every_transcript_but_those_made_from_the_whole_corpus(
    study: Study, manifest: Path
) -> None:
    before = keys(study)
    rewrite(manifest, lambda rows: [*rows, new_row(manifest)])
    assert {condition for _, condition in changed(before, keys(study))} == {"babble?snr_db=5&talkers=2"}


def test_a_row_more_in_the_middle_moves_the_noise_of_the_speakers_later_rows_only(study: Study, manifest: Path) -> None:
    before = keys(study)
    rewrite(manifest, lambda rows: [rows[0], new_row(manifest), *rows[1:]])
    found = {name for name in changed(before, keys(study)) if name[1] != "babble?snr_db=5&talkers=2"}
    assert found == {("n1-1.wav", "white_noise@2"), ("n1-2.wav", "white_noise@2")}


def test_the_order_of_speakers_changes_nothing_and_the_order_of_a_speakers_rows_changes_the_fingerprint(
    study: Study, manifest: Path
) -> None:
    before, fingerprints = keys(study), resolve(study, engine_loader=loader()).fingerprints
    rewrite(manifest, lambda rows: sorted(rows, key=lambda row: row["speaker_id"], reverse=True))
    assert keys(study) == before
    assert resolve(study, engine_loader=loader()).fingerprints == fingerprints
    rewrite(manifest, lambda rows: rows[::-1])
    assert {condition for _, condition in changed(before, keys(study))} == {
        "white_noise@2",
        "babble?snr_db=5&talkers=2",
    }
    assert resolve(study, engine_loader=loader()).fingerprints != fingerprints


def test_after_another_order_of_rows_an_earlier_run_still_gives_its_own_audio(
    study: Study, manifest: Path, store: Store
) -> None:
    first = run(study, store=store, engine_loader=loader())
    rewrite(manifest, lambda rows: rows[::-1])
    second = run(study, store=store, engine_loader=loader())
    assert second.run_id != first.run_id
    heard = []
    for record in (first, second):
        results = results_module.load(record.run_id, store=store)
        _, degraded = results_module.heard(results, "tones/audio/n1-0.wav", "white_noise@2", store=store)
        heard.append(audio.samples_digest(degraded.wave))
    assert heard[0] != heard[1]


@pytest.mark.parametrize("package", inputs_module.AUDIO_PACKAGES)
def test_another_version_of_what_makes_the_audio_is_listened_to_again(
    package: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, by_name = keys(study), keys(study, needs_audio=False)
    versions = inputs_module.versions()
    monkeypatch.setattr(inputs_module, "versions", lambda: versions | {package: "0.0.1"})
    assert changed(before, keys(study)) == set(before)
    assert keys(study, needs_audio=False) == by_name, "who hears nothing does not care"


def test_a_raised_code_version_parts_with_what_the_old_code_made(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(study)
    with monkeypatch.context() as patch:
        patch.setattr("workbench.conditions.condition.CODE_VERSION", 10**6)
        assert {condition for _, condition in changed(before, keys(study))} == set(CONDITIONS) - {"clean"}
    monkeypatch.setattr(audio, "CODE_VERSION", 10**6)
    assert changed(before, keys(study)) == set(before)


def test_another_version_of_what_only_counts_words_is_not(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    before, versions = keys(study), inputs_module.versions()
    monkeypatch.setattr(inputs_module, "versions", lambda: versions | {"rapidfuzz": "0", "pandas": "0"})
    assert keys(study) == before


def test_another_model_has_transcripts_of_its_own(study: Study) -> None:
    before = keys(study)
    assert changed(before, keys(study, model_id="another")) == set(before)


def test_two_names_for_one_recording_share_what_was_heard_and_not_what_was_looked_up(
    study: Study, manifest: Path
) -> None:
    audio_folder = manifest.parent / "audio"
    (audio_folder / "s2-0.wav").write_bytes((audio_folder / "s1-0.wav").read_bytes())
    for options, shared in (({}, True), ({"needs_audio": False}, False)):
        found = keys(study, **options)
        assert (found["s1-0.wav", "clean"] == found["s2-0.wav", "clean"]) is shared


def test_software_that_hears_otherwise_makes_a_new_run_with_transcripts_of_its_own(
    study: Study, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(study, store=store, engine_loader=loader())
    versions = inputs_module.versions()
    monkeypatch.setattr(inputs_module, "versions", lambda: versions | {"numpy": "9.9.9"})
    second = run(study, store=store, engine_loader=loader())
    assert second.run_id != first.run_id
    assert second.reused == 0
    assert store.count_transcripts() == first.total + second.total


def test_a_description_mended_after_the_run_is_the_one_that_counts(study: Study, manifest: Path, store: Store) -> None:
    first = run(study, store=store, engine_loader=loader())
    assert results_module.load(first.run_id, store=store).caveat == ""
    toml = manifest.with_suffix(".toml")
    toml.write_text(toml.read_text().replace("synthetic_voices = false", "synthetic_voices = true"))
    again = run(study, store=store, engine_loader=loader())
    assert again.run_id == first.run_id, "nothing is transcribed again"
    assert "Synthetic voices" in results_module.load(first.run_id, store=store).caveat


def test_a_corpus_that_was_moved_is_heard_where_it_lies_now(study: Study, manifest: Path, store: Store) -> None:
    first = run(study, store=store, engine_loader=loader())
    folder = manifest.parent / "moved"
    folder.mkdir()
    for name in ("audio", "tones.csv", "tones.toml"):
        (manifest.parent / name).rename(folder / name)
    again = run(study.model_copy(update={"base": folder}), store=store, engine_loader=loader())
    assert again.run_id == first.run_id
    results = results_module.load(first.run_id, store=store)
    clean, _ = results_module.heard(results, "tones/audio/n1-0.wav", "clean", store=store)
    assert len(clean.samples) > 0


def test_babble_of_more_talkers_than_there_are_is_refused_before_anything_is_decoded(
    study: Study, manifest: Path
) -> None:
    for talkers, enough in ((5, True), (6, False)):
        condition = parse_condition(f"babble?talkers={talkers}")
        some = study.model_copy(update={"conditions": (condition,)})
        if enough:
            resolve(some, engine_loader=loader())
            continue
        with pytest.raises(StudyError, match="needs 6 talkers besides the speaker, tones has 5"):
            resolve(some, engine_loader=loader())
        resolve(some, engine_loader=loader(needs_audio=False))  # nobody listens: the name is only a label


def test_a_recording_in_several_rows_is_remarked_on(study: Study, manifest: Path) -> None:
    assert resolve(study, engine_loader=loader()).notes == ()
    folder = manifest.parent / "audio"
    (folder / "s2-0.wav").write_bytes((folder / "s1-0.wav").read_bytes())
    (folder / "n1-1.wav").write_bytes((folder / "n1-0.wav").read_bytes())
    (note,) = resolve(study, engine_loader=loader()).notes
    assert note == (
        "tones: 4 rows share 2 recordings, 1 of them under several speakers; every row counts; "
        "first: tones/audio/n1-0.wav and tones/audio/n1-1.wav"
    )


def test_retrying_what_failed_leaves_what_was_heard(study: Study, store: Store) -> None:
    asked: list[str] = []

    def hears(wave: Waveform) -> str:
        asked.append(wave.utterance_id)
        if len(asked) == 3:
            raise RuntimeError("once")
        return "one"

    def one_engine(spec: str, *, base: Path, language: str) -> ScriptedEngine:
        return ScriptedEngine(hears)

    def batches_of_one(spec: str, *, base: Path, language: str) -> ScriptedEngine:
        return ScriptedEngine(lambda wave: asked.append(wave.utterance_id) or "two")

    clean = study.model_copy(update={"conditions": (parse_condition("clean"),)})
    first = run(clean, store=store, engine_loader=one_engine)
    assert (first.failed, first.done, len(asked)) == (1, 18, 18)
    asked.clear()
    again = run(clean, store=store, engine_loader=batches_of_one, retry_failed=True)
    assert again.failed == 0
    assert len(asked) == 1
    texts = results_module.load(again.run_id, store=store).scores["hypothesis_raw"]
    assert sorted(texts) == ["one"] * 17 + ["two"]


def test_a_run_that_was_left_unfinished_elsewhere_does_not_stand_for_this_one(
    study: Study, manifest: Path, store: Store
) -> None:
    first = run(study, store=store, engine_loader=loader(), should_stop=lambda: True)
    store.update(first.run_id, state="cancelled")
    folder = manifest.parent / "copy"
    folder.mkdir()
    shutil.copytree(manifest.parent / "audio", folder / "audio")
    for name in ("tones.csv", "tones.toml"):
        shutil.copy(manifest.parent / name, folder / name)
    second = run(study.model_copy(update={"base": folder}), store=store, engine_loader=loader())
    assert second.run_id != first.run_id
    assert (second.state, second.done) == ("done", second.total)
