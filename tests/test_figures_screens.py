"""Figures on the screen: a page takes the words around a figure out of it and loses none, nor any of its plot area."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from plotly import graph_objects as go

from workbench.figures.forest import Dot, Forest, Panel, Row
from workbench.figures.palette import Look
from workbench.figures.renderers import picture_of
from workbench.figures.screen import apart, finish

WORDS = {"title": "Gaps by accent " * 4, "subtitle": "whisper", "notes": ["Lines: intervals.", "Order: $1 <b>"], "caveat": "Synthetic."}  # fmt: skip


def framed(**words: object) -> go.Figure:
    figure = go.Figure(go.Bar(x=[1], y=["a"])).add_annotation(text="of the figure itself", x=0, y=0)
    return finish(figure, body=200, top=30, left=50, bottom=40, **{**WORDS, **words})


def test_the_words_are_those_that_were_given_and_are_no_longer_in_the_figure() -> None:
    figure, around = apart(framed())
    assert around._asdict() == {**WORDS, "notes": tuple(WORDS["notes"]), "key": ()}
    assert [one.text for one in figure.layout.annotations] == ["of the figure itself"]


def test_the_plot_area_keeps_its_height() -> None:
    for words in ({}, {"notes": [], "caveat": ""}):
        figure, _ = apart(framed(**words))
        layout = figure.layout
        assert layout.height - layout.margin.t - layout.margin.b == 200
        assert layout.margin.t == 30
        assert layout.margin.b == 50


def forest(*, n: int, start: float, end: float) -> Forest:
    """Return a figure of one point in each of ``n`` panels; the second row has nothing below its name."""
    dot = Dot(0, 0.0, None, None, Look("#000000", "circle", "o"), "", "zero")
    return Forest(
        title="T", subtitle="", alt="", rows=(Row("Words per second", "4 speakers"), Row("Pauses", "")),
        panels=tuple(Panel(f"group {i}", "", (dot,)) for i in range(n)), x_title="x", start=start, end=end, band=None,
        notes=(), caveat="",
    )  # fmt: skip


@pytest.mark.parametrize("n", [2, 3, 4, 9])
@pytest.mark.parametrize(
    ("start", "end"), [(-206.0, 206.0), (-100.0, 100.0), (-31.0, 64.0), (0.0, 104.0), (-15.0, 15.0)]
)
def test_scales_side_by_side_do_not_touch_on_a_telephone(start: float, end: float, n: int) -> None:
    layout = picture_of(forest(n=n, start=start, end=end), pd.DataFrame()).screen().layout
    page = 390 - 2 * 16 - layout.margin.l - layout.margin.r
    per_character = 5.6  # pixels, of digits of ten
    ends = []
    for i in range(n):
        axis = layout[f"xaxis{i + 1 if i else ''}"]
        left, right = (page * share for share in axis.domain)
        named = [(at, text) for at, text in zip(axis.tickvals, axis.ticktext, strict=True) if text]
        assert len(named) >= 2
        places = [left + (at - start) / (end - start) * (right - left) for at, _ in named]
        halves = [len(text) * per_character / 2 for _, text in named]
        spans = [(place - half, place + half) for place, half in zip(places, halves, strict=True)]
        assert all(one[1] < other[0] for one, other in pairwise(spans))
        ends.append((axis.domain[0], spans[0][0], spans[-1][1]))
    beside = [(one, other) for one, other in pairwise(ends) if other[0] > one[0]]
    assert beside
    assert all(other[1] - one[2] >= 3 for one, other in beside)


def test_a_name_with_nothing_below_it_has_no_second_line() -> None:
    written = picture_of(forest(n=1, start=-1.0, end=1.0), pd.DataFrame()).screen().layout.yaxis.ticktext
    assert written[1] == "Pauses"
    assert "4 speakers" in written[0].split("<br>")[-1]
