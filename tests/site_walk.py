"""Click through the built documentation in Chromium: ``python -m tests.site_walk [--pictures FOLDER]``, after ``make docs``.

Every page is opened by a click on its link, and must have its heading, its pictures and its stylesheet, ask no other machine for
anything and report no error of a script. The search has to find a page, and the button for the dark colours has to work.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.browsing import ELSEWHERE, launched

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
PICTURED = ("index.html", "tutorials/analyst.html", "how-to/install.html", "tables.html", "method.html")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine, and give its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


class Walk:
    """One window on the site, and what went wrong in it."""

    def __init__(self, browser: Any, url: str) -> None:
        self.url = url
        self.problems: list[str] = []
        self.page = browser.new_page(viewport={"width": 1440, "height": 1000})
        self.page.route(ELSEWHERE, self._elsewhere)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._answered)

    def _elsewhere(self, route: Any) -> None:
        self.problems.append(f"{self.page.url} asks for {route.request.url}")
        route.abort()

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"{self.page.url}: {response.status} for {response.url}")

    def look(self) -> None:
        """Check the page that is open."""
        heading = self.page.locator("article h1").first
        heading.wait_for()
        if not heading.inner_text().strip():
            self.problems.append(f"{self.page.url}: no heading")
        blank = self.page.eval_on_selector_all(
            "article img", "all => all.filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
        )
        self.problems += [f"{self.page.url}: the picture {source} is not there" for source in blank]
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.problems.append(f"{self.page.url}: {wide} px wider than the window")

    def pages(self) -> list[str]:
        """Return the addresses of every page in the navigation, from this one."""
        hrefs = self.page.eval_on_selector_all(".md-nav--primary a.md-nav__link[href]", "all => all.map(a => a.href)")
        return sorted({href.partition("#")[0] for href in hrefs if href.startswith(self.url)})

    def click(self, href: str) -> None:
        """Open a page by its link, which may lie in a part of the navigation that is folded."""
        target = href.removeprefix(self.url)
        with self.page.expect_navigation(url=lambda address: address.partition("#")[0] == href):
            self.page.evaluate(
                "href => [...document.querySelectorAll('.md-nav--primary a.md-nav__link')].find(a => a.href.split('#')[0] === href).click()",
                href,
            )
        if not self.page.url.startswith(href):
            self.problems.append(f"the link to {target} leads to {self.page.url}")

    def find(self, words: str, page: str) -> None:
        """Search, and require that a page is among what is found."""
        self.page.locator("input.md-search__input").click()
        self.page.locator("input.md-search__input").press_sequentially(words)
        self.page.locator("a.md-search-result__link").first.wait_for(timeout=30_000)
        hrefs = self.page.eval_on_selector_all("a.md-search-result__link", "all => all.map(a => a.href)")
        if not any(page in href for href in hrefs):
            self.problems.append(f"the search for {words!r} does not find {page}")


def walked(url: str, pictures: Path | None) -> tuple[int, list[str]]:
    """Return how many pages were opened, and what went wrong."""
    with launched() as browser:
        walk = Walk(browser, url)
        walk.page.goto(f"{url}/index.html")
        walk.look()
        pages = walk.pages()
        for href in pages:
            walk.click(href)
            walk.look()
            name = href.removeprefix(f"{url}/")
            if pictures and name in PICTURED:
                walk.page.screenshot(path=str(pictures / f"{name.replace('/', '-').removesuffix('.html')}.png"))
        walk.page.goto(f"{url}/index.html")
        walk.find("bundle", "audit.html")
        walk.page.goto(f"{url}/index.html")
        walk.page.locator("label[for=__palette_1]").click()
        if walk.page.locator("body").get_attribute("data-md-color-scheme") != "slate":
            walk.problems.append("the button for dark colours does nothing")
        if pictures:
            walk.page.screenshot(path=str(pictures / "dark.png"))
        return len(pages), walk.problems


def main() -> None:
    """Click through the site and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="take pictures of some pages into this folder")
    arguments = parser.parse_args()
    if not (SITE / "index.html").is_file():
        sys.exit("site/ is not there: make docs")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    with served(SITE) as url:
        count, problems = walked(url, arguments.pictures)
    print("\n".join(problems) or f"{count} pages opened by their links, nothing asked of other machines")
    if problems or count < 35:
        sys.exit(1)


if __name__ == "__main__":
    main()
