"""What was found against what was confirmed: gap changes on the exploring and on the confirming speakers, with the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.palette import NEUTRAL, looks
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import clean_text, condition_label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NOTE = (
    "Across: the speakers who were searched on. Upwards: speakers who were not, with 95 % intervals. On the diagonal a figure is as "
    "large for both; below it the search has flattered itself. Hollow: not confirmed."
)
COLOUR = looks(["confirmed"])["confirmed"].colour


@dataclass(frozen=True, slots=True)
class _Mark:
    found: float
    confirmed: float
    low: float | None
    high: float | None
    filled: bool
    words: str
    number: int


def confirmation_plot(confirmations: pd.DataFrame, *, caveat: str = "") -> Picture:
    """Return CONFIRMATIONS as points: the figure that was found across, the one on other speakers upwards, in points.

    Parameters
    ----------
    confirmations : at least one row with both figures
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no row with both figures
    """
    rows = confirmations[confirmations["explored"].notna() & confirmations["confirmed"].notna()]
    if rows.empty:
        raise ScoringError("nothing was heard by confirming speakers", remedy="finish the search first")
    marks = []
    for number, row in enumerate(_rows(rows), start=1):
        low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
        interval = "no interval" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
        words = (
            f"{number}: {row.group}, {condition_label(str(row.condition_id))}: found {100 * row.explored:+.1f} points, on other speakers "
            f"{100 * row.confirmed:+.1f} ({interval}), {str(row.verdict).lower()}"
        )
        ends = (None if low is None else 100 * low, None if high is None else 100 * high)
        marks.append(_Mark(100 * row.explored, 100 * row.confirmed, *ends, row.verdict == "CONFIRMED", words, number))
    title = "Found against confirmed: gap changes, percentage points"
    sentences = [
        f"Points with intervals against the diagonal. {title}.",
        *(f"{mark.words}." for mark in marks),
        NOTE,
        caveat,
    ]
    alt = clean_text(" ".join(filter(None, sentences)))
    notes = (*(mark.words for mark in marks), NOTE)
    return Picture(
        title, alt, rows.reset_index(drop=True), caveat,
        draw_screen=partial(_screen, title, marks, notes, caveat), draw_svg=partial(_paper, title, alt, marks, notes, caveat),
    )  # fmt: skip


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def _ends(marks: Sequence[_Mark]) -> tuple[float, float]:
    """Return the ends of both axes: the same, so that the diagonal is one."""
    numbers = [0.0] + [v for mark in marks for v in (mark.found, mark.confirmed, mark.low, mark.high) if v is not None]
    room = 0.06 * max(max(numbers) - min(numbers), 1.0)
    return min(numbers) - room, max(numbers) + room


def _screen(title: str, marks: Sequence[_Mark], notes: Sequence[str], caveat: str, narrow: bool = False) -> Figure:
    from plotly import graph_objects as go

    from workbench.figures import screen

    low, high = _ends(marks)
    figure = go.Figure()
    diagonal = {"color": NEUTRAL, "width": 1, "dash": "dot"}
    figure.add_trace(go.Scatter(x=[low, high], y=[low, high], mode="lines", line=diagonal, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(
            x=[mark.found for mark in marks],
            y=[mark.confirmed for mark in marks],
            mode="markers+text",
            text=[str(mark.number) for mark in marks],
            textposition="middle right",
            marker={"color": COLOUR, "size": 10, "symbol": ["circle" if m.filled else "circle-open" for m in marks]},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": COLOUR,
                "array": [0 if m.high is None else m.high - m.confirmed for m in marks],
                "arrayminus": [0 if m.low is None else m.confirmed - m.low for m in marks],
            },
            customdata=[screen.lines(mark.words, 50, most=5) for mark in marks],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[low, high], title={"text": "Found (points)", "standoff": 4}, fixedrange=True)
    figure.update_yaxes(range=[low, high], title={"text": "On other speakers (points)", "standoff": 4}, fixedrange=True)
    figure.update_layout(showlegend=False)
    return screen.finish(
        figure, title=title, subtitle="", body=320, top=12, left=60, bottom=52, notes=notes, caveat=caveat
    )


def _paper(title: str, alt: str, marks: Sequence[_Mark], notes: Sequence[str], caveat: str, titled: bool) -> str:
    from workbench.figures import paper as p
    from workbench.figures.forest import ticks

    low, high = _ends(marks)
    with p.drawing():
        sheet = p.Sheet(body=3.4, title=title if titled else "", subtitle="", notes=tuple(notes), caveat=caveat)
        axes = sheet.axes(0.6, 0.1, 3.0, 2.85)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        p.line(axes, [low, high], [low, high], color=p.HAIR, linewidth=0.9)
        below = low - 0.03 * (high - low)
        for tick in ticks(max(low, 0.0), high):
            axes.axhline(tick, color=p.HAIR, linewidth=0.4, zorder=0)
            p.put(axes, below, tick, f"{tick:g}", ha="right", va="center", fontsize=p.SMALL)
            p.put(axes, tick, below, f"{tick:g}", ha="center", va="top", fontsize=p.SMALL)
        middle, far = (low + high) / 2, low - 0.11 * (high - low)
        p.put(axes, middle, far, "Found (points)", ha="center", va="top", fontsize=p.SMALL)
        p.put(axes, far, middle, "On other speakers (points)", ha="right", va="center", fontsize=p.SMALL, rotation=90)
        for mark in marks:
            if mark.low is not None and mark.high is not None:
                p.line(axes, [mark.found, mark.found], [mark.low, mark.high], color=COLOUR, linewidth=0.9)
            face = COLOUR if mark.filled else "white"
            p.line(
                axes, [mark.found], [mark.confirmed], marker="o", markersize=5, linewidth=0, color=COLOUR,
                markerfacecolor=face,
            )  # fmt: skip
            p.put(
                axes, mark.found + 0.02 * (high - low), mark.confirmed, str(mark.number), ha="left", va="center",
                fontsize=p.SMALL,
            )  # fmt: skip
        return sheet.svg(title, alt)
