"""The demo study with a finished run in a store: its corpus and conditions, heard by a scripted engine in seconds."""

from __future__ import annotations

import zlib
from pathlib import Path

import pandas as pd

from workbench.audio import Waveform
from workbench.engines import Engine, ScriptedEngine
from workbench.runner import run
from workbench.store import RunRecord, Store
from workbench.study import Study

DEMO = Path(__file__).resolve().parents[1] / "data_manifests"
OTHER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def demo_run(store: Store, conditions: tuple[str, ...] = ("clean", "white_noise@2", "room@2")) -> RunRecord:
    """Run the demo study under these conditions; what is heard wrongly is drawn from names, the same each time."""
    manifest = pd.read_csv(DEMO / "demo.csv", keep_default_na=False)
    said = dict(zip("demo/" + manifest["utterance_id"], manifest["reference"], strict=True))

    def heard(wave: Waveform) -> str:
        name, harder = f"{wave.utterance_id} {wave.condition_id}", conditions.index(wave.condition_id)
        words = said[wave.utterance_id].split()
        return " ".join(filter(None, (_written(word, f"{name} {at}", harder) for at, word in enumerate(words))))

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        return ScriptedEngine(heard)

    study = Study.from_toml(DEMO / "demo.study.toml")
    chosen = Study.create({**_fields(study), "conditions": list(conditions)}, base=study.base)
    return run(chosen, store=store, engine_loader=loader)


def _fields(study: Study) -> dict[str, object]:
    return {
        "name": study.name, "corpus": list(study.corpus), "attributes": list(study.attributes), "engines": ["scripted"],
        "normaliser": study.normaliser, "margin": study.margin, "seed": study.seed,
    }  # fmt: skip


def _written(word: str, name: str, harder: int) -> str:
    """Return what is written for a word: itself, another one, or nothing; more often wrong under harder conditions."""
    drawn = zlib.crc32(name.encode()) % 100
    if drawn < 4 * (1 + 2 * harder):
        return OTHER_WORDS[drawn % 10]
    return "" if drawn > 97 - harder else word
