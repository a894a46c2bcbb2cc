"""The findings page: every view over every kind of run, its address, its switches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.corpus import make
from tests.pages import CONDITIONS, Stumbling, findings, fine, finished, texts
from tests.pages import said as written
from workbench.cards import build_card
from workbench.cards.view import view as content
from workbench.engines import Engine, ScriptedEngine
from workbench.fairness.glossary import GLOSSARY
from workbench.pages.findings.findings import VIEWS
from workbench.results import load
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

pytestmark = pytest.mark.usefixtures("manifests")


def test_every_view_draws_with_and_without_failures_and_says_how_to_read_its_figures(tmp_path: Path) -> None:
    finished(tmp_path)
    finished(tmp_path, Stumbling, seed=2)
    at = findings()
    assert len(at.selectbox(key="view_run").options) == 2
    for view in VIEWS:
        at.segmented_control(key="view_view").set_value(view).run()
        fine(at)
        charts = len(at.get("plotly_chart"))
        assert sum("How to read this" in caption.value for caption in at.caption) >= charts, view
        assert not at.error, (view, at.error)


def test_the_headline_stands_in_words_above_the_board(tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings()
    strip = next(block.proto.body for block in at.get("html") if "Headline" in block.proto.body)
    assert "has the highest word error rate" in strip and "Synthetic voices" in strip
    assert "groups of accent in" in texts(at).replace("\u00a0", " "), (
        "how many comparisons came out how is one click away"
    )
    assert at.code[0].value.startswith(strip.split('line-height:1.25;margin:.1rem 0">')[1].split("<")[0])


def test_of_one_group_no_gap_is_drawn_and_the_page_says_why(tmp_path: Path) -> None:
    finished(tmp_path, everybody="north")
    at = findings()
    for view, charts in {"Board": 1, "Changes": 2, "Errors": 1, "Adjusted": 0, "Normalisers": 0}.items():
        at.segmented_control(key="view_view").set_value(view).run()
        assert "All speakers are in one group of accent (north)" in texts(fine(at)), view
        assert len(at.get("plotly_chart")) == charts, view
        assert texts(at).count("NOT COMPUTED") == 1, "nowhere but in the glossary"
        assert not at.success
        assert len(at.info) == 1, "said twice, or asked for what needs two groups"


def test_failed_decodings_are_said_above_every_figure(tmp_path: Path) -> None:
    record = finished(tmp_path, Stumbling)
    said, at = f"{record.failed} of {record.total} decodings failed and are not in the rates: west", findings()
    for view in VIEWS:
        at.segmented_control(key="view_view").set_value(view).run()
        assert (said in texts(fine(at))) == (view != "Utterances"), view


def test_a_group_whose_decodings_all_failed_is_not_counted_among_those_under_each_normaliser(tmp_path: Path) -> None:
    finished(tmp_path, Stumbling)
    said = findings(view="Normalisers").success[0].value
    assert said.replace("\u00a0", " ") == "No verdict or direction depends on the normaliser (2 groups)."


def test_a_cell_without_a_rate_or_an_interval_says_so_once(tmp_path: Path) -> None:
    finished(tmp_path, Stumbling)
    said = texts(findings(view="Utterances", group_accent="west")).replace("\u00a0", " ")
    assert "no word error rate, 0 speakers, 0 utterances, 3 failed" in said
    alike = findings(view="Adjusted", group_accent="west")
    assert [chart.proto.alt for chart in alike.get("plotly_chart") if "west and the rest" in chart.proto.alt] == []
    assert "The balance of west and the others cannot be computed: no utterance" in texts(alike)
    other = texts(findings(view="Utterances", group_accent="north")).replace("\u00a0", " ")
    assert re.search(r"word error rate \d+ % \(95 % interval \d+ to \d+ %\), 3 speakers", other)


def test_an_intersection_is_one_switch_away_and_in_the_address(tmp_path: Path) -> None:
    finished(tmp_path, gender=True)
    at = findings(crossed="gender")
    assert at.selectbox(key="view_crossed").value == "gender"
    assert "accent × gender" in at.get("plotly_chart")[0].proto.alt
    assert at.query_params["crossed"] == "gender"


def test_another_measure_changes_the_board_and_not_the_gaps(tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings(measure="cer")
    alts = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert "Character error rate" in alts[0]
    assert "Word error rate gap" in alts[1]


def test_conditions_that_were_left_out_stay_out_for_a_colleague(tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings()
    at.pills(key="view_shown").set_value(["clean"]).run()
    assert at.query_params["shown"] == "clean"
    other = findings(shown="clean")
    assert other.pills(key="view_shown").value == ["clean"]
    assert "white noise" not in other.get("plotly_chart")[0].proto.alt
    other.pills(key="view_shown").set_value([]).run()
    assert "at least one condition" in texts(fine(other))


def test_two_runs_are_compared_on_the_same_utterances(tmp_path: Path) -> None:
    finished(tmp_path)
    finished(tmp_path, Stumbling, seed=2)
    at = findings(view="Compare")
    assert "No gap got significantly worse" in texts(at)
    assert "second minus first" in at.get("plotly_chart")[0].proto.alt


def test_with_nothing_to_compare_the_page_says_what_to_do(tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings(view="Compare")
    assert "nothing to compare with" in texts(at)
    next(one for one in at.button if one.label == "Choose engines").click().run()
    assert fine(at).title[0].value == "Models"


def test_the_address_holds_the_utterance_and_a_link_opens_it_under_another_condition_too(tmp_path: Path) -> None:
    finished(tmp_path)
    cell = {"view": "Utterances", "group_accent": "north", "condition": "clean"}
    at = findings(**cell)
    rows = at.dataframe[0].value
    assert at.query_params["utterance"] == rows["utterance_id"].iloc[0]
    wanted = str(rows["utterance_id"].iloc[5])
    other = findings(**cell, utterance=wanted)
    assert f"**{wanted}**" in texts(other).replace("\\", "")
    assert len(other.get("audio")) == 1, "the clean recording is what the engine heard"
    noisy = findings(**{**cell, "condition": "white_noise@2"}, utterance=wanted)
    assert len(noisy.get("audio")) == 2
    assert f"**{wanted}**" in texts(noisy).replace("\\", "")
    gone = findings(**cell, utterance="nobody")
    assert gone.query_params["utterance"] == rows["utterance_id"].iloc[0]


@pytest.mark.parametrize("view", ["Board", "Changes"])
def test_a_cell_is_opened_by_its_name_too(view: str, tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings(view=view)
    box = next(one for one in at.selectbox if one.label == "Go to utterances of")
    assert "north, white noise, 10 dB" in box.options
    box.set_value(("north", "white_noise@2")).run()
    assert fine(at).segmented_control(key="view_view").value == "Utterances"
    assert (at.query_params["group_accent"], at.query_params["condition"]) == ("north", "white_noise@2")
    assert "**north, white noise" in texts(at)


def test_the_rows_of_a_cell_and_all_scores_can_be_downloaded(tmp_path: Path) -> None:
    finished(tmp_path)
    at = findings(view="Utterances")
    labels = [button.proto.label for button in at.get("download_button")]
    assert {"These utterances (CSV)", "All scores of the run (Parquet)"} <= set(labels)


def test_utterances_of_everybody_are_searched_in_both_texts_and_stepped_through(tmp_path: Path) -> None:
    record = finished(tmp_path)
    scores = load(record.run_id, store=open_store()).scores
    clean = scores[scores["condition_id"] == "clean"]
    at = findings(view="Utterances", group_accent="~", condition="clean")
    assert len(at.dataframe[0].value) == len(clean)
    word = str(clean["hypothesis"][clean["hypothesis"] != ""].iloc[0]).split()[-1]
    fine(at.text_input(key="drill_search").input(word.upper()).run())
    has = clean["reference"].str.contains(word) | clean["hypothesis"].str.contains(word)
    rows = at.dataframe[0].value
    assert set(rows["utterance_id"]) == set(clean.loc[has, "utterance_id"]) and 1 < len(rows) < len(clean)
    fine(at.button(key="drill_right").click().run())
    assert at.query_params["utterance"] == rows["utterance_id"].iloc[1]
    fine(at.button(key="drill_left").click().run())
    assert at.query_params["utterance"] == rows["utterance_id"].iloc[0]
    assert "matches these filters" in texts(fine(at.text_input(key="drill_search").input("xyzzy").run()))


@pytest.mark.long
def test_where_characters_are_counted_no_view_and_no_card_speaks_of_a_word_error_rate(tmp_path: Path) -> None:
    manifest = make(tmp_path, synthetic=True)
    fields = {
        "name": "tones", "corpus": [manifest.name], "engines": ["scripted"], "conditions": CONDITIONS, "normaliser": "basic?unit=character",
    }  # fmt: skip

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        return ScriptedEngine(written)

    record = run(Study.create(fields, base=tmp_path), store=open_store(), engine_loader=loader)
    at = findings()
    for name in VIEWS:
        at.segmented_control(key="view_view").set_value(name).run()
        shown = texts(fine(at)).replace(GLOSSARY["WER"].meaning, "") + str(
            [chart.proto.alt for chart in at.get("plotly_chart")]
        )
        assert "word error rate" not in shown.lower(), name
        assert not [heading for frame in at.dataframe for heading in frame.value.columns if "WER" in str(heading)], name
    card = build_card(load(record.run_id))
    assert "word error rate" not in str(content(card)).lower()
