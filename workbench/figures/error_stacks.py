"""Substitutions, deletions and insertions by group as stacked bars: together they are the word error rate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.figures.forest import scale, ticks
from workbench.figures.frames import condition_order, group_order, listed
from workbench.figures.palette import COLOURS
from workbench.figures.picture import Picture
from workbench.figures.words import clean_text, condition_labels, percent, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KINDS = {"substitutions": COLOURS[0], "deletions": COLOURS[1], "insertions": COLOURS[5]}
NOTE = "Words written wrong, left out, and added, each over the reference words; together the word error rate."
BAR = 0.62


@dataclass(frozen=True, slots=True)
class Stacks:
    """All that the figure shows: for every condition and group, the percentage of each kind; None without words."""

    title: str
    subtitle: str
    alt: str
    groups: tuple[str, ...]
    conditions: tuple[str, ...]
    shares: dict[tuple[int, int], dict[str, float]]
    """By place of condition and of group."""
    end: float
    caveat: str


def error_stacks(rates: pd.DataFrame, attribute: str, *, model_id: str, caveat: str = "") -> Picture:
    """Return the kinds of errors of one model as stacked bars, groups down, one panel per condition.

    Parameters
    ----------
    rates : RATES with the column ``attribute``
    caveat : what must be said wherever the figure shows
    """
    rows = rates[rates["model_id"] == model_id]
    rows = rows.assign(group=rows[attribute].astype(str)).reset_index(drop=True)
    conditions, groups = condition_order(rows), group_order(rows, "rate")
    labels = condition_labels(conditions)
    shares: dict[tuple[int, int], dict[str, float]] = {}
    said: dict[str, list[str]] = {name: [] for name in conditions}
    for row in rows.to_dict("records"):
        words = int(row["ref_words"])
        if words:
            kinds = {kind: 100 * int(row[kind]) / words for kind in KINDS}
            shares[conditions.index(str(row["condition_id"])), groups.index(row["group"])] = kinds
            told = ", ".join(f"{percent(value / 100)} {kind}" for kind, value in kinds.items())
            said[str(row["condition_id"])].append(f"{row['group']} {told}")
    title = f"Kinds of errors, by {attribute}"
    sentences = [f"In {labels[name]}: {listed(parts) or 'no data'}." for name, parts in said.items()]
    stacks = Stacks(
        title,
        model_id,
        clean_text(" ".join([f"Stacked bars. {title}, {model_id}.", NOTE, *sentences, caveat])),
        tuple(groups),
        tuple(labels[name] for name in conditions),
        shares,
        scale((sum(kinds.values()) for kinds in shares.values()), [], least=20.0),
        caveat,
    )
    return Picture(
        title, stacks.alt, rows, caveat, draw_screen=partial(_screen, stacks), draw_svg=partial(_svg, stacks)
    )


def _screen(stacks: Stacks) -> Figure:
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    from workbench.figures import screens

    n = len(stacks.conditions)
    figure = make_subplots(
        rows=1, cols=n, shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[screens.lines(name, 18) for name in stacks.conditions],
    )  # fmt: skip
    names = [screens.lines(group, screens.LABEL_COLUMNS) for group in stacks.groups]
    for at in range(n):
        for kind, colour in KINDS.items():
            values = [stacks.shares.get((at, row), {}).get(kind) for row in range(len(names))]
            figure.add_trace(
                go.Bar(
                    orientation="h", y=list(range(len(names))), x=values, name=kind, marker={"color": colour}, width=BAR,
                    showlegend=at == 0, legendgroup=kind, hoverinfo="text",
                    hovertext=[
                        screens.safe(f"{group}, {stacks.conditions[at]}, {kind}: {percent((value or 0) / 100)}")
                        for group, value in zip(stacks.groups, values, strict=True)
                    ],
                ),
                row=1, col=at + 1,
            )  # fmt: skip
    figure.update_xaxes(range=[0, stacks.end])
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5])
    figure.update_layout(barmode="stack", legend={"orientation": "h", "x": 0, "y": 1.12, "yanchor": "bottom"})
    return screens.finish(
        figure, title=stacks.title, subtitle=stacks.subtitle, body=34 * len(names), top=110,
        left=screens.label_margin(stacks.groups), bottom=58, notes=[NOTE], caveat=stacks.caveat,
    )  # fmt: skip


def _svg(stacks: Stacks, titled: bool) -> str:
    from workbench.figures import printing as p

    across = min(3, len(stacks.conditions))
    down = -(-len(stacks.conditions) // across)
    pitch, head, foot, key = 0.17, 0.34, 0.2, 0.2
    with p.drawing():
        labels = [wrap(group, p.LABEL_COLUMNS + 6, lines=1)[0] for group in stacks.groups]
        left, n = p.label_width(labels, p.LABEL_COLUMNS + 6), len(labels)
        sheet = p.Sheet(
            body=key + down * (head + pitch * n + foot) + 0.16, title=stacks.title if titled else "",
            subtitle=stacks.subtitle if titled else "", notes=[NOTE], caveat=stacks.caveat,
        )  # fmt: skip
        wide = (p.WIDTH - left - p.EDGE - 0.08 - 0.2 * (across - 1)) / across
        for at, condition in enumerate(stacks.conditions):
            row, column = divmod(at, across)
            axes = sheet.axes(
                left + column * (wide + 0.2), key + row * (head + pitch * n + foot) + head, wide, pitch * n
            )
            _panel(axes, stacks, at, condition, wide, pitch)
            if column == 0:
                for place, label in enumerate(labels):
                    p.put(axes, -0.06 * stacks.end / wide, place, label, ha="right", va="center")
        _legend(sheet.axes(left, 0, p.WIDTH - left - p.EDGE, key))
        y = (sheet.bottom + 0.06) / sheet.height
        p.put(sheet.figure, 0.5 + left / p.WIDTH / 2, y, "Share of reference words (%)", ha="center", va="center")
        return sheet.svg(stacks.title, stacks.alt)


def _panel(axes: Any, stacks: Stacks, at: int, condition: str, wide: float, pitch: float) -> None:
    from matplotlib.patches import Rectangle

    from workbench.figures import printing as p

    last = len(stacks.groups) - 0.5
    axes.set_xlim(0, stacks.end)
    axes.set_ylim(last, -0.5)
    title = "\n".join(wrap(condition, max(10, int(wide * 72 / (p.FONT * 0.68))), lines=2))
    p.put(axes, stacks.end / 2, -0.5 - 0.05 / pitch, title, ha="center", va="bottom", fontweight="bold")
    for tick in ticks(0, stacks.end):
        axes.plot([tick, tick], [-0.5, last], color=p.HAIR, linewidth=0.5, zorder=0)
        p.put(axes, tick, last + 0.04 / pitch, f"{tick:g}", ha="center", va="top", fontsize=p.SMALL)
    for row in range(len(stacks.groups)):
        start = 0.0
        for kind, value in stacks.shares.get((at, row), {}).items():
            axes.add_patch(Rectangle((start, row - BAR / 2), value, BAR, color=KINDS[kind], linewidth=0, zorder=2))
            start += value


def _legend(axes: Any) -> None:
    from matplotlib.patches import Rectangle

    from workbench.figures import printing as p

    axes.set_xlim(0, 4.5)
    axes.set_ylim(1, 0)
    for at, (kind, colour) in enumerate(KINDS.items()):
        axes.add_patch(Rectangle((at * 1.1, 0.2), 0.1, 0.45, color=colour, linewidth=0))
        p.put(axes, at * 1.1 + 0.15, 0.43, kind, va="center", fontsize=p.SMALL)
