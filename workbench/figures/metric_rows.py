"""What rates are called by their unit; and other figures, so that a heat map or intervals show them the same way."""

from __future__ import annotations

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.frames import unit_in
from workbench.text import UNIT_WORDS


def rate_in_words(rates: pd.DataFrame) -> str:
    """Return what the rates of RATES or GAPS are called by their unit.

    >>> rate_in_words(pd.DataFrame({"unit": ["character"]}))
    'Character error rate'
    """
    return UNIT_WORDS[unit_in(rates)][0]


MEASURES = {
    "wer": "Error rate",
    "cer": "Character error rate",
    "mer": "Match error rate",
    "substitutions": "Substitutions",
    "deletions": "Deletions",
    "insertions": "Insertions",
}
"""Figures in which more is worse, by their name in METRICS."""


def measured_as(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one figure of METRICS in the columns of RATES: its value is the rate, counts of words are missing.

    Raises
    ------
    ScoringError : no such figure in the frame

    >>> MEASURES["cer"]
    'Character error rate'
    """
    rows = metrics[metrics["metric"] == metric]
    if rows.empty and len(metrics):
        known = [str(name) for name in metrics["metric"].unique()]
        raise ScoringError(f"there is no figure {metric!r}", place="figure", remedy=choices(metric, known))
    rows = rows.drop(columns="metric").rename(columns={"value": "rate"})
    return rows.reindex(columns=[*rows.columns, "n_utterances", "ref_words", "errors"]).reset_index(drop=True)
