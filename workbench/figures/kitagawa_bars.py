"""Kitagawa's split of gaps as bars: what the mix of people makes, and what remains between like and like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from workbench.figures.adjustment_plots import against, comparison_rows, each
from workbench.figures.forest import scale, ticks
from workbench.figures.palette import COLOURS, NEUTRAL
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import clean_text, condition_label, model_label, points, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PARTS = {"mix": COLOURS[1], "within": COLOURS[0], "unmatched": "#9A9A9A"}
BAR = 0.56


@dataclass(frozen=True, slots=True)
class Bars:
    """All that the figure shows: each group's parts and gap in percentage points; ``reach`` of the scale to either side."""

    title: str
    subtitle: str
    alt: str
    groups: tuple[str, ...]
    parts: tuple[dict[str, float], ...]
    gaps: tuple[float, ...]
    names: dict[str, str]
    reach: float
    notes: tuple[str, ...]
    caveat: str

    def pieces(self, at: int) -> list[tuple[str, float, float]]:
        """Return (part, start, width) of the bar of a group: parts above zero to the right, others to the left."""
        ends = [0.0, 0.0]
        results = []
        for part, value in self.parts[at].items():
            side = int(value < 0)
            results.append((part, ends[side], value))
            ends[side] += value
        return results


def split_bars(split: pd.DataFrame, attribute: str, *, model_id: str, condition_id: str, caveat: str = "") -> Picture:
    """Return each gap of one model and condition as a bar of its parts, with a mark where the gap lies.

    Parameters
    ----------
    split : KITAGAWA
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no rows of this attribute, model or condition
    """
    rows = comparison_rows(split, model_id=model_id, condition_id=condition_id, attribute=attribute)
    rows = rows.sort_values("gap", kind="stable", ignore_index=True)
    strata, label = str(rows["strata"].iloc[0]), condition_label(condition_id)
    names = {"mix": f"mix of {strata}", "within": f"within the same {strata}", "unmatched": "on one side only"}
    shown = [row for row in each(rows) if number_or_none(row.gap) is not None]
    parts = [{p: 100 * (number_or_none(getattr(row, p)) or 0.0) for p in PARTS} for row in shown]
    lengths = [sum(v for v in part.values() if sign * v > 0) for part in parts for sign in (1, -1)]
    sentences = [
        f"{row.group} {points(row.gap)}: "
        + ", ".join(f"{names[p]} {points(number_or_none(getattr(row, p)))}" for p in PARTS)
        + (f" ({row.reason})" if row.reason else "")
        for row in each(rows)
    ]
    title = f"Where the gap to {against(rows)} lies, by {attribute}: mix of {strata}, or within the same"
    missing = [str(row.group) for row in shown if number_or_none(row.mix) is None]
    notes = ["Diamond: the whole gap. Parts left and right of zero add up to it."]
    notes += [f"No stratum in common: {', '.join(missing)}."] if missing else []
    head = f"Stacked bars. {title}, {model_label(model_id)}, {label}."
    bars = Bars(
        title,
        f"{model_label(model_id)}, {label}",
        clean_text(" ".join(filter(None, [head, f"{'; '.join(sentences)}.", caveat]))),
        tuple(str(row.group) for row in shown),
        tuple(parts),
        tuple(100 * float(row.gap) for row in shown),
        {name: names[name] for name in PARTS if any(part[name] for part in parts)},
        scale([*lengths, *(100 * float(row.gap) for row in shown)], [], least=5),
        tuple(notes),
        caveat,
    )
    return Picture(title, bars.alt, rows, caveat, draw_screen=partial(_screen, bars), draw_svg=partial(_svg, bars))


def _screen(bars: Bars, narrow: bool = False) -> Figure:
    from plotly import graph_objects as go

    from workbench.figures import screen

    figure = go.Figure()
    for part, name in bars.names.items():
        chosen = [
            (at, start, width) for at in range(len(bars.groups)) for p, start, width in bars.pieces(at) if p == part
        ]
        figure.add_trace(
            go.Bar(
                orientation="h", name=screen.safe(name), y=[at for at, _, _ in chosen], base=[start for _, start, _ in chosen],
                x=[width for _, _, width in chosen], width=BAR, marker={"color": PARTS[part]},
                hovertext=[screen.safe(f"{bars.groups[at]}, {name}: {points(width / 100)}") for at, _, width in chosen],
                hoverinfo="text",
            )
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=bars.gaps, y=list(range(len(bars.groups))), mode="markers", name="gap",
            marker={"symbol": "diamond", "size": 9, "color": "white", "line": {"color": NEUTRAL, "width": 2}},
            hovertext=[screen.safe(f"{g}: {points(v / 100)}") for g, v in zip(bars.groups, bars.gaps, strict=True)],
            hoverinfo="text",
        )
    )  # fmt: skip
    at = ticks(-bars.reach, bars.reach, 6)
    figure.update_layout(
        barmode="overlay",
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": screen.SMALL}},
        xaxis={
            "range": [-bars.reach, bars.reach], "tickvals": at, "ticktext": [f"{v:g}".replace("-", "−") for v in at],
            "zeroline": True, "zerolinecolor": "rgba(128,128,128,0.9)", "title": {"text": "Percentage points", "standoff": 8},
        },
        yaxis={
            "tickvals": list(range(len(bars.groups))), "range": [len(bars.groups) - 0.5, -0.5], "zeroline": False,
            "ticktext": [screen.lines(group, screen.LABEL_COLUMNS) for group in bars.groups], "fixedrange": True,
        },
    )  # fmt: skip
    return screen.finish(
        figure, title=bars.title, subtitle=bars.subtitle, body=42 * len(bars.groups), top=62,
        left=screen.label_margin(bars.groups), bottom=58, notes=bars.notes, caveat=bars.caveat,
    )  # fmt: skip


def _svg(bars: Bars, titled: bool) -> str:
    from matplotlib.patches import Rectangle

    from workbench.figures import paper as p

    with p.drawing():
        labels = [wrap(group, p.LABEL_COLUMNS, lines=2) for group in bars.groups]
        left = p.label_width([line for name in labels for line in name])
        pitch, n, key = 0.27, len(bars.groups), 0.2
        sheet = p.Sheet(
            body=key + pitch * n + 0.36, title=bars.title if titled else "", subtitle=bars.subtitle if titled else "",
            notes=bars.notes, caveat=bars.caveat,
        )  # fmt: skip
        wide = p.WIDTH - left - p.EDGE - 0.08
        axes = sheet.axes(left, key, wide, pitch * n)
        axes.set_xlim(-bars.reach, bars.reach)
        axes.set_ylim(n - 0.5, -0.5)
        per_inch = 2 * bars.reach / wide
        for tick in ticks(-bars.reach, bars.reach, 8):
            dark = tick == 0
            p.line(
                axes,
                [tick, tick],
                [-0.5, n - 0.5],
                color=p.INK if dark else p.HAIR,
                linewidth=0.7 if dark else 0.5,
                zorder=0,
            )
            p.put(axes, tick, n - 0.4, f"{tick:g}".replace("-", "−"), ha="center", va="top", fontsize=p.SMALL)
        p.put(axes, 0, n - 0.5 + 0.24 / pitch, "Percentage points", ha="center", va="center")
        x = -bars.reach
        for part, name in bars.names.items():
            square = Rectangle((x, -0.5 - 0.16 / pitch), 0.1 * per_inch, 0.1 / pitch, color=PARTS[part], clip_on=False)
            axes.add_artist(square)
            p.put(axes, x + 0.14 * per_inch, -0.5 - 0.11 / pitch, name, va="center", fontsize=p.SMALL)
            x += (0.4 + len(name) * p.SMALL * 0.6 / 72) * per_inch
        for at in range(n):
            for part, start, width in bars.pieces(at):
                axes.add_artist(Rectangle((start, at - BAR / 2), width, BAR, color=PARTS[part], linewidth=0, zorder=2))
            p.line(
                axes, [bars.gaps[at]], [at], marker="D", markersize=4.2, markerfacecolor="white", markeredgecolor=p.INK,
                linestyle="none", zorder=3, clip_on=False,
            )  # fmt: skip
            label = "\n".join(labels[at])
            p.put(axes, -bars.reach - 0.06 * per_inch, at, label, ha="right", va="center", linespacing=1.05)
        return sheet.svg(bars.title, bars.alt)
