"""What the tests of the pages share: stores with a finished run of made-up tones, and the app at one of its pages."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.corpus import make
from workbench.audio import Waveform
from workbench.engines import Engine, EngineFailure, ScriptedEngine, Transcript
from workbench.runner import run
from workbench.store import RunRecord, home, open_store
from workbench.study import Study

ROOT = Path(__file__).resolve().parent.parent

# Streamlit reads the metadata of every installed package for each session of a test, half a second; they are the same each time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

PAGES = sorted(
    path.stem for path in (ROOT / "workbench" / "pages").glob("*.py") if path.stem not in ("__init__", "router")
)


CONDITIONS = ["clean", "white_noise@2", "equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8"]


_FINISHED: dict[tuple[object, ...], bytes] = {}
"""Stores with one finished run, by what was run."""


class Stumbling(ScriptedEngine):
    """A scripted engine that falls over on every utterance of one speaker."""

    poison = "w1-"

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if any(self.poison in wave.utterance_id for wave in batch):
            raise RuntimeError("the decoder fell over")
        return super().transcribe(batch)


def said(wave: Waveform) -> str:
    """Sometimes right, sometimes wrong, sometimes nothing; the same each time."""
    texts = ("one two three", "one two four five", "eight nine", "")
    return texts[zlib.crc32(f"{wave.utterance_id}{wave.condition_id}".encode()) % len(texts)]


def finished(
    folder: Path,
    kind: Callable[..., ScriptedEngine] = ScriptedEngine,
    *,
    seed: int = 1,
    gender: bool = False,
    everybody: str = "",
) -> RunRecord:
    """Run a study of made-up tones with a scripted engine in the store of this test; ``everybody`` may have one accent.

    What a test before has run alike is copied: store and run are the same, the audio lies where that test put it.
    """
    alike, store = (kind, seed, gender, everybody), home() / "store.sqlite"
    first = not store.exists()
    if first and alike in _FINISHED:
        store.parent.mkdir(parents=True, exist_ok=True)
        store.write_bytes(_FINISHED[alike])
        return open_store().runs()[0]
    manifest = make(folder, synthetic=True)
    if everybody:
        head, *rows = manifest.read_text().splitlines()
        manifest.write_text("\n".join([head, *(f"{row.rpartition(',')[0]},{everybody}" for row in rows)]) + "\n")
    if gender:
        head, *rows = manifest.read_text().splitlines()
        rows = [f"{row},{'f' if row[7] == '1' else 'm'}" for row in rows]  # by the number of the voice: audio/n1-0.wav
        manifest.write_text("\n".join([f"{head},gender", *(row for row in rows)]) + "\n")
        toml = manifest.with_suffix(".toml")
        toml.write_text(toml.read_text() + '[attributes.gender]\nobtained = "annotated"\n')

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        return kind(said)

    fields = {"name": "tones", "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": CONDITIONS, "seed": seed}
    record = run(Study.create(fields, base=folder), store=open_store(), engine_loader=loader)
    if first:
        with closing(sqlite3.connect(store)) as made:
            _FINISHED[alike] = made.serialize()
    return record


def opened(page: str, at: AppTest | None = None) -> AppTest:
    """Open the app, or go on in it, at one page."""
    at = at or AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    file = "findings/findings" if page == "findings" else page
    return at.switch_page(f"workbench/pages/{file}.py").run()


def texts(at: AppTest) -> str:
    """Everything that the page says in plain words."""
    kinds = (at.markdown, at.caption, at.info, at.warning, at.error, at.success, at.title, at.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def fine(at: AppTest) -> AppTest:
    assert not at.exception, at.exception[0].message
    assert len(at.title) == 1
    return at


def ready_to_run() -> AppTest:
    """A session with a corpus, two conditions and an engine."""
    at = opened("conditions", opened("corpus"))
    at.pills(key="pick_white_noise").set_value(["white_noise@2"]).run()
    at = opened("engines", fine(at))
    at.button(key="engine_add").click().run()
    return opened("run", fine(at))


def by(way: str) -> AppTest:
    at = opened("corpus")
    return fine(at.segmented_control(key="corpus_way").set_value(way).run())


def findings(**query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    at.switch_page("workbench/pages/findings/findings.py")
    for name, value in query.items():
        at.query_params[name] = value
    return fine(at.run())
