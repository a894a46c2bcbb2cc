"""Stores of other revisions: an older one keeps its rows and gains what is new, a newer one is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from typer.testing import CliRunner

from tests.store_rows import transcript
from tests.test_store_postgresql import postgresql, server  # noqa: F401
from workbench.__main__ import app
from workbench.errors import StoreError
from workbench.store import database_access, open_store, revisions, runs, sql_tables
from workbench.study import Study

NEXT = f"{int(sql_tables.REVISION) + 1:04}"
SINCE_FIRST = [f"{number:04}" for number in range(2, int(sql_tables.REVISION) + 1)]

FOLLOWING = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{sql_tables.REVISION}"


def upgrade():
    op.add_column("transcripts", sa.Column("note", sa.Text, nullable=False, server_default=""))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite'}"
        return
    address = request.getfixturevalue("server")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS revisions")
        connection.exec_driver_sql("CREATE DATABASE revisions")
    engine.dispose()
    yield address.rpartition("/")[0] + "/revisions"


def without_later_columns(connection: sa.Connection) -> None:
    """Take away what revisions after the second brought."""
    runs = ("number", "place", "owner", "renewals", "renewed_at", "checksum", "items_checksum", "belongs_to")
    for table, names in (("runs", runs), ("transcripts", ("checksum",)), ("corpora", ("checksum",))):
        for name in names:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")


@pytest.fixture
def old(url: str) -> str:
    """A store of the first release: its tables, a row, and no word of a revision."""
    store = open_store(url)
    store.add_transcripts([transcript("before", "kept")])
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("ALTER TABLE utterances DROP COLUMN channel")
        without_later_columns(connection)
    store.close()
    return url


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbench that is one revision further."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    for script in revisions.SCRIPTS.glob("r*.py"):
        (folder / script.name).write_text(script.read_text())
    (folder / f"r{NEXT}.py").write_text(FOLLOWING)
    monkeypatch.setattr(revisions, "SCRIPTS", folder)
    monkeypatch.setattr(revisions, "REVISION", NEXT)


def revision(url: str) -> str | None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = revisions.found(connection)
    engine.dispose()
    return found


def test_the_tables_say_their_latest_revision() -> None:
    scripts = ScriptDirectory(str(revisions.SCRIPTS), version_locations=[str(revisions.SCRIPTS)])
    assert scripts.get_current_head() == sql_tables.REVISION
    assert scripts.get_base() == revisions.FIRST


def test_a_new_store_has_the_tables_and_their_revision(url: str) -> None:
    assert url.startswith("sqlite") or revision(url) is None  # to look into a SQLite file would make it
    open_store(url).close()
    assert revision(url) == sql_tables.REVISION
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), sql_tables.METADATA) == []
    engine.dispose()


def test_a_store_of_the_first_release_is_known_and_keeps_its_rows(old: str) -> None:
    assert revision(old) == revisions.FIRST
    if old.startswith("postgresql"):
        assert database_access.upgrade(old) == SINCE_FIRST
    store = open_store(old)
    assert store.count_transcripts() == 1
    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), sql_tables.METADATA) == []
    store.close()


@pytest.mark.usefixtures("later")
def test_an_older_store_gains_what_is_new_and_keeps_its_rows(old: str) -> None:
    if old.startswith("postgresql"):
        with pytest.raises(StoreError, match=rf"revision 0001; this workbench needs {NEXT}; .*store --upgrade"):
            open_store(old)
        assert revision(old) == "0001"
        assert database_access.upgrade(old) == [*SINCE_FIRST, NEXT]
    store = open_store(old)
    assert revision(old) == NEXT
    with store._engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT hypothesis_raw, note FROM transcripts").one()
    assert tuple(row) == ("kept", "")
    store.close()
    assert database_access.upgrade(old) == []


@pytest.mark.usefixtures("later")
def test_an_upgrade_that_breaks_changes_nothing(old: str) -> None:
    (revisions.SCRIPTS / f"r{NEXT}.py").write_text(FOLLOWING + "    op.drop_table('no such table')\n")
    with pytest.raises((sa.exc.SQLAlchemyError, StoreError)):
        database_access.upgrade(old)
    assert revision(old) == "0001"
    engine = sa.create_engine(old)
    assert "note" not in {column["name"] for column in sa.inspect(engine).get_columns("transcripts")}
    engine.dispose()


def test_a_newer_store_is_left_alone(url: str) -> None:
    store = open_store(url)
    with store._engine.begin() as connection:
        connection.execute(sa.update(sql_tables.VERSION).values(version_num="0099"))
    store.close()
    for use in (open_store, database_access.upgrade):
        with pytest.raises(StoreError, match=r"revision 0099, which this workbench does not know .*newer workbench"):
            use(url)
    assert revision(url) == "0099"


@pytest.mark.usefixtures("later")
def test_the_command_says_where_and_brings_up_to_date(old: str) -> None:
    result = CliRunner().invoke(app, ["store", "--store", old, "--upgrade"], catch_exceptions=False)
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "0 runs, 1 transcripts" in said
    assert f"brought up to date through {', '.join([*SINCE_FIRST, NEXT])}" in said


def test_runs_of_an_older_store_keep_the_order_of_their_clock(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    ids = [store.enqueue(study(tmp_path, seed)).run_id for seed in range(4)]
    said = [
        "2026-03-01T10:00:00+00:00",
        "2026-03-01T09:59:59.500000+00:00",
        "2026-03-01T10:00:00.250000+00:00",
        "2026-02-01T00:00:00+00:00",
    ]
    for run_id, created in zip(ids, said, strict=True):
        store.update(run_id, created_at=created)
    with store._engine.begin() as connection:
        without_later_columns(connection)
        connection.execute(sa.update(sql_tables.VERSION).values(version_num="0002"))
    store.close()
    assert database_access.upgrade(url) == SINCE_FIRST[1:]
    store = open_store(url)
    assert [record.run_id for record in store.runs()] == [ids[2], ids[0], ids[1], ids[3]]
    newest = store.enqueue(study(tmp_path, 99)).run_id
    assert store.runs()[0].run_id == newest
    store.close()


def test_a_clock_that_is_set_back_does_not_make_an_older_run_the_newest(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, hours = open_store(url), iter(range(23, 0, -1))
    monkeypatch.setattr(runs, "now", lambda **_: f"2026-03-01T{next(hours):02d}:00:00.000000+00:00")
    ids = [store.enqueue(study(tmp_path, seed)).run_id for seed in range(12)]
    created = [store.run(run_id).created_at for run_id in ids]
    assert created == sorted(created, reverse=True), "the clock was not set back"
    assert [record.run_id for record in store.runs()] == ids[::-1]
    assert store.run("ordered").run_id == ids[-1]
    other = open_store(url)  # another process, as it were
    after = other.enqueue(study(tmp_path, 99)).run_id
    assert store.run("ordered").run_id == after
    assert store.enqueue(study(tmp_path, 3)).run_id == ids[3], "an unfinished run of the same study is resumed"
    store.close()
    other.close()


def study(folder: Path, seed: int) -> Study:
    fields = {"name": "ordered", "corpus": ["none.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    return Study.create({**fields, "seed": seed}, base=folder)


def test_an_old_store_with_a_run_is_brought_up_to_date_and_the_run_is_sealed(old: str) -> None:
    """A checksum covers columns of its own revision: those of later ones are not there yet."""
    engine = sa.create_engine(old)
    table = sa.Table("runs", sa.MetaData(), autoload_with=engine)
    values = {c.name: 0 if isinstance(c.type, sa.Integer | sa.Float) else "" for c in table.columns}
    with engine.begin() as connection:
        connection.execute(sa.insert(table).values({**values, "run_id": "before", "state": "done"}))
    engine.dispose()
    if old.startswith("postgresql"):
        assert database_access.upgrade(old) == SINCE_FIRST
    store = open_store(old)
    with store._engine.connect() as connection:
        assert len(connection.execute(sa.select(sql_tables.RUNS.c.checksum)).scalar_one()) == 16
    store.close()
