"""Points and intervals on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.figures import screen
from workbench.figures.forest import Forest, Panel, Row, ticks
from workbench.figures.palette import NEUTRAL
from workbench.figures.wording import wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TITLE_COLUMNS = {1: 36, 2: 17, 3: 13}
"""Columns of a panel's title, by the number of panels side by side: they fit a page of 390 px."""
AXIS, TICKS = 30, 6
GAP, CLEAR = 0.08, 6
"""Between panels: the least share of the width, and pixels between the ends of two scales on a telephone."""
TELEPHONE = 200
"""Pixels that panels side by side have together on a page of 390 px."""
DIGIT = 6
"""Pixels of a character of a scale, at most."""
APART = 6
"""Pixels between the names of groups and the panel, for points that lie on its edge."""
GLYPHS = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲"}
"""The markers in a line of text."""


def draw(forest: Forest, *, narrow: bool = False) -> Figure:
    """Return the points and intervals as a plotly figure; ``narrow``: one panel a row."""
    from plotly import graph_objects as go

    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    traces: list[dict[str, Any]] = []  # all at once: a figure takes its time over each that is added
    panels = forest.panels
    columns = 1 if narrow else len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    down = -(-len(panels) // columns)
    pitch = max(
        30, 13 * forest.lanes + 8, *(15 * len(wrap(row.label, screen.LABEL_COLUMNS)) + 16 for row in forest.rows)
    )
    titled = TITLE_COLUMNS[columns]
    heading = 15 * max(len(wrap(panel.title, titled)) for panel in panels) + 6
    plot = pitch * len(forest.rows)
    body = down * (heading + plot + AXIS) - AXIS
    gap = _gap(forest, columns)
    width = (1 - gap * (columns - 1)) / columns
    for i, panel in enumerate(panels):
        row, column = divmod(i, columns)
        left, top = column * (width + gap), 1 - (row * (heading + plot + AXIS) + heading) / body
        layout |= _axes(
            forest,
            i,
            domain=(left, min(1.0, left + width)),
            rise=(max(0.0, top - plot / body), top),
            labelled=column == 0,
        )
        layout["shapes"] += _band(forest, i)
        layout["annotations"].append(
            {
                "text": "<br>".join(f"<b>{screen.safe(line)}</b>" for line in wrap(panel.title, titled)),
                "x": left + width / 2,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": screen.SMALL},
            }
        )
        x, y = _names(i)
        traces += [trace | {"xaxis": x, "yaxis": y, "showlegend": False} for trace in _traces(forest, panel)]
    layout["annotations"].append(
        {
            "text": screen.safe(forest.x_title), "x": 0.5, "y": 0, "xref": "paper", "yref": "paper", "yanchor": "top", "yshift": -22,
            "showarrow": False,
        }
    )  # fmt: skip
    traces += _key(forest)
    return screen.finish(
        go.Figure([{"type": "scatter"} | trace for trace in traces], layout | _legend(forest, body)),
        title=forest.title,
        subtitle=forest.subtitle,
        body=body,
        top=8,
        key=[(GLYPHS[look.symbol], look.colour, name) for look, name in forest.key],
        left=screen.label_margin([row.label for row in forest.rows] + ["12 speakers"]) + APART,
        bottom=52,
        notes=forest.notes,
        caveat=forest.caveat,
    )


def _key(forest: Forest) -> list[dict[str, Any]]:
    """Return what says above the panels what stands for what."""
    return [
        {
            "x": [None], "y": [None], "mode": "markers", "name": screen.safe(name), "showlegend": True,
            "marker": {"symbol": look.symbol, "color": look.colour, "size": 9},
        }
        for look, name in forest.key
    ]  # fmt: skip


def _legend(forest: Forest, body: int) -> dict[str, Any]:
    return {
        "showlegend": bool(forest.key),
        "legend": {
            "orientation": "h", "x": 0, "y": 1 + 4 / body, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False,
            "font": {"size": screen.SMALL},
        },
    }  # fmt: skip


def _names(i: int) -> tuple[str, str]:
    """Return how plotly calls the axes of a panel."""
    suffix = "" if i == 0 else str(i + 1)
    return f"x{suffix}", f"y{suffix}"


def _gap(forest: Forest, columns: int) -> float:
    """Return the share of the width between two panels: so much that on a telephone the ends of their scales do not touch."""
    at = _named(forest) or [forest.start, forest.end]
    needed = (DIGIT * sum(len(_written(tick)) for tick in (at[0], at[-1])) / 2 + CLEAR) / TELEPHONE
    inside = (at[0] - forest.start + forest.end - at[-1]) / (forest.end - forest.start) / columns  # of 1, without gaps
    return max(GAP, (needed - inside) / (1 - inside * (columns - 1)))


def _named(forest: Forest) -> Sequence[float]:
    """Return the ticks that have a number: every other, zero among them."""
    at = ticks(forest.start, forest.end, TICKS)
    return at[at.index(0) % 2 :: 2] if 0 in at else at[::2]


def _written(tick: float) -> str:
    return f"{tick:g}".replace("-", "−")


def _axes(
    forest: Forest, i: int, *, domain: tuple[float, float], rise: tuple[float, float], labelled: bool
) -> dict[str, Any]:
    """Return the axes of a panel."""
    x, y = _names(i)
    shared = {} if i == 0 else {"matches": "x"}
    at, named = ticks(forest.start, forest.end, TICKS), _named(forest)
    return {
        f"xaxis{x[1:]}": {
            "domain": domain,
            "anchor": y,
            "range": [forest.start, forest.end],
            "tickvals": at,
            "tickangle": 0,
            "showgrid": True,
            "tickfont": {"size": screen.SMALL},
            "ticktext": [_written(tick) if tick in named else "" for tick in at],
            "zeroline": forest.has_zero_line,
            "zerolinecolor": "rgba(128,128,128,0.9)",
            **shared,
        },
        f"yaxis{y[1:]}": {
            "domain": rise,
            "anchor": x,
            "range": [len(forest.rows) - 0.5, -0.5],
            "tickvals": list(range(len(forest.rows))),
            "ticktext": [_label(row) for row in forest.rows],
            "showticklabels": labelled,
            "ticklabelstandoff": APART,
            "zeroline": False,
            "fixedrange": True,
        },
    }


def _band(forest: Forest, i: int) -> list[dict[str, Any]]:
    """Return the band of a panel around zero; none if there is none."""
    x, y = _names(i)
    if not forest.band:
        return []
    return [
        {
            "type": "rect", "xref": x, "yref": f"{y} domain", "x0": -forest.band, "x1": forest.band, "y0": 0, "y1": 1,
            "fillcolor": "rgba(128,128,128,0.28)", "line": {"width": 0}, "layer": "below",
        }
    ]  # fmt: skip


def _label(row: Row) -> str:
    name = screen.lines(row.label, screen.LABEL_COLUMNS)
    if not row.below:  # an empty line would raise the name above its points
        return name
    return f"{name}<br><span style='font-size:{screen.SMALL}px'>{screen.safe(row.below)}</span>"


def _traces(forest: Forest, panel: Panel) -> list[dict[str, Any]]:
    result = [_links(panel)] if panel.links else []
    for colour in dict.fromkeys(dot.look.colour for dot in panel.dots):
        x: list[float | None] = []
        y: list[float | None] = []
        for dot in panel.dots:
            shown = forest.shown(dot)
            if dot.look.colour == colour and shown:
                x += [*shown, None]
                y += [dot.y, dot.y, None]
        line = {"color": colour, "width": 2.5}
        result.append({"x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"})
    beyond = [(forest.end, dot, "triangle-right") for dot in panel.dots if (dot.high or 0) > forest.end]
    beyond += [(forest.start, dot, "triangle-left") for dot in panel.dots if (dot.low or 0) < forest.start]
    result.append(
        dict(
            x=[end for end, _, _ in beyond],
            y=[dot.y for _, dot, _ in beyond],
            mode="markers",
            marker={"symbol": [s for _, _, s in beyond], "color": [d.look.colour for _, d, _ in beyond], "size": 8},
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    single = [(value, dot) for dot in panel.dots for value in dot.single]
    if single:
        result.append(
            dict(
                x=[value for value, _ in single],
                y=[dot.y for _, dot in single],
                mode="markers",
                marker={
                    "symbol": "line-ns-open",
                    "size": 11,
                    "line": {"width": 2, "color": [dot.look.colour for _, dot in single]},
                },
                hoverinfo="skip",
                cliponaxis=False,
            )
        )
    result.append(
        dict(
            x=[dot.x for dot in panel.dots],
            y=[dot.y for dot in panel.dots],
            mode="markers+text",
            text=[screen.safe(dot.beside) and f" {screen.safe(dot.beside)} " for dot in panel.dots],
            textposition=["middle right" if forest.room_right(dot) else "middle left" for dot in panel.dots],
            textfont={"size": screen.SMALL},
            marker={
                "symbol": [dot.look.symbol + ("-open" if dot.open else "") for dot in panel.dots],
                "color": [dot.look.colour for dot in panel.dots],
                "size": [11 if dot.look.symbol.startswith("triangle") else 9 for dot in panel.dots],
                "opacity": 1,  # of several sizes, plotly would make it 0.7
                "line": {"width": [2 if dot.open else 0 for dot in panel.dots]},
            },
            customdata=[
                [forest.rows[dot.row].label, panel.condition_id, screen.lines(dot.hover, 50, most=5)]
                for dot in panel.dots
            ],
            hovertemplate="%{customdata[2]}<extra></extra>",
            cliponaxis=False,
        )
    )
    return result


def _links(panel: Panel) -> dict[str, Any]:
    x = [end for one, other in panel.links for end in (one.x, other.x, None)]
    y = [end for one, other in panel.links for end in (one.y, other.y, None)]
    return dict(x=x, y=y, mode="lines", line={"color": NEUTRAL, "width": 1, "dash": "dot"}, hoverinfo="skip")
