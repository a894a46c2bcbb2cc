"""The runner: work is done once, a killed run goes on where it stopped, a failure is a row with its reason."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.corpus import make
from tests.speech import GRAMMAR
from workbench.audio import Waveform
from workbench.engines import Engine, EngineFailure, ScriptedEngine, Transcript
from workbench.errors import AudioError, ManifestError, ScoringError, StoreError, StudyError
from workbench.processes import WorkerPool
from workbench.results import load, rescored
from workbench.results import loader as results_module
from workbench.results.audio_facts import reported
from workbench.runner import Local, Progress, plan, remaining, resolve, run, start_worker
from workbench.store import Store, open_store
from workbench.store.leases import since_boot
from workbench.study import Study

CONDITIONS = ["clean", "white_noise@2", "babble?snr_db=5&talkers=2", "equip_pulse@3"]


class Counting(ScriptedEngine):
    """A scripted engine that counts what it was asked, and breaks on an utterance when told to."""

    asked: list[tuple[str, str]]
    poison: str = ""

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if any(self.poison and wave.utterance_id.endswith(self.poison) for wave in batch):
            raise RuntimeError("the decoder fell over")
        self.asked += [(wave.utterance_id, wave.condition_id) for wave in batch]
        return super().transcribe(batch)


def scripted(poison: str = "") -> tuple[Counting, Any]:
    engine = Counting(lambda wave: "one two four" if wave.condition_id == "clean" else "")
    engine.asked, engine.poison = [], poison

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        return engine

    return engine, loader


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    return Study.create(
        {
            "name": "tones",
            "corpus": ["tones.csv"],
            "engines": ["scripted"],
            "conditions": CONDITIONS,
            "normaliser": "basic",
            "attributes": ["accent"],
        },
        base=tmp_path,
    )


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def test_english_rules_for_another_language_are_refused_before_the_start_and_afterwards(
    study: Study, store: Store, tmp_path: Path
) -> None:
    described = tmp_path / "tones.toml"
    described.write_text(described.read_text().replace('language = "en"', 'language = "sw"'))
    _, loader = scripted()
    with pytest.raises(StudyError, match=r"'fair_en' is for en, the speech is in 'sw'.*use one of: none, basic"):
        run(study.model_copy(update={"normaliser": "fair_en"}), store=store, engine_loader=loader)
    record = run(study, store=store, engine_loader=loader)
    with pytest.raises(ScoringError, match="'whisper_en' is for en"):
        load(record.run_id, store=store, normaliser="whisper_en")
    with pytest.raises(ScoringError, match="'whisper_en' is for en"):
        rescored(load(record.run_id, store=store), "whisper_en")


def test_every_utterance_meets_every_condition(study: Study, store: Store) -> None:
    engine, loader = scripted()
    record = run(study, store=store, engine_loader=loader)
    assert (record.state, record.done, record.total, record.failed) == ("done", 72, 72, 0)
    assert len(engine.asked) == len(set(engine.asked)) == 18 * 4
    scores = results_module.load(record.run_id, store=store).scores
    assert len(scores) == 72
    clean = scores[scores["condition_id"] == "clean"]
    assert clean["errors"].sum() == sum({"one": 1, "fou": 4, "eig": 3}[text[:3]] for text in clean["reference_raw"])
    noisy = scores[scores["condition_id"] == "white_noise@2"]
    assert (noisy["achieved_snr_db"] - 10).abs().max() < 0.2
    assert (scores[scores["condition_id"] != "clean"]["hypothesis_raw"] == "").all()


def test_a_finished_study_is_not_run_again(study: Study, store: Store) -> None:
    engine, loader = scripted()
    first = run(study, store=store, engine_loader=loader)
    asked = len(engine.asked)
    second = run(study, store=store, engine_loader=loader)
    assert second.run_id == first.run_id
    assert len(engine.asked) == asked
    assert len(store.runs()) == 1


def test_another_study_shares_the_transcripts(study: Study, store: Store) -> None:
    engine, loader = scripted()
    run(study, store=store, engine_loader=loader)
    asked = len(engine.asked)
    other = study.model_copy(update={"name": "other", "margin": 0.05, "conditions": study.conditions[:2]})
    record = run(other, store=store, engine_loader=loader)
    assert (record.done, record.reused) == (36, 36)
    assert len(engine.asked) == asked


def test_another_seed_is_other_noise_but_the_same_clean_speech(study: Study, store: Store) -> None:
    _, loader = scripted()
    run(study, store=store, engine_loader=loader)
    record = run(study.model_copy(update={"seed": 2}), store=store, engine_loader=loader)
    assert record.reused == 18
    assert record.done == 72


def test_a_stopped_run_goes_on_where_it_stopped(study: Study, store: Store) -> None:
    engine, loader = scripted()
    seen: list[int] = []
    record = run(
        study, store=store, engine_loader=loader, on_progress=lambda p: seen.append(p.done), should_stop=lambda: True
    )
    assert record.state in ("cancelled", "done")
    before = len(engine.asked)
    again = run(study, store=store, engine_loader=loader)
    assert again.run_id == record.run_id
    assert (again.state, again.done) == ("done", 72)
    assert len(engine.asked) == len(set(engine.asked)) == 72 >= before


def test_what_is_left_is_a_set_difference_on_the_key(study: Study) -> None:
    _, loader = scripted()
    inputs = resolve(study, engine_loader=loader)
    tasks = list(plan(inputs))
    keys = [key for task in tasks for key in task.keys]
    assert len(keys) == len(set(keys)) == 72
    done = set(keys[::2])
    left = [key for task in remaining(iter(tasks), done) for key in task.keys]
    assert left == [key for key in keys if key not in done]


def test_the_keys_do_not_depend_on_the_order_of_conditions_or_rows(study: Study, tmp_path: Path) -> None:
    _, loader = scripted()
    first = {key for task in plan(resolve(study, engine_loader=loader)) for key in task.keys}
    turned = study.model_copy(update={"conditions": study.conditions[::-1]})
    assert {key for task in plan(resolve(turned, engine_loader=loader)) for key in task.keys} == first


def test_an_engine_that_breaks_costs_one_row_not_the_run(study: Study, store: Store) -> None:
    _, loader = scripted(poison="n1-0.wav")
    _, fine = scripted()
    record = run(study, store=store, engine_loader=loader)
    if record.failed == 0:
        _, loader = scripted(poison="n1-0")
        record = run(study.model_copy(update={"seed": 9}), store=store, engine_loader=loader)
    assert record.state == "done"
    assert record.failed >= 1
    scores = results_module.load(record.run_id, store=store).scores
    failed = scores[scores["status"] == "failed"]
    assert set(failed["error"]) == {"RuntimeError: the decoder fell over"}
    assert failed["hypothesis_raw"].isna().all()
    assert failed["errors"].isna().all()
    again = run(
        Study.from_json(record.study_json, base=Path(record.base)), store=store, engine_loader=fine, retry_failed=True
    )
    assert again.failed == 0


def test_audio_that_vanishes_after_the_check_is_a_failed_row(study: Study, store: Store, tmp_path: Path) -> None:
    _, loader = scripted()

    def loader_that_deletes(spec: str, *, base: Path, language: str) -> Engine:
        (tmp_path / "audio" / "s1-1.wav").unlink()
        return loader(spec, base=base, language=language)

    record = run(study, store=store, engine_loader=loader_that_deletes)
    assert record.failed == 4
    reasons = [error for _, _, error in store.failures(record.run_id)]
    assert all("s1-1.wav" in reason for reason in reasons)


def test_the_audio_as_heard_is_made_again_to_the_byte(study: Study, store: Store) -> None:
    _, loader = scripted()
    record = run(study, store=store, engine_loader=loader)
    results = results_module.load(record.run_id, store=store)
    utterance = results.scores["utterance_id"].iloc[5]
    for condition in results.conditions:
        clean, degraded = results_module.heard(results, utterance, condition, store=store)
        assert len(clean.samples) == len(degraded.wave.samples)


def test_changed_audio_is_not_passed_off_as_what_was_heard(study: Study, store: Store, tmp_path: Path) -> None:
    _, loader = scripted()
    record = run(study, store=store, engine_loader=loader)
    results = results_module.load(record.run_id, store=store)
    utterance = next(name for name in results.scores["utterance_id"] if "n1-0" in name)
    (tmp_path / "audio" / "n1-0.wav").write_bytes((tmp_path / "audio" / "w1-2.wav").read_bytes())
    with pytest.raises(AudioError, match="no longer gives the samples"):
        results_module.heard(results, utterance, "clean", store=store)


def test_another_normaliser_needs_no_new_transcript(study: Study, store: Store) -> None:
    engine, loader = scripted()
    record = run(study, store=store, engine_loader=loader)
    asked = len(engine.asked)
    results = results_module.load(record.run_id, store=store)
    other = results_module.rescored(results, "none")
    assert other.normaliser_id != results.normaliser_id
    pd.testing.assert_frame_equal(
        other.scores, results_module.load(record.run_id, store=store, normaliser="none").scores
    )
    assert len(engine.asked) == asked


def test_everything_a_study_gets_wrong_is_said_before_the_start(study: Study) -> None:
    _, loader = scripted()
    wrong = study.model_copy(update={"attributes": ("acent",), "filter": {"accent": ("nrth",), "height": ("tall",)}})
    with pytest.raises(StudyError) as caught:
        resolve(wrong, engine_loader=loader)
    message = str(caught.value)
    for part in ("'acent'", "did you mean 'accent'", "'nrth'", "did you mean 'north'", "'height'"):
        assert part in message


def test_the_record_of_a_run_that_cannot_start_keeps_the_reason(study: Study, store: Store) -> None:
    wrong = study.model_copy(update={"attributes": ("acent",)})
    with pytest.raises(StudyError):
        run(wrong, store=store, engine_loader=scripted()[1])
    record = store.runs()[0]
    assert record.state == "failed"
    assert "acent" in record.message


def test_a_filter_keeps_the_slots_of_the_whole_corpus(study: Study) -> None:
    _, loader = scripted()
    every = {task.utterance["utterance_id"]: task.keys for task in plan(resolve(study, engine_loader=loader))}
    some = study.model_copy(update={"filter": {"accent": ("south",)}})
    kept = {task.utterance["utterance_id"]: task.keys for task in plan(resolve(some, engine_loader=loader))}
    assert len(kept) == 6
    assert all(every[name] == keys for name, keys in kept.items())


def test_an_unknown_run_names_those_that_exist(study: Study, store: Store) -> None:
    record = run(study, store=store, engine_loader=scripted()[1])
    with pytest.raises(StoreError, match=record.run_id):
        store.run("nothing-like-it")
    assert store.run(record.run_id[:8]).run_id == record.run_id
    assert store.run("tones").run_id == record.run_id


WORKER_STUDY = """
name = "worker"
corpus = ["tones.csv"]
engines = ["pocketsphinx?grammar=digits.gram"]
conditions = ["clean", "white_noise@1", "white_noise@2", "white_noise@3", "equip_pulse@1", "equip_pulse@2"]
"""


def write_worker_study(folder: Path) -> None:
    (folder / "worker.toml").write_text(WORKER_STUDY)
    (folder / "digits.gram").write_text(GRAMMAR)


def wait_for(store: Store, run_id: str, *states: str, done: int = 0, seconds: float = 90) -> Any:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        record = store.run(run_id)
        if record.state in states and record.done >= done:
            return record
        time.sleep(0.1)
    raise AssertionError(f"still {store.run(run_id).state} with {store.run(run_id).done} done")


@pytest.mark.long
@pytest.mark.engine
def test_a_worker_process_is_killed_resumed_and_loses_nothing(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    write_worker_study(tmp_path)
    study = Study.from_toml(tmp_path / "worker.toml")
    record = start_worker(study, store=store)
    record = wait_for(store, record.run_id, "running", "done", done=1)
    if record.state == "running":
        assert start_worker(study, store=store).pid == record.pid, "asking twice starts nothing twice"
        os.kill(record.pid, signal.SIGKILL)
        stopped = wait_for(store, record.run_id, "stopped", "done")
        assert 0 < stopped.done <= stopped.total == 18 * 6
    again = start_worker(study, store=store)
    assert again.run_id == record.run_id
    finished = wait_for(store, record.run_id, "done")
    assert (finished.done, finished.total) == (108, 108)
    alone = open_store(f"sqlite:///{tmp_path / 'alone.sqlite'}")
    whole = run(study, store=alone)
    columns = ["utterance_id", "condition_id", "hypothesis_raw", "audio_digest"]
    pd.testing.assert_frame_equal(alone.rows(whole.run_id)[columns], store.rows(record.run_id)[columns])


@pytest.mark.engine
@pytest.mark.long
def test_a_worker_can_be_cancelled(tmp_path: Path, store: Store) -> None:
    make(tmp_path, per_speaker=10)
    write_worker_study(tmp_path)
    record = start_worker(Study.from_toml(tmp_path / "worker.toml"), store=store)
    wait_for(store, record.run_id, "running", done=1)
    store.request_cancel(record.run_id)
    ended = wait_for(store, record.run_id, "cancelled", "done")
    assert ended.state == "cancelled"
    assert 0 < ended.done < ended.total


def test_a_paused_run_keeps_what_it_has_and_goes_on_from_there(
    study: Study, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["workbench.runner.execute"], "ROWS_BETWEEN_COMMITS", 4)
    engine, loader = scripted()

    def pause(progress: Progress) -> None:
        if progress.done:
            store.request_pause(progress.run_id)

    paused = run(study, store=store, engine_loader=loader, on_progress=pause)
    assert (paused.state, paused.message) == ("paused", "paused; run the study again to go on from here")
    assert 0 < paused.done < paused.total == 72
    again = run(study, store=store, engine_loader=loader)
    assert (again.run_id, again.state, again.done, again.reused) == (paused.run_id, "done", 72, paused.done)
    assert len(engine.asked) == len(set(engine.asked))


def test_a_run_that_is_paused_before_it_starts_waits(study: Study, store: Store) -> None:
    record = store.enqueue(study)
    assert store.request_pause(record.run_id).state == "paused"
    _, loader = scripted()
    assert run(study, store=store, engine_loader=loader).run_id == record.run_id


@pytest.mark.long
@pytest.mark.engine
def test_two_processes_give_the_same_rows_as_one(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # A test of the app may have left the app's script as the main module; a new process would run it again.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    make(tmp_path)
    write_worker_study(tmp_path)
    study = Study.from_toml(tmp_path / "worker.toml")
    one = run(study, store=store)
    other = open_store(f"sqlite:///{tmp_path / 'two.sqlite'}")
    two = run(study, store=other, executor=Local(workers=2))
    columns = [
        "utterance_id",
        "condition_id",
        "model_id",
        "hypothesis_raw",
        "audio_digest",
        "achieved_snr_db",
        "status",
    ]
    pd.testing.assert_frame_equal(store.rows(one.run_id)[columns], other.rows(two.run_id)[columns])


def test_a_run_under_way_is_not_claimed_twice(study: Study, store: Store) -> None:
    record = store.enqueue(study)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        import psutil

        store.update(
            record.run_id, state="running", pid=sleeper.pid, pid_started=since_boot(psutil.Process(sleeper.pid)),
            host=__import__("socket").gethostname(),
        )  # fmt: skip
        with pytest.raises(StoreError, match="is at work on it"):
            run(study, store=store, engine_loader=scripted()[1])
    finally:
        sleeper.kill()
        sleeper.wait()
    assert store.run(record.run_id).state == "stopped"
    assert run(study, store=store, engine_loader=scripted()[1]).state == "done"


def test_a_retry_mends_the_finished_run_and_every_run_that_shares_the_failure(study: Study, store: Store) -> None:
    _, breaks = scripted(poison="n1-0.wav")
    _, fine = scripted()
    other = study.model_copy(update={"name": "another study"})
    first, second = (run(one, store=store, engine_loader=breaks) for one in (study, other))
    assert first.failed == second.failed == 4
    still = run(study, store=store, engine_loader=breaks, retry_failed=True)
    assert (still.run_id, still.failed, still.done) == (first.run_id, 4, 72), "a failure stands until there is better"
    mended = run(study, store=store, engine_loader=fine, retry_failed=True)
    assert (mended.run_id, mended.failed, mended.state) == (first.run_id, 0, "done")
    assert {record.run_id: record.failed for record in store.runs()} == {first.run_id: 0, second.run_id: 0}
    assert len(store.rows(first.run_id)) == 72


def test_a_retry_that_is_stopped_loses_nothing(study: Study, store: Store) -> None:
    _, breaks = scripted(poison="n1-0.wav")
    first = run(study, store=store, engine_loader=breaks)

    def interrupted(spec: str, *, base: Path, language: str) -> Engine:
        engine, _ = scripted()
        engine.transcribe = lambda batch: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
        return engine

    with pytest.raises(KeyboardInterrupt):
        run(study, store=store, engine_loader=interrupted, retry_failed=True)
    assert store.run(first.run_id).state == "stopped"
    assert store.counts(first.run_id) == (72, 72, 4)
    assert run(study, store=store, engine_loader=breaks).state == "done"


def test_a_study_that_moved_is_retried_where_it_is_now(study: Study, store: Store, tmp_path: Path) -> None:
    _, breaks = scripted(poison="n1-0.wav")
    _, fine = scripted()
    first = run(study, store=store, engine_loader=breaks)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("audio", "tones.csv", "tones.toml"):
        (tmp_path / name).rename(moved / name)
    again = run(study.model_copy(update={"base": moved}), store=store, engine_loader=fine, retry_failed=True)
    assert (again.run_id, again.failed, again.base) == (first.run_id, 0, str(moved))


def test_imported_transcripts_of_other_utterances_are_refused_before_the_start(study: Study, tmp_path: Path) -> None:
    (tmp_path / "vendor.csv").write_text("utterance_id,text\nother/x9,one two three\n")
    some = study.model_copy(update={"engines": ("imported:vendor.csv",)})
    with pytest.raises(StudyError, match=r"none of its ids \('other/x9' .* utterance \('tones/audio/n1-0.wav' "):
        resolve(some)


def test_no_more_processes_are_started_than_there_are_processors(
    study: Study, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def start(*arguments: object, **_: object) -> None:
        started.append(arguments)
        if len(started) == max(2, os.cpu_count() or 1):
            raise RuntimeError("enough")

    monkeypatch.setattr(WorkerPool, "_start", start)
    monkeypatch.setattr(WorkerPool, "started", property(lambda worker_pool: len(started)))
    monkeypatch.setattr(WorkerPool, "submit", lambda worker_pool, job: None)
    with pytest.raises(RuntimeError, match="enough"):
        run(study, store=store, executor=Local(workers=10_000), engine_loader=scripted()[1])
    assert Local(workers=10_000).session().workers == max(2, os.cpu_count() or 1)


def test_what_is_wrong_with_several_manifests_is_said_at_once(study: Study, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    some = study.model_copy(update={"corpus": ("none.csv", "empty.csv", "noending", "tones.csv")})
    with pytest.raises(ManifestError) as caught:
        resolve(some, engine_loader=scripted()[1])
    for part in ("none.csv: there is no such manifest", "empty.csv: the file is empty", "noending: there is no such"):
        assert part in str(caught.value)


def test_what_an_engine_reports_of_a_transcript_can_be_had_beside_its_scores(study: Study, store: Store) -> None:
    def answer(wave: Waveform) -> Transcript:
        extra = {"no_speech_prob": 0.9} if wave.condition_id != "clean" else {}
        return Transcript("one two", 0.0, None, extra)

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        return ScriptedEngine(answer)

    results = load(run(study, store=store, engine_loader=loader).run_id, store=store)
    found = reported(results)
    clean = (results.scores["condition_id"] == "clean").to_numpy()
    assert found.index.equals(results.scores.index)
    assert found["no_speech_prob"].isna().to_numpy().tolist() == clean.tolist()
    assert set(found["no_speech_prob"].dropna()) == {0.9}
