"""Several points with intervals in the row of one group: under several normalisers, of several engines, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from workbench.figures.forest import Dot, Forest, Panel, Row, scale
from workbench.figures.palette import COLOURS, MARKERS, Look
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import interval_words, listed, number_or_none, scaled
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, percent, percent_interval, points, points_interval, speakers

ORDER = (0, 3, 2, 5, 4, 1, 6, 7)
"""Lanes take the colours in this order: those that stand beside each other differ most."""
REACH = 0.62
"""The share of a row that its lanes take up."""


class Point(NamedTuple):
    """One value as a fraction with its interval (missing: none): where it stands, on how many speakers, what else is said."""

    panel: str
    group: str
    lane: str
    value: object
    low: object
    high: object
    n_speakers: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Lanes:
    """What stands around the points: titles, panels as (id, title), groups from top to bottom, lanes in order.

    ``signed``: values are gaps in points, zero in the middle; otherwise rates. ``linked``: the first lane is joined with
    each other. ``band``: a margin around zero, as a fraction.
    """

    title: str
    subtitle: str
    x_title: str
    panels: Sequence[tuple[str, str]]
    groups: Sequence[str]
    lanes: Sequence[str]
    notes: Sequence[str]
    caveat: str
    signed: bool = False
    linked: bool = False
    band: float | None = None

    def picture(self, found: Sequence[Point], table: pd.DataFrame) -> Picture:
        """Return the figure of these points over ``table``."""
        panels = tuple(self._panel(name, title, found) for name, title in self.panels)
        dots = [dot for panel in panels for dot in panel.dots]
        ends = [end for dot in dots for end in (dot.low, dot.high) if end is not None]
        reach = scale((dot.x for dot in dots), ends, least=max(5.0, (self.band or 0) * 150) if self.signed else 20.0)
        hollow = "Hollow: no interval." if any(dot.hollow for dot in dots) else ""
        notes = (" ".join(filter(None, ["Lines: 95 % intervals, clustered on speaker.", hollow])), *self.notes)
        sentences = [
            f"Points with intervals. {self.title}, {self.subtitle}.",
            *(self._sentence(panel) for panel in panels),
        ]
        return picture_of(
            Forest(
                title=self.title,
                subtitle=self.subtitle,
                alt=clean_text(" ".join(filter(None, [*sentences, *self.notes, self.caveat]))),
                rows=tuple(Row(group, self._who(group, found)) for group in self.groups),
                panels=panels,
                x_title=self.x_title,
                start=-reach if self.signed else 0.0,
                end=reach,
                band=self.band * 100 if self.band else None,
                notes=notes,
                caveat=self.caveat,
                lanes=len(self.lanes),
                key=tuple((_look(at), lane) for at, lane in enumerate(self.lanes)) if len(self.lanes) > 1 else (),
            ),
            table,
        )

    def _panel(self, name: str, title: str, found: Sequence[Point]) -> Panel:
        dots: dict[tuple[str, str], Dot] = {}
        for point in found:
            if point.panel == name and number_or_none(point.value) is not None:
                dots[point.group, point.lane] = self._dot(point, title)
        first = self.lanes[0]
        links = [
            (dots[group, first], dots[group, lane])
            for group in self.groups
            for lane in self.lanes[1:]
            if (group, first) in dots and (group, lane) in dots
        ]
        return Panel(title, name, tuple(dots.values()), tuple(links) if self.linked else ())

    def _dot(self, point: Point, title: str) -> Dot:
        value, low, high = (number_or_none(item) for item in (point.value, point.low, point.high))
        told, words = (points, points_interval) if self.signed else (percent, percent_interval)
        lane = self.lanes.index(point.lane)
        several = len(self.lanes) > 1
        look = _look(lane)
        where = f"{point.group}, {title}" if title else point.group
        where += f", {point.lane}" if several else ""
        parts = [speakers(point.n_speakers), interval_words(low, high, words), point.said]
        return Dot(
            self.groups.index(point.group),
            (value or 0.0) * 100,
            scaled(low),
            scaled(high),
            look,
            "" if low is not None or several else "no interval",
            f"{where}: {told(value, low, high)} ({', '.join(filter(None, parts))})",
            shift=REACH * ((lane + 0.5) / len(self.lanes) - 0.5) if several else 0.0,
        )

    def _who(self, group: str, found: Sequence[Point]) -> str:
        counts = [point.n_speakers for point in found if point.group == group]
        few, many = min(counts, default=0), max(counts, default=0)
        return speakers(few) if few == many else f"{few} to {speakers(many)}"

    def _sentence(self, panel: Panel) -> str:
        parts = [dot.hover for dot in sorted(panel.dots, key=lambda dot: dot.row)]
        return f"In {panel.title}: {listed(parts)}." if panel.title else f"{listed(parts)}."


def _look(lane: int) -> Look:
    """Return how the points of a lane are drawn: neighbours differ in colour and in marker."""
    return Look(COLOURS[ORDER[lane % 8]], *MARKERS[lane % 4])


def model_words(models: Sequence[str]) -> Mapping[str, str]:
    """Return what models are called beside each other: their names without what all of them share at the end."""
    short = {model: model.partition("#")[0] for model in models}
    return short if len(set(short.values())) == len(models) else {model: model for model in models}
