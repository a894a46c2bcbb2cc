"""Leases: a run whose worker died elsewhere is freed, a worker that lives keeps it, and two never write at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import make
from tests.store_rows import transcript
from tests.test_runner import CONDITIONS, scripted
from tests.test_store_postgresql import postgresql, server  # noqa: F401
from workbench.errors import LeaseError, StoreError
from workbench.runner import run
from workbench.store import Store, leases, open_store
from workbench.study import Study

ELSEWHERE = {"state": "running", "place": "another machine", "host": "container-4711", "pid": 7, "owner": "its lease"}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(leases, "RENEWAL_S", 0.05)
    sqlite = request.param == "sqlite"
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}" if sqlite else request.getfixturevalue("server"))
    yield store
    store.close()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    fields = {"name": tmp_path.name, "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": CONDITIONS}
    return Study.create(fields, base=tmp_path)


def held_elsewhere(store: Store, study: Study, *, renewed_s_ago: float, **columns: Any) -> str:
    """A run that a process on another machine holds; its last renewal is so many seconds old."""
    run_id = store.enqueue(study).run_id
    store.update(run_id, **ELSEWHERE | columns, renewed_at=leases.clock(store._engine) - renewed_s_ago)
    return run_id


def test_a_run_that_died_on_another_machine_is_freed_when_its_lease_has_run_out(store: Store, study: Study) -> None:
    run_id = held_elsewhere(store, study, renewed_s_ago=1.0)
    assert store.run(run_id).state == "running"
    with pytest.raises(StoreError, match=r"process 7 on container-4711 is at work on it.*run it again in 60 s"):
        run(study, store=store, engine_loader=scripted()[1])
    store.update(run_id, renewed_at=leases.clock(store._engine) - leases.LEASE_S - 1)
    assert store.run(run_id).state == "stopped"
    record = run(study, store=store, engine_loader=scripted()[1])
    assert (record.run_id, record.state, record.done) == (run_id, "done", 72)


def test_a_container_that_gets_a_new_name_is_the_same_machine(store: Store, study: Study) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    run_id = held_elsewhere(store, study, renewed_s_ago=0.0, place=leases.place(), pid=process.pid)
    assert store.run(run_id).state == "stopped", "its process is not there, whatever the host is called"
    assert store.claim(run_id)
    store.release(run_id)


def test_one_name_on_two_machines_does_not_make_them_one(store: Store, study: Study) -> None:
    host = os.uname().nodename
    run_id = held_elsewhere(store, study, renewed_s_ago=1.0, host=host, pid=2**22 + 1)
    assert store.run(run_id).state == "running"
    assert not store.claim(run_id)


@pytest.mark.parametrize("renewed_s_ago", [-3600.0, 3600.0])
def test_a_clock_that_was_set_frees_a_dead_run_and_takes_none_from_a_living_one(
    store: Store, study: Study, renewed_s_ago: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEWAL_S", 1.0)
    run_id = held_elsewhere(store, study, renewed_s_ago=renewed_s_ago)
    over = threading.Event()

    def renew() -> None:  # a worker whose renewals carry a wrong time
        while not over.wait(0.02):
            held_elsewhere(store, study, renewed_s_ago=renewed_s_ago, renewals=time.monotonic_ns() % 2**31)

    worker = threading.Thread(target=renew)
    worker.start()
    try:
        assert not store.claim(run_id), "its renewals are seen to go on"
    finally:
        over.set()
        worker.join()
    monkeypatch.setattr(leases, "RENEWAL_S", 0.01)
    assert store.claim(run_id)
    store.release(run_id)


def test_a_worker_renews_its_lease_until_it_gives_it_up(store: Store, study: Study) -> None:
    run_id = store.enqueue(study).run_id
    assert store.claim(run_id)
    other = open_store(store.url)
    limit = time.monotonic() + 20
    while other.run(run_id).state == "running" and _renewals(store, run_id) < 3:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert not other.claim(run_id), "in the same process, by another store"
    store.update(run_id, state="paused")
    assert other.claim(run_id)
    other.release(run_id)
    other.close()


def test_who_lost_the_lease_writes_nothing_more(store: Store, study: Study) -> None:
    run_id = store.enqueue(study).run_id
    assert store.claim(run_id)
    other = open_store(store.url)
    with other._engine.begin() as connection:
        other._take(connection, run_id, "another lease")
    leases.HELD.add("another lease")
    before = store.count_transcripts()
    for write in (
        lambda: store.commit(run_id, [transcript(f"late {run_id}", "text")], {"done": 1}),
        lambda: store.update(run_id, state="done"),
        lambda: store.cancel_requested(run_id),
        lambda: store.prepare(run_id, items=iter(()), models=(), corpora=(), versions={}, notes=(), content_digest=""),
    ):
        with pytest.raises(LeaseError, match="another one took over"):
            write()
    assert (store.count_transcripts(), other.run(run_id).state) == (before, "running")
    leases.HELD.discard("another lease")
    store.release(run_id)
    other.close()


SLOW = """
import sys
from pathlib import Path
from tests.test_runner import scripted
from workbench.errors import LeaseError
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

study = Study.from_json(sys.stdin.readline(), base=Path(sys.argv[2]))
try:
    run(study, store=open_store(sys.argv[1]), engine_loader=scripted()[1], on_progress=lambda _: print("at work", flush=True))
except LeaseError as error:
    print(error)
    sys.exit(75)
"""


@pytest.mark.long
def test_a_process_that_was_stopped_and_comes_back_ends_and_changes_nothing(
    store: Store, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", SLOW, store.url, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(study.to_json() + "\n")
    process.stdin.flush()
    try:
        assert process.stdout.readline() == "at work\n"
        os.kill(process.pid, signal.SIGSTOP)
        monkeypatch.setattr(leases, "LEASE_S", 0.5)
        time.sleep(0.6)
        record = run(study, store=store, engine_loader=scripted()[1])
        assert (record.state, record.done) == ("done", 72)
        before = store.rows(record.run_id)
        monkeypatch.undo()
        os.kill(process.pid, signal.SIGCONT)
        message, _ = process.communicate(timeout=60)
        assert (process.returncode, "another one took over" in message) == (75, True), message
    finally:
        process.kill()
        process.communicate()
    assert store.rows(record.run_id).equals(before)
    assert store.run(record.run_id).state == "done"


def _renewals(store: Store, run_id: str) -> int:
    with store._engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT renewals FROM runs WHERE run_id = '{run_id}'").scalar_one())
