"""The app as a person uses it: a real server, a real browser, from the corpus to the card.

``WORKBENCH_SCREENSHOTS`` names a folder for a picture of every page at 1280 and 390 pixels.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT, require
from workbench.store import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.engine, pytest.mark.xdist_group("browser")]

PATHS = ("", "conditions", "engines", "run", "findings", "service_card")
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TIMEOUT_MS = 45_000


class Server:
    """The app on a free port of this machine, in a process of its own."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        pytest.fail(f"the app did not start:\n{self._log.read_text()}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Visitor:
    """One browser window that notes what should never happen: script errors, exceptions, requests to elsewhere."""

    def __init__(self, browser: Any, server: Server, *, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, accept_downloads=True
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(TIMEOUT_MS)
        self.server = server
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.elsewhere.append(request.url)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.server.url}/{path}")
        self.settled()

    def settled(self) -> None:
        """Wait until the page has been drawn, and look for what should not be there."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector(STILL)
        assert self.page.locator('[data-testid="stException"]').count() == 0, self.page.inner_text("body")
        assert not self.errors
        assert not self.elsewhere

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.settled()

    def arrives(self, title: str) -> None:
        """Wait until the page of this title is there."""
        self.page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        self.settled()

    def heading(self) -> str:
        return str(self.page.locator("h1").inner_text())

    def picture(self, folder: Path, name: str) -> None:
        """Save a picture of the whole page, and check that nothing sticks out at its side."""
        self.settled()
        self.page.wait_for_timeout(1500)
        main = "document.querySelector('[data-testid=stMain]')"
        width = self.page.viewport_size["width"]
        height = min(int(self.page.evaluate(f"{main}.scrollHeight")) + 40, 8000)
        assert self.page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 0, f"{name} is wider than {width} px"
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_timeout(800)
        self.page.screenshot(path=str(folder / f"{name}-{width}.png"))
        self.page.set_viewport_size({"width": width, "height": 1000})

    def both_pictures(self, folder: Path, name: str) -> None:
        """Save a picture at 1280 and one at 390 pixels, where the sidebar folds away."""
        self.picture(folder, name)
        self.page.set_viewport_size({"width": 390, "height": 1000})
        self.page.wait_for_timeout(500)
        fold = self.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button")
        if fold.is_visible():
            fold.click()
        self.picture(folder, name)
        self.page.set_viewport_size({"width": 1280, "height": 1000})
        self.page.wait_for_timeout(500)
        unfold = self.page.get_by_test_id("stExpandSidebarButton")
        if unfold.is_visible():
            unfold.click()

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    chromium = shutil.which("chromium")
    require(chromium, "there is no chromium on this machine (apt-get install chromium)")
    require(find_spec("playwright"), "playwright is not installed (pip install -r requirements-dev.txt)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The app over an empty store and the manifests of this project."""
    app = Server(tmp_path / "streamlit.log")
    app.start()
    yield app
    app.kill()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go."""
    folder = Path(os.environ.get("WORKBENCH_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def choose(visitor: Visitor, label: str, *options: str) -> None:
    """Choose in a selectbox or multiselect."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    for option in options:
        found = visitor.page.get_by_role("option", name=option, exact=True)
        for _ in range(6):  # a rerun that ends just now closes the list that was opened before
            visitor.settled()
            box = visitor.page.get_by_role("combobox", name=label).first
            box.fill("")
            box.fill(option)
            try:
                found.wait_for(timeout=5_000)
                found.click(timeout=5_000)
                break
            except PlaywrightTimeout:
                visitor.page.keyboard.press("Escape")
        else:
            raise AssertionError(f"{label} never offered {option}")
        visitor.settled()
    visitor.page.keyboard.press("Escape")


def start_a_study(visitor: Visitor, *accents: str) -> str:
    """Click from the demo corpus to a run that has begun; return its id."""
    page = visitor.page
    visitor.open()
    visitor.arrives("Corpus")
    assert page.get_by_text("Synthetic voices").first.is_visible()
    visitor.press("Next: choose what happens to the voice")
    visitor.arrives("Last mile")
    page.get_by_role("button", name="typical 10 dB").first.click()
    visitor.settled()
    visitor.press("Next: choose what transcribes")
    visitor.arrives("Models")
    page.get_by_text("A grammar", exact=True).click()
    visitor.settled()
    visitor.press("Add this engine")
    page.get_by_text("pocketsphinx?grammar=demo.gram").first.wait_for()
    visitor.press("Next: name the study and run it")
    visitor.arrives("Run")
    for _ in range(5):
        page.get_by_text("Only some groups").click()
        page.wait_for_timeout(1_500)  # it unfolds, unless a rerun that ends just now folds it again
        if page.get_by_role("combobox", name="Only these of accent").first.is_visible():
            break
    choose(visitor, "Only these of accent", *accents)
    visitor.press("Start the run")
    page.get_by_text("is at work").wait_for()
    return open_store().runs()[0].run_id


def wait_for_progress(run_id: str, *, beyond: int = 0, seconds: float = 60) -> int:
    """Wait until the store holds more transcripts of the run than ``beyond``; return how many."""
    store, end = open_store(), time.monotonic() + seconds
    while (done := store.run(run_id).done) <= beyond:
        assert time.monotonic() < end, f"no progress: {store.run(run_id)}"
        time.sleep(0.2)
    return done


def test_from_the_corpus_to_the_card(browser: Any, server: Server, tmp_path: Path, pictures: Path) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "en-us", "en-gb-scotland")
    visitor.close()  # in mid-run

    visitor = Visitor(browser, server)  # another window re-attaches
    visitor.open("run")
    page = visitor.page
    page.get_by_text("is finished").wait_for(timeout=120_000)
    record = open_store().run(run_id)
    assert (record.state, record.done, record.failed) == ("done", record.total, 0)
    visitor.settled()
    page.get_by_role("link", name="See the findings").first.click()
    page.locator(".js-plotly-plot").nth(2).wait_for()
    visitor.settled()
    visitor.arrives("Findings")
    assert page.get_by_text("Synthetic voices: these figures").first.is_visible()

    box = page.locator(".js-plotly-plot").first.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])  # second group, second condition
    page.get_by_text("As the engine heard it").wait_for()
    visitor.settled()
    assert page.locator("audio").count() == 2
    assert "view=Utterances" in page.url
    assert "condition=white_noise" in page.url
    colleague = Visitor(browser, server, width=390)
    colleague.page.goto(page.url)
    colleague.page.get_by_text("As the engine heard it").wait_for()
    colleague.settled()
    assert colleague.page.locator("strong").all_inner_texts() == page.locator("strong").all_inner_texts()
    visitor.picture(pictures, "utterances")
    colleague.picture(pictures, "utterances")
    colleague.close()

    page.get_by_role("link", name="Service card").first.click()
    visitor.settled()
    page.get_by_label("Intended use").fill("Reading digits on a ward.")
    visitor.press("Build the card")
    with page.expect_download() as download:
        page.get_by_role("button", name="Card (PDF)").click()
    download.value.save_as(tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    visitor.picture(pictures, "card-built")
    visitor.close()


def test_a_run_outlives_the_server_and_is_found_again(browser: Any, server: Server) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "en-us", "en-gb", "en-029", "en-us-nyc")
    done = wait_for_progress(run_id)
    server.kill()
    visitor.close()
    record = open_store().run(run_id)
    assert record.state == "running"
    assert record.done < record.total
    wait_for_progress(run_id, beyond=max(done, record.done))
    server.start()
    visitor = Visitor(browser, server)
    visitor.open("run")
    visitor.page.get_by_text("is finished").wait_for(timeout=120_000)
    visitor.close()
    assert open_store().run(run_id).done == record.total


def test_a_cancelled_run_keeps_what_it_has_and_is_resumed(browser: Any, server: Server) -> None:
    visitor = Visitor(browser, server)
    run_id = start_a_study(visitor, "en-us", "en-gb", "en-029", "en-us-nyc")
    wait_for_progress(run_id)
    visitor.page.get_by_role("button", name="Cancel").click()
    visitor.page.get_by_text("is cancelled").wait_for()
    kept = open_store().run(run_id).done
    visitor.press("Resume")
    visitor.page.get_by_text("is finished").wait_for(timeout=120_000)
    record = open_store().run(run_id)
    assert record.reused >= kept > 0
    visitor.close()


def test_every_page_has_its_pictures(browser: Any, server: Server, pictures: Path) -> None:
    visitor = Visitor(browser, server)
    page = visitor.page
    run_id = start_a_study(visitor, "en-us", "en-gb-scotland")
    visitor.both_pictures(pictures, "run-at-work")
    page.get_by_text("is finished").wait_for(timeout=120_000)
    for step, name in enumerate(("corpus", "conditions", "engines", "run", "findings", "service_card"), 1):
        page.get_by_role("link", name=f"{step} ").click()
        visitor.both_pictures(pictures, name)
    assert open_store().run(run_id).finished
    visitor.close()


def test_the_gallery_is_read_wide_and_narrow_and_can_be_played(browser: Any, tmp_path: Path, pictures: Path) -> None:
    from workbench.gallery import choose, clip_of, write

    clip, pool = clip_of()
    index = write(tmp_path, clip, choose(["equip_pulse", "opus@4"]), pool=pool)
    for width, scheme in ((1280, "light"), (390, "dark")):
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(index.as_uri())
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.wait_for_function("[...document.images].every(image => image.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        seconds = page.evaluate(
            "new Promise((done, fail) => { const one = document.querySelectorAll('audio')[1]; one.onerror = fail;"
            " one.onloadedmetadata = () => done(one.duration); one.preload = 'metadata'; one.load(); })"
        )
        assert seconds == pytest.approx(clip.wave.duration_s, abs=0.01)
        assert all(url.startswith("file:") for url in asked)
        page.screenshot(path=str(pictures / f"gallery-{width}.png"), full_page=True)
        context.close()
