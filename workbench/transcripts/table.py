"""Reading tables of transcripts made elsewhere: every cell as the text it is, every problem of a file at once."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError
from workbench.files import require_file

SHOWN = 20


def read_transcripts(path: Path) -> pd.DataFrame:
    """Return the table in a CSV, TSV, JSONL or Parquet file; ``"null"``, ``"NA"`` and ``""`` stay what they are.

    CSV: commas, fields may be quoted. TSV: tabs, quotes are ordinary characters. Both: UTF-8 (with or without byte
    order mark), the first line names the columns. JSONL: one object per line; a key that a line lacks is missing.

    Raises
    ------
    ScoringError : no such file, another kind of file, not UTF-8, or lines that do not fit (all of them)
    """
    require_file(path, called="table of transcripts", fails=ScoringError)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ScoringError(
            f"cannot read a table from a file that ends in {path.suffix!r}"
            if path.suffix
            else "cannot read a table from a file whose name has no ending",
            place=str(path),
            remedy=f"give one of {', '.join(_READERS)}",
        )
    return reader(path)


class _Commas(csv.excel):
    strict = True


class _Tabs(csv.excel_tab):
    quoting = csv.QUOTE_NONE


def _read_csv(path: Path) -> pd.DataFrame:
    return _read_delimited(path, _Commas)


def _read_tsv(path: Path) -> pd.DataFrame:
    return _read_delimited(path, _Tabs)


def _read_delimited(path: Path, dialect: type[csv.Dialect]) -> pd.DataFrame:
    rows: list[list[str]] = []
    problems: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, dialect)
        try:
            header = next(lines, [])
            for row in lines:
                if len(row) == len(header):
                    rows.append(row)
                elif row:  # a blank line is no row
                    problems.append(f"line {lines.line_num}: {len(row)} fields, the first line has {len(header)}")
        except UnicodeDecodeError as error:
            raise _not_utf8(path, error) from None
        except csv.Error as error:
            problems.append(f"line {lines.line_num}: {error}")
    _refuse(path, problems, "mend these lines; text that contains the separator must be in quotes")
    _refuse_header(path, header)
    return pd.DataFrame(rows, columns=header, dtype="str")


def _read_jsonl(path: Path) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    problems: list[str] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(f"line {number}: {error}")
            continue
        if isinstance(row, dict):
            rows.append(row)
        else:
            problems.append(f"line {number}: {str(row)[:40]!r} is not an object")
    _refuse(path, problems, 'each line must be one JSON object such as {"reference": "...", "hypothesis": "..."}')
    return pd.DataFrame(rows, dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ScoringError(f"not a Parquet table: {error}", place=str(path)) from None


_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
}


def _not_utf8(path: Path, error: UnicodeDecodeError) -> ScoringError:
    return ScoringError(
        f"byte {error.object[error.start]:#04x} is not UTF-8", place=str(path), remedy="save the file as UTF-8"
    )


def _refuse_header(path: Path, header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if not header:
        raise ScoringError("the file is empty", place=str(path), remedy="the first line must name the columns")
    if twice:
        raise ScoringError(f"column {', '.join(map(repr, twice))} occurs twice", place=f"{path} line 1")


def _refuse(path: Path, problems: list[str], remedy: str) -> None:
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        listing = "\n".join(problems[:SHOWN] + more)
        raise ScoringError(f"{len(problems)} lines cannot be read\n{listing}\n", place=str(path), remedy=remedy)
