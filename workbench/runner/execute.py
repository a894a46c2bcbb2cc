"""Execute: run a study to its end, or until it is told to stop; whatever was transcribed is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from workbench.engines import describe_engine, load_engine
from workbench.errors import StoreError, WorkbenchError
from workbench.runner.inputs import EngineLoader, Inputs, resolve, versions
from workbench.runner.local import Executor, Local, Rows
from workbench.runner.plan import items, plan, remaining
from workbench.store import RunRecord, Store, now
from workbench.study import Study

SECONDS_BETWEEN_COMMITS = 1.0
ROWS_BETWEEN_COMMITS = 256


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. Seconds are wall-clock; ``audio_s`` is the audio decoded in this execution."""

    run_id: str
    total: int
    done: int
    failed: int
    reused: int
    elapsed_s: float
    audio_s: float

    @property
    def eta_s(self) -> float | None:
        """Seconds to go at the speed so far, or None before the first result."""
        fresh = self.done - self.reused
        return self.elapsed_s / fresh * (self.total - self.done) if fresh > 0 else None


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
) -> RunRecord:
    """Run a study and return its record; an unfinished run of the same study is resumed.

    A finished run with the same study, data, models and software is returned as it is. ``should_stop`` is asked
    after every commit, as is the store whether somebody cancelled the run. ``retry_failed`` decodes again what
    failed before, in the finished run too; a failure stands until there is something better.

    Raises
    ------
    StoreError : another living process is at work on this run
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
) -> RunRecord:
    """Execute a run that is in the store: see :func:`run`."""
    _claim(run_id, store)
    try:
        study = store.run(run_id).load_study()
        inputs = resolve(study, engine_loader=engine_loader)
        twin = store.finished_twin(run_id, inputs.content_digest)
        if twin is not None:
            _keep_corpora(inputs, store)  # their description, and where they lie, may be new
            store.redirect(run_id, to=twin)
            if not retry_failed or not store.counts(twin).failed:
                return store.run(twin)
            _claim(twin, store)
            run_id = twin
            store.update(run_id, base=str(study.base.resolve()), study_digest=study.digest)
        _prepare(run_id, inputs, store)
        stopped = _work_off(run_id, inputs, store, executor, on_progress, should_stop, again=retry_failed)
        if retry_failed:
            store.recount_failures()
    except WorkbenchError as error:
        with suppress(StoreError):  # the store itself may be what is broken
            store.update(run_id, state="failed", message=str(error), finished_at=now())
        raise
    except KeyboardInterrupt:
        store.update(run_id, state="stopped", message="interrupted; run the study again to go on from here")
        raise
    except BaseException as error:
        store.update(run_id, state="failed", message=f"{type(error).__name__}: {error}", finished_at=now())
        raise
    if stopped:
        store.update(
            run_id, state="cancelled", message="cancelled; run the study again to go on from here", finished_at=now()
        )
    else:
        store.update(run_id, state="done", message="", finished_at=now())
    return store.run(run_id)


def _claim(run_id: str, store: Store) -> None:
    if not store.claim(run_id):
        raise StoreError(
            f"process {store.run(run_id).pid} is at work on it",
            place=f"run {run_id}",
            remedy="follow it with: python -m workbench status",
        )


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
    executor: Executor,
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
    started = time.perf_counter()
    audio_s = 0.0

    def report() -> None:
        if on_progress is not None:
            elapsed = time.perf_counter() - started
            on_progress(Progress(run_id, total, done, failed, reused, elapsed, audio_s))

    report()
    if done == total:
        return False
    with closing(executor.execute(inputs, remaining(plan(inputs), finished))) as results:
        for rows in _in_commits(results):
            store.add_transcripts(rows)
            audio_s += sum(row["duration_s"] or 0.0 for row in rows)
            done = min(done + len(rows), total)
            failed += sum(row["status"] == "failed" for row in rows)
            store.update(run_id, done=done, failed=failed)
            report()
            if store.cancel_requested(run_id) or (should_stop is not None and should_stop()):
                break
    _, done, failed = store.counts(run_id)  # exact: two items may share a transcript
    store.update(run_id, done=done, failed=failed)
    report()
    return done < total


def _in_commits(results: Iterator[Rows]) -> Iterator[list[dict[str, Any]]]:
    """Gather rows until it is time to commit them; what is in hand is yielded when the source ends, or breaks."""
    gathered: list[dict[str, Any]] = []
    since = time.monotonic()
    broken: Exception | None = None
    while True:
        try:
            rows = next(results, None)
        except Exception as error:  # an engine that stopped: what it wrote before is kept
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
