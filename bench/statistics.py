"""Ratio of one run: rates, gaps and gap changes with permutation tests over fairlearn's MetricFrame with its bootstrap.

``python -m bench.statistics [--rows N] [--replicates R]``: 1,020,000 rows (5,000 speakers of 20 groups, each with 17
utterances under each of 12 conditions). Ours: ``rates``, ``gaps`` and ``gap_changes`` by group, each permutation test with R
labellings of the speakers. The peer: ``MetricFrame`` of the pooled rate by group and condition on the same rows, with R
bootstrap replicates; it needs hours, so it is run with 0 and with 2 replicates and **extrapolated** linearly, which is
printed. It resamples rows, not speakers, and computes neither gaps' tests nor gap changes: it does less.

All times are seconds of the processor. Each side is a process of its own, whose peak resident memory is read from the operating system. Then: what a change of
group or of normaliser costs at that size, and where the time goes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

SPEAKERS, GROUPS, CONDITIONS = 5_000, 20, 12
TARGET = 1 / 50
MEMORY_GIB = 2.0


def main() -> None:
    """Print the figures, or with --one those of one side as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_020_000)
    parser.add_argument("--replicates", type=int, default=9_999)
    parser.add_argument("--one", choices=list(SIDES))
    arguments = parser.parse_args()
    if arguments.one:
        figures = SIDES[arguments.one](arguments.rows, arguments.replicates)
        figures["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps(figures))
        return
    found = {side: measured(side, arguments) for side in SIDES}
    ours, peer, again = found["ours"], found["peer"], found["again"]
    seconds = sum(ours[name] for name in ("rates", "gaps", "gap changes"))
    print(f"{ours['rows']} rows, {SPEAKERS} speakers, {GROUPS} groups, {CONDITIONS} conditions")
    print(", ".join(f"{name} {ours[name]:.2f} s" for name in ("rates", "gaps", "gap changes")), end="")
    print(f" with {arguments.replicates} permutations: {seconds:.2f} s in all, peak {ours['peak_gib']:.2f} GiB")
    whole = peer["none"] + peer["each"] * arguments.replicates
    print(
        f"fairlearn MetricFrame: {peer['none']:.1f} s without bootstrap, {peer['each']:.2f} s per replicate (measured on 2); "
        f"extrapolated to {arguments.replicates}: {whole:.0f} s ({whole / 3600:.1f} h)"
    )
    print(
        f"ours / fairlearn (extrapolated) = 1/{whole / seconds:.0f}; the target is 1/{1 / TARGET:.0f} and {MEMORY_GIB:g} GiB"
    )
    print(
        "after a change: "
        + ", ".join(f"{name} {again[name]:.2f} s" for name in again if name not in ("rows", "peak_gib"))
    )


def measured(side: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Run one side as a process of its own and return its figures."""
    command = [sys.executable, "-m", "bench.statistics", "--one", side]
    command += ["--rows", str(arguments.rows), "--replicates", str(arguments.replicates)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def scores(rows: int) -> pd.DataFrame:
    """Draw counted rows: speakers with rates of their own, and conditions that add errors."""
    rng = np.random.default_rng(1)
    per_speaker = max(1, rows // (SPEAKERS * CONDITIONS))
    speaker = np.repeat(np.arange(SPEAKERS), per_speaker * CONDITIONS)
    utterance = np.repeat(np.arange(SPEAKERS * per_speaker), CONDITIONS)
    condition = np.tile(np.arange(CONDITIONS), SPEAKERS * per_speaker)
    words = np.repeat(rng.integers(5, 30, SPEAKERS * per_speaker), CONDITIONS)
    own = rng.gamma(4, 0.05 / 4, SPEAKERS)[speaker] * (1 + condition / CONDITIONS)
    errors = rng.poisson(own * words)
    names = [f"noise@{c}" if c else "clean" for c in range(CONDITIONS)]
    categories = {
        "utterance_id": (utterance, [f"corpus/{u}" for u in range(SPEAKERS * per_speaker)]),
        "condition_id": (condition, names),
        "speaker_id": (speaker, [f"s{s}" for s in range(SPEAKERS)]),
        "accent": (speaker % GROUPS, [f"accent {g}" for g in range(GROUPS)]),
        "gender": (speaker // GROUPS % 2, ["female", "male"]),
    }
    texts = {name: np.array(known, dtype=object)[codes] for name, (codes, known) in categories.items()}
    return pd.DataFrame(
        {
            **{name: pd.Series(text, dtype="str") for name, text in texts.items()},
            "model_id": "model",
            "corpus_id": "corpus",
            "status": "ok",
            "normaliser_id": "basic-1",
            "errors": pd.array(errors, dtype="Int32"),
            "ref_words": pd.array(words, dtype="Int32"),
            "substitutions": pd.array(errors, dtype="Int32"),
            "deletions": pd.array(np.zeros(len(errors)), dtype="Int32"),
            "insertions": pd.array(np.zeros(len(errors)), dtype="Int32"),
        }
    )


def timed(function: Callable[[], Any]) -> float:
    """Return seconds of the processor, which other work on the machine does not lengthen."""
    start = time.process_time()
    function()
    return time.process_time() - start


def ours(rows: int, replicates: int) -> dict[str, float]:
    """Return seconds of rates, gaps and gap changes."""
    import workbench as wb

    table = scores(rows)
    wb.rates(table.head(1_000), ["accent"])  # imports are not counted
    return {
        "rows": len(table),
        "rates": timed(lambda: wb.rates(table, ["accent"])),
        "gaps": timed(lambda: wb.gaps(table, "accent", margin=0.02, permutations=replicates)),
        "gap changes": timed(lambda: wb.gap_changes(table, "accent", permutations=replicates)),
    }


def pooled(errors: Any, words: Any) -> float:
    """Return the pooled rate as a metric of fairlearn."""
    return float(np.sum(errors) / np.sum(words))


def peer(rows: int, replicates: int) -> dict[str, float]:
    """Return seconds of MetricFrame without bootstrap, and of one replicate."""
    from fairlearn.metrics import MetricFrame

    table = scores(rows)
    errors, words = (table[name].to_numpy(dtype=np.int64) for name in ("errors", "ref_words"))

    def frame(**bootstrap: Any) -> None:
        MetricFrame(
            metrics=pooled, y_true=errors, y_pred=words, sensitive_features=table["accent"],
            control_features=table["condition_id"], **bootstrap,
        )  # fmt: skip

    none = timed(frame)
    two = timed(lambda: frame(n_boot=2, ci_quantiles=[0.025, 0.975], random_state=1))
    return {"none": none, "each": (two - none) / 2}


def again(rows: int, replicates: int) -> dict[str, float]:
    """Return seconds of what follows a change of group or of normaliser."""
    import workbench as wb
    from workbench.text import add_scores, get_normaliser

    table = scores(rows)
    wb.rates(table.head(1_000), ["accent"])  # imports are not counted
    some = table[table["gender"] == "female"]
    words = [f"word{n}" for n in range(2_000)]
    chosen = np.random.default_rng(2).integers(0, len(words), (rows // CONDITIONS, CONDITIONS)).tolist()
    said = [[words[n] for n in utterance] for utterance in chosen]
    pairs = [
        (" ".join(w), " ".join(w[:c] + w[c + 1 :])) for w in said for c in range(CONDITIONS)
    ]  # each lacks another word
    texts = pd.DataFrame(pairs, columns=["reference_raw", "hypothesis_raw"], dtype="str")
    return {
        "another group: rates": timed(lambda: wb.rates(table, ["gender"])),
        "another group: gaps": timed(lambda: wb.gaps(table, "gender", permutations=replicates)),
        "filter by group": timed(lambda: table[table["gender"] == "female"]),
        "filtered: rates": timed(lambda: wb.rates(some, ["accent"])),
        "filtered: gaps": timed(lambda: wb.gaps(some, "accent", permutations=replicates)),
        "another normaliser: normalise and count": timed(lambda: add_scores(texts, get_normaliser("basic"))),
    }


SIDES: dict[str, Callable[[int, int], dict[str, float]]] = {"ours": ours, "peer": peer, "again": again}

if __name__ == "__main__":
    main()
