"""Text in tables that people open in a spreadsheet: what a spreadsheet would take for a formula is marked as text."""

from __future__ import annotations

import os

import pandas as pd

FORMULA = r"^[=+\-@\t\r]"
"""Beginnings that spreadsheet programs compute or run. Source: OWASP, CSV Injection."""

RAW = "WORKBENCH_RAW_CSV"
"""Environment variable: set to 1, CSV files hold every text as it is."""


def neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose texts, and names of columns, no spreadsheet computes: an apostrophe stands before those that it would.

    >>> neutral(pd.DataFrame({"group": ["=1+1", "plain"], "rate": [-0.5, 0.5]}))["group"].tolist()
    ["'=1+1", 'plain']
    """
    if os.environ.get(RAW) == "1":
        return frame
    texts = {
        name: frame[name].where(~_computed(frame[name].astype("str")), "'" + frame[name].astype("str"))
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name]) and _computed(frame[name].astype("str")).any()
    }
    return frame.assign(**texts).rename(columns=lambda name: f"'{name}" if str(name)[:1] in "=+-@" and name else name)


def _computed(column: pd.Series[str]) -> pd.Series[bool]:
    return column.str.contains(FORMULA, regex=True, na=False)
