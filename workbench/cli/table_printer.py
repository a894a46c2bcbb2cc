"""One printer for every table: which columns a person sees, their headings and their units come from the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from workbench.cli.console import OUT, percent, records, shown, table
from workbench.schema import BY_ROW, PERCENT, POINTS, Column, Table

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
SIGNED = ("change", "difference", "log_odds", "log_change", "excess")
"""Columns without a unit of points whose sign matters."""
OPTIONAL = ("n_failed", "n_unpaired")
"""Columns that are shown only where something is counted in them."""
EVERYBODY = "everybody"
FEW_SHOWN = 6
"""Speakers whose own rates are printed where they are too few for an interval."""


def print_table(
    frame: pd.DataFrame,
    kind: Table,
    *,
    title: str,
    by: Sequence[str] = (),
    top: int | None = None,
    headings: Mapping[str, str] | None = None,
) -> None:
    """Print a frame of ``kind`` for a person: one printed table per model, condition or pair, reasons below.

    Parameters
    ----------
    title : what it shows; what divides the frame is added
    by : attribute columns of the frame, which the schema does not know
    top : print only the first rows of each part
    headings : by column, in place of those of the schema
    """
    if frame.empty:
        OUT.print(f"{title}: nothing to show.", highlight=False)
        return
    from workbench.display_names import shown as shown_names

    attribute = by[0] if len(by) == 1 else ""
    rows = [_named(row) for row in records(shown_names().named(frame, attribute))]
    apart = [name for name in kind.apart if name in frame.columns and rows[0].get(name) is not None]
    columns = _columns(frame, kind, by, apart, headings or {})
    for parts, group in groupby(rows, key=lambda row: tuple(str(row[name]) for name in apart)):
        some = list(group)[:top]
        cells = [{heading: write(row) for heading, write in columns.items()} for row in some]
        named = _parts(dict(zip(apart, parts, strict=True)))
        table(cells, {heading: heading for heading in columns}, title=", ".join([_with_unit(title, kind), *named]))
        for line in dict.fromkeys(_reason(row) for row in some):
            if line:
                OUT.print(line, markup=False, highlight=False)


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame in JSON's own types; what the tables call a model is a ``system`` there."""
    return records(frame.rename(columns={"model_id": "system"}))


def print_caveat(caveat: str) -> None:
    """Print what every figure of a run has to say, if anything."""
    if caveat:
        OUT.print(caveat, markup=False, highlight=False)


def value_in_words(value: Any, column: Column, row: Row) -> str:
    """Return a value as a person reads it: percent, points with their sign, or the number itself; missing is a dash."""
    unit = str(row.get("unit", "")) if column.unit == BY_ROW else column.unit
    if value is None or isinstance(value, str | bool):
        return shown(value)
    if unit in (PERCENT, "rate", "share"):
        return percent(value)
    if unit == POINTS:
        return f"{100 * value:+.1f}"
    if unit == "x":
        return f"{value:.2f}"
    if column.name in SIGNED:
        return f"{value:+.2f}"
    return f"{value:.3f}" if column.unit == BY_ROW else shown(value)


def interval_in_words(row: Row, column: Column) -> str:
    """Return the 95 % interval of a column of a row; a dash where there is none."""
    low, high = (row.get(end) for end in column.interval or ("", ""))
    if low is None or high is None:
        return "-"
    return f"{value_in_words(low, column, row).lstrip('+')} to {value_in_words(high, column, row).lstrip('+')}"


def _named(row: Row) -> dict[str, Any]:
    """Return a row with its model and condition under their display names, where they have one."""
    from workbench.display_names import shown as shown_names

    names = shown_names()
    called = {"model": names.model, "condition": names.condition}
    return {
        name: (called[name.partition("_")[0]](str(value)) or value)
        if name.startswith(("model_id", "condition_id"))
        else value
        for name, value in row.items()
    }


def _parts(values: Mapping[str, str]) -> list[str]:
    """Return what one part of a table is of, in words: two sides as one arrow, or once if they are the same."""
    words = []
    for name, value in values.items():
        other = values.get(name.replace("_first", "_second"))
        if name.endswith("_second") or not value:
            continue
        if name.endswith("_first"):
            words.append(value if value == other else f"{value} -> {other}")
        elif name == "reference_group":
            words.append("against everybody else" if value == "rest" else f"against {value}")
        else:
            words.append(f"over {value}" if name == "series" else value)
    return words


def _columns(
    frame: pd.DataFrame, kind: Table, by: Sequence[str], apart: Sequence[str], headings: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is printed of each row, by heading."""
    declared = {column.name: column for column in kind.columns}
    names = list(kind.shown or [name for name in declared if name not in {"reason", *_ends(kind)}])
    at = names.index("condition_id") + 1 if "condition_id" in names else 0
    names[at:at] = [name for name in by if name not in names]
    written: dict[str, Any] = {}
    for name in names:
        if name not in frame.columns or name in apart:
            continue
        if name in OPTIONAL and not frame[name].fillna(0).astype(bool).any():
            continue
        column = declared.get(name, Column(name, "str", ""))
        heading = _unique(headings.get(name) or _heading(column), written)
        written[heading] = lambda row, column=column: _cell(row, column)
        if column.interval and set(column.interval) <= set(frame.columns):
            written[_unique("95 % interval", written)] = lambda row, column=column: interval_in_words(row, column)
    return written


def _cell(row: Row, column: Column) -> str:
    value = row.get(column.name)
    if value == "" and "empty for everybody" in column.meaning:
        return EVERYBODY
    if column.name == "verdict" and row.get("tentative"):
        return f"{value} (tentative)"
    return value_in_words(value, column, row)


def _heading(column: Column) -> str:
    words = column.words[:1].lower() + column.words[1:] if column.words[1:2].islower() else column.words
    return f"{words} %" if column.unit == PERCENT else words


def _with_unit(title: str, kind: Table) -> str:
    units = {column.unit for column in kind.columns if column.name in kind.shown}
    return f"{title} (percentage points)" if POINTS in units and "points" not in title else title


def _unique(heading: str, taken: Mapping[str, object]) -> str:
    """Return a heading that no other column has: blanks at its end do not show."""
    while heading in taken:
        heading += " "
    return heading


def _ends(kind: Table) -> set[str]:
    return {end for column in kind.columns for end in column.interval or ()}


def _reason(row: Row) -> str:
    """Return why a figure of the row is missing or weak, with whose it is; empty if nothing is."""
    reason = "; ".join(str(row[name]) for name in ("caveat", "note", "reason") if row.get(name))
    single = [percent(float(value)) for value in str(row.get("speaker_rates") or "").split()]
    if len(single) > 1:
        reason += f" (the speakers: {', '.join(single[:FEW_SHOWN])}{' ...' if len(single) > FEW_SHOWN else ''} %)"
    where = [str(row[name]) for name in ("condition_id", "group", "statistic", "method") if row.get(name)]
    return f"{', '.join(where)}: {reason}" if reason else ""
