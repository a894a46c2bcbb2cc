"""SPREAD as a table that people read: every number with its unit, beside what equal groups show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import MISSING, NBSP

IN_PERCENT = ("rate", "share")
COLUMNS = ("Statistic", "Group", "Value", "95 % interval", "Equal groups show", "in 95 of 100 less than", "p")


def spread_table(spread: pd.DataFrame, *, model_id: str, condition_id: str) -> pd.DataFrame:
    """Return the statistics of one model and condition as text, one row each.

    Raises
    ------
    ScoringError : no such model or condition
    """
    rows = spread
    for name, wanted in (("model_id", model_id), ("condition_id", condition_id)):
        labels = [str(item) for item in rows[name].unique()]
        if wanted not in labels:
            raise ScoringError(f"there is no spread of {wanted!r}", place="table", remedy=choices(wanted, labels))
        rows = rows[rows[name] == wanted]
    return pd.DataFrame([_row(row) for row in rows.itertuples()], columns=list(COLUMNS))


def _row(row: Any) -> tuple[str, ...]:
    low, high = (_value(item, row.unit) for item in (row.ci_low, row.ci_high))
    p = number_or_none(row.p_value)
    return (
        str(row.statistic),
        str(row.group),
        _value(row.value, row.unit),
        MISSING if MISSING in (low, high) else f"{low} to {high}",
        _value(row.null_expected, row.unit),
        _value(row.null_95, row.unit),
        MISSING if p is None else f"{p:.4f}" if p < 0.01 else f"{p:.2f}",
    )


def _value(value: object, unit: str) -> str:
    number = number_or_none(value)
    if number is None:
        return MISSING
    return (
        f"{number * 100:.1f}{NBSP}%" if unit in IN_PERCENT else f"{number:.2f}" if unit == "ratio" else f"{number:.3f}"
    )
