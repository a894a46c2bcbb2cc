"""What every figure on the screen shares: a transparent page, inherited text colours, title and footer.

Sizes are pixels. Text carries no colour of its own but the template's, so that the app's theme can replace it; the
template's grey is readable on white and on black for those that show the figure elsewhere.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from workbench.figures.palette import NEUTRAL
from workbench.figures.wording import text_width, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = 12
SMALL = 11
LINE = 15
FOOTER_COLUMNS = 58
"""Columns of a footer line: fits a page of 390 px."""
LABEL_COLUMNS = 15
KEY_ROW = 22
"""Pixels of the line above the panels that says what stands for what."""


def safe(text: str) -> str:
    """Return ``text`` so that plotly shows it as it is: no tags, no links, no TeX."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def lines(text: str, width: int, *, most: int = 3) -> str:
    """Return ``text`` wrapped for the screen, its own markup disarmed."""
    return "<br>".join(safe(line) for line in wrap(text, width, lines=most))


def label_margin(labels: Sequence[str], columns: int = LABEL_COLUMNS) -> int:
    """Return the pixels that wrapped row labels need."""
    widest = max((text_width(line) for label in labels for line in wrap(label, columns)), default=0)
    return int(widest * FONT * 0.6) + 16


def template() -> object:
    """Return the template: transparent, grey text, hairline grid. Nothing is registered globally."""
    from plotly import graph_objects as go

    axis = {
        "gridcolor": "rgba(128,128,128,0.25)",
        "linecolor": "rgba(128,128,128,0.6)",
        "zerolinecolor": "rgba(128,128,128,0.25)",
        "zerolinewidth": 1,
        "ticks": "",
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": NEUTRAL, "size": FONT, "family": "'DejaVu Sans', 'Segoe UI', Arial, sans-serif"},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"align": "left"},
        }
    )


def footer(notes: Sequence[str], caveat: str) -> tuple[str, int]:
    """Return the text under a figure and its height in pixels: notes, then the caveat in bold."""
    rows = [safe(line) for note in notes for line in wrap(note, FOOTER_COLUMNS, lines=6)]
    if caveat:
        rows += [f"<b>{safe(line)}</b>" for line in wrap(caveat, FOOTER_COLUMNS - 8, lines=6)]
    return "<br>".join(rows), len(rows) * LINE


def finish(
    figure: Figure,
    *,
    title: str,
    subtitle: str,
    body: int,
    top: int,
    left: int,
    bottom: int,
    notes: Sequence[str],
    caveat: str,
    key: Sequence[tuple[str, str, str]] = (),
) -> Figure:
    """Give ``figure`` its title, footer and size.

    ``body``: height of the plot area; ``top`` and ``bottom``: what the axes need above and below it; ``left``: margin
    for row labels; ``key``: glyph, colour and name of what its legend explains.
    """
    top += KEY_ROW * bool(key)
    text, footer_height = footer(notes, caveat)
    heading = "<br>".join(f"<b>{safe(line)}</b>" for line in wrap(title, 46))
    heading += f"<br><span style='font-size:{SMALL}px'>{lines(subtitle, FOOTER_COLUMNS)}</span>"
    heading_height = 20 * len(wrap(title, 46)) + LINE * len(wrap(subtitle, FOOTER_COLUMNS)) + 6
    margin = {"l": left, "r": 30, "t": heading_height + top, "b": bottom + footer_height + 10, "pad": 0}
    height = body + margin["t"] + margin["b"]
    figure.update_layout(
        template=template(),
        height=height,
        margin=margin,
        modebar={"orientation": "h"},
    )
    block = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "xshift": 4 - left, "align": "left"}
    heading_font, above = {"size": 14}, {"y": 1, "yanchor": "bottom", "yshift": top}
    figure.add_annotation(name=_ABOVE, text=heading, showarrow=False, font=heading_font, **above, **block)
    if text:
        below = {"y": 0, "yanchor": "top", "yshift": -bottom}
        figure.add_annotation(name=_BELOW, text=text, showarrow=False, font={"size": SMALL}, **below, **block)
    around = Around(title, subtitle, tuple(notes), caveat, tuple(key))
    return figure.update_layout(meta={"around": around._asdict(), "heights": [heading_height, footer_height]})


class Around(NamedTuple):
    """The words around a figure, for a page that writes them itself, across its own width."""

    title: str
    subtitle: str
    notes: tuple[str, ...]
    caveat: str
    key: tuple[tuple[str, str, str], ...] = ()
    """Glyph, colour and name of what shares a row; a page writes it in lines that fit its width."""


_ABOVE, _BELOW = "above", "below"


def apart(figure: Figure) -> tuple[Figure, Around]:
    """Take title, key, notes and caveat out of a figure that :func:`finish` made, and return both."""
    layout = figure.layout
    above, below = layout.meta["heights"]
    text = layout.meta["around"]
    layout.annotations = [annotation for annotation in layout.annotations if annotation.name not in (_ABOVE, _BELOW)]
    key = tuple((str(glyph), str(colour), str(name)) for glyph, colour, name in text["key"])
    if key:
        above += KEY_ROW
        layout.showlegend = False
    margin = {"t": layout.margin.t - above, "b": layout.margin.b - below}
    figure.update_layout(height=layout.height - above - below, margin=margin)
    return figure, Around(text["title"], text["subtitle"], tuple(text["notes"]), text["caveat"], key)
