"""The app in a real browser: a server on a free port, a window that notes what should never happen, and clicks."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.store import open_store

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "corpus": "", "conditions": "conditions", "engines": "engines", "run": "run", "findings": "findings",
    "red_team": "red_team", "service_card": "service_card",
}  # fmt: skip
"""The address of each page below that of the server."""
TITLES = {
    "corpus": "Corpus", "conditions": "Conditions", "engines": "Models", "run": "Run", "findings": "Findings",
    "red_team": "Red team", "service_card": "Service card",
}  # fmt: skip
"""What stands above each page, and in the sidebar."""
STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TIMEOUT_MS = 45_000
HOME = "127.0.0.1"
ELSEWHERE = re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])")
"""Addresses of other machines."""


class Server:
    """The app on a free port of this machine, in a process of its own; ``environment`` adds to that of this process."""

    def __init__(self, log: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind((HOME, 0))
            self.port = free.getsockname()[1]
        self.url = f"http://{HOME}:{self.port}"
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **self._environment}
            )
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the app did not start:\n{self._log.read_text()}")

    @property
    def process_id(self) -> int:
        assert self._process is not None, "the app is not running"
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Visitor:
    """One browser window that notes what should never happen: script errors, exceptions, requests to elsewhere.

    A request to another machine is stopped before it leaves and noted.
    """

    def __init__(self, browser: Any, server: Server, *, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, accept_downloads=True
        )
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.elsewhere: list[str] = []
        self.context.route(ELSEWHERE, self._stop)
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(TIMEOUT_MS)
        self.server = server
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("websocket", lambda socket: self._note(socket.url))

    def _stop(self, route: Any) -> None:
        self.elsewhere.append(route.request.url)
        route.abort()

    def _note(self, url: str) -> None:
        self.asked.append(url)
        if ELSEWHERE.match(url):
            self.elsewhere.append(url)

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

    def too_wide_by(self) -> int:
        """Return by how many pixels something sticks out at the side of the page."""
        main = "document.querySelector('[data-testid=stMain]')"
        inside = f"{main}.scrollWidth - {main}.clientWidth"
        return int(self.page.evaluate(f"Math.max({inside}, document.documentElement.scrollWidth - innerWidth)"))

    def picture(self, folder: Path, name: str) -> None:
        """Save a picture of the whole page, and check that nothing sticks out at its side."""
        self.settled()
        self.page.wait_for_timeout(1500)
        width = self.page.viewport_size["width"]
        height = int(self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")) + 40
        assert self.too_wide_by() <= 0, f"{name} is wider than {width} px"
        self.page.set_viewport_size({"width": width, "height": min(height, 8000)})
        self.page.wait_for_timeout(800)
        self.page.screenshot(path=str(folder / f"{name}-{width}.png"))
        self.page.set_viewport_size({"width": width, "height": 1000})

    def narrow(self) -> None:
        """Make the window 390 pixels wide, where the sidebar folds away."""
        self.page.set_viewport_size({"width": 390, "height": 1000})
        self.page.wait_for_timeout(500)
        fold = self.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button")
        if fold.is_visible():
            fold.click()

    def widen(self) -> None:
        """Make the window 1280 pixels wide again, with its sidebar."""
        self.page.set_viewport_size({"width": 1280, "height": 1000})
        self.page.wait_for_timeout(500)
        unfold = self.page.get_by_test_id("stExpandSidebarButton")
        if unfold.is_visible():
            unfold.click()

    def both_pictures(self, folder: Path, name: str) -> None:
        """Save a picture at 1280 and one at 390 pixels."""
        self.picture(folder, name)
        self.narrow()
        self.picture(folder, name)
        self.widen()

    def close(self) -> None:
        self.context.close()


def chromium() -> str | None:
    """Return where Debian's Chromium is, if it and what drives it are here."""
    return shutil.which("chromium") if find_spec("playwright") else None


@contextmanager
def launched() -> Iterator[Any]:
    """Give a Chromium that Playwright drives."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


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


def choose_noise(visitor: Visitor) -> None:
    """On Conditions, choose white noise at 10 dB."""
    visitor.arrives("Conditions")
    visitor.page.get_by_role("tab", name="Noise", exact=True).click()
    visitor.page.get_by_role("button", name="typical 10 dB").first.click()
    visitor.settled()


def add_recogniser(visitor: Visitor, *, grammar: str) -> None:
    """On Models, add PocketSphinx with a grammar."""
    visitor.arrives("Models")
    visitor.page.get_by_text("A grammar", exact=True).click()
    visitor.settled()
    visitor.press("Add this engine")
    visitor.page.get_by_text(f"pocketsphinx?grammar={grammar}").first.wait_for()


def start_a_study(visitor: Visitor, *accents: str) -> str:
    """Click from the demo corpus to a run that has begun; return its id."""
    page = visitor.page
    visitor.open()
    visitor.arrives("Corpus")
    assert page.get_by_text("Synthetic voices").first.is_visible()
    visitor.press("Next: conditions")
    choose_noise(visitor)
    visitor.press("Next: models")
    add_recogniser(visitor, grammar="demo.gram")
    visitor.press("Next: run")
    visitor.arrives("Run")
    for _ in range(5):
        page.get_by_text("Only some groups").click()
        page.wait_for_timeout(1_500)  # it unfolds, unless a rerun that ends just now folds it again
        if page.get_by_role("combobox", name="Only these of accent").first.is_visible():
            break
    choose(visitor, "Only these of accent", *accents)
    visitor.press("Start the run")
    page.get_by_text("is running").wait_for()
    return open_store().runs()[0].run_id


def wait_for_progress(run_id: str, *, beyond: int = 0, seconds: float = 60) -> int:
    """Wait until the store holds more transcripts of the run than ``beyond``; return how many."""
    store, end = open_store(), time.monotonic() + seconds
    while (done := store.run(run_id).done) <= beyond:
        assert time.monotonic() < end, f"no progress: {store.run(run_id)}"
        time.sleep(0.2)
    return done
