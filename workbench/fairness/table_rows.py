"""Columns and rows of a table of transcripts: refused with every problem at once, chosen, dropped and counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.schema import RATES

_SHOWN = 20


def as_text(column: pd.Series[Any]) -> pd.Series[str]:
    """Return every value as text; what is missing stays missing."""
    return column.map(str, na_action="ignore").astype("str")


def refuse_missing_columns(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]], place: str) -> None:
    """Raise for every column that is named and not there, with its role."""
    columns = [str(name) for name in frame.columns]
    missing = [(name, role) for role, names in roles.items() for name in names if name not in columns]
    if missing:
        problem = ", ".join(f"no column {name!r} {role}" for name, role in missing)
        raise ScoringError(problem, place=place, remedy=choices(missing[0][0], columns))


def refuse_reserved(attributes: Sequence[str], place: str) -> None:
    """Raise for a grouping column whose name the result needs."""
    taken = [name for name in attributes if name in (*RATES.column_names, "system")]
    if taken:
        raise ScoringError(
            f"cannot group by {', '.join(map(repr, taken))}: the result has columns of these names",
            place=place,
            remedy="rename them in the table",
        )


def chosen_rows(frame: pd.DataFrame, where: Mapping[str, Sequence[str]], place: str) -> pd.Series[bool]:
    """Return which rows have one of the listed values in each of these columns."""
    mask = pd.Series(True, index=frame.index)
    for name, values in where.items():
        column = as_text(frame[name]).fillna("")
        there = set(column.unique())
        absent = [value for value in values if value not in there]
        if absent:
            raise ScoringError(
                f"no row with {', '.join(map(repr, absent))} in column {name!r}",
                place=place,
                remedy=choices(absent[0], there),
            )
        mask &= column.isin(list(values))
    return mask


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a regular expression, or raise with what is wrong with it."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ScoringError(
            f"{pattern!r} is not a regular expression: {error}",
            remedy="write a backslash before ( [ * + ? . to mean it",
        ) from None


def without_rows(frame: pd.DataFrame, reference: str, patterns: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows in whose reference no pattern is found, and how many rows each pattern took."""
    dropped: dict[str, int] = {}
    for pattern in dict.fromkeys(patterns):
        expression = compiled(pattern)
        hit = as_text(frame[reference]).map(
            lambda text, sought=expression: bool(sought.search(text)), na_action="ignore"
        )
        taken = hit.fillna(False).astype(bool)
        dropped[pattern] = int(taken.sum())
        frame = frame[~taken]
    return frame, dropped


def refuse_blank(frame: pd.DataFrame, name: str, place: str, *, blank_counts: bool) -> None:
    """Raise for rows that have nothing in a column, naming the first."""
    column = frame[name]
    blank = column.isna()
    if blank_counts:
        blank |= as_text(column).fillna("").str.strip() == ""
    rows = [str(row + 1) for row in frame.index[blank]]
    if rows:
        shown = ", ".join(rows[:_SHOWN]) + (", ..." if len(rows) > _SHOWN else "")
        raise ScoringError(
            f"{len(rows)} rows have nothing in column {name!r} (rows {shown}; the first after the header is 1)",
            place=place,
            remedy="fill it in or remove those rows"
            + ("; or name no speaker column: then there are no intervals" if blank_counts else ""),
        )
