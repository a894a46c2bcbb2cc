"""Choices outlive a reload and a restart, by a cookie of the browser; two sessions never share them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import ROOT, fine, opened, ready_to_run
from workbench.pages.shared import saved_session
from workbench.store import home

pytestmark = pytest.mark.usefixtures("manifests")


def again(page: str, at: AppTest, token: str = "") -> AppTest:
    """Open a page in a new session of the browser that was last in this one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(saved_session, "_asked", lambda: token or at.session_state["kept_as"])
        new = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        return fine(opened(page, new))


@pytest.fixture
def first(manifests: Path) -> AppTest:
    """A session that has chosen everything."""
    at = ready_to_run()
    at.number_input(key="study_margin").set_value(5.0)
    at.multiselect(key="only_accent").set_value(["north"])
    at.text_input(key="study_name").set_value("Ward 3").run()
    return fine(at)


def test_a_reloaded_page_holds_what_was_chosen(first: AppTest) -> None:
    new = again("run", first)
    assert new.session_state["draft"] == first.session_state["draft"]
    assert new.code[0].value == first.code[0].value
    assert 'name = "Ward 3"' in new.code[0].value
    new = fine(opened("conditions", new))
    assert new.button_group(key="pick_white_noise").value == ["white_noise@2"]
    new = fine(opened("corpus", new))
    assert new.session_state["draft"] == first.session_state["draft"]


def test_what_a_session_takes_over_is_a_copy(first: AppTest) -> None:
    new = fine(opened("conditions", again("run", first)))
    new.button_group(key="pick_white_noise").set_value([]).run()
    assert new.session_state["kept_as"] != first.session_state["kept_as"]
    assert again("run", first).session_state["draft"].conditions == ["clean", "white_noise@2"]
    assert fine(first.run()).session_state["draft"].conditions == ["clean", "white_noise@2"]


def test_a_corpus_with_problems_that_were_accepted_stays_accepted(manifests: Path) -> None:
    lines = (manifests / "tones.csv").read_text().splitlines()
    lines[1] = lines[1].replace("audio/", "gone/")
    (manifests / "tones.csv").write_text("\n".join(lines) + "\n")
    at = fine(opened("corpus"))
    at.checkbox[0].check().run()
    new = again("corpus", fine(at))
    assert new.checkbox[0].value
    assert new.session_state["draft"].allow_dropped


@pytest.mark.long
def test_the_word_that_audio_may_leave_is_given_anew(first: AppTest) -> None:
    at = opened("engines", first)
    at.toggle(key="audio_leaves").set_value(True).run()
    assert fine(at).session_state["draft"].audio_leaves
    assert not again("engines", at).session_state["draft"].audio_leaves


@pytest.mark.long
@pytest.mark.parametrize("token", ["0" * 16, "../store", "x"])
def test_a_cookie_that_names_nothing_begins_anew(first: AppTest, token: str) -> None:
    new = again("run", first, token)
    assert new.session_state["draft"].manifest is None


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"draft": {"colour": 1}, "widgets": {}}', '{"draft": [], "widgets": 3}']
)
def test_what_cannot_be_read_begins_anew(first: AppTest, text: str) -> None:
    for path in (home() / "sessions").glob("*.json"):
        path.write_text(text)
    assert again("run", first).session_state["draft"].manifest is None


@pytest.mark.long
def test_the_oldest_are_removed(first: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_session, "MOST", 2)
    for _ in range(3):
        again("run", first)
        first.text_input(key="study_name").set_value("Ward 4").run()
    assert len(list((home() / "sessions").glob("*.json"))) <= 2
