"""Pictures of every page at 1280 and 390 pixels, light and dark, on the demo study.

``python -m bench.page_pictures DIR [--scheme light|dark] [--state STATE] [--only NAME ...]``: the demo study is run in a store
of its own, then each page and each view of the findings are photographed whole; the same of a store without a run,
findings and card of runs over one group and with failed rows, uploads with problems, a run at work, and runs that are halted. The pictures are for looking at, not for the repository.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from tests.browsing import PAGES, ROOT, TITLES, Server, Visitor, launched, start_a_study, wait_for_progress
from tests.demo_run import DEMO
from tests.pages import Stumbling, finished
from workbench.audio import Waveform
from workbench.engines import EngineFailure, ScriptedEngine, Transcript
from workbench.pages.findings.findings import VIEWS
from workbench.store import open_store
from workbench.store.records import since_boot

SCHEMES = ("light", "dark")
RESULTS = ("findings", "service_card")
"""Pages that need nothing of what a session has chosen before."""
FAILS = {"failed-rows": "west"}
"""The group that is looked at where another than the first is worth it."""


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scheme", choices=SCHEMES, action="append")
    parser.add_argument("--state", choices=STATES, action="append")
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser, tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for state in arguments.state or STATES:
            os.environ["WORKBENCH_HOME"] = str(home / state)
            make, look = STATES[state]
            make(home)
            server = Server(home / f"{state}.log")
            server.start()
            try:
                for scheme in arguments.scheme or SCHEMES:
                    folder = arguments.folder / scheme
                    folder.mkdir(exist_ok=True)
                    look(browser, server, scheme, folder, arguments.only)
            finally:
                server.kill()


def nothing(folder: Path) -> None:
    """Leave the store empty."""


def demo(folder: Path) -> None:
    """Run the demo study."""
    command = ["run", "data_manifests/demo.study.toml", "--workers", "2"]
    subprocess.run([sys.executable, "-m", "workbench", *command], cwd=ROOT, check=True, capture_output=True)


def one_group(folder: Path) -> None:
    """Run a study of tones in which everybody has one accent."""
    finished(_new(folder / "tones-of-one"), everybody="north")


def failed_rows(folder: Path) -> None:
    """Run a study of tones with an engine that falls over on one speaker."""
    finished(_new(folder / "tones-that-fail"), Stumbling)


class Pausing(ScriptedEngine):
    """A scripted engine that asks for a pause of its run as soon as it has heard something."""

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        store = open_store()
        store.request_pause(store.runs()[0].run_id)
        time.sleep(1)  # it is looked for now and then
        return super().transcribe(batch)


def halted(folder: Path) -> None:
    """Run a study of tones until it is paused."""
    finished(_new(folder / "tones-that-pause"), Pausing)


def without_model(folder: Path) -> None:
    """Run a study whose engine's model is not there."""
    study = _new(folder / "no-model") / "ward.study.toml"
    study.write_text(
        f'name = "ward"\ncorpus = ["{DEMO / "demo.csv"}"]\nengines = ["vosk:gone"]\nconditions = ["clean"]\n'
    )
    subprocess.run([sys.executable, "-m", "workbench", "run", str(study)], cwd=ROOT, check=False, capture_output=True)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


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
    for name in PAGES if not set(only) or set(only) & set(PAGES) - set(RESULTS) else RESULTS:
        page.get_by_role("link", name=TITLES[name]).first.click()
        visitor.arrives(TITLES[name])
        if name == "corpus":
            page.get_by_role("button", name="Audit 216 recordings").click()
            page.get_by_text("Compare by").wait_for(timeout=120_000)
        elif name == "conditions":
            page.get_by_role("tab", name="Noise", exact=True).click()
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
    views(visitor, "findings", folder, only)
    visitor.close()


def results_only(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str], *, state: str) -> None:
    """Photograph the Run page, every view of the findings, and the card, of a run that is no demo."""
    visitor = Visitor(browser, server, scheme=scheme)
    if wanted(f"{state}-run", only):
        visitor.open("run")
        visitor.both_pictures(folder, f"{state}-run")
    if wanted(f"{state}-board", only):
        visitor.open("findings")
        visitor.both_pictures(folder, f"{state}-board")
    views(visitor, state, folder, only)
    if wanted(f"{state}-card", only):
        visitor.open("service_card")
        visitor.press("Build the card")
        visitor.page.get_by_role("heading", name="Pages", exact=True).wait_for()
        visitor.both_pictures(folder, f"{state}-card")
    visitor.close()


def run_states(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph a paused run as it is, as if it had been cancelled or stopped, and as if this process were at it."""
    store, me = open_store(), psutil.Process()
    run_id = store.runs()[0].run_id
    begun = {"cancel_requested": 0, "pid": me.pid, "pid_started": since_boot(me), "host": socket.gethostname()}
    for state, fields in {"paused": {}, "cancelled": {}, "stopped": {}, "running": begun}.items():
        if wanted(f"run-{state}", only):
            store.update(run_id, state=state, message="", **fields)
            visitor = Visitor(browser, server, scheme=scheme)
            visitor.open("run")
            visitor.both_pictures(folder, f"run-{state}")
            visitor.close()


def failed_run(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph what Run and Findings say of a run that could not begin."""
    visitor = Visitor(browser, server, scheme=scheme)
    for page in ("run", "findings"):
        if wanted(f"failed-run-{page}", only):
            visitor.open(page)
            visitor.both_pictures(folder, f"failed-run-{page}")
    visitor.close()


def views(visitor: Visitor, prefix: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph every view of the findings but the board."""
    for view in VIEWS:
        name = f"{prefix}-{view.lower()}"
        if view != "Board" and wanted(name, only):
            visitor.open(f"findings?view={view}&condition=white_noise@2&group_accent={FAILS.get(prefix, '')}")
            visitor.both_pictures(folder, name)


def uploads(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str]) -> None:
    """Photograph a zip whose rows have problems, and one whose columns have other names."""
    rows = pd.read_csv(DEMO / "demo.csv", keep_default_na=False).head(24)
    wrong = rows.copy()
    wrong.loc[3, "path"], wrong.loc[5, "path"], wrong.loc[7, "reference"] = "gone.flac", "../a.wav", ""
    wrong.loc[9, "accent"] = "another"
    other = rows.rename(columns={"path": "filename", "reference": "sentence", "speaker_id": "client_id"})
    for name, frame, said in (("problems", wrong, "Check again"), ("mapping", other, "Use these columns")):
        if wanted(f"uploads-{name}", only):
            visitor = Visitor(browser, server, scheme=scheme)
            visitor.open()
            visitor.page.get_by_text("Upload a zip", exact=True).click()
            visitor.settled()
            file = zipped(folder / f"{name}.zip", frame, list(rows["path"]))
            visitor.page.locator('input[type="file"]').first.set_input_files(file)
            visitor.page.get_by_text(said).wait_for()
            visitor.both_pictures(folder, f"uploads-{name}")
            visitor.close()


def zipped(path: Path, manifest: pd.DataFrame, audio: Sequence[str]) -> Path:
    """Write a zip of a manifest and demo recordings."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ward.csv", manifest.to_csv(index=False))
        for one in audio:
            archive.write(DEMO / one, one)
    return path


def at_work(browser: Any, server: Server, scheme: str, folder: Path, only: Sequence[str], *, of: str) -> None:
    """Photograph a run at work and when it has finished; in each scheme one of its own, for it is not made twice."""
    if scheme == of and (wanted("run-at-work", only) or wanted("run-finished", only)):
        visitor = Visitor(browser, server, scheme=scheme)
        wait_for_progress(
            start_a_study(visitor, "American English", "Scottish English", "Lancashire English", "Caribbean English")
        )
        visitor.both_pictures(folder, "run-at-work")
        visitor.page.get_by_text("is finished").wait_for(timeout=300_000)
        visitor.both_pictures(folder, "run-finished")
        visitor.close()


STATES: dict[str, tuple[Callable[[Path], None], Callable[..., None]]] = {
    "empty": (nothing, empty_states),
    "demo": (demo, every_page),
    "one-group": (one_group, partial(results_only, state="one-group")),
    "failed-rows": (failed_rows, partial(results_only, state="failed-rows")),
    "uploads": (nothing, uploads),
    "run-states": (halted, run_states),
    "failed-run": (without_model, failed_run),
    **{f"run-{scheme}": (nothing, partial(at_work, of=scheme)) for scheme in SCHEMES},
}


def wanted(name: str, only: Sequence[str]) -> bool:
    """Return whether a picture was asked for."""
    return not only or name in only


if __name__ == "__main__":
    main()
