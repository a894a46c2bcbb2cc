"""The pages: each draws over every state of the store, says what to do next, and keeps to what was chosen.

The app runs as a user's does, except that its runs were made by a scripted engine on made-up tones.
"""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from tests.pages import PAGES, ROOT, Stumbling, fine, finished, opened, ready_to_run, texts
from workbench.results import SYNTHETIC
from workbench.store import open_store
from workbench.study import Study

pytestmark = pytest.mark.usefixtures("manifests")


# -- every page (over every state of the store: test_pages_matrix) ----------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_after_a_corpus_was_chosen(page: str) -> None:
    fine(opened(page, fine(opened("corpus"))))


@pytest.mark.parametrize(
    ("page", "words", "button"),
    [
        ("conditions", "Choose a corpus to hear the conditions", "Choose a corpus"),
        ("engines", "Choose a corpus first", "Choose a corpus"),
        ("run", "A study needs a corpus first", "Choose a corpus"),
        ("findings", "There is no run with transcripts yet", "Choose a corpus"),
        ("red_team", "There is no run with transcripts yet", "Choose a corpus"),
        ("service_card", "There is no run with transcripts yet", "Choose a corpus"),
    ],
)
def test_an_empty_state_says_what_to_do_and_leads_there(page: str, words: str, button: str) -> None:
    at = fine(opened(page))
    assert words in texts(at)
    next(one for one in at.button if one.label == button).click().run()
    assert fine(at).title[0].value == "Corpus"


def test_a_new_session_opens_on_results_where_there_are_some(tmp_path: Path) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert [title.value for title in at.title] == ["Corpus"]
    finished(tmp_path)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert [title.value for title in at.title] == ["Findings"]
    assert [title.value for title in opened("corpus", at).title] == ["Corpus"]


def test_the_run_page_names_make_app_while_there_is_no_run() -> None:
    assert "make app" in texts(opened("run"))


# -- corpus -----------------------------------------------------------------------------------------------------------


def test_the_corpus_page_says_who_speaks_and_that_voices_are_synthetic() -> None:
    at = fine(opened("corpus"))
    assert {metric.label: metric.value for metric in at.metric} == {
        "Speakers": "6",
        "Utterances": "18",
        "Minutes": "0.2",
    }
    groups = at.dataframe[0].value.set_index("group")
    assert groups["speakers"].to_dict() == {"north": 3, "south": 2, "west": 1}
    assert groups["utterances"].to_dict() == {"north": 9, "south": 6, "west": 3}
    assert "Synthetic voices" in texts(at)
    assert "annotated" in texts(at)
    assert "made for the tests" in texts(at)


def test_problems_are_all_listed_and_good_rows_are_used_only_when_the_user_says_so(manifests: Path) -> None:
    manifest = manifests / "tones.csv"
    lines = manifest.read_text().splitlines()
    lines[1] = lines[1].replace("audio/n1-0.wav", "audio/missing.wav")
    lines[2] = lines[2].replace("audio/", "../")
    manifest.write_text("\n".join(lines) + "\n")
    at = fine(opened("corpus"))
    problems = at.table[0].value
    assert problems["line"].tolist() == ["2", "3"]
    assert problems["what to do"].ne("").all()
    assert not at.metric
    assert at.session_state["draft"].manifest is None
    box = at.checkbox[0]
    assert "16 good rows" in box.label
    assert "2 listed" in box.label
    box.check().run()
    assert fine(at).metric[1].value == "16"
    assert at.session_state["draft"].allow_dropped


def test_a_manifest_that_is_not_there_is_a_message_not_a_crash(tmp_path: Path) -> None:
    at = opened("corpus")
    at.segmented_control(key="corpus_way").set_value("By its path").run()
    at.text_input(key="corpus_path").input(str(tmp_path / "nowhere.csv")).run()
    fine(at)
    assert "nowhere.csv" in at.error[0].value.replace("\\", "")


def test_an_upload_is_read_with_its_audio_folder(manifests: Path, tmp_path: Path) -> None:
    at = opened("corpus")
    at.segmented_control(key="corpus_way").set_value("Upload").run()
    at.file_uploader[0].upload("vendor.csv", (manifests / "tones.csv").read_bytes(), "text/csv")
    at.text_input(key="corpus_audio").input(str(manifests)).run()
    assert fine(at).metric[1].value == "18"
    assert at.session_state["draft"].manifest.name == "vendor.csv"
    assert "uploads" in str(at.session_state["draft"].manifest)


# -- conditions, engines, run -----------------------------------------------------------------------------------------


def test_the_conditions_page_shows_measured_facts_of_the_users_own_corpus() -> None:
    at = opened("conditions", opened("corpus"))
    at.selectbox(key="preview_condition").set_value("white_noise@2").run()
    facts = fine(at).table[0].value
    measured = dict(zip(facts["Measured"], facts["Value"], strict=True))
    assert abs(float(measured["Achieved SNR"].removesuffix(" dB")) - 10) <= 0.2


def test_what_this_machine_cannot_make_is_greyed_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "no encoder: install one"
    monkeypatch.setattr("workbench.conditions.speech_codecs.Opus.unavailable", classmethod(lambda cls: why))
    at = fine(opened("conditions", opened("corpus")))
    assert at.button_group(key="pick_opus").disabled
    assert not at.button_group(key="pick_g722").disabled
    assert f"Not on this machine. opus: {why}" in texts(at)
    assert not any("opus@" in str(option) for option in at.selectbox(key="preview_condition").options)


def test_a_machine_of_the_users_own_enters_the_study() -> None:
    at = opened("conditions", opened("corpus"))
    at.number_input(key="own_equip_pulse_frequency_hz").set_value(1200.0)
    at.button(key="own_add").click().run()
    chosen = fine(at).session_state["draft"].conditions
    assert chosen[0] == "clean"
    assert chosen[1].startswith("equip_pulse?")
    assert "frequency_hz=1200" in chosen[1]


def test_recordings_of_the_users_own_enter_the_study_and_can_be_heard(workbench_home: Path, tmp_path: Path) -> None:
    at = opened("conditions", opened("corpus"))
    assert at.button(key="recorded_add").disabled
    noise = tmp_path / "our ward.wav"
    soundfile.write(noise, 0.1 * np.random.default_rng(1).standard_normal(16_000), 16_000)
    at.file_uploader(key="recorded_files").upload("our ward.wav", noise.read_bytes(), "audio/wav").run()
    at.button(key="recorded_add").click().run()
    chosen = fine(at).session_state["draft"].conditions
    assert chosen[1].startswith("user_noise@2?folder=")
    assert (workbench_home / "recordings").is_dir()
    at.selectbox(key="preview_condition").set_value(chosen[1]).run()
    assert "Achieved SNR" in list(fine(at).table[0].value["Measured"])
    at.file_uploader(key="recorded_files").set_value([("b.wav", b"not audio", "audio/wav")]).run()
    at.button(key="recorded_add").click().run()
    assert "none of its audio files can be used" in texts(fine(at))
    assert len(list((workbench_home / "recordings").iterdir())) == 1


def test_a_chain_of_the_users_own_enters_the_study_in_its_order() -> None:
    at = opened("conditions", opened("corpus"))
    assert at.button(key="chain_add").disabled
    at.multiselect(key="chain_parts").set_value(["opus@2", "room@2"]).run()
    assert "opus@2 comes before room@2, though sound usually meets a room before a codec" in texts(at).replace("\\", "")
    at.multiselect(key="chain_parts").set_value(["room@2", "white_noise@2", "opus@2"]).run()
    assert "comes before" not in texts(at)
    at.button(key="chain_add").click().run()
    assert fine(at).session_state["draft"].conditions == ["clean", "room@2>white_noise@2>opus@2"]
    at.selectbox(key="preview_condition").set_value("room@2>white_noise@2>opus@2").run()
    assert "Bandwidth" in list(fine(at).table[0].value["Measured"])


def test_a_machine_of_the_users_own_can_be_part_of_a_chain() -> None:
    at = opened("conditions", opened("corpus"))
    at.number_input(key="own_equip_pulse_frequency_hz").set_value(1200.0)
    at.button(key="own_add").click().run()
    machine = fine(at).session_state["draft"].conditions[1]
    at.multiselect(key="chain_parts").set_value(["room@2", machine]).run()
    at.button(key="chain_add").click().run()
    assert fine(at).session_state["draft"].conditions == ["clean", machine, f"room@2>{machine}"]


def test_a_place_shows_its_parts_and_enters_the_study() -> None:
    at = fine(opened("conditions", opened("corpus")))
    assert any("At the first level: room, 0.5" in caption.proto.help.replace("\\", "") for caption in at.caption)
    at.button_group(key="pick_place:ward-2").set_value(["place:ward-2@3"]).run()
    assert fine(at).session_state["draft"].conditions == ["clean", "place:ward-2@3"]


def test_a_machine_that_cannot_be_is_a_message() -> None:
    at = opened("conditions", opened("corpus"))
    at.number_input(key="own_equip_pulse_rate_hz").set_value(20.0)
    at.number_input(key="own_equip_pulse_rise_ms").set_value(50.0)
    at.button(key="own_add").click().run()
    assert "does not fit into a pulse" in fine(at).error[0].value.replace("\\", "")


@pytest.mark.engine
def test_the_run_page_writes_the_study_that_was_chosen(manifests: Path) -> None:
    at = fine(ready_to_run())
    at.number_input(key="study_margin").set_value(5.0)
    at.multiselect(key="only_accent").set_value(["north"]).run()
    assert "**18 transcripts**" in texts(fine(at))
    at.button(key="study_save").click().run()
    fine(at)
    study = Study.from_toml(manifests / "tones-study.study.toml")
    assert [condition.condition_id for condition in study.conditions] == ["clean", "white_noise@2"]
    assert study.engines == ("pocketsphinx",)
    assert study.margin == 0.05
    assert study.filter == {"accent": ("north",)}


@pytest.mark.engine
def test_saving_never_overwrites_another_study(manifests: Path) -> None:
    (manifests / "tones-study.study.toml").write_text("# somebody else's\n")
    at = ready_to_run()
    at.button(key="study_save").click().run()
    assert "another study has this file name" in fine(at).error[0].value
    assert (manifests / "tones-study.study.toml").read_text() == "# somebody else's\n"


def test_imported_transcripts_are_joined_and_what_is_left_over_is_listed_on_both_sides(manifests: Path) -> None:
    rows = [f"audio/n1-{index}.wav,one two three" for index in range(3)] + ["audio/nobody.wav,eight"]
    (manifests / "vendor.csv").write_text("utterance_id,hypothesis\n" + "\n".join(rows) + "\n")
    at = opened("corpus")
    at.selectbox(key="corpus_name").set_value("tones.csv").run()
    at = opened("engines", fine(at))
    at.segmented_control(key="engine_kind").set_value("imported").run()
    at.selectbox(key="engine_file_Transcripts").set_value("vendor.csv").run()
    at.button(key="engine_add").click().run()
    fine(at)
    assert "3 utterances of the corpus have a transcript" in texts(at)
    assert [box.label for box in at.expander if " without a" in box.label] == [
        "Utterances without a transcript: 15", "Transcripts without an utterance: 1",
    ]  # fmt: skip
    unmatched = [frame.value["utterance"].tolist() for frame in at.dataframe if "utterance" in frame.value]
    assert unmatched[1] == ["audio/nobody.wav"]
    opened("conditions", at).pills(key="pick_room").set_value(["room@3"]).run()
    assert "**18 transcripts**" in texts(opened("run", at))  # they hold clean audio only


def test_an_engine_file_that_is_gone_is_a_message_and_can_be_removed(manifests: Path) -> None:
    (manifests / "digits.gram").write_text("#JSGF V1.0;\ngrammar digits;\npublic <d> = one | two;\n")
    at = opened("engines", opened("corpus"))
    at.radio(key="engine_way_pocketsphinx").set_value("A grammar").run()
    at.button(key="engine_add").click().run()
    assert not fine(at).error
    (manifests / "digits.gram").unlink()
    at = fine(opened("engines", at))
    assert "digits.gram" in at.error[0].value
    assert "digits.gram" in fine(opened("run", at)).error[0].value
    opened("engines", at).button(key="remove_pocketsphinx?grammar=digits.gram").click().run()
    assert not fine(at).session_state["draft"].engines


def test_a_failed_run_shows_its_message_and_can_be_resumed(tmp_path: Path) -> None:
    record = finished(tmp_path)
    open_store().update(record.run_id, state="failed", message="disk full")
    at = fine(opened("run"))
    assert "disk full" in at.error[0].value
    assert at.button(key="run_resume").label == "Resume"


def test_a_run_whose_process_is_gone_says_so(tmp_path: Path) -> None:
    record = finished(tmp_path)
    open_store().update(record.run_id, state="running", pid=2**22 + 1, pid_started=0.0)
    at = fine(opened("run"))
    assert "its process ended" in texts(at)
    assert at.button(key="run_resume").label == "Resume"


def test_two_sessions_do_not_share_a_draft() -> None:
    first, second = opened("conditions", opened("corpus")), opened("conditions")
    first.pills(key="pick_room").set_value(["room@3"]).run()
    second.run()
    assert first.session_state["draft"].conditions == ["clean", "room@3"]
    assert second.session_state["draft"].conditions == ["clean"]
    assert second.session_state["draft"].manifest is None


def test_choices_are_still_there_after_a_walk_through_the_pages() -> None:
    at = opened("conditions", opened("corpus"))
    at.pills(key="pick_room").set_value(["room@3", "room@1"]).run()
    for page in PAGES:
        fine(opened(page, at))
    assert at.session_state["draft"].conditions == ["clean", "room@1", "room@3"]
    opened("conditions", at)
    assert at.session_state["draft"].conditions == ["clean", "room@1", "room@3"]


# -- findings ---------------------------------------------------------------------------------------------------------


def test_the_caveat_of_synthetic_voices_stands_above_the_figures(tmp_path: Path) -> None:
    finished(tmp_path)
    at = fine(opened("findings"))
    elements = list(at.main)
    said = next(
        place for place, element in enumerate(elements) if element.type == "html" and SYNTHETIC in element.proto.body
    )
    assert said < min(place for place, element in enumerate(elements) if element.type == "plotly_chart")


def test_every_figure_has_its_text_alternative(tmp_path: Path) -> None:
    finished(tmp_path)
    at = fine(opened("findings"))
    charts = at.get("plotly_chart")
    assert len(charts) == 2, "the board is a table: it needs none"
    for chart in charts:
        assert "north" in chart.proto.alt
        assert "white noise, 10" in chart.proto.alt
    assert sum("downloads are unrounded" in caption.value for caption in at.caption) == 3


def test_a_link_opens_the_view_that_it_names(tmp_path: Path) -> None:
    run_id = finished(tmp_path).run_id
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    wanted = {
        "run": run_id, "attribute": "accent", "reference": "south", "normaliser": "basic", "view": "Utterances",
        "group_accent": "west", "condition": "white_noise@2",
    }  # fmt: skip
    at.switch_page("workbench/pages/findings/findings.py")
    for name, value in wanted.items():
        at.query_params[name] = value
    at.run()
    fine(at)
    shown = {box.key: box.value for box in at.selectbox}
    assert {name: shown[f"view_{name}"] for name in wanted if name != "view"} == {
        name: value for name, value in wanted.items() if name != "view"
    }
    assert "**west, white noise, 10" in texts(at)


def test_changes_are_shown_with_their_text_alternatives_and_how_to_read_them(tmp_path: Path) -> None:
    finished(tmp_path)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("workbench/pages/findings/findings.py")
    at.query_params["view"] = "Changes"
    at.run()
    fine(at)
    charts = at.get("plotly_chart")
    assert len(charts) == 3
    for chart in charts:
        assert "north" in chart.proto.alt and "white noise" in chart.proto.alt
    assert sum("How to read this" in caption.value for caption in at.caption) >= 2
    assert "ewer than two groups with 5 speakers" in " ".join(info.value for info in at.info)


def test_a_link_to_what_is_not_there_gives_the_first_choice(tmp_path: Path) -> None:
    finished(tmp_path)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("workbench/pages/findings/findings.py")
    at.query_params["run"] = "gone"
    at.query_params["attribute"] = "shoe size"
    at.run()
    assert fine(at).selectbox(key="view_attribute").value == "accent"


def utterances_of(at: AppTest, group: str, condition: str) -> AppTest:
    at.segmented_control(key="view_view").set_value("Utterances").run()
    at.selectbox(key="view_group_accent").set_value(group).run()
    return fine(at.selectbox(key="view_condition").set_value(condition).run())


def test_a_cell_opens_on_its_utterances_their_words_and_both_recordings(tmp_path: Path) -> None:
    finished(tmp_path)
    at = utterances_of(opened("findings"), "south", "white_noise@2")
    rows = at.dataframe[0].value
    assert len(rows) == 6
    assert set(rows["accent"]) == {"south"}
    assert rows["errors"].is_monotonic_decreasing
    assert len(at.get("audio")) == 2
    words = " ".join(block.proto.body for block in at.get("html"))
    assert "missed" in words or "replaced" in words or "invented" in words


def test_a_failed_utterance_is_shown_with_its_reason(tmp_path: Path) -> None:
    finished(tmp_path, Stumbling)
    at = utterances_of(opened("findings"), "west", "clean")
    assert "the decoder fell over" in at.error[0].value
    assert "3 failed" in texts(at)
    assert len(at.get("audio")) == 1  # clean speech has one player


def test_another_normaliser_scores_again_without_a_transcript_made(tmp_path: Path) -> None:
    finished(tmp_path)
    before = open_store().count_transcripts()
    at = opened("findings")
    at.selectbox(key="view_normaliser").set_value("none").run()
    fine(at)
    assert open_store().count_transcripts() == before


def test_adjusted_gaps_and_failing_words_are_views_with_how_to_read_them(tmp_path: Path) -> None:
    finished(tmp_path)
    at = opened("findings")
    fine(at.segmented_control(key="view_view").set_value("Adjusted").run())
    charts = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert any("raw, matched and adjusted" in alt for alt in charts), (charts, texts(at))
    assert "Raw: all utterances." in texts(at)
    fine(at.pills(key="view_held_accent").set_value([]).run())
    assert at.query_params["held_accent"] == "~"
    fine(at.segmented_control(key="view_view").set_value("Errors").run())
    words = [chart.proto.alt for chart in at.get("plotly_chart")]
    said = " ".join(box.value for box in at.info)
    assert any("Words said by" in alt for alt in words) or "no word that 3 speakers" in said


# -- service card -----------------------------------------------------------------------------------------------------


def test_the_card_is_built_and_goes_stale_when_a_choice_changes(tmp_path: Path) -> None:
    finished(tmp_path)
    at = opened("service_card")
    at.text_area(key="card_use").input("Call handling, en-GB.")
    at.button(key="card_build").click().run()
    fine(at)
    _, card, files, pages = at.session_state["card"]
    assert len(pages) > 1
    assert all(page.startswith(b"\x89PNG") for page in pages)
    fine(at.number_input(key="card_page").set_value(2).run())
    assert set(files) == {"pdf", "html", "json", "rates_csv", "gaps_csv"}
    assert files["pdf"].startswith(b"%PDF")
    assert card.intended_use == "Call handling, en-GB."
    assert type(card).model_validate_json(files["json"]) == card
    at.text_area(key="card_use").input("Something else.").run()
    assert "Rebuild the card" in texts(fine(at))


# -- the shell --------------------------------------------------------------------------------------------------------

SOURCES = sorted((ROOT / "workbench" / "pages").rglob("*.py"))
WIDGETS = {
    "button", "checkbox", "download_button", "file_uploader", "multiselect", "number_input", "pagination", "pills", "plotly_chart",
    "radio", "segmented_control", "selectbox", "slider", "text_area", "text_input", "toggle",
}  # fmt: skip


def test_a_page_holds_no_statistics_and_is_short(subtests: pytest.Subtests) -> None:
    for path in SOURCES:
        with subtests.test(path.name):
            text = path.read_text()
            imported = {
                (node.module or "").split(".")[0]
                if isinstance(node, ast.ImportFrom)
                else node.names[0].name.split(".")[0]
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Import | ast.ImportFrom)
            }
            assert not imported & {"numpy", "scipy", "statsmodels", "math", "statistics", "random"}
            if path.parent.name == "pages":
                assert len(text.splitlines()) < 150


def test_every_widget_has_a_key() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WIDGETS:
                assert any(keyword.arg == "key" for keyword in node.keywords), f"{path.name} line {node.lineno}"
