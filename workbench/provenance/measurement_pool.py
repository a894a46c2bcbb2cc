"""Recordings listened to on every core: in this process while there are few, in processes of their own once that pays.

Threads do not make the audit twice as fast on two cores: what it computes is many short steps, between which Python lets one
thread go on at a time. Processes do, but take seconds to start. So the first recordings are heard here, and how long they take
says whether the rest is worth it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import NamedTuple

from workbench.audio import on_this_machine
from workbench.errors import AudioError
from workbench.processes import Crash, Event, Job, StartError, WorkerPool
from workbench.provenance.recording import Facts, measure_file

NO_AUDIO = "the corpus has transcripts only"
WORTH_S = 6.0
"""Where at least so much listening is left, processes are started: they take about two seconds until they hear."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_HERE = 32
"""Recordings that are heard in this process before it is asked how long the rest will take."""
_JOB = 16


class Clip(NamedTuple):
    """A recording, or a part of one (seconds; NaN is the file's own limit) or one channel (from 0)."""

    digest: str
    path: str
    start_s: float
    end_s: float
    channel: int | None


class Heard(NamedTuple):
    """What was measured of the recording with this digest; ``status`` is ``ok`` or ``failed``."""

    digest: str
    facts: Facts


def cores() -> int:
    """Return how many processes listen at a time."""
    return os.cpu_count() or 1


def listen(clips: Sequence[Clip]) -> Iterator[list[Heard]]:
    """Yield what is measured of every clip, some at a time, in any order."""
    size = cores()
    worker_pool: WorkerPool | None = None
    events: SimpleQueue[Event] = SimpleQueue()
    began, done = time.monotonic(), 0
    try:
        with ThreadPoolExecutor(max_workers=size) as executor:
            while done < len(clips) and not (worker_pool is not None and _is_ready(worker_pool, events)):
                window = clips[done : done + _HERE]
                yield list(executor.map(hear, window))
                done += len(window)
                left_s = (time.monotonic() - began) / done * (len(clips) - done)
                if worker_pool is None and size > 1 and left_s > WORTH_S:
                    worker_pool = _started(events, size)
        if worker_pool is not None:
            yield from _elsewhere(worker_pool, events, clips[done:])
    except StartError:
        yield from ([hear(clip)] for clip in clips[done:])
    finally:
        if worker_pool is not None:
            worker_pool.end()


def hear(clip: Clip) -> Heard:
    """Measure one recording."""
    if not clip.path:
        return Heard(clip.digest, {"status": "failed", "reason": NO_AUDIO})
    try:
        path = on_this_machine(clip.path)
        facts = measure_file(path, start_s=clip.start_s, end_s=clip.end_s, channel=clip.channel)
        return Heard(clip.digest, {**facts, "status": "ok"})
    except (AudioError, OSError) as error:
        return Heard(clip.digest, {"status": "failed", "reason": str(error)})


def hear_all(clips: Sequence[Clip]) -> list[Heard]:
    """Measure recordings, one after the other, in a process that was made ready."""
    return [hear(clip) for clip in clips]


def get_ready() -> None:
    """Import what listening needs."""
    import scipy.signal  # noqa: F401


def _started(events: SimpleQueue[Event], size: int) -> WorkerPool:
    worker_pool = WorkerPool(events, size=size, setup=(get_ready, ()), function=hear_all, environment=ONE_THREAD)
    for _ in range(size):
        worker_pool.grow()
    return worker_pool


def _is_ready(worker_pool: WorkerPool, events: SimpleQueue[Event]) -> bool:
    """Return whether a helper can listen; whoever died before is replaced, or it is a StartError."""
    while True:
        try:
            worker_pool.take(events.get_nowait())
        except Empty:
            return worker_pool.ready


def _elsewhere(worker_pool: WorkerPool, events: SimpleQueue[Event], clips: Sequence[Clip]) -> Iterator[list[Heard]]:
    for begin in range(0, len(clips), _JOB):
        some = tuple(clips[begin : begin + _JOB])
        worker_pool.submit(Job((), some, some))
    while worker_pool.busy:
        outcomes = worker_pool.take(events.get())
        if outcomes:
            yield [_told(outcome.tag, outcome.result) for outcome in outcomes]


def _told(clip: Clip, result: Heard | Crash) -> Heard:
    if isinstance(result, Crash):
        reason = f"the process that listened to it died, {result.reason}"
        return Heard(clip.digest, {"status": "failed", "reason": reason})
    return result
