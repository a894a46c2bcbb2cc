"""Maintenance of a store: what is damaged in it, a copy that can be put back, and a repair of what can be made again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from workbench.errors import StoreError, WorkbenchError
from workbench.store import checksums, database_access
from workbench.store import sql_tables as tables
from workbench.store.database import Store
from workbench.study import Study

SQLITE_DAMAGE = "the tables lie wrong in the file"


class Damage(NamedTuple):
    """One thing that is not what was stored: its kind (file, transcripts, corpus, run), its name, what is wrong, what to do."""

    kind: str
    name: str
    problem: str
    remedy: str


def check(store: Store) -> list[Damage]:
    """Return everything in a store that is not what was stored; empty where all of it is.

    Every transcript, utterance, item and record is read and compared with its checksum; a SQLite file is also asked for
    its own integrity.
    """
    return [*_file(store), *_transcripts(store), *_corpora(store), *_runs(store)]


def _unreadable(kind: str, name: str, look: Callable[[], Iterator[Damage]]) -> list[Damage]:
    """Return what ``look`` finds; where the database itself gives up, that is the damage."""
    try:
        return list(look())
    except (WorkbenchError, sa.exc.SQLAlchemyError, UnicodeError, ValueError) as error:
        text = str(error).splitlines()[0]
        return [Damage(kind, name, f"cannot be read: {text}", "workbench store repair, or put a backup back")]


def _file(store: Store) -> list[Damage]:
    def look() -> Iterator[Damage]:
        if sa.make_url(store.url).get_backend_name() == "sqlite":
            with store.connected() as connection:
                for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
                    if line != "ok":
                        yield Damage("file", "", f"{SQLITE_DAMAGE}: {line}", "workbench store repair")

    return _unreadable("file", "", look)


def _transcripts(store: Store) -> list[Damage]:
    def look() -> Iterator[Damage]:
        with store.connected() as connection:
            wrong = list(_wrong_transcripts(connection))
        if wrong:
            problem = f"{len(wrong)} are not what was stored, the first with the key {wrong[0]}"
            yield Damage("transcripts", "", problem, "workbench store repair, then run their studies again")

    return _unreadable("transcripts", "", look)


def _wrong_transcripts(connection: sa.Connection) -> Iterator[str]:
    for row in connection.execute(sa.select(tables.TRANSCRIPTS).execution_options(yield_per=5_000)).mappings():
        if checksums.of_transcript(row) != row["checksum"]:
            yield row["transcript_key"]


def _corpora(store: Store) -> list[Damage]:
    def look() -> Iterator[Damage]:
        with store.connected() as connection:
            for fingerprint in _wrong_corpora(connection):
                problem = "its utterances, or what is known of it, are not what was stored"
                yield Damage("corpus", fingerprint, problem, "workbench store repair, then run its studies again")

    return _unreadable("corpus", "", look)


def _wrong_corpora(connection: sa.Connection) -> list[str]:
    rows = connection.execute(sa.select(tables.CORPORA.c.fingerprint, tables.CORPORA.c.checksum)).all()
    return [fingerprint for fingerprint, value in rows if checksums.stored_corpus(connection, fingerprint) != value]


def _runs(store: Store) -> list[Damage]:
    def look() -> Iterator[Damage]:
        for record in store.runs():
            if record.damaged:
                yield Damage("run", record.run_id, "its record is not what was stored", "workbench store repair")
                continue
            try:
                store.rows(record.run_id)
            except StoreError as error:
                yield Damage("run", record.run_id, error.what, "workbench store repair, then run its study again")

    return _unreadable("run", "", look)


# -- backup -----------------------------------------------------------------------------------------------------------


def backup(store: Store, path: Path) -> Path:
    """Write a copy of a SQLite store to ``path``, whole even while runs write to it; only its owner can read it.

    Raises
    ------
    StoreError : there is such a file, it cannot be written, or the store is a PostgreSQL database
    """
    if sa.make_url(store.url).get_backend_name() != "sqlite":
        raise StoreError(
            "is no file that could be copied",
            place=database_access.without_password(store.url),
            remedy="copy a PostgreSQL database with: pg_dump",
        )
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with store.connected() as connection, contextlib.closing(sqlite3.connect(path)) as copy:
            source: Any = connection.connection.driver_connection
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except FileExistsError:
        raise StoreError("there is such a file", place=str(path), remedy="name another one") from None
    except (OSError, sqlite3.Error) as error:
        path.unlink(missing_ok=True)
        raise StoreError(
            f"the copy cannot be written ({error})", place=str(path), remedy="name another place"
        ) from None
    return path


# -- repair -----------------------------------------------------------------------------------------------------------


def repair(url: str) -> list[str]:
    """Take out of a store what is damaged, so that its studies can be run again for just that; return what was done.

    A SQLite file is kept beside itself first, under the name that the first line gives. Nothing is guessed: a row that is not what was
    stored goes; a run that lost something is left to be resumed; a record that cannot be read is made anew from its study, if
    that is whole, and goes otherwise.
    """
    done = _salvaged(url)
    store = Store(url)
    try:
        with database_access.alone(store._engine) as connection:
            done += _without_damage(connection)
        if not done[1:] and not check(store):
            done.append("nothing was damaged")
    finally:
        store.close()
    return done


def _salvaged(url: str) -> list[str]:
    """Keep a copy of a SQLite file; where its tables lie wrong, write a new file of every row that can be read."""
    parts = sa.make_url(database_access.absolute(url))
    if parts.get_backend_name() != "sqlite" or not parts.database or not Path(parts.database).is_file():
        return []
    file = Path(parts.database)
    number = next(n for n in range(1, 10_000) if not file.with_name(f"{file.name}.damaged-{n}").exists())
    kept = file.with_name(f"{file.name}.damaged-{number}")
    for ending in ("", "-wal"):
        if Path(f"{file}{ending}").exists():
            shutil.copy2(f"{file}{ending}", f"{kept}{ending}")
    done = [f"the file as it was is kept: {kept}"]
    if _lies_right(file):
        return done
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    Store(url).close()  # empty tables
    with contextlib.closing(sqlite3.connect(kept)) as old, contextlib.closing(sqlite3.connect(file)) as new:
        for table in tables.METADATA.sorted_tables:
            if table is not tables.VERSION:
                count = _copy_rows(old, new, table)
                done.append(f"{table.name}: {count} rows could be read")
        new.commit()
    return done


def _lies_right(file: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            whole = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            for name in names & tables.METADATA.tables.keys():  # text that is no UTF-8 is seen only where it is read
                for _ in connection.execute(f'SELECT * FROM "{name}"'):
                    pass
    except (sqlite3.Error, UnicodeError):
        return False
    return whole and tables.METADATA.tables.keys() <= names


def _copy_rows(old: sqlite3.Connection, new: sqlite3.Connection, table: sa.Table) -> int:
    """Copy the rows of a table that can be read, from its beginning and from its end up to where they cannot."""
    old.text_factory = lambda data: data.decode(
        errors="replace"
    )  # such a row no longer has its checksum, and goes later
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    insert = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"
    for order in ("ASC", "DESC"):
        try:
            rows = old.execute(f"SELECT {names} FROM {table.name} NOT INDEXED ORDER BY rowid {order}")
            while (row := rows.fetchone()) is not None:
                with contextlib.suppress(sqlite3.IntegrityError):  # what no row of ours holds
                    new.execute(insert, row)
        except (sqlite3.Error, UnicodeError):
            continue
        break
    return int(new.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])


def _without_damage(connection: sa.Connection) -> list[str]:
    done: list[str] = []
    transcripts, utterances = tables.TRANSCRIPTS, tables.UTTERANCES
    wrong = list(_wrong_transcripts(connection))
    for key in wrong:
        connection.execute(sa.delete(transcripts).where(transcripts.c.transcript_key == key))
    if wrong:
        done.append(f"{len(wrong)} transcripts were not what was stored, and are gone")
    for fingerprint in _wrong_corpora(connection):
        connection.execute(sa.delete(utterances).where(utterances.c.fingerprint == fingerprint))
        connection.execute(sa.delete(tables.CORPORA).where(tables.CORPORA.c.fingerprint == fingerprint))
        done.append(
            f"corpus {fingerprint[:12]} was not what was stored, and is gone: its next run reads the manifest again"
        )
    for row in connection.execute(sa.select(tables.RUNS)).mappings().all():
        line = _mended_run(connection, row)
        if line:
            done.append(f"run {row['run_id']}: {line}")
    return done


def _mended_run(connection: sa.Connection, row: sa.RowMapping) -> str:
    """Leave a run that lost something to be resumed; return what was done, empty where it is whole."""
    runs, items, transcripts, run_id = tables.RUNS, tables.RUN_ITEMS, tables.TRANSCRIPTS, row["run_id"]
    own = sa.update(runs).where(runs.c.run_id == run_id)
    again = {
        "state": "stopped",
        "owner": "",
        "message": "repaired; run the study again to go on from here",
        "finished_at": "",
    }
    digest, total, done = checksums.ItemsDigest(), 0, 0
    query = sa.select(items, transcripts.c.transcript_key.label("held")).select_from(
        items.outerjoin(transcripts, transcripts.c.transcript_key == items.c.transcript_key)
    )
    for item in connection.execute(query.where(items.c.run_id == run_id).order_by(items.c.position)).mappings():
        digest.add(item)
        total, done = total + 1, done + (item["held"] is not None)
    record_whole = checksums.of_run(row) == row["checksum"]
    items_whole = record_whole and total == row["total"] and digest.value() == row["items_checksum"]
    corpora = set(connection.execute(sa.select(tables.CORPORA.c.fingerprint)).scalars())
    if record_whole and items_whole and done >= row["done"] and corpora.issuperset(_fingerprints(row)):
        return ""
    if not record_whole:
        study = _whole_study(row)
        if study is None:
            connection.execute(sa.delete(items).where(items.c.run_id == run_id))
            connection.execute(sa.delete(runs).where(runs.c.run_id == run_id))
            return (
                "its record and its study are damaged: it is gone; its transcripts serve the study when it is run again"
            )
        fresh = {"models": "[]", "corpora": "[]", "notes": "[]", "versions": "{}", "content_digest": "", "same_as": ""}
        fresh |= {"study": study.name, "started_at": ""}
        connection.execute(own.values(**fresh, seed=study.seed, failed=0, reused=0))
    if not items_whole:
        connection.execute(sa.delete(items).where(items.c.run_id == run_id))
        total = done = 0
    connection.execute(own.values(**again, total=total, done=done))
    checksums.seal_items(connection, run_id)
    return "it lost something: run its study again, which makes only that"


def _fingerprints(row: sa.RowMapping) -> list[str]:
    return list(json.loads(row["corpora"])) if row["state"] == "done" and not row["same_as"] else []


def _whole_study(row: sa.RowMapping) -> Study | None:
    try:
        study = Study.from_json(row["study_json"], base=Path(row["base"]))
    except (WorkbenchError, ValueError, TypeError):
        return None
    return study if study.digest == row["study_digest"] else None
