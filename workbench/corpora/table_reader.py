"""Files to columns of text: CSV, TSV, JSONL and Parquet, with the line on which every row begins.

Values arrive exactly as written: ``null``, ``NaN`` and ``NA`` are texts, and nothing is stripped.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.corpora.arrow_table import read_regular
from workbench.corpora.headers import require_unique
from workbench.corpora.parquet_manifest import read_parquet
from workbench.corpora.problems import Problem, shown
from workbench.corpora.text_encoding import Written, remedy, written
from workbench.errors import ManifestError
from workbench.files import contents, require_file

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq")
"""What a manifest's name ends with."""

_CHUNK = 50_000
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(slots=True)
class RawTable:
    """A file's columns as text. ``lines[i]`` is the line on which row i begins; ``problems`` are rows that are not here."""

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    problems: list[Problem] = field(default_factory=list)
    n_unreadable: int = 0

    @property
    def n_rows(self) -> int:
        """Rows of the file, those that could not be read included."""
        return len(self.frame) + self.n_unreadable


def read_table(path: Path, *, quoting: str = "minimal", encoding: str = "") -> RawTable:
    """Return the columns of a manifest as text, missing values as ``""``; rows that cannot be read are problems.

    ``encoding`` is that of the text, where it is not UTF-8 and no byte order mark says so. A row that does not fit it is a
    problem, which also says how the row reads in the encoding that Windows writes; it is never read in one that is guessed.

    Raises
    ------
    ManifestError : no such file, a kind that is not read, a header in an unknown encoding, an empty file, or two columns of one
        name
    """
    require_file(path, called="manifest", fails=ManifestError)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        remedy = f"use {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        what = f"a manifest does not end with {suffix!r}" if suffix else "a manifest's name has an ending"
        raise ManifestError(what, place=path.name, remedy=remedy)
    if suffix in (".parquet", ".pq"):
        frame, problems = read_parquet(path)
        return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), problems)
    text = written(contents(path, called="manifest", fails=ManifestError), place=path.name, encoding=encoding)
    if not any(line.strip() for line in text.lines()):
        raise ManifestError("the file is empty", place=path.name, remedy="write a header and one row per utterance")
    if suffix in (".jsonl", ".ndjson"):
        return _read_jsonl(text, path)
    return _read_delimited(text, path, "," if suffix == ".csv" else "\t", quoting)


def _records(text: Written, delimiter: str, quoting: str) -> Iterator[tuple[int, int, list[str] | str]]:
    """Yield (first line, last line, fields), or a message in place of fields where a record cannot be read."""
    style: Literal[0, 3] = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    reader = csv.reader(text.lines(), delimiter=delimiter, quoting=style, strict=True)
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first, reader.line_num, str(error)
        else:
            if row:
                yield first, reader.line_num, row


def _read_delimited(text: Written, path: Path, delimiter: str, quoting: str) -> RawTable:
    file = path.name
    records = _records(text, delimiter, quoting)
    line, last, header = next(records)
    if wrong := text.wrong(line, last):
        header = wrong
    if isinstance(header, str):
        raise ManifestError(f"the header cannot be read: {header}", place=f"{file} line {line}", remedy="correct it")
    names = [name.strip() for name in header]
    require_unique(names, file)
    if text.encoding == "utf-8" and not text.bad and (quick := read_regular(text.data, names, delimiter)) is not None:
        return RawTable(quick, np.arange(2, len(quick) + 2, dtype=np.int64))
    problems: list[Problem] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    done: list[pd.DataFrame] = []
    for first, last, row in records:
        if wrong := text.wrong(first, last):
            problems.append(_not_text(first, wrong, text, path))
        elif isinstance(row, str):
            problems.append(_broken_quotes(first, last, row, file))
        elif len(row) != len(names):
            given = delimiter.join(row)
            what = (
                f"{len(row)} {'field' if len(row) == 1 else 'fields'} where the header has {len(names)}: {shown(given)}"
            )
            sign = "commas" if delimiter == "," else "tabs"
            remedy = f"put values that hold {sign} in double quotes, and give every row {len(names)} fields"
            problems.append(Problem(first, "", given, what, remedy, file))
        else:
            rows.append(row)
            lines.append(first)
            if len(rows) == _CHUNK:  # so that a million rows are never a million lists
                done.append(pd.DataFrame(rows, columns=names, dtype="str"))
                rows = []
    if rows or not done:
        done.append(pd.DataFrame(rows, columns=names, dtype="str"))
    return RawTable(pd.concat(done, ignore_index=True), np.array(lines, dtype=np.int64), problems, len(problems))


def _not_text(line: int, wrong: str, text: Written, path: Path) -> Problem:
    return Problem(line, "", "", wrong, remedy(text.encoding, path.with_suffix(".toml").name, wrong), path.name)


def _broken_quotes(first: int, last: int, error: str, file: str) -> Problem:
    reach = f" (read as one row to line {last})" if last > first else ""
    if "field limit" in error:
        what = f"a field is longer than {csv.field_size_limit()} characters{reach}"
    elif "unexpected end" in error:
        what = f"a double quote that is never closed{reach}"
    else:
        what = f"a double quote closes before the end of its field{reach}"
    remedy = 'double the quotes inside a quoted field, or state quoting = "none" in the manifest\'s .toml'
    return Problem(first, "", "", what, remedy, file)


def _read_jsonl(text: Written, path: Path) -> RawTable:
    file = path.name
    problems: list[Problem] = []
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    done: list[pd.DataFrame] = []
    for line, said in enumerate(text.lines(), start=1):
        if not said.strip():
            continue
        if wrong := text.wrong(line, line):
            problems.append(_not_text(line, wrong, text, path))
            continue
        try:
            rows.append(_json_row(said.rstrip("\r\n")))
        except _BadRowError as error:
            problems.append(Problem(line, error.column, error.value, error.what, error.remedy, file))
            continue
        lines.append(line)
        if len(rows) == _CHUNK:
            done.append(pd.DataFrame(rows, dtype="str"))
            rows = []
    if rows or not done:
        done.append(pd.DataFrame(rows, dtype="str"))
    frame = pd.concat(done, ignore_index=True).fillna("")
    names = [name.strip() for name in frame.columns]
    require_unique(names, file)
    return RawTable(frame.set_axis(names, axis=1), np.array(lines, dtype=np.int64), problems, len(problems))


class _BadRowError(Exception):
    def __init__(self, what: str, remedy: str, *, column: str = "", value: str = "") -> None:
        self.what, self.remedy, self.column, self.value = what, remedy, column, value
        super().__init__(what)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _BadRowError(f"the key {twice!r} occurs twice", "keep one of them", column=twice)
    return row


def _no_constant(name: str) -> Any:
    raise _BadRowError(f"{name} is not JSON", "write null or leave the key out", value=name)


_load: Callable[[str], Any] = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant).decode


def _json_row(written: str) -> dict[str, str]:
    """Return one line of JSON as texts: null is "", true is "true", a number keeps its digits."""
    try:
        row = _load(written)
    except (json.JSONDecodeError, RecursionError) as error:
        said = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too deep"
        raise _BadRowError(
            f"not valid JSON ({said}): {shown(written)}", "write one JSON object per line", value=written
        ) from None
    if not isinstance(row, dict):
        raise _BadRowError(
            f"not a JSON object: {shown(written)}", "write one object with a key per column", value=written
        )
    texts: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, list | dict):
            kind = "a list" if isinstance(value, list) else "an object"
            raise _BadRowError(
                f"{name} is {kind}, not a text or number", "write one value", column=name, value=json.dumps(value)
            )
        if isinstance(value, bool):
            value = "true" if value else "false"
        texts[name] = "" if value is None else str(value)
    if _SURROGATE.search(written) or "\\u0000" in written:
        for name, said in texts.items():
            if "\0" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
                what = f"{name} holds an escape that is no character: {shown(said)}"
                raise _BadRowError(what, "write the character itself", column=name)
    return texts
