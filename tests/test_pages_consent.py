"""The app sends audio away only after the user has said so, where it says where to."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.corpus import make
from tests.test_pages import fine, opened
from tests.test_pages import texts as marked

SPEC = "openai-api:m?url=https://asr.example.org/v1"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session with a corpus of tones on the Engines page."""
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
    at.text_input(key="engine_named").set_value(spec).run()
    return fine(at.button(key="engine_add").click().run())


def test_an_engine_that_sends_audio_away_says_where_to_and_waits_for_the_users_word(session: AppTest) -> None:
    at = added(session, "openai-api", SPEC)
    assert "the audio leaves this machine, to https://asr.example.org" in texts(at)
    assert at.toggle(key="audio_leaves").value is False
    refused = fine(opened("run", at))
    assert "would send the audio to https://asr.example.org" in texts(refused)
    assert not [button for button in refused.button if button.key == "run_start"]
    at = fine(opened("engines", refused))
    at.toggle(key="audio_leaves").set_value(True).run()
    allowed = fine(opened("run", at))
    assert "would send" not in texts(allowed)
    assert [button for button in allowed.button if button.key == "run_start"]
    assert "audio_leaves_this_machine = true" in allowed.code[0].value
    assert fine(opened("engines", allowed)).toggle(key="audio_leaves").value is True


def test_a_server_on_this_machine_needs_no_word(session: AppTest) -> None:
    at = added(session, "openai-api", "openai-api:m?url=http://127.0.0.1:9/v1")
    assert not [one for one in at.toggle if one.key == "audio_leaves"]
    assert "audio_leaves_this_machine = false" in fine(opened("run", at)).code[0].value


def test_a_key_that_is_typed_into_the_name_is_refused_and_not_kept(session: AppTest) -> None:
    at = added(session, "openai-api", f"{SPEC}&key=sk-live-1234567890")
    assert "takes the name of an environment variable" in texts(at)
    assert "sk-live" not in texts(at)
    assert at.session_state["draft"].engines == []
