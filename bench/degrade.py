"""How fast each condition is: seconds of audio per second, on one thread.

``python -m bench.degrade [--seconds S] [--rounds N]``: speech-like sound of ``S`` seconds, a corpus of 8 made-up voices as
the pool; the median of the rounds stands, set-up (filters, tables, average spectrum) left out. The last column is the
share that a condition adds to a recogniser that needs 30 ms for such a clip.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.synthetic_speech import RATE, speech_like, write_corpus
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, CorpusPool, degrade

ENGINE_MS = 30.0


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=1.0, help="length of the utterance")
    options.add_argument("--rounds", type=int, default=60, help="slots per condition")
    given = options.parse_args()
    wave = Waveform(speech_like(given.seconds), RATE, "bench/a_0", "a")
    with tempfile.TemporaryDirectory() as folder:
        voices = {name: [speech_like(2.0, seed=10 * k + u) for u in range(6)] for k, name in enumerate("abcdefgh")}
        pool = CorpusPool(write_corpus(Path(folder), voices))
        print(f"{'condition':24}{'ms':>8}{'audio s per s':>16}{'share of 30 ms':>17}")
        for name, condition in CATALOGUE.items():
            spent = []
            for slot in range(given.rounds):
                started = time.perf_counter()
                degrade(wave, condition, slot=slot, seed=1, pool=pool)
                spent.append(time.perf_counter() - started)
            median = statistics.median(spent)
            share = 1000.0 * median / (ENGINE_MS * given.seconds)
            print(f"{name:24}{1000.0 * median:8.2f}{given.seconds / median:16.0f}{share:17.1%}")


if __name__ == "__main__":
    main()
