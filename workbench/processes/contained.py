"""Contained calls: what files of others are read with runs in a process of its own, with limits of memory and processor time.

A file that makes a decoder or parser take too much, hang or crash takes that process down, and the app that asked stays as it was. The
limits are those of the operating system (``setrlimit``): memory beyond what the process had when it was ready, and processor time of one
call. Where the system has none (Windows), the time on the clock is the only limit.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from workbench.errors import WorkbenchError
from workbench.processes.worker_process import Event, WorkerProcess

Result = TypeVar("Result")

MEMORY_BYTES = 8 << 30
"""More than what a table of the most rows and a recording of the most samples take together."""
SECONDS = 4 * 3600.0
"""Of processor time for one call: a corpus of 100,000 recordings is read in less."""
IDLE = 1
"""Processes that wait for the next call instead of ending; a new one takes a second or two to start."""
_GRACE = 4.0
"""Times the processor time that a call may take on the clock: other processes have their share too."""

_idle: list[tuple[tuple[object, ...], _Helper]] = []
_lock = threading.Lock()


class _Helper:
    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.process = WorkerProcess(self.events)

    def answer(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Event:
        self.process.call(function, *arguments)
        try:
            return self.events.get(timeout=seconds)
        except Empty:
            return Event(None, None, False, f"gave no answer within {seconds:.0f} s")


def contained(
    function: Callable[..., Result],
    *arguments: Any,
    called: str,
    fails: type[WorkbenchError],
    memory_bytes: int = MEMORY_BYTES,
    seconds: float = SECONDS,
) -> Result:
    """Return what ``function`` returns, called in a process with limits.

    ``function`` can be imported, and what it takes and returns can be pickled. ``called`` says what is read, for the message
    ("ward.csv").

    Raises
    ------
    WorkbenchError : of the type ``fails``: memory or time did not suffice, or the process died
    BaseException : what the function raised
    """
    place = (os.getcwd(), *sorted(os.environ.items()), memory_bytes, seconds)
    helper = _taken(place)
    if helper is None:
        helper = _Helper()
        ready = helper.answer(_limit, memory_bytes, seconds, seconds=_GRACE * max(seconds, 60.0))
        if not ready.ok:
            helper.process.end()
            raise fails(f"cannot be read: the process for it does not start ({ready.result})", place=called)
    event = helper.answer(_timed, seconds, function, arguments, seconds=_GRACE * seconds)
    if event.job is None:
        helper.process.end()
        raise fails(
            f"could not be read within {memory_bytes / 2**30:.3g} GiB of memory and {seconds:.0f} s: the process that read it {event.result}",
            place=called,
            remedy="look whether it is what it should be; split it, or read it with the command line",
        )
    if not event.ok and isinstance(event.result, MemoryError):
        helper.process.end()
        problem = f"could not be read within {memory_bytes / 2**30:.3g} GiB of memory"
        raise fails(problem, place=called, remedy="look whether it is what it should be; split it")
    _put_back(place, helper)
    if not event.ok:
        raise event.result
    result: Result = event.result
    return result


def _taken(place: tuple[object, ...]) -> _Helper | None:
    """Return an idle process of the same surroundings, whose limits are the same."""
    with _lock:
        for at, (of, helper) in enumerate(_idle):
            if of == place and helper.process.process.poll() is None:
                del _idle[at]
                return helper
    return None


def _put_back(place: tuple[object, ...], helper: _Helper) -> None:
    with _lock:
        _idle.append((place, helper))
        over = _idle[:-IDLE]
        del _idle[:-IDLE]
    for _, old in over:
        old.process.end()


def _limit(memory_bytes: int, seconds: float) -> None:
    """In the helper: limit its memory. What its libraries take for themselves comes first."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ImportError):
        import pandas  # noqa: F401  # its address space is no part of what a file takes
    there = _address_space()
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = there + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _timed(seconds: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """In the helper: do one call; the system ends the process when its processor time is used up."""
    if sys.platform != "win32":
        import resource

        spent = resource.getrusage(resource.RUSAGE_SELF)
        until = int(spent.ru_utime + spent.ru_stime + seconds) + 1
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return function(*arguments)


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
