"""The page Models: every engine is described by fields whose values its adapter takes."""

from __future__ import annotations

from importlib import import_module

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import fine, opened, texts
from workbench.engines import ADAPTERS
from workbench.engines.hosted import REQUEST_OPTIONS
from workbench.pages.shared.engine_options import AWAY, WAYS

pytestmark = pytest.mark.usefixtures("manifests")


def page() -> AppTest:
    return fine(opened("engines", opened("corpus")))


@pytest.mark.parametrize("engine", list(ADAPTERS))
def test_every_engine_is_described_by_options_that_it_has(engine: str) -> None:
    module = import_module(ADAPTERS[engine])
    known = (*getattr(module, "_OPTIONS", ()), *(REQUEST_OPTIONS if hasattr(module, "hosted") else ()))
    for way in WAYS[engine]:
        assert way.start.partition(":")[0].partition("?")[0] == engine
        for field in way.fields:
            assert field.name in known
            assert not field.among or field.usual in field.among


def test_options_that_are_not_touched_are_not_written() -> None:
    at = page()
    fine(at.button(key="engine_add").click().run())
    assert at.session_state["draft"].engines == ["pocketsphinx"]
    at.number_input(key="engine_option_pocketsphinx_pad_s").set_value(0.5).run()
    fine(at.button(key="engine_add").click().run())
    assert at.session_state["draft"].engines == ["pocketsphinx", "pocketsphinx?pad_s=0.5"]


def test_the_options_of_a_grammar_follow_its_file(manifests: object) -> None:
    from pathlib import Path

    assert isinstance(manifests, Path)
    (manifests / "what & who?.gram").write_text("#JSGF V1.0;\ngrammar digits;\npublic <d> = one | two;\n")
    at = page()
    at.radio(key="engine_way_pocketsphinx").set_value("A grammar").run()
    at.number_input(key="engine_option_pocketsphinx_floor").set_value(0.0).run()
    fine(at.button(key="engine_add").click().run())
    assert not at.error
    assert at.session_state["draft"].engines == ["pocketsphinx?grammar=what %26 who%3F.gram&floor=0"]


def test_a_value_out_of_range_is_a_message_and_adds_nothing() -> None:
    at = page()
    at.radio(key="engine_way_pocketsphinx").set_value("As in a study file").run()
    at.text_input(key="engine_named").set_value("pocketsphinx?pad_s=99").run()
    fine(at.button(key="engine_add").click().run())
    assert "pad_s=99 is not a number from 0 to 10" in at.error[0].value.replace("\\", "")
    assert at.session_state["draft"].engines == []


def test_what_is_missing_keeps_the_button_grey() -> None:
    at = page()
    at.toggle(key="audio_leaves").set_value(True)
    at.segmented_control(key="engine_kind").set_value("openai-api").run()
    assert at.button(key="engine_add").disabled
    at.text_input(key="engine_target_openai-api").set_value("m").run()
    assert at.button(key="engine_add").disabled
    at.text_input(key="engine_option_openai-api_url").set_value("http://127.0.0.1:9/v1").run()
    assert not at.button(key="engine_add").disabled


def test_engines_that_send_audio_away_are_marked() -> None:
    said = texts(page())
    assert said.count("sends audio away") == len(AWAY)
