"""Figures of several points in a row: every number in words, the parts add up, links join what belongs together."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.figure_frames import CONDITIONS, MODEL, scores
from tests.figure_text import CAVEAT, plain, screen_text, svg_text
from workbench.errors import ScoringError
from workbench.fairness import compare_systems, crossed, gaps, metrics, rates
from workbench.figures import (
    Picture,
    degradation_dumbbells,
    engine_rates,
    error_kinds,
    failure_words,
    measured_as,
    normaliser_gaps,
    paired_differences,
    percent,
    percent_interval,
    points,
    points_interval,
    rate_heatmap,
    screen,
)
from workbench.figures.image_files import FORMATS

MODELS = (MODEL, "whisper:tiny.en#9")


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return scores(models=MODELS)


@pytest.fixture(scope="module")
def pictures(scored: pd.DataFrame) -> dict[str, Picture]:
    found = rates(scored, ["accent"])
    of = gaps(scored, "accent", margin=0.02)
    return {
        "degradations": degradation_dumbbells(found, "accent", model_id=MODEL, caveat=CAVEAT),
        "kinds": error_kinds(metrics(scored, ["accent"]), "accent", model_id=MODEL, caveat=CAVEAT),
        "normalisers": normaliser_gaps(
            {"basic": of, "whisper_en": of}, "accent", model_id=MODEL, margin=0.02, caveat=CAVEAT
        ),
        "engines": engine_rates(found, "accent", models=MODELS, caveat=CAVEAT),
        "paired": paired_differences(
            compare_systems(scored, ["accent"]), "accent", title="From one to the other", caveat=CAVEAT
        ),
    }


KINDS = ("degradations", "kinds", "normalisers", "engines", "paired")


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_alternative_states_every_number_and_the_caveat(kind: str, pictures: dict[str, Picture]) -> None:
    picture = pictures[kind]
    alt = plain(picture.alt)
    signed = kind in ("normalisers", "paired")
    told, interval = (points, points_interval) if signed else (percent, percent_interval)
    name = {"kinds": "value", "normalisers": "difference", "paired": "difference"}.get(kind, "rate")
    assert len(picture.table)
    for row in picture.table.to_dict("records"):
        value, low, high = (None if pd.isna(row[one]) else float(row[one]) for one in (name, "ci_low", "ci_high"))
        said = "no interval" if low is None else f"95 % interval {plain(interval(low, high))}"
        assert any(
            f": {plain(told(value, low, high))} (" in part and said in part for part in alt.split(str(row["group"]))
        ), (row["group"], value)
    assert CAVEAT in alt
    assert CAVEAT.split(",")[0] in svg_text(picture.svg())
    assert CAVEAT.split(":")[0] in screen_text(picture)


def test_clean_and_degraded_are_joined_under_every_condition(pictures: dict[str, Picture]) -> None:
    figure = pictures["degradations"].screen()
    dotted = [trace for trace in figure.data if trace.line.dash == "dot"]
    assert len(dotted) == len(CONDITIONS) - 1
    england = next(i for i, text in enumerate(figure.layout.yaxis.ticktext) if text.startswith("England"))
    clean, degraded = dotted[0].x[3 * england], dotted[0].x[3 * england + 1]
    words = 12 * 50
    errors = 5 + 6 + 4 + 9 + 7 + 5 + 6 + 6 + 3 + 8 + 6 + 5
    assert clean == pytest.approx(100 * errors / words)
    assert degraded == pytest.approx(100 * (errors + 12 * 8) / words)  # babble, the later condition, comes first


def test_what_shares_a_row_is_told_apart_by_a_key_of_marks_and_colours(pictures: dict[str, Picture]) -> None:
    figure = pictures["kinds"].screen()
    key = {
        trace.name: (trace.marker.symbol, trace.marker.color) for trace in figure.data if trace.showlegend is not False
    }
    assert list(key) == ["replaced (S)", "missed (D)", "invented (I)"]
    assert len({symbol for symbol, _ in key.values()}) == len({colour for _, colour in key.values()}) == 3
    drawn = {
        pair
        for trace in figure.data
        if trace.customdata is not None
        for pair in zip(trace.marker.symbol, trace.marker.color, strict=True)
    }
    assert {(symbol.removesuffix("-open"), colour) for symbol, colour in drawn} == set(key.values())
    assert all(name in svg_text(pictures["kinds"].svg()) for name in key)
    assert all(trace.marker.opacity == 1 for trace in figure.data if trace.customdata is not None)
    assert not pictures["paired"].screen().layout.showlegend
    apart, around = screen.apart(pictures["kinds"].screen())
    assert [(name, colour) for _, colour, name in around.key] == [(name, colour) for name, (_, colour) in key.items()]
    assert not apart.layout.showlegend
    assert apart.layout.height < figure.layout.height


def test_kinds_of_errors_add_up_to_the_word_error_rate(scored: pd.DataFrame, pictures: dict[str, Picture]) -> None:
    table = pictures["kinds"].table
    assert set(table["condition_id"]) == set(CONDITIONS)
    table = table[table["condition_id"] == "clean"]
    whole = rates(scored, ["accent"])
    whole = whole[(whole["model_id"] == MODEL) & (whole["condition_id"] == "clean")].set_index("accent")["rate"]
    for group, rows in table.groupby("group"):
        assert rows["value"].sum() == pytest.approx(whole[group])


def test_the_figure_names_the_groups_whose_verdict_hangs_on_the_normaliser(scored: pd.DataFrame) -> None:
    usual = gaps(scored, "accent", margin=0.02)
    other = usual.assign(
        verdict=usual["verdict"].mask((usual["group"] == "Wales") & (usual["condition_id"] == "clean"), "GAP")
    )
    picture = normaliser_gaps({"basic": usual, "fair_en": other}, "accent", model_id=MODEL)
    assert "The verdict or the direction depends on the normaliser: Wales (clean)." in picture.alt
    alone = normaliser_gaps({"basic": usual, "fair_en": other}, "accent", model_id=MODEL, conditions=[CONDITIONS[1]])
    assert "No verdict or direction depends on the normaliser." in alone.alt
    turned = usual.assign(difference=-usual["difference"])
    assert "depends on the normaliser: " in normaliser_gaps({"basic": usual, "x": turned}, "accent", model_id=MODEL).alt
    assert "clean" not in alone.alt
    assert "Grey band: gaps below ±2.5 points count as equal." in plain(
        normaliser_gaps({"basic": usual}, "accent", model_id=MODEL, margin=0.025).alt
    )


def test_another_measure_has_its_name_and_its_numbers(scored: pd.DataFrame) -> None:
    found = measured_as(metrics(scored, ["accent"]), "cer")
    picture = rate_heatmap(found, "accent", model_id=MODEL, measure="Character error rate")
    assert picture.title.startswith("Character error rate")
    assert "Character error rate (%)" in svg_text(picture.svg())
    cell = found[(found["accent"] == "Wales") & (found["condition_id"] == "clean") & (found["model_id"] == MODEL)]
    assert cell["rate"].iloc[0] == pytest.approx(4 * (11 + 14) / (2 * 250))  # four characters for each wrong word


def test_failures_are_counted_by_group_and_nothing_is_said_without_any(scored: pd.DataFrame) -> None:
    assert failure_words(rates(scored, ["accent"]), "accent", model_id=MODEL) == ""
    some = scores({"a": [[1, None], [2, 3]], "b": [[None, None], [4, 5]], "c": [[1, 2]]}, CONDITIONS[:2])
    said = failure_words(rates(some, ["accent"]), "accent", model_id=MODEL)
    assert said == "6 of 20 decodings failed and are not in the rates: b 4 of 8, a 2 of 8."


def test_crossed_groups_are_intersections_and_whoever_did_not_state_one_is_not_in_them(scored: pd.DataFrame) -> None:
    frame = scored.assign(gender=["f", "m"] * (len(scored) // 2))
    found = crossed(frame, ["accent", "gender"])["accent × gender"]
    assert set(found) == {f"{a}, {g}" for a in ("Scotland", "England", "Wales") for g in "fm"} | {"not stated"}
    assert (found == "Wales, f").sum() == ((frame["accent"] == "Wales") & (frame["gender"] == "f")).sum()
    with pytest.raises(ScoringError, match="two attributes"):
        crossed(frame, ["accent"])


@pytest.mark.parametrize("ending", FORMATS)
def test_a_figure_is_a_file_in_every_format_with_its_words(ending: str, pictures: dict[str, Picture]) -> None:
    made = FORMATS[ending][0](pictures["kinds"])
    assert made.startswith({"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[ending])
    if ending == "pdf":
        import io

        from pypdf import PdfReader

        page = PdfReader(io.BytesIO(made)).pages[0]
        assert "Words replaced" in page.extract_text()
        assert float(page.mediabox.width) == pytest.approx(170 / 25.4 * 72, abs=0.5)
        assert all("FontFile2" in str(font) or "/FontDescriptor" in str(font) for font in fonts_of(page))


def fonts_of(page: object) -> list[object]:
    """Return the fonts of a page's own text."""
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]  # type: ignore[index]


def test_one_condition_alone_has_no_degradation(scored: pd.DataFrame) -> None:
    clean = rates(scored[scored["condition_id"] == "clean"], ["accent"])
    with pytest.raises(ScoringError, match="needs clean audio and a condition"):
        degradation_dumbbells(clean, "accent", model_id=MODEL)
