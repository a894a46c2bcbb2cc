"""Ledger of a red team: its request, every trial in order, and the verdicts, as files under WORKBENCH_HOME.

``red-team/ID/request.json``, ``ledger.jsonl`` (a line per trial, written when the trial is done), ``confirmations.json``. The id is
a digest of the request and of the corpora: the same request goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.adaptive.trials import Trial
from workbench.corpora import load_corpus
from workbench.errors import StoreError, StudyError, choices
from workbench.fairness.counts.frames import typed
from workbench.files import home
from workbench.runner.speaker_split import Side
from workbench.schema import CONFIRMATIONS
from workbench.study import Study


def folder() -> Path:
    """Return the folder of all red teams; it need not be there."""
    return home() / "red-team"


def ids() -> list[str]:
    """Return every red team of this home, the newest first."""
    if not folder().is_dir():
        return []
    folders = [path for path in folder().iterdir() if (path / "request.json").is_file()]
    return [path.name for path in sorted(folders, key=lambda path: -(path / "request.json").stat().st_mtime)]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The files of one red team."""

    red_team_id: str

    @classmethod
    def of(cls, request: Mapping[str, Any], study: Study) -> Ledger:
        """Return the ledger of a request: equal requests on equal corpora have the same."""
        prints = [load_corpus(path, allow_dropped=study.allow_dropped).info.fingerprint for path in study.manifests]
        text = json.dumps([dict(request), prints], sort_keys=True, ensure_ascii=False)
        return cls(f"{study.slug[:24]}-{hashlib.sha256(text.encode()).hexdigest()[:6]}")

    @classmethod
    def named(cls, red_team_id: str) -> Ledger:
        """Return the ledger of this id, or of the only one that begins so.

        Raises
        ------
        StudyError : none, or several
        """
        every = ids()
        matches = [name for name in every if name.startswith(red_team_id)] if red_team_id else every[:1]
        if red_team_id in matches or len(matches) == 1:
            return cls(red_team_id if red_team_id in matches else matches[0])
        raise StudyError(f"{len(matches)} red teams {red_team_id!r}", remedy=choices(red_team_id, every))

    @property
    def path(self) -> Path:
        """The folder of its files."""
        return folder() / self.red_team_id

    def begin(self, request: Mapping[str, Any], halves: Sequence[Side]) -> None:
        """Write down what is asked for, before anything is heard."""
        (self.path / "stop").unlink(missing_ok=True)
        if (whole := self._whole()) and whole != (self.path / "ledger.jsonl").read_bytes():
            (self.path / "ledger.jsonl").write_bytes(whole)  # half a line, of a process that was killed
        self._write("request.json", {"request": dict(request), "sides": [list(side) for side in halves]})

    def request(self) -> dict[str, Any]:
        """Return what was asked for, in JSON's own types."""
        return dict(self._read("request.json")["request"])

    def sides(self) -> list[list[Any]]:
        """Return how many speakers of each group explore and confirm."""
        return list(self._read("request.json")["sides"])

    def add(self, trial: Trial) -> None:
        """Write a trial at the end; it is on the disk when this returns."""
        with (self.path / "ledger.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(trial.to_fields(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def trials(self) -> list[Trial]:
        """Return every trial that was written whole."""
        whole = self._whole()
        return [Trial.from_fields(json.loads(line)) for line in whole.decode("utf-8").splitlines()]

    def conclude(self, rows: pd.DataFrame) -> None:
        """Write what the confirming speakers gave."""
        self._write("confirmations.json", json.loads(rows.to_json(orient="records", double_precision=15)))

    def confirmations(self) -> pd.DataFrame | None:
        """Return CONFIRMATIONS; None while the search goes on."""
        path = self.path / "confirmations.json"
        if not path.is_file():
            return None
        return typed(json.loads(path.read_text(encoding="utf-8")), CONFIRMATIONS, CONFIRMATIONS.column_names)

    def note(self, fields: Mapping[str, Any]) -> None:
        """Write down which process is at work, and what stopped it."""
        self._write("process.json", dict(fields))

    def noted(self) -> dict[str, Any]:
        """Return what :meth:`note` wrote; empty if nothing."""
        return self._read("process.json") if (self.path / "process.json").is_file() else {}

    def count(self) -> int:
        """Return how many trials are written whole."""
        path = self.path / "ledger.jsonl"
        return path.read_bytes().count(b"\n") if path.is_file() else 0

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked for it to stop."""
        return (self.path / "stop").exists()

    def request_stop(self) -> None:
        """Ask whoever works on it to stop after the batch in hand; the same request goes on from there."""
        (self.path / "stop").touch()

    def _whole(self) -> bytes:
        """Return the whole lines of the trials."""
        path = self.path / "ledger.jsonl"
        content = path.read_bytes() if path.is_file() else b""
        return content[: content.rfind(b"\n") + 1]

    def _write(self, name: str, value: Any) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            part = self.path / f"{name}.part"
            part.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
            part.replace(self.path / name)
        except OSError as error:
            raise StoreError(
                f"the ledger cannot be written ({error.strerror})", place=str(self.path), remedy="set WORKBENCH_HOME"
            ) from None

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.path / name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StudyError(f"no red team that can be read: {error}", place=str(self.path / name)) from None
