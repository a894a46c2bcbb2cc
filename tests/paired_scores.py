"""Small tables of the same utterances under several conditions, for the tests of changes, doses and spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Errors = Mapping[str, Sequence[Sequence[int | None]]]
"""Group -> speakers -> errors under each condition; None is a failed decode."""


def paired_scores(
    errors: Errors, conditions: Sequence[str] = ("clean", "noise@1"), *, words: int = 100
) -> pd.DataFrame:
    """One utterance of ``words`` words per speaker and condition."""
    rows = [
        (f"c/{group}{person}", condition, f"{group}{person}", group, count)
        for group, people in errors.items()
        for person, counts in enumerate(people)
        for condition, count in zip(conditions, counts, strict=True)
    ]
    return counted(
        pd.DataFrame(rows, columns=["utterance_id", "condition_id", "speaker_id", "accent", "errors"]), words
    )


def counted(frame: pd.DataFrame, words: int) -> pd.DataFrame:
    """Give rows with errors the other columns that the statistics read."""
    failed = frame["errors"].isna()
    errors = frame["errors"].astype("Int32")
    severity = frame["condition_id"].str.extract(r"@(\d)$")[0].astype("Int64")
    return frame.assign(
        errors=errors,
        substitutions=errors,
        deletions=errors * 0,
        insertions=errors * 0,
        ref_words=pd.Series(words, index=frame.index, dtype="Int32").mask(failed),
        status=np.where(failed, "failed", "ok"),
        model_id="m",
        corpus_id="c",
        severity=severity.mask(frame["condition_id"] == "clean", 0),
        level=(30 - 5 * severity.astype("float64")),
        level_unit=np.where(frame["condition_id"] == "clean", "", "dB"),
    )


def drawn_scores(
    rng: np.random.Generator,
    groups: Mapping[str, int],
    rates: Sequence[float],
    *,
    extra: Mapping[str, float] | None = None,
    words: int = 400,
    cv: float = 0.5,
) -> pd.DataFrame:
    """Speakers whose rates vary (gamma), under conditions of these mean rates; ``extra`` is added for a group degraded."""
    conditions = ["clean", *[f"noise@{i}" for i in range(1, len(rates))]]
    errors: dict[str, list[list[int]]] = {}
    for group, n in groups.items():
        own = rng.gamma(1 / cv**2, cv**2, size=n)
        more = (extra or {}).get(group, 0.0)
        means = [np.minimum(own * (rate + (more if i else 0.0)), 0.99) for i, rate in enumerate(rates)]
        errors[group] = np.stack([rng.binomial(words, mean) for mean in means], axis=1).tolist()
    return paired_scores(errors, conditions, words=words)
