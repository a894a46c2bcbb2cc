"""Checksums of what is stored: a row that changed, or is missing, is seen before a figure is made of it.

They tell of damage (a disk, a copy that broke off, a hand in the tables), not of a forger, who can write them too: that is what
the run hash of a card is for.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.store import sql_tables as tables

SEPARATOR, NOTHING = "\x1f", "\x00"

LASTING = (
    "run_id", "study", "study_json", "study_digest", "base", "seed", "state", "total", "done", "failed", "reused", "created_at",
    "started_at", "finished_at", "message", "notes", "versions", "models", "corpora", "content_digest", "same_as", "number",
    "items_checksum",
)  # fmt: skip
"""Columns of a run that its checksum covers: all but those of its lease and of its process, which change by the second."""


def _as_text(column: sa.Column[Any]) -> Callable[[Any], str]:
    """Return how a value of a column is written: the same for what is given to a database and what comes back from it."""
    if isinstance(column.type, sa.Float):
        return _written_float
    return _written_integer if isinstance(column.type, sa.Integer) else _written_text


def _written_text(value: Any) -> str:
    return NOTHING if value is None else str(value)


def _written_float(value: Any) -> str:
    try:
        return NOTHING if value is None or math.isnan(value) else repr(float(value))
    except (TypeError, ValueError):  # SQLite holds text in a column of numbers, if a damage or a hand put it there
        return repr(value)


def _written_integer(value: Any) -> str:
    try:
        return NOTHING if value is None else str(int(value))
    except (TypeError, ValueError):
        return repr(value)


def _columns(table: sa.Table, names: Sequence[str] | None = None) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    columns = names or [column.name for column in table.columns if column.name != "checksum"]
    return tuple((name, _as_text(table.c[name])) for name in columns)


TRANSCRIPT, UTTERANCE = _columns(tables.TRANSCRIPTS), _columns(tables.UTTERANCES)
RUN, CORPUS, ITEM = _columns(tables.RUNS, LASTING), _columns(tables.CORPORA), _columns(tables.RUN_ITEMS)


def _bytes(columns: Iterable[tuple[str, Callable[[Any], str]]], row: Mapping[Any, Any]) -> bytes:
    return SEPARATOR.join([written(row.get(name)) for name, written in columns]).encode(errors="surrogatepass")


def of_transcript(row: Mapping[Any, Any]) -> str:
    """Return the checksum of a row of the table of transcripts."""
    return hashlib.blake2b(_bytes(TRANSCRIPT, row), digest_size=8).hexdigest()


def of_run(row: Mapping[Any, Any]) -> str:
    """Return the checksum of what lasts of a row of the table of runs."""
    return hashlib.blake2b(_bytes(RUN, row), digest_size=8).hexdigest()


def of_corpus(row: Mapping[Any, Any], utterances: Iterable[Mapping[Any, Any]]) -> str:
    """Return the checksum of a corpus: of what is known of it, and of its utterances in their order."""
    return _of_all(_bytes(CORPUS, row), (_bytes(UTTERANCE, utterance) for utterance in utterances))


class ItemsDigest:
    """Checksum of the work list of a run, whose items come one by one, in their order."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=8)

    def add(self, item: Mapping[Any, Any]) -> None:
        """Take in the next item, a row of the table of items."""
        part = _bytes(ITEM, item)
        self._digest.update(len(part).to_bytes(4, "big") + part)

    def value(self) -> str:
        """Return the checksum of the items so far."""
        return self._digest.hexdigest()


def _of_all(first: bytes, others: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(first, digest_size=8)
    for part in others:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()


# -- what a database holds --------------------------------------------------------------------------------------------


def seal_run(connection: sa.Connection, run_id: str) -> None:
    """Write the checksum of a run, as it is in this transaction."""
    runs = tables.RUNS
    # The columns that are covered, and no others: a store that is being upgraded does not have those of later revisions.
    query = sa.select(*(runs.c[name] for name in LASTING)).where(runs.c.run_id == run_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is not None:
        connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(checksum=of_run(row)))


def seal_items(connection: sa.Connection, run_id: str) -> None:
    """Write the checksum of the work list of a run, and that of the run."""
    items, digest = tables.RUN_ITEMS, ItemsDigest()
    for row in connection.execute(
        sa.select(items).where(items.c.run_id == run_id).order_by(items.c.position)
    ).mappings():
        digest.add(row)
    runs = tables.RUNS
    connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(items_checksum=digest.value()))
    seal_run(connection, run_id)


def seal_corpus(connection: sa.Connection, fingerprint: str) -> None:
    """Write the checksum of a corpus, as it is in this transaction."""
    corpora, value = tables.CORPORA, stored_corpus(connection, fingerprint)
    connection.execute(sa.update(corpora).where(corpora.c.fingerprint == fingerprint).values(checksum=value))


def stored_corpus(connection: sa.Connection, fingerprint: str) -> str:
    """Return what the checksum of a corpus has to be, from its rows; empty if it is not there."""
    corpora, utterances = tables.CORPORA, tables.UTTERANCES
    row = connection.execute(sa.select(corpora).where(corpora.c.fingerprint == fingerprint)).mappings().one_or_none()
    query = sa.select(utterances).where(utterances.c.fingerprint == fingerprint).order_by(utterances.c.position)
    return "" if row is None else of_corpus(row, connection.execute(query).mappings())


def seal_transcripts(connection: sa.Connection) -> None:
    """Write the checksum of every transcript, as it is in this transaction."""
    table = tables.TRANSCRIPTS
    values = [
        {"key": row["transcript_key"], "value": of_transcript(row)}
        for row in connection.execute(sa.select(table)).mappings()
    ]
    if values:
        own = sa.update(table).where(table.c.transcript_key == sa.bindparam("key"))
        connection.execute(own.values(checksum=sa.bindparam("value")), values)


def seal_all(connection: sa.Connection) -> None:
    """Write every checksum of a database from what is in it now: when it is upgraded, or was repaired."""
    seal_transcripts(connection)
    for fingerprint in connection.execute(sa.select(tables.CORPORA.c.fingerprint)).scalars().all():
        seal_corpus(connection, fingerprint)
    for run_id in connection.execute(sa.select(tables.RUNS.c.run_id)).scalars().all():
        seal_items(connection, run_id)
