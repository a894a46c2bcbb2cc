"""The app sends audio away only after the user has said so, where it says where to."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.corpus import make
from tests.pages import fine, opened
from tests.pages import texts as marked

SPEC = "openai-api:m?url=https://asr.example.org/v1"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session with a corpus of tones on the page Models."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    make(folder, synthetic=True)
    monkeypatch.setenv("WORKBENCH_MANIFESTS", str(folder))
    return fine(opened("engines", fine(opened("corpus"))))


def texts(at: AppTest) -> str:
    """What the page says, without the escapes of Markdown."""
    return marked(at).replace("\\", "")


def added(at: AppTest, kind: str, spec: str) -> AppTest:
    at.segmented_control(key="engine_kind").set_value(kind).run()
    at.radio(key=f"engine_way_{kind}").set_value("As in a study file").run()
    at.text_input(key="engine_named").set_value(spec).run()
    return fine(at.button(key="engine_add").click().run())


def test_an_engine_that_sends_audio_away_is_behind_the_switch(session: AppTest) -> None:
    at = added(session, "openai-api", SPEC)
    assert "would send the audio to https://asr.example.org" in texts(at)
    assert at.session_state["draft"].engines == []
    assert at.toggle(key="audio_leaves").value is False
    at.toggle(key="audio_leaves").set_value(True).run()
    at = added(at, "openai-api", SPEC)
    assert "the audio leaves this machine, to https://asr.example.org" in texts(at)
    allowed = fine(opened("run", at))
    assert "would send" not in texts(allowed)
    assert [button for button in allowed.button if button.key == "run_start"]
    assert "audio_leaves_this_machine = true" in allowed.code[0].value
    at = fine(opened("engines", allowed))
    assert at.toggle(key="audio_leaves").value is True
    at.toggle(key="audio_leaves").set_value(False).run()
    refused = fine(opened("run", at))  # whoever takes the word back cannot start
    assert "would send the audio to https://asr.example.org" in texts(refused)
    assert not [button for button in refused.button if button.key == "run_start"]


def test_a_server_is_described_field_by_field(session: AppTest) -> None:
    at = session
    at.toggle(key="audio_leaves").set_value(True)
    at.segmented_control(key="engine_kind").set_value("openai-api").run()
    assert at.button(key="engine_add").disabled
    at.text_input(key="engine_target_openai-api").set_value("m")
    at.text_input(key="engine_option_openai-api_url").set_value("https://asr.example.org/v1")
    at.number_input(key="engine_option_openai-api_price_per_minute").set_value(0.006)
    at.selectbox(key="engine_option_openai-api_answer").set_value("logprobs").run()
    fine(at.button(key="engine_add").click().run())
    assert at.session_state["draft"].engines == [f"{SPEC}&answer=logprobs&price_per_minute=0.006"]


def test_a_server_on_this_machine_needs_no_word(session: AppTest) -> None:
    at = added(session, "openai-api", "openai-api:m?url=http://127.0.0.1:9/v1")
    assert at.toggle(key="audio_leaves").value is False
    assert len(at.session_state["draft"].engines) == 1
    assert "audio_leaves_this_machine = false" in fine(opened("run", at)).code[0].value


def test_a_key_that_is_typed_into_the_name_is_refused_and_not_kept(session: AppTest) -> None:
    at = added(session, "openai-api", f"{SPEC}&key=sk-live-1234567890")
    assert "takes the name of an environment variable" in texts(at)
    assert "sk-live" not in texts(at)
    assert at.session_state["draft"].engines == []
