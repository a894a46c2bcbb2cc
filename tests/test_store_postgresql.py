"""The same store on a real PostgreSQL server: a run, its repetition and its results are those of SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import require
from tests.corpus import make
from tests.test_runner import CONDITIONS, scripted
from workbench.results import load
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study


def binaries() -> Path | None:
    """The folder of the server's programs: on the path, or where Debian puts them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of its own on a free loopback port; its URL."""
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
        call(*control, "-o", f"-p {port} -k {name} -c listen_addresses=127.0.0.1", "start")
        try:
            yield f"postgresql+psycopg://{user}@127.0.0.1:{port}/postgres"
        finally:
            call(*control, "-m", "fast", "stop")


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
