"""Ratio of one run: a pocketsphinx run under a condition over the same run on clean audio, at equal decoding work.

``python -m bench.degrading_run [--utterances N] [--rounds N] [--only ID ...]``: noise fills a recogniser's beam and slows it
by itself, so the engine here decodes the clean recording whatever it is given: what is left of a difference is what
degrading costs a run, in which it happens ahead of the engine and in another process. Demo corpus, one worker, a fresh
store and fresh processes for every run, the sides taking turns; wall clock, the median of the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from bench.hears_clean import hears_clean
from workbench.figures.gallery.selection import DEMO
from workbench.runner import resolve, run
from workbench.store import open_store
from workbench.study import Study

ENGINE = "pocketsphinx?grammar=demo.gram"
CONDITIONS = ("clean", "white_noise@2", "room@2", "babble@2", "opus@2", "place:ward@2")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=72)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(CONDITIONS[1:]))
    given = parser.parse_args()
    study = Study.from_toml(DEMO.with_name("demo.study.toml")).model_copy(update={"engines": (ENGINE,)})
    rows = resolve(study).selected[0]
    speakers = tuple(rows["speaker_id"].unique()[: max(1, given.utterances // 2)])
    study = study.model_copy(update={"filter": {"speaker_id": speakers}})
    n = len(resolve(study).selected[0])
    spent: dict[str, list[float]] = {name: [] for name in ("clean", *given.only)}
    for _ in range(given.rounds):
        for name in spent:
            with tempfile.TemporaryDirectory() as folder:
                store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
                one = Study.create(
                    {**study.model_dump(exclude={"base", "conditions"}), "conditions": [name]}, base=study.base
                )
                started = time.perf_counter()
                run(one, store=store, engine_loader=hears_clean)
                spent[name].append(time.perf_counter() - started)
                store.close()
    took = {name: statistics.median(times) for name, times in spent.items()}
    print(f"{n} utterances, clean run {took['clean']:.2f} s")
    for name in given.only:
        print(f"{name:20}{took[name]:8.2f} s, {took[name] / took['clean']:.3f} of clean")


if __name__ == "__main__":
    main()
