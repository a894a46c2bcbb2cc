"""Ratios of one run: a whole study over its pure engine time, and a finished study over its first run.

``python -m bench.run_overhead [--shared DIR] [--per-digit N]``: pocketsphinx with a digit grammar, fsdd-600 x 4 conditions.
Pure engine time is the time of the same calls on the same waveforms, already in memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.shared_folder import add_option
from tests.speech import fsdd
from workbench.conditions import CorpusPool, degrade
from workbench.corpora import load_corpus
from workbench.engines import load_engine
from workbench.runner import read, run
from workbench.store import open_store
from workbench.study import Study

SPEC = "pocketsphinx?grammar=digits.gram"
CONDITIONS = ("clean", "white_noise@2", "room@2", "equip_pulse@2")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--per-digit", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = fsdd(folder, arguments.shared, per_digit=arguments.per_digit)
        study = Study.create(
            {"name": "overhead", "corpus": [manifest.name], "engines": [SPEC], "conditions": CONDITIONS}, base=folder
        )
        engine = load_engine(SPEC, base=folder)
        utterances = load_corpus(manifest).utterances
        pool = CorpusPool(utterances)
        waves = [
            degrade(read(row), condition, slot=int(row["slot"]), seed=1, pool=pool).wave
            for row in utterances.to_dict("records")
            for condition in study.conditions
        ]
        engine.transcribe(waves[:4])
        pure = timed(lambda: [engine.transcribe([wave]) for wave in waves])
        store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
        whole = timed(lambda: run(study, store=store))
        again = timed(lambda: run(study, store=store))
        record = store.runs()[0]
        print(
            f"{record.done} transcripts of {sum(wave.duration_s for wave in waves):.0f} s of audio, {record.failed} failed"
        )
        print(f"pure engine {pure:.1f} s, whole run {whole:.1f} s: ratio {whole / pure:.3f}")
        print(f"finished study again {again:.2f} s: {whole / again:.0f} times faster")


def timed(work: object) -> float:
    """Return the wall-clock seconds of a call."""
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
