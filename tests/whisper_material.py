"""What the tests of the Whisper engines share: strings of digits, noise, weights at random, and the loop they are held to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.speech import DIGITS
from workbench.audio import Waveform

DIMENSIONS = {"tiny.en": (384, 6, 4), "base.en": (512, 8, 6)}
"""Width, heads and layers of encoder and decoder."""
OPTIONS: dict[str, Any] = {
    "language": "en", "temperature": 0.0, "condition_on_previous_text": False, "fp16": False, "compression_ratio_threshold": None,
}  # fmt: skip


def random_checkpoint(folder: Path, name: str) -> Path:
    """Write a checkpoint of a model's real dimensions with random weights; return its path."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    width, heads, layers = DIMENSIONS[name]
    torch.manual_seed(0)
    model = Whisper(ModelDimensions(80, 1500, width, heads, layers, 51864, 448, width, heads, layers))
    for part, weight in model.named_parameters():  # torch's own start repeats its first token for ever
        if weight.ndim > 1:
            scale = 2.0 if "query" in part or "key" in part else 1.0
            torch.nn.init.normal_(weight, std=0.05 if "embedding" in part else scale / math.sqrt(weight[0].numel()))
    path = folder / f"random-{name}.pt"
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


def noise(n: int, shortest: float = 2.0, longest: float = 10.0) -> list[Waveform]:
    """Return utterances of so many seconds whose loudness rises and falls."""
    rng = np.random.default_rng(1)
    made = []
    for number in range(n):
        seconds = rng.uniform(shortest, longest)
        envelope = np.sin(np.linspace(0, seconds * rng.uniform(2, 8), round(seconds * 16_000))) ** 2
        made.append(
            Waveform((rng.normal(0, 0.1, len(envelope)) * envelope).astype(np.float32), 16_000, f"noise/{number}")
        )
    return made


def transcribed(model: Any, wave: Waveform, **options: Any) -> str:
    """Return the text of ``whisper.transcribe``."""
    return str(model.transcribe(wave.samples, **{**OPTIONS, "without_timestamps": True, **options})["text"]).strip()


def joined(recordings: Sequence[Waveform], n: int) -> list[Waveform]:
    """Return the strings of :func:`spoken` without what is said in them."""
    return [wave for _, wave in spoken(recordings, n)]


def spoken(recordings: Sequence[Waveform], n: int, longest: int = 9) -> list[tuple[str, Waveform]]:
    """Return strings of 2 to ``longest`` recordings of one speaker, with .2 s of silence between them, and the digits said.

    ``recordings`` are named as in the Free Spoken Digit Dataset: digit, speaker, number.
    """
    rng = np.random.default_rng(2)
    gap = np.zeros(3_200, dtype=np.float32)
    named = [(wave.utterance_id.split("_"), wave.samples) for wave in recordings]
    speakers = sorted({name[1] for name, _ in named})
    made = []
    for number in range(n):
        speaker = speakers[number % len(speakers)]
        own = [(name[0], samples) for name, samples in named if name[1] == speaker]
        parts = [own[int(at)] for at in rng.integers(0, len(own), rng.integers(2, longest + 1))]
        samples = np.concatenate([gap, *(piece for _, part in parts for piece in (part, gap))])
        text = " ".join(DIGITS[int(digit)] for digit, _ in parts)
        made.append((text, Waveform(samples, 16_000, f"strings/{number}", speaker)))
    return made
