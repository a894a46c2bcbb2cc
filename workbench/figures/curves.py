"""What a figure of lines over doses shows, before anybody draws it: one panel per condition, one line per group."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.figures.palette import Look


@dataclass(frozen=True, slots=True)
class Mark:
    """One point: dose, rate and interval in percent, what hovering says, group and condition for a click."""

    dose: float
    rate: float
    low: float | None
    high: float | None
    hover: str
    condition_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """One group in one panel."""

    group: str
    look: Look
    marks: tuple[Mark, ...]
    aside: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One condition: its name, what its horizontal axis is, its doses and its lines."""

    title: str
    x_title: str
    doses: tuple[float, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """All that the figure shows, before anybody draws it; 0 to ``top`` percent on every vertical axis."""

    title: str
    subtitle: str
    alt: str
    groups: tuple[str, ...]
    looks: dict[str, Look]
    panels: tuple[Panel, ...]
    y_title: str
    top: float
    notes: tuple[str, ...]
    caveat: str
