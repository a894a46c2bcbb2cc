"""The page Red team: it starts a search outside of the browser, follows it, and shows what was confirmed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.pages import findings, fine, opened, texts
from tests.search_corpus import Listener, make, study
from workbench.adaptive import red_team_worker
from workbench.adaptive.confirmation import confirm
from workbench.adaptive.kept_confirmations import confirmed
from workbench.adaptive.ledger import Ledger
from workbench.adaptive.red_team import Request, carry_out, read
from workbench.conditions import Condition, parse_condition
from workbench.results import load
from workbench.runner import run
from workbench.store import open_store

PULSE = "equip_pulse?frequency_hz=200..6000/log"


def harmed(group: str, condition: Condition) -> float:
    return 0.1 if condition.condition_id == "clean" else 0.7 if group == "A" else 0.2


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return make(tmp_path / "crowd", {"A": 12, "B": 12})


def until(red_team_id: str, *, seconds: float) -> red_team_worker.State:
    end = time.monotonic() + seconds
    while (state := red_team_worker.state(red_team_id)).alive and time.monotonic() < end:
        time.sleep(0.2)
    return state


def test_a_red_team_is_shown_with_its_figure_and_its_trials(manifest: Path) -> None:
    listener, store = Listener(manifest, harmed), open_store()
    asked = study(manifest, split=None)
    run(asked, store=store, engine_loader=listener.loader)
    result = carry_out(Request(asked, "accent", (PULSE,), budget=3, top=1), store=store, engine_loader=listener.loader)
    at = fine(opened("red_team"))
    assert "1 of the best 1 are confirmed on other speakers" in texts(at)
    assert "A: 6 explore, 6 confirm" in texts(at)
    assert any(code.value == result.presets[0] for code in at.code)
    assert "finished" in at.get("progress")[0].proto.text
    trials = next(frame.value for frame in at.dataframe if "Technique" in frame.value and "Origin" in frame.value)
    assert len(trials) == 3


def test_findings_draws_the_map_of_a_sweep_and_marks_what_other_speakers_confirmed(manifest: Path) -> None:
    def notch(group: str, condition: Condition) -> float:
        values = condition.parameters
        return 0.7 if group == "A" and (values.get("frequency_hz"), values.get("rate_hz")) == (900.0, 2.0) else 0.1

    listener, store = Listener(manifest, notch), open_store()
    grid = [f"equip_pulse?frequency_hz={hz}&rate_hz={rate}" for hz in (300, 900) for rate in (2, 4)]
    record = run(study(manifest, *grid), store=store, engine_loader=listener.loader)
    planted = grid[2]
    told = confirm(record.run_id, load(record.run_id, store=store).conditions[3], attribute="accent", group="A", store=store,
                   engine_loader=listener.loader)  # fmt: skip
    assert told["verdict"].tolist() == ["CONFIRMED"]
    results = load(record.run_id, store=store)
    assert confirmed(results, "accent", "A", store=store) == set(told["condition_id"])
    assert confirmed(results, "accent", "B", store=store) == frozenset()
    assert parse_condition(planted).parameters == parse_condition(told["condition_id"][0]).parameters
    at = findings(run=record.run_id, view="Changes")
    maps = [
        alt for chart in at.get("plotly_chart") if "What equip_pulse adds to the gap of A" in (alt := chart.proto.alt)
    ]
    assert len(maps) == 1 and "confirmed on other speakers" in maps[0]


@pytest.mark.long
def test_what_cannot_be_searched_is_said_and_a_worker_that_fails_says_why(manifest: Path) -> None:
    listener, store = Listener(manifest, harmed), open_store()
    run(study(manifest, split=None), store=store, engine_loader=listener.loader)
    at = fine(opened("red_team"))
    at.text_area(key="red_team_searches").set_value("room@2").run()
    at.button(key="red_team_start").click().run()
    assert "a single point" in texts(fine(at))
    at.text_area(key="red_team_searches").set_value(PULSE).run()
    at.number_input(key="red_team_budget").set_value(3).run()
    fine(at.button(key="red_team_start").click().run())
    (red_team_id,) = (path.name for path in Ledger("x").path.parent.iterdir())
    state = until(red_team_id, seconds=60)
    assert not state.alive and "listener" in state.message, "no such engine in another process"
    assert "listener" in texts(fine(opened("red_team")))


@pytest.mark.long
@pytest.mark.engine
def test_a_worker_searches_on_without_the_browser_and_goes_on_where_it_was_stopped(manifest: Path) -> None:
    store = open_store()
    asked = study(manifest, split=None, engines=["pocketsphinx"])
    red_team_id = red_team_worker.start(Request(asked, "accent", (PULSE,), budget=4, top=1), store=store)
    end = time.monotonic() + 120
    while red_team_worker.state(red_team_id).trials < 1 and time.monotonic() < end:
        time.sleep(0.2)
    Ledger(red_team_id).request_stop()
    stopped = until(red_team_id, seconds=60)
    assert 1 <= stopped.trials < 4 and not stopped.concluded
    first = read(red_team_id).trials["condition_id"].tolist()
    assert red_team_worker.start(Request(asked, "accent", (PULSE,), budget=4, top=1), store=store) == red_team_id
    assert until(red_team_id, seconds=180).concluded
    assert read(red_team_id).trials["condition_id"].tolist()[: len(first)] == first
