"""RunRecord: one execution of a study as the store knows it, and whether its process is still there."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psutil
from sqlalchemy import RowMapping

from workbench.engines import ModelInfo
from workbench.study import Study

RunState = Literal["queued", "running", "paused", "stopped", "cancelled", "failed", "done"]
UNFINISHED: tuple[RunState, ...] = ("queued", "running", "paused", "stopped", "cancelled", "failed")

CANCEL, PAUSE = 1, 2
"""What the column ``cancel_requested`` holds when somebody asked for a run to be cancelled, or to be paused."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a study, as the store knows it. Times are UTC, ISO 8601; empty if not yet.

    ``paused`` and ``cancelled`` runs were stopped on purpose, the first to go on later. ``state`` is ``stopped`` when a run was left running by a process that is gone: start it again to resume.
    ``reused`` counts the items whose transcript was there before the run began.
    """

    run_id: str
    study: str
    state: RunState
    total: int
    done: int
    failed: int
    reused: int
    created_at: str
    started_at: str
    finished_at: str
    message: str
    seed: int
    study_json: str
    base: str
    pid: int
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelInfo, ...] = ()
    corpora: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether every item has a transcript or a recorded failure."""
        return self.state == "done"

    @property
    def alive(self) -> bool:
        """Whether a process is, or is about to be, at work on it."""
        return self.state in ("queued", "running")

    def load_study(self) -> Study:
        """Return the study that the run executes."""
        return Study.from_json(self.study_json, base=Path(self.base))


PLAIN = (
    "run_id", "study", "total", "done", "failed", "reused", "created_at", "started_at", "finished_at", "message", "seed",
    "study_json", "base", "pid",
)  # fmt: skip
"""Columns of the runs table that a record takes over as they are."""


def now(*, timespec: Literal["seconds", "microseconds"] = "seconds") -> str:
    """Return the present time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec=timespec)


def record_of(row: RowMapping) -> RunRecord:
    """Return the record of a row of the runs table."""
    state: RunState = row["state"]
    if (state == "running" or (state == "queued" and row["pid"])) and not _alive(row):
        state = "stopped"
    simple = {name: row[name] for name in PLAIN}
    return RunRecord(
        **simple,
        state=state,
        notes=tuple(json.loads(row["notes"])),
        versions=json.loads(row["versions"]),
        models=tuple(ModelInfo(**model) for model in json.loads(row["models"])),
        corpora=tuple(json.loads(row["corpora"])),
    )


def _alive(row: RowMapping) -> bool:
    """Tell whether the worker of a running run is there; one on another host is taken to be."""
    if row["host"] != socket.gethostname():
        return True
    try:
        process = psutil.Process(row["pid"])
        same = abs(since_boot(process) - float(row["pid_started"])) < 5.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def since_boot(process: psutil.Process) -> float:
    """Return when a process was started, in a measure that stays the same when the clock of the machine is set.

    Linux knows seconds since the machine started, and psutil adds the time of that, which moves with the clock; elsewhere
    the time by the clock was noted when the process was started.
    """
    return process.create_time() - (psutil.boot_time() if psutil.LINUX else 0.0)
