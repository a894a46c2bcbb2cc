"""How much a table may hold: what a few kilobytes of Parquet, Excel or JSON can claim to hold is bounded before it is made."""

from __future__ import annotations

from workbench.errors import ManifestError

MOST_ROWS = 3_000_000
"""Rows of a table. Common Voice 21 in English, the largest corpus that people transcribe as one, has 1.9 million clips."""
MOST_CELLS = 100_000_000
"""Rows times columns."""
MOST_TEXT = 2 << 30
"""Bytes of all texts of a table; a file of so many bytes is not read either."""

REMEDY = "split it into several tables"


def require_bounded_table(file: str, *, rows: int, columns: int, n_bytes: int = 0) -> None:
    """Return if a table of this size is read.

    Raises
    ------
    ManifestError : more than :data:`MOST_ROWS`, :data:`MOST_CELLS` or :data:`MOST_TEXT`
    """
    if rows > MOST_ROWS:
        raise ManifestError(f"{rows} rows, more than {MOST_ROWS} are not read", place=file, remedy=REMEDY)
    if rows * columns > MOST_CELLS:
        what = f"{rows} rows of {columns} columns, more than {MOST_CELLS} cells are not read"
        raise ManifestError(what, place=file, remedy=REMEDY)
    if n_bytes > MOST_TEXT:
        what = f"{n_bytes / 2**30:.1f} GiB of text, more than {MOST_TEXT / 2**30:.3g} are not read"
        raise ManifestError(what, place=file, remedy=REMEDY)
