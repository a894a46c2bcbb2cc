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

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import schema, text
from workbench.fairness.inference import stopping
from workbench.store import RunRecord, home

KEPT = 12
"""Files; the one that was used the longest ago goes first."""
ROWS_TOGETHER = 4_000
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


def read(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    where: Mapping[str, str] | None = None,
    lines: Sequence[int] | None = None,
    categories: Sequence[str] = (),
) -> pd.DataFrame | None:
    """Return the rows that are kept, or None if there are none that can be read.

    Parameters
    ----------
    columns : default: all
    lines : those that stand on these lines (:data:`LINE`), in this order; default: all
    where : those whose columns have these values; parts of the file that hold none are not read
    categories : columns of few values, read as categories
    """
    import pyarrow.parquet as pq

    filters = [(name, "==", value) for name, value in (where or {}).items()]
    selected = None if columns is None else list(columns)
    try:
        if lines is not None:
            return _on_lines(path, selected, lines)
        few = [name for name in categories if selected is None or name in selected]
        if few:
            frame: pd.DataFrame = pq.read_table(
                path, columns=selected, filters=filters or None, read_dictionary=few
            ).to_pandas()
        else:
            frame = pd.read_parquet(path, columns=selected, filters=filters or None)
        os.utime(path)
    except (OSError, ValueError):  # none yet, or cut off: they are counted again
        return None
    return frame


def _on_lines(path: Path, columns: Sequence[str] | None, lines: Sequence[int]) -> pd.DataFrame:
    """Return the rows on these lines, in this order: only the parts of the file that hold one of them are read."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    asked = np.asarray(lines, dtype=np.int64)
    ends = np.cumsum([file.metadata.row_group(part).num_rows for part in range(file.num_row_groups)])
    part_of = np.searchsorted(ends, asked, side="right")
    parts = np.unique(part_of)
    table = file.read_row_groups(parts.tolist(), columns=None if columns is None else list(columns))
    sizes = np.diff(ends, prepend=0)
    before = dict(zip(parts.tolist(), (np.cumsum(sizes[parts]) - sizes[parts]).tolist(), strict=True))
    places = [before[part] + line - (ends[part] - sizes[part]) for part, line in zip(part_of, asked, strict=True)]
    frame: pd.DataFrame = table.take(np.asarray(places, dtype=np.int64)).to_pandas()
    return frame


def containing(path: Path, text: str, columns: Sequence[str], where: Mapping[str, str]) -> NDArray[np.bool_] | None:
    """Return whether each row with these values has a text in one of these columns, whatever its case; None without a file.

    Each text is looked at once, however often it stands in a part of the file.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    filters = [(name, "==", value) for name, value in where.items()]
    try:
        table = pq.read_table(path, columns=list(columns), filters=filters or None, read_dictionary=list(columns))
    except (OSError, ValueError):
        return None
    has = np.zeros(len(table), dtype=bool)
    for name in columns:
        parts = []
        for chunk in table[name].chunks:
            coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
            matches = pc.match_substring(coded.dictionary, text, ignore_case=True)
            parts.append(pc.fill_null(pc.take(matches, coded.indices), False))
        has |= pa.chunked_array(parts, type=pa.bool_()).to_numpy().astype(bool)
    return has


def names(path: Path) -> list[str] | None:
    """Return the names of the columns that are kept, or None if there is nothing that can be read."""
    import pyarrow.parquet as pq

    try:
        result: list[str] = pq.read_schema(path).names
    except (OSError, ValueError):
        return None
    return result


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
    result = hashlib.sha256(" ".join(version(name) for name in COUNTED_BY).encode())
    folders = [Path(__file__).parent, *(Path(package.__path__[0]) for package in (text, schema))]
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.suffix in (".py", ".toml")]
    for file in (Path(stopping.__file__), *files):
        result.update(file.name.encode() + file.read_bytes())
    return result.hexdigest()
