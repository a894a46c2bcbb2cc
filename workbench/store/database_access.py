"""Opening a database: where the store lies, one writer at a time, and its errors as errors that a person can mend."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.files import home
from workbench.files.paths import close_to_others
from workbench.store import revisions

LOCK = 440_2026
"""Number of the advisory lock that writers of a PostgreSQL store take in turn."""

PATIENCE_S = 30
"""Seconds to wait for another writer of a SQLite store."""

EMPTY_S = 3.0
"""Seconds that a file may stay without a byte while another process makes a store in it."""

MENDABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.DatabaseError)
"""Exactly these types (not what derives from them) say that the database cannot be used, not that a query is wrong."""

REMEDY = "check --store, WORKBENCH_STORE or WORKBENCH_HOME: the place must be there, writable, and not full"


def default_url() -> str:
    """Return the URL of the default store: ``WORKBENCH_STORE``, else a SQLite file under :func:`home`."""
    return os.environ.get("WORKBENCH_STORE") or _sqlite(home() / "store.sqlite")


def absolute(url: str) -> str:
    """Return the URL of the same database from any folder: a SQLite file is named in full."""
    try:
        parts = sa.make_url(url)
    except (sa.exc.SQLAlchemyError, ValueError):
        return url  # connecting says what is wrong with it
    file = parts.database
    if parts.get_backend_name() != "sqlite" or not file or file == ":memory:" or file.startswith("file:"):
        return url
    return parts.set(database=str(Path(file).absolute())).render_as_string(hide_password=False)


def _sqlite(file: Path) -> str:
    return sa.URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def without_password(url: str) -> str:
    """Return a URL as it may be shown.

    >>> without_password("postgresql://ann:secret@db.example/speech")
    'postgresql://ann:***@db.example/speech'
    """
    return re.sub(r"(password=)[^&]*", r"\1***", re.sub(r"(//[^/:@]*:)[^@]*@", r"\1***@", url))


def connect(url: str) -> sa.Engine:
    """Return a connection pool to the database at ``url``, with the tables of the store in it, at the latest revision.

    Raises
    ------
    StoreError : no such database, no driver for it, one that cannot be written, or tables of another revision (see
        :mod:`workbench.store.revisions`); later too, from every query
    """
    _refuse_empty_file(url)
    engine, readable_only = _pool(url), read_only(url)
    try:
        with engine.connect() as connection:
            latest = revisions.is_latest(connection)
            if not latest and readable_only:
                revisions.check(connection, place=without_password(url), upgradable=False)
        if not latest and not readable_only:
            with alone(engine) as connection:
                own = engine.dialect.name == "sqlite"
                revisions.check(connection, place=without_password(url), upgradable=own)
                revisions.make_or_stamp(connection, place=without_password(url))
    except BaseException:
        engine.dispose()
        raise
    return engine


def _file(url: str) -> Path | None:
    """Return the file of a SQLite store that lies in one."""
    try:
        parts = sa.make_url(url)
    except (sa.exc.SQLAlchemyError, ValueError):
        return None
    file = parts.database
    lies = parts.get_backend_name() == "sqlite" and file and file != ":memory:" and not file.startswith("file:")
    return Path(str(file)) if lies else None


def read_only(url: str) -> bool:
    """Tell whether a store is a file that can be read but not written: its runs can be looked at."""
    file = _file(url)
    if file is None or not file.is_file():
        return False
    return not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _refuse_empty_file(url: str) -> None:
    """Raise StoreError for a file without a byte: a store was cut off there. One that is being made gets its first page at once."""
    file = _file(url)
    limit = time.monotonic() + EMPTY_S
    while file is not None and file.is_file() and file.stat().st_size == 0:
        if time.monotonic() > limit:
            raise StoreError(
                "the file is empty: the store that was in it is lost",
                place=without_password(url),
                remedy="put a backup back in its place, or delete the file to begin a new store",
            )
        time.sleep(0.05)


def upgrade(url: str) -> list[str]:
    """Bring the tables of a store up to the latest revision, all or nothing; return the revisions it went through.

    Raises
    ------
    StoreError : the store cannot be used, or a newer workbench made its tables
    """
    engine = _pool(url)
    try:
        with alone(engine) as connection:
            before = revisions.found(connection)
            revisions.check(connection, place=without_password(url), upgradable=True)
            revisions.make_or_stamp(connection, place=without_password(url))
            return revisions.between(before, revisions.found(connection))
    finally:
        engine.dispose()


def _pool(url: str) -> sa.Engine:
    try:
        engine = sa.create_engine(_as_read_only(url) if read_only(url) else url)
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise StoreError(
            f"cannot open the store: {str(error).splitlines()[0]}",
            place=without_password(url),
            remedy="write sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE",
        ) from None

    def mendable(context: sa.engine.ExceptionContext) -> StoreError | None:
        if type(context.sqlalchemy_exception) not in MENDABLE:
            return None
        text = str(context.original_exception).strip().splitlines() or [type(context.original_exception).__name__]
        problem = "cannot open the store" if context.connection is None else "the store cannot be used"
        return StoreError(f"{problem}: {text[0]}", place=without_password(url), remedy=REMEDY)

    file = _file(url)
    own = Path(os.environ.get("WORKBENCH_HOME") or "~/.workbench").expanduser().absolute()
    if file is not None and own in file.absolute().parents:
        _make_private(file)
    sa.event.listen(engine, "handle_error", mendable)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _patience if read_only(url) else _pragmas)
    return engine


def _make_private(file: Path) -> None:
    """Let nobody but its owner read a store under ``WORKBENCH_HOME``: SQLite gives its log the same rights."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
        close_to_others(file, 0o600)


def _as_read_only(url: str) -> sa.URL:
    """Return the URL that opens a SQLite file without writing; where no log lies beside it, without its lock files too."""
    file = _file(url)
    log = Path(f"{file}-wal")
    query = {"mode": "ro", "uri": "true"}
    if not (log.is_file() and log.stat().st_size):
        query["immutable"] = "1"
    return sa.URL.create("sqlite", database=f"file:{quote(str(file))}", query=query)


def _patience(connection: Any, _: object) -> None:
    connection.execute(f"PRAGMA busy_timeout={1000 * PATIENCE_S}")


def _pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * PATIENCE_S}")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Switch to WAL. SQLite does not wait for this lock, so where several open a new store at once, the others retry."""
    limit = time.monotonic() + PATIENCE_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > limit:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction that no other one of these overlaps: what it reads still holds as it writes."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        yield connection
