"""Ratios of one run: two workers against one, Ray against this machine alone, and a whole run over pure engine time.

``python -m bench.running [--engine SPEC] [--times N] [--rounds N] [--only workers ray whole]``: pocketsphinx with the demo's grammar, or
another engine such as ``faster-whisper:tiny.en``, on the demo corpus, ``--times`` conditions that leave the audio nearly as it is, so that
decoding is nearly all the work there is; throughput from the first commit after 10 seconds, when every process has started, to the last,
except in ``whole``, which is the wall clock of everything over that of the same calls in one thread. Every process has one thread: an
engine that takes all processors by itself would leave nothing for a second worker. Fresh stores, the sides taking turns; the median of
the rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workbench.engines import load_engine
from workbench.engines.engine_process import batch_size
from workbench.figures.gallery.selection import DEMO
from workbench.runner import Executor, Local, Progress, Ray, read, resolve, run
from workbench.runner.local import ALLOCATOR
from workbench.runner.prefetch import ONE_THREAD
from workbench.store import open_store
from workbench.study import Study

STARTED_S = 10.0
ENGINE = "pocketsphinx?grammar=demo.gram"


def work(times: int, engine: str = ENGINE) -> Study:
    """Return the study: the demo corpus, clean and all but clean."""
    study = Study.from_toml(DEMO.with_name("demo.study.toml"))
    loud = [f"pink_noise?snr_db={60 - step}" for step in range(times - 1)]
    fields = study.model_dump(exclude={"base", "conditions", "claims", "engines", "labels"})
    return Study.create(
        {**fields, "name": "bench", "engines": [engine], "conditions": ["clean", *loud]}, base=study.base
    )


def throughput(study: Study, executor: Executor) -> tuple[float, float]:
    """Return the transcripts per second once all has started, and the wall-clock seconds of everything."""
    seen: list[tuple[float, int]] = []

    def note(progress: Progress) -> None:
        if progress.fresh and (not seen or progress.fresh > seen[-1][1]):
            seen.append((time.perf_counter(), progress.fresh))

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
        began = time.perf_counter()
        run(study, store=store, executor=executor, on_progress=note)
        spent = time.perf_counter() - began
        store.close()
    first, before = next((at, done) for at, done in seen if at - began > STARTED_S)
    last, after = seen[-1]
    return (after - before) / (last - first), spent


def pure(study: Study) -> float:
    """Return the seconds in which one engine hears the clean audio of the study as often as it has conditions."""
    engine = load_engine(study.engines[0], base=study.base)
    waves = [read(row) for row in resolve(study).selected[0].to_dict("records")]
    size = batch_size(engine)
    engine.transcribe(waves[:2])
    began = time.perf_counter()
    for _ in study.conditions:
        for at in range(0, len(waves), size):
            engine.transcribe(waves[at : at + size])
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default=ENGINE)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["workers", "ray", "whole"])
    given = parser.parse_args()
    if not (ALLOCATOR | ONE_THREAD).items() <= os.environ.items():  # libraries read them when they start
        os.execve(
            sys.executable, [sys.executable, "-m", "bench.running", *sys.argv[1:]], os.environ | ALLOCATOR | ONE_THREAD
        )
    study = work(given.times, given.engine)
    sides: dict[str, Callable[[], float]] = {}
    if {"workers", "ray"} & {*given.only}:
        sides["two workers"] = lambda: throughput(study, Local(2))[0]
    if "workers" in given.only:
        sides["one worker"] = lambda: throughput(study, Local(1))[0]
    if "ray" in given.only:
        sides["Ray, two workers"] = lambda: throughput(study, Ray(workers=2))[0]
    if "whole" in given.only:
        sides["whole run"] = lambda: throughput(study, Local(1))[1]
        sides["pure engine"] = lambda: pure(study)
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(given.rounds):
        for name, side in sides.items():
            found[name].append(side())
            print(f"{name:18}{found[name][-1]:8.2f}", flush=True)
    middle = {name: statistics.median(values) for name, values in found.items()}
    for name, value in middle.items():
        print(f"{name:18}{value:8.2f} {'s' if name in ('whole run', 'pure engine') else 'transcripts/s'}")
    for name, over, under in (
        ("two workers over one", "two workers", "one worker"),
        ("Ray over local", "Ray, two workers", "two workers"),
        ("whole run over pure engine time", "whole run", "pure engine"),
    ):
        if over in middle and under in middle:
            print(f"{name}: {middle[over] / middle[under]:.3f}")


if __name__ == "__main__":
    main()
