"""A small made-up corpus for the tests: tone bursts that nobody takes for speech, with declared accents."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile

ACCENTS = {"north": ("n1", "n2", "n3"), "south": ("s1", "s2"), "west": ("w1",)}
WORDS = ("one two three", "four five six seven", "eight nine")


def tone(seconds: float, frequency: float, *, sample_rate: int = 16_000) -> np.ndarray:
    """A modulated tone with the rhythm of speech, float32."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    envelope = np.clip(np.sin(2 * np.pi * 3.0 * t), 0, None)
    return (0.3 * envelope * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def make(folder: Path, *, name: str = "tones", per_speaker: int = 3, synthetic: bool = False) -> Path:
    """Write the corpus into ``folder`` and return its manifest."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (accent, speakers) in enumerate(ACCENTS.items()):
        for place, speaker in enumerate(speakers):
            for index in range(per_speaker):
                path = folder / "audio" / f"{speaker}-{index}.wav"
                soundfile.write(path, tone(0.6 + 0.1 * index, 200 + 50 * number + 20 * place + 7 * index), 16_000)
                rows.append(
                    {
                        "path": f"audio/{path.name}",
                        "reference": WORDS[index % len(WORDS)],
                        "speaker_id": speaker,
                        "accent": accent,
                    }
                )
    manifest = folder / f"{name}.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    manifest.with_suffix(".toml").write_text(
        'title = "Tones"\nlicence = "made for the tests"\nsource = "tests/corpus.py"\nlanguage = "en"\n'
        f'synthetic_voices = {str(synthetic).lower()}\n[attributes.accent]\nobtained = "annotated"\n'
    )
    return manifest
