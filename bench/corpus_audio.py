"""Ratios of one run: durations and audit of many clips with all cores and with one, what of a clip is read, five normalisers over one.

``python -m bench.corpus_audio [--shared DIR] [--clips N] [--audited N] [--rounds K]``: noise of one second as FLAC. The two sides of a
ratio take turns; the best round stands for each. Durations: one thread against several, on a disk that the operating system
remembers; where it says about 1, reading headers is bound by Python and threads are for slow disks. Audit: one process against
one for each core, their start included. The normalisers score the 64,239 transcripts of EdAcc, each with an empty memory of texts.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.shared_folder import add_option
from workbench.audio import probe
from workbench.corpora import audio_files, load_corpus
from workbench.fairness import score_table
from workbench.provenance import Cache, audit_utterances, measurement_pool
from workbench.text import get_normaliser

RATE = 16_000
FIVE = ("none", "basic", "whisper_en", "koenecke2020", "fair_en")


class OneThread(ThreadPoolExecutor):
    """An executor of one thread, whatever is asked for."""

    def __init__(self, max_workers: int | None = None, **options: Any) -> None:
        super().__init__(max_workers=1, **options)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--audited", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        many = write(Path(name) / "many", arguments.clips)
        few = write(Path(name) / "few", arguments.audited)
        corpus = load_corpus(few)
        turns(
            f"durations of {arguments.clips} clips",
            threads,
            lambda: load_corpus(many),
            arguments.rounds,
            arguments.clips,
        )
        audits = iter(range(1_000))
        turns(
            f"audit of {arguments.audited} clips",
            processes,
            lambda: audit_utterances(corpus, cache=Cache(Path(name) / f"cache{next(audits)}")),
            arguments.rounds,
            arguments.audited,
        )
        clip = next((Path(name) / "many").glob("*.flac"))
        probe(clip)
        before = bytes_read()
        for _ in range(100):
            probe(clip)
        print(f"bytes read for a duration: {(bytes_read() - before) // 100}, of a clip of {clip.stat().st_size}")
    normalisers(arguments.shared, arguments.rounds)


def threads(count: int) -> None:
    """Let durations be read in one thread, or in as many as the workbench chooses."""
    audio_files.ThreadPoolExecutor = OneThread if count == 1 else ThreadPoolExecutor  # type: ignore[attr-defined]


def processes(count: int) -> None:
    """Let so many processes listen."""
    measurement_pool.cores = lambda: count


def turns(what: str, limit: Callable[[int], None], work: Callable[[], object], rounds: int, clips: int) -> None:
    """Print the time of ``work`` with all cores and with one."""
    every = os.cpu_count() or 1
    best = {every: float("inf"), 1: float("inf")}
    used = 0.0
    for _ in range(rounds):
        for count in best:
            limit(count)
            started, cpu = time.perf_counter(), cpu_s()
            work()
            spent = time.perf_counter() - started
            if count > 1 and spent < best[count]:
                used = (cpu_s() - cpu) / spent
            best[count] = min(best[count], spent)
    limit(every)
    ours, one = best[every], best[1]
    print(
        f"{what}: {ours:.1f} s, {1000 * ours / clips:.2f} ms each, {used:.2f} cores busy; one / all cores = {one / ours:.2f}",
        flush=True,
    )


def cpu_s() -> float:
    """Return the seconds of work of this process, and of those that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def normalisers(shared: Path, rounds: int) -> None:
    """Print the time of scoring under all five normalisers over that under the usual one, and over the dearest."""

    def score(name: str) -> float:
        get_normaliser(name)._remembered.cache_clear()
        started = time.perf_counter()
        score_table(
            shared / "hypotheses" / "edacc_7systems.csv",
            by=["group"],
            speaker="speaker",
            system="system",
            normaliser=name,
            strip_reference=["<[A-Z_]+>"],
            drop_reference=["<FOREIGN>"],
            empty_references="count",
        )
        return time.perf_counter() - started

    score("none")
    best = {name: float("inf") for name in FIVE}
    for _ in range(rounds):
        for name in FIVE:
            best[name] = min(best[name], score(name))
    total = sum(best.values())
    each = ", ".join(f"{name} {spent:.1f} s" for name, spent in best.items())
    print(f"five normalisers / whisper_en = {total / best['whisper_en']:.2f}, / the dearest = {total / max(best.values()):.2f} ({each})")  # fmt: skip


def write(folder: Path, clips: int) -> Path:
    """Write one second of noise ``clips`` times, no two alike, and their manifest."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.05, RATE + clips)
    lines = ["path,reference,speaker_id,accent"]
    for number in range(clips):
        soundfile.write(folder / f"{number}.flac", noise[number : number + RATE], RATE)
        lines.append(f"{number}.flac,some words,s{number % 100},a{number % 100 % 4}")
    manifest = folder / "clips.csv"
    manifest.write_text("\n".join(lines) + "\n")
    return manifest


def bytes_read() -> int:
    """Return how many bytes this process has read so far."""
    return int(Path("/proc/self/io").read_text().split()[1])


if __name__ == "__main__":
    main()
