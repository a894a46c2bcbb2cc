"""Scores that were counted before, kept as Parquet under ``WORKBENCH_HOME``: a large run opens in a second.

Only what can be counted again is kept here. The name of a file says everything that its rows depend on: the store, the
run and how far it was, the rules of the normaliser and the code that counts. A file that does not fit is never read; the
folder can be deleted at any time. Rows of a file lie as they are looked at (``results``), so that a page of one cell is read without
the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import schema, text
from workbench.fairness.inference import stopping
from workbench.store import RunRecord, home

KEPT = 12
"""Files; the one that was used the longest ago goes first."""
ROWS_TOGETHER = 10_000
"""Rows of a file that are read or left out together where only some are asked for."""
LINE = "line "
"""The column that says on which line of its file a row stands; no attribute has a name that ends in a space."""
COUNTED_BY = ("rapidfuzz", "pandas")
"""Libraries whose version the counts may hang on."""
LEAST = 20_000
"""Rows; fewer are counted faster than they are looked up."""


def place(url: str, record: RunRecord, normaliser_id: str) -> Path:
    """Return where the scores of a run under a normaliser are kept, whether they are there or not."""
    parts = [
        url, record.run_id, record.done, record.failed, record.finished_at, sorted(record.corpora), normaliser_id, code_digest(),
    ]  # fmt: skip
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
    return home() / "scores" / f"{name}.parquet"


def read(path: Path, columns: Sequence[str] | None = None, **equal: str) -> pd.DataFrame | None:
    """Return the rows that are kept, those whose columns have these values, or None if there are none that can be read."""
    chosen = None if columns is None else list(columns)
    try:
        frame = pd.read_parquet(
            path, columns=chosen, filters=[(name, "==", value) for name, value in equal.items()] or None
        )
        os.utime(path)
    except (OSError, ValueError):  # none yet, or cut off: they are counted again
        return None
    return frame


def lines(path: Path, columns: Sequence[str], **equal: str) -> pd.DataFrame | None:
    """Return these columns of the rows whose columns have these values, and :data:`LINE`; None if they cannot be read.

    Only the parts of the file are read that may hold such rows.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            parts = [at for at in range(file.num_row_groups) if _may_hold(file.metadata.row_group(at), equal)]
            starts = _starts(file)
            found = file.read_row_groups(parts, columns=list(dict.fromkeys([*columns, *equal]))).to_pandas()
        os.utime(path)
    except (OSError, ValueError):
        return None
    found[LINE] = np.concatenate([np.arange(starts[at], starts[at + 1]) for at in parts] or [np.zeros(0, dtype=int)])
    for name, value in equal.items():
        found = found[found[name] == value]
    chosen: pd.DataFrame = found[[*columns, LINE]]
    return chosen


def _starts(file: Any) -> NDArray[np.int64]:
    """Return the line on which each part of a file begins, and the one behind its last."""
    lengths = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    return np.cumsum([0, *lengths], dtype=np.int64)


def _may_hold(part: Any, equal: Mapping[str, str]) -> bool:
    """Tell whether a part of a file may have rows with these values, by the least and the largest of each column in it."""
    for at in range(part.num_columns):
        column = part.column(at)
        wanted, known = equal.get(column.path_in_schema), column.statistics
        if wanted is not None and known is not None and known.has_min_max and not known.min <= wanted <= known.max:
            return False
    return True


def at_lines(path: Path, wanted: Sequence[int]) -> pd.DataFrame | None:
    """Return the rows on these lines of a file, in this order; None if they cannot be read."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            starts = _starts(file)
            place = np.asarray(wanted, dtype=np.int64)
            part = np.searchsorted(starts, place, side="right") - 1
            parts = np.unique(part)
            before = np.cumsum([0, *np.diff(starts)[parts]])[np.searchsorted(parts, part)]
            rows = file.read_row_groups(parts.tolist()).take(before + place - starts[part])
    except (OSError, ValueError):
        return None
    found: pd.DataFrame = rows.to_pandas()
    return found


def names(path: Path) -> list[str] | None:
    """Return the names of the columns that are kept, or None if there is nothing that can be read."""
    import pyarrow.parquet as pq

    try:
        found: list[str] = pq.read_schema(path).names
    except (OSError, ValueError):
        return None
    return found


def distinct(path: Path, column: str) -> list[str]:
    """Return the different values of one text column that is kept, without reading the others."""
    import pyarrow.parquet as pq

    kept = pq.read_table(path, columns=[column], read_dictionary=[column])
    return [str(value) for value in kept[column].unique().to_pylist()]


def write(path: Path, rows: pd.DataFrame, *, least: int | None = None, kept: int | None = None) -> None:
    """Keep these rows, unless they are few, and let go of the oldest files of the folder; a full disk is no error.

    ``least`` rows and ``kept`` files: :data:`LEAST` and :data:`KEPT` unless given.
    """
    if len(rows) < (LEAST if least is None else least):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            partial = Path(file.name)
        rows.to_parquet(partial, index=False, row_group_size=ROWS_TOGETHER)
        partial.replace(path)
        files = sorted(path.parent.glob("*.parquet"), key=lambda one: one.stat().st_mtime)
        for old in files[: -(KEPT if kept is None else kept)]:
            old.unlink(missing_ok=True)
    except OSError:
        return


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the code that makes scores of texts: of another version, nothing is read."""
    found = hashlib.sha256(" ".join(version(name) for name in COUNTED_BY).encode())
    folders = [Path(__file__).parent, *(Path(package.__path__[0]) for package in (text, schema))]
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.suffix in (".py", ".toml")]
    for file in (Path(stopping.__file__), *files):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
