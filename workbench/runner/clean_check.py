"""A first look at a recogniser: its word error rate on a few clean recordings of a corpus; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.engines import Engine, EngineFailure
from workbench.engines.engine_process import answers, batch_size
from workbench.errors import AudioError
from workbench.fairness.group_rates.clean_speech import UNFIT
from workbench.runner.task_audio import read
from workbench.text import add_scores
from workbench.text.normalise import Normaliser

UTTERANCES = 8


@dataclass(frozen=True, slots=True)
class CleanCheck:
    """Errors and reference words of ``n`` utterances that could be transcribed, of so many different speakers; ``failed`` could not."""

    n: int
    speakers: int
    failed: int
    errors: int
    ref_words: int

    @property
    def rate(self) -> float:
        """Pooled word error rate; NaN where nothing was transcribed."""
        return self.errors / self.ref_words if self.ref_words else float("nan")

    @property
    def unfit(self) -> bool:
        """Whether the rate is above the one beyond which a recogniser does not fit the speech."""
        return self.rate > UNFIT


def clean_check(utterances: pd.DataFrame, engine: Engine, normaliser: Normaliser, *, n: int = UTTERANCES) -> CleanCheck:
    """Return how ``engine`` does on ``n`` rows of UTTERANCES, evenly spread over the corpus, as they were recorded.

    So few utterances tell whether a recogniser works at all; they say nothing about groups.
    """
    count = min(n, len(utterances))
    sample = utterances.iloc[[(2 * step + 1) * len(utterances) // (2 * count) for step in range(count)]]
    waves, rows = [], []
    for _, row in sample.iterrows():
        try:
            waves.append(read(row))
            rows.append(row)
        except AudioError:
            continue
    results = [
        answer for begin in range(0, len(waves), batch_size(engine)) for answer in answers(engine, waves[begin : begin + batch_size(engine)])
    ]  # fmt: skip
    good = [
        (row, answer.text) for row, answer in zip(rows, results, strict=True) if not isinstance(answer, EngineFailure)
    ]
    if not good:
        return CleanCheck(0, 0, count, 0, 0)
    texts = pd.DataFrame(
        {"reference_raw": [row["reference"] for row, _ in good], "hypothesis_raw": [text for _, text in good]}
    )
    scored = add_scores(texts.astype("str"), normaliser)
    errors = scored[["substitutions", "deletions", "insertions"]].sum().sum()
    speakers = len({row["speaker_id"] for row, _ in good})
    return CleanCheck(len(good), speakers, count - len(good), int(errors), int(scored["ref_words"].sum()))
