"""A full disk, and a store that goes away and comes back: the run waits or ends with the reason, and loses nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import jobs
from tests.corpus import make
from workbench.errors import StoreError
from workbench.runner import Progress, retry, run
from workbench.runner.retry import patiently
from workbench.store import open_store
from workbench.study import Study

EXECUTE = sys.modules["workbench.runner.execute"]
"""The module; the package has a function of that name."""


def loader(spec: str, **_: Any) -> jobs.Fragile:
    return jobs.Fragile((), wait_s=0.02)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    fields = {"name": "faults", "corpus": ["tones.csv"], "engines": ["fragile"], "conditions": ["clean", "hum@2"]}
    return Study.create(fields, base=tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(EXECUTE, "SECONDS_BETWEEN_COMMITS", 0.1)


def test_a_store_that_goes_away_is_waited_for_and_loses_nothing(study: Study, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "disk", tmp_path / "unplugged"
    folder.mkdir()
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    seen: list[Progress] = []

    def unplug(progress: Progress) -> None:
        seen.append(progress)
        if progress.fresh and not elsewhere.exists() and len([one for one in seen if one.paused]) == 0:
            folder.rename(elsewhere)
            store.close()
        elif len([one for one in seen if one.paused]) == 3 and elsewhere.exists():
            elsewhere.rename(folder)

    record = run(study, store=store, engine_loader=loader, on_progress=unplug)
    assert (record.state, record.done, record.failed) == ("done", 36, 0)
    paused = [progress.paused for progress in seen if progress.paused]
    assert len(paused) >= 3
    assert all("cannot open the store" in reason for reason in paused)
    assert not seen[-1].paused


def test_a_full_disk_ends_the_run_with_the_reason_and_the_next_one_goes_on(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [False]
    store = open_store(f"sqlite:///{tmp_path / 'small.sqlite'}")

    @sa.event.listens_for(store._engine, "before_cursor_execute")
    def limit(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO transcripts"):
            cursor.execute("PRAGMA max_page_count=" + ("1" if full[0] else "1000000"))

    monkeypatch.setattr(EXECUTE, "patiently", lambda work, **_: patiently(work, patience_s=0.2))
    heard: list[str] = []

    class Listening(jobs.Fragile):
        def transcribe(self, batch: Any) -> Any:
            heard.extend(f"{wave.utterance_id}@{wave.condition_id}" for wave in batch)
            return super().transcribe(batch)

    def fill(progress: Progress) -> None:
        full[0] = progress.fresh > 0

    def listening(spec: str, **_: Any) -> Listening:
        engine = Listening((), wait_s=0.02)
        engine_text = "x" * 40_000
        engine._texts = lambda wave: engine_text
        return engine

    with pytest.raises(StoreError, match="database or disk is full"):
        run(study, store=store, engine_loader=listening, on_progress=fill)
    [record] = store.runs()
    kept = store.counts(record.run_id).done
    assert 0 < kept < 36
    assert record.state in ("failed", "running", "stopped")
    full[0] = False
    before = len(heard)
    again = run(study, store=store, engine_loader=listening)
    assert (again.run_id, again.state, again.done) == (record.run_id, "done", 36)
    assert len(heard) - before == 36 - kept, "what was kept is not decoded again"
    assert set(heard) == {f"{row.utterance_id}@{row.condition_id}" for row in store.rows(again.run_id).itertuples()}


def test_waiting_gives_up_in_the_end_and_can_be_stopped() -> None:
    asked: list[str] = []

    def fails() -> None:
        asked.append("asked")
        raise StoreError("server closed the connection")

    said: list[str] = []
    with pytest.raises(StoreError, match="server closed"):
        patiently(fails, patience_s=0.3, on_pause=said.append)
    assert 2 <= len(asked) == len(said) + 1
    asked.clear()
    with pytest.raises(StoreError):
        patiently(fails, should_stop=lambda: True)
    assert asked == ["asked"]
