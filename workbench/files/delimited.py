"""Rows of CSV and TSV: the separator is that of the header, quotes are those of RFC 4180, a field may be of any length.

Source: RFC 4180; ``sep=`` in the first line and the separators are what Excel writes by the language of the computer.
"""

from __future__ import annotations

import csv
import itertools
import re
import sys
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ManifestError
from workbench.files.arrow_rows import read_regular
from workbench.files.encodings import Written, remedy
from workbench.files.problems import Problem, shown
from workbench.files.rows import RawRows

_CHUNK = 50_000
_LOOKED_AT = 20
_NAMED = re.compile(r"sep=(.)\r?\n?$")
_SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a transcript of four hours is longer than Python's limit of 131,072


def read_delimited(text: Written, file: str, *, usual: str, quoting: str, option: str) -> RawRows:
    """Return the rows below the header of ``text``, which are separated by ``usual`` or by what the header is separated by.

    Parameters as of :func:`workbench.files.tables.read_table`.

    Raises
    ------
    ManifestError : the header cannot be read
    """
    head = list(itertools.islice((line for line in text.lines() if line.strip()), _LOOKED_AT + 1))
    named = _NAMED.match(head[0])
    delimiter = named.group(1) if named else _separator(head, usual)
    notes = [] if delimiter == usual else [f"{file}: read as separated by {_SIGNS.get(delimiter, repr(delimiter))}"]
    if quoting == "auto":
        quoting = "none" if delimiter == "\t" and _one_line_a_row(text, delimiter) else "minimal"
        unquote = quoting == "none"
    else:
        unquote = False
    records = _records(text, delimiter, quoting, skip=bool(named))
    line, last, header = next(records, (1, 1, "the first line is all there is"))
    if wrong := text.wrong(line, last):
        header = wrong
    if isinstance(header, str):
        raise ManifestError(f"the header cannot be read: {header}", place=f"{file} line {line}", remedy="correct it")
    names = [_unquoted(name).strip() if unquote else name.strip() for name in header]
    if text.encoding == "utf-8" and not text.bad and not named:
        quick = read_regular(text.data, names, delimiter)
        if quick is not None:
            return RawRows(quick, np.arange(2, len(quick) + 2, dtype=np.int64), notes=notes)
    problems: list[Problem] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    done: list[pd.DataFrame] = []
    n_blank = 0
    for first, last, row in records:
        if wrong := text.wrong(first, last):
            how = remedy(text.encoding, option, wrong)
            problems.append(Problem(first, "", "", wrong, how, file))
        elif isinstance(row, str):
            problems.append(_broken_quotes(first, last, row, file))
        elif not any(field.strip() for field in row):
            n_blank += 1
        elif len(row) != len(names) and not (len(row) > len(names) and not any(row[len(names) :])):
            problems.append(_wrong_length(row, names, delimiter, first, file))
        else:
            rows.append([_unquoted(field) for field in row[: len(names)]] if unquote else row[: len(names)])
            lines.append(first)
            if len(rows) == _CHUNK:  # so that a million rows are never a million lists
                done.append(_frame(rows, names))
                rows = []
    if rows or not done:
        done.append(_frame(rows, names))
    frame = pd.concat(done, ignore_index=True)
    return RawRows(frame, np.array(lines, dtype=np.int64), problems, notes, n_blank=n_blank)


def _frame(rows: list[list[str]], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=range(len(names)), dtype="str").set_axis(names, axis=1)


def _separator(head: list[str], usual: str) -> str:
    """Return the separator under which the first rows have as many fields as the header; ``usual`` wherever that is one."""
    signs = dict.fromkeys((usual, ";", "\t", ",", "|"))
    # the last of several lines may be the first of a quoted field that goes on
    counts = {
        sign: [len(row) for row in csv.reader(head, delimiter=sign) if row][: max(1, len(head) - 1)] for sign in signs
    }
    for sign, lengths in counts.items():
        if lengths and lengths[0] > 1 and len(set(lengths)) == 1 and lengths[0] >= counts[usual][0]:
            return sign
    most = max(counts, key=lambda sign: counts[sign][0])
    return usual if counts[usual][0] > 1 else most


def _one_line_a_row(text: Written, delimiter: str) -> bool:
    """Return whether every line has as many fields as the first, with quotes as characters like any other."""
    counts = {line.count(delimiter) for line in text.lines() if line.strip()}
    return len(counts) == 1


def _unquoted(field: str) -> str:
    """Return what a whole field in double quotes says; any other field as it is."""
    inner = field[1:-1]
    quoted = len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted else field


def _records(text: Written, delimiter: str, quoting: str, *, skip: bool) -> Iterator[tuple[int, int, list[str] | str]]:
    """Yield (first line, last line, fields), or a message in place of fields where a record cannot be read."""
    style: Literal[0, 3] = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    lines = text.lines()
    before = 1 if skip else 0
    if skip:
        next(lines)
    reader = csv.reader(lines, delimiter=delimiter, quoting=style, strict=True)
    while True:
        first = reader.line_num + 1 + before
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first, reader.line_num + before, str(error)
        else:
            if row:
                yield first, reader.line_num + before, row


def _wrong_length(row: list[str], names: list[str], delimiter: str, line: int, file: str) -> Problem:
    given = delimiter.join(row)
    what = f"{len(row)} {'field' if len(row) == 1 else 'fields'} where the header has {len(names)}: {shown(given)}"
    signs = _SIGNS.get(delimiter, repr(delimiter))
    how = f"put values that hold {signs} in double quotes, and give every row {len(names)} fields"
    return Problem(line, "", given, what, how, file)


def _broken_quotes(first: int, last: int, error: str, file: str) -> Problem:
    reach = f" (read as one row to line {last})" if last > first else ""
    if "unexpected end" in error:
        what = f"a double quote that is never closed{reach}"
    else:
        what = f"a double quote closes before the end of its field{reach}"
    how = 'double the quotes inside a quoted field; of a manifest, or state quoting = "none" in its .toml'
    return Problem(first, "", "", what, how, file)
