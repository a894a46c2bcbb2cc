"""A manifest that is written chunk by chunk, and appears whole or not at all."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

import pandas as pd

from workbench.files.problems import Problem

_PROBLEM = ("file", "line", "column", "value", "what", "remedy")


class ManifestWriter:
    """Writes ``manifest`` (.csv), ``<name>.toml`` and, if there are any, ``<name>.problems.csv``; :meth:`keep` makes them appear.

    Without ``keep`` nothing is left behind: an interrupted preparation does not look like a small corpus.
    """

    def __init__(self, manifest: Path) -> None:
        self.manifest = manifest
        self.problems_file: Path | None = None
        self._rows: IO[str] = _open(_part(manifest))
        self._header: list[str] = []
        self._problems: IO[str] | None = None

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows (texts)."""
        if not self._header:
            self._header = list(frame.columns)
            csv.writer(self._rows, lineterminator="\n").writerow(self._header)
        columns = [frame[name].tolist() for name in self._header]
        # Only a quoted field keeps a carriage return.
        odd = any(frame[name].str.contains("\r", regex=False).any() for name in self._header)
        style: Literal[0, 1] = csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL
        csv.writer(self._rows, lineterminator="\n", quoting=style).writerows(zip(*columns, strict=True))

    def problem(self, problem: Problem) -> None:
        """Append one problem."""
        if self._problems is None:
            self.problems_file = self.manifest.with_suffix(".problems.csv")
            self._problems = _open(_part(self.problems_file))
            csv.writer(self._problems, lineterminator="\n").writerow(_PROBLEM)
        row = [getattr(problem, name) for name in _PROBLEM]
        csv.writer(self._problems, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)

    def keep(self, description: str) -> None:
        """Put everything in its place, and remove the problems of an earlier preparation."""
        self._close()
        self.manifest.with_suffix(".toml").write_text(description, encoding="utf-8")
        if self.problems_file is None:
            self.manifest.with_suffix(".problems.csv").unlink(missing_ok=True)
        else:
            os.replace(_part(self.problems_file), self.problems_file)
        os.replace(_part(self.manifest), self.manifest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        _part(self.manifest).unlink(missing_ok=True)
        if self.problems_file is not None:
            _part(self.problems_file).unlink(missing_ok=True)

    def _close(self) -> None:
        self._rows.close()
        if self._problems is not None:
            self._problems.close()


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _open(path: Path) -> IO[str]:
    return open(path, "w", encoding="utf-8", newline="", errors="backslashreplace")
