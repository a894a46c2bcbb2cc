"""Execute: run a study to its end, or until it is told to stop; whatever was transcribed is kept."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

from workbench.engines import describe_engine, load_engine
from workbench.errors import StoreError, StudyError, WorkbenchError
from workbench.runner import task_audio
from workbench.runner.inputs import EngineLoader, Inputs, Unit, resolve, versions
from workbench.runner.local import Executor, Local, Session
from workbench.runner.progress import Progress
from workbench.runner.retry import patiently
from workbench.runner.round_protocol import Rounds
from workbench.runner.transcription import Rows
from workbench.runner.work_list import items, plan, remaining
from workbench.store import RunRecord, Store, leases, now
from workbench.study import Study

SECONDS_BETWEEN_COMMITS = 1.0
ROWS_BETWEEN_COMMITS = 256


def run(
    study: Study,
    *,
    store: Store,
    workers: int = 1,
    executor: Executor | None = None,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    retry_failed: bool = False,
    rounds: Rounds | None = None,
) -> RunRecord:
    """Run a study and return its record; an unfinished run of the same study is resumed.

    A finished run with the same study, data, models and software is returned as it is. ``should_stop`` is asked
    after every commit, as is the store whether somebody cancelled or paused the run. ``retry_failed`` decodes again what
    failed before, in the finished run too; a failure stands until there is something better. ``rounds`` decides what a
    study with an allocation transcribes (:func:`workbench.adaptive.rounds.run` brings it).

    Raises
    ------
    StoreError : another living process is at work on this run
    LeaseError : this process gave no sign of life for so long that another one took the run over
    WorkbenchError : the study cannot be resolved; the run's record keeps the reason
    """
    record = store.enqueue(study)
    return execute(
        record.run_id,
        store=store,
        executor=executor or Local(workers, engine_loader),
        engine_loader=engine_loader,
        on_progress=on_progress,
        should_stop=should_stop,
        retry_failed=retry_failed,
        rounds=rounds,
    )


def execute(
    run_id: str,
    *,
    store: Store,
    executor: Executor,
    engine_loader: EngineLoader = load_engine,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    retry_failed: bool = False,
    rounds: Rounds | None = None,
) -> RunRecord:
    """Execute a run that is in the store: see :func:`run`."""
    claimed = _claim(run_id, store)
    units: frozenset[Unit] | None = None
    stopped = ended = False
    try:
        while not stopped and not ended:
            with executor.session() as session:
                study = store.run(run_id).load_study()
                inputs = resolve(study, engine_loader=session.loader(engine_loader, study))
                twin = store.finished_twin(run_id, inputs.content_digest)
                if twin is not None:
                    _keep_corpora(inputs, store)  # their description, and where they lie, may be new
                    store.redirect(run_id, to=twin)
                    if not retry_failed or not store.counts(twin).failed:
                        return store.run(twin)
                    claimed |= _claim(twin, store)
                    run_id = twin
                    store.update(run_id, base=str(study.base.resolve()), study_digest=study.digest)
                if study.allocation is not None:
                    units, before = _next_round(run_id, inputs, rounds, units), units
                    if units == before:
                        _tell(run_id, inputs, rounds, store)
                        break
                inputs = replace(inputs, chosen=units)
                _prepare(run_id, inputs, store)
                stopped = _work_off(run_id, inputs, store, session, on_progress, should_stop, again=retry_failed)
                ended = study.allocation is None
                if not ended:  # between two rounds nothing is left to do, and yet there is more to come
                    stopped |= store.cancel_requested(run_id) or (should_stop is not None and should_stop())
        if retry_failed:
            store.recount_failures()
    except WorkbenchError as error:
        _note(store, run_id, state="failed", message=str(error), finished_at=now())
        raise
    except KeyboardInterrupt:
        _note(store, run_id, state="stopped", message="interrupted; run the study again to go on from here")
        raise
    except BaseException as error:
        _note(store, run_id, state="failed", message=f"{type(error).__name__}: {error}", finished_at=now())
        raise
    else:
        if stopped:
            state = "paused" if store.pause_requested(run_id) else "cancelled"
            message = f"{state}; run the study again to go on from here"
            store.update(run_id, state=state, message=message, finished_at=now())
        else:
            store.update(run_id, state="done", message="", finished_at=now())
    finally:
        for name in claimed:
            store.release(name)
    return store.run(run_id)


def _note(store: Store, run_id: str, **values: str) -> None:
    """Note how a run ended, if the store can still be written: it may be what ended it."""
    with suppress(StoreError):
        store.update(run_id, **values)


def _next_round(
    run_id: str, inputs: Inputs, rounds: Rounds | None, chosen: frozenset[Unit] | None
) -> frozenset[Unit]:  # fmt: skip
    """Return what is to be transcribed after the next round."""
    if rounds is None:
        raise StudyError(
            "it asks for an allocation in rounds, and nobody decides on them",
            place=f"study {inputs.study.name!r}",
            remedy="run it with wb.run, the command line or the app",
        )
    so_far = chosen or frozenset()
    return so_far | rounds(run_id, inputs, so_far)


def _tell(run_id: str, inputs: Inputs, rounds: Rounds | None, store: Store) -> None:
    if rounds is not None:
        store.update(run_id, notes=json.dumps([*inputs.notes, rounds.told(run_id, inputs)], ensure_ascii=False))


def _claim(run_id: str, store: Store) -> set[str]:
    """Make this process the worker of a run; return its id."""
    if not store.claim(run_id):
        record = store.run(run_id)
        raise StoreError(
            f"process {record.pid} on {record.host or 'this machine'} is at work on it",
            place=f"run {run_id}",
            remedy=f"follow it with: workbench status; if that process is gone, run it again in {leases.LEASE_S:.0f} s",
        )
    return {store.run(run_id).run_id}


def _keep_corpora(inputs: Inputs, store: Store) -> None:
    for corpus in inputs.corpora:
        store.add_corpus(corpus)


def _prepare(run_id: str, inputs: Inputs, store: Store) -> None:
    _keep_corpora(inputs, store)
    store.prepare(
        run_id,
        items=items(inputs),
        models=[describe_engine(engine) for engine in inputs.engines],
        corpora=inputs.fingerprints,
        versions=versions(),
        notes=inputs.notes,
        content_digest=inputs.content_digest,
    )


def _work_off(
    run_id: str,
    inputs: Inputs,
    store: Store,
    session: Session,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
    *,
    again: bool,
) -> bool:
    """Work off what remains (``again``: what failed too), committing about once a second; return whether to stop."""
    total, done, failed = store.counts(run_id)
    finished = store.done_keys(run_id)
    if again:
        finished, done, failed = store.heard_keys(run_id), done - failed, 0
    reused = done
    store.update(run_id, done=done, failed=failed, reused=reused)
    conditions = inputs.study.conditions
    to_hear_s = (
        math.fsum(task_audio.seconds(task, conditions) for task in remaining(plan(inputs), finished))
        if _lengths_known(inputs)
        else 0.0
    )
    lengths = {condition.condition_id: condition.heard_s for condition in conditions}
    started = time.monotonic()
    audio_s = 0.0

    def report(paused: str = "") -> None:
        if on_progress is not None:
            elapsed = time.monotonic() - started
            on_progress(Progress(run_id, total, done, failed, reused, elapsed, audio_s, to_hear_s, paused))

    def stop() -> bool:
        return should_stop is not None and should_stop()

    report()
    if done == total:
        return False
    halted = False
    with closing(session.execute(inputs, remaining(plan(inputs), finished), lambda: halted)) as results:
        for rows in _in_commits(results):
            audio_s += math.fsum(lengths[row["condition_id"]](row["duration_s"] or 0.0) for row in rows)
            done = min(done + len(rows), total)
            failed += sum(row["status"] == "failed" for row in rows)
            counts = {"done": done, "failed": failed} if rows else {}
            asked = patiently(partial(_commit, store, run_id, rows, counts), on_pause=report, should_stop=stop)
            report()
            halted = halted or asked or stop()  # what is on its way then is still kept
    _, done, failed = store.counts(run_id)  # exact: two items may share a transcript
    store.update(run_id, done=done, failed=failed)
    report()
    return done < total


def _commit(store: Store, run_id: str, rows: Rows, counts: Mapping[str, int]) -> bool:
    """Keep rows and say how far the run is; return whether somebody asked for it to be cancelled. May be repeated."""
    if rows:
        store.commit(run_id, rows, counts)
    return store.cancel_requested(run_id)


def _lengths_known(inputs: Inputs) -> bool:
    return all(frame["duration_s"].notna().all() for frame in inputs.selected)


def _in_commits(results: Iterator[Rows]) -> Iterator[Rows]:
    """Gather rows until it is time to commit them, about once a second even if there are none; at the end, or where they break off, the rest."""
    gathered: Rows = []
    since = time.monotonic()
    broken: Exception | KeyboardInterrupt | None = None
    while True:
        try:
            rows = next(results, None)
        except (
            Exception,
            KeyboardInterrupt,
        ) as error:  # an engine that stopped, Ctrl-C: what was written before is kept
            rows, broken = None, error
        if rows is None:
            break
        gathered += rows
        if len(gathered) >= ROWS_BETWEEN_COMMITS or time.monotonic() - since >= SECONDS_BETWEEN_COMMITS:
            yield gathered
            gathered, since = [], time.monotonic()
    if gathered:
        yield gathered
    if broken is not None:
        raise broken
