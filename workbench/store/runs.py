"""Runs of a store: their records, their work lists, and who is at work on them."""

from __future__ import annotations

import copy
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any, Self

import psutil
import sqlalchemy as sa

from workbench.display_names import DisplayNames
from workbench.engines import ModelInfo
from workbench.errors import LeaseError, StoreError
from workbench.store import checksums, database_access, leases
from workbench.store import sql_tables as store_tables
from workbench.store.records import CANCEL, PAUSE, UNFINISHED, RunRecord, RunState, now, record_of
from workbench.study import Study, slug

ROWS_PER_INSERT = 5_000

EVERYBODY = "everybody"
"""What a run belongs to that every user of a shared server may see."""

WATCHED_RENEWALS = 3
"""For so many times :data:`leases.RENEWAL_S` a silent worker is watched before its run is taken over."""


NAME_LENGTH = 24
"""How much of a study's name is in the id of its runs: with seven characters more it still fits a column of a table."""


class Runs:
    """The table of runs, and of what belongs to each: one half of :class:`workbench.store.Store`."""

    def __init__(self, url: str) -> None:
        self.url = database_access.absolute(url)
        self._engine = database_access.connect(self.url)
        self._leases: dict[str, leases.Renewal] = {}
        self._user: str | None = None

    def for_user(self, name: str) -> Self:
        """Return this store as a user of a shared server sees it: the runs that belong to them, or to everybody.

        Any other run is not there, whatever is asked of it. Transcripts are shared: who runs a study on audio that is known gets them.
        """
        view = copy.copy(self)
        view._user = name
        return view

    def share(self, run_id: str, name: str) -> RunRecord:
        """Give a run to a user of a shared server, or to :data:`EVERYBODY`; return its record.

        Raises
        ------
        StoreError : no such run
        """
        record, runs = self.run(run_id), store_tables.RUNS
        with self._engine.begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.run_id == record.run_id).values(belongs_to=name))
        return record

    def _seen(self) -> sa.ColumnElement[bool]:
        """Return the condition that a run may be seen."""
        if self._user is None:
            return sa.true()
        return store_tables.RUNS.c.belongs_to.in_([name for name in (self._user, EVERYBODY) if name])

    def enqueue(self, study: Study) -> RunRecord:
        """Return the run that executes ``study``: the latest unfinished run of the same study, else a new one."""
        runs = store_tables.RUNS
        with database_access.alone(self._engine) as connection:
            result = connection.execute(
                sa.select(runs.c.run_id)
                .where(
                    runs.c.study_digest == study.digest,
                    runs.c.state.in_(UNFINISHED),
                    runs.c.same_as == "",
                    runs.c.belongs_to == (self._user or ""),
                )
                .order_by(runs.c.number.desc())
                .limit(1)
            ).scalar_one_or_none()
            if result is None:
                result = f"{_shortened(study.slug)}-{secrets.token_hex(3)}"
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
                        "belongs_to": self._user or "",
                        "number": last + 1,  # the order of runs: a clock may be set back
                    },
                )
                checksums.seal_items(connection, result)
        return self.run(result)

    def claim(self, run_id: str) -> bool:
        """Make this process the worker of a run and keep renewing its lease; False if another living process is its worker.

        Where the worker cannot be looked for, and its lease has run out, its renewals are watched first for a while.
        """
        run_id, runs, token = self.run(run_id).run_id, store_tables.RUNS, secrets.token_hex(8)
        if run_id in self._leases:
            return True
        watched: tuple[str, int] | None = None
        while True:
            with database_access.alone(self._engine) as connection:
                row = connection.execute(self._select().where(runs.c.run_id == run_id)).mappings().one()
                sign = (row["owner"], row["renewals"])
                state = _holder(row)
                if state == "alive" or (watched is not None and sign != watched):
                    return False
                if state == "gone" or sign == watched:
                    self._take(connection, run_id, token)
                    break
            watched = sign
            time.sleep(WATCHED_RENEWALS * leases.RENEWAL_S)
        self._leases[run_id] = leases.Renewal(token, partial(self._renew, run_id, token))
        return True

    def _take(self, connection: sa.Connection, run_id: str, token: str) -> None:
        me = psutil.Process()
        values = {
            "state": "running", "pid": me.pid, "pid_started": leases.since_boot(me), "host": socket.gethostname(),
            "place": leases.place(), "owner": token, "renewals": 0, "renewed_at": leases.clock(self._engine),
            "cancel_requested": 0, "finished_at": "", "message": "",
        }  # fmt: skip
        connection.execute(sa.update(store_tables.RUNS).where(store_tables.RUNS.c.run_id == run_id).values(values))
        checksums.seal_run(connection, run_id)

    def _renew(self, run_id: str, token: str) -> bool:
        """Renew a lease; False once it belongs to another. A store that cannot be written now may be written next time."""
        runs = store_tables.RUNS
        own = sa.update(runs).where(runs.c.run_id == run_id, runs.c.owner == token)
        try:
            with self._engine.begin() as connection:
                result = connection.execute(
                    own.values(renewals=runs.c.renewals + 1, renewed_at=leases.clock(self._engine))
                )
                return result.rowcount == 1
        except StoreError:
            return True

    def release(self, run_id: str) -> None:
        """Stop renewing the lease of a run, however its work ended."""
        renewal = self._leases.pop(run_id, None)
        if renewal is not None:
            renewal.end()

    def _write(self, connection: sa.Connection, run_id: str, values: Mapping[str, Any]) -> None:
        """Set columns of a run; where this process is its worker, only while the lease is still its own.

        Raises
        ------
        LeaseError : another process took the run over
        """
        runs, renewal = store_tables.RUNS, self._leases.get(run_id)
        query = sa.update(runs).where(runs.c.run_id == run_id)
        if renewal is not None:
            query = query.where(runs.c.owner == renewal.token)
        if connection.execute(query.values(**values)).rowcount == 0 and renewal is not None:
            raise _lost(run_id)
        checksums.seal_run(connection, run_id)

    def announce_worker(self, run_id: str, *, pid: int, pid_started: float) -> None:
        """Note the process that was started for a queued run, unless it has claimed the run already."""
        runs = store_tables.RUNS
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.run_id == run_id, runs.c.state == "queued")
                .values(
                    pid=pid,
                    pid_started=pid_started,
                    host=socket.gethostname(),
                    place=leases.place(),
                    renewed_at=leases.clock(self._engine),
                )
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
            self._write(connection, run_id, {"total": 0})  # a worker that lost its lease must not change the list
            connection.execute(sa.delete(table).where(table.c.run_id == run_id))
            total, digest = 0, checksums.ItemsDigest()
            while chunk := [dict(item) for item in islice(items, ROWS_PER_INSERT)]:
                for offset, item in enumerate(chunk):
                    item |= {"run_id": run_id, "position": total + offset}
                    digest.add(item)
                connection.execute(sa.insert(table), chunk)
                total += len(chunk)
            self._write(
                connection,
                run_id,
                {
                    "total": total,
                    "items_checksum": digest.value(),
                    "models": json.dumps([asdict(model) for model in models], ensure_ascii=False),
                    "corpora": json.dumps(list(corpora)),
                    "versions": json.dumps(dict(versions)),
                    "notes": json.dumps(list(notes), ensure_ascii=False),
                    "content_digest": content_digest,
                    "started_at": sa.case((runs.c.started_at == "", now()), else_=runs.c.started_at),
                },
            )

    def finished_twin(self, run_id: str, content_digest: str) -> str | None:
        """Return the finished run with the same study, corpora, models and versions, if there is one of the same user."""
        runs, own = store_tables.RUNS, store_tables.RUNS.alias()
        query = sa.select(runs.c.run_id).where(
            runs.c.content_digest == content_digest,
            runs.c.state == "done",
            runs.c.same_as == "",
            runs.c.run_id != run_id,
            runs.c.belongs_to == sa.select(own.c.belongs_to).where(own.c.run_id == run_id).scalar_subquery(),
        )
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).scalar_one_or_none()

    def redirect(self, run_id: str, *, to: str) -> None:
        """Let ``run_id`` stand for the finished run ``to``: nothing is done twice, no second record is listed."""
        self.update(run_id, state="done", same_as=to)

    def update(self, run_id: str, **values: Any) -> None:
        """Set columns of a run: state, counts, message, times. A worker that ends its run gives up the lease with that.

        Raises
        ------
        LeaseError : this process was the worker of the run, and another one took over
        """
        ends = run_id in self._leases and values.get("state", "running") != "running"
        with self._engine.begin() as connection:
            self._write(connection, run_id, values | ({"owner": ""} if ends else {}))
        if ends:
            self.release(run_id)

    def label(self, run_id: str, labels: DisplayNames) -> RunRecord:
        """Give a run these display names, in place of those that it had: they stand in its study.

        Raises
        ------
        StoreError : no such run, a record that is damaged, or a label of something that is not in the study
        """
        record = self.run(run_id)
        study = record.load_study()
        fields = {**json.loads(study.to_json()), "labels": labels.model_dump()}
        self.update(record.run_id, study_json=type(study).create(fields, base=study.base).to_json())
        return self.run(record.run_id)

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
        """Tell whether somebody asked for the run to be stopped: cancelled or paused.

        Raises
        ------
        LeaseError : this process was its worker, and another one took over
        """
        return self._asked(run_id) != 0

    def pause_requested(self, run_id: str) -> bool:
        """Tell whether somebody asked for the run to be paused."""
        return self._asked(run_id) == PAUSE

    def _asked(self, run_id: str) -> int:
        runs, renewal = store_tables.RUNS, self._leases.get(run_id)
        with self._engine.connect() as connection:
            query = sa.select(runs.c.cancel_requested, runs.c.owner).where(runs.c.run_id == run_id)
            row = connection.execute(query).one()
        if renewal is not None and row.owner != renewal.token:
            raise _lost(run_id)
        return int(row.cancel_requested)

    def _select(self) -> sa.Select[Any]:
        """Return the query for rows of the table of runs, with the time by the clock of the store."""
        return sa.select(store_tables.RUNS, leases.clock(self._engine).label("store_time"))

    def runs(self) -> list[RunRecord]:
        """Return every run, newest first."""
        runs = store_tables.RUNS
        query = self._select().where(runs.c.same_as == "", self._seen()).order_by(runs.c.number.desc(), runs.c.run_id)
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
            query = self._select().where(runs.c.run_id == run_id, self._seen())
            row = connection.execute(query).mappings().one_or_none()
        if row is not None:
            return self.run(row["same_as"]) if row["same_as"] else record_of(row)
        every = self.runs()
        named = [record for record in every if record.study == run_id]
        if named:
            return named[0]
        matches = [record for record in every if record.run_id.startswith(run_id)] if run_id else []
        if len(matches) == 1:
            return matches[0]
        if not matches and run_id:  # the id of a run has but the beginning of a long name
            matches = [record for record in every if slug(record.study) == slug(run_id)][:1]
            if matches:
                return matches[0]
        known = (
            ", ".join(record.run_id for record in every[:10]) or "none yet; start one with: workbench run STUDY.toml"
        )
        problem = f"{len(matches)} runs begin with {run_id!r}" if matches else f"no run {run_id!r}"
        raise StoreError(
            problem, place=database_access.without_password(self.url), remedy=f"runs in this store: {known}"
        )


def _shortened(slug: str) -> str:
    """Return the whole words of a slug that fit :data:`NAME_LENGTH`, or the beginning of a longer first word.

    >>> _shortened("requests-on-the-ward-of-the-night")
    'requests-on-the-ward-of'
    """
    words = slug[: NAME_LENGTH + 1]
    return words.rpartition("-")[0] or slug[:NAME_LENGTH] if len(words) > NAME_LENGTH else slug


def _holder(row: Mapping[Any, Any]) -> leases.Holder:
    """Tell whether somebody works on a run: nobody does on one that waits, or that has ended and whose lease was given up."""
    if not row["owner"] and (row["state"] != "running" or row["pid"] == os.getpid()):
        return "gone"
    return leases.holder(row, row["store_time"])


def _lost(run_id: str) -> LeaseError:
    return LeaseError(
        f"this process ({os.getpid()}) gave no sign of life for over {leases.LEASE_S:.0f} s, and another one took over",
        place=f"run {run_id}",
        remedy="what was kept before stays; follow the run with: workbench status",
    )
