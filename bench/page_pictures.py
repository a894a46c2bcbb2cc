"""Pictures of every page at 1280 and 390 pixels, light and dark, on the demo study.

``python -m bench.page_pictures DIR [--scheme light|dark] [--only NAME ...]``: the demo study is run in a store of its own, then
each page, each view of the findings and the empty states are photographed whole. The pictures are for looking at, not for
the repository.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browsing import PAGES, ROOT, TITLES, Server, Visitor, launched
from workbench.pages.findings import VIEWS

SCHEMES = ("light", "dark")


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scheme", choices=SCHEMES, action="append")
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser, tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for state, look in (("empty", empty_states), ("demo", every_page)):
            os.environ["WORKBENCH_HOME"] = str(home / state)
            if state == "demo":
                command = ["run", "data_manifests/demo.study.toml", "--workers", "2"]
                subprocess.run([sys.executable, "-m", "workbench", *command], cwd=ROOT, check=True, capture_output=True)
            server = Server(home / f"{state}.log")
            server.start()
            try:
                for scheme in arguments.scheme or SCHEMES:
                    folder = arguments.folder / scheme
                    folder.mkdir(exist_ok=True)
                    look(browser, server, scheme, folder, arguments.only)
            finally:
                server.kill()


def empty_states(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph what every page says before there is anything."""
    for name, path in PAGES.items():
        if name != "corpus" and wanted(f"empty-{name}", only):
            visitor = Visitor(browser, server, scheme=scheme)
            visitor.open(path)
            visitor.both_pictures(folder, f"empty-{name}")
            visitor.close()


def every_page(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph every page and every view of a session that has chosen a corpus, a condition and an engine."""
    visitor = Visitor(browser, server, scheme=scheme)
    page = visitor.page
    visitor.open()
    for name in PAGES:
        page.get_by_role("link", name=TITLES[name]).first.click()
        visitor.arrives(TITLES[name])
        if name == "corpus":
            page.get_by_role("button", name="Audit 216 recordings").click()
            page.get_by_text("Compare by").wait_for(timeout=120_000)
        elif name == "conditions":
            page.get_by_role("button", name="typical 10 dB").first.click()
            visitor.settled()
        elif name == "engines":
            page.get_by_text("A grammar", exact=True).click()
            visitor.settled()
            visitor.press("Add this engine")
        elif name == "service_card":
            page.get_by_label("Intended use").fill("Reading digits on a ward.")
            visitor.press("Build the card")
            page.get_by_role("heading", name="Pages", exact=True).wait_for()
        if wanted(name, only):
            visitor.both_pictures(folder, name)
    for view in VIEWS:
        name = f"findings-{view.lower()}"
        if view != "Board" and wanted(name, only):
            visitor.open(f"findings?view={view}&condition=white_noise@2")
            visitor.both_pictures(folder, name)
    visitor.close()


def wanted(name: str, only: Sequence[str]) -> bool:
    """Return whether a picture was asked for."""
    return not only or name in only


if __name__ == "__main__":
    main()
