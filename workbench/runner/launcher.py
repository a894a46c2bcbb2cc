"""Worker: a run in a process of its own, which outlives the app that asked for it.

``python -m workbench.adaptive.worker RUN_ID`` is what :func:`start_worker` starts, with the store's URL in WORKBENCH_STORE
(a URL may hold a password, and everybody on a machine sees command lines). The record in the store is the only thing
the two processes share.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil

from workbench.errors import StoreError
from workbench.store import RunRecord, Store, home
from workbench.store.leases import since_boot
from workbench.study import Study


def start_worker(study: Study, *, store: Store, workers: int = 1) -> RunRecord:
    """Start a detached process that runs ``study``; return the run's record at once.

    A run that is under way is left to its worker: asking twice starts nothing twice.
    """
    record = store.enqueue(study)
    if record.state == "running" or (record.state == "queued" and record.pid):
        return record
    store.update(record.run_id, state="queued", pid=0, message="")
    command = ["-m", "workbench.adaptive.worker", record.run_id, "--workers", str(workers)]
    process = launch(command, log=record.run_id, store=store)
    if process.since_boot:
        store.announce_worker(record.run_id, pid=process.pid, pid_started=process.since_boot)
    return store.run(record.run_id)


class Launched(NamedTuple):
    """A detached process: its number, and when it was started (0 if it has ended already)."""

    pid: int
    since_boot: float

    @property
    def alive(self) -> bool:
        """Whether this very process is at work."""
        try:
            process = psutil.Process(self.pid) if self.pid else None
            same = process is not None and abs(since_boot(process) - self.since_boot) < 5.0
            return same and process is not None and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def launch(arguments: Sequence[str], *, log: str, store: Store) -> Launched:
    """Start Python in a process that outlives this one, with the store and the home of this one; what it prints goes to a log."""
    with _log(log) as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "WORKBENCH_STORE": store.url, "WORKBENCH_HOME": str(home())},
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # so that an ended worker does not linger as a zombie
    try:
        return Launched(process.pid, since_boot(psutil.Process(process.pid)))
    except psutil.NoSuchProcess:
        return Launched(process.pid, 0.0)


def log_path(run_id: str) -> Path:
    """Return where the worker of a run writes what it prints."""
    return home() / "logs" / f"{run_id}.log"


def _log(run_id: str) -> BinaryIO:
    path = log_path(run_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise StoreError(
            f"the log of the run cannot be written ({error.strerror})",
            place=str(path),
            remedy="set WORKBENCH_HOME to a folder that can be written",
        ) from None


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end what happens here as Ctrl-C does: the run is noted as stopped, its worker processes end.

    Ctrl-C keeps working too where it was ignored, as in a process that a script started in the background.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, stop)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
