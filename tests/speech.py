"""Manifests for the real speech beside the project; the audio stays where it is."""

from __future__ import annotations

import csv
import os
from pathlib import Path

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GRAMMAR = f"#JSGF V1.0;\ngrammar digits;\npublic <digits> = ({' | '.join(DIGITS)})+;\n"


def fsdd(folder: Path, shared: Path, *, per_digit: int = 10) -> Path:
    """Write a manifest of the Free Spoken Digit Dataset into ``folder``, with a grammar; return its path."""
    corpus = shared / "corpora" / "fsdd-600"
    with (corpus / "speakers.csv").open(encoding="utf-8") as file:
        speakers = {row["speaker_id"]: row for row in csv.DictReader(file)}
    rows = []
    for path in sorted((corpus / "recordings").glob("*.wav")):
        digit, speaker, index = path.stem.split("_")
        if int(index) < per_digit:
            rows.append({"path": f"recordings/{path.name}", "reference": DIGITS[int(digit)], **speakers[speaker]})
    manifest = folder / "fsdd.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "fsdd.toml").write_text(
        'title = "Free Spoken Digit Dataset, 600 recordings"\nlicence = "CC BY-SA 4.0"\n'
        'source = "Free Spoken Digit Dataset, recordings 0-9 of every digit and speaker"\nlanguage = "en"\n'
        f'audio_root = "{os.path.relpath(corpus, folder)}"\n'
        '[attributes.accent]\nobtained = "self-reported"\n[attributes.first_language]\nobtained = "self-reported"\n'
        '[attributes.gender]\nobtained = "self-reported"\n',
        encoding="utf-8",
    )
    (folder / "digits.gram").write_text(GRAMMAR, encoding="utf-8")
    return manifest
