"""Tables that hold a reference and a hypothesis per row, as ``score`` takes them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError
from workbench.files.tables import read_rows


def read_scored_table(
    source: Path | str, columns: Collection[str], encoding: str = ""
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table in a file and what was assumed of it; ``"null"``, ``"NA"`` and ``""`` stay what they are.

    ``columns`` are those that must hold texts or numbers. What JSON and Parquet mark as absent is missing in the frame.

    Raises
    ------
    ScoringError : no such file, another kind of file, another encoding than ``encoding`` (UTF-8), or rows that do not fit (all
        of them)
    """
    return read_rows(
        Path(source), called="table of transcripts", fails=ScoringError, encoding=encoding,
        option="give --encoding {}", texts=columns,
    )  # fmt: skip
