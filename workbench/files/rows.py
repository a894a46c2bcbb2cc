"""Rows of one file as its reader found them, before what all tables share is done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ManifestError
from workbench.files.problems import Problem


@dataclass(slots=True)
class RawRows:
    """Columns as text by the names of the header; the rest as in :class:`workbench.files.tables.RawTable`.

    ``n_blank`` counts blank rows that are not here any more; ``blank_rows_possible`` says that there may be others.
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nulls: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    n_blank: int = 0
    blank_rows_possible: bool = True


def require_unique(names: Sequence[str], file: str) -> None:
    """Raise :class:`ManifestError` if a column name occurs twice."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        where = "; ".join(
            f"{name!r} is the name of columns {' and '.join(str(i) for i, n in enumerate(names, 1) if n == name)}"
            for name in twice
        )
        raise ManifestError(f"duplicate column names: {where}", place=file, remedy="rename or remove all but one")
