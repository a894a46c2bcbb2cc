"""Browsers side by side: each keeps its own choices, whatever the others do at the same time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import STILL, Server, Visitor, choose_noise
from tests.demo_run import demo_run
from tests.pages import finished
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

SESSIONS = 20
LEVELS = ("mild", "typical", "hard", "extreme")


def test_twenty_sessions_at_once_do_not_share_what_they_chose(browser: Any, server: Server) -> None:
    """Twenty windows press levels of noise, each its own, before any of them has been drawn again."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(180_000)
    everyone = [context.new_page() for _ in range(SESSIONS)]
    for page in everyone:
        page.goto(f"{server.url}/conditions", wait_until="commit")
    picks = [[word for bit, word in enumerate(LEVELS) if (at + 1) >> bit & 1] for at in range(SESSIONS)]
    for page in everyone:
        page.wait_for_selector(STILL)
    for page in everyone:
        page.get_by_role("tab", name="Noise", exact=True).click()
    for page, words in zip(everyone, picks, strict=True):
        for word in words:
            page.get_by_role("button", name=re.compile(f"^{word} ")).first.click()
    for at, (page, words) in enumerate(zip(everyone, picks, strict=True)):
        expected = f"Conditions: clean and {len(words)} more" if words else "Conditions: only clean"
        page.get_by_test_id("stSidebar").get_by_text(expected).wait_for()
        page.wait_for_selector(STILL)
        pressed = page.locator('button[data-selected="true"]').all_inner_texts()
        assert [text.split()[0] for text in pressed] == words, (at, pressed)
    context.close()


def test_two_browsers_look_at_two_runs_and_a_link_opens_what_the_other_sees(
    browser: Any, server: Server, tmp_path: Path
) -> None:
    tones, demo = finished(tmp_path), demo_run(open_store(), ("clean", "white_noise@2"))
    first, second = Visitor(browser, server), Visitor(browser, server, scheme="dark")
    first.page.goto(
        f"{server.url}/findings?run={tones.run_id}&view=Utterances&group_accent=south&condition=white_noise@2"
    )
    second.page.goto(f"{server.url}/findings?run={demo.run_id}&view=Errors")
    first.page.get_by_text("As the engine heard it").wait_for()
    second.page.locator(".js-plotly-plot").first.wait_for()
    for one in (first, second):
        one.settled()
    assert first.page.get_by_text("south, white noise").first.is_visible()
    assert f"run={demo.run_id}" in second.page.url and f"run={tones.run_id}" in first.page.url
    second.page.get_by_text("Utterances", exact=True).first.click()
    second.page.get_by_text("As the engine heard it").wait_for()
    first.page.reload()
    first.settled()
    first.page.get_by_text("south, white noise").first.wait_for()
    linked = Visitor(browser, server, width=390)
    linked.page.goto(first.page.url)
    linked.page.get_by_text("As the engine heard it").wait_for()
    linked.settled()
    assert linked.page.locator("strong").all_inner_texts() == first.page.locator("strong").all_inner_texts()
    for one in (first, second, linked):
        one.close()


def test_choices_outlive_a_reload_and_a_restart_and_back_is_one_page(browser: Any, server: Server) -> None:
    visitor = Visitor(browser, server)
    page = visitor.page
    visitor.open()
    visitor.press("Next: conditions")
    choose_noise(visitor)
    page.reload()
    visitor.settled()
    page.get_by_text("Conditions: clean and 1 more").wait_for()
    server.kill()
    server.start()
    page.reload()
    visitor.settled()
    page.get_by_text("Conditions: clean and 1 more").wait_for()
    page.go_back()
    visitor.arrives("Corpus")
    somebody_else = Visitor(browser, server)
    somebody_else.open("conditions")
    somebody_else.page.get_by_text("Conditions: only clean").wait_for()
    for one in (visitor, somebody_else):
        one.close()
