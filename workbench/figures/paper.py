"""What every printed figure shares: matplotlib by its objects (no pyplot), text kept as text, the same bytes each time.

Lengths are inches, text sizes points; the width is that of a card's text (170 mm). Text is set in DejaVu Sans, which
comes with matplotlib, and stays text in the SVG, so that it can be selected, searched and read aloud in the card.
"""

from __future__ import annotations

import gc
import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.figures.wording import text_width, wrap

WIDTH = 170 / 25.4
TALLEST = 225 / 25.4
FONT = 7.0
SMALL = 6.2
LINE = FONT * 1.28 / 72
EDGE = 0.04
INK = "#1a1a1a"
GREY = "#666666"
HAIR = "#c8c8c8"
FOOTER_COLUMNS = 128
LABEL_COLUMNS = 22

_RENDERING = threading.Lock()
"""matplotlib reads its settings from one global table: one drawing at a time."""


_LOOKS = ("axes.", "figure.", "font.", "hatch.", "lines.", "markers.", "patch.", "path.", "savefig.", "svg.", "text.")
"""The settings that decide what these figures look like."""


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with matplotlib's own defaults, whatever a user's settings say; everything drawn stands inside this."""
    import matplotlib

    usual = {key: value for key, value in matplotlib.rcParamsDefault.items() if key.startswith(_LOOKS)}
    ours = {
        "svg.fonttype": "none",
        "svg.hashsalt": "workbench",
        "font.family": ["DejaVu Sans", "sans-serif"],
        "figure.dpi": 72,
    }
    with _RENDERING, _collecting_later(), matplotlib.rc_context(usual | ours), warnings.catch_warnings():
        # A name in a script that DejaVu Sans lacks is still written as text; only its width is estimated.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Put off collecting garbage: a drawing is many small objects that are all needed until it is written.

    Looking through them and through everything else that the process holds, again and again, is 40 % of drawing a card.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def label_width(labels: Sequence[str], columns: int = LABEL_COLUMNS, size: float = FONT) -> float:
    """Return the inches that wrapped row labels need."""
    widest = max((text_width(line) for label in labels for line in wrap(label, columns)), default=0)
    return widest * size * 0.6 / 72 + 0.1


def put(target: Any, x: float, y: float, text: str, **style: Any) -> Any:
    """Write ``text`` literally (no mathematics, no TeX) on an axes or a figure and return it."""
    style = {"fontsize": FONT, "color": INK, **style}
    written = target.text(x, y, text, **style)
    written.set_parse_math(False)
    return written


def line(axes: Any, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
    """Draw a line, or the markers of its points, on axes whose limits are set; ``style`` as of ``Line2D``.

    ``axes.plot`` gives the same bytes, slower: it looks for units, formats, and limits that fit.
    """
    from matplotlib.lines import Line2D

    axes.add_artist(Line2D(x, y, **style))


class Sheet:
    """One printed figure: a page of fixed width with a title above, notes and caveat below, and room for axes."""

    def __init__(self, *, body: float, title: str, subtitle: str, notes: Sequence[str], caveat: str) -> None:
        from matplotlib.figure import Figure

        head = [
            *((line, FONT + 2, "bold") for line in wrap(title, 90)),
            *((line, SMALL, "normal") for line in wrap(subtitle, 110)),
        ]
        self._head = head if title else []
        foot = [(line, "normal") for note in notes for line in wrap(note, FOOTER_COLUMNS, lines=8)]
        self._foot = foot + [(line, "bold") for line in wrap(caveat, FOOTER_COLUMNS - 14, lines=8) if caveat]
        self.top = sum(size * 1.35 / 72 for _, size, _ in self._head) + (0.08 if self._head else EDGE)
        self.bottom = len(self._foot) * SMALL * 1.35 / 72 + 0.06
        self.height = self.top + body + self.bottom
        self.figure = Figure(figsize=(WIDTH, self.height))
        self._write()

    def _write(self) -> None:
        y = self.height - EDGE / 2
        for line, size, weight in self._head:
            put(self.figure, EDGE / WIDTH, y / self.height, line, fontsize=size, fontweight=weight, va="top")
            y -= size * 1.35 / 72
        y = self.bottom - 0.03
        for line, weight in self._foot:
            put(self.figure, EDGE / WIDTH, y / self.height, line, fontsize=SMALL, fontweight=weight, va="top")
            y -= SMALL * 1.35 / 72

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Return axes at ``left`` from the page's edge and ``top`` below the heading, without frame and ticks."""
        bottom = self.height - self.top - top - height
        axes = self.figure.add_axes((left / WIDTH, bottom / self.height, width / WIDTH, height / self.height))
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set_visible(False)
        return axes

    def svg(self, title: str, alt: str) -> str:
        """Return the drawn page as an SVG document that carries ``title`` and ``alt`` as its description."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        sink = io.StringIO()
        FigureCanvasSVG(self.figure).print_svg(
            sink, metadata={"Date": None, "Creator": None, "Title": title, "Description": alt}
        )
        return sink.getvalue()
