"""Excel workbooks (.xlsx): the first sheet that holds anything, every cell as the text that it shows."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ManifestError
from workbench.files.limits import require_bounded_table
from workbench.files.problems import Problem, shown
from workbench.files.rows import RawRows


def read_spreadsheet(path: Path) -> RawRows:
    """Return the rows below the first row of the first sheet with cells; a formula is the value that was saved for it.

    Raises
    ------
    ManifestError : no workbook of Excel, or one without a cell
    """
    from openpyxl import load_workbook

    file = path.name
    try:
        _require_bounded(path)
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheets = {sheet.title: _cells(sheet, file) for sheet in book.worksheets}
        finally:
            book.close()
    except (ManifestError, MemoryError):
        raise
    except Exception as error:  # openpyxl reads packed XML, and every part of both raises errors of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        what = f"cannot be read as an Excel workbook ({reason})"
        raise ManifestError(what, place=file, remedy="save it in Excel as .xlsx, or as 'CSV UTF-8'") from None
    filled = {title: rows for title, rows in sheets.items() if any(_is_blank(row) is False for row in rows)}
    if not filled:
        raise ManifestError("the file is empty", place=file, remedy="write a header and one row per utterance")
    title, cells = next(iter(filled.items()))
    first = next(index for index, row in enumerate(cells) if not _is_blank(row))
    width = max(len(row) for row in cells)
    names = [_text(value).strip() for value in cells[first]] + [""] * (width - len(cells[first]))
    problems: list[Problem] = []
    rows, lines, n_blank = [], [], 0
    for number, row in enumerate(cells[first + 1 :], start=first + 2):
        if _is_blank(row):
            n_blank += 1
            continue
        texts = [_text(value) for value in row] + [""] * (width - len(row))
        broken = [text for text in texts if text in _ERRORS]
        if broken:
            what = f"a formula failed: {shown(broken[0])}"
            problems.append(Problem(number, "", broken[0], what, "correct the formula, or write the value", file))
        else:
            rows.append(texts)
            lines.append(number)
    columns = list(range(width))
    frame = pd.DataFrame(rows, columns=columns, dtype="str").set_axis(names, axis=1)
    others = [repr(other) for other in filled if other != title]
    notes = [f"{file}: sheet {title!r} is read, not {', '.join(others)}"] if others else []
    return RawRows(frame, np.array(lines, dtype=np.int64), problems, notes, {}, n_blank, blank_rows_possible=False)


def _require_bounded(path: Path) -> None:
    """Raise :class:`ManifestError` if the workbook holds more than is read, by the list of its own zip."""
    with zipfile.ZipFile(path) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    require_bounded_table(path.name, rows=0, columns=0, n_bytes=unpacked)


def _cells(sheet: Any, file: str) -> list[list[object]]:
    """Return the rows of a sheet, no more than are read."""
    rows: list[list[object]] = []
    for row in sheet.iter_rows(values_only=True):
        rows.append(list(row))
        require_bounded_table(file, rows=len(rows), columns=len(row))
    return rows


_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})


def _is_blank(row: list[object]) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row)


def _text(value: object) -> str:
    """Return a cell as text: a whole number without its ".0", true and false in small letters, a date as ISO 8601 has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
