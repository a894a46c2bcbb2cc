"""The pictures of the app in README and docs: ``python -m bench.readme_pictures [--out docs]``.

Findings and Last mile as a visitor sees them, on the newest run of the store, which should be the demo's: ``workbench demo`` first.
Chromium takes them, 1280 pixels wide; 128 colours are enough for text and boards.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image

from tests.browsing import ROOT, TITLES, Server, Visitor, launched

HEIGHT = 1300


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    folder = parser.parse_args().out
    with launched() as browser, tempfile.TemporaryDirectory() as name:
        server = Server(Path(name) / "app.log")
        server.start()
        try:
            visitor = Visitor(browser, server)
            visitor.page.set_viewport_size({"width": 1280, "height": HEIGHT})
            visitor.open("findings")
            _keep(visitor, folder / "findings.png")
            visitor.open()
            visitor.page.get_by_role("link", name=TITLES["conditions"]).first.click()
            visitor.arrives(TITLES["conditions"])
            visitor.page.get_by_role("tab", name="Noise", exact=True).click()
            visitor.page.get_by_role("button", name="typical 10 dB").first.click()
            visitor.settled()
            _keep(visitor, folder / "last_mile.png")
            visitor.close()
        finally:
            server.kill()


def _keep(visitor: Visitor, path: Path) -> None:
    visitor.page.wait_for_timeout(1500)  # figures are drawn after the page
    sink = io.BytesIO(visitor.page.screenshot())
    with Image.open(sink) as image:
        image.convert("RGB").quantize(128).save(path, "png", optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
