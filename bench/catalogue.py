"""How fast the whole catalogue is: seconds of audio per second of one core, at severity 2, slowest named.

``python -m bench.catalogue [--utterances N] [--severity K] [--only ID ...]``: the first utterances of the demo corpus
(synthetic voices), its whole corpus as the pool, set-up left out. Processor time, not wall clock, so that neighbours on
the machine count for little. As in a run, what is measured of the clean speech is worked out once per utterance; what
is measured of the degraded audio is part of each figure, and ``clean`` shows how much of it that is.
"""

from __future__ import annotations

import argparse
import statistics
import time

from workbench.conditions import CATALOGUE, CorpusPool, degrade
from workbench.conditions.measured_facts import Original
from workbench.corpora import load_corpus
from workbench.figures.gallery.selection import DEMO
from workbench.runner import read

TARGET = 100.0


def main() -> None:
    """Print one line per condition, then the median and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--severity", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    utterances = load_corpus(DEMO).utterances
    pool = CorpusPool(utterances)
    waves = [read(row) for row in utterances.head(given.utterances).to_dict("records")]
    originals = [Original(wave) for wave in waves]
    audio_s = sum(wave.duration_s for wave in waves)
    speeds: dict[str, float] = {}
    for name, condition in CATALOGUE.items():
        if (
            condition.severity not in (0, given.severity)
            or condition.missing
            or (given.only and name not in given.only)
        ):
            continue
        degrade(waves[0], condition, slot=0, seed=1, pool=pool, original=originals[0])
        started = time.process_time()
        for slot, (wave, original) in enumerate(zip(waves, originals, strict=True)):
            degrade(wave, condition, slot=slot, seed=1, pool=pool, original=original)
        speeds[name] = audio_s / (time.process_time() - started)
        print(f"{name:28}{speeds[name]:8.0f} x real time", flush=True)
    made = {name: speed for name, speed in speeds.items() if name != "clean"}
    slow = sorted(made, key=made.__getitem__)
    print(f"{len(made)} conditions, {audio_s:.0f} s of audio each: median {statistics.median(made.values()):.0f} x")
    print(f"below {TARGET:.0f} x: {', '.join(f'{n} {made[n]:.0f}' for n in slow if made[n] < TARGET) or 'none'}")


if __name__ == "__main__":
    main()
