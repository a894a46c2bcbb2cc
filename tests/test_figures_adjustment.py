"""Figures of adjustment and of failing words: what they say in words, that both drawings hold it, and what is missing."""

from __future__ import annotations

import pytest

from tests.audits import audit
from tests.test_fairness_word_errors import corpus
from workbench.errors import ScoringError
from workbench.fairness import adjust, confusions, word_errors
from workbench.fairness.adjusted.covariates import NOT_A_METRIC
from workbench.figures import Picture, adjusted_intervals, balance_plot, failing_words, split_bars
from workbench.figures.kitagawa_bars import Bars

AT = {"model_id": "m", "condition_id": "clean"}
SYNTHETIC = "Synthetic voices."


@pytest.fixture(scope="module")
def found():
    frame = audit((8, 9), by_gender=0.8, gender_share=(0.9, 0.2))
    return adjust(frame, "accent", covariates=["gender", "log_speech_rate"])


def holds(picture: Picture, *texts: str) -> None:
    """Title, caveat and texts stand in the alternative and in both drawings."""
    svg, screen = picture.svg(), picture.screen()
    drawn = " ".join(str(one.text) for one in screen.layout.annotations)
    assert SYNTHETIC in svg and SYNTHETIC in drawn and SYNTHETIC in picture.alt
    assert all(text in picture.alt for text in texts)
    assert picture.svg() == svg and svg.startswith("<?xml")
    assert not picture.table.empty


def test_adjusted_gaps_stand_side_by_side(found):
    picture = adjusted_intervals(found.gaps, "accent", **AT, caveat=SYNTHETIC)
    holds(picture, "raw: ", "matched prompts: ", "standardised: ", "propensity matched: ", "adjusted: ", NOT_A_METRIC)
    svg = picture.svg()
    assert all(f">{name}<" in svg for name in ("raw", "matched prompts", "fully adjusted"))
    raw = found.gaps[(found.gaps["method"] == "raw") & (found.gaps["group"] == "B")].iloc[0]
    points = [list(trace.x) for trace in picture.screen().data if trace.mode == "markers+text"]
    assert any(value == pytest.approx(100 * raw["difference"]) for value in points[0])
    symbols = [set(trace.marker.symbol) for trace in picture.screen().data if trace.mode == "markers+text"]
    assert symbols[-1] == {"circle-open"} and symbols[0] == {"circle"}


def test_the_love_plot_shows_before_and_after(found):
    picture = balance_plot(found.balance, "B", **AT, caveat=SYNTHETIC)
    holds(picture, "before", "after matching", "Gender: m")
    row = found.balance[found.balance["group"] == "B"].iloc[0]
    trace = next(trace for trace in picture.screen().data if trace.mode == "markers+text")
    assert sorted(trace.x) == pytest.approx(sorted([100 * row["smd_before"], 100 * row["smd_after"]]))
    assert set(trace.marker.symbol) == {"circle", "circle-open"}


def test_the_bars_add_up_to_the_gap(found):
    picture = split_bars(found.split, "accent", **AT, caveat=SYNTHETIC)
    holds(picture, "mix of gender", "within the same gender")
    figure = picture.screen()
    bars = [trace for trace in figure.data if trace.type == "bar"]
    for at, gap in enumerate(next(trace for trace in figure.data if trace.type == "scatter").x):
        assert sum(trace.x[list(trace.y).index(at)] for trace in bars) == pytest.approx(gap)


def test_parts_of_different_sign_start_at_zero_and_the_same_go_on():
    bars = Bars("", "", "", ("g",), ({"mix": 2.0, "within": 3.0, "unmatched": -1.0},), (4.0,), {}, 5.0, (), "")
    assert bars.pieces(0) == [("mix", 0.0, 2.0), ("within", 2.0, 3.0), ("unmatched", 0.0, -1.0)]


def test_failing_words_show_the_worst_and_their_counts():
    frame = corpus()
    picture = failing_words(word_errors(frame, "accent"), "x", **AT, caveat=SYNTHETIC)
    holds(picture, "pump: ", "the rest", "log-odds +")
    pairs = failing_words(confusions(frame, "accent"), "x", **AT, most=3, caveat=SYNTHETIC)
    holds(pairs, "pump → bump")
    assert len(pairs.table) == 3
    trace = next(trace for trace in picture.screen().data if trace.mode == "markers+text")
    beyond_chance = [p < 0.1 for p in picture.table["p_adjusted"]]
    assert [one == "circle" for one in trace.marker.symbol] == beyond_chance and {*beyond_chance} == {True, False}


def test_what_is_not_there_is_named(found):
    with pytest.raises(ScoringError, match="there is nothing of group 'C'"):
        balance_plot(found.balance, "C", **AT)
    with pytest.raises(ScoringError, match="there is nothing of condition_id 'noise'"):
        adjusted_intervals(found.gaps, "accent", model_id="m", condition_id="noise")


def test_groups_without_figures_are_still_drawn():
    found = adjust(audit((1, 1)), "accent", covariates=["gender"])
    assert "no interval" in adjusted_intervals(found.gaps, "accent", **AT).alt
    assert split_bars(found.split, "accent", **AT).svg()
