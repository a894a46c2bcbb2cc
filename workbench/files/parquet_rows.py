"""Rows of Parquet: typed columns to text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ManifestError
from workbench.extras import load_package
from workbench.files.limits import require_bounded_table
from workbench.files.problems import Problem
from workbench.files.rows import RawRows, require_unique


def read_parquet(path: Path, texts: Collection[str] | None) -> RawRows:
    """Return the columns as text, and a problem for each column that is no text or number.

    Raises
    ------
    ManifestError : not a Parquet file, or one with two columns of one name
    """
    pa, pc, pq = map(load_package, ("pyarrow", "pyarrow.compute", "pyarrow.parquet"))

    try:
        head = pq.ParquetFile(path)
        require_bounded_table(path.name, rows=head.metadata.num_rows, columns=head.metadata.num_columns)
        # A text that occurs a million times stands in the file once: it is counted before it is written out a million times.
        texts_of = [field.name for field in head.schema_arrow if _is_text(pa, field.type)]
        table = pq.ParquetFile(path, read_dictionary=texts_of).read()
        size = sum(_text_bytes(pc, column) for column in table.columns if pa.types.is_dictionary(column.type))
        require_bounded_table(path.name, rows=table.num_rows, columns=table.num_columns, n_bytes=size)
    except (pa.ArrowException, OSError) as error:
        text = str(error).splitlines()[0][:200]
        raise ManifestError(
            f"cannot be read as Parquet ({text})", place=path.name, remedy="write the file again"
        ) from None
    names = [str(name).strip() for name in table.column_names]
    require_unique(names, path.name)
    columns: dict[str, pd.Series[str]] = {}
    nulls: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
    problems: list[Problem] = []
    for name, column in zip(names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_floating(column.type):  # NaN is how some writers say "missing"
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, type=column.type), column)
        try:
            if pa.types.is_nested(column.type):
                raise pa.ArrowNotImplementedError
            nulls[name] = np.asarray(column.is_null().to_numpy(), dtype=np.bool_)
            values = pc.fill_null(column.cast(pa.large_string()), "")
        except pa.ArrowException:
            what = f"column {name!r} holds {column.type}, not texts or numbers"
            how = "write it as text or leave it out"
            if pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0:
                how = "a data set with its audio inside is read with: prepare hf-disk FOLDER --option extract=audio"
            if texts is None or name in texts:
                problems.append(Problem(0, name, str(column.type), what, how, path.name))
            continue
        columns[name] = pd.Series(values.to_pandas(), dtype="str")
    frame = pd.DataFrame(columns, index=range(table.num_rows))
    lines = np.arange(1, len(frame) + 1, dtype=np.int64)
    return RawRows(frame, lines, problems, nulls=nulls, blank_rows_possible=False)


def _is_text(pa: Any, kind: Any) -> bool:
    return any(
        check(kind)
        for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def _text_bytes(pc: Any, column: Any) -> int:
    """Return how many bytes the texts of a column have, each as often as it occurs."""
    total = 0
    for chunk in column.chunks:
        if _is_measured(chunk.dictionary):
            lengths = pc.binary_length(chunk.dictionary).cast("int64")
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def _is_measured(values: Any) -> bool:
    return str(values.type) in ("string", "large_string", "binary", "large_binary")
