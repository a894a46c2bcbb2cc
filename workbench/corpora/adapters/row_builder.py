"""What adapters of small tables share: rows that are collected one by one, audio that is found by name, a missing value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.corpora.adapters.adapter import Rows
from workbench.corpora.adapters.source_tables import text_of
from workbench.errors import ManifestError
from workbench.files import contents
from workbench.files.problems import Problem, shown

AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".sph", ".m4a", ".mp4", ".opus")
"""Endings of audio files, as adapters look for them; case does not matter."""


class Builder:
    """Rows that are collected one by one, with the file and line of each; ``columns`` are those of the frame."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self._rows: list[dict[str, str]] = []
        self._files: list[str] = []
        self._lines: list[int] = []
        self.problems: list[Problem] = []

    def add(self, file: str, line: int, row: Mapping[str, str]) -> None:
        """Collect one row; a column that it lacks is empty. ``line`` 0 means the file as a whole."""
        self._rows.append({name: row.get(name, "") for name in self.columns})
        self._files.append(file)
        self._lines.append(line)

    def note(self, file: str, what: str, remedy: str) -> None:
        """Collect something that should be known and costs no row."""
        self.problems.append(Problem(0, "", "", what, remedy, file))

    def unsure(self, problem: Problem, whose: str) -> None:
        """Collect a problem of a table of speakers, which costs no row: what it states of ``whose`` may lack a letter or all."""
        what = f"line {problem.line}: {problem.what}"
        self.note(problem.file, what, f"check what is stated of {whose}; {problem.remedy}")

    def lost(self, file: str, line: int, value: str, what: str, remedy: str, *, column: str = "") -> None:
        """Collect a row of the corpus that cannot be one of the manifest."""
        self.problems.append(Problem(line, column, value, what, remedy, file))

    def rows(self, share: float = 1.0) -> Rows:
        """Return what has been collected since the last call."""
        frame = pd.DataFrame(self._rows, columns=self.columns, dtype="str")
        made = Rows(frame, self._files, np.array(self._lines, dtype=np.int64), tuple(self.problems), share)
        self._rows, self._files, self._lines, self.problems = [], [], [], []
        return made


def find_audio(folder: Path, suffixes: Iterable[str] = AUDIO) -> dict[str, str]:
    """Return every audio file below ``folder``: its name without ending, and its path relative to ``folder``.

    Of two files of one name the first by path is taken. Links to folders are not followed.
    """
    wanted = tuple(suffixes)
    result: dict[str, str] = {}
    for path in walk(folder):
        stem, suffix = os.path.splitext(path.rsplit("/", 1)[-1])
        if suffix.lower() in wanted:
            result.setdefault(stem, path)
    return result


def walk(folder: Path) -> Iterator[str]:
    """Yield the path of every file below ``folder``, relative to it and with /, in order."""
    for base, folders, files in os.walk(folder):
        folders.sort()
        inside = Path(base).relative_to(folder).as_posix()
        for name in sorted(files):
            yield name if inside == "." else f"{inside}/{name}"


class Tails:
    """Paths that were written on another machine: the longest tail of each that is below ``folder``, or one of its ``bases``."""

    def __init__(self, folder: Path, bases: Sequence[str] = ("",)) -> None:
        self.folder = folder
        self.bases = bases
        self._known: tuple[str, int] | None = None

    def find(self, written: str) -> str:
        """Return the path below the folder; as it was written, without what leads up to the root, if there is none."""
        parts = [part for part in written.replace("\\", "/").split("/") if part not in ("", ".")]
        if ".." in parts:
            return "/".join(parts)
        if self._known is not None:
            base, drop = self._known
            path = "/".join([*filter(None, [base]), *parts[drop:]])
            if drop < len(parts) and (self.folder / path).is_file():
                return path
        for drop in range(len(parts)):
            for base in self.bases:
                path = "/".join([*filter(None, [base]), *parts[drop:]])
                if (self.folder / path).is_file():
                    self._known = base, drop
                    return path
        return "/".join(parts)


def stated(value: str, *missing: str) -> str:
    """Return a value without white space at its ends; "" if it is one of the corpus's own words for "not known".

    >>> stated(" female "), stated("N/A", "n/a")
    ('female', '')
    """
    plain = value.strip()
    return "" if plain.lower() in missing else plain


def json_of(path: Path, folder: Path, *, encoding: str = "") -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    ManifestError : there is no such file, or it is not JSON
    """
    file = path.relative_to(folder).as_posix()
    text, problems = text_of(contents(path, called="file", fails=ManifestError), file, encoding=encoding)
    if problems:
        raise ManifestError(problems[0].what, place=f"{file} line {problems[0].line}", remedy=problems[0].remedy)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f"{file} line {error.lineno}" if isinstance(error, json.JSONDecodeError) else file
        raise ManifestError("is not JSON", place=place, remedy="copy the file from the corpus again") from None


def json_line(written: str, need: Sequence[str]) -> dict[str, str] | str:
    """Return one line of JSON as texts, or what is wrong with it."""
    try:
        row = json.loads(written)
    except (ValueError, RecursionError):
        return f"not JSON: {shown(written)}"
    if not isinstance(row, dict):
        return f"not a JSON object: {shown(written)}"
    missing = [name for name in need if name not in row]
    if missing:
        return f"no key {', '.join(map(repr, missing))}: {shown(written)}"
    return {str(name): "" if value is None else str(value) for name, value in row.items()}
