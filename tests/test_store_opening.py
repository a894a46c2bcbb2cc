"""Opening the store: in the folder that was named, by many at once, and with errors that a person can mend."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from tests.corpus import make
from tests.store_rows import transcript
from workbench.__main__ import app
from workbench.errors import StoreError
from workbench.runner import run, start_worker
from workbench.store import RunRecord, Store, default_url, home, open_store
from workbench.store.leases import since_boot
from workbench.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    fields = {"name": "a study", "corpus": ["tones.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    return Study.create(fields, base=tmp_path)


@pytest.mark.parametrize("name", ["a b", "what?now&then", "50%20", "ünï #1"])
def test_the_store_lies_in_the_folder_that_was_named(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / name))
    open_store().close()
    assert (tmp_path / name / "store.sqlite").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_store_is_the_same_one_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_HOME", "home")
    assert home() == tmp_path / "home"
    assert open_store("sqlite:///here.sqlite").url == f"sqlite:///{tmp_path}/here.sqlite"
    assert open_store("sqlite://").url == "sqlite://"


def test_many_may_open_a_new_store_and_start_the_same_study_at_once(tmp_path: Path, study: Study) -> None:
    for number in range(5):
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        together = threading.Barrier(6)

        def start(_: int, url: str = url, together: threading.Barrier = together) -> RunRecord:
            together.wait()
            return open_store(url).enqueue(study)

        with ThreadPoolExecutor(6) as threads:
            records = list(threads.map(start, range(6)))
        assert len({record.run_id for record in records}) == 1


def test_of_two_that_claim_a_run_at_once_one_gets_it(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    run_id = store.enqueue(study).run_id
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    first_look = Store.run

    def and_then_the_other_claims_it(self: Store, run_id: str) -> RunRecord:
        record = first_look(self, run_id)
        started = since_boot(psutil.Process(sleeper.pid))
        store.announce_worker(run_id, pid=sleeper.pid, pid_started=started)
        store.update(run_id, state="running")
        return record

    try:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "run", and_then_the_other_claims_it)
            assert not store.claim(run_id)
        assert store.run(run_id).pid == sleeper.pid
    finally:
        sleeper.kill()
        sleeper.wait()
    assert store.claim(run_id)


def test_a_home_that_cannot_be_made_is_an_error_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StoreError, match=r"file/home: the folder cannot be made .*WORKBENCH_HOME"):
        default_url()
    result = CliRunner().invoke(app, ["status"], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "set WORKBENCH_HOME" in result.stderr.replace("\n", " ")
    assert CliRunner().invoke(app, ["doctor", "--json"], catch_exceptions=False).exit_code == 1


def test_a_full_disk_is_an_error_to_mend_and_what_was_done_is_kept(study: Study) -> None:
    store = open_store()
    store.add_transcripts([transcript("before", "kept")])
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match=r"disk is full.*not full"):
        store.add_transcripts([transcript(str(number), "x" * 4000) for number in range(50)])
    with pytest.raises(StoreError, match="disk is full"):
        run(study, store=store)
    store.close()
    assert open_store().count_transcripts() == 1


def test_a_connection_in_use_when_the_store_is_closed_is_closed_as_it_is_given_back() -> None:
    store = open_store()
    connection = store.connected()
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    store.close()
    raw.execute("SELECT 1")
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")


def test_a_fault_of_ours_is_not_passed_off_as_a_store_to_mend() -> None:
    store = open_store()
    row = transcript("once", "x")
    with pytest.raises(sa.exc.IntegrityError):
        store.add_transcripts([row | {"facts": None}])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ann:pa55word@127.0.0.1:1/speech",
        "postgresql+psycopg://127.0.0.1:1/speech?user=ann&password=pa55word",
        "nonsense://ann:pa55word@127.0.0.1/speech",
        "postgresql+psycopg://ann:pa55word@127.0.0.1:port/speech",
    ],
)
def test_no_message_shows_a_password(url: str) -> None:
    with pytest.raises(StoreError) as error:
        open_store(url)
    assert "pa55word" not in str(error.value)
    assert "***" in str(error.value)


def test_no_command_line_shows_the_address_of_the_store(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Process:
        pid = 2**22 + 1

        def __init__(self, command: list[str], **options: Any) -> None:
            asked.update(options, command=command)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Process)
    store = open_store()
    start_worker(study, store=store)
    assert store.url not in " ".join(asked["command"])
    assert asked["env"]["WORKBENCH_STORE"] == store.url


def test_what_is_no_database_is_an_error_to_mend(tmp_path: Path) -> None:
    (tmp_path / "noise.sqlite").write_bytes(bytes(range(256)) * 20)
    for url in (
        f"sqlite:///{tmp_path / 'noise.sqlite'}",
        f"sqlite:///{tmp_path}",
        "sqlite:////proc/none/x",
        "nonsense",
    ):
        result = CliRunner().invoke(app, ["status", "--store", url], catch_exceptions=False)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "store" in result.stderr
