"""A figure as a value: what it says in words and numbers, and how to draw it on screen and on paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, eq=False)
class Picture:
    """One figure with its text alternative and its numbers; nothing is drawn before it is asked for.

    Attributes
    ----------
    title : one line, what is shown
    alt : the full text alternative, every number of the figure in sentences
    table : the numbers behind the figure, one row per drawn cell or point, rates as fractions
    caveat : what must be said wherever the figure shows (synthetic voices); printed under it; may be empty
    """

    title: str
    alt: str
    table: pd.DataFrame
    caveat: str = ""
    draw_screen: Callable[[bool], Figure] = field(repr=False, kw_only=True)
    draw_svg: Callable[[bool], str] = field(repr=False, kw_only=True)

    def screen(self, *, narrow: bool = False) -> Figure:
        """Return the figure for the screen: plotly, transparent, readable on light and on dark pages.

        ``narrow`` : panels stand one below the other, for a telephone.

        Every point that can be clicked carries ``customdata``: group, condition_id, and what hovering says.
        """
        return self.draw_screen(narrow)

    def svg(self, *, titled: bool = True) -> str:
        """Return the figure for print: an SVG document of vectors and text, 170 mm wide, the same bytes each time.

        ``titled=False`` leaves the title out, for a page that prints it as a caption.
        """
        return self.draw_svg(titled)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Return what a notebook shows: the figure for the screen where plotly is understood, the printed one elsewhere."""
        return {
            "application/vnd.plotly.v1+json": json.loads(str(self.screen().to_json())),
            "image/svg+xml": self.svg(),
            "text/plain": self.alt,
        }
