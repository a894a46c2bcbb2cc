"""Points by group, a panel per condition: what the figures of one table have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.figures.forest import Dot, Forest, Panel, Row, group_rows, scale
from workbench.figures.palette import MARKERS, ROW, Look, looks
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import condition_order, group_order, listed
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, condition_labels, model_label

Dots = Callable[[Any, int, Look], Sequence[Dot]]
"""From a row of the table, its place and the look of its points to the points of that row."""
SYMBOLS = ("●", "■", "◆", "▲")
"""What the four markers look like in a line of text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a figure of one table says of itself. ``kind``: what it is in one word; ``order``: the column groups go by."""

    kind: str
    title: str
    model_id: str
    order: str
    x_title: str
    notes: tuple[str, ...]
    caveat: str
    least: float = 10.0
    symmetric: bool = False
    room: float = 1.0
    """So much longer than its values the scale is: room for words beside the points."""


def grouped(rows: pd.DataFrame, shown: Shown, dots: Dots) -> Picture:
    """Return ``rows`` (``group``, ``condition_id``, ``n_speakers`` ...) as points with intervals, a panel per condition."""
    conditions, groups = condition_order(rows), group_order(rows, shown.order)
    labels = condition_labels(conditions)
    panels = []
    for condition in conditions:
        result = {str(row.group): row for row in rows[rows["condition_id"] == condition].itertuples()}
        points = [dot for at, group in enumerate(groups) if group in result for dot in dots(result[group], at, ROW)]
        panels.append(Panel(labels[condition], condition, tuple(points)))
    every = [dot for panel in panels for dot in panel.dots]
    ends = [end for dot in every for end in (dot.low, dot.high) if end is not None]
    reach = scale((shown.room * dot.x for dot in every), ends, least=shown.least)
    sentences = [f"{shown.kind}. {shown.title}, {shown.model_id}. One panel per condition."]
    sentences += [f"In {panel.title}: {listed([dot.hover for dot in panel.dots]) or 'no data'}." for panel in panels]
    return picture_of(
        Forest(
            title=shown.title,
            subtitle=model_label(shown.model_id),
            alt=clean_text(" ".join([*sentences, *shown.notes, shown.caveat])),
            rows=group_rows(rows, groups) if "n_speakers" in rows else tuple(Row(group, "") for group in groups),
            panels=tuple(panels),
            x_title=shown.x_title,
            start=-reach if shown.symmetric else 0.0,
            end=reach,
            band=None,
            notes=tuple(filter(None, shown.notes)),
            caveat=shown.caveat,
        ),
        rows,
    )


def marked(names: Sequence[str]) -> dict[str, Look]:
    """Return a look for each of a few things that share a row: colour and marker both differ."""
    return {
        name: Look(look.colour, *MARKERS[at % len(MARKERS)])
        for at, (name, look) in enumerate(looks(names).items())
        if name in names
    }


def key(names: Sequence[str]) -> str:
    """Return what stands for what: ``● basic, ■ whisper_en``."""
    return ", ".join(f"{SYMBOLS[at % len(SYMBOLS)]} {name}" for at, name in enumerate(sorted(names)))
