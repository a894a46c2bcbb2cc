"""What the tests of the whole catalogue share: a corpus of made-up voices, and which conditions are of which kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, speech_like, write_corpus
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, KINDS, CorpusPool
from workbench.conditions.condition import Degraded

VOICES = [f"v{k:02d}" for k in range(19)]
NAMED = sorted({name.partition("@")[0] for name in CATALOGUE} - {"clean"})
"""Names of everything that has severities, the places among them; not what needs recordings of the user's own."""

SINGLE = [name for name in NAMED if name in KINDS]
"""The same as far as they have a class of their own."""

SPEECH = Waveform(speech_like(1.2), RATE, "toy/v00_0", "v00")


def voices(folder: Path) -> CorpusPool:
    """Return the speech of 19 voices, 0.6 s each: as many as any condition wants, and one more."""
    return CorpusPool(write_corpus(folder, {name: [speech_like(0.6, seed=k)] for k, name in enumerate(VOICES)}))


def added(clean: NDArray[np.float32], degraded: Degraded) -> NDArray[np.float64]:
    """Return what was added to the speech, at the speech's own scale."""
    gain = 10.0 ** (degraded.facts.get("gain_db", 0.0) / 20.0)
    return degraded.wave.samples.astype(np.float64) / gain - clean


def of(name: str, severity: int) -> str:
    """Return the id of a condition or place at a severity."""
    return f"{name}@{severity}"
