"""The figures of changes and doses: what is shown is outlined, what is saturated is grey, every number is in words."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from tests.figure_text import CAVEAT, NASTY, plain, screen_text, svg_text
from tests.paired_scores import paired_scores
from workbench.errors import ScoringError
from workbench.fairness import dose_response, gap_changes, spread
from workbench.figures import (
    Picture,
    dose_curves,
    gap_change_heatmap,
    percent,
    percent_interval,
    points,
    points_interval,
    spread_table,
)
from workbench.figures.palette import change_colour, ink_on, luminance

LEVELS = ("clean", "noise@1", "noise@2")


def people(*rates: int, n: int = 8) -> list[list[int]]:
    return [[max(0, rate + shift) for rate in rates] for shift in range(-(n // 2), n - n // 2)]


ERRORS = {
    "worse": people(20, 40, 60),
    "alike": people(20, 22, 24),
    "full": people(88, 89, 90),
    "few": people(20, 30, 40, n=3),
    "one": people(20, 30, 40, n=1),
}


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return paired_scores(ERRORS, LEVELS)


@pytest.fixture(scope="module")
def changed(scored: pd.DataFrame) -> pd.DataFrame:
    return gap_changes(scored, "accent", permutations=999)


@pytest.fixture(scope="module")
def pictures(scored: pd.DataFrame, changed: pd.DataFrame) -> dict[str, Picture]:
    return {
        "changes": gap_change_heatmap(changed, "accent", model_id="m", caveat=CAVEAT),
        "doses": dose_curves(dose_response(scored, "accent"), "accent", model_id="m", caveat=CAVEAT),
    }


KINDS = ("changes", "doses")


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_alternative_states_every_number(kind: str, pictures: dict[str, Picture]) -> None:
    alt = plain(pictures[kind].alt)
    table = pictures[kind].table
    assert len(table) == len(ERRORS) * (len(LEVELS) - (kind == "changes"))
    for row in table.itertuples():
        if kind == "changes":
            number, interval = points(row.change, row.ci_low, row.ci_high), points_interval(row.ci_low, row.ci_high)
            assert row.answer in alt
        else:
            number, interval = percent(row.rate, row.ci_low, row.ci_high), percent_interval(row.ci_low, row.ci_high)
        told = "no interval" if pd.isna(row.ci_low) else f"95 % interval {plain(interval)}"
        assert any(plain(number) in part and told in part for part in alt.split(f"{row.group}") if part), (
            row.group,
            number,
            told,
        )
    assert CAVEAT in alt


@pytest.mark.parametrize("kind", KINDS)
def test_screen_and_print_say_title_caveat_and_groups(kind: str, pictures: dict[str, Picture]) -> None:
    for text in (screen_text(pictures[kind]), svg_text(pictures[kind].svg())):
        for word in (*ERRORS, "noise"):
            assert word in text
        assert "Synthetic voices" in text
    assert pictures[kind].svg() == pictures[kind].svg(), "the same bytes each time"


def test_only_what_is_shown_over_the_whole_map_is_outlined(changed: pd.DataFrame, pictures: dict[str, Picture]) -> None:
    shown = changed["answer"].isin(["both scales", "additive only", "relative only", "narrows"])
    assert 0 < shown.sum() < len(changed)
    figure = pictures["changes"].screen()
    outlines = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(outlines) == shown.sum()
    text = screen_text(pictures["changes"])
    assert "▲" in text and "Coloured and outlined: statistically significant at 5 %" in " ".join(text.split())


def test_nothing_shown_is_said(scored: pd.DataFrame) -> None:
    alike = paired_scores({"A": people(20, 30), "B": people(20, 30)})
    picture = gap_change_heatmap(gap_changes(alike, "accent", permutations=99), "accent", model_id="m")
    assert "No cell is coloured" in screen_text(picture) and "No cell is coloured" in plain(picture.alt)
    maps = [trace for trace in picture.screen().data if trace.type == "heatmap"]
    filled = [trace.colorscale for trace in maps if np.isfinite(np.array(trace.z, dtype=float)).any()]
    assert {colour for scale in filled for _, colour in scale} == {"rgba(128,128,128,0.12)"}, (
        "what may be chance has no colour"
    )
    assert not [shape for shape in picture.screen().layout.shapes if shape.type == "rect"]


def test_marks_are_explained(pictures: dict[str, Picture]) -> None:
    for text in (screen_text(pictures["changes"]), svg_text(pictures["changes"].svg())):
        for said in ("fewer than 5 speakers on a side", "not computed: one speaker", "saturated: fewer than 20%"):
            assert said in text


def test_doses_stand_on_one_scale_with_units(pictures: dict[str, Picture], scored: pd.DataFrame) -> None:
    figure = pictures["doses"].screen()
    assert "severity (0 is clean)" in screen_text(pictures["doses"]) and "WER (%)" in screen_text(pictures["doses"])
    level = dose_curves(dose_response(scored, "accent", over="level"), "accent", model_id="m")
    assert "level (dB)" in screen_text(level) and "level (dB)" in svg_text(level.svg())
    assert len({tuple(axis.range) for axis in figure.select_yaxes()}) == 1
    symbols = [symbol for trace in figure.data for symbol in trace.marker.symbol]
    assert sum(symbol.endswith("-open") for symbol in symbols) == len(LEVELS), "one speaker has no interval"


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_words_in_a_cell_can_be_read(share: float) -> None:
    colour = change_colour(share)
    low, high = sorted((luminance(colour), luminance(ink_on(colour))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_names_are_shown_as_they_are() -> None:
    errors = {name: people(20, 30) for name in NASTY}
    scores = paired_scores(errors)
    for picture in (
        gap_change_heatmap(gap_changes(scores, "accent", permutations=9), "accent", model_id="m"),
        dose_curves(dose_response(scores, "accent"), "accent", model_id="m"),
    ):
        ElementTree.fromstring(picture.svg())
        assert "<b>tag</b>" not in screen_text(picture).replace("<b>What", "")
        assert "$x^2$" in plain(picture.alt)


def test_the_table_of_spread_has_units() -> None:
    found = spread(paired_scores({"A": people(20, 30), "B": people(40, 50)}), "accent", permutations=99)
    table = spread_table(found, model_id="m", condition_id="clean").set_index("Statistic")
    assert plain(table.loc["max - min", "Value"]) == "20.0 %"
    assert "to" in table.loc["max - min", "95 % interval"] and table.loc["max / min", "Value"] == "2.03"
    assert table.loc["FAAS", "p"] == "–"


@pytest.mark.parametrize("call", [gap_change_heatmap, dose_curves])
def test_what_is_not_there_is_refused(call, scored: pd.DataFrame, changed: pd.DataFrame) -> None:
    frame = changed if call is gap_change_heatmap else dose_response(scored, "accent")
    for options in ({"attribute": "accent", "model_id": "n"}, {"attribute": "region", "model_id": "m"}):
        with pytest.raises(ScoringError, match="there"):
            call(frame, **options)
    with pytest.raises(ScoringError, match="no spread"):
        spread_table(spread(scored, "accent", permutations=9), model_id="n", condition_id="clean")
