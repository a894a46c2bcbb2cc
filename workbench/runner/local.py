"""Local executor: this machine's processes. One worker decodes here while the next audio is read and degraded."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from workbench.engines import load_engine
from workbench.errors import EngineError
from workbench.runner.inputs import EngineLoader, Inputs
from workbench.runner.plan import Task
from workbench.runner.transcribe import Transcriber

Rows = list[dict[str, Any]]
TASKS_PER_JOB = 4
"""Tasks handed to a worker process at a time: few enough that little is lost when it is killed."""


class Executor(Protocol):
    """Where the work of a run is done."""

    def execute(self, inputs: Inputs, tasks: Iterator[Task]) -> Generator[Rows]:
        """Yield the TRANSCRIPTS rows of the tasks as they are done, in any order; closed early, stop soon."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """Run on this machine in ``workers`` processes, no more than it has processors; one means this process itself."""

    workers: int = 1
    engine_loader: EngineLoader = load_engine

    def execute(self, inputs: Inputs, tasks: Iterator[Task]) -> Generator[Rows]:
        """Yield the TRANSCRIPTS rows of the tasks, task by task; closed early, end after the tasks in hand."""
        if self.workers <= 1:
            return _in_this_process(inputs, tasks)
        return self._in_processes(inputs, tasks)

    def _in_processes(self, inputs: Inputs, tasks: Iterator[Task]) -> Generator[Rows]:
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        workers = min(self.workers, max(2, os.cpu_count() or 1))
        with (
            _one_thread_each(),
            ProcessPoolExecutor(
                workers,
                mp_context=context,
                initializer=_start,
                initargs=(_Parts.of(inputs), self.engine_loader, stop),
            ) as processes,
        ):
            pending: deque[Future[Rows]] = deque()
            try:
                while True:
                    while len(pending) < 3 * workers and (job := list(islice(tasks, TASKS_PER_JOB))):
                        pending.append(processes.submit(_work, job))
                    if not pending:
                        return
                    yield pending.popleft().result()
            except BrokenProcessPool:
                raise EngineError(
                    "a worker process died (out of memory, or a crash inside the engine)",
                    place=", ".join(engine.model_id for engine in inputs.engines),
                    remedy="run the study again to go on from here, with fewer --workers if memory is short",
                ) from None
            finally:
                stop.set()  # jobs that a process has taken cannot be cancelled
                for future in pending:
                    future.cancel()


def _in_this_process(inputs: Inputs, tasks: Iterator[Task]) -> Generator[Rows]:
    """Decode in this thread, and read and degrade two tasks ahead in another."""
    transcriber = _transcriber(_Parts.of(inputs), inputs.engines)
    with ThreadPoolExecutor(1) as ahead:
        pending = deque(ahead.submit(transcriber.prepare, task) for task in islice(tasks, 2))
        try:
            while pending:
                prepared = pending.popleft().result()
                pending.extend(ahead.submit(transcriber.prepare, task) for task in islice(tasks, 1))
                yield transcriber.decode(prepared)
        finally:
            for future in pending:
                future.cancel()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a worker process needs to know of the inputs; small enough to send."""

    study_json: str
    base: str
    language: str
    corpora: tuple[Any, ...]

    @classmethod
    def of(cls, inputs: Inputs) -> _Parts:
        language = inputs.corpora[0].info.language
        frames = tuple(corpus.utterances for corpus in inputs.corpora)
        return cls(inputs.study.to_json(), str(inputs.study.base), language, frames)


def _transcriber(parts: _Parts, engines: tuple[Any, ...]) -> Transcriber:
    from workbench.study import Study

    study = Study.from_json(parts.study_json)
    return Transcriber(study.conditions, engines, parts.corpora, study.seed, study.pairing, Path(parts.base))


_here: Transcriber | None = None
_stop: Event | None = None


def _start(parts: _Parts, engine_loader: EngineLoader, stop: Event) -> None:
    """Load the engines once per worker process."""
    from workbench.study import Study

    global _here, _stop
    _stop = stop
    Thread(target=_end_with_parent, daemon=True).start()
    study = Study.from_json(parts.study_json)
    engines = tuple(engine_loader(spec, base=Path(parts.base), language=parts.language) for spec in study.engines)
    _here = _transcriber(parts, engines)


def _end_with_parent() -> None:
    """End this worker process when the process that started it is gone: killed, it cannot say so itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: list[Task]) -> Rows:
    if _here is None or _stop is None:
        raise RuntimeError("the worker process was not started")
    rows: Rows = []
    for task in job:
        if _stop.is_set():
            break
        rows += _here.decode(_here.prepare(task))
    return rows


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the numerical libraries of the worker processes use one thread each."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
