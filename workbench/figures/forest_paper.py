"""Points and intervals on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.figures import paper as p
from workbench.figures.forest import Dot, Forest, Panel, Row, ticks
from workbench.figures.wording import text_width, wrap

BETWEEN = 0.2
AXIS = 0.27
KEY_ROW = 0.17
"""Inches of a line of the key above the panels."""
DENSE = 14
"""With more groups than this a row is one line: the number of speakers stands in brackets after the name."""


def draw(forest: Forest, titled: bool) -> str:
    """Return the points and intervals as an SVG document."""
    with p.drawing():
        return _draw(forest, titled)


def _draw(forest: Forest, titled: bool) -> str:
    panels, rows = forest.panels, forest.rows
    labels = [_label(row, dense=len(rows) > DENSE) for row in rows]
    left = max(
        p.label_width([line for name, _ in labels for line in name], p.LABEL_COLUMNS + 8),
        p.label_width([below for _, below in labels], size=p.SMALL),
    )
    pitch = max(
        0.145, 0.07 * forest.lanes + 0.06, *(len(name) * p.LINE + (0.1 if below else 0.015) for name, below in labels)
    )
    columns, headings = _grid(forest, left, pitch)
    key = _key_places(forest)
    above = KEY_ROW * (key[-1][1] + 1) if key else 0.0
    wide = _width(left, columns)
    tall = pitch * len(rows)
    sheet = p.Sheet(
        body=above + sum(headings) + len(headings) * (tall + AXIS) + 0.04,
        title=forest.title if titled else "",
        subtitle=forest.subtitle if titled else "",
        notes=[*forest.notes, *["In brackets: speakers."] * (len(rows) > DENSE)],
        caveat=forest.caveat,
    )
    if key:
        _draw_key(sheet.axes(p.EDGE, 0, p.WIDTH - 2 * p.EDGE, above), forest, key, above)
    for i, panel in enumerate(panels):
        row, column = divmod(i, columns)
        x, y = left + column * (wide + BETWEEN), above + sum(headings[: row + 1]) + row * (tall + AXIS)
        axes = sheet.axes(x, y, wide, tall)
        axes.set_xlim(forest.start, forest.end)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        text = "\n".join(wrap(panel.title, _columns(wide), lines=4))
        middle = (forest.start + forest.end) / 2
        p.put(axes, middle, -0.5 - 0.05 / pitch, text, ha="center", va="bottom", fontweight="bold", linespacing=1.1)
        _draw_panel(axes, forest, panel, wide, pitch)
        if column == 0:
            _draw_labels(axes, labels, forest.start - 0.06 * (forest.end - forest.start) / wide)
    middle = left + (p.WIDTH - left) / 2
    base = sheet.bottom + 0.07
    p.put(sheet.figure, middle / p.WIDTH, base / sheet.height, forest.x_title, ha="center", va="center")
    return sheet.svg(forest.title, forest.alt)


def _key_places(forest: Forest) -> list[tuple[float, int]]:
    """Return where each word of the key begins, in inches from the left, and in which line."""
    places: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for _, name in forest.key:
        needs = 0.34 + text_width(name) * p.SMALL * 0.6 / 72
        if places and x + needs > p.WIDTH - 2 * p.EDGE:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += needs
    return places


def _draw_key(axes: Any, forest: Forest, places: Sequence[tuple[float, int]], tall: float) -> None:
    axes.set_xlim(0, p.WIDTH - 2 * p.EDGE)
    axes.set_ylim(tall, 0)
    for (look, name), (x, line) in zip(forest.key, places, strict=True):
        y = (line + 0.5) * KEY_ROW
        p.line(
            axes,
            [x + 0.06],
            [y],
            marker=look.marker,
            markersize=4.2,
            color=look.colour,
            linestyle="none",
            clip_on=False,
        )
        p.put(axes, x + 0.16, y, name, va="center_baseline", fontsize=p.SMALL)


def _columns(wide: float) -> int:
    return max(10, int(wide * 72 / (p.FONT * 0.68)))


def _width(left: float, columns: int) -> float:
    return (p.WIDTH - left - p.EDGE - 0.08 - BETWEEN * (columns - 1)) / columns


def _grid(forest: Forest, left: float, pitch: float) -> tuple[int, list[float]]:
    """Return the panels side by side, more of them if the figure would outgrow a page, and the heights of their titles."""
    panels = forest.panels
    for most in range(min(len(panels), 3 if len(panels) != 4 else 2), max(min(len(panels), 6), 1) + 1):
        columns = -(-len(panels) // -(-len(panels) // most))  # rows of equal length
        width = _columns(_width(left, columns))
        lines = [len(wrap(panel.title, width, lines=4)) for panel in panels]
        headings = [max(lines[i : i + columns]) * p.LINE + 0.1 for i in range(0, len(lines), columns)]
        if sum(headings) + len(headings) * (pitch * len(forest.rows) + AXIS) < p.TALLEST - 0.9:
            break
    return columns, headings


def _label(row: Row, *, dense: bool) -> tuple[list[str], str]:
    """Return the lines of a row's name and what stands small below it; in a dense figure all is on one line."""
    if dense:
        n = row.below.removesuffix("speakers").removesuffix("speaker").strip()
        return [f"{wrap(row.label, p.LABEL_COLUMNS, lines=1)[0]} ({n})"], ""
    return wrap(row.label, p.LABEL_COLUMNS), row.below


def _draw_labels(axes: Any, labels: Sequence[tuple[list[str], str]], x: float) -> None:
    for i, (name, below) in enumerate(labels):
        text, raised = "\n".join(name), bool(below) and len(name) == 1
        style = {"ha": "right", "linespacing": 1.05}
        p.put(axes, x, i + 0.08 * raised, text, va="bottom" if raised else "center", **style)
        if raised:
            p.put(axes, x, i + 0.12, below, ha="right", va="top", fontsize=p.SMALL - 0.6, color=p.GREY)


def _draw_panel(axes: Any, forest: Forest, panel: Panel, wide: float, pitch: float) -> None:
    last = len(forest.rows) - 0.5
    at = ticks(forest.start, forest.end, 5 if wide > 1.3 else 4 if wide > 0.9 else 3)
    for tick in at:
        p.line(axes, [tick, tick], [-0.5, last], color=p.HAIR, linewidth=0.5, zorder=0)
        p.put(axes, tick, last + 0.05 / pitch, f"{tick:g}".replace("-", "−"), ha="center", va="top", fontsize=p.SMALL)
    p.line(axes, [forest.start, forest.end], [last, last], color=p.GREY, linewidth=0.6, clip_on=False)
    if forest.band:
        axes.axvspan(-forest.band, forest.band, facecolor="#dcdcdc", linewidth=0, zorder=-1)
    if forest.has_zero_line:
        p.line(axes, [0, 0], [-0.5, last], color=p.INK, linewidth=0.7, zorder=1)
    for one, other in panel.links:
        p.line(axes, [one.x, other.x], [one.y, other.y], color=p.GREY, linewidth=0.6, linestyle=":", zorder=1)
    for dot in panel.dots:
        _draw_dot(axes, forest, dot, (forest.end - forest.start) / wide)


def _draw_dot(axes: Any, forest: Forest, dot: Dot, per_inch: float) -> None:
    colour, shown = dot.look.colour, forest.shown(dot)
    for value in dot.single:
        p.line(
            axes,
            [value],
            [dot.y],
            marker="|",
            markersize=5.2,
            color=colour,
            markeredgewidth=1.0,
            linestyle="none",
            zorder=2,
        )
    if shown:
        p.line(axes, shown, [dot.y, dot.y], color=colour, linewidth=1.5, solid_capstyle="butt", zorder=2)
    for beyond, end, arrow in (
        ((dot.high or 0) > forest.end, forest.end, ">"),
        ((dot.low or 0) < forest.start, forest.start, "<"),
    ):
        if beyond:
            p.line(axes, [end], [dot.y], marker=arrow, color=colour, markersize=4, clip_on=False, linestyle="none")
    p.line(
        axes,
        [dot.x],
        [dot.y],
        marker=dot.look.marker,
        markersize=4.6 if forest.lanes == 1 else 3.8,
        markerfacecolor="white" if dot.open else colour,
        markeredgecolor=colour,
        markeredgewidth=1.1,
        linestyle="none",
        clip_on=False,
        zorder=3,
    )
    if dot.beside:
        right = forest.room_right(dot)
        x = dot.x + (0.06 if right else -0.06) * per_inch
        p.put(axes, x, dot.y, dot.beside, ha="left" if right else "right", va="center_baseline", fontsize=p.SMALL - 0.4)
