"""The heat map of word error rates: groups down, conditions across, side by side, with the speakers in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.fairness.inference.verdicts import SATURATED
from workbench.figures.metric_rows import WORD_ERROR_RATE
from workbench.figures.palette import FADED, rate_colour
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import (
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    select_rates,
)
from workbench.figures.wording import clean_text, condition_labels, percent, speakers

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PLAIN, FEW, ALONE, FULL, EMPTY = "plain", "few", "alone", "full", "empty"
MARK_OF = {
    "ok": PLAIN, "descriptive": FEW, "saturated": FULL, "1 speaker": ALONE, "no speakers": ALONE, "insufficient": EMPTY,
}  # fmt: skip
HATCHED = (ALONE, FULL)
KEY = {
    FEW: "fewer than 5 speakers or 500 words: describes these speakers, not the group",
    ALONE: "no interval: one speaker, or speakers unknown",
    FULL: f"saturated: {SATURATED}",
}
ORDER_NOTE = "Groups in order of their rate in {first}, lowest first."


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: column, row, rate (None: no data), its rate in words, its speakers in words and in short, how it is marked, and what hovering says."""

    column: int
    row: int
    rate: float | None
    value: str
    who: str
    n: str
    mark: str
    hover: str
    outlined: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All that a heat map shows, in words, before anybody draws it; a board of another scale overrides the last part."""

    title: str
    subtitle: str
    alt: str
    groups: tuple[str, ...]
    conditions: tuple[str, ...]
    condition_ids: tuple[str, ...]
    cells: tuple[Cell, ...]
    top: float
    clipped: bool
    note: str
    caveat: str
    measure: str = WORD_ERROR_RATE

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that occur, so that the key names no others."""
        used = {cell.mark for cell in self.cells}
        return tuple(mark for mark in (FEW, ALONE, FULL) if mark in used)

    @property
    def explained(self) -> dict[str, str]:
        """What each mark means."""
        return KEY

    @property
    def bar_title(self) -> str:
        """What the colours stand for."""
        return f"{self.measure} (%)"

    @property
    def bottom(self) -> float:
        """The value at the light end of the scale."""
        return 0.0

    def colour(self, share: float) -> str:
        """Return the colour of a share of the scale, 0 to 1."""
        return rate_colour(share)

    def ticks(self) -> list[int]:
        """Return the percentages at which the colour bar is labelled."""
        return ticks(self.top)

    def tick_text(self) -> list[str]:
        """Return the labels; the last one says so where rates above the scale are drawn as its end."""
        at = self.ticks()
        return [f"{tick}+" if self.clipped and tick == at[-1] else str(tick) for tick in at]

    @property
    def short_note(self) -> str:
        """What the short words in the cells stand for."""
        return "n: speakers."

    @property
    def stops(self) -> list[tuple[float, str]]:
        """The scale as (position, colour), from 0 to 1."""
        return [(i / 10, self.colour(i / 10)) for i in range(11)]

    def shade(self, cell: Cell) -> str:
        """Return the colour of a cell with data: grey if it is saturated."""
        return FADED if cell.mark == FULL else rate_colour((cell.rate or 0.0) / self.top)


def rate_heatmap(
    rates: pd.DataFrame, attribute: str, *, model_id: str, measure: str = WORD_ERROR_RATE, caveat: str = ""
) -> Picture:
    """Return the heat map of word error rates of one model: groups of ``attribute`` x conditions.

    Parameters
    ----------
    rates : RATES with the column ``attribute``, one row per model x condition x group
    measure : what the rates are; those of another figure come from ``measured_as``
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, or several rows for one cell
    """
    rows = select_rates(rates, attribute, model_id)
    board = _board(rows, attribute, model_id, measure, caveat)
    return Picture(
        board.title, board.alt, rows, caveat, draw_screen=partial(screen_of, board), draw_svg=partial(svg_of, board)
    )


def _board(rows: pd.DataFrame, attribute: str, model_id: str, measure: str, caveat: str) -> Board:
    conditions = condition_order(rows)
    groups = group_order(rows, "rate")
    labels = condition_labels(conditions)
    found = {(row.group, row.condition_id): row for row in rows.itertuples()}
    cells = tuple(
        _cell(found.get((group, condition)), column, row, group, labels[condition])
        for row, group in enumerate(groups)
        for column, condition in enumerate(conditions)
    )
    most = max((cell.rate for cell in cells if cell.rate is not None), default=0.0)
    top = min(1.0, max(0.2, ceil(most * 10) / 10))
    note = ORDER_NOTE.format(first=labels[conditions[0]])
    title = f"{measure} by {attribute} and condition"
    return Board(
        title=title,
        subtitle=model_id,
        alt=_alt(title, model_id, cells, groups, [labels[one] for one in conditions], note, caveat),
        groups=tuple(groups),
        conditions=tuple(labels[one] for one in conditions),
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
    said = [f"Heat map. {title}, {model_id}. {len(groups)} groups in rows, {len(conditions)} conditions in columns."]
    for column, condition in enumerate(conditions):
        parts = [
            cell.hover.replace(f"{groups[cell.row]}, {condition}: ", f"{groups[cell.row]} ", 1)
            for cell in cells
            if cell.column == column
        ]
        said.append(f"In {condition}: {listed(parts)}.")
    few = sorted({groups[cell.row] for cell in cells if cell.mark == FEW})
    if few:
        said.append(f"Marked as {KEY[FEW]}: {listed(few)}.")
    return clean_text(" ".join([*said, note, caveat]))


def screen_of(board: Board) -> Figure:
    """Draw a heat map on the screen."""
    from workbench.figures.heatmap_screen import draw

    return draw(board)


def svg_of(board: Board, titled: bool) -> str:
    """Draw a heat map on paper."""
    from workbench.figures.heatmap_paper import draw

    return draw(board, titled)


def ticks(top: float) -> list[int]:
    """Return the percentages at which the colour bar is labelled."""
    step = 5 if top <= 0.25 else 10 if top <= 0.6 else 20
    return list(range(0, round(top * 100) + 1, step))


Segment = tuple[tuple[float, float], tuple[float, float]]


def hatching(left: float, low: float, right: float, high: float, n: int = 5) -> list[Segment]:
    """Return ``2 n - 1`` parallel diagonals that fill a rectangle, as pairs of end points."""
    found: list[Segment] = []
    for i in range(1, 2 * n):
        share = i / n  # the diagonal x + y = share of the unit square
        a, b = (share, 0.0) if share <= 1 else (1.0, share - 1)
        c, d = (0.0, share) if share <= 1 else (share - 1, 1.0)
        wide, tall = right - left, high - low
        found.append(((left + a * wide, low + b * tall), (left + c * wide, low + d * tall)))
    return found
