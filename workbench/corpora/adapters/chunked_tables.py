"""Large tab-separated tables in chunks: quotes are characters, every line is a row, memory is bounded.

A chunk of well-formed UTF-8 is read by Arrow. One that has a line which is no text, is blank or has another number of
fields is read line by line instead, so that what is wrong is named with its line; both give the same rows.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.corpora.adapters.source_tables import require_columns, text_of, wrong_length
from workbench.errors import ManifestError
from workbench.files import require_file
from workbench.files.problems import Problem
from workbench.files.rows import require_unique

CHUNK_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some rows of a table: ``frame`` (n) as texts, ``lines`` (n), what could not be read, and how far reading is, 0 to 1."""

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    problems: tuple[Problem, ...]
    share: float


def chunks(
    path: Path,
    folder: Path,
    *,
    need: Sequence[str],
    take: Sequence[str],
    encoding: str = "",
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Chunk]:
    """Yield a tab-separated table with a header in chunks of whole lines, with the columns of ``take`` that it has.

    Raises
    ------
    ManifestError : there is no such file, it is empty, or a column of ``need`` is missing
    """
    require_file(path, called="table", fails=ManifestError)
    file = path.relative_to(folder).as_posix()
    size = path.stat().st_size
    with open(path, "rb") as opened:
        raw: IO[bytes] = opened
        head = opened.read(4)
        opened.seek(0)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # rare and half as dense: read whole
            raw = io.BytesIO(text_of(opened.read(), file, encoding=encoding)[0].encode())
            size, encoding = raw.getbuffer().nbytes, ""
        names = _header(raw.readline(), file, encoding, need)
        kept = [name for name in names if name in take]
        line = 2
        while data := raw.read(chunk_bytes):
            data += raw.readline()
            share = min(1.0, raw.tell() / size) if size else 1.0
            yield _chunk(data, names, kept, file, encoding, line, share)
            line += data.count(b"\n")


def _header(data: bytes, file: str, encoding: str, need: Sequence[str]) -> list[str]:
    text, problems = text_of(data, file, encoding=encoding)
    if problems:
        raise ManifestError(problems[0].what, place=f"{file} line 1", remedy=problems[0].remedy)
    if not text.strip():
        raise ManifestError("the file is empty", place=file, remedy="copy it from the corpus again")
    names = [name.strip() for name in text.removeprefix("\ufeff").rstrip("\r\n").split("\t")]
    require_columns(names, need, file, "\t")
    require_unique(names, file)
    return names


def _chunk(data: bytes, names: list[str], kept: list[str], file: str, encoding: str, line: int, share: float) -> Chunk:
    table = _quick(data, names, kept) if not encoding else None
    if table is None:
        return _slow(data, names, kept, file, encoding, line, share)
    return Chunk(table, np.arange(line, line + len(table), dtype=np.int64), (), share)


def _quick(data: bytes, names: list[str], kept: list[str]) -> pd.DataFrame | None:
    """Return the columns as Arrow reads them, or None where the chunk is not as regular as it takes."""
    import pyarrow as pa
    from pyarrow import csv

    odd = b"\0" in data or b"\n\n" in data or data.startswith(b"\n") or b"\r" in data
    if odd:
        return None
    failed: list[Any] = []

    def skip(row: Any) -> str:
        failed.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(column_names=names, block_size=max(len(data), 1)),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, invalid_row_handler=skip),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(kept, pa.large_string()), strings_can_be_null=False, include_columns=kept
            ),
        )
    except pa.ArrowInvalid:  # not UTF-8
        return None
    frame: pd.DataFrame = table.to_pandas()
    return None if failed else frame.astype("str")


def _slow(data: bytes, names: list[str], kept: list[str], file: str, encoding: str, line: int, share: float) -> Chunk:
    text, problems = text_of(data, file, encoding=encoding, first_line=line)
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, written in enumerate(text.split("\n"), start=line):
        if not written.strip("\r"):
            continue
        fields = written.removesuffix("\r").split("\t")
        if len(fields) == len(names):
            rows.append(fields)
            lines.append(number)
        else:
            problem = wrong_length(fields, names, "\t")
            problems.append(Problem(number, "", written, problem, "correct the row, or leave it out", file))
    frame = pd.DataFrame(rows, columns=names, dtype="str")[kept]
    return Chunk(frame, np.array(lines, dtype=np.int64), tuple(problems), share)
