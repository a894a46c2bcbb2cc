"""What a figure of points and intervals shows, in words and percentages, before anybody draws it.

One panel per condition, one row per group, all panels on one scale: rates and gaps are drawn the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import pandas as pd

from workbench.figures.palette import Look
from workbench.figures.wording import speakers

BEYOND = "▸ The interval extends beyond the axis."


@dataclass(frozen=True, slots=True)
class Dot:
    """One point with its interval, in percent: row, value, interval (None: none), look, words beside and over it.

    ``tentative``: what the point's marker says is not settled. ``shift``: of several points in a row, how far this one
    stands below the middle of its row, in rows. ``single``: the speakers themselves, in percent, where they are too few for
    an interval.
    """

    row: int
    x: float
    low: float | None
    high: float | None
    look: Look
    beside: str
    hover: str
    tentative: bool = False
    shift: float = 0.0
    single: tuple[float, ...] = ()

    @property
    def y(self) -> float:
        """Where the point stands, in rows from the top."""
        return self.row + self.shift

    @property
    def hollow(self) -> bool:
        """True without an interval."""
        return self.low is None

    @property
    def open(self) -> bool:
        """True if only the marker's outline is drawn."""
        return self.hollow or self.tentative


@dataclass(frozen=True, slots=True)
class Panel:
    """One condition: its label, its id, its points, and which pairs of them a thin line joins."""

    title: str
    condition_id: str
    dots: tuple[Dot, ...]
    links: tuple[tuple[Dot, Dot], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its name and its speakers."""

    label: str
    below: str


@dataclass(frozen=True, slots=True)
class Forest:
    """All that a figure of intervals shows; ``start`` to ``end`` is the scale of every panel, in percent."""

    title: str
    subtitle: str
    alt: str
    rows: tuple[Row, ...]
    panels: tuple[Panel, ...]
    x_title: str
    start: float
    end: float
    band: float | None
    notes: tuple[str, ...]
    caveat: str
    lanes: int = 1
    """How many points stand one above the other in a row."""
    key: tuple[tuple[Look, str], ...] = ()
    """What each look stands for, where points of several things share a row; drawn above the panels."""

    @property
    def has_zero_line(self) -> bool:
        """True if zero stands inside the scale and deserves a line."""
        return self.start < 0 < self.end

    def shown(self, dot: Dot) -> tuple[float, float] | None:
        """Return the part of an interval that the scale holds, None where there is none."""
        if dot.low is None or dot.high is None:
            return None
        low, high = max(dot.low, self.start), min(dot.high, self.end)
        return (low, high) if low <= high else None

    def room_right(self, dot: Dot) -> bool:
        """True if words beside a point fit on its right."""
        return dot.x <= self.start + 0.7 * (self.end - self.start)

    @property
    def noted(self) -> Forest:
        """The forest as it is drawn: a note says where an interval goes on beyond the axis."""
        return replace(self, notes=(*self.notes, BEYOND)) if self._clipped else self

    @property
    def _clipped(self) -> bool:
        return any(
            (dot.low is not None and dot.low < self.start) or (dot.high is not None and dot.high > self.end)
            for panel in self.panels
            for dot in panel.dots
        )


def group_rows(table: pd.DataFrame, groups: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows: each group with its speakers, or their range where conditions differ."""
    result = {str(name): (int(few), int(many)) for name, few, many in _spans(table)}
    return tuple(
        Row(group, speakers(few) if few == many else f"{few} to {speakers(many)}")
        for group in groups
        for few, many in [result[group]]
    )


def _spans(table: pd.DataFrame) -> Iterable[Any]:
    counts = table.groupby("group")["n_speakers"]
    return zip(counts.min().index, counts.min(), counts.max(), strict=True)


def scale(values: Iterable[float], ends: Iterable[float], *, least: float) -> float:
    """Return how far from zero, in percent, a scale has to reach for ``values`` and the ends of their intervals.

    Every value is shown. An interval is shown to its end unless it is so wide that the values would be pressed
    together; it then runs to the edge of the scale, and the figure says so.
    """
    farthest = max((abs(value) for value in values), default=0.0)
    widest = max((abs(end) for end in ends), default=0.0)
    wanted = max(farthest * 1.04, min(widest * 1.02, max(farthest * 1.8, 100.0)), least)
    step = 5 if wanted <= 30 else 10
    return float(ceil(wanted / step) * step)


def ticks(start: float, end: float, most: int = 5) -> list[float]:
    """Return round tick positions, at most ``most`` steps, from ``start`` to ``end``."""
    step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 10**9) if (end - start) / step <= most)
    return [float(at * step) for at in range(ceil(start / step), floor(end / step) + 1)]
