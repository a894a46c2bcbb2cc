"""Who looks at the app: with a login a page shows nothing before it, and afterwards the runs of this visitor alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.large_store import large_run
from workbench.pages.shared import cached, visitor
from workbench.server.guard import USER_HEADER
from workbench.store import EVERYBODY, open_store

ROOT = Path(__file__).resolve().parents[1]
AUTH = {
    "redirect_uri": "https://x.example/oauth2callback",
    "cookie_secret": "s",
    "client_id": "c",
    "client_secret": "t",
}


@pytest.fixture
def run_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    store = open_store()
    run_id = large_run(store, tmp_path, utterances=40, speakers=8, conditions=2, accents=2)
    store.close()
    return run_id


def logged_in(monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str], **told: Any) -> None:
    """Let a visitor be there as Streamlit tells it: the headers of the socket, and what its own login knows."""
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=headers, theme=SimpleNamespace(type="light")))
    known = SimpleNamespace(to_dict=lambda: {"is_logged_in": bool(told), **told})
    monkeypatch.setattr(st, "user", known)


def test_without_a_login_everybody_sees_everything(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logged_in(monkeypatch, {})
    assert visitor.user() is None
    assert [run.run_id for run in cached.store().runs()] == [run_id]


def test_with_a_name_a_page_has_the_runs_of_this_visitor(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logged_in(monkeypatch, {USER_HEADER: "ann"})
    assert cached.store().runs() == []
    for owner in ("ann", EVERYBODY):
        open_store().share(run_id, owner)
        assert [run.run_id for run in cached.store().runs()] == [run_id]
    open_store().share(run_id, "ben")
    assert cached.store().runs() == []


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"email": "ann@example.org", "sub": "7"}, "ann@example.org"),
        ({"email": "ann@example.org", "email_verified": False, "sub": "7"}, "7"),
        ({"sub": "7"}, "7"),
    ],
)
def test_a_login_of_streamlit_tells_the_visitor(
    told: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "_login_is_set_up", lambda: True)
    logged_in(monkeypatch, {}, **told)
    assert visitor.user() == name
    logged_in(monkeypatch, {})
    assert visitor.user() == "", "nobody: no run belongs to an empty name and may be seen"


def test_before_a_login_a_page_shows_its_button_and_nothing_else(run_id: str) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.secrets["auth"] = AUTH
    at.run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Log in"]
    assert not at.dataframe
    assert not at.selectbox


def test_nobody_sees_what_was_run_without_a_login(run_id: str) -> None:
    assert open_store().for_user("").runs() == []


def test_the_owner_of_a_run_shares_it_on_the_page(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(name: str) -> AppTest:
        logged_in(monkeypatch, {USER_HEADER: name})
        monkeypatch.setattr(st.context, "cookies", {}, raising=False)
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("workbench/pages/run.py")
        at.query_params["run"] = run_id
        return at.run()

    open_store().share(run_id, "ann")
    at = shown("ann")
    assert not at.exception
    at.button(key="run_share").click().run()
    assert not at.exception
    assert open_store().run(run_id).belongs_to == EVERYBODY
    assert not [button for button in shown("ben").button if button.key == "run_share"], (
        "it is ben's to see, not to give"
    )
