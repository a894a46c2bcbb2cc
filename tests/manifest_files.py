"""What the tests of manifests share: a folder with three short sounds, and a way to write manifests into it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from workbench.corpora import Corpus

Make = Callable[..., Path]
SILENCE = '; if nobody spoke there, state reference_empty = "silence" in m.toml'
"""What a remedy for an empty reference says besides, in a manifest m.csv."""


def sounds(folder: Path) -> Path:
    """Make ``folder`` with three seconds of audio in each of a.wav, b.wav and c.wav."""
    rng = np.random.default_rng(1)
    folder.mkdir()
    for name in "abc":
        soundfile.write(folder / f"{name}.wav", rng.normal(0, 0.1, 24_000), 8_000)
    return folder


def stereo_bytes(left_hz: float = 300.0, right_hz: float = 700.0) -> bytes:
    """Return a WAV of two seconds at 8 kHz with another tone in each of its two channels."""
    time_s = np.arange(16_000) / 8_000
    sides = np.stack([0.3 * np.sin(2 * np.pi * hz * time_s) for hz in (left_hz, right_hz)], axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, sides, 8_000, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def maker(folder: Path) -> Make:
    """Return a function that writes a manifest (text or bytes) and its description into ``folder``."""

    def write(content: str | bytes, *, name: str = "m.csv", toml: str = "") -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if toml:
            path.with_suffix(".toml").write_text(toml, encoding="utf-8")
        return path

    return write


def said(corpus: Corpus) -> list[str]:
    return [str(problem) for problem in corpus.problems]
