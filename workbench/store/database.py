"""The store: what was expensive (transcripts) and what was done (runs). Everything else is derived.

SQLite in WAL mode by default, under ``WORKBENCH_HOME``; PostgreSQL by URL. A transcript is keyed by the source
audio, the realisation of the condition and the model, so studies share transcripts and a killed run resumes
where it stopped: what is left to do is a set difference on the key.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd
import psutil
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.corpora import Corpus, CorpusInfo
from workbench.engines import ModelInfo
from workbench.errors import StoreError
from workbench.store import corpus_rows, database_access
from workbench.store import sql_tables as store_tables
from workbench.store.records import CANCEL, PAUSE, UNFINISHED, RunRecord, RunState, now, record_of, since_boot
from workbench.study import Study

ROWS_PER_INSERT = 5_000


class Counts(NamedTuple):
    """Items of a run: all, done (failures included), failed."""

    total: int
    done: int
    failed: int


class Store:
    """Transcripts, corpora and runs in one database. Made by :func:`open_store`."""

    def __init__(self, url: str) -> None:
        self.url = database_access.absolute(url)
        self._engine = database_access.connect(self.url)
        self._corpora: dict[tuple[str, ...], tuple[CorpusInfo, pd.DataFrame]] = {}

    def connected(self) -> sa.Connection:
        """Return a connection to read with; close it after use."""
        return self._engine.connect()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

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
        return CorpusInfo.model_validate_json(info)

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
            query = (
                sa.select(tables.UTTERANCES)
                .where(tables.UTTERANCES.c.fingerprint == fingerprint)
                .order_by(tables.UTTERANCES.c.position)
            )
            rows = connection.execute(query).mappings().all()
        return info, corpus_rows.read(rows)

    # -- transcripts --------------------------------------------------------------------------------------------

    def add_transcripts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep these TRANSCRIPTS rows; a transcript that is there already stays, a failure gives way."""
        if not rows:
            return
        table = store_tables.TRANSCRIPTS
        insert = (postgresql if self._engine.dialect.name == "postgresql" else sqlite).insert(table)
        values = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
        better = insert.on_conflict_do_update(
            index_elements=[table.c.transcript_key], set_=values, where=table.c.status == "failed"
        )
        with self._engine.begin() as connection:
            connection.execute(better, list(rows))

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

    # -- runs ---------------------------------------------------------------------------------------------------

    def enqueue(self, study: Study) -> RunRecord:
        """Return the run that executes ``study``: the latest unfinished run of the same study, else a new one."""
        runs = store_tables.RUNS
        with database_access.alone(self._engine) as connection:
            result = connection.execute(
                sa.select(runs.c.run_id)
                .where(runs.c.study_digest == study.digest, runs.c.state.in_(UNFINISHED), runs.c.same_as == "")
                .order_by(runs.c.number.desc())
                .limit(1)
            ).scalar_one_or_none()
            if result is None:
                result = f"{study.slug}-{secrets.token_hex(3)}"
                last = connection.execute(sa.select(sa.func.max(runs.c.number))).scalar_one() or 0
                connection.execute(
                    sa.insert(runs),
                    {
                        "run_id": result,
                        "study": study.name,
                        "study_json": study.to_json(),
                        "study_digest": study.digest,
                        "base": str(study.base.resolve()),
                        "seed": study.seed,
                        "state": "queued",
                        "created_at": now(timespec="microseconds"),
                        "number": last + 1,  # the order of runs: a clock may be set back
                    },
                )
        return self.run(result)

    def claim(self, run_id: str) -> bool:
        """Make this process the worker of a run; False if another living process already is."""
        runs = store_tables.RUNS
        me = psutil.Process()
        run_id = self.run(run_id).run_id
        with database_access.alone(self._engine) as connection:
            row = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).mappings().one()
            if record_of(row).state == "running" and row["pid"] != me.pid:
                return False
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id)
                .values(
                    state="running",
                    pid=me.pid,
                    pid_started=since_boot(me),
                    host=socket.gethostname(),
                    cancel_requested=0,
                    finished_at="",
                    message="",
                )
            )
        return True

    def announce_worker(self, run_id: str, *, pid: int, pid_started: float) -> None:
        """Note the process that was started for a queued run, unless it has claimed the run already."""
        runs = store_tables.RUNS
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id, runs.c.state == "queued")
                .values(pid=pid, pid_started=pid_started, host=socket.gethostname())
            )

    def prepare(
        self,
        run_id: str,
        *,
        items: Iterator[Mapping[str, Any]],
        models: Sequence[ModelInfo],
        corpora: Sequence[str],
        versions: Mapping[str, str],
        notes: Sequence[str],
        content_digest: str,
    ) -> None:
        """Write the work list of a run and what it is made with."""
        runs, table = store_tables.RUNS, store_tables.RUN_ITEMS
        with self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            total = 0
            while chunk := [dict(item) for item in islice(items, ROWS_PER_INSERT)]:
                for offset, item in enumerate(chunk):
                    item |= {"run_id": run_id, "position": total + offset}
                connection.execute(sa.insert(table), chunk)
                total += len(chunk)
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id)
                .values(
                    total=total,
                    models=json.dumps([asdict(model) for model in models], ensure_ascii=False),
                    corpora=json.dumps(list(corpora)),
                    versions=json.dumps(dict(versions)),
                    notes=json.dumps(list(notes), ensure_ascii=False),
                    content_digest=content_digest,
                    started_at=sa.case((runs.c.started_at == "", now()), else_=runs.c.started_at),
                )
            )

    def finished_twin(self, run_id: str, content_digest: str) -> str | None:
        """Return the finished run with the same study, corpora, models and versions, if there is one."""
        runs = store_tables.RUNS
        query = sa.select(runs.c.run_id).where(
            runs.c.content_digest == content_digest,
            runs.c.state == "done",
            runs.c.same_as == "",
            runs.c.run_id != run_id,
        )
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).scalar_one_or_none()

    def redirect(self, run_id: str, *, to: str) -> None:
        """Let ``run_id`` stand for the finished run ``to``: nothing is done twice, no second record is listed."""
        self.update(run_id, state="done", same_as=to)

    def update(self, run_id: str, **values: Any) -> None:
        """Set columns of a run: state, counts, message, times."""
        runs = store_tables.RUNS
        with self._engine.begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.run_id == run_id).values(**values))

    def request_cancel(self, run_id: str) -> RunRecord:
        """Ask the worker of a run to stop after the batch in hand; transcripts so far are kept."""
        return self._ask(run_id, CANCEL, state="cancelled")

    def request_pause(self, run_id: str) -> RunRecord:
        """Ask the worker of a run to stop after the batch in hand, to go on later; transcripts so far are kept."""
        return self._ask(run_id, PAUSE, state="paused")

    def _ask(self, run_id: str, asked: int, *, state: RunState) -> RunRecord:
        record = self.run(run_id)
        if record.state == "queued":
            self.update(record.run_id, state=state, message=f"{state} before it started", finished_at=now())
        elif record.state == "running":
            self.update(record.run_id, cancel_requested=asked)
        return self.run(record.run_id)

    def cancel_requested(self, run_id: str) -> bool:
        """Tell whether somebody asked for the run to be stopped: cancelled or paused."""
        return self._asked(run_id) != 0

    def pause_requested(self, run_id: str) -> bool:
        """Tell whether somebody asked for the run to be paused."""
        return self._asked(run_id) == PAUSE

    def _asked(self, run_id: str) -> int:
        query = sa.select(store_tables.RUNS.c.cancel_requested).where(store_tables.RUNS.c.run_id == run_id)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def runs(self) -> list[RunRecord]:
        """Return every run, newest first."""
        runs = store_tables.RUNS
        query = sa.select(runs).where(runs.c.same_as == "").order_by(runs.c.number.desc(), runs.c.run_id)
        with self._engine.connect() as connection:
            return [record_of(row) for row in connection.execute(query).mappings()]

    def run(self, run_id: str) -> RunRecord:
        """Return one run by its id, an unambiguous beginning of it, or the name of its study (the newest).

        Raises
        ------
        StoreError : no such run, or several begin like this
        """
        runs = store_tables.RUNS
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).mappings().one_or_none()
        if row is not None:
            return self.run(row["same_as"]) if row["same_as"] else record_of(row)
        every = self.runs()
        named = [record for record in every if record.study == run_id]
        if named:
            return named[0]
        matches = [record for record in every if record.run_id.startswith(run_id)] if run_id else []
        if len(matches) == 1:
            return matches[0]
        known = (
            ", ".join(record.run_id for record in every[:10]) or "none yet; start one with: workbench run STUDY.toml"
        )
        problem = f"{len(matches)} runs begin with {run_id!r}" if matches else f"no run {run_id!r}"
        raise StoreError(
            problem, place=database_access.without_password(self.url), remedy=f"runs in this store: {known}"
        )

    def rows(self, run_id: str) -> pd.DataFrame:
        """Return the finished items of a run with their transcripts, in plan order (columns of both tables)."""
        items, transcripts = store_tables.RUN_ITEMS, store_tables.TRANSCRIPTS
        shown = [column for column in transcripts.c if column.name not in ("condition_id", "model_id", "duration_s")]
        query = (
            sa.select(items.c.fingerprint, items.c.utterance_id, items.c.condition_id, items.c.model_id, *shown)
            .join(transcripts, transcripts.c.transcript_key == items.c.transcript_key)
            .where(items.c.run_id == run_id)
            .order_by(items.c.position)
        )
        with self._engine.connect() as connection:
            result = connection.execute(query)
            return pd.DataFrame(result.all(), columns=list(result.keys()))

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
