"""Every engine as a point: error rate across, gap of its worst-served group upwards, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.palette import NEUTRAL, WORSE
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import interval_words, number_or_none
from workbench.figures.wording import clean_text, model_labels, percent, points, points_interval

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NOTE = (
    "Horizontal: {rate} over all speakers. Vertical: gap of the worst-served group of this engine. Lines: 95 % intervals. Filled: the gap is firm. "
    "Closer to the lower left corner is better. Two engines can differ although their intervals overlap."
)
Y = "Gap of the worst-served group (points)"


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    x: float
    x_low: float | None
    x_high: float | None
    y: float
    y_low: float | None
    y_high: float | None
    firm: bool
    words: str

    @property
    def colour(self) -> str:
        return WORSE if self.firm else NEUTRAL


def leaderboard_plot(board: pd.DataFrame, attribute: str, condition: str, *, caveat: str = "") -> Picture:
    """Return the rows of ``results.leaderboard`` as points.

    Parameters
    ----------
    condition : what it is called
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no engine with a rate and a gap
    """
    rows = board[board["rate"].notna() & board["difference"].notna()]
    if rows.empty:
        raise ScoringError("no engine has a rate and a gap", place="figure", remedy="look at the table")
    names = model_labels(str(model) for model in rows["model_id"])
    marks = []
    rate_name = rate_in_words(rows)
    rate_inside = rate_name[:1].lower() + rate_name[1:]
    for row in rows.to_dict("records"):
        numbers = {name: number_or_none(row[name]) for name in rows.columns if name in _NUMBERS}
        rate, gap = numbers["rate"] or 0.0, numbers["difference"] or 0.0
        ends = [numbers[name] for name in ("ci_low", "ci_high", "difference_low", "difference_high")]
        firm = row["verdict"] == "GAP" and not row["tentative"]
        name = names[str(row["model_id"])]
        words = (
            f"{name}: {rate_inside} {percent(rate, ends[0], ends[1])} ({interval_words(ends[0], ends[1])}); {row['worst_group']} "
            f"{points(gap, ends[2], ends[3])} ({interval_words(ends[2], ends[3], points_interval)}), {row['verdict']}{', tentative' if row['tentative'] else ''}"
        )
        scaled = [None if end is None else 100 * end for end in ends]
        marks.append(
            _Mark(name, 100 * rate, scaled[0], scaled[1], 100 * gap, scaled[2], scaled[3], firm, clean_text(words))
        )
    title = f"{rate_name} and worst gap of each engine, by {attribute}, {condition}"
    note, x_title = NOTE.format(rate=rate_inside), f"{rate_name} (%)"
    alt = clean_text(
        " ".join(
            filter(None, [f"Points with intervals. {title}.", *(f"{mark.words}." for mark in marks), note, caveat])
        )
    )
    return Picture(
        title, alt, rows.reset_index(drop=True), caveat,
        draw_screen=partial(_screen, title, x_title, note, marks, caveat), draw_svg=partial(_paper, title, alt, x_title, note, marks, caveat),
    )  # fmt: skip


_NUMBERS = ("rate", "ci_low", "ci_high", "difference", "difference_low", "difference_high")


def _range(values: Sequence[float | None]) -> tuple[float, float]:
    known = [0.0, *(value for value in values if value is not None)]
    room = 0.08 * max(max(known) - min(known), 1.0)
    return min(known) - (room if min(known) < 0 else 0.0), max(known) + room


def _screen(title: str, x_title: str, note: str, marks: Sequence[_Mark], caveat: str, narrow: bool = False) -> Figure:
    from plotly import graph_objects as go

    from workbench.figures import screen

    def bars(values: Sequence[tuple[float, float | None, float | None]]) -> dict[str, object]:
        return {
            "type": "data", "symmetric": False, "thickness": 1.4, "width": 0, "color": NEUTRAL,
            "array": [0 if high is None else high - middle for middle, _, high in values],
            "arrayminus": [0 if low is None else middle - low for middle, low, _ in values],
        }  # fmt: skip

    x = _range([end for mark in marks for end in (mark.x, mark.x_high)])
    y = _range([end for mark in marks for end in (mark.y, mark.y_low, mark.y_high)])
    figure = go.Figure(
        go.Scatter(
            x=[mark.x for mark in marks],
            y=[mark.y for mark in marks],
            mode="markers+text",
            text=[screen.safe(mark.name) for mark in marks],
            textposition=["top right" if mark.x < x[1] / 2 else "top left" for mark in marks],
            marker={"size": 11, "color": [mark.colour for mark in marks], "symbol": ["circle" if mark.firm else "circle-open" for mark in marks]},
            error_x=bars([(mark.x, mark.x_low, mark.x_high) for mark in marks]),
            error_y=bars([(mark.y, mark.y_low, mark.y_high) for mark in marks]),
            customdata=[screen.lines(mark.words, 50, most=6) for mark in marks],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=x, title={"text": x_title, "standoff": 4}, fixedrange=True)
    figure.update_yaxes(range=y, title={"text": Y, "standoff": 4}, fixedrange=True)
    figure.update_layout(showlegend=False)
    return screen.finish(
        figure, title=title, subtitle="", body=320, top=12, left=60, bottom=52, notes=[note], caveat=caveat
    )


def _paper(title: str, alt: str, x_title: str, note: str, marks: Sequence[_Mark], caveat: str, titled: bool) -> str:
    from workbench.figures import paper as p
    from workbench.figures.forest import ticks

    x = _range([end for mark in marks for end in (mark.x, mark.x_high)])
    y = _range([end for mark in marks for end in (mark.y, mark.y_low, mark.y_high)])
    with p.drawing():
        sheet = p.Sheet(body=3.2, title=title if titled else "", subtitle="", notes=[note], caveat=caveat)
        axes = sheet.axes(0.6, 0.1, 4.6, 2.65)
        axes.set_xlim(*x)
        axes.set_ylim(*y)
        for tick in ticks(*y):
            p.line(axes, list(x), [tick, tick], color=p.HAIR, linewidth=0.4)
            p.put(axes, x[0] - 0.01 * (x[1] - x[0]), tick, f"{tick:g}", ha="right", va="center", fontsize=p.SMALL)
        for tick in ticks(*x):
            p.put(axes, tick, y[0] - 0.02 * (y[1] - y[0]), f"{tick:g}", ha="center", va="top", fontsize=p.SMALL)
        p.put(axes, sum(x) / 2, y[0] - 0.1 * (y[1] - y[0]), x_title, ha="center", va="top", fontsize=p.SMALL)
        p.put(axes, x[0] - 0.08 * (x[1] - x[0]), sum(y) / 2, Y, ha="right", va="center", fontsize=p.SMALL, rotation=90)
        for mark in marks:
            if mark.x_low is not None and mark.x_high is not None:
                p.line(axes, [mark.x_low, mark.x_high], [mark.y, mark.y], color=NEUTRAL, linewidth=0.9)
            if mark.y_low is not None and mark.y_high is not None:
                p.line(axes, [mark.x, mark.x], [mark.y_low, mark.y_high], color=NEUTRAL, linewidth=0.9)
            face = mark.colour if mark.firm else "white"
            p.line(
                axes, [mark.x], [mark.y], marker="o", markersize=5, linewidth=0, color=mark.colour, markerfacecolor=face
            )
            p.put(
                axes,
                mark.x + 0.01 * (x[1] - x[0]),
                mark.y + 0.02 * (y[1] - y[0]),
                mark.name,
                ha="left",
                va="bottom",
                fontsize=p.SMALL,
            )
        return sheet.svg(title, alt)
