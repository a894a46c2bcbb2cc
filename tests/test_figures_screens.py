"""Figures on the screen: a page takes the words around a figure out of it and loses none, nor any of its plot area."""

from __future__ import annotations

from plotly import graph_objects as go

from workbench.figures.screens import apart, finish

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
