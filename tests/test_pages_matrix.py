"""Every page over every state of the store: nothing yet, one group, the demo, failed rows, a million rows.

A state is made once, in one process, and looked at by all pages; the million rows are made up and run in ``make long``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.demo_run import DEMO, demo_run
from tests.large_store import large_run
from tests.pages import PAGES, ROOT, Stumbling, fine, finished, opened, texts
from workbench.pages.findings.findings import VIEWS
from workbench.store import home, open_store

UTTERANCES, SPEAKERS, CONDITIONS = 50_000, 1_000, 20


def nothing_yet(folder: Path) -> Path:
    """No run, and a folder without a manifest."""
    return folder


def one_group(folder: Path) -> Path:
    """Every speaker has the same accent."""
    finished(folder, everybody="north")
    return folder


def demo(folder: Path) -> Path:
    """The demo corpus under three conditions."""
    assert demo_run(open_store()).state == "done"
    return DEMO


def failed_rows(folder: Path) -> Path:
    """An engine that falls over on every utterance of one speaker."""
    assert finished(folder, Stumbling).failed
    return folder


def million_rows(folder: Path) -> Path:
    """A made-up run of 1,000,000 scores; its audio does not exist."""
    large_run(open_store(), folder, utterances=UTTERANCES, speakers=SPEAKERS, conditions=CONDITIONS)
    return folder


STATES: dict[str, Callable[[Path], Path]] = {
    "nothing yet": nothing_yet, "one group": one_group, "demo": demo, "failed rows": failed_rows, "1M rows": million_rows,
}  # fmt: skip
LOOKS = [*PAGES, *(f"findings: {view}" for view in VIEWS)]
MATRIX = [
    pytest.param(
        state,
        look,
        marks=[pytest.mark.xdist_group(f"pages over {state}"), *([pytest.mark.long] if state == "1M rows" else [])],
        id=f"{state}-{look}",
    )
    for state in STATES
    for look in LOOKS
]
EMPTY = {"findings": "There is no run with transcripts yet", "service_card": "There is no run with transcripts yet"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Path, Path]]]:
    """Make each state when it is first looked at: its WORKBENCH_HOME and its folder of manifests."""
    known: dict[str, tuple[Path, Path]] = {}

    def of(state: str) -> tuple[Path, Path]:
        if state not in known:
            folder = tmp_path_factory.mktemp(state.replace(" ", "-"))
            before, os.environ["WORKBENCH_HOME"] = os.environ["WORKBENCH_HOME"], str(folder / "home")
            known[state] = folder / "home", STATES[state](folder)
            os.environ["WORKBENCH_HOME"] = before
        return known[state]

    yield of


@pytest.mark.parametrize(("state", "look"), MATRIX)
def test_every_page_draws_over_every_state(
    state: str, look: str, made: Callable[[str], tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, manifests = made(state)
    monkeypatch.setenv("WORKBENCH_HOME", str(where))
    monkeypatch.setenv("WORKBENCH_MANIFESTS", str(manifests))
    page, _, view = look.partition(": ")
    at = opened(page) if not view else _view(view)
    fine(at)
    assert home() == where
    if state == "nothing yet":
        assert EMPTY.get(page, "") in texts(at)
    elif page == "findings":
        told = [*at.get("plotly_chart"), *at.info, *at.dataframe]
        assert told, "neither a figure, nor a table, nor a word on why not"
    if not (state == "1M rows" and view == "Utterances"):  # there is no audio to play
        assert [error.value for error in at.error] == []


def _view(view: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
    at.switch_page("workbench/pages/findings/findings.py")
    at.query_params["view"] = view
    return at.run()
