"""Ratio of one run: counting words and characters row by row over jiwer's process_words and process_characters, on the 64,239 EdAcc rows.

``python -m bench.counting [--shared DIR] [--rounds N]``: normalised text (whisper_en) in, counts per row out. Both sides take
turns in one process; the best of the rounds stands for each, in seconds of processor time, which a busy machine does not change much. The counts are then compared row by row. Then raw text to scores under ``fair_en`` with its equivalence classes over
the same without them: once in a process each that has seen no text, and once with normalised texts remembered by both. Last, the whole ``score`` command on the same file, as a process
of its own.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jiwer
import pandas as pd

from bench.shared_folder import add_option
from workbench.text import add_scores, count_frame, get_normaliser
from workbench.text.scores import normalise_column

KINDS = {"equal": "hits", "substitute": "substitutions", "delete": "deletions", "insert": "insertions"}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--raw", metavar="NORMALISER", help="print what raw text to scores takes, and end")
    arguments = parser.parse_args()
    path = arguments.shared / "hypotheses" / "edacc_7systems.csv"
    table = pd.read_csv(path, keep_default_na=False, dtype="str")
    if arguments.raw:
        raw = table.rename(columns={"reference": "reference_raw", "hypothesis": "hypothesis_raw"})
        add_scores(raw.head(200), get_normaliser(arguments.raw))  # what a rule reads from files is read
        print(timed(lambda: add_scores(raw.iloc[200:], get_normaliser(arguments.raw)))[0])
        return
    rules = get_normaliser("whisper_en")
    references, hypotheses = (normalise_column(table[name], rules).tolist() for name in ("reference", "hypothesis"))

    ours = theirs = characters = float("inf")
    for _ in range(arguments.rounds):
        seconds, counts = timed(lambda: count_frame(references, hypotheses))
        ours = min(ours, seconds)
        seconds, output = timed(lambda: jiwer.process_words(references, hypotheses))
        theirs = min(theirs, seconds)
        seconds, _ = timed(lambda: jiwer.process_characters(references, hypotheses))
        characters = min(characters, seconds)
    same = counts[list(KINDS.values())].astype("int64").equals(pd.DataFrame(map(per_row, output.alignments)))
    del output
    print(f"rows {len(references)}, the same counts in every row: {same}")
    print(
        f"count_frame, words and characters: {ours:.3f} s; jiwer: words {theirs:.3f} s, characters {characters:.3f} s"
    )
    print(f"jiwer / ours = {(theirs + characters) / ours:.1f}; jiwer's words alone / ours = {theirs / ours:.1f}")

    once = [
        float(
            subprocess.run(
                [sys.executable, "-m", "bench.counting", "--shared", str(arguments.shared), "--raw", name],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for name in ("fair_en", "fair_en?without=alternatives")
    ]
    print(
        f"raw text to scores: with equivalence classes {once[0]:.1f} s, without {once[1]:.1f} s, ratio {once[0] / once[1]:.2f}"
    )

    frame = table.rename(columns={"reference": "reference_raw", "hypothesis": "hypothesis_raw"})
    best = {name: float("inf") for name in ("fair_en", "fair_en?without=alternatives")}
    for turn in range(arguments.rounds + 1):
        for name in best:
            seconds, _ = timed(lambda name=name: add_scores(frame, get_normaliser(name)))  # type: ignore[misc]
            best[name] = min(best[name], seconds) if turn else best[name]  # the first turn fills the memories of texts
    classes, plain = best.values()
    print(
        f"texts remembered: with equivalence classes {classes:.2f} s, without {plain:.2f} s, with / without = {classes / plain:.2f}"
    )

    speakers = frame[frame["system"] == frame["system"].iloc[0]].groupby("speaker")[["reference_raw", "hypothesis_raw"]]
    for name, rows in (
        ("row by row", frame[frame["system"] == frame["system"].iloc[0]]),
        ("joined by speaker", speakers.agg(" ".join)),
    ):
        forgiven = [
            add_scores(rows, get_normaliser(rules))["errors"].sum()
            for rules in ("fair_en?without=alternatives", "fair_en")
        ]
        print(f"errors of one system {name}: {forgiven[0]}, with alternatives {forgiven[1]}")
    long = speakers.agg(" ".join).agg(" ".join)
    words = {side: " ".join(text.split()[:10_000]) for side, text in long.items()}
    seconds, _ = timed(lambda: add_scores(pd.DataFrame([words]), get_normaliser("fair_en")))
    print(f"one row of 10,000 words: {seconds:.2f} s")

    command = [sys.executable, "-m", "workbench", "score", str(path), "--by", "group", "--speaker", "speaker"]
    seconds, _ = timed(
        lambda: subprocess.run([*command, "--system", "system", "--json"], check=True, capture_output=True)
    )
    print(f"the whole score command: {seconds:.1f} s")


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return seconds of processor time, those of finished child processes included, and what the function returned."""
    gc.collect()
    start = os.times()
    result = function()
    end = os.times()
    return sum(end[:4]) - sum(start[:4]), result


def per_row(chunks: list[Any]) -> dict[str, int]:
    """Return the counts of one row from jiwer's alignment."""
    counts = dict.fromkeys(KINDS.values(), 0)
    for chunk in chunks:
        length = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
        counts[KINDS[chunk.type]] += length
    return counts


if __name__ == "__main__":
    main()
