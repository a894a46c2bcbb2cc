"""A corpus of tones with many speakers in two groups, and an engine whose errors are a known function of the condition."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import soundfile

from tests.corpus import tone
from workbench.audio import Waveform
from workbench.conditions import Condition, parse_condition
from workbench.corpora import load_corpus
from workbench.engines import Engine, ScriptedEngine
from workbench.study import Study

TEXT = "alpha bravo charlie delta echo foxtrot golf hotel india juliet"
Wrong = Callable[[str, Condition], float]
"""From a group and a condition to the share of words that the engine misses."""


def make(folder: Path, groups: Mapping[str, int], *, per_speaker: int = 2) -> Path:
    """Write a corpus of so many speakers a group and return its manifest; equal audio would share transcripts."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest, files = folder / "crowd.csv", 0
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "utterance_id", "reference", "speaker_id", "accent"])
        for group, count in groups.items():
            for person in range(count):
                for index in range(per_speaker):
                    speaker = f"{group}{person}"
                    files += 1
                    soundfile.write(folder / f"{files}.wav", tone(0.25, 200.0 + files), 16_000)
                    writer.writerow([f"{files}.wav", f"{speaker}-{index}", TEXT, speaker, group])
    manifest.with_suffix(".toml").write_text(
        'title = "Crowd"\nlicence = "made for the tests"\nsource = "tests/search_corpus.py"\nlanguage = "en"\n'
        '[attributes.accent]\nobtained = "annotated"\n'
    )
    return manifest


def study(manifest: Path, *conditions: str, **fields: object) -> Study:
    given = {
        "name": "crowd", "corpus": [manifest.name], "attributes": ["accent"], "engines": ["listener"], "normaliser": "basic",
        "conditions": ["clean", *conditions], "split": {"explore": 0.5}, **fields,
    }  # fmt: skip
    return Study.create(given, base=manifest.parent)


class Listener(ScriptedEngine):
    """Misses words by a known share, the more of them for some speakers; counts what it hears."""

    def __init__(self, manifest: Path, wrong: Wrong) -> None:
        super().__init__(self._hear, model_id="listener", needs_audio=False)
        self.wrong = wrong
        rows = load_corpus(manifest).utterances
        self.groups = dict(zip(rows["utterance_id"], rows["accent"], strict=True))
        self.speakers = dict(zip(rows["utterance_id"], rows["speaker_id"], strict=True))
        self.heard: list[tuple[str, str]] = []

    def _hear(self, wave: Waveform) -> str:
        self.heard.append((wave.utterance_id, wave.condition_id))
        words = TEXT.split()
        share = self.wrong(self.groups[wave.utterance_id], parse_condition(wave.condition_id or "clean"))
        share += 0.2 * (zlib.crc32(self.speakers[wave.utterance_id].encode()) / 2**32 - 0.5)
        draw = zlib.crc32(f"{wave.utterance_id}|{wave.condition_id}".encode()) / 2**32
        missed = min(len(words), max(0, int(share * len(words) + draw)))
        return " ".join(words[missed:])

    def loader(self, spec: str, *, base: Path, language: str) -> Engine:
        return self
