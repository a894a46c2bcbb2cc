"""From what a figure shows to the figure: who draws it on the screen and who on paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from workbench.figures.board import Board
from workbench.figures.curves import Curves
from workbench.figures.forest import Forest
from workbench.figures.picture import Picture

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Content = Forest | Board | Curves


def picture_of(content: Content, table: pd.DataFrame) -> Picture:
    """Return the figure of ``content`` over ``table``, the numbers that it shows; nothing is drawn yet."""
    return Picture(
        content.title,
        content.alt,
        table,
        content.caveat,
        draw_screen=partial(_screen, content),
        draw_svg=partial(_paper, content),
    )


# The renderers are imported when they draw: plotly and matplotlib take long to load.


def _screen(content: Content, narrow: bool) -> Figure:
    from workbench.figures import board_screen, curves_screen, forest_screen

    if isinstance(content, Forest):
        return forest_screen.draw(content.noted, narrow=narrow)
    if isinstance(content, Board):
        return board_screen.draw(content)
    return curves_screen.draw(content)


def _paper(content: Content, titled: bool) -> str:
    from workbench.figures import board_paper, curves_paper, forest_paper

    if isinstance(content, Forest):
        return forest_paper.draw(content.noted, titled)
    if isinstance(content, Board):
        return board_paper.draw(content, titled)
    return curves_paper.draw(content, titled)
