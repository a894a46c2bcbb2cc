"""A worker process: one Python process that does what it is sent, seen from the process that started it.

It is started as a command, not as :mod:`multiprocessing` does it: the user's script, notebook or app is not run again in
it, so that none of them needs an ``if __name__ == "__main__"``, on any system.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from queue import SimpleQueue
from typing import Any, NamedTuple

from workbench.processes.worker_main import BESIDE, read_frame, write_frame

_START = "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); from workbench.processes.worker_main import main; main()"
_GRACE_S = 10.0


class Event(NamedTuple):
    """What happened: ``job`` was done by ``helper`` (``result``, or if not ``ok`` the exception); None: it died (why)."""

    helper: WorkerProcess | None
    job: int | None
    ok: bool
    result: Any


class WorkerProcess:
    """A running helper process. Answers, and in the end its death, arrive in ``events``, in the order of the calls."""

    def __init__(self, events: SimpleQueue[Event], *, environment: Mapping[str, str] | None = None) -> None:
        self._events = events
        self._numbers = count()
        self._outbox: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        own_group: dict[str, Any] = (
            {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
            if sys.platform == "win32"
            else {"process_group": 0}  # Ctrl-C in the terminal is for us alone
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps([*sys.path])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, **own_group,
        )  # fmt: skip
        for target in (self._send, self._receive):
            threading.Thread(target=target, daemon=True).start()

    def call(self, function: Callable[..., Any], *arguments: Any) -> int:
        """Send a job and return its number: ``function`` is one that can be imported, what it takes can be pickled."""
        job = next(self._numbers)
        self._outbox.put((job, pickle.dumps((function, arguments), protocol=5)))
        return job

    def call_beside(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have something done at once, in another thread than the job in hand; no answer comes of it."""
        self._outbox.put((BESIDE, pickle.dumps((function, arguments), protocol=5)))

    def end(self) -> None:
        """End the process at once, whatever it is doing."""
        with suppress(OSError):
            self.process.kill()
        self._outbox.put(None)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)

    def _send(self) -> None:
        stream = self.process.stdin
        with suppress(OSError, ValueError):  # a broken pipe: the other thread reports the death
            while stream is not None and (frame := self._outbox.get()) is not None:
                write_frame(stream, *frame)  # type: ignore[arg-type]
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.close()

    def _receive(self) -> None:
        stream = self.process.stdout
        if stream is None:
            return
        with stream:
            while (frame := read_frame(stream)) is not None:  # type: ignore[arg-type]
                ok, result = pickle.loads(frame[1])
                self._events.put(Event(self, frame[0], ok, result))
        code = self.process.wait()
        self._outbox.put(None)
        self._events.put(Event(self, None, False, reason(code)))


def reason(code: int) -> str:
    """Return what an exit status says of a process's death.

    >>> reason(-9)
    'killed by signal 9 (SIGKILL): where nobody did that by hand, memory ran out'
    >>> reason(3)
    'ended with exit status 3'
    """
    if code >= 0:
        return f"ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    killed = {
        "SIGKILL": ": where nobody did that by hand, memory ran out",
        "SIGSEGV": ": a crash in native code",
        "SIGABRT": ": native code gave up",
    }.get(name, "")
    return f"killed by signal {-code} ({name}){killed}"
