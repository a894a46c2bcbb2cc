"""The lines over doses on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.figures import screen
from workbench.figures.curves import Curves, Line
from workbench.figures.wording import text_width, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PANEL = 210
APART = 78
LEGEND_WIDTH = 290
"""Pixels of a legend line on a page of 390 px."""
SYMBOL_WIDTH = 42


def draw(curves: Curves) -> Figure:
    """Return the figure as a plotly figure: panels one below the other, so that it fits a telephone."""
    from plotly.subplots import make_subplots

    n = len(curves.panels)
    body = PANEL * n + APART * (n - 1)
    figure = make_subplots(rows=n, cols=1, vertical_spacing=APART / body if n > 1 else 0)
    for at, panel in enumerate(curves.panels, 1):
        for line in panel.lines:
            _add(figure, line, at)
        figure.update_xaxes(
            row=at, col=1, title={"text": panel.x_title, "standoff": 4}, tickvals=list(panel.doses), fixedrange=True,
            ticktext=[f"{dose:g}" for dose in panel.doses],
        )  # fmt: skip
        figure.update_yaxes(
            row=at,
            col=1,
            range=[0, curves.top],
            fixedrange=True,
            title={"text": curves.y_title, "standoff": 4},
            nticks=6,
        )
        figure.add_annotation(
            text=f"<b>{screen.safe(panel.title)}</b>", x=0, xref="x domain" if at == 1 else f"x{at} domain", y=1,
            yref="y domain" if at == 1 else f"y{at} domain", xanchor="left", yanchor="bottom", showarrow=False,
        )  # fmt: skip
    rows = _legend_rows(curves)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -46 / body, "yanchor": "top", "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip
    return screen.finish(
        figure, title=curves.title, subtitle=curves.subtitle, body=body, top=20, left=54, bottom=60 + 29 * rows,
        notes=curves.notes, caveat=curves.caveat,
    )  # fmt: skip


def _add(figure: Figure, line: Line, at: int) -> None:
    from plotly import graph_objects as go

    known = [mark.low is not None for mark in line.marks]
    symbols = [line.look.symbol if item else f"{line.look.symbol}-open" for item in known]
    figure.add_trace(
        go.Scatter(
            x=[mark.dose + line.aside for mark in line.marks],
            y=[mark.rate for mark in line.marks],
            mode="lines+markers",
            cliponaxis=False,
            name=screen.lines(line.group, screen.LABEL_COLUMNS, most=1),
            legendgroup=screen.safe(line.group),
            showlegend=at == 1,
            line={"color": line.look.colour, "width": 1.5},
            marker={"color": line.look.colour, "symbol": symbols, "size": 8},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": line.look.colour,
                "array": [0 if mark.high is None else mark.high - mark.rate for mark in line.marks],
                "arrayminus": [0 if mark.low is None else mark.rate - mark.low for mark in line.marks],
            },
            customdata=[[line.group, mark.condition_id, screen.lines(mark.hover, 50, most=5)] for mark in line.marks],
            hovertemplate="%{customdata[2]}<extra></extra>",
        ),
        row=at,
        col=1,
    )  # fmt: skip


def _legend_rows(curves: Curves) -> int:
    """Return how many lines the legend takes on a page of 390 px."""
    widest = max(text_width(wrap(group, screen.LABEL_COLUMNS)[0]) for group in curves.groups)
    return -(-len(curves.groups) // max(1, LEGEND_WIDTH // (SYMBOL_WIDTH + int(widest * screen.FONT * 0.55))))
