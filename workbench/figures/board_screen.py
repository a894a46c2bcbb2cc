"""The heat map on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.figures import screen
from workbench.figures.board import ALONE, FEW, FULL, HATCHED, Board, Cell, hatching
from workbench.figures.palette import FADED, NEUTRAL, ink_on
from workbench.figures.wording import wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

GLYPH = {FEW: "◤", ALONE: "▨", FULL: "▨ (grey)"}
CROWDED = 5
"""With more conditions than this a cell says ``n=4`` for ``4 speakers``: it has to fit on a telephone."""
ROOMY = 3
"""With more conditions than this their labels are small and narrow: they have to fit on a telephone."""
ROTATED = 8
"""With more conditions than this their labels stand upright."""
ROW = 40
FAINT = "rgba(128,128,128,0.12)"
"""A cell whose value may be chance, on a light and on a dark page."""


def draw(board: Board) -> Figure:
    """Return the heat map as a plotly figure."""
    from plotly import graph_objects as go

    across, down = len(board.conditions), len(board.groups)
    quiet = [cell for cell in board.cells if cell.rate is not None and board.quiet(cell)]
    full = [cell for cell in board.cells if cell.rate is not None and cell.mark == FULL]
    coloured = [cell for cell in board.cells if cell.rate is not None and cell not in quiet and cell not in full]
    # without a coloured cell the scale says nothing
    figure = go.Figure(
        _cells(board, coloured, colorscale=board.stops, colorbar=_colour_bar(board), showscale=bool(coloured))
    )
    for cells, colour in ((full, FADED), (quiet, FAINT)):
        if cells:
            figure.add_trace(_cells(board, cells, colorscale=[(0, colour), (1, colour)], showscale=False))
    _mark(figure, board)
    figure.add_trace(_targets(board))
    header = _axes(figure, board)
    return screen.finish(
        figure,
        title=board.title,
        subtitle=board.subtitle,
        body=max(ROW, *(15 * len(wrap(group, screen.LABEL_COLUMNS)) + 2 for group in board.groups)) * down,
        top=header,
        left=screen.label_margin(board.groups),
        bottom=62,
        notes=[
            *(f"{GLYPH[mark]} {board.explained[mark]}." for mark in board.marks),
            board.note,
            *[board.short_note] * (across > CROWDED),
        ],
        caveat=board.caveat,
    )


def _cells(board: Board, cells: Sequence[Cell], **looks: Any) -> Any:
    """Return some cells of one colour scale, with their texts."""
    from plotly import graph_objects as go

    across, down = len(board.conditions), len(board.groups)
    z: list[list[float | None]] = [[None] * across for _ in range(down)]
    text = [[""] * across for _ in range(down)]
    for cell in cells:
        if cell.rate is not None:
            z[cell.row][cell.column] = cell.rate * 100
            text[cell.row][cell.column] = "" if cell.mark in HATCHED else _text(board, cell)
    return go.Heatmap(
        z=z,
        x=list(range(across)),
        y=list(range(down)),
        text=text,
        texttemplate="%{text}",
        textfont={"size": _font(board)},
        hoverinfo="skip",
        xgap=2,
        ygap=2,
        zmin=board.bottom * 100,
        zmax=board.top * 100,
        **looks,
    )


def _targets(board: Board) -> Any:
    """Return one unseen point per cell, to hover over and to click: plotly selects points, not cells."""
    from plotly import graph_objects as go

    return go.Scatter(
        x=[cell.column for cell in board.cells],
        y=[cell.row for cell in board.cells],
        mode="markers",
        marker={"size": ROW - 4, "symbol": "square", "opacity": 0},
        customdata=[
            [board.groups[cell.row], board.condition_ids[cell.column], screen.lines(cell.hover, 50, most=5)]
            for cell in board.cells
        ],
        hovertemplate="%{customdata[2]}<extra></extra>",
        showlegend=False,
    )


def _text(board: Board, cell: Cell) -> str:
    below = cell.n if len(board.conditions) > CROWDED else cell.who
    ink = "" if board.quiet(cell) else f"color:{ink_on(board.shade(cell))};"  # on a transparent cell: that of the page
    value = screen.safe(cell.value) if board.quiet(cell) else f"<b>{screen.safe(cell.value)}</b>"
    return f"<span style='{ink}'>{value}</span><br><span style='{ink}font-size:{screen.SMALL}px'>{screen.safe(below)}</span>"


def _font(board: Board) -> int:
    return screen.FONT if len(board.conditions) <= CROWDED else 11


def _colour_bar(board: Board) -> dict[str, Any]:
    return {
        "orientation": "h",
        "title": {"text": board.bar_title, "side": "top", "font": {"size": screen.SMALL}},
        "thickness": 10,
        "len": 1,
        "x": 0.5,
        "xpad": 0,
        "ypad": 4,
        "y": 0,
        "yanchor": "top",
        "outlinewidth": 0,
        "tickmode": "array",
        "tickvals": board.ticks(),
        "ticktext": board.tick_text(),
        "ticklabeloverflow": "allow",
    }


def _mark(figure: Figure, board: Board) -> None:
    """Mark the cells: all marks at once, for plotly looks at every earlier one when one more is added.

    The words of a hatched cell stand on a piece of its colour: no stroke goes through a number.
    """
    words = [
        {"x": cell.column, "y": cell.row, "text": cell.value, "showarrow": False, "font": {"size": screen.SMALL}}
        for cell in board.cells
        if cell.rate is None
    ] + [
        {
            "x": cell.column, "y": cell.row, "text": _text(board, cell), "showarrow": False, "borderpad": 0,
            "bgcolor": "rgba(0,0,0,0)" if board.quiet(cell) else board.shade(cell), "font": {"size": _font(board)},
        }
        for cell in board.cells
        if cell.rate is not None and cell.mark in HATCHED
    ]  # fmt: skip
    figure.update_layout(
        shapes=[shape for cell in board.cells if cell.rate is not None for shape in _shapes(board, cell)],
        annotations=words,
    )


def _shapes(board: Board, cell: Cell) -> Iterator[dict[str, Any]]:
    ink = NEUTRAL if board.quiet(cell) else ink_on(board.shade(cell))
    if cell.outlined:
        at = {"x0": cell.column - 0.46, "x1": cell.column + 0.46, "y0": cell.row - 0.44, "y1": cell.row + 0.44}
        yield {"type": "rect", "line": {"width": 2.5, "color": ink}, **at}
    if cell.mark == FEW:
        yield {
            "type": "path",
            "path": "M 2,-2 L 10,-2 L 2,-10 Z",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": cell.column - 0.5,
            "yanchor": cell.row - 0.5,
            "fillcolor": ink,
            "opacity": 0.8,
            "line": {"width": 0},
        }
    elif cell.mark in HATCHED:
        strokes = hatching(cell.column - 0.49, cell.row - 0.48, cell.column + 0.49, cell.row + 0.48)
        path = " ".join(f"M {x0},{y0} L {x1},{y1}" for (x0, y0), (x1, y1) in strokes)
        yield {"type": "path", "path": path, "opacity": 0.35, "line": {"width": 1, "color": ink}}


def _axes(figure: Figure, board: Board) -> int:
    """Label both axes and return the height in pixels that the condition labels need."""
    across, down = len(board.conditions), len(board.groups)
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
    upright = across > ROTATED
    columns, most = (22, 2) if upright else (13, 4) if across <= ROOMY else (9, 5)
    size = screen.FONT if across <= ROOMY else screen.SMALL
    figure.update_xaxes(
        tickvals=list(range(across)),
        ticktext=[screen.lines(label, columns, most=most) for label in board.conditions],
        tickangle=-90 if upright else 0,
        tickfont={"size": size},
        side="top",
        range=[-0.5, across - 0.5],
        **plain,
    )
    figure.update_yaxes(
        tickvals=list(range(down)),
        ticktext=[screen.lines(group, screen.LABEL_COLUMNS) for group in board.groups],
        range=[down - 0.5, -0.5],
        **plain,
    )
    wrapped = [wrap(label, columns, lines=most) for label in board.conditions]
    if upright:
        return int(max(len(line) for label in wrapped for line in label) * size * 0.6) + 10
    return max(len(label) for label in wrapped) * (size + 4) + 8
