"""The lines over doses on paper."""

from __future__ import annotations

from typing import Any

from workbench.figures import paper as p
from workbench.figures.curves import Curves, Panel
from workbench.figures.forest import ticks
from workbench.figures.wording import wrap

ACROSS = 2
TALL = 1.55
HEAD = 0.2
FOOT = 0.38


def draw(curves: Curves, titled: bool) -> str:
    """Return the figure as an SVG document."""
    with p.drawing():
        return _draw(curves, titled)


def _draw(curves: Curves, titled: bool) -> str:
    across = min(ACROSS, len(curves.panels))
    down = -(-len(curves.panels) // across)
    columns = 4
    legend = -(-len(curves.groups) // columns) * 0.15 + 0.08
    sheet = p.Sheet(
        body=down * (HEAD + TALL + FOOT) + legend,
        title=curves.title if titled else "",
        subtitle=curves.subtitle if titled else "",
        notes=curves.notes,
        caveat=curves.caveat,
    )
    left, gap = 0.42, 0.5
    wide = (p.WIDTH - left - p.EDGE - gap * (across - 1)) / across
    for at, panel in enumerate(curves.panels):
        row, column = divmod(at, across)
        top = row * (HEAD + TALL + FOOT) + HEAD
        _panel(sheet.axes(left + column * (wide + gap), top, wide, TALL), panel, curves.top, curves.y_title)
    axes = sheet.axes(left, down * (HEAD + TALL + FOOT), p.WIDTH - left - p.EDGE, legend)
    axes.set_xlim(0, columns)
    axes.set_ylim(legend / 0.15, 0)
    for at, group in enumerate(curves.groups):
        row, column = divmod(at, columns)
        look = curves.looks[group]
        p.line(axes, [column + 0.04], [row + 0.5], marker=look.marker, color=look.colour, markersize=3.6, linewidth=0)
        p.put(axes, column + 0.09, row + 0.5, wrap(group, 24, lines=1)[0], va="center", fontsize=p.SMALL)
    return sheet.svg(curves.title, curves.alt)


def _panel(axes: Any, panel: Panel, top: float, y_title: str) -> None:
    low, high = panel.doses[0], panel.doses[-1]
    room = (high - low) * 0.08 or 1.0
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(0, top)
    for tick in ticks(0, top):
        axes.axhline(tick, color=p.HAIR, linewidth=0.5, zorder=0)
        p.put(axes, low - 1.2 * room, tick, f"{tick:g}", ha="right", va="center", fontsize=p.SMALL)
    for dose in panel.doses:
        p.put(axes, dose, -0.02 * top, f"{dose:g}", ha="center", va="top", fontsize=p.SMALL)
    p.put(axes, (low + high) / 2, -0.11 * top, panel.x_title, ha="center", va="top", fontsize=p.SMALL)
    p.put(axes, low - room, 1.03 * top, f"{panel.title}: {y_title}", ha="left", va="bottom", fontweight="bold")
    for line in panel.lines:
        x = [mark.dose + line.aside for mark in line.marks]
        p.line(axes, x, [mark.rate for mark in line.marks], color=line.look.colour, linewidth=0.9)
        for at, mark in zip(x, line.marks, strict=True):
            filled = mark.low is not None
            if mark.low is not None and mark.high is not None:
                p.line(axes, [at, at], [mark.low, min(mark.high, top)], color=line.look.colour, linewidth=0.8)
            p.line(
                axes, [at], [mark.rate], marker=line.look.marker, markersize=3.4, linewidth=0, color=line.look.colour,
                markerfacecolor=line.look.colour if filled else "white",
            )  # fmt: skip
