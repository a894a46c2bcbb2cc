"""Revisions of the store's tables: a new store has the latest, an older one is brought up to it, a newer one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.store.sql_tables import METADATA, REVISION, VERSION

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

FIRST = "0001"
"""Revision of stores from before revisions were kept."""

APPLICATION = 0x57424448
"""Mark of a SQLite file that is a store, in its first page (``PRAGMA application_id``)."""

SCRIPTS = Path(__file__).with_name("migrations")


def found(connection: sa.Connection) -> str | None:
    """Return the revision of the tables in a database; None if there are none of ours."""
    names = set(sa.inspect(connection).get_table_names())
    if VERSION.name in names:
        written = connection.execute(sa.select(VERSION.c.version_num)).scalar_one_or_none()
        if written is not None:
            return str(written)
    return FIRST if names & (METADATA.tables.keys() - {VERSION.name}) else None


def is_latest(connection: sa.Connection) -> bool:
    """Tell whether every table is there, at the revision that this workbench knows."""
    return METADATA.tables.keys() <= set(sa.inspect(connection).get_table_names()) and found(connection) == REVISION


def make_or_stamp(connection: sa.Connection, *, place: str) -> None:
    """Make what is missing in a database that is new, or of the latest revision but does not say so.

    Raises
    ------
    StoreError : it was a store, and tables of it are gone
    """
    revision, names = found(connection), set(sa.inspect(connection).get_table_names())
    sqlite = connection.dialect.name == "sqlite"
    marked = sqlite and connection.exec_driver_sql("PRAGMA application_id").scalar_one() == APPLICATION
    lost = sorted(METADATA.tables.keys() - names)
    if lost and (marked or (revision == REVISION and VERSION.name in names)):
        raise StoreError(
            f"tables of the store are gone: {', '.join(lost)}",
            place=place,
            remedy="put a backup back in its place, or see what workbench store repair can read",
        )
    METADATA.create_all(connection)
    if revision in (None, REVISION):
        _write(connection, REVISION)
    if sqlite:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")


def check(connection: sa.Connection, *, place: str, upgradable: bool) -> None:
    """Bring an older store up to date where this may be done unasked; refuse one that this workbench does not know.

    ``upgradable``: a store of one user. One that colleagues share is upgraded when asked to (``store --upgrade``).

    Raises
    ------
    StoreError : tables of a newer workbench, or older ones that others may be using
    """
    revision = found(connection)
    if revision in (None, REVISION):
        return
    if revision not in _every():
        raise StoreError(
            f"its tables are of revision {revision}, which this workbench does not know (its own is {REVISION})",
            place=place,
            remedy="install the newer workbench that made them, or name another store",
        )
    if not upgradable:
        raise StoreError(
            f"its tables are of revision {revision}; this workbench needs {REVISION}",
            place=place,
            remedy="when nobody is running a study: workbench store --upgrade",
        )
    _upgrade(connection, revision)


def between(before: str | None, after: str | None) -> list[str]:
    """Return the revisions after ``before`` up to ``after``, oldest first; none for a store that was new."""
    if before is None or before == after:
        return []
    every = _every()
    return every[every.index(before) + 1 :]


def _upgrade(connection: sa.Connection, revision: str) -> None:
    """Take a store through every revision after its own, in the transaction at hand."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    VERSION.create(connection, checkfirst=True)
    with Operations.context(MigrationContext.configure(connection)):
        for name in between(revision, REVISION):
            _scripts().get_revision(name).module.upgrade()
    _write(connection, REVISION)


def _every() -> list[str]:
    """Return every revision, oldest first."""
    return [step.revision for step in reversed(list(_scripts().walk_revisions()))]


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(SCRIPTS), version_locations=[str(SCRIPTS)])


def _write(connection: sa.Connection, revision: str) -> None:
    connection.execute(sa.delete(VERSION))
    connection.execute(sa.insert(VERSION), {"version_num": revision})
