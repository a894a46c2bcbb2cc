"""Ratio of one run: peak memory of a run over ten times the corpus, beyond the result frame.

``python -m bench.memory [--utterances N]``: each run is a process of its own (pocketsphinx with a digit grammar, made-up
tones, clean and white noise); its peak resident memory is read from the operating system when it ends.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from tests.speech import GRAMMAR

STUDY = """
name = "memory"
corpus = ["tones.csv"]
engines = ["pocketsphinx?grammar=digits.gram"]
conditions = ["clean", "white_noise@2"]
"""


def main() -> None:
    """Print the figures, or, with --one, do one run and print its peak and the size of its result frame."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=300)
    parser.add_argument("--one", type=Path)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one)
        return
    figures = []
    for count in (arguments.utterances, 10 * arguments.utterances):
        with tempfile.TemporaryDirectory() as name:
            corpus(Path(name), count)
            command = [sys.executable, "-m", "bench.memory", "--one", name]
            peak, frame = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        print(f"{count} utterances: peak {peak:.0f} MiB, of which the result frame {frame:.1f} MiB")
        figures.append(peak - frame)
    print(f"ten times the corpus: {figures[1] / figures[0]:.3f} times the memory beyond the result frame")


def corpus(folder: Path, count: int) -> None:
    """Write ``count`` short tones of 20 speakers, each file different."""
    generator = np.random.default_rng(1)
    (folder / "audio").mkdir()
    lines = ["path,reference,speaker_id,accent"]
    for number in range(count):
        t = np.arange(8_000) / 16_000
        wave = 0.2 * np.sin(2 * np.pi * (150 + number % 97) * t) + 0.01 * generator.standard_normal(len(t))
        soundfile.write(folder / "audio" / f"{number}.wav", wave, 16_000)
        lines.append(f"audio/{number}.wav,one two,s{number % 20},{'north' if number % 2 else 'south'}")
    (folder / "tones.csv").write_text("\n".join(lines) + "\n")
    (folder / "digits.gram").write_text(GRAMMAR)
    (folder / "study.toml").write_text(STUDY)


def one(folder: Path) -> None:
    """Run the study and load its results; print peak memory and the frame's size, MiB."""
    from workbench.results import load
    from workbench.runner import run
    from workbench.store import open_store
    from workbench.study import Study

    store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    record = run(Study.from_toml(folder / "study.toml"), store=store)
    results = load(record.run_id, store=store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peak, results.scores.memory_usage(deep=True).sum() / 2**20)


if __name__ == "__main__":
    main()
