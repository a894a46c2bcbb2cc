"""The heat map of error rates: groups down, conditions across, side by side, with the speakers in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import pandas as pd

from workbench.figures.board import EMPTY, FEW, KEY, MARK_OF, ORDER_NOTE, Board, Cell
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import (
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    select_rates,
)
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, condition_labels, model_label, percent, speakers


def rate_heatmap(rates: pd.DataFrame, attribute: str, *, model_id: str, measure: str = "", caveat: str = "") -> Picture:
    """Return the heat map of error rates of one model: groups of ``attribute`` x conditions.

    Parameters
    ----------
    rates : RATES with the column ``attribute``, one row per model x condition x group
    measure : what the rates are; those of another figure come from ``measured_as``
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, or several rows for one cell
    """
    measure = measure or rate_in_words(rates)
    rows = select_rates(rates, attribute, model_id)
    board = _board(rows, attribute, model_id, measure, caveat)
    return picture_of(board, rows)


def _board(rows: pd.DataFrame, attribute: str, model_id: str, measure: str, caveat: str) -> Board:
    conditions = condition_order(rows)
    groups = group_order(rows, "rate")
    labels = condition_labels(conditions)
    result = {(row.group, row.condition_id): row for row in rows.itertuples()}
    cells = tuple(
        _cell(result.get((group, condition)), column, row, group, labels[condition])
        for row, group in enumerate(groups)
        for column, condition in enumerate(conditions)
    )
    most = max((cell.rate for cell in cells if cell.rate is not None), default=0.0)
    top = min(1.0, max(0.2, ceil(most * 10) / 10))
    note = ORDER_NOTE.format(first=labels[conditions[0]])
    title = f"{measure} by {attribute} and condition"
    return Board(
        title=title,
        subtitle=model_label(model_id),
        alt=_alt(title, model_id, cells, groups, [labels[item] for item in conditions], note, caveat),
        groups=tuple(groups),
        conditions=tuple(labels[item] for item in conditions),
        condition_ids=tuple(conditions),
        cells=cells,
        top=top,
        clipped=most > top,
        note=note,
        caveat=caveat,
        measure=measure,
    )


def _cell(row: Any, column: int, at: int, group: str, condition: str) -> Cell:
    where = f"{group}, {condition}"
    rate = None if row is None else number_or_none(row.rate)
    if rate is None:
        why = "" if row is None else str(row.reason)
        return Cell(column, at, None, "no data", "", "", EMPTY, f"{where}: no data" + (f" ({why})" if why else ""))
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    evidence, n = str(row.evidence), int(row.n_speakers)
    who, short = ("speakers unknown", "n=?") if evidence == "no speakers" else (speakers(n), f"n={n}")
    value = percent(rate, low, high)
    hover = f"{where}: {value} ({who}, {interval_words(low, high)})"
    return Cell(column, at, rate, value, who, short, MARK_OF[evidence], hover)


def _alt(
    title: str,
    model_id: str,
    cells: Sequence[Cell],
    groups: Sequence[str],
    conditions: Sequence[str],
    note: str,
    caveat: str,
) -> str:
    """Return the heat map in sentences: one per condition, every cell in it."""
    sentences = [
        f"Heat map. {title}, {model_label(model_id)}. {len(groups)} groups in rows, {len(conditions)} conditions in columns."
    ]
    for column, condition in enumerate(conditions):
        parts = [
            cell.hover.replace(f"{groups[cell.row]}, {condition}: ", f"{groups[cell.row]} ", 1)
            for cell in cells
            if cell.column == column
        ]
        sentences.append(f"In {condition}: {listed(parts)}.")
    few = sorted({groups[cell.row] for cell in cells if cell.mark == FEW})
    if few:
        sentences.append(f"Marked as {KEY[FEW]}: {listed(few)}.")
    return clean_text(" ".join([*sentences, note, caveat]))
