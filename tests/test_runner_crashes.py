"""A process that dies costs one row, never the run: engines that crash, and audio that crashes what reads it."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pandas as pd
import pytest

from tests import jobs
from tests.corpus import make
from workbench.engines import ScriptedEngine
from workbench.errors import EngineError
from workbench.processes import Event
from workbench.runner import Local, plan, prefetch, resolve, run, task_audio
from workbench.runner.prefetch import Prefetcher
from workbench.store import Store, open_store
from workbench.study import Study

COLUMNS = ["utterance_id", "condition_id", "hypothesis_raw", "audio_digest", "status", "achieved_snr_db"]


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def study(folder: Path, engine: str) -> Study:
    make(folder)
    fields = {"name": "fragile", "corpus": ["tones.csv"], "engines": [engine]}
    return Study.create({**fields, "conditions": ["clean", "white_noise@2"]}, base=folder)


def here(spec: str, **_: Any) -> ScriptedEngine:
    return jobs.Fragile(())


def test_an_utterance_that_crashes_the_engine_is_one_failed_row(tmp_path: Path, store: Store) -> None:
    poisoned = study(tmp_path, "fragile:s2-2.wav@clean")
    record = run(poisoned, store=store, executor=Local(2, jobs.fragile), engine_loader=jobs.fragile)
    assert (record.state, record.done, record.failed) == ("done", 36, 1)
    rows = store.rows(record.run_id)
    [failed] = rows[rows["status"] == "failed"].to_dict("records")
    assert (failed["utterance_id"], failed["condition_id"]) == ("tones/audio/s2-2.wav", "clean")
    assert "the engine's process died on it, killed by signal 11 (SIGSEGV)" in failed["error"]
    assert pd.isna(failed["hypothesis_raw"])
    other = open_store(f"sqlite:///{tmp_path / 'here.sqlite'}")
    expected = other.rows(run(poisoned, store=other, engine_loader=lambda spec, **_: here(spec)).run_id)
    spared = (rows["status"] == "ok").to_numpy()
    pd.testing.assert_frame_equal(rows.loc[spared, COLUMNS], expected.loc[spared, COLUMNS])


@pytest.mark.long
def test_three_crashes_in_a_row_stop_the_run_and_count_against_no_utterance(tmp_path: Path, store: Store) -> None:
    broken = study(tmp_path, "fragile:audio")  # every utterance
    with pytest.raises(EngineError, match=r"died on 3 utterances in a row, killed by signal 11.*run the study again"):
        run(broken, store=store, engine_loader=jobs.fragile)
    [record] = store.runs()
    assert record.state == "failed"
    assert "3 utterances in a row" in record.message
    assert store.counts(record.run_id).done == 0, "the three are not held against the utterances"
    mended = run(broken, store=store, engine_loader=lambda spec, **_: here(spec), retry_failed=True)
    assert (mended.run_id, mended.state, mended.done, mended.failed) == (record.run_id, "done", 36, 0)


def test_an_engine_whose_process_dies_while_it_loads_is_an_error_with_the_reason(tmp_path: Path, store: Store) -> None:
    with pytest.raises(
        EngineError, match=r"engine 'fragile': the process that loads it died, ended with exit status 7"
    ):
        run(
            study(tmp_path, "fragile"), store=store, executor=Local(1, jobs.dies_loading),
            engine_loader=jobs.dies_loading,
        )  # fmt: skip


@pytest.mark.long
def test_audio_that_kills_the_process_that_reads_it_is_a_failed_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_audio, "prepare_all", jobs.dies_on_n1_0)
    inputs = resolve(study(tmp_path, "fragile"), engine_loader=lambda spec, **_: here(spec))
    events: SimpleQueue[Event] = SimpleQueue()
    work = Prefetcher(inputs, plan(inputs), events, workers=1)
    work._worker_pool.grow()
    while not work._worker_pool.ready:
        work.take(events.get(timeout=60))
    found = {}
    work.fill()
    while not work.done:
        for prepared in work.take(events.get(timeout=60)):
            found[prepared.task.utterance["utterance_id"]] = set(prepared.errors)
            work.release(prepared)
        work.fill()
    work.end()
    assert len(found) == 18
    [reason] = found.pop("tones/audio/n1-0.wav")
    assert "the process that read and degraded it died, killed by signal 9 (SIGKILL)" in reason
    assert all(errors == {"prepared elsewhere"} for errors in found.values())


def test_no_more_audio_is_prepared_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "AHEAD_S", 3.0)
    inputs = resolve(study(tmp_path, "fragile"), engine_loader=lambda spec, **_: here(spec))
    events: SimpleQueue[Event] = SimpleQueue()
    work = Prefetcher(inputs, plan(inputs), events, workers=1)
    taken, held = 0, []
    while not work.done:
        work.fill()
        assert work._under_way_s < 3.0 + 2 * 0.8, "one task more than the limit, of at most 0.8 s under 2 conditions"
        while not work._preparing and held:
            work.release(held.pop())
            work.fill()
        if work._preparing:
            [prepared] = work.take(events.get(timeout=60))
            held.append(prepared)
            taken += 1
    work.end()
    assert taken == 18


def test_a_long_recording_is_prepared_a_few_conditions_at_a_time(tmp_path: Path) -> None:
    inputs = resolve(study(tmp_path, "fragile"), engine_loader=lambda spec, **_: here(spec))
    task = next(plan(inputs))
    long = type(task)(0, 0, {**task.utterance, "duration_s": 50.0}, tuple(range(7)), tuple("abcdefg"))
    cut = list(task_audio.pieces(long))
    assert [piece.conditions for piece in cut] == [(0, 1), (2, 3), (4, 5), (6,)]
    assert "".join("".join(piece.keys) for piece in cut) == "abcdefg"
    hour = type(task)(0, 0, {**task.utterance, "duration_s": 3600.0}, (0, 1), ("a", "b"))
    assert [piece.keys for piece in task_audio.pieces(hour)] == [("a",), ("b",)]


@pytest.mark.parametrize("where", ["read", "degrade"])
def test_a_recording_too_large_for_the_memory_is_a_failed_row(
    where: str, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = getattr(task_audio, where)

    def full(heard: Any, *arguments: Any, **more: Any) -> Any:
        if "n1-0" in str(heard["utterance_id"] if where == "read" else heard.utterance_id):
            raise MemoryError("Unable to allocate 900. GiB")
        return given(heard, *arguments, **more)

    monkeypatch.setattr(task_audio, where, full)
    record = run(study(tmp_path, "fragile"), store=store, engine_loader=lambda spec, **_: here(spec))
    assert (record.state, record.done, record.failed) == ("done", 36, 2)
    assert {one[0] for one in store.failures(record.run_id)} == {"tones/audio/n1-0.wav"}
    assert {one[2] for one in store.failures(record.run_id)} == {
        "memory did not suffice for it: Unable to allocate 900. GiB"
    }
