"""The one reader of tables: CSV, TSV, Excel, JSON and Parquet to columns of text, with the line on which every row begins.

Values arrive exactly as written: ``null``, ``NaN`` and ``NA`` are texts, and nothing is stripped but the names of columns.
What the reader works out by itself (a separator, blank rows, columns without a name) is in the table's ``notes``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ManifestError, WorkbenchError
from workbench.files.delimited import read_delimited
from workbench.files.encodings import written
from workbench.files.json_rows import read_json
from workbench.files.limits import require_bounded_table
from workbench.files.paths import contents, require_file
from workbench.files.problems import Problem, unit_of
from workbench.files.rows import RawRows, require_unique
from workbench.files.spreadsheet import read_spreadsheet

WRITTEN = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq")
"""What the name of a table that the workbench writes ends with."""
SUFFIXES = (*WRITTEN[:4], ".json", ".xlsx", *WRITTEN[4:])
"""What a table's name ends with; ``.txt`` is read too (tabs, as Excel's "Unicode text") where it is named itself."""
_READ = (*SUFFIXES, ".txt")
_LISTED = 1_000


@dataclass(slots=True)
class RawTable:
    """A file's columns as text.

    ``lines[i]`` is the line (the row, in files without lines) on which row i begins; ``problems`` are rows that are not
    here; ``notes`` say what was assumed or left out; ``nulls`` has, for each column with values that are absent (null) and
    not empty, which rows those are.
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    problems: list[Problem] = field(default_factory=list)
    n_unreadable: int = 0
    notes: list[str] = field(default_factory=list)
    nulls: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows of the file, those that could not be read included."""
        return len(self.frame) + self.n_unreadable

    def absent(self, column: str) -> NDArray[np.bool_]:
        """Return for each row whether it has no value at all in ``column`` (null), which is not the same as an empty one."""
        return self.nulls.get(column, np.zeros(len(self.frame), dtype=np.bool_))


def read_table(
    path: Path,
    *,
    called: str = "manifest",
    quoting: str = "auto",
    encoding: str = "",
    option: str = "",
    texts: Collection[str] | None = None,
) -> RawTable:
    """Return the columns of a table as text, missing values as ``""``; rows that cannot be read are problems.

    Parameters
    ----------
    called : what the file should be, for messages ("manifest")
    quoting : ``minimal``: a field in double quotes may hold separators and line ends; ``none``: a quote is a character like
        any other; ``auto``: minimal, and in tab-separated files none where every line has as many fields as the header
    encoding : that of the text, where it is not UTF-8 and no byte order mark says so. A row that does not fit it is a
        problem, which also says how the row reads in the encoding that Windows writes; it is never read in one that is guessed.
    option : how the caller lets an encoding be named, with ``{}`` in its place (``--encoding {}``)
    texts : columns that must be a text or number in JSON; others may hold lists and objects. None: all of them.

    Raises
    ------
    ManifestError : no such file, a kind that is not read, a header in an unknown encoding, an empty file, or two columns of one
        name
    """
    require_file(path, called=called, fails=ManifestError)
    suffix, file = path.suffix.lower(), path.name
    require_bounded_table(file, rows=0, columns=0, n_bytes=path.stat().st_size)
    if suffix not in _READ:
        article = "an" if called[0] in "aeiou" else "a"
        old = suffix == ".xls"
        what = (
            f"{article} {called} does not end with {suffix!r}" if suffix else f"{article} {called}'s name has an ending"
        )
        remedy = "save it in Excel as .xlsx" if old else f"use {', '.join(_READ[:-1])} or {_READ[-1]}"
        raise ManifestError(what, place=file, remedy=remedy)
    if suffix in (".parquet", ".pq"):
        from workbench.files.parquet_rows import read_parquet

        rows = read_parquet(path, texts)
    elif suffix == ".xlsx":
        rows = read_spreadsheet(path)
    else:
        text = written(contents(path, called=called, fails=ManifestError), place=file, encoding=encoding, option=option)
        if not any(line.strip() for line in text.lines()):
            raise ManifestError("the file is empty", place=file, remedy="write a header and one row per utterance")
        if suffix in (".jsonl", ".ndjson", ".json"):
            rows = read_json(text, file, option=option, texts=texts)
        else:
            rows = read_delimited(text, file, usual="," if suffix == ".csv" else "\t", quoting=quoting, option=option)
    require_bounded_table(file, rows=len(rows.frame), columns=len(rows.frame.columns))
    return _tidy(rows, file)


def read_rows(
    path: Path,
    *,
    called: str,
    fails: type[WorkbenchError],
    encoding: str = "",
    option: str = "",
    texts: Collection[str],
) -> tuple[pd.DataFrame, list[str]]:
    """Return a table of which every row can be read (values that are absent are missing), and what was assumed of it.

    Parameters as of :func:`read_table`.

    Raises
    ------
    WorkbenchError : of the type ``fails``: what :func:`read_table` raises, or all rows that cannot be read
    """
    try:
        table = read_table(path, called=called, encoding=encoding, option=option, texts=texts)
    except ManifestError as error:
        raise fails(error.what, place=str(path), remedy=error.remedy) from None
    needed = [problem for problem in table.problems if problem.line or problem.column in texts]
    if needed:
        lines = [
            f"{unit_of(path.name)} {item.line}: {item.what}" if item.line else item.what for item in needed[:_LISTED]
        ]
        if len(needed) > _LISTED:
            lines.append(f"and {len(needed) - _LISTED} more")
        count = "1 problem" if len(needed) == 1 else f"{len(needed)} problems"
        remedies = "; ".join(dict.fromkeys(item.remedy for item in needed if item.remedy))
        raise fails(f"{count}\n" + "\n".join(lines) + "\n", place=str(path), remedy=remedies)
    frame = table.frame.copy()
    for name, absent in table.nulls.items():
        frame[name] = frame[name].mask(absent)
    return frame, table.notes


def _tidy(rows: RawRows, file: str) -> RawTable:
    """Return rows without those that are blank and without columns that have neither name nor values; both are noted."""
    frame, lines, nulls, notes = rows.frame, rows.lines, dict(rows.nulls), list(rows.notes)
    if rows.blank_rows_possible and len(frame) and len(frame.columns):
        blank = (frame.iloc[:, 0].str.strip() == "").to_numpy(dtype=bool, copy=True)
        for name in range(1, len(frame.columns)):
            if not blank.any():
                break
            blank[blank] = (frame.iloc[:, name][blank].str.strip() == "").to_numpy(dtype=bool)
        if blank.any():
            frame, lines = frame[~blank].reset_index(drop=True), lines[~blank]
            nulls = {name: absent[~blank] for name, absent in nulls.items()}
        if n_blank := int(blank.sum()) + rows.n_blank:
            notes.append(f"{file}: {n_blank} blank {'row' if n_blank == 1 else 'rows'} left out")
    elif rows.n_blank:
        notes.append(f"{file}: {rows.n_blank} blank {'row' if rows.n_blank == 1 else 'rows'} left out")
    names = [str(name).strip() for name in frame.columns]
    unnamed = [index for index, name in enumerate(names) if not name]
    empty = [index for index in unnamed if (frame.iloc[:, index].str.strip() == "").all()]
    for index in (index for index in unnamed if index not in empty):
        names[index] = f"column {index + 1}"
        notes.append(f"{file}: column {index + 1} has no name in the header; it is called {names[index]!r}")
    if empty:
        count = "1 column" if len(empty) == 1 else f"{len(empty)} columns"
        notes.append(f"{file}: {count} with neither name nor values left out")
        kept = [index for index in range(len(names)) if index not in empty]
        frame, names = frame.iloc[:, kept], [names[index] for index in kept]
    require_unique(names, file)
    renamed = dict(zip(map(str, frame.columns), names, strict=True))
    nulls = {renamed[name]: absent for name, absent in nulls.items() if name in renamed and absent.any()}
    return RawTable(
        frame.set_axis(names, axis=1), lines, rows.problems, len([p for p in rows.problems if p.line]), notes, nulls
    )
