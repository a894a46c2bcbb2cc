"""Erasure: a run, a speaker or everything before a day goes out of the store and of every file that the workbench keeps.

Nothing that was written elsewhere can be reached from here (cards, exports, backups, the recordings themselves): that is listed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.store import checksums, database_access, home_files
from workbench.store import sql_tables as tables
from workbench.store.database import Store

ITEMS, TRANSCRIPTS, UTTERANCES = tables.RUN_ITEMS, tables.TRANSCRIPTS, tables.UTTERANCES
RUNS, CORPORA = tables.RUNS, tables.CORPORA


class Line(NamedTuple):
    """One place: how much of it goes, or why something remains there."""

    place: str
    n: int
    detail: str


class Erasure(NamedTuple):
    """What goes (or went) and what remains."""

    erased: list[Line]
    remains: list[Line]
    done: bool


class _Subject(NamedTuple):
    """What the files are searched for, beside the rows of the store."""

    run_ids: set[str]
    speakers: set[str]
    paths: set[str]


def erase_run(store: Store, run_id: str, *, do: bool = False) -> Erasure:
    """Erase a run: its record and work list, and the transcripts, corpora and files that no other run needs.

    ``do``: without it nothing is changed, and the same is returned: what would go and what would remain.

    Raises
    ------
    StoreError : no such run, or a process is at work on it
    """
    record = store.run(run_id)
    return _erase(store, do=do, runs=[record.run_id], speakers=None)


def erase_before(store: Store, day: date, *, do: bool = False) -> Erasure:
    """Erase every run that was made before a day (UTC), as :func:`erase_run` does."""
    runs = [record.run_id for record in store.runs() if record.created_at < day.isoformat()]
    return _erase(store, do=do, runs=runs, speakers=None)


def erase_speaker(store: Store, speaker: str, *, corpus: str | None = None, do: bool = False) -> Erasure:
    """Erase a speaker: every utterance, transcript, fact and item of theirs, in all corpora or in one.

    Runs stay, without them: their figures change, and their notes say so. ``speaker``: the id as the manifest writes it.

    Raises
    ------
    StoreError : no such speaker, or a process is at work on a run that has them
    """
    rows = UTTERANCES
    whole = rows.c.corpus_id + "/"
    of_speaker = sa.or_(
        rows.c.speaker_id == speaker, rows.c.speaker_id == whole + speaker, whole + rows.c.speaker_id == speaker
    )
    affected = of_speaker if corpus is None else sa.and_(of_speaker, rows.c.corpus_id == corpus)
    return _erase(store, do=do, runs=[], speakers=affected, named=speaker)


def _erase(
    store: Store, *, do: bool, runs: Sequence[str], speakers: sa.ColumnElement[bool] | None, named: str = ""
) -> Erasure:
    erased: list[Line] = []
    try:
        with database_access.alone(store._engine) as connection:
            if speakers is None:
                subject = _without_runs(store, connection, runs, erased)
            else:
                subject = _without_speakers(store, connection, speakers, named, erased)
            if not do:
                raise _NotDoneError
    except _NotDoneError:  # the same statements, counted and taken back
        pass
    store._corpora.clear()
    files, remains = home_files.erase(subject.run_ids, subject.speakers, subject.paths, do=do)
    erased += [Line(*line) for line in files]
    elsewhere = (
        []
        if not do or _compact(store)
        else [Line("log of the store", 0, "another process reads it: erase again when none does")]
    )
    elsewhere += [
        Line(
            "cards, exports and backups",
            0,
            "what was written elsewhere is not known here: delete it, or publish a corrected card",
        ),
        Line(
            "manifests and recordings",
            0,
            "those outside WORKBENCH_HOME are yours: take the speaker out before the study is run again",
        ),
    ]
    return Erasure([line for line in erased if line.n], [*(Line(*line) for line in remains), *elsewhere], do)


class _NotDoneError(Exception):
    """A dry run: the transaction is taken back."""


def _refuse_at_work(store: Store, run_ids: Sequence[str]) -> None:
    busy = [record.run_id for record in store.runs() if record.state == "running" and record.run_id in run_ids]
    if busy:
        raise StoreError(
            f"a process is at work on {', '.join(busy)}", place="erase", remedy="cancel it first: workbench cancel"
        )


def _without_runs(store: Store, connection: sa.Connection, given: Sequence[str], erased: list[Line]) -> _Subject:
    run_ids = list(given)
    run_ids += connection.execute(sa.select(RUNS.c.run_id).where(RUNS.c.same_as.in_(given))).scalars().all()
    _refuse_at_work(store, run_ids)
    keys = _keys(connection, ITEMS.c.run_id.in_(run_ids))
    used = _fingerprints(connection, RUNS.c.run_id.in_(run_ids))
    _delete(connection, ITEMS, ITEMS.c.run_id.in_(run_ids), "items of work lists", erased)
    _delete(connection, RUNS, RUNS.c.run_id.in_(run_ids), "records of runs", erased)
    _delete_transcripts(connection, keys, erased)
    unused = used - _fingerprints(connection, sa.true())
    query = sa.select(UTTERANCES.c.path).where(UTTERANCES.c.fingerprint.in_(unused))
    paths = set(connection.execute(query).scalars())
    _delete(connection, UTTERANCES, UTTERANCES.c.fingerprint.in_(unused), "utterances", erased)
    _delete(connection, CORPORA, CORPORA.c.fingerprint.in_(unused), "corpora", erased)
    return _Subject(set(run_ids), set(), paths)


def _without_speakers(
    store: Store, connection: sa.Connection, chosen: sa.ColumnElement[bool], named: str, erased: list[Line]
) -> _Subject:
    rows = connection.execute(sa.select(UTTERANCES).where(chosen)).mappings().all()
    if not rows:
        raise StoreError(
            f"no speaker {named!r} in its corpora", place="erase", remedy="write the id as the manifest does"
        )
    by_corpus: dict[str, list[str]] = {}
    for row in rows:
        by_corpus.setdefault(row["fingerprint"], []).append(row["utterance_id"])
    affected: set[str] = set()
    keys: set[str] = set()
    own = []
    for fingerprint, utterances in by_corpus.items():
        for start in range(0, len(utterances), 500):
            part = sa.and_(
                ITEMS.c.fingerprint == fingerprint, ITEMS.c.utterance_id.in_(utterances[start : start + 500])
            )
            affected |= set(connection.execute(sa.select(ITEMS.c.run_id).where(part).distinct()).scalars())
            keys |= _keys(connection, part)
            own.append(part)
    _refuse_at_work(store, sorted(affected))
    for part in own:
        _delete(connection, ITEMS, part, "items of work lists", erased)
    _delete_transcripts(connection, keys, erased)
    _delete(connection, UTTERANCES, chosen, "utterances", erased)
    for fingerprint in by_corpus:
        _recount_corpus(connection, fingerprint)
    for run_id in sorted(affected):
        _recount_run(connection, run_id)
    erased.append(Line("runs whose figures are without them now", len(affected), ", ".join(sorted(affected))))
    return _Subject(affected, {named, *(row["speaker_id"] for row in rows)}, {row["path"] for row in rows})


def _keys(connection: sa.Connection, where: sa.ColumnElement[bool]) -> set[str]:
    return set(connection.execute(sa.select(ITEMS.c.transcript_key).where(where)).scalars())


def _fingerprints(connection: sa.Connection, where: sa.ColumnElement[bool]) -> set[str]:
    """Return the corpora of runs: those of their records, and of their work lists where a record is not whole."""
    named = {
        item
        for text in connection.execute(sa.select(RUNS.c.corpora).where(where)).scalars()
        for item in json.loads(text)
    }
    listed = sa.select(ITEMS.c.fingerprint).where(ITEMS.c.run_id.in_(sa.select(RUNS.c.run_id).where(where))).distinct()
    return named | set(connection.execute(listed).scalars())


def _delete(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], called: str, erased: list[Line]
) -> None:
    erased.append(Line(called, connection.execute(sa.delete(table).where(where)).rowcount, "store"))


def _delete_transcripts(connection: sa.Connection, keys: set[str], erased: list[Line]) -> None:
    """Delete the transcripts that no work list names any more, with the facts that stand in their rows."""
    needed, count, every = set(), 0, sorted(keys)
    for start in range(0, len(every), 500):
        part = every[start : start + 500]
        needed |= _keys(connection, ITEMS.c.transcript_key.in_(part))
        gone = [key for key in part if key not in needed]
        count += connection.execute(sa.delete(TRANSCRIPTS).where(TRANSCRIPTS.c.transcript_key.in_(gone))).rowcount
    erased.append(Line("transcripts, with what was measured", count, "store"))


def _recount_corpus(connection: sa.Connection, fingerprint: str) -> None:
    own = UTTERANCES.c.fingerprint == fingerprint
    counts = connection.execute(
        sa.select(sa.func.count(), sa.func.count(UTTERANCES.c.speaker_id.distinct())).where(own)
    ).one()
    row = CORPORA.c.fingerprint == fingerprint
    info = json.loads(connection.execute(sa.select(CORPORA.c.info).where(row)).scalar_one())
    info |= {"n_utterances": counts[0], "n_speakers": counts[1]}
    connection.execute(sa.update(CORPORA).where(row).values(info=json.dumps(info, ensure_ascii=False)))
    checksums.seal_corpus(connection, fingerprint)


def _recount_run(connection: sa.Connection, run_id: str) -> None:
    """Bring the counts of a run, its checksums and its notes to what is left of it."""
    joined = ITEMS.outerjoin(TRANSCRIPTS, TRANSCRIPTS.c.transcript_key == ITEMS.c.transcript_key)
    failed = sa.func.sum(sa.case((TRANSCRIPTS.c.status == "failed", 1), else_=0))
    query = sa.select(sa.func.count(), sa.func.count(TRANSCRIPTS.c.transcript_key), failed).select_from(joined)
    total, done, lost = connection.execute(query.where(ITEMS.c.run_id == run_id)).one()
    own = RUNS.c.run_id == run_id
    notes = json.loads(connection.execute(sa.select(RUNS.c.notes).where(own)).scalar_one())
    note = "speakers were erased from this run on request: its figures are those of the others"
    values = {
        "total": total,
        "done": done,
        "failed": int(lost or 0),
        "content_digest": "",
    }  # no twin of a run with everybody
    notes = json.dumps([*(text for text in notes if text != note), note], ensure_ascii=False)
    connection.execute(sa.update(RUNS).where(own).values(**values, notes=notes))
    checksums.seal_items(connection, run_id)


def _compact(store: Store) -> bool:
    """Let the database give up the pages of what was deleted; return whether no byte of it is left."""
    with store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
            return int(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]) == 0
        for table in tables.METADATA.sorted_tables:
            connection.exec_driver_sql(f"VACUUM FULL {table.name}")
    return True
