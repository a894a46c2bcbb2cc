"""The heat map on paper."""

from __future__ import annotations

from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon, Rectangle

from workbench.figures import paper as p
from workbench.figures.board import FEW, FULL, HATCHED, Board, hatching
from workbench.figures.palette import FADED, ink_on
from workbench.figures.wording import wrap

SPEAKERS_POINTS = 42
"""A cell narrower than this says ``n=4`` for ``4 speakers``."""


def draw(board: Board, titled: bool) -> str:
    """Return the heat map as an SVG document."""
    with p.drawing():
        return _draw(board, titled)


def _draw(board: Board, titled: bool) -> str:
    across, down = len(board.conditions), len(board.groups)
    left = p.label_width(board.groups)
    wide = (p.WIDTH - left - p.EDGE) / across
    columns = max(6, int(wide * 72 / (p.SMALL * 0.62)))
    headers = [wrap(label, columns, lines=5) for label in board.conditions]
    head = max(len(lines) for lines in headers) * p.SMALL * 1.28 / 72 + 0.06
    short = wide * 72 < SPEAKERS_POINTS
    tall = max(0.265, *(len(wrap(group, p.LABEL_COLUMNS)) * p.LINE + 0.04 for group in board.groups))
    tall = min(0.33, tall + 0.06) if down <= 12 else tall
    bar = 0.48
    sheet = p.Sheet(
        body=head + down * tall + bar + 0.16 * len(board.marks),
        title=board.title if titled else "",
        subtitle=board.subtitle if titled else "",
        notes=[board.note + (" " + board.short_note if short else "")],
        caveat=board.caveat,
    )
    axes = sheet.axes(left, head, wide * across, tall * down)
    axes.set_xlim(0, across)
    axes.set_ylim(down, 0)
    gap_x, gap_y = 0.012 / wide, 0.012 / tall
    size = min(p.FONT + 0.5, wide * 72 / 5.2)
    for cell in board.cells:
        x0, y0, x1, y1 = cell.column + gap_x, cell.row + gap_y, cell.column + 1 - gap_x, cell.row + 1 - gap_y
        empty = cell.rate is None
        shade = "#f0f0f0" if empty else board.shade(cell)
        ink = p.GREY if empty else ink_on(shade)
        axes.add_artist(Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=shade, linewidth=0))
        if cell.outlined:
            inner = (x0 + gap_x, y0 + gap_y, x1 - x0 - 2 * gap_x, y1 - y0 - 2 * gap_y)
            axes.add_artist(Rectangle(inner[:2], *inner[2:], fill=False, edgecolor=ink, linewidth=1.4))
        if cell.mark == FEW:
            corner = [(x0, y0), (x0 + 0.075 / wide, y0), (x0, y0 + 0.075 / tall)]
            axes.add_artist(Polygon(corner, facecolor=ink, alpha=0.8, linewidth=0))
        elif cell.mark in HATCHED:
            axes.add_artist(LineCollection(hatching(x0, y0, x1, y1), colors=ink, linewidths=0.4, alpha=0.3))
        below = cell.n if short else cell.who
        x, y = cell.column + 0.5, cell.row + (0.36 if below else 0.5)
        p.put(
            axes,
            x,
            y,
            cell.value,
            ha="center",
            va="center",
            color=ink,
            fontsize=size - empty,
            fontweight="normal" if empty else "bold",
        )
        if below:
            p.put(axes, x, cell.row + 0.74, below, ha="center", va="center", color=ink, fontsize=p.SMALL - 0.4)
    for row, group in enumerate(board.groups):
        text = "\n".join(wrap(group, p.LABEL_COLUMNS))
        p.put(axes, -0.06 / wide, row + 0.5, text, ha="right", va="center", linespacing=1.05)
    for column, lines in enumerate(headers):
        text = "\n".join(lines)
        p.put(axes, column + 0.5, -0.04 / tall, text, ha="center", va="bottom", fontsize=p.SMALL, linespacing=1.1)
    _print_scale(sheet, board, left, head + down * tall + 0.1, min(3.2, wide * across))
    _print_key(sheet, board, left, head + down * tall + bar)
    return sheet.svg(board.title, board.alt)


def _print_scale(sheet: p.Sheet, board: Board, left: float, top: float, wide: float) -> None:
    """Draw the colour bar with its title on the left and ticks below."""
    axes = sheet.axes(left, top, wide, 0.09)
    low, high = board.bottom * 100, board.top * 100
    axes.set_xlim(low, high)
    axes.set_ylim(1, 0)
    steps = 50
    for i in range(steps):  # each to the end of the bar, over the one before: no seams between them
        start = low + i * (high - low) / steps
        axes.add_artist(Rectangle((start, 0), high - start, 1, facecolor=board.colour((i + 0.5) / steps), linewidth=0))
    for tick, text in zip(board.ticks(), board.tick_text(), strict=True):
        p.put(axes, tick, 1.35, text, ha="center", va="top", fontsize=p.SMALL)
    p.put(axes, high + 0.03 * (high - low), 0.5, board.bar_title, ha="left", va="center", fontsize=p.SMALL)


def _print_key(sheet: p.Sheet, board: Board, left: float, top: float) -> None:
    """Draw one line per mark: a small cell with the mark, and what it means."""
    for i, mark in enumerate(board.marks):
        axes = sheet.axes(left, top + 0.16 * i, 0.2, 0.11)
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)
        axes.add_artist(Rectangle((0, 0), 1, 1, facecolor=FADED if mark == FULL else "#d9d9d9", linewidth=0))
        if mark == FEW:
            axes.add_artist(Polygon([(0, 0), (0.375, 0), (0, 0.68)], facecolor=p.INK, alpha=0.8, linewidth=0))
        else:
            axes.add_artist(LineCollection(hatching(0, 0, 1, 1, 3), colors=p.INK, linewidths=0.5, alpha=0.6))
        p.put(axes, 1.35, 0.5, board.explained[mark], va="center", fontsize=p.SMALL)
