"""Prefetcher: audio is read and degraded before the engine asks for it, in processes of its own, and never too much of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from workbench.processes import Crash, Event, Job, WorkerPool
from workbench.runner import task_audio
from workbench.runner.inputs import Inputs
from workbench.runner.task_audio import Parts, Prepared, Preparer
from workbench.runner.work_list import Task

AHEAD_S = 600.0
"""Seconds of audio, for each engine process, that are prepared or being prepared at any time (64 kB each)."""

START_AFTER_S = 5.0
"""A run this long is likely to go on: it gets a process that prepares. Until that is up, a thread prepares here."""

STARVED_S = 2.0
"""When the engine has waited this long for audio, one more process prepares."""

MOST = 8

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment of a process that shares the machine with others like it."""


class Prefetcher:
    """Prepares the tasks of a run. What is done comes through ``events`` and :meth:`take`."""

    def __init__(self, inputs: Inputs, tasks: Iterator[Task], events: SimpleQueue[Event], *, workers: int) -> None:
        parts = Parts.of(inputs)
        self._pieces = (piece for task in tasks for piece in task_audio.pieces(task))
        self._next = next(self._pieces, None)
        self._events = events
        self._limit_s = AHEAD_S * workers
        self._preparer = Preparer.of(parts)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._in_thread = 0
        self._retired = False
        self._began = time.monotonic()
        self._starved_s = 0.0
        self._under_way_s, self._under_way = 0.0, 0
        self._worker_pool = WorkerPool(
            events,
            size=min(MOST, max(1, (os.cpu_count() or 1) - workers)),
            setup=(task_audio.start, (parts,)),
            function=task_audio.prepare_all,
            environment=ONE_THREAD,
        )

    @property
    def done(self) -> bool:
        """Whether every task has been prepared and taken."""
        return self._next is None and not self._preparing

    @property
    def _preparing(self) -> bool:
        return bool(self._in_thread) or self._worker_pool.busy

    def fill(self) -> None:
        """Hand out more tasks, as long as not too much audio is under way."""
        while self._next is not None and (self._under_way_s < self._limit_s or self._under_way < 2):
            self._under_way_s += task_audio.seconds(self._next, self._preparer.conditions)
            self._under_way += 1
            self._worker_pool.submit(Job((), (self._next,), (self._next,)))
            self._next = next(self._pieces, None)
        if not self._retired:
            while self._worker_pool.waiting and self._in_thread < 2:
                self._in_thread += 1
                task = self._worker_pool.waiting.popleft().items[0]
                self._thread.submit(self._preparer.prepare, task).add_done_callback(self._tell)
        if self._worker_pool.started == 0 and self._next is not None and time.monotonic() - self._began > START_AFTER_S:
            self._worker_pool.grow()

    def take(self, event: Event) -> list[Prepared]:
        """Return the tasks that an event says are prepared."""
        if event.helper is None:
            self._in_thread -= 1
            if not event.ok:
                raise event.result
            return [event.result]
        prepared = [
            Prepared.failed(outcome.tag, f"the process that read and degraded it died, {outcome.result.reason}")
            if isinstance(outcome.result, Crash)
            else outcome.result
            for outcome in self._worker_pool.take(event)
        ]
        self._retired = (
            self._retired or self._worker_pool.ready
        )  # for good: what killed a process must not come back here
        return prepared

    def release(self, prepared: Prepared) -> None:
        """Note that the engine is done with a task, so that others can come."""
        self._under_way_s -= task_audio.seconds(prepared.task, self._preparer.conditions)
        self._under_way -= 1

    def starved(self, seconds: float) -> None:
        """Note that the engine has waited for audio; start another process if it has often."""
        self._starved_s += seconds
        if self._starved_s > STARVED_S and self._preparing:
            self._starved_s = 0.0
            self._worker_pool.grow()

    def end(self) -> None:
        """Stop preparing."""
        self._worker_pool.end()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _tell(self, future: Future[Prepared]) -> None:
        if not future.cancelled():
            error = future.exception()
            self._events.put(Event(None, 0, error is None, future.result() if error is None else error))
