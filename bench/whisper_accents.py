"""How much 8-bit weights and a shorter window change what a trained Whisper writes, and for whom.

``python -m bench.whisper_accents [--shared DIR] [--strings N]``: no times. The small checkpoint trained on digits, whose errors and
accent gap are real; strings of 2-5 recordings of fsdd-600, six speakers; the whole window of openai-whisper against itself with
``window=fit``, and against faster-whisper with float32 and 8-bit weights, whole window and cut.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from pathlib import Path

import pandas as pd

from bench.whisper import spoken
from workbench.audio import Waveform, decode
from workbench.engines import Transcript, load_engine
from workbench.fairness import text_differences
from workbench.text import add_scores, get_normaliser

WHOLE, FILLED = "whisper:{}?device=cpu", "whisper:{}?device=cpu&pad=audio"
"""The window filled with zeros in the spectrogram, as ``whisper.transcribe`` does, and with silence, as this model was trained."""
PAIRS = (
    (WHOLE, "whisper:{}?device=cpu&window=fit"),
    (FILLED, "whisper:{}?device=cpu&pad=audio&window=fit"),
    (WHOLE, "faster-whisper:{}?device=cpu&compute_type=float32"),
    (WHOLE, "faster-whisper:{}?device=cpu&compute_type=int8"),
    (WHOLE, "faster-whisper:{}?device=cpu&compute_type=int8&window=fit"),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--strings", type=int, default=180)
    arguments = parser.parse_args()
    corpus = arguments.shared / "corpora" / "fsdd-600"
    checkpoint = arguments.shared / "models" / "whisper-digits.pt"
    with (corpus / "speakers.csv").open(encoding="utf-8") as file:
        accents = {row["speaker_id"]: row["accent"] for row in csv.DictReader(file)}
    recordings = [
        Waveform(decode(path).samples, 16_000, path.stem)
        for path in sorted((corpus / "recordings").glob("*_[0-4].wav"))
    ]
    strings = spoken(recordings, arguments.strings, longest=5)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        told = {spec: transcribed(spec.format(checkpoint), strings, accents) for spec in (WHOLE, FILLED)}
        for one, another in PAIRS:
            (whole, first), (other, name) = told[one], transcribed(another.format(checkpoint), strings, accents)
            scores = add_scores(pd.concat([whole, other], ignore_index=True), get_normaliser("none"))
            found = text_differences(scores, first, name, by="accent")
            shown = found[["group", "n_speakers", "n_utterances", "share", "rate_first", "rate_second", "difference", "gap_change", "gap_ci_low", "gap_ci_high"]]  # fmt: skip
            print(f"\n{first} -> {name}\n{shown.round(3).to_string(index=False)}", flush=True)


def transcribed(spec: str, strings: list[tuple[str, Waveform]], accents: dict[str, str]) -> tuple[pd.DataFrame, str]:
    """Return what an engine writes, ready to be scored, and its model_id."""
    engine = load_engine(spec)
    answers = engine.transcribe([wave for _, wave in strings])
    rows = [
        {
            "utterance_id": wave.utterance_id, "speaker_id": wave.speaker_id, "corpus_id": "fsdd-600", "condition_id": "clean",
            "accent": accents[wave.speaker_id], "model_id": engine.model_id, "reference_raw": said, "status": "ok",
            "hypothesis_raw": answer.text if isinstance(answer, Transcript) else None,
        }
        for (said, wave), answer in zip(strings, answers, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"hypothesis_raw": "str"}), engine.model_id


if __name__ == "__main__":
    main()
