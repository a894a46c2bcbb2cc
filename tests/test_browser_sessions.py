"""Browsers side by side: each keeps its own choices, whatever the others do at the same time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import Server, Visitor
from tests.corpus import make
from tests.demo_run import demo_run
from tests.test_pages import finished
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

SESSIONS = 20
LEVELS = ("mild", "typical", "hard", "extreme")
NOISES = ("white noise", "babble")


def steps(visitor: Visitor) -> str:
    """What the sidebar says of the choices of this session."""
    said = visitor.page.get_by_test_id("stSidebar").inner_text()
    return re.sub(r"\s+", " ", said.replace("\u00a0", " "))


def test_twenty_sessions_at_once_do_not_share_what_they_chose(
    browser: Any, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Session i names a corpus of i + 1 utterances a speaker, and picks its own levels of noise; all at the same time."""
    corpora = [make(tmp_path / f"c{at}", name=f"corpus{at:02}", per_speaker=1 + at % 5) for at in range(SESSIONS)]
    everyone = [Visitor(browser, server) for _ in range(SESSIONS)]
    for one in everyone:
        one.page.goto(server.url, wait_until="commit")
    for one in everyone:
        one.page.get_by_text("By its path", exact=True).click()
    for one, manifest in zip(everyone, corpora, strict=True):
        one.page.get_by_label("Path of the manifest on this machine").fill(str(manifest))
        one.page.keyboard.press("Enter")
    for one, manifest in zip(everyone, corpora, strict=True):
        one.page.get_by_test_id("stMetricValue").nth(1).wait_for()
        one.settled()
        assert f"Corpus: {manifest.stem}, 6 speakers" in steps(one)
    for one in everyone:
        one.page.get_by_role("link", name="2 Last mile").click()
    picks = [[word for bit, word in enumerate(LEVELS) if (at + 1) >> bit & 1] for at in range(SESSIONS)]
    for one, words in zip(everyone, picks, strict=True):
        one.arrives("Last mile")
        for word in words:
            one.page.get_by_role("button", name=re.compile(f"^{word} ")).first.click()
    for at, (one, manifest, words) in enumerate(zip(everyone, corpora, picks, strict=True)):
        one.settled()
        said = steps(one)
        assert f"Corpus: {manifest.stem}, 6 speakers" in said
        expected = f"Last mile: clean and {len(words)} more" if words else "Last mile: only clean"
        assert expected in said, at
        pressed = one.page.locator('button[aria-checked="true"], button[aria-pressed="true"]').all_inner_texts()
        assert [text.split()[0] for text in pressed] == words, (at, pressed)
    for one in everyone:
        one.page.get_by_role("link", name="1 Corpus").click()
    for one, manifest in zip(everyone, corpora, strict=True):
        one.arrives("Corpus")
        assert one.page.get_by_label("Path of the manifest on this machine").input_value() == str(manifest)
        one.close()


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
