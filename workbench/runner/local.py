"""Local executor: this machine's processes. Engines listen in some, audio is prepared ahead of them in others."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Protocol

from workbench.engines import Engine, engine_process, load_engine
from workbench.errors import EngineError
from workbench.processes import Event, StartError, WorkerPool, WorkerProcess
from workbench.runner.dispatcher import Dispatcher
from workbench.runner.inputs import EngineLoader, Inputs
from workbench.runner.prefetch import ONE_THREAD, Prefetcher
from workbench.runner.transcription import Rows
from workbench.runner.work_list import Task
from workbench.study import Study

HEARTBEAT_S = 0.5
"""Seconds after which an executor yields no rows where it has none, so that a run can be stopped meanwhile."""

ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Environment of an engine's process: memory is kept for the next batch instead of given back (8 to 28 % less time in
batches of Whisper on two cores; without effect outside of glibc)."""


class Session(Protocol):
    """An executor at work on one run: engines are loaded first, then tasks are done."""

    def loader(self, given: EngineLoader, study: Study) -> EngineLoader:
        """Return what loads the engines of the study: ``given``, or what stands for it where engines are elsewhere."""
        ...

    def execute(self, inputs: Inputs, tasks: Iterator[Task], halted: Callable[[], bool]) -> Generator[Rows]:
        """Yield the TRANSCRIPTS rows of the tasks as they are done, in any order, now and then none.

        Once ``halted`` says so, begin nothing more, yield the rows of answers that are waited for (engines with a method
        ``halt``), and end; closed early, stop at once. An engine that stops halts the others; its error comes last.

        Each transcript depends on its task alone: the same rows come from any executor with any number of workers.
        """
        ...


class Executor(Protocol):
    """Where the work of a run is done."""

    def session(self) -> AbstractContextManager[Session]:
        """Return what does the work of one run; leaving it ends all of its processes."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """Run on this machine with ``workers`` processes in which engines listen, no more than it has processors.

    Even a single engine has a process of its own, so that its crash is not that of the run; one whose
    ``engine_loader`` cannot be imported there (a lambda, a function of a notebook) listens in this process.
    """

    workers: int = 1
    engine_loader: EngineLoader = load_engine

    def session(self) -> AbstractContextManager[Session]:
        """Return what does the work of one run."""
        return _LocalSession(self.engine_loader, min(self.workers, max(2, os.cpu_count() or 1)))


@dataclass
class _LocalSession:
    engine_loader: EngineLoader
    workers: int
    _events: SimpleQueue[Event] = field(default_factory=SimpleQueue)
    _first: WorkerProcess | None = None

    def __enter__(self) -> _LocalSession:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._first is not None:
            self._first.end()

    def loader(self, given: EngineLoader, study: Study) -> EngineLoader:
        elsewhere = _importable(self.engine_loader) and given in (load_engine, self.engine_loader)
        if not elsewhere or all(map(engine_process.looks_up, study.engines)):
            return given
        self._first = WorkerProcess(self._events, environment=self._environment)  # it starts while the corpora are read
        return self._load

    @property
    def _environment(self) -> dict[str, str]:
        return ALLOCATOR if self.workers == 1 else ALLOCATOR | ONE_THREAD

    def _load(self, spec: str, *, base: Path, language: str) -> Engine:
        """Load an engine in its process and return what stands for it here."""
        if self._first is None or engine_process.looks_up(spec):
            return self.engine_loader(spec, base=base, language=language)
        self._first.call(engine_process.load, self.engine_loader, [spec], str(base), language)
        event = self._events.get()
        if event.job is None:
            self._first = None
            raise EngineError(
                f"the process that loads it died, {event.result}",
                place=f"engine {spec!r}",
                remedy="where memory is short, choose a smaller model",
            )
        if not event.ok:
            raise event.result
        engine: Engine = event.result[0]
        return engine if engine.needs_audio else self.engine_loader(spec, base=base, language=language)

    def execute(self, inputs: Inputs, tasks: Iterator[Task], halted: Callable[[], bool]) -> Generator[Rows]:
        worker_pool = self._worker_pool(inputs)
        prefetcher = Prefetcher(inputs, tasks, self._events, workers=self.workers)
        dispatcher = Dispatcher(inputs, worker_pool)
        try:
            if worker_pool is not None:
                for _ in range(self.workers):
                    worker_pool.grow()
            yield from _worked_off(self._events, prefetcher, dispatcher, halted)
        except StartError as failure:
            raise EngineError(
                f"a worker process died before it was ready, {failure}",
                place=", ".join(engine.model_id for engine in inputs.engines),
                remedy="run the study again to go on from here, with fewer --workers if memory is short",
            ) from None
        finally:
            if worker_pool is not None:
                worker_pool.end()
            prefetcher.end()

    def _worker_pool(self, inputs: Inputs) -> WorkerPool | None:
        """Return the processes in which engines listen; None where they do in this one."""
        if not any(engine.needs_audio for engine in inputs.engines):
            return None
        if self._first is None and self.workers == 1:
            return None
        if not _importable(self.engine_loader):
            raise EngineError(
                "its loader is a function that other processes cannot import",
                place=", ".join(engine.model_id for engine in inputs.engines),
                remedy="use one worker, or define the function in a module",
            )
        heard = [spec for spec, engine in zip(inputs.study.engines, inputs.engines, strict=True) if engine.needs_audio]
        language = inputs.corpora[0].info.language
        setup = (engine_process.load, (self.engine_loader, heard, str(inputs.study.base), language))
        worker_pool = WorkerPool(
            self._events, size=self.workers, setup=setup, function=engine_process.listen, environment=self._environment
        )
        if self._first is not None:
            worker_pool.adopt(self._first)
        return worker_pool


def _worked_off(
    events: SimpleQueue[Event], prefetcher: Prefetcher, dispatcher: Dispatcher, halted: Callable[[], bool]
) -> Generator[Rows]:
    """Yield rows until every task is done, or nothing more is to be begun."""
    while True:
        prefetcher.fill()
        for rows in dispatcher.listen(all_here=prefetcher.done):
            yield rows
            if halted():
                break
        if halted() or dispatcher.stopped is not None:
            yield from _wound_up(events, dispatcher)
            return
        for prepared in dispatcher.finished:
            prefetcher.release(prepared)
        dispatcher.finished.clear()
        prefetcher.fill()
        if prefetcher.done and not dispatcher.busy:
            yield dispatcher.last()
            return
        event = None
        began = time.monotonic()
        try:
            event = events.get(timeout=HEARTBEAT_S)
        except Empty:
            yield []
        except KeyboardInterrupt:  # a second one does not wait any more
            yield from _wound_up(events, dispatcher)
            raise
        if dispatcher.waits:
            prefetcher.starved(time.monotonic() - began)
        if event is not None:
            for prepared in prefetcher.take(event):
                yield dispatcher.give(prepared)
            if event.helper is not None:
                yield dispatcher.take(event)


def _wound_up(events: SimpleQueue[Event], dispatcher: Dispatcher) -> Generator[Rows]:
    """Begin nothing more, and yield the rows of the answers that are on their way; raise what stopped an engine."""
    stopped = dispatcher.stopped
    dispatcher.halt()
    while dispatcher.awaits_answers:
        try:
            event = events.get(timeout=HEARTBEAT_S)
        except Empty:
            yield []
        else:
            yield dispatcher.take(event)
    if stopped is not None:
        raise stopped


def _importable(loader: EngineLoader) -> bool:
    """Tell whether another process can be given this function: one of a module, not of a script or of another function."""
    try:
        return b"__main__" not in pickle.dumps(loader)
    except Exception:
        return False
