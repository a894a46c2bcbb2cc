"""The table behind a figure as people read it: words for columns, units, and the digits that the intervals bear.

Numbers stay numbers, so that a table can be sorted; what is downloaded is the table itself, with every digit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import condition_label, decimals
from workbench.schema import PERCENT, POINTS, Column, column_named

UNIT_MARKS = {PERCENT: " (%)", POINTS: " (points)"}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with rates in percent and differences in points, rounded as their intervals allow."""
    columns = {str(name): column_named(str(name)) for name in table.columns}
    owned = _owned_intervals(columns)
    taken = {end for ends in owned.values() for end in ends}
    shown: dict[str, object] = {}
    rows = table.to_dict("records")
    for name, column in columns.items():
        if name in taken:
            continue
        low, high = owned.get(name, ("", ""))
        places = [_places(column, row, low, high) for row in rows]
        heading = column.words + UNIT_MARKS.get(column.unit, "")
        shown[heading] = _column(table[name], column, places)
        if low:
            shown[f"{heading}: 95 % from"] = _column(table[low], column, places)
            shown[f"{heading}: 95 % to"] = _column(table[high], column, places)
    return pd.DataFrame(shown, index=table.index)


def _owned_intervals(columns: Mapping[str, Column]) -> dict[str, tuple[str, str]]:
    """Return the interval of each column that has one: of two that name the same ends, a difference has them."""
    owned: dict[str, tuple[str, str]] = {}
    for name, column in sorted(columns.items(), key=lambda item: item[1].unit != POINTS):
        if column.interval and set(column.interval) <= set(columns) and column.interval not in owned.values():
            owned[name] = column.interval
    return owned


def _places(column: Column, row: Mapping[object, object], low: str, high: str) -> int:
    """Return how many decimals a value and its interval are shown with."""
    if column.unit in UNIT_MARKS:
        return decimals(number_or_none(row.get(low)), number_or_none(row.get(high)))
    return 3 if column.unit == "p" else 2


def _column(values: pd.Series, column: Column, places: list[int]) -> pd.Series:
    if column.name.startswith("condition_"):
        return values.map(lambda value: condition_label(str(value)))
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    numbers = [number_or_none(value) for value in values]
    rounded = [
        None if number is None else round(column.scale * number, digits)
        for number, digits in zip(numbers, places, strict=True)
    ]
    return pd.Series(rounded, index=values.index, dtype="Float64")
