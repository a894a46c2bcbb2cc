"""RunRecord: one execution of a study as the store knows it, and whether its process is still there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import RowMapping

from workbench.engines import ModelInfo
from workbench.errors import StoreError
from workbench.store.checksums import of_run
from workbench.store.leases import holder
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
    host: str = ""
    belongs_to: str = ""
    """The user of a shared server who started it; empty: started without a login."""
    damaged: bool = False
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
        """Return the study that the run executes.

        Raises
        ------
        StoreError : the record is not what was stored
        """
        if self.damaged:
            raise StoreError(
                "its record in the store is damaged",
                place=f"run {self.run_id}",
                remedy="workbench store check lists the damage, workbench store repair mends what can be made again",
            )
        return Study.from_json(self.study_json, base=Path(self.base))


PLAIN = (
    "run_id", "study", "total", "done", "failed", "reused", "created_at", "started_at", "finished_at", "message", "seed",
    "study_json", "base", "pid", "host", "belongs_to",
)  # fmt: skip
"""Columns of the runs table that a record takes over as they are."""


def now(*, timespec: Literal["seconds", "microseconds"] = "seconds") -> str:
    """Return the present time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec=timespec)


def record_of(row: RowMapping) -> RunRecord:
    """Return the record of a row of the runs table, read together with ``store_time``."""
    state: RunState = row["state"]
    if (state == "running" or (state == "queued" and row["pid"])) and holder(row, row["store_time"]) != "alive":
        state = "stopped"
    if row["checksum"] != of_run(row):
        return _damaged(row)
    simple = {name: row[name] for name in PLAIN}
    return RunRecord(
        **simple,
        state=state,
        notes=tuple(json.loads(row["notes"])),
        versions=json.loads(row["versions"]),
        models=tuple(ModelInfo(**model) for model in json.loads(row["models"])),
        corpora=tuple(json.loads(row["corpora"])),
    )


def _damaged(row: RowMapping) -> RunRecord:
    """Return what a list can show of a run whose record is not what was stored: nothing is taken from it."""
    empty: dict[str, Any] = dict.fromkeys(("started_at", "finished_at", "study_json", "base", "host"), "")
    empty |= dict.fromkeys(("total", "done", "failed", "reused", "seed", "pid"), 0)
    empty |= {name: str(row[name]) for name in ("run_id", "study", "created_at")}
    message = "the record of this run is damaged: workbench store check"
    return RunRecord(**empty, state="failed", message=message, damaged=True)
