"""The store: what was expensive (transcripts) and what was done (runs). Everything else is derived.

SQLite in WAL mode by default, under ``WORKBENCH_HOME``; PostgreSQL by URL. A transcript is keyed by the source
audio, the realisation of the condition and the model, so studies share transcripts and a killed run resumes
where it stopped: what is left to do is a set difference on the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.corpora import Corpus, CorpusInfo
from workbench.errors import StoreError
from workbench.store import checksums, corpus_rows, database_access
from workbench.store import sql_tables as store_tables
from workbench.store.runs import ROWS_PER_INSERT, Runs


class Counts(NamedTuple):
    """Items of a run: all, done (failures included), failed."""

    total: int
    done: int
    failed: int


class Store(Runs):
    """Transcripts, corpora and runs in one database. Made by :func:`open_store`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._corpora: dict[tuple[str, ...], tuple[CorpusInfo, pd.DataFrame]] = {}

    def connected(self) -> sa.Connection:
        """Return a connection to read with; close it after use."""
        return self._engine.connect()

    def close(self) -> None:
        """Close all connections: those that nobody uses now, the others when they are given back."""
        pool = self._engine.pool
        self._engine.dispose()  # forgets those in use
        sa.event.listen(pool, "checkin", lambda _, record: record.close())

    # -- corpora ------------------------------------------------------------------------------------------------

    def add_corpus(self, corpus: Corpus) -> None:
        """Keep a corpus' rows, once per fingerprint; paths and description are those of the latest load."""
        fingerprint, tables = corpus.info.fingerprint, store_tables
        with self._engine.begin() as connection:
            connection.execute(sa.delete(tables.CORPORA).where(tables.CORPORA.c.fingerprint == fingerprint))
            connection.execute(sa.delete(tables.UTTERANCES).where(tables.UTTERANCES.c.fingerprint == fingerprint))
            connection.execute(
                sa.insert(tables.CORPORA), {"fingerprint": fingerprint, "info": corpus.info.model_dump_json()}
            )
            for chunk in _chunks(corpus_rows.written(corpus)):
                connection.execute(sa.insert(tables.UTTERANCES), chunk)
            checksums.seal_corpus(connection, fingerprint)

    def corpus_info(self, fingerprint: str) -> CorpusInfo:
        """Return what is known of a stored corpus."""
        corpora = store_tables.CORPORA
        with self._engine.connect() as connection:
            info = connection.execute(
                sa.select(corpora.c.info).where(corpora.c.fingerprint == fingerprint)
            ).scalar_one_or_none()
        if info is None:
            raise StoreError(
                f"no corpus with fingerprint {fingerprint}",
                place=database_access.without_password(self.url),
                remedy="run the study again",
            )
        try:
            return CorpusInfo.model_validate_json(info)
        except ValueError:
            raise self._damaged("what is known of a corpus cannot be read", f"corpus {fingerprint[:12]}") from None

    def corpus(self, fingerprint: str) -> tuple[CorpusInfo, pd.DataFrame]:
        """Return a stored corpus: what is known of it, and its UTTERANCES in manifest order.

        The last two are remembered: a fingerprint names its content, all but the description and the place of the audio.
        """
        info, rows = self.corpus_info(fingerprint), store_tables.UTTERANCES
        with self._engine.connect() as connection:
            first = connection.execute(
                sa.select(rows.c.path).where(rows.c.fingerprint == fingerprint).order_by(rows.c.position).limit(1)
            ).scalar_one_or_none()
        key = (fingerprint, info.model_dump_json(), first or "")
        if key not in self._corpora:
            self._corpora = {**dict(list(self._corpora.items())[-1:]), key: self._read_corpus(fingerprint, info)}
        return self._corpora[key]

    def _read_corpus(self, fingerprint: str, info: CorpusInfo) -> tuple[CorpusInfo, pd.DataFrame]:
        tables = store_tables
        with self._engine.connect() as connection:
            stored = connection.execute(sa.select(tables.CORPORA).where(tables.CORPORA.c.fingerprint == fingerprint))
            corpus = stored.mappings().one()
            query = (
                sa.select(tables.UTTERANCES)
                .where(tables.UTTERANCES.c.fingerprint == fingerprint)
                .order_by(tables.UTTERANCES.c.position)
            )
            rows = connection.execute(query).mappings().all()
        if checksums.of_corpus(corpus, rows) != corpus["checksum"]:
            raise self._damaged("its utterances are not those that were stored", f"corpus {info.corpus_id}")
        return info, corpus_rows.read(rows)

    def _damaged(self, what: str, place: str) -> StoreError:
        return StoreError(
            f"{what}: the store is damaged, or somebody wrote in its tables",
            place=f"{database_access.without_password(self.url)}, {place}",
            remedy="workbench store check lists the damage, workbench store repair mends what can be made again",
        )

    # -- transcripts --------------------------------------------------------------------------------------------

    def add_transcripts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep these TRANSCRIPTS rows; a transcript that is there already stays, a failure gives way."""
        if rows:
            with self._engine.begin() as connection:
                self._insert(connection, rows)

    def commit(self, run_id: str, rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int]) -> None:
        """Keep TRANSCRIPTS rows of a run and how far it is, both or neither.

        Raises
        ------
        LeaseError : another process took the run over; nothing is kept
        """
        with self._engine.begin() as connection:
            self._write(connection, run_id, counts)
            self._insert(connection, rows)

    def _insert(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        table = store_tables.TRANSCRIPTS
        insert = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(table)
        values = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        better = insert.on_conflict_do_update(
            index_elements=[table.c.transcript_key], set_=values, where=table.c.status == "failed"
        )
        connection.execute(better, [{**row, "checksum": checksums.of_transcript(row)} for row in rows])

    def done_keys(self, run_id: str) -> set[str]:
        """Return the transcript keys of a run that have a transcript or a recorded failure."""
        return self._keys(run_id, "ok", "failed")

    def heard_keys(self, run_id: str) -> set[str]:
        """Return the transcript keys of a run that have a transcript."""
        return self._keys(run_id, "ok")

    def _keys(self, run_id: str, *statuses: str) -> set[str]:
        items, transcripts = store_tables.RUN_ITEMS, store_tables.TRANSCRIPTS
        query = (
            sa.select(items.c.transcript_key)
            .join(transcripts, transcripts.c.transcript_key == items.c.transcript_key)
            .where(items.c.run_id == run_id, transcripts.c.status.in_(statuses))
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def held(self, keys: Sequence[str]) -> set[str]:
        """Return which of these transcript keys have a transcript or a recorded failure, in whatever run."""
        column = store_tables.TRANSCRIPTS.c.transcript_key
        with self._engine.connect() as connection:
            chunks = (connection.execute(sa.select(column).where(column.in_(chunk))) for chunk in _chunks(keys))
            return {key for chunk in chunks for key in chunk.scalars()}

    def recount_failures(self) -> None:
        """Count anew what failed in finished runs: runs share transcripts, and one may have mended another's."""
        for record in self.runs():
            if record.failed and record.finished:
                self.update(record.run_id, failed=self.counts(record.run_id).failed)

    def counts(self, run_id: str) -> Counts:
        """Return how many items a run has, how many are done, and how many of those failed."""
        items, transcripts = store_tables.RUN_ITEMS, store_tables.TRANSCRIPTS
        failed = sa.func.sum(sa.case((transcripts.c.status == "failed", 1), else_=0))
        query = (
            sa.select(sa.func.count(), sa.func.count(transcripts.c.transcript_key), failed)
            .select_from(items.outerjoin(transcripts, transcripts.c.transcript_key == items.c.transcript_key))
            .where(items.c.run_id == run_id)
        )
        with self._engine.connect() as connection:
            total, done, lost = connection.execute(query).one()
        return Counts(int(total), int(done), int(lost or 0))

    def count_transcripts(self) -> int:
        """Return how many transcripts the store holds."""
        with self._engine.connect() as connection:
            return int(
                connection.execute(sa.select(sa.func.count()).select_from(store_tables.TRANSCRIPTS)).scalar_one()
            )

    def rows(self, run_id: str) -> pd.DataFrame:
        """Return the finished items of a run with their transcripts, in plan order (columns of both tables).

        Raises
        ------
        StoreError : rows are missing or are not what was stored (:mod:`workbench.store.checksums`)
        """
        items, transcripts, runs = store_tables.RUN_ITEMS, store_tables.TRANSCRIPTS, store_tables.RUNS
        own = [column.label(f"item_{column.name}") for column in items.c]
        query = (
            sa.select(*own, *transcripts.c)
            .select_from(items.outerjoin(transcripts, transcripts.c.transcript_key == items.c.transcript_key))
            .where(items.c.run_id == run_id)
            .order_by(items.c.position)
        )
        names = ["fingerprint", "utterance_id", "condition_id", "model_id"]
        shown = [c.name for c in transcripts.c if c.name not in ("condition_id", "model_id", "duration_s", "checksum")]
        values, digest, total, changed = [], checksums.ItemsDigest(), 0, 0
        with self._engine.connect() as connection:
            run = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).mappings().one()
            for row in connection.execute(query).mappings():
                total += 1
                digest.add({name.removeprefix("item_"): row[name] for name in row if name.startswith("item_")})
                if row["transcript_key"] is not None:
                    changed += checksums.of_transcript(row) != row["checksum"]
                    values.append((*(row[f"item_{name}"] for name in names), *(row[name] for name in shown)))
        if total != run["total"] or digest.value() != run["items_checksum"]:
            raise self._damaged(f"its list of {run['total']} items is not what was stored", f"run {run_id}")
        if changed:
            raise self._damaged(f"{changed} of its {total} transcripts are not what was stored", f"run {run_id}")
        if len(values) < run["done"]:
            raise self._damaged(
                f"{run['done'] - len(values)} of its {run['done']} transcripts are missing", f"run {run_id}"
            )
        return pd.DataFrame(values, columns=[*names, *shown])

    def failures(self, run_id: str, *, limit: int = 20) -> list[tuple[str, str, str]]:
        """Return (utterance_id, condition_id, error) of the first failed items of a run."""
        items, transcripts = store_tables.RUN_ITEMS, store_tables.TRANSCRIPTS
        query = (
            sa.select(items.c.utterance_id, items.c.condition_id, transcripts.c.error)
            .join(transcripts, transcripts.c.transcript_key == items.c.transcript_key)
            .where(items.c.run_id == run_id, transcripts.c.status == "failed")
            .order_by(items.c.position)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [(row.utterance_id, row.condition_id, row.error or "") for row in connection.execute(query)]


def open_store(url: str | None = None) -> Store:
    """Open the store at ``url`` (default: SQLite under ``WORKBENCH_HOME``), making its tables if it is new."""
    return Store(url or database_access.default_url())


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), ROWS_PER_INSERT):
        yield rows[start : start + ROWS_PER_INSERT]
