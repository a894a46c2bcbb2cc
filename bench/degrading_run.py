"""Ratio of one run: a pocketsphinx run under a condition over the same run on clean audio, at equal decoding work.

``python -m bench.degrading_run [--utterances N] [--rounds N] [--only ID ...]``: noise fills a recogniser's beam and slows it
by itself, so the engine here decodes the clean recording whatever it is given: what is left of a difference is what
degrading costs a run, in which it happens one utterance ahead of the decoder. Demo corpus, one worker, a fresh store
for every run, the sides taking turns; wall clock, the median of the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.audio import Waveform
from workbench.engines import Engine, EngineFailure, Transcript, load_engine
from workbench.gallery.choosing import DEMO
from workbench.runner import read, resolve, run
from workbench.store import open_store
from workbench.study import Study

CONDITIONS = ("clean", "white_noise@2", "room@2", "babble@2", "opus@2", "place:ward@2")


class HearsClean:
    """Pocketsphinx that decodes the clean recording of the utterance it is given."""

    def __init__(self, engine: Engine, clean: dict[str, Waveform]) -> None:
        self._engine, self._clean = engine, clean

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return what the engine makes of the clean recordings."""
        return self._engine.transcribe([self._clean[wave.utterance_id] for wave in batch])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=72)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(CONDITIONS[1:]))
    given = parser.parse_args()
    study = Study.from_toml(DEMO.with_name("demo.study.toml"))
    rows = resolve(study).selected[0]
    speakers = tuple(rows["speaker_id"].unique()[: max(1, given.utterances // 6)])
    study = study.model_copy(update={"filter": {"speaker_id": speakers}})
    inputs = resolve(study)
    clean = {row["utterance_id"]: read(row) for row in inputs.selected[0].to_dict("records")}
    engine = HearsClean(load_engine(study.engines[0], base=study.base), clean)
    engine.transcribe(list(clean.values())[:2])
    spent: dict[str, list[float]] = {name: [] for name in ("clean", *given.only)}
    for _ in range(given.rounds):
        for name in spent:
            with tempfile.TemporaryDirectory() as folder:
                store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
                one = Study.create(
                    {**study.model_dump(exclude={"base", "conditions"}), "conditions": [name]}, base=study.base
                )
                started = time.perf_counter()
                run(one, store=store, engine_loader=lambda *_, **__: engine)
                spent[name].append(time.perf_counter() - started)
                store.close()
    took = {name: statistics.median(times) for name, times in spent.items()}
    print(f"{len(clean)} utterances, clean run {took['clean']:.2f} s")
    for name in given.only:
        print(f"{name:20}{took[name]:8.2f} s, {took[name] / took['clean']:.3f} of clean")


if __name__ == "__main__":
    main()
