"""A store that was damaged: a message or the right figures, never others; what is damaged is listed, copied back, mended."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bench.corruption import campaign, figures
from tests.corpus import make
from tests.large_store import large_run
from tests.test_runner import scripted
from tests.test_store_postgresql import postgresql, server  # noqa: F401
from workbench.__main__ import app
from workbench.errors import StoreError
from workbench.results import load
from workbench.runner import run
from workbench.store import Store, checksums, database_access, maintenance, open_store
from workbench.store import sql_tables as tables
from workbench.study import Study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    large_run(store, tmp_path, utterances=120, speakers=24, conditions=2, accents=4)
    store.close()
    return tmp_path


def altered(folder: Path, statement: str) -> str:
    """The URL of the store of a folder, after somebody's hand was in it."""
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()
    return f"sqlite:///{folder / 'store.sqlite'}"


def test_no_damage_gives_a_wrong_figure_and_every_one_can_be_repaired(tmp_path: Path) -> None:
    table = campaign(tmp_path, each=3, seed=7)  # 90 and more: python -m bench.corruption
    assert set(table["outcome"]) <= {"message", "right figures"}, table.to_string()
    assert set(table["repair"]) == {"whole"}, table.to_string()


def test_transcripts_that_are_missing_from_a_finished_run_are_said(folder: Path) -> None:
    url = altered(folder, "DELETE FROM transcripts WHERE rowid IN (SELECT rowid FROM transcripts LIMIT 100)")
    store = open_store(url)
    with pytest.raises(StoreError, match=r"100 of its 240 transcripts are missing.*workbench store check"):
        load("large", store=store)
    assert [(item.kind, item.problem) for item in maintenance.check(store)] == [
        ("run", "100 of its 240 transcripts are missing: the store is damaged, or somebody wrote in its tables")
    ]
    store.close()


def test_one_damaged_record_does_not_take_the_others_down(folder: Path) -> None:
    (folder / "more").mkdir()
    make(folder / "more")
    fields = {"name": "fine", "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": ["clean"]}
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    run(Study.create(fields, base=folder / "more"), store=store, engine_loader=scripted()[1])
    store.close()
    store = open_store(altered(folder, "UPDATE runs SET models = '[{}]' WHERE study = 'large'"))
    assert {(record.study, record.damaged) for record in store.runs()} == {("large", True), ("fine", False)}
    with pytest.raises(StoreError, match="its record in the store is damaged"):
        load("large", store=store)
    assert len(load("fine", store=store).scores) == 18
    store.close()


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_repaired_run_is_resumed_and_makes_only_what_was_lost(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}" if backend == "sqlite" else request.getfixturevalue("server")
    make(tmp_path)
    fields = {"name": "mended", "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": ["clean"]}
    study, store = Study.create(fields, base=tmp_path), open_store(url)
    first = run(study, store=store, engine_loader=scripted()[1])
    before = store.rows(first.run_id)
    table = tables.TRANSCRIPTS
    with store._engine.begin() as connection:
        key = table.c.transcript_key
        lost, changed = (before["transcript_key"][:3], before["transcript_key"][5:7])
        connection.execute(sa.delete(table).where(key.in_(lost.tolist())))
        connection.execute(sa.update(table).where(key.in_(changed.tolist())).values(hypothesis_raw="another text"))
    with pytest.raises(StoreError, match="2 of its 18 transcripts are not what was stored"):
        store.rows(first.run_id)
    store.close()
    said = maintenance.repair(url)
    assert said[-2:] == [
        "2 transcripts were not what was stored, and are gone",
        f"run {first.run_id}: it lost something: run its study again, which makes only that",
    ]
    store, (engine, loader) = open_store(url), scripted()
    record = run(study, store=store, engine_loader=loader)
    assert (record.run_id, record.state, len(engine.asked)) == (first.run_id, "done", 5)
    again = store.rows(first.run_id)
    columns = ["utterance_id", "hypothesis_raw", "audio_digest", "status"]
    assert again[columns].equals(before[columns])
    assert maintenance.check(store) == []
    store.close()


def test_a_store_that_can_only_be_read_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = open_store(f"sqlite:///{folder / 'store.sqlite'}").runs()[0].run_id
    right = figures(folder, run_id)
    for path in [*folder.iterdir()]:
        path.chmod(0o400)
    folder.chmod(0o500)
    monkeypatch.setattr(database_access, "read_only", lambda url: True)  # root may write everywhere
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    try:
        assert figures(folder, run_id).equals(right)
        assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
        store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
        with pytest.raises(StoreError, match="readonly database"):
            store.update(run_id, message="cannot be written")
        store.close()
    finally:
        folder.chmod(0o700)


def test_an_empty_file_is_no_new_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_access, "EMPTY_S", 0.0)
    (tmp_path / "store.sqlite").touch()
    with pytest.raises(StoreError, match=r"the file is empty.*put a backup back"):
        open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")


def test_a_store_without_its_tables_is_no_new_store(folder: Path) -> None:
    url = altered(folder, "DROP TABLE transcripts")
    with pytest.raises(StoreError, match="tables of the store are gone: transcripts"):
        open_store(url)


def test_the_commands_check_copy_and_repair(folder: Path) -> None:
    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["store", *words, "--store", f"sqlite:///{folder / 'store.sqlite'}"])
        return result.exit_code, result.stdout

    assert call("check") == (0, "all of it is what was stored\n")
    status, _ = call("backup", str(folder / "copy.sqlite"))
    copy = folder / "copy.sqlite"
    assert (status, stat.S_IMODE(copy.stat().st_mode)) == (0, 0o600)
    assert call("backup", str(copy))[0] == 2, "no file is overwritten"
    altered(folder, "UPDATE utterances SET reference = 'nothing' WHERE rowid = 5")
    status, said = call("check", "--json")
    assert (status, [item["kind"] for item in json.loads(said)["damage"]]) == (1, ["corpus"])
    assert call("repair")[0] == 0
    assert call("check")[0] == 0
    kept = open_store(f"sqlite:///{copy}")
    assert (maintenance.check(kept), kept.count_transcripts()) == ([], 240)
    kept.close()


def test_an_older_store_gains_the_checksums_of_what_is_in_it(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    before = load("large", store=store).scores
    with store._engine.begin() as connection:
        for table in ("transcripts", "corpora", "runs"):
            connection.exec_driver_sql(f"UPDATE {table} SET checksum = ''")
    assert maintenance.check(store) != []
    with store._engine.begin() as connection:
        checksums.seal_all(connection)
    assert maintenance.check(store) == []
    assert load("large", store=store).scores.equals(before)
    assert isinstance(store, Store)
    store.close()
