"""Simulated audits with a known truth, utterance by utterance, for the tests of adjustment."""

from __future__ import annotations

import numpy as np
import pandas as pd


def audit(
    n_speakers: tuple[int, int] = (12, 20),
    *,
    seed: int = 1,
    n_utterances: int = 10,
    gap: float = 0.4,
    by_gender: float = 0.0,
    gender_share: tuple[float, float] = (0.5, 0.5),
    spread: float = 6.0,
) -> pd.DataFrame:
    """Groups A and B: log rate of B above A's by ``gap``, of gender f by ``by_gender``; speakers gamma(``spread``)."""
    rng = np.random.default_rng(seed)
    rows = []
    for accent, n, share in zip("BA", n_speakers, gender_share, strict=True):
        for s in range(n):
            gender = "f" if s < share * n else "m"
            effect = rng.gamma(spread, 1 / spread)
            for u in range(n_utterances):
                words = int(rng.integers(4, 30))
                rate = 0.15 * np.exp(gap * (accent == "B") + by_gender * (gender == "f")) * effect
                rows.append(
                    {
                        "utterance_id": f"{accent}{s}-{u}",
                        "speaker_id": f"{accent}{s}",
                        "accent": accent,
                        "gender": gender,
                        "prompt_id": f"p{rng.integers(6)}",
                        "errors": int(rng.poisson(words * rate)),
                        "ref_words": words,
                        "duration_s": words / 3 * np.exp(rng.normal(0, 0.2)),
                    }
                )
    frame = pd.DataFrame(rows)
    return frame.assign(
        model_id="m",
        condition_id="clean",
        corpus_id="c",
        status="ok",
        substitutions=frame["errors"],
        deletions=0,
        insertions=0,
    )


def rows_of(rows: list[tuple], **columns: object) -> pd.DataFrame:
    """Rows of (speaker, accent, stratum, errors, words); the stratum is gender and prompt_id."""
    frame = pd.DataFrame(rows, columns=["speaker_id", "accent", "gender", "errors", "ref_words"])
    frame = frame.assign(
        prompt_id=frame["gender"], model_id="m", condition_id="clean", corpus_id="c", status="ok",
        substitutions=frame["errors"], deletions=0, insertions=0,
    )  # fmt: skip
    return frame.assign(**columns)
