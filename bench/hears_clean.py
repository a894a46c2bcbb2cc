"""An engine for benchmarks: pocketsphinx that decodes the clean recording whatever it is given. In a module, for processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.audio import Waveform
from workbench.corpora import load_corpus
from workbench.engines import Engine, EngineFailure, Transcript, load_engine
from workbench.figures.gallery.selection import DEMO
from workbench.runner import read


class HearsClean:
    """Pocketsphinx that decodes the clean recording of the utterance it is given."""

    def __init__(self, engine: Engine, clean: dict[str, Waveform]) -> None:
        self._engine, self._clean = engine, clean

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return what the engine makes of the clean recordings."""
        return self._engine.transcribe([self._clean[wave.utterance_id] for wave in batch])


def hears_clean(spec: str, *, base: Path, language: str) -> HearsClean:
    """Load the engine and the clean recordings of the demo corpus in the process in which it listens."""
    rows = load_corpus(DEMO).utterances.to_dict("records")
    return HearsClean(load_engine(spec, base=base, language=language), {row["utterance_id"]: read(row) for row in rows})
