"""The board as a table on the page: a group a row, a condition a column, in each cell a rate or a gap with its interval.

Colour is the rate, or in gaps the verdict. What is not firm is pale: a rate over few speakers or words, a tentative gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import pandas as pd

from workbench.figures.board import KEY as MARKS
from workbench.figures.board import MARK_OF
from workbench.figures.forest import group_rows
from workbench.figures.palette import BETTER, FADED, WITHIN, WORSE, ink_on, rate_colour
from workbench.figures.plot_rows import (
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    select_gaps,
    select_rates,
    single_rates,
    verdict_doubt,
)
from workbench.figures.wording import (
    NO_INTERVAL,
    condition_labels,
    decimals,
    number,
    percent,
    points,
    points_interval,
    speakers,
)

Shown = Literal["rates", "gaps"]
TOO_FEW = "too few"
"""In the place of an interval that so few speakers cannot give."""
SOLID, PALE, HATCHED, BARE = "solid", "pale", "hatched", "bare"
"""How a cell is filled: with its colour, faintly, with stripes over it, not at all."""
SIGNS = {("GAP", True, True): "▲", ("GAP", True, False): "▼", ("GAP", False, True): "△", ("GAP", False, False): "▽"}
"""By verdict, whether it is firm, and whether the group is worse off."""
COLOURS = {"▲": WORSE, "△": WORSE, "▼": BETTER, "▽": BETTER}
SIGN_KEY = {
    "▲": "firm gap: more errors than {}",
    "▼": "firm gap: fewer errors than {}",
    "△": "tentative: more errors",
    "▽": "tentative: fewer errors",
    "≈": "within the margin, with 95 % confidence",
}


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell: what it opens, its number and the interval below, its sign, how it is filled, and what hovering says."""

    group: str
    condition_id: str
    value: str
    below: str
    sign: str
    colour: str
    ink: str
    fill: str
    hover: str


@dataclass(frozen=True, slots=True)
class BoardTable:
    """The rows (name, speakers), the columns and the cells, row by row; ``key``: glyph, colour, fill and meaning of what occurs."""

    caption: str
    corner: str
    rows: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[TableCell, ...], ...]
    key: tuple[tuple[str, str, str, str], ...]


def board_table(
    rates: pd.DataFrame,
    gaps: pd.DataFrame,
    attribute: str,
    *,
    model_id: str,
    shown: Shown = "rates",
    others: str = "the rest",
) -> BoardTable:
    """Return the board of one model.

    Parameters
    ----------
    rates : RATES with the column ``attribute``, or METRICS as rates
    gaps : GAPS of the same conditions; may be empty, where there is nobody to compare with
    shown : what stands in the cells
    others : what the groups are compared with, in words

    Raises
    ------
    ScoringError : no such attribute or model, or several rows for one cell
    """
    rows = select_rates(rates, attribute, model_id)
    compared = select_gaps(gaps, attribute, model_id) if len(gaps) else gaps
    conditions, groups = condition_order(rows), group_order(rows, "rate")
    labels = condition_labels(conditions)
    rated: dict[tuple[str, str], Any] = {(str(row.group), str(row.condition_id)): row for row in rows.itertuples()}
    gapped: dict[tuple[str, str], Any] = {(str(row.group), str(row.condition_id)): row for row in compared.itertuples()}
    highest = max((number_or_none(row.rate) or 0.0 for row in rated.values()), default=0.0)
    top = min(1.0, max(0.2, ceil(highest * 10) / 10))
    cells = []
    for group in groups:
        line = []
        for condition in conditions:
            at = (group, condition)
            where = f"{group}, {labels[condition]}"
            make = _rate_cell if shown == "rates" else _gap_cell
            line.append(make(at, where, rated.get(at), gapped.get(at), top))
        cells.append(tuple(line))
    spoken = {row.label: row.below for row in group_rows(rows, groups)}
    return BoardTable(
        caption=f"{'Rate' if shown == 'rates' else 'Gap'} by {attribute} and condition",
        corner=attribute,
        rows=tuple((group, spoken[group]) for group in groups),
        columns=tuple(labels[condition] for condition in conditions),
        cells=tuple(cells),
        key=tuple(_key(cells, rated, others, shown)),
    )


def _sign(row: Any) -> str:
    """Return the sign of a gap; empty where none is shown."""
    difference = None if row is None else number_or_none(row.difference)
    if row is None or difference is None:
        return ""
    if row.verdict == "EQUIVALENT":
        return "" if verdict_doubt(row) else "≈"
    return SIGNS.get((str(row.verdict), not verdict_doubt(row), difference > 0), "")


def _told(row: Any) -> str:
    """Return a gap in words."""
    difference = None if row is None else number_or_none(row.difference)
    if row is None or difference is None:
        return ""
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    why = verdict_doubt(row)
    return f"gap {points(difference, low, high)}, {interval_words(low, high, points_interval)}, {row.verdict}{f', tentative: {why}' if why else ''}"


def _rate_cell(at: tuple[str, str], where: str, row: Any, gap: Any, top: float) -> TableCell:
    rate = None if row is None else number_or_none(row.rate)
    if row is None or rate is None:
        return _empty(at, where, "" if row is None else str(row.reason))
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    evidence = str(row.evidence)
    colour = FADED if evidence == "saturated" else rate_colour(rate / top)
    fill = {"ok": SOLID, "saturated": HATCHED}.get(evidence, PALE)
    who = "speakers unknown" if evidence == "no speakers" else speakers(int(row.n_speakers))
    single = listed([percent(value) for value in single_rates(row)]) if row.n_speakers > 1 else ""
    interval = f"{NO_INTERVAL}: {TOO_FEW}, they have {single}" if single else interval_words(low, high)
    parts = [f"{where}: {percent(rate, low, high)}, {interval}, {who}", _told(gap)]
    below = (TOO_FEW if single else NO_INTERVAL) if low is None or high is None else _between(low, high)
    ink = "" if fill == PALE else ink_on(colour)
    return TableCell(
        *at, percent(rate, low, high), below, _sign(gap), colour, ink, fill, ". ".join(filter(None, parts))
    )


def _gap_cell(at: tuple[str, str], where: str, rate: Any, row: Any, top: float) -> TableCell:
    difference = None if row is None else number_or_none(row.difference)
    if row is None or difference is None:
        return _empty(at, where, "the comparison group" if row is None else str(row.reason))
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    sign = _sign(row)
    colour = WITHIN if sign == "≈" else COLOURS.get(sign, "")
    fill = BARE if not colour else PALE if sign in ("△", "▽") else SOLID
    below = NO_INTERVAL if low is None or high is None else _between(low, high, sign=True)
    hover = f"{where}: {_told(row)}, {speakers(int(row.n_speakers))}"
    value = number(difference, decimals(low, high), sign=True)
    return TableCell(*at, value, below, sign, colour, ink_on(colour) if fill == SOLID else "", fill, hover)


def _between(low: float, high: float, *, sign: bool = False) -> str:
    places = 1 if sign and any(0 < abs(end) < 0.005 for end in (low, high)) else decimals(low, high)
    return f"{number(low, places, sign=sign)} to {number(high, places, sign=sign)}"


def _empty(at: tuple[str, str], where: str, why: str) -> TableCell:
    return TableCell(*at, "–", "", "", "", "", BARE, f"{where}: no data{f' ({why})' if why else ''}")


def _key(
    cells: Sequence[Sequence[TableCell]], rated: Mapping[tuple[str, str], Any], others: str, shown: Shown
) -> list[tuple[str, str, str, str]]:
    """Return what each sign and each fill means, of those that occur."""
    flat = [cell for line in cells for cell in line]
    signs = {cell.sign for cell in flat}
    key = [
        (sign, "" if shown == "rates" else COLOURS.get(sign, WITHIN), "", SIGN_KEY[sign].format(others))
        for sign in SIGN_KEY
        if sign in signs
    ]
    if shown == "gaps":
        return [*key, ("", "", BARE, "no gap shown: it may be chance")]
    fills = {MARK_OF[str(rated[(cell.group, cell.condition_id)].evidence)]: cell.fill for cell in flat if cell.colour}
    return [*key, *[("", "", fill, MARKS[mark]) for mark, fill in fills.items() if mark in MARKS]]
