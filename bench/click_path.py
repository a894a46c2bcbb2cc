"""How long a person clicks from ``make app`` to a PDF on the demo: seconds and clicks of every step, in a real browser.

``python -m bench.click_path [--workers N]``: the demo study is run in a store of its own as ``make app`` does, then a scripted
Chromium clicks two ways: the shortest (the card of the run that is there), and the whole one (corpus, conditions, engine, a new
run, findings, card). Each step is over when its page is drawn; nobody reads, so that a person's time comes on top.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browsing import ROOT, Server, Visitor, add_recogniser, choose_noise, launched


class Clock:
    """Seconds and clicks of each step, printed as they end."""

    def __init__(self, what: str) -> None:
        self.seconds, self.clicks = 0.0, 0
        print(f"\n{what}")

    @contextmanager
    def step(self, name: str, clicks: int) -> Iterator[None]:
        """Time one step."""
        start = time.perf_counter()
        yield
        spent = time.perf_counter() - start
        self.seconds, self.clicks = self.seconds + spent, self.clicks + clicks
        print(f"  {name:46}{spent:7.1f} s{clicks:4} clicks")

    def end(self) -> None:
        """Print the sum."""
        print(f"  {'together':46}{self.seconds:7.1f} s{self.clicks:4} clicks")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["WORKBENCH_HOME"] = name
        clock = Clock("make app")
        with clock.step("the demo study is run", 0):
            command = ["run", "data_manifests/demo.study.toml", "--workers", str(arguments.workers)]
            subprocess.run([sys.executable, "-m", "workbench", *command], cwd=ROOT, check=True, capture_output=True)
        server = Server(Path(name) / "streamlit.log")
        with clock.step("the app answers", 0):
            server.start()
        try:
            with launched() as browser:
                for way in (shortest, whole):
                    visitor = Visitor(browser, server)
                    way(visitor, Path(name))
                    visitor.close()
        finally:
            server.kill()


def shortest(visitor: Visitor, folder: Path) -> None:
    """From the address of the app to the PDF of the run that ``make app`` made."""
    clock = Clock("the card of the run that is there")
    with clock.step("open the address: the findings", 0):
        visitor.open()
        visitor.arrives("Findings")
        visitor.page.locator(".js-plotly-plot").nth(2).wait_for()
    card(visitor, clock, folder)
    clock.end()


def whole(visitor: Visitor, folder: Path) -> None:
    """From the demo corpus over a new run to the PDF."""
    page, clock = visitor.page, Clock("a new run")
    with clock.step("open the address, go to the corpus", 1):
        visitor.open()
        page.get_by_role("link", name="1 Corpus").click()
        visitor.arrives("Corpus")
        page.get_by_text("Who is in it").wait_for()
    with clock.step("on to the conditions, choose white noise at 10 dB", 2):
        visitor.press("Next: conditions")
        choose_noise(visitor)
    with clock.step("on to the engines, add one with a grammar", 3):
        visitor.press("Next: models")
        add_recogniser(visitor, grammar="demo.gram")
    with clock.step("on to the run, start it", 2):
        visitor.press("Next: run")
        visitor.arrives("Run")
        visitor.press("Start the run")
        page.get_by_text("is running").or_(page.get_by_text("is finished")).first.wait_for()
    with clock.step("the run", 0):
        page.get_by_text("is finished").wait_for(timeout=600_000)
        visitor.settled()
    with clock.step("see the findings", 1):
        page.get_by_role("link", name="See the findings").first.click()
        visitor.arrives("Findings")
        page.locator(".js-plotly-plot").nth(2).wait_for()
    card(visitor, clock, folder)
    clock.end()


def card(visitor: Visitor, clock: Clock, folder: Path) -> None:
    """Build the card and fetch its PDF."""
    page = visitor.page
    with clock.step("service card, intended use", 2):
        page.get_by_role("link", name="6 Service card").click()
        visitor.arrives("Service card")
        page.get_by_label("Intended use").fill("Requests on a ward.")
    with clock.step("build the card", 1):
        visitor.press("Build the card")
        page.get_by_role("heading", name="Pages", exact=True).wait_for()
    with clock.step("download the PDF", 1):
        with page.expect_download() as download:
            page.get_by_role("button", name="Card (PDF)").click()
        download.value.save_as(folder / "card.pdf")
    assert (folder / "card.pdf").read_bytes().startswith(b"%PDF")


if __name__ == "__main__":
    main()
