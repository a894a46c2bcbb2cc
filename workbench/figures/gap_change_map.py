"""The heat map of gap changes: groups down, conditions across; what is shown over the whole map is outlined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp
from typing import Any

import pandas as pd

from workbench.fairness.changes.gap_changes import widens
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.verdicts import SATURATED
from workbench.figures.board import ALONE, EMPTY, FEW, FULL, PLAIN, Board, Cell
from workbench.figures.palette import FADED, PALE, change_colour
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import (
    condition_order,
    group_order,
    interval_words,
    listed,
    number_or_none,
    select_changes,
)
from workbench.figures.renderers import picture_of
from workbench.figures.wording import (
    MINUS,
    NBSP,
    clean_text,
    condition_labels,
    decimals,
    model_label,
    number,
    points,
    points_interval,
    speakers,
)

MARK_OF = {"too few speakers": FEW, "saturated": FULL, "not computed": ALONE}
SIGN = {"both scales": "▲", "additive only": "△", "relative only": "△", "narrows": "▼"}
KEY = {
    FEW: "fewer than 5 speakers on a side: do not generalise",
    ALONE: "not computed: one speaker",
    FULL: f"saturated: {SATURATED}",
}
SIGN_NOTE = (
    "Coloured and outlined: statistically significant at 5 % over the whole map; all other cells may be chance. ▲ the gap widens in points and as a ratio, △ on one of the two, "
    "▼ it narrows."
)
BELOW_NOTE = "Second line: × = change of the WER ratio, n = speakers."
NOTHING_NOTE = "No cell is coloured: no change of a gap is statistically significant over the whole map."


@dataclass(frozen=True, slots=True)
class ChangeBoard(Board):
    """A heat map around zero: blue where the gap shrinks, vermilion where it grows."""

    @property
    def explained(self) -> dict[str, str]:
        """What each mark means."""
        return KEY

    @property
    def bar_title(self) -> str:
        """What the colours stand for."""
        return "Change of the gap (percentage points)"

    @property
    def bottom(self) -> float:
        """The value at the blue end."""
        return -self.top

    @property
    def short_note(self) -> str:
        """What the short words in the cells stand for."""
        return "×: factor of the ratio."

    def colour(self, share: float) -> str:
        """Return the colour of a share of the scale, 0 to 1."""
        return change_colour(share)

    def quiet(self, cell: Cell) -> bool:
        """Return whether a cell has no colour of the scale: its change may be chance."""
        return not cell.outlined and cell.mark != FULL

    def shade(self, cell: Cell) -> str:
        """Return the colour of a cell with data: grey if it is saturated, pale if its change may be chance."""
        if self.quiet(cell):
            return PALE
        return FADED if cell.mark == FULL else change_colour(0.5 + (cell.rate or 0.0) / (2 * self.top))

    def ticks(self) -> list[int]:
        """Return the points at which the colour bar is labelled."""
        end = round(self.top * 100)
        return [-end, -end // 2, 0, end // 2, end] if end % 2 == 0 else [-end, 0, end]

    def tick_text(self) -> list[str]:
        """Return the labels, each with its sign."""
        return [f"{'+' if tick > 0 else MINUS if tick < 0 else ''}{abs(tick)}" for tick in self.ticks()]


def gap_change_heatmap(changes: pd.DataFrame, attribute: str, *, model_id: str, caveat: str = "") -> Picture:
    """Return the heat map of how much conditions widen the gaps of one model: groups of ``attribute`` x conditions.

    Cells whose answer is shown over the whole family of cells are outlined; saturated ones are grey.

    Parameters
    ----------
    changes : GAP_CHANGES
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, or several rows for one cell
    """
    rows = select_changes(changes, attribute, model_id)
    board = _board(rows, attribute, model_id, caveat)
    return picture_of(board, rows)


def _board(rows: pd.DataFrame, attribute: str, model_id: str, caveat: str) -> ChangeBoard:
    conditions, groups = condition_order(rows), group_order(rows, "change")
    labels = condition_labels(conditions)
    references = [str(name) for name in rows["reference_group"].unique()]
    named = "the rest" if references == [REST] else references[0]
    result = {(row.group, row.condition_id): row for row in rows.itertuples()}
    cells = tuple(
        change_cell(result.get((group, condition)), column, row, group, labels[condition])
        for row, group in enumerate(groups)
        for column, condition in enumerate(conditions)
    )
    most = max((abs(cell.rate) for cell in cells if cell.rate is not None and cell.mark != FULL), default=0.0)
    top = max(4, ceil(most * 50) * 2) / 100
    title = f"Change of the gap to {named} under each condition, by {attribute}"
    shown = any(cell.outlined for cell in cells)
    note = f"{SIGN_NOTE if shown else NOTHING_NOTE} {BELOW_NOTE} Groups in order of their change in {labels[conditions[0]]}."
    return ChangeBoard(
        title=title,
        subtitle=model_label(model_id),
        alt=_alt(title, model_id, cells, groups, [labels[item] for item in conditions], note, caveat),
        groups=tuple(groups),
        conditions=tuple(labels[item] for item in conditions),
        condition_ids=tuple(conditions),
        cells=cells,
        top=top,
        clipped=False,
        note=note,
        caveat=caveat,
    )


def change_cell(row: Any, column: int, at: int, group: str, condition: str) -> Cell:
    """Return the cell of a row of GAP_CHANGES, or an empty one where there is none."""
    where = f"{group}, {condition}"
    change = None if row is None else number_or_none(row.change)
    if change is None:
        why = "" if row is None else str(row.reason)
        return Cell(column, at, None, "no data", "", "", EMPTY, f"{where}: no data" + (f" ({why})" if why else ""))
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    answer, log_change = str(row.answer), number_or_none(row.log_change)
    shown = widens(answer) or answer == "narrows"
    factor = "" if log_change is None else f"×{exp(log_change):.2f}"
    text = number(change, decimals(low, high), sign=True)
    value = f"{SIGN[answer]}{NBSP}{text}" if shown else text
    told = f"{answer}: {row.reason}" if row.reason and not shown else answer
    details = [
        speakers(int(row.n_speakers)),
        interval_words(low, high, points_interval),
        f"ratio {factor}" if factor else "no ratio",
        f"widens on {answer}" if answer == "both scales" else told,
    ]
    hover = f"{where}: {points(change, low, high)} ({', '.join(details)})"
    who = ", ".join(filter(None, [factor, f"n={int(row.n_speakers)}"]))
    return Cell(column, at, change, value, who, factor, MARK_OF.get(answer, PLAIN), hover, outlined=shown)


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
    return clean_text(" ".join([*sentences, note, caveat]))
