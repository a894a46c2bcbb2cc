"""How long the app takes to answer: first paint of the findings and every switch, over a run of many rows.

``python -m bench.app [--rows N] [--rounds K] [--folder DIR]``: a made-up run in a store of its own (kept in DIR if given), pages
drawn in this process. Prints the seconds of each switch the first and the further times, and the 95th percentile of both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.large_store import CONDITIONS, large_run
from workbench.store import open_store

ROOT = Path(__file__).resolve().parents[1]
SWITCHES: list[tuple[str, Callable[[AppTest], AppTest]]] = [
    ("attribute", lambda at: at.selectbox(key="view_attribute").set_value("gender").run()),
    ("attribute back", lambda at: at.selectbox(key="view_attribute").set_value("accent").run()),
    ("reference", lambda at: at.selectbox(key="view_reference").set_value("accent 03").run()),
    ("reference back", lambda at: at.selectbox(key="view_reference").set_value("rest").run()),
    ("crossed", lambda at: at.selectbox(key="view_crossed").set_value("gender").run()),
    ("crossed back", lambda at: at.selectbox(key="view_crossed").set_value("nothing").run()),
    ("character error rate", lambda at: at.selectbox(key="view_measure").set_value("cer").run()),
    ("word error rate", lambda at: at.selectbox(key="view_measure").set_value("wer").run()),
    ("conditions", lambda at: at.pills(key="view_shown").set_value(CONDITIONS[:3]).run()),
    ("errors", lambda at: at.segmented_control(key="view_view").set_value("Errors").run()),
    ("utterances", lambda at: at.segmented_control(key="view_view").set_value("Utterances").run()),
    ("condition", lambda at: at.selectbox(key="view_condition").set_value("clean").run()),
    ("changes", lambda at: at.segmented_control(key="view_view").set_value("Changes").run()),
    ("board", lambda at: at.segmented_control(key="view_view").set_value("Board").run()),
]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.folder or Path(name)
        os.environ["WORKBENCH_HOME"] = str(folder)
        if not open_store().runs():
            n = max(arguments.rows // 20, 1)
            made = timed(lambda: large_run(open_store(), folder, utterances=n, speakers=min(1000, n), conditions=20))
            print(f"store written in {made:.0f} s")
        print(f"{open_store().runs()[0].done:,} rows of scores")
        for what in ("first", "second"):
            at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
            at.switch_page("workbench/pages/findings.py")
            print(f"{what} session, findings drawn after {timed(at.run):.2f} s")
            assert not at.exception, at.exception[0].message
        found = [[timed(lambda one=one: one(at)) for _, one in SWITCHES] for _ in range(arguments.rounds)]
        assert not at.exception, at.exception[0].message
    for place, (what, _) in enumerate(SWITCHES):
        times = [one[place] for one in found]
        print(f"{what:24}{times[0]:7.2f} s first{max(times[1:], default=times[0]):7.2f} s at most after that")
    for what, times in (("first time", found[0]), ("after that", [one for round_ in found[1:] for one in round_])):
        if times:
            print(f"95th percentile, {what}: {statistics.quantiles(times, n=20)[18]:.2f} s")


def timed(work: Callable[[], object]) -> float:
    """Return the wall-clock seconds of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
