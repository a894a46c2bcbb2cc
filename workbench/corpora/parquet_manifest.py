"""Parquet manifests: typed columns to text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workbench.corpora.headers import require_unique
from workbench.corpora.problems import Problem
from workbench.errors import ManifestError


def read_parquet(path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the columns as text, missing values as ``""``, and a problem for each column that is no text or number.

    Raises
    ------
    ManifestError : not a Parquet file, or one with two columns of one name
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0][:200]
        raise ManifestError(
            f"cannot be read as Parquet ({said})", place=path.name, remedy="write the file again"
        ) from None
    names = [str(name).strip() for name in table.column_names]
    require_unique(names, path.name)
    columns: dict[str, pd.Series[str]] = {}
    problems: list[Problem] = []
    for name, column in zip(names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_floating(column.type):  # NaN is how some writers say "missing"
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, type=column.type), column)
        try:
            if pa.types.is_nested(column.type):
                raise pa.ArrowNotImplementedError
            texts = pc.fill_null(column.cast(pa.large_string()), "")
        except pa.ArrowException:
            what = f"column {name!r} holds {column.type}, not texts or numbers"
            problems.append(Problem(0, name, str(column.type), what, "write it as text or leave it out", path.name))
            continue
        columns[name] = pd.Series(texts.to_pandas(), dtype="str")
    return pd.DataFrame(columns, index=range(table.num_rows)), problems
