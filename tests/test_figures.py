"""Figures: every number in words, in print and on screen; what is weak looks weak; names are shown as they are."""

from __future__ import annotations

import gc
import itertools
import re
import subprocess
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.figure_frames import CONDITIONS, DEMO, MODEL, scores
from tests.figure_text import CAVEAT, NASTY, plain, screen_text, svg_text
from workbench.errors import ScoringError
from workbench.fairness import gaps, rates
from workbench.figures import (
    Picture,
    condition_label,
    condition_labels,
    gap_intervals,
    paper,
    percent,
    percent_interval,
    points,
    points_interval,
    rate_heatmap,
    rate_intervals,
    speakers,
)
from workbench.figures.palette import (
    BETTER,
    COLOURS,
    FADED,
    NEUTRAL,
    WITHIN,
    WORSE,
    ink_on,
    looks,
    luminance,
    rate_colour,
)
from workbench.figures.wording import clean_text, text_width, wrap


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return rates(scores(), ["accent"])


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    return gaps(scores(), "accent", margin=0.02)


@pytest.fixture(scope="module")
def pictures(found: pd.DataFrame, compared: pd.DataFrame) -> dict[str, Picture]:
    return {
        "heatmap": rate_heatmap(found, "accent", model_id=MODEL, caveat=CAVEAT),
        "rates": rate_intervals(found, "accent", model_id=MODEL, caveat=CAVEAT),
        "gaps": gap_intervals(compared, "accent", model_id=MODEL, margin=0.02, caveat=CAVEAT),
    }


KINDS = ("heatmap", "rates", "gaps")


# -- numbers in words


@pytest.mark.parametrize(
    ("rate", "low", "high", "words", "interval"),
    [
        (0.2437, 0.18, 0.31, "24 %", "18 to 31 %"),
        (0.2437, 0.2401, 0.2473, "24.4 %", "24.0 to 24.7 %"),
        (1.264, 0.9, 1.6, "126 %", "90 to 160 %"),
        (0.0, 0.0, 0.02, "0 %", "0 to 2 %"),
        (0.004, 0.0, 0.03, "0.4 %", "0 to 3 %"),
        (0.125, None, None, "12 %", "no interval"),
        (float("nan"), float("nan"), float("nan"), "–", "no interval"),
    ],
)
def test_a_rate_keeps_no_more_digits_than_its_interval_supports(
    rate: float, low: float | None, high: float | None, words: str, interval: str
) -> None:
    assert plain(percent(rate, low, high)) == words
    assert plain(percent_interval(low, high)) == interval


@pytest.mark.parametrize(
    ("difference", "low", "high", "words", "interval"),
    [
        (0.12, 0.03, 0.21, "+12 points", "+3 to +21 points"),
        (-0.031, -0.09, 0.03, "−3 points", "−9 to +3 points"),
        (0.01, -0.2, 0.22, "+1 point", "−20 to +22 points"),
        (-0.001, -0.02, 0.02, "0 points", "−2 to +2 points"),
        (0.0052, 0.0, 0.0104, "+0.5 points", "0.0 to +1.0 points"),
        (0.3, None, None, "+30 points", "no interval"),
        (-0.08, -0.151, -0.002, "−8 points", "−15.1 to −0.2 points"),
        (0.14, -0.004, 0.29, "+14 points", "−0.4 to +29.0 points"),
    ],
)
def test_a_gap_carries_its_sign_and_its_unit(
    difference: float, low: float | None, high: float | None, words: str, interval: str
) -> None:
    assert plain(points(difference, low, high)) == words
    assert plain(points_interval(low, high)) == interval


def test_one_speaker_is_singular() -> None:
    assert [plain(speakers(n)) for n in (0, 1, 2, 1000)] == ["0 speakers", "1 speaker", "2 speakers", "1,000 speakers"]


@pytest.mark.parametrize(
    ("condition_id", "label"),
    [
        ("clean", "clean"),
        ("white_noise@2", "white noise, 10 dB"),
        ("babble@4", "babble, −2 dB"),
        ("room@3", "room, 0.8 s"),
        ("handset_band@2", "handset band, order 4"),
        ("g711@1", "G.711 mu-law, 1 pass"),
        ("g711@2", "G.711 mu-law, 2 passes"),
        ("equip_pulse?frequency_hz=1200&snr_db=6", "equipment pulse, 6 dB, frequency 1200 Hz"),
        ("vendor_noise@loud", "vendor noise, loud"),
        ("boat@3", "boat, level 3"),
        ("wind?speed_km=80&snr_db=-3", "wind, speed km 80, snr −3 dB"),
        ("", "(empty)"),
    ],
)
def test_a_condition_is_called_what_people_call_it(condition_id: str, label: str) -> None:
    assert plain(condition_label(condition_id)) == label


def test_two_conditions_never_share_a_label() -> None:
    labels = condition_labels(["white_noise@2", "white_noise?snr_db=10", "clean"])
    assert len(set(labels.values())) == 3
    assert labels["clean"] == "clean"


@given(st.text(max_size=60), st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width, lines=1000)
    assert all(0 < text_width(line) <= width for line in lines) or width < text_width("(empty)")
    assert "".join(lines).replace(" ", "") == "".join(wrap(text, 10**6, lines=1)).replace(" ", "")


def test_what_no_page_can_hold_and_what_counts_twice_is_what_unicode_says() -> None:
    for char in map(chr, (*range(0x3100), 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600)):
        if char in " \t\r\n\f\v\u2028\u2029":
            assert clean_text(f"a{char}b") == "a b"
            continue
        held = unicodedata.category(char) not in ("Cc", "Cs") and char not in "\ufffe\uffff"
        assert clean_text(f"a{char}b") == (f"a{char}b" if held else "a\ufffdb")
        assert text_width(f"a{char}") == 1 + (2 if unicodedata.east_asian_width(char) in "WF" else 1)


def test_characters_that_no_page_can_hold_are_replaced() -> None:
    assert clean_text("a\nbell\x07 and a\tlone \ud800") == "a bell\ufffd and a lone \ufffd"


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert wrap("one two three four five", 5, lines=2) == ["one", "two…"]


# -- every figure says every number


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_alternative_states_every_number(kind: str, pictures: dict[str, Picture]) -> None:
    picture = pictures[kind]
    alt = plain(picture.alt)
    assert len(picture.table) == len(DEMO) * len(CONDITIONS)
    for row in picture.table.itertuples():
        if kind == "gaps":
            number, interval = points(row.difference, row.ci_low, row.ci_high), points_interval(row.ci_low, row.ci_high)
        else:
            number, interval = percent(row.rate, row.ci_low, row.ci_high), percent_interval(row.ci_low, row.ci_high)
        told = "no interval" if pd.isna(row.ci_low) else f"95 % interval {plain(interval)}"
        assert f"{row.group} {plain(number)} ({plain(speakers(row.n_speakers))}, {told}" in alt


def test_the_heat_map_shows_every_rate_with_its_speakers(found: pd.DataFrame, pictures: dict[str, Picture]) -> None:
    printed, shown = svg_text(pictures["heatmap"].svg()), screen_text(pictures["heatmap"])
    cells = [plain(percent(r.rate, r.ci_low, r.ci_high)) for r in found.itertuples()]
    for cell in cells:
        assert printed.count(cell) >= cells.count(cell)
        assert shown.count(cell) >= cells.count(cell)
    for n in ("6 speakers", "3 speakers", "2 speakers", "1 speaker"):
        assert n in printed
        assert n in shown


@pytest.mark.parametrize("kind", KINDS)
def test_the_caveat_stands_under_the_figure_on_screen_in_print_and_in_words(
    kind: str, pictures: dict[str, Picture], found: pd.DataFrame
) -> None:
    picture = pictures[kind]
    assert CAVEAT in svg_text(picture.svg())
    assert CAVEAT.split(":")[0] in screen_text(picture)
    assert "not people." in screen_text(picture).replace("<b>", "").replace("</b>", "")
    assert picture.alt.endswith(CAVEAT)


def test_without_a_caveat_nothing_is_called_synthetic(found: pd.DataFrame) -> None:
    picture = rate_heatmap(found, "accent", model_id=MODEL)
    assert "ynthetic" not in picture.alt + svg_text(picture.svg()) + screen_text(picture)


@pytest.mark.parametrize(
    ("kind", "axis"),
    [("heatmap", "Word error rate (%)"), ("rates", "Word error rate (%)"), ("gaps", "Gap (percentage points)")],
)
def test_the_scale_has_a_name_and_a_unit(kind: str, axis: str, pictures: dict[str, Picture]) -> None:
    assert axis in svg_text(pictures[kind].svg())
    assert axis in screen_text(pictures[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_the_title_can_be_left_to_the_page(kind: str, pictures: dict[str, Picture]) -> None:
    assert pictures[kind].title in svg_text(pictures[kind].svg())
    assert pictures[kind].title not in svg_text(pictures[kind].svg(titled=False))


# -- what is weak looks weak


def test_one_speaker_has_a_hollow_point_its_label_and_no_interval(pictures: dict[str, Picture]) -> None:
    for kind in ("rates", "gaps"):
        figure = pictures[kind].screen()
        marked = [trace for trace in figure.data if trace.text]
        assert len(marked) == len(CONDITIONS)
        for trace in marked:
            by_group = {custom[0]: i for i, custom in enumerate(trace.customdata)}
            alone, many = by_group["Wales"], by_group["England"]
            assert trace.marker.symbol[alone].endswith("-open")
            assert plain(trace.text[alone]) == "1 speaker"
            assert kind == "gaps" or not trace.marker.symbol[many].endswith("-open")
            assert trace.text[many] == ""
            rows = {y for line in figure.data if line.mode == "lines" and line.xaxis == trace.xaxis for y in line.y}
            assert trace.y[alone] not in rows
            assert trace.y[many] in rows
        assert svg_text(pictures[kind].svg()).count("1 speaker") >= len(CONDITIONS)


def test_a_verdict_that_is_not_settled_is_an_outline_called_tentative() -> None:
    """Firm: many speakers and a gap beyond chance over the family. Tentative: two speakers, or chance among many groups."""
    firm = gaps(scores({"a": [[5], [6], [7], [6], [5]], "b": [[25], [24], [26], [25], [27]]}, ["clean"]), "accent")
    few = gaps(scores({"a": [[5], [6], [7], [6], [5]], "b": [[25], [24], [26]]}, ["clean"]), "accent")
    chance = firm.assign(p_familywise=0.051)
    assert set(firm["verdict"]) == set(few["verdict"]) == {"GAP"}
    for frame, why in ((firm, ""), (few, "fewer than 5 speakers"), (chance, "may be chance among so many comparisons")):
        picture = gap_intervals(frame, model_id=MODEL)
        symbols = {s for trace in picture.screen().data if trace.text for s in trace.marker.symbol}
        assert symbols == {"diamond-open" if why else "diamond"}
        printed, alt = svg_text(picture.svg()), plain(picture.alt)
        assert ("◇ GAP: tentative, over fewer than 5 speakers" in printed) is bool(why)
        assert ("◆ GAP" in printed) is not bool(why)
        assert alt.count(f"GAP, tentative: {why}" if why else "GAP)") == 2


def test_a_figure_without_any_interval_is_drawn_hollow_throughout() -> None:
    alone = {name: people[:1] for name, people in DEMO.items()}
    frame = scores(alone)
    for picture in (
        rate_intervals(rates(frame, ["accent"]), "accent", model_id=MODEL),
        gap_intervals(gaps(frame, "accent", margin=0.02), model_id=MODEL, margin=0.02),
    ):
        symbols = [s for trace in picture.screen().data if trace.text for s in trace.marker.symbol]
        assert symbols
        drawn = set(symbols)
        assert all(symbol.endswith("-open") for symbol in drawn) or "gap" in picture.title
        picture.svg()


def test_weak_cells_are_marked_and_the_key_names_only_marks_that_occur(pictures: dict[str, Picture]) -> None:
    enough = scores({"a": [[5]] * 6, "b": [[6]] * 5}, words=600)
    strong = rate_heatmap(rates(enough, ["accent"]), "accent", model_id=MODEL)
    assert not strong.screen().layout.shapes
    assert "fewer than 5 speakers" not in svg_text(strong.svg())
    weak = pictures["heatmap"]
    assert len(weak.screen().layout.shapes) == 3 * len(CONDITIONS)  # Scotland and not stated: few; Wales: alone
    assert "fewer than 5 speakers or 500 words" in svg_text(weak.svg())
    assert "no interval: one speaker" in svg_text(weak.svg())


def test_no_stroke_goes_through_the_words_of_a_hatched_cell(pictures: dict[str, Picture]) -> None:
    """Wales has one speaker: its words stand above the strokes, on a piece of the cell's own colour."""
    figure = pictures["heatmap"].screen()
    above = [one for one in figure.layout.annotations if "1 speaker<" in plain(one.text)]
    assert len(above) == len(CONDITIONS)
    assert all(one.bgcolor for one in above)
    below = [plain(text) for trace in figure.data if trace.type == "heatmap" for row in trace.text for text in row]
    assert any("speakers" in text for text in below)
    assert not any("1 speaker<" in text for text in below)


def test_a_rate_above_100_percent_is_written_out_and_drawn_at_the_end_of_the_scale() -> None:
    picture = rate_heatmap(rates(scores({"a": [[70], [62]], "b": [[5], [9]]}), ["accent"]), "accent", model_id=MODEL)
    assert "132 %" in svg_text(picture.svg())
    assert "100+" in svg_text(picture.svg())
    assert picture.screen().data[0].zmax == 100


def test_a_cell_without_words_and_a_missing_cell_say_no_data() -> None:
    frame = rates(scores({"a": [[5], [6]], "b": [[None], [None]], "c": [[7], [8]]}), ["accent"])
    frame = frame[~((frame["accent"] == "c") & (frame["condition_id"] == "babble@3"))]
    picture = rate_heatmap(frame, "accent", model_id=MODEL)
    assert svg_text(picture.svg()).count("no data") == 4
    assert "b no data (no reference words" in plain(picture.alt)
    assert "c no data" in plain(picture.alt)
    other = rate_intervals(frame, "accent", model_id=MODEL)
    assert "b no data" in plain(other.alt)
    other.screen()
    other.svg()


def test_an_interval_that_leaves_the_scale_ends_in_an_arrow_and_the_figure_says_so() -> None:
    wild = rates(scores({"a": [[1], [1], [49]], "b": [[10], [12], [11]]}), ["accent"])
    picture = rate_intervals(wild, "accent", model_id=MODEL)
    assert "extends beyond the axis" in svg_text(picture.svg())
    ends = [trace.x for trace in picture.screen().data if trace.mode == "markers" and trace.x]
    end = picture.screen().layout.xaxis.range[1]
    assert ends
    assert all(x == end for xs in ends for x in xs)


# -- order, colour, scale


def test_clean_comes_first_and_groups_go_by_their_clean_rate_not_stated_last(pictures: dict[str, Picture]) -> None:
    labels = [plain(tick.split("<br>")[0]) for tick in pictures["rates"].screen().layout.yaxis.ticktext]
    assert labels == ["England", "Wales", "Scotland", "not stated"]
    assert pictures["heatmap"].screen().layout.xaxis.ticktext[0] == "clean"
    assert "Groups in order of their rate in clean, lowest first." in svg_text(pictures["heatmap"].svg())


def test_all_panels_share_one_scale(pictures: dict[str, Picture]) -> None:
    for kind in ("rates", "gaps"):
        layout = pictures[kind].screen().to_plotly_json()["layout"]
        axes = [value for name, value in layout.items() if name.startswith("xaxis")]
        assert len(axes) == len(CONDITIONS)
        assert len({tuple(axis["range"]) for axis in axes}) == 1
    start, end = pictures["gaps"].screen().layout.xaxis.range
    assert start == -end


def test_the_margin_is_a_band_and_without_one_there_is_none(compared: pd.DataFrame) -> None:
    with_band = gap_intervals(compared, "accent", model_id=MODEL, margin=0.05).screen().layout.shapes
    assert [(shape.x0, shape.x1) for shape in with_band] == [(-5.0, 5.0)] * len(CONDITIONS)
    assert not gap_intervals(compared, "accent", model_id=MODEL).screen().layout.shapes


def test_many_groups_are_told_apart_by_colour_and_marker() -> None:
    found = looks([f"group {i}" for i in range(24)])
    named = [look for name, look in found.items() if name != "not stated"]
    assert len({(look.colour, look.symbol) for look in named}) == 24


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_group_colours_are_visible_on_light_and_on_dark_pages() -> None:
    assert len(set(COLOURS)) == 8
    for colour in COLOURS:
        assert contrast(colour, "#ffffff") > 2
        assert contrast(colour, "#0e1117") > 2.5


def lab(colour: str) -> np.ndarray:
    """CIE L*a*b* of ``#rrggbb`` (D65), by the formulae of CIE 15:2004."""
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    ratios = matrix @ linear / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_rate_scale_darkens_evenly_and_ten_points_are_told_apart_everywhere_on_it_and_on_both_pages() -> None:
    shades = [rate_colour(i / 10) for i in range(11)]
    labs = [lab(shade) for shade in shades]
    assert [value[0] for value in labs] == sorted((value[0] for value in labs), reverse=True)
    steps = [float(np.linalg.norm(one - other)) for one, other in itertools.pairwise(labs)]
    assert min(steps) > 8, "a difference of 2.3 is just noticeable; cividis has steps of 5 in its middle"
    for shade in shades:
        assert contrast(shade, ink_on(shade)) >= 4.5
        assert np.linalg.norm(lab(shade) - lab("#0e1117")) > 30 and np.linalg.norm(lab(shade) - lab("#ffffff")) > 25


def test_colour_is_kept_for_the_verdict(found: pd.DataFrame, compared: pd.DataFrame) -> None:
    def colours(picture: Picture) -> set[str]:
        return {
            colour for trace in picture.screen().data if trace.customdata is not None for colour in trace.marker.color
        }

    assert len(colours(rate_intervals(found, "accent", model_id=MODEL))) == 1
    rows = compared[compared["model_id"] == MODEL]
    drawn = colours(gap_intervals(compared, model_id=MODEL))
    assert (WORSE in drawn) == bool(((rows["verdict"] == "GAP") & (rows["difference"] > 0)).any())
    assert (BETTER in drawn) == bool(((rows["verdict"] == "GAP") & (rows["difference"] < 0)).any())
    assert drawn <= {WORSE, BETTER, WITHIN, NEUTRAL, FADED}


# -- a reference group, and mistakes


def test_a_reference_group_has_no_row_of_its_own_and_is_named() -> None:
    compared = gaps(scores(), "accent", reference="England", margin=0.02)
    picture = gap_intervals(compared, model_id=MODEL, margin=0.02)
    assert picture.title == "Word error rate gap to England, by accent"
    assert "England" not in set(picture.table["group"])


@pytest.mark.parametrize(
    ("attribute", "model", "remedy"),
    [("acent", MODEL, "did you mean 'accent'?"), ("accent", "pocketsphinx", "Available: " + MODEL)],
)
def test_an_unknown_attribute_or_model_is_an_error_that_names_the_known(
    attribute: str, model: str, remedy: str, found: pd.DataFrame, compared: pd.DataFrame
) -> None:
    for make, frame in ((rate_heatmap, found), (rate_intervals, found), (gap_intervals, compared)):
        with pytest.raises(ScoringError) as error:
            make(frame, attribute, model_id=model)
        assert remedy in str(error.value)


def test_rates_of_intersections_are_refused_rather_than_overdrawn() -> None:
    frame = scores(more={"gender": "female"})
    half = scores(more={"gender": "male"}).assign(
        utterance_id=lambda rows: "m" + rows["utterance_id"], speaker_id=lambda rows: "m" + rows["speaker_id"]
    )
    found = rates(pd.concat([frame, half]), ["accent", "gender"])
    with pytest.raises(ScoringError, match="more than one row"):
        rate_heatmap(found, "accent", model_id=MODEL)


def test_gaps_by_two_attributes_need_one_named() -> None:
    frame = scores(more={"gender": "female"})
    both = pd.concat([gaps(frame, "accent", margin=0.02), gaps(frame, "gender", margin=0.02)])
    with pytest.raises(ScoringError, match="accent and gender"):
        gap_intervals(both, model_id=MODEL)


# -- names are shown, never interpreted


def test_names_with_markup_are_shown_as_they_are() -> None:
    frame = scores({name: [[5 + i], [6 + i]] for i, name in enumerate(NASTY)})
    found, compared = rates(frame, ["accent"]), gaps(frame, "accent", margin=0.02)
    for picture in (
        rate_heatmap(found, "accent", model_id=MODEL),
        rate_intervals(found, "accent", model_id=MODEL),
        gap_intervals(compared, "accent", model_id=MODEL),
    ):
        printed = svg_text(picture.svg())
        assert "#set text(red)" in printed
        assert "$x^2$ *bold*" in printed
        assert "<b>tag</b> &" in printed
        assert "עברית / العربية" in printed
        shown = screen_text(picture)
        assert "<b>tag" not in shown
        assert "&lt;b&gt;tag&lt;/b&gt; &amp;" in shown
        assert "$" not in shown
        assert "&#36;x^2&#36;" in shown
        picture.screen().to_json()
        picture.svg().encode("utf-8")


@pytest.mark.parametrize("groups", [1, 20, 30])
def test_one_group_and_many_are_drawn_to_a_sensible_height(groups: int) -> None:
    frame = scores({f"group {i:02}": [[5 + i % 9], [7]] for i in range(groups)}, [*CONDITIONS, "room@1", "room@2"])
    found = rates(frame, ["accent"])
    heat, points_ = rate_heatmap(found, "accent", model_id=MODEL), rate_intervals(found, "accent", model_id=MODEL)
    assert 200 < heat.screen().layout.height < 100 + 60 * groups + 200
    for picture in (heat, points_):
        width, height = (float(n) for n in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg()).groups())  # type: ignore[union-attr]
        assert width == pytest.approx(170 / 25.4 * 72, abs=0.01)
        assert height < 240 / 25.4 * 72


@pytest.mark.parametrize("kind", KINDS)
def test_a_click_tells_group_and_condition(kind: str, pictures: dict[str, Picture]) -> None:
    told = {
        (custom[0], custom[1])
        for trace in pictures[kind].screen().data
        if trace.customdata is not None
        for custom in trace.customdata
    }
    assert told == {(group, condition) for group in DEMO for condition in CONDITIONS}


# -- print


@pytest.mark.parametrize("kind", KINDS)
def test_print_is_vector_text_and_the_same_bytes_each_time(kind: str, pictures: dict[str, Picture]) -> None:
    svg = pictures[kind].svg()
    assert svg == pictures[kind].svg()
    root = ElementTree.fromstring(svg)
    assert not list(root.iter("{http://www.w3.org/2000/svg}image"))
    assert pictures[kind].title in svg.split("<defs>")[0]


def test_printing_from_many_threads_gives_the_same_figures(pictures: dict[str, Picture]) -> None:
    wanted = {kind: picture.svg() for kind, picture in pictures.items()}
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda kind: (kind, pictures[kind].svg()), KINDS * 4))
    assert all(svg == wanted[kind] for kind, svg in drawn)


@pytest.mark.long
def test_drawing_leaves_no_trace_in_global_settings() -> None:
    code = (
        "import sys, matplotlib\n"
        "before = matplotlib.rcParams.copy()\n"
        "from tests.figure_frames import MODEL, scores\n"
        "from workbench.fairness import rates\n"
        "from workbench.figures import rate_heatmap, rate_intervals\n"
        "found = rates(scores(), ['accent'])\n"
        "rate_heatmap(found, 'accent', model_id=MODEL).svg()\n"
        "rate_intervals(found, 'accent', model_id=MODEL).svg()\n"
        "changed = [k for k in before if dict.__getitem__(matplotlib.rcParams, k) != dict.__getitem__(before, k)]\n"
        "assert set(changed) <= {'backend'}, changed\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_figures_are_imported_without_the_drawing_libraries() -> None:
    code = "import sys, workbench.figures; assert not {'matplotlib', 'plotly'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_board_of_four_hundred_marked_cells_is_drawn_in_a_moment() -> None:
    """Plotly compares every mark that is added by itself with all before: 400 of them took minutes."""
    errors = {f"group {i:02d}": [[i, i + 1], [i + 2, i]] for i in range(20)}
    conditions = (
        "clean",
        *(f"{name}@{level}" for name in ("babble", "room", "opus", "white_noise") for level in "1234"),
    )
    picture = rate_heatmap(rates(scores(errors, conditions), ["accent"]), "accent", model_id=MODEL)
    start = time.process_time()
    figure = picture.screen()
    assert time.process_time() - start < 5
    assert len(figure.layout.shapes) == 20 * 17


@pytest.mark.parametrize("collects", [True, False])
def test_drawing_leaves_the_collecting_of_garbage_as_it_was(collects: bool) -> None:
    found = []
    (gc.enable if collects else gc.disable)()
    try:
        with pytest.raises(RuntimeError, match="inside"), paper.drawing():
            found.append(gc.isenabled())
            raise RuntimeError("inside")
        found.append(gc.isenabled())
    finally:
        gc.enable()
    assert found == [False, collects]


def test_speakers_too_few_for_an_interval_are_drawn_themselves() -> None:
    """Two speakers at 10 and 30 %: no interval, a stroke for each on paper and on screen, and both rates in words."""
    rows = [("a", f"a{k}", 10 + k) for k in range(6)] + [("b", "b0", 10), ("b", "b1", 30)]
    frame = pd.DataFrame(rows, columns=["accent", "speaker_id", "errors"]).assign(
        model_id=MODEL,
        condition_id="clean",
        ref_words=100,
        substitutions=lambda f: f["errors"],
        deletions=0,
        insertions=0,
    )
    table = rates(frame, ["accent"])
    assert table.set_index("accent")["speaker_rates"].to_dict() == {"a": "", "b": "0.1 0.3"}
    picture = rate_intervals(table, "accent", model_id=MODEL)
    assert "2 speakers, no interval: too few, they have 10 % and 30 %" in plain(picture.alt)
    assert "2 speakers, too few for an interval" in plain(svg_text(picture.svg()))
    strokes = [trace for trace in picture.screen().data if trace.marker.symbol == "line-ns-open"]
    assert [list(trace.x) for trace in strokes] == [[10.0, 30.0]]
    whole = rates(frame[frame["accent"] == "a"], ["accent"])
    assert not [
        trace
        for trace in rate_intervals(whole, "accent", model_id=MODEL).screen().data
        if trace.marker.symbol == "line-ns-open"
    ]
