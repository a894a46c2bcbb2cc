"""What measuring costs: processor time of every measurement beside that of the degrading and of a recogniser.

``python -m bench.measuring [--shared DIR] [--per-digit N] [--rounds K]``: fsdd-600 x 4 conditions, pocketsphinx with a digit
grammar. Processor time of one thread, so that other work on the machine does not count; all ratios are of one run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.run_overhead import CONDITIONS, SPEC
from bench.shared_folder import add_option
from tests.speech import fsdd
from workbench.conditions import CorpusPool, Original, parse_condition, rng_for
from workbench.conditions.measured_facts import measured
from workbench.corpora import load_corpus
from workbench.engines import load_engine
from workbench.runner import read


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--per-digit", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        manifest = fsdd(Path(name), arguments.shared, per_digit=arguments.per_digit)
        utterances = load_corpus(manifest).utterances
        engine = load_engine(SPEC, base=Path(name))
        pool = CorpusPool(utterances)
        waves = [read(row) for row in utterances.to_dict("records")]
        chosen = [parse_condition(text) for text in CONDITIONS]

        def degraded() -> list[Any]:
            return [
                one.apply(wave, rng_for(one.draw_name, 0, seed=1), pool=pool).wave for wave in waves for one in chosen
            ]

        def facts() -> None:
            for number, wave in enumerate(waves):
                original = Original(wave)
                for place, one in enumerate(chosen):
                    measured(original, heard[number * len(chosen) + place], one)

        heard = degraded()
        facts()
        made = min(seconds(degraded) for _ in range(arguments.rounds))
        told = min(seconds(facts) for _ in range(arguments.rounds))
        engine.transcribe(heard[:4])
        decoded = seconds(lambda: [engine.transcribe([wave]) for wave in heard])
    length = sum(wave.duration_s for wave in heard)
    print(f"{len(heard)} utterances, {length:.0f} s of audio")
    for what, spent in (("degrading", made), ("measuring", told), ("decoding", decoded)):
        print(f"{what:10}{1000.0 * spent / length:8.2f} ms per s of audio, {spent / decoded:7.1%} of decoding")


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds of a call in this thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


if __name__ == "__main__":
    main()
