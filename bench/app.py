"""How long the app takes to answer: first paint of the findings and every switch, over a run of many rows.

``python -m bench.app [--rows N] [--rounds K] [--folder DIR] [--unprepared]``: a made-up run in a store of its own (kept in DIR
if given), pages drawn in this process. What the worker of a run prepares at its end is prepared first, unless told not to.
Prints seconds on the clock and of processor time: of each switch the first and the further times, and the 95th percentiles.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.large_store import CONDITIONS, MODELS, large_run
from workbench.pages.shared import preload
from workbench.results import Results, loader, preparation
from workbench.store import open_store

ROOT = Path(__file__).resolve().parents[1]
Switch = Callable[[AppTest], AppTest]


def _box(name: str, value: str) -> Switch:
    return lambda at: at.selectbox(key=f"view_{name}").set_value(value).run()


def _view(name: str) -> Switch:
    return lambda at: at.segmented_control(key="view_view").set_value(name).run()


SWITCHES: list[tuple[str, Switch]] = [
    ("attribute", _box("attribute", "gender")),
    ("attribute back", _box("attribute", "accent")),
    ("reference", _box("reference", "accent 03")),
    ("reference back", _box("reference", "rest")),
    ("crossed", _box("crossed", "gender")),
    ("crossed back", _box("crossed", "none")),
    ("normaliser", _box("normaliser", "none")),
    ("normaliser back", _box("normaliser", "basic")),
    ("engine", _box("model", MODELS[1].model_id)),
    ("engine back", _box("model", MODELS[0].model_id)),
    ("character error rate", _box("measure", "cer")),
    ("word error rate", _box("measure", "wer")),
    ("conditions", lambda at: at.pills(key="view_shown").set_value(CONDITIONS[:3]).run()),
    ("utterances", _view("Utterances")),
    ("all groups", _box("group_accent", "~")),
    ("all conditions", _box("condition", "~")),
    ("highest WER first", _box("order", "wer")),
    ("search in all conditions", lambda at: at.text_input(key="drill_search").set_value("bado").run()),
    ("search ends", lambda at: at.text_input(key="drill_search").set_value("").run()),
    ("only failed", lambda at: at.pills(key="view_flags").set_value(["failed"]).run()),
    ("all flags", lambda at: at.pills(key="view_flags").set_value([]).run()),
    ("next utterance", lambda at: at.button(key="drill_right").click().run()),
    ("condition", _box("condition", "babble@2")),
    ("group", _box("group_accent", "accent 07")),
    ("engine of utterances", _box("model", MODELS[1].model_id)),
    ("engine of utterances back", _box("model", MODELS[0].model_id)),
    ("changes", _view("Changes")),
    ("changes, reference", _box("reference", "accent 05")),
    ("changes, reference back", _box("reference", "rest")),
    ("changes, attribute", _box("attribute", "gender")),
    ("changes, attribute back", _box("attribute", "accent")),
    ("errors", _view("Errors")),
    ("errors, condition", _box("condition", "clean")),
    ("errors, group", _box("group_accent", "accent 03")),
    ("adjusted", _view("Adjusted")),
    ("adjusted, condition", _box("condition", "room@3")),
    ("normalisers", _view("Normalisers")),
    ("normalisers, condition", _box("condition", "opus@2")),
    ("compare", _view("Compare")),
    ("compare, attribute", _box("attribute", "gender")),
    ("compare, attribute back", _box("attribute", "accent")),
    ("board", _view("Board")),
]


class Spent(NamedTuple):
    """Seconds on the clock, and of processor time in all threads of this process."""

    wall: float
    processor: float


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--unprepared", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.folder or Path(name)
        os.environ["WORKBENCH_HOME"] = str(folder)
        store = open_store()
        if not store.runs():
            n = max(arguments.rows // 40, 1)
            how = {"utterances": n, "speakers": min(1000, n), "conditions": 20, "models": 2}
            told("store written", spent(lambda: large_run(store, folder, **how)))
        if not arguments.unprepared:
            run_id = store.runs()[0].run_id
            first: list[Results] = []
            told(
                "scores counted and kept at the end of the run",
                spent(lambda: first.append(loader.load(run_id, store=store, kept=True))),
            )
            asked = {"attribute": "accent", "reference": "rest"}
            told(
                "rates and gaps of the board",
                spent(lambda: (first[0].table("rates", by="accent"), first[0].table("gaps", **asked))),
            )
            told("prepared by the worker", spent(lambda: preparation.prepare(run_id, store=store)))
        print(
            f"{store.runs()[0].done:,} rows of scores; load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors"
        )
        told("audio libraries loaded, which a server does before its first page", spent(preload.load))
        for what in ("first", "second"):
            at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
            at.switch_page("workbench/pages/findings/findings.py")
            told(f"{what} session, findings drawn", spent(at.run))
            assert not at.exception, at.exception[0].message
        rounds = [[switched(at, what, one) for what, one in SWITCHES] for _ in range(arguments.rounds)]
    for place, (what, _) in enumerate(SWITCHES):
        further = max((one[place] for one in rounds[1:]), default=rounds[0][place])
        print(f"{what:24}{rounds[0][place].wall:7.2f} s first{further.wall:7.2f} s at most after that")
    percentiles("first time", rounds[0])
    percentiles("after that", [one for round_ in rounds[1:] for one in round_])
    percentiles("all", [one for round_ in rounds for one in round_])


def switched(at: AppTest, what: str, switch: Switch) -> Spent:
    """Make a switch and return what it took."""
    found = spent(lambda: switch(at))
    assert not at.exception, (what, at.exception[0].message)
    print(f"  {what:24}{found.wall:7.2f} s{found.processor:7.2f} s of processor time", flush=True)
    return found


def spent(work: Callable[[], object]) -> Spent:
    """Return the seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def told(what: str, found: Spent) -> None:
    """Print what something took."""
    print(f"{what}: {found.wall:.2f} s, {found.processor:.2f} s of processor time", flush=True)


def percentiles(what: str, times: Sequence[Spent]) -> None:
    """Print the 95th percentiles."""
    if times:
        wall, processor = (float(np.percentile([one[place] for one in times], 95)) for place in (0, 1))
        print(f"95th percentile, {what}: {wall:.2f} s, {processor:.2f} s of processor time")


if __name__ == "__main__":
    main()
