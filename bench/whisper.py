"""Speed and accuracy of the Whisper engines on trained weights and real speech, over a loop of ``whisper.transcribe``.

``python -m bench.whisper [--shared DIR] [--model tiny.en] [--condition clean] [--clips N] [--ways N ...]``: common-voice-100 (99
speakers), the weights of an installed package. All ways hear the same clips in turns of ``--turn`` clips, so that other work on
the machine falls on all of them; processor time of one thread counts, which such work disturbs least. The loop is greedy and
without timestamps, one clip after the other. Printed as Markdown: word error rate (``whisper_en``), texts equal to the loop's,
processor seconds and their ratio; then the paired difference in word error rate to the loop with its 95 % interval, for all and
for accents with 15 speakers or more.

``encoder alone`` is the limit of whatever writes the loop's text in windows of 30 s: the spectrogram and the encoder, no decoder.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import workbench as wb
from bench.shared_folder import add_option
from workbench.audio import Waveform, decode
from workbench.conditions import CATALOGUE, CorpusPool, degrade
from workbench.corpora import load_corpus
from workbench.engines import EngineFailure, load_engine
from workbench.fairness import compare
from workbench.runner.local import ALLOCATOR
from workbench.text import add_scores, get_normaliser

LOOP, ENCODER = "loop of whisper.transcribe", "encoder alone (the limit)"
WAYS = (
    "whisper:{}",
    "whisper:{}?window=15",
    "whisper:{}?decoding=library",
    "faster-whisper:{}?compute_type=float32",
    "faster-whisper:{}?compute_type=int8",
    "faster-whisper:{}?compute_type=int8&window=15",
    "faster-whisper:{}?compute_type=int8&decoding=library",
)
LEAST_SPEAKERS = 15
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

Texts = list[str | None]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--condition", default="clean")
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--turn", type=int, default=25)
    parser.add_argument("--ways", type=int, nargs="*", help="numbers of the ways, from 0; default: all")
    arguments = parser.parse_args()
    if not (ALLOCATOR | ONE_THREAD).items() <= os.environ.items():  # libraries read them when they start
        os.execve(
            sys.executable, [sys.executable, "-m", "bench.whisper", *sys.argv[1:]], os.environ | ALLOCATOR | ONE_THREAD
        )
    rows, waves = speech(arguments.shared, arguments.condition, arguments.clips)
    numbers = range(len(WAYS)) if arguments.ways is None else arguments.ways
    texts, seconds = measured(sides(arguments.model, [WAYS[number] for number in numbers]), waves, turn=arguments.turn)
    scores = scored(rows, texts)
    audio = sum(wave.duration_s for wave in waves)
    print(f"{arguments.model}, {arguments.condition}, {len(waves)} clips, {audio:.0f} s of audio, one thread\n")
    print(speed_table(scores, texts, seconds))
    print()
    print(difference_table(scores, [name for name in texts if name != LOOP]))


def speech(shared: Path, condition: str, clips: int) -> tuple[list[dict[str, str]], list[Waveform]]:
    """Return rows and audio of common-voice-100 under a condition, as a run with seed 1 degrades it."""
    root = shared / "corpora" / "common-voice-100"
    with (root / "validated.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:clips]
    waves = [decode(root / "clips" / row["path"]) for row in rows]
    if condition == "clean":
        return rows, waves
    with tempfile.TemporaryDirectory() as folder:
        prepared = wb.prepare("common-voice", root, out=Path(folder))
        pool = CorpusPool(load_corpus(prepared.manifest).utterances)
        made = CATALOGUE[condition]
        return rows, [degrade(wave, made, slot=slot, seed=1, pool=pool).wave for slot, wave in enumerate(waves)]


def sides(model: str, ways: Sequence[str]) -> dict[str, Callable[[Sequence[Waveform]], Texts]]:
    """Return what transcribes, by name."""
    import whisper

    from workbench.engines.whisper_windows import spectrogram

    reference: Any = load_engine(f"whisper:{model}?device=cpu")

    def loop(waves: Sequence[Waveform]) -> Texts:
        return [
            whisper.transcribe(
                reference.model, wave.samples, language="en", temperature=0.0, fp16=False, without_timestamps=True,
                condition_on_previous_text=False,
            )["text"].strip()
            for wave in waves
        ]  # fmt: skip

    def encoder(waves: Sequence[Waveform]) -> Texts:
        for wave in waves:
            reference.batches.encoder(spectrogram(wave.samples, reference.model.dims.n_mels, 3_000)[None])
        return [None] * len(waves)

    found: dict[str, Callable[[Sequence[Waveform]], Texts]] = {LOOP: loop, ENCODER: encoder}
    for way in ways:
        query = "&device=cpu" if "?" in way else "?device=cpu"
        engine = load_engine(way.format(model) + query)

        def transcribe(waves: Sequence[Waveform], engine: Any = engine) -> Texts:
            answers = engine.transcribe(waves)
            return [None if isinstance(answer, EngineFailure) else answer.text for answer in answers]

        found[f"`{way.format(model)}`"] = transcribe
    return found


def measured(
    found: dict[str, Callable[[Sequence[Waveform]], Texts]], waves: Sequence[Waveform], *, turn: int
) -> tuple[dict[str, Texts], dict[str, float]]:
    """Return the texts and the processor seconds of each side, which take turns."""
    import torch

    texts: dict[str, Texts] = {name: [] for name in found}
    seconds = dict.fromkeys(found, 0.0)
    for transcribe in found.values():  # what is made once, on first use, is not timed
        transcribe(waves[:1])
    for at in range(0, len(waves), turn):
        for name, transcribe in found.items():
            began = time.process_time()
            with torch.inference_mode():
                texts[name] += transcribe(waves[at : at + turn])
            seconds[name] += time.process_time() - began
            print(f"{name}: {at + turn} clips, {seconds[name]:.1f} s", file=sys.stderr, flush=True)
    del texts[ENCODER]
    return texts, seconds


def scored(rows: Sequence[dict[str, str]], texts: dict[str, Texts]) -> pd.DataFrame:
    """Return SCORES of every side under whisper_en."""
    frame = pd.DataFrame(
        [
            {
                "utterance_id": row["path"], "speaker_id": row["client_id"], "corpus_id": "common-voice-100", "condition_id": "clean",
                "accent": row["accent"] or "not stated", "model_id": name, "reference_raw": row["sentence"],
                "status": "ok" if text is not None else "failed", "hypothesis_raw": text,
            }
            for name, written in texts.items()
            for row, text in zip(rows, written, strict=True)
        ]
    )  # fmt: skip
    return add_scores(frame.astype({"hypothesis_raw": "str"}), get_normaliser("whisper_en"))


def speed_table(scores: pd.DataFrame, texts: dict[str, Texts], seconds: dict[str, float]) -> str:
    """Return Markdown: word error rate, equal texts and processor time of each side."""
    lines = ["| | WER % | texts of the loop | processor seconds | times as fast |", "|---|---|---|---|---|"]
    for name, spent in seconds.items():
        rate, equal = "", ""
        if name in texts:
            own = scores[scores["model_id"] == name]
            rate = f"{100 * own['errors'].sum() / own['ref_words'].sum():.1f}"
            equal = str(sum(one == other for one, other in zip(texts[name], texts[LOOP], strict=True)))
        lines.append(f"| {name} | {rate} | {equal} | {spent:.0f} | {seconds[LOOP] / spent:.2f} |")
    return "\n".join(lines)


def difference_table(scores: pd.DataFrame, names: Sequence[str]) -> str:
    """Return Markdown: paired differences in word error rate to the loop, in points, for all and by accent."""
    lines = ["| points of WER to the loop | all | by accent |", "|---|---|---|"]
    for name in names:
        found = compare(scores, scores, ["accent"], system=LOOP, versus=name).comparisons
        found = found[found["n_speakers"] >= LEAST_SPEAKERS]
        cells = {
            str(
                row["group"]
            ): f"{100 * row['difference']:+.1f} ({100 * row['ci_low']:+.1f} to {100 * row['ci_high']:+.1f})"
            for row in found.to_dict("records")
        }
        groups = "; ".join(f"{group} {cell}" for group, cell in cells.items() if group)
        lines.append(f"| {name} | {cells.get('', '')} | {groups} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
