"""The same study gives the same rows, however it is worked off; what an engine hears is named in its answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import jobs
from tests.corpus import make
from workbench.runner import Local, prefetch, run, task_audio
from workbench.store import Store, open_store
from workbench.study import Study

CONDITIONS = ["clean", "white_noise@2", "babble?talkers=2"]
COLUMNS = ["utterance_id", "condition_id", "hypothesis_raw", "audio_digest", "achieved_snr_db", "facts", "status"]


def study(folder: Path, conditions: list[str]) -> Study:
    fields = {"name": "exact", "corpus": ["tones.csv"], "engines": ["fragile"], "conditions": conditions}
    return Study.create(fields, base=folder)


def rows(study: Study, folder: Path, name: str, **how: Any) -> pd.DataFrame:
    store = open_store(f"sqlite:///{folder / name}.sqlite")
    found = store.rows(run(study, store=store, **how).run_id)[COLUMNS]
    return found.sort_values(["utterance_id", "condition_id"], ignore_index=True)


def test_neither_workers_nor_batches_nor_order_nor_pieces_change_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    here = rows(study(tmp_path, CONDITIONS), tmp_path, "here", engine_loader=lambda spec, **_: jobs.Fragile(()))
    assert len(here) == 18 * 3
    assert (here["status"] == "ok").all()
    assert here["hypothesis_raw"].nunique() == len(here), "the engine's answer tells what it heard"
    monkeypatch.setattr(task_audio, "PIECE_S", 1.0)
    monkeypatch.setattr(prefetch, "AHEAD_S", 5.0)
    turned = study(tmp_path, CONDITIONS[::-1])
    two = Local(2, jobs.one_at_a_time)
    pd.testing.assert_frame_equal(rows(turned, tmp_path, "two", executor=two, engine_loader=jobs.one_at_a_time), here)


@pytest.mark.long
def test_audio_made_in_another_process_is_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    here = rows(
        study(tmp_path, ["opus@2", *CONDITIONS]), tmp_path, "here", engine_loader=lambda spec, **_: jobs.Fragile(())
    )
    made: list[bool] = []
    given, ready = prefetch.WorkerPool.submit, prefetch.Prefetcher.__init__

    def wait_for_the_process(self: Any, *arguments: Any, **more: Any) -> None:
        ready(self, *arguments, **more)
        self._worker_pool.grow()
        while not self._worker_pool.ready:
            self.take(self._events.get(timeout=60))

    monkeypatch.setattr(prefetch.Prefetcher, "__init__", wait_for_the_process)
    monkeypatch.setattr(
        prefetch.WorkerPool,
        "submit",
        lambda worker_pool, job: (made.append(worker_pool.ready), given(worker_pool, job)),
    )
    other = rows(
        study(tmp_path, ["opus@2", *CONDITIONS]), tmp_path, "other", engine_loader=lambda spec, **_: jobs.Fragile(())
    )
    assert made == [True] * 18
    pd.testing.assert_frame_equal(other, here)


def test_a_clock_that_jumps_changes_neither_the_run_nor_its_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workbench_home: Path
) -> None:
    make(tmp_path)
    clock = [time.time()]

    def jumping() -> float:
        clock[0] += 86_400.0 if len(seen) % 2 else -86_400.0
        return clock[0]

    seen: list[Any] = []
    monkeypatch.setattr(time, "time", jumping)
    store = open_store()
    record = run(
        study(tmp_path, CONDITIONS[:2]), store=store, engine_loader=lambda spec, **_: jobs.Fragile(()),
        on_progress=seen.append,
    )  # fmt: skip
    assert (record.state, record.done) == ("done", 36)
    assert all(0.0 <= progress.elapsed_s < 60.0 for progress in seen)
    assert [progress.eta_s for progress in seen if progress.fresh][-1] == 0.0


def test_a_run_is_still_known_to_be_alive_when_the_clock_is_set(
    workbench_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    if not psutil.LINUX:
        pytest.skip("elsewhere psutil notes the start by the clock, once")
    make(tmp_path)
    store: Store = open_store()
    record = store.enqueue(study(tmp_path, CONDITIONS))
    assert store.claim(record.run_id)
    boot, created = psutil.boot_time(), psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + 7200.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 7200.0)
    assert store.run(record.run_id).state == "running"
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 9000.0)
    assert store.run(record.run_id).state == "stopped", "another process that has the same number now"
