"""Scored transcripts of two sides, for the tests of comparisons."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.text import add_scores, get_normaliser


def side(
    rows: Iterable[tuple[str, str, str, str, str | None]], *, model: str = "m", condition: str = "clean"
) -> pd.DataFrame:
    """Rows of (utterance, speaker, group, reference, hypothesis); a hypothesis None is a failed decode."""
    columns = ["utterance_id", "speaker_id", "accent", "reference_raw", "hypothesis_raw"]
    frame = pd.DataFrame(list(rows), columns=columns, dtype="str")
    failed = frame["hypothesis_raw"].isna()
    frame = frame.assign(model_id=model, condition_id=condition, corpus_id="c", status=np.where(failed, "failed", "ok"))
    return add_scores(frame, get_normaliser("none"))


def drawn(
    rng: np.random.Generator,
    groups: dict[str, tuple[int, float]],
    *,
    utterances: int = 5,
    words: int = 10,
    cv: float = 0.5,
    model: str = "m",
    people: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Draw a side: per group (speakers, rate). Speakers' own rates come from ``people``, shared by the sides."""
    shared = people or rng
    reference = " ".join(["w"] * words)
    rows = []
    for group, (n, rate) in groups.items():
        for speaker in range(n):
            own = min(0.95, rate * shared.gamma(1 / cv**2, cv**2))
            for utterance in range(utterances):
                wrong = int(rng.binomial(words, own))
                hypothesis = " ".join(["x"] * wrong + ["w"] * (words - wrong))
                rows.append((f"{group}{speaker}-{utterance}", f"{group}{speaker}", group, reference, hypothesis))
    return side(rows, model=model)
