"""The same store on a real PostgreSQL server: a run, its repetition and its results are those of SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from tests import jobs
from tests.conftest import require
from tests.corpus import make
from tests.test_runner import CONDITIONS, scripted
from workbench.audio import Waveform
from workbench.engines import EngineFailure, Transcript
from workbench.results import load
from workbench.runner import Progress, retry, run
from workbench.store import open_store
from workbench.study import Study


def binaries() -> Path | None:
    """The folder of the server's programs: on the path, or where Debian puts them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


class Server(NamedTuple):
    """A server of its own on a free loopback port."""

    url: str
    start: Callable[[], None]
    stop: Callable[[], None]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    folder = binaries()
    require(folder, "no PostgreSQL server is installed (Debian: postgresql)")
    assert folder is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(name, user="postgres")

        def call(*command: str) -> None:
            as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
            subprocess.run([*as_user, *command], check=True, cwd=name, stdout=subprocess.DEVNULL)

        data = f"{name}/data"
        call(str(folder / "initdb"), "-D", data, "-A", "trust", "-U", user)
        control = (str(folder / "pg_ctl"), "-D", data, "-w", "-l", f"{name}/log")
        there = Server(
            f"postgresql+psycopg://{user}@127.0.0.1:{port}/postgres",
            lambda: call(*control, "-o", f"-p {port} -k {name} -c listen_addresses=127.0.0.1", "start"),
            lambda: call(*control, "-m", "immediate", "stop"),
        )
        there.start()
        try:
            yield there
        finally:
            there.stop()


@pytest.fixture
def server(postgresql: Server) -> str:
    """The URL of a server."""
    return postgresql.url


def test_a_run_on_postgresql_equals_a_run_on_sqlite(server: str, tmp_path: Path) -> None:
    make(tmp_path)
    fields = {"name": "tones", "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": CONDITIONS}
    study = Study.create({**fields, "normaliser": "basic"}, base=tmp_path)
    frames = []
    for url in (server, f"sqlite:///{tmp_path / 'store.sqlite'}"):
        store = open_store(url)
        engine, loader = scripted()
        record = run(study, store=store, engine_loader=loader)
        assert (record.state, record.done, record.failed) == ("done", 72, 0)
        assert run(study, store=store, engine_loader=loader).run_id == record.run_id
        assert len(engine.asked) == 72
        frames.append(load(record.run_id, store=store).scores.drop(columns=["run_id", "decode_s"]))
        store.close()
    pd.testing.assert_frame_equal(*frames)


def test_a_server_that_falls_over_in_the_middle_of_a_run_is_waited_for_and_loses_nothing(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(sys.modules["workbench.runner.execute"], "SECONDS_BETWEEN_COMMITS", 0.05)
    make(tmp_path)
    fields = {"name": "falls over", "corpus": ["tones.csv"], "engines": ["fragile"], "conditions": ["clean", "hum@2"]}
    study = Study.create(fields, base=tmp_path)
    store = open_store(postgresql.url)
    paused: list[str] = []
    heard: list[str] = []
    down: list[bool] = []

    class Listening(jobs.Fragile):
        def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
            answers = super().transcribe(batch)
            heard.extend(answer.text for answer in answers if isinstance(answer, Transcript))
            return answers

    def pull_the_plug(progress: Progress) -> None:
        if progress.fresh and not down:
            postgresql.stop()
            down.append(True)
        if progress.paused:
            paused.append(progress.paused)
            if len(paused) == 2:
                postgresql.start()

    engine = Listening((), wait_s=0.02)
    engine.digest = "of this test alone"
    record = run(study, store=store, engine_loader=lambda spec, **_: engine, on_progress=pull_the_plug)
    assert (record.state, record.done, record.failed) == ("done", 36, 0)
    assert len(paused) >= 2
    assert all("store" in reason for reason in paused)
    assert sorted(heard) == sorted(store.rows(record.run_id)["hypothesis_raw"]), "nothing is decoded twice"
    store.close()
