"""Five tasks of the people who use the app, and how many clicks each takes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import Server, Visitor
from tests.demo_run import DEMO
from tests.test_browser_path import zipped
from workbench.engines import Engine, ScriptedEngine
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engine, pytest.mark.xdist_group("browser")]


class Clicks:
    """A visitor whose clicks are counted."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page, self.n = visitor, visitor.page, 0

    def click(self, element: Any, **given: Any) -> None:
        element.click(**given)
        self.n += 1
        self.visitor.settled()

    def follow(self, name: str, title: str) -> None:
        """Click a link and wait for the page that it leads to."""
        self.page.get_by_role("link", name=name).first.click()
        self.n += 1
        self.visitor.arrives(title)


@pytest.fixture(scope="module")
def two_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app over a finished run of the demo's study, with the fields of its card, by two made-up engines."""
    folder = tmp_path_factory.mktemp("tasks")
    url = f"sqlite:///{folder / 'store.sqlite'}"
    study = Study.from_toml(DEMO / "demo.study.toml")
    fields = {
        "name": study.name, "corpus": list(study.corpus), "attributes": ["accent"], "engines": ["scripted:a", "scripted:b"],
        "conditions": ["clean", "white_noise@2"], "card": study.card,
    }  # fmt: skip

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        text = "please check the drip beside the window" if spec.endswith("a") else "please check the drip"
        return ScriptedEngine(lambda wave: text, model_id=spec)

    run(Study.create(fields, base=study.base), store=open_store(url), engine_loader=loader)
    app = Server(folder / "streamlit.log", WORKBENCH_HOME=str(folder), WORKBENCH_STORE=url)
    app.start()
    yield app
    app.kill()


@pytest.fixture
def clicks(browser: Any, two_engines: Server) -> Iterator[Clicks]:
    visitor = Visitor(browser, two_engines, width=1440)
    visitor.open()
    visitor.arrives("Findings")
    yield Clicks(visitor)
    visitor.close()


def test_who_is_worst_served_and_how_sure_is_seen_at_once(clicks: Clicks) -> None:
    strip = clicks.page.get_by_label("Headline")
    assert strip.is_visible()
    words = strip.inner_text()
    assert "highest word error rate" in words or "served worse" in words
    assert any(
        sure in words for sure in ("firm", "tentative", "may be chance", "within the margin", "cannot be compared")
    )
    assert clicks.n == 0


def test_a_failed_utterance_is_heard_with_two_clicks(clicks: Clicks) -> None:
    clicks.click(clicks.page.get_by_role("button", name="white noise, 10\u00a0dB: ").nth(1))
    sound = clicks.page.locator("audio").last
    sound.wait_for()
    clicks.click(sound, position={"x": 22, "y": 27})  # the play button of the player
    clicks.page.wait_for_function("[...document.querySelectorAll('audio')].some((one) => one.currentTime > 0)")
    failed = clicks.page.get_by_role("listitem", name=re.compile(": (replaced|missed|invented)$"))
    assert failed.first.is_visible(), "word by word"
    assert clicks.n == 2


def test_two_models_are_compared_with_two_clicks(clicks: Clicks) -> None:
    clicks.click(clicks.page.get_by_text("Compare", exact=True).first)
    clicks.page.get_by_text("From scripted a to scripted b").first.wait_for()
    assert clicks.n <= 2


def test_a_card_with_its_fields_takes_four_clicks(clicks: Clicks, tmp_path: Path) -> None:
    clicks.follow("Service card", "Service card")
    clicks.click(clicks.page.get_by_role("button", name="Build the card"))
    clicks.page.get_by_role("heading", name="Pages", exact=True).wait_for()
    with clicks.page.expect_download() as download:
        clicks.page.get_by_role("button", name="Card (PDF)").click()
        clicks.n += 1
    download.value.save_as(tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    assert clicks.page.get_by_text("is marked as a draft").count() == 0
    assert clicks.n <= 4


def test_from_a_corpus_of_ones_own_to_findings_takes_ten_clicks_at_most(
    browser: Any, server: Server, tmp_path: Path
) -> None:
    zipped(tmp_path / "ward.zip")
    with zipfile.ZipFile(tmp_path / "ward.zip") as archive:
        assert "ward.csv" in archive.namelist()
    visitor = Visitor(browser, server, width=1440)
    clicks, page = Clicks(visitor), visitor.page
    visitor.open()
    clicks.click(page.get_by_text("Upload a zip", exact=True))
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("stFileUploaderDropzone").click()
        clicks.n += 1
    chooser.value.set_files(tmp_path / "ward.zip")
    page.get_by_text("Who is in it").wait_for()
    visitor.settled()
    clicks.click(page.get_by_role("button", name="Next: conditions"))
    visitor.arrives("Conditions")
    clicks.click(page.get_by_role("button", name="typical", exact=True).first)  # the first place
    clicks.click(page.get_by_role("button", name="Next: models"))
    visitor.arrives("Models")
    clicks.click(page.get_by_text("A grammar", exact=True))
    clicks.click(page.get_by_role("button", name="Add this engine").first)
    clicks.click(page.get_by_role("button", name="Next: run"))
    visitor.arrives("Run")
    clicks.click(page.get_by_role("button", name="Start the run"))
    page.get_by_text("is finished").wait_for(timeout=600_000)
    visitor.settled()
    clicks.follow("See the findings", "Findings")
    page.get_by_label("Headline").wait_for()
    assert clicks.n <= 10, f"{clicks.n} clicks"
    visitor.close()
