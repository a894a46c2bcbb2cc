"""How long a page takes until it is still, and how much it jumps: cold, warm, and what the server spends on it.

``python -m bench.page_loads [--width N] [--rounds K]``: the demo's audio under a made-up recogniser, in a store of its own; Chromium opens each page in a
session of its own. Cold is the first page after the server has started; warm are all later ones. Time to still: from the request to the
last change of the page before it rests for a second. Layout shift: the sum that Web Vitals takes (good below 0.1), without what follows a
click. On a busy machine the seconds on the clock say little: the processor time of the server stands beside them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.browsing import PAGES, TITLES, Server, launched
from tests.demo_run import demo_run
from workbench.store import open_store

WATCH = """
window.__shift = 0; window.__shifts = []; window.__last = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
  window.__shift += entry.value;
  window.__shifts.push([entry.value, Math.round(entry.startTime), ...entry.sources.slice(0, 3).map((source) => source.node?.dataset?.testid || source.node?.className || source.node?.nodeName || "")]);
} }).observe({ type: "layout-shift", buffered: true });
new MutationObserver(() => { window.__last = performance.now(); }).observe(document, { subtree: true, childList: true, characterData: true });
"""
STILL_MS = 1000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--shifts", action="store_true", help="print every shift with what moved")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, launched() as browser:
        os.environ["WORKBENCH_HOME"] = name
        demo_run(open_store())
        server = Server(Path(name) / "streamlit.log")
        server.start()
        print(
            f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors; {arguments.width} pixels wide"
        )
        try:
            for page in ["findings", *[page for page in PAGES if page != "findings"] * arguments.rounds, "findings"]:
                opened(browser, server, page, arguments.width, shifts=arguments.shifts)
        finally:
            server.kill()


def opened(browser: Any, server: Server, page: str, width: int, *, shifts: bool) -> None:
    """Open one page in a session of its own and print what it took."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_init_script(WATCH)
    tab = context.new_page()
    before, began = _processor_seconds(server), time.perf_counter()
    tab.goto(f"{server.url}/{PAGES[page]}")
    tab.get_by_role("heading", name=TITLES[page], exact=True, level=1).wait_for(timeout=120_000)
    heading = time.perf_counter() - began
    tab.wait_for_function(
        f"document.querySelector('[data-test-script-state=notRunning]') && performance.now() - window.__last > {STILL_MS}",
        timeout=120_000,
    )
    still = tab.evaluate("window.__last") / 1000
    shift, moved = tab.evaluate("window.__shift"), tab.evaluate("window.__shifts")
    spent = _processor_seconds(server) - before
    print(
        f"{page:14}heading {heading:6.1f} s  still {still:6.1f} s  server {spent:5.2f} s of processor time  layout shift {shift:.3f}",
        flush=True,
    )
    for one in moved if shifts else ():
        print(f"    {one[0]:.3f} at {one[1]} ms: {'; '.join(map(str, one[2:]))}")
    context.close()


def _processor_seconds(server: Server) -> float:
    """Return the processor time of the server and of what it started."""
    process = psutil.Process(server.process_id)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    main()
