"""Lease of a run: who may write to it. A worker renews its lease while it lives; another may take over once it has run out.

Neither the name of a host nor one clock is trusted. Whoever runs on the same machine (same start of the machine, same
process namespace) is looked for among the processes. For everybody else, and for a process that lives but does not move, the
lease decides: it is old by the clock of the store, *and* the count of its renewals stands still while the one who wants the run
watches it by a clock that cannot be set. Every write of a worker asks in the same transaction whether the lease is
still its own, so a process that comes back after a takeover can write nothing more.

Source: the fencing token of Kleppmann, "How to do distributed locking" (2016); leases: Gray & Cheriton, SOSP 1989.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import psutil
import sqlalchemy as sa

RENEWAL_S = 5.0
"""Seconds between two renewals of a lease."""

LEASE_S = 60.0
"""A lease that was not renewed for so many seconds has run out."""

HELD: set[str] = set()
"""Leases that a thread of this process renews."""

Holder = Literal["alive", "gone", "silent"]


@cache
def place() -> str:
    """Return what tells one set of processes from another: the start of the machine, and the namespace of its processes.

    A container that gets a new name keeps it; the same name on two machines does not make them one.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux
        return f"{socket.gethostname()}/{psutil.boot_time():.0f}"


def clock(engine: sa.Engine) -> sa.ColumnElement[float]:
    """Return the time by the clock of the store, in seconds: one for all who use it."""
    if engine.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return sa.literal(time.time())


def since_boot(process: psutil.Process) -> float:
    """Return when a process was started, in a measure that stays the same when the clock of the machine is set.

    Linux knows seconds since the machine started, and psutil adds the time of that, which moves with the clock; elsewhere
    the time by the clock was noted when the process was started.
    """
    return process.create_time() - (psutil.boot_time() if psutil.LINUX else 0.0)


def holder(row: Mapping[Any, Any], store_time: float) -> Holder:
    """Tell whether the holder of a run is alive, gone for certain, or gave no sign of life for longer than a lease.

    ``row``: of the table of runs. A renewal that lies in the future was written before a clock was set back: a holder that lives
    writes another one soon, so far ahead it counts as silent too.
    """
    here = row["place"] == place() or (not row["place"] and row["host"] == socket.gethostname())
    if here and not _process_lives(row):
        return "gone"
    if here and (not row["owner"] or row["owner"] in HELD):
        return "alive"
    return "alive" if abs(store_time - row["renewed_at"]) <= LEASE_S else "silent"


def _process_lives(row: Mapping[Any, Any]) -> bool:
    if row["owner"] and row["pid"] == os.getpid() and row["owner"] not in HELD:
        return False  # this process gave it up, and could not write that down
    try:
        process = psutil.Process(row["pid"])
        same = abs(since_boot(process) - float(row["pid_started"])) < 5.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Renewal:
    """Renews a lease from a thread of its own until it is ended, or ``renew`` says that the lease is another's."""

    def __init__(self, token: str, renew: Callable[[], bool]) -> None:
        self.token = token
        self._renew, self._end = renew, threading.Event()
        HELD.add(token)
        threading.Thread(target=self._loop, name="lease", daemon=True).start()

    def end(self) -> None:
        """Stop renewing."""
        HELD.discard(self.token)
        self._end.set()

    def _loop(self) -> None:
        while not self._end.wait(RENEWAL_S):
            if not self._renew():
                self.end()
