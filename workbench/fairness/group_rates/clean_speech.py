"""Which recognisers fit the speech at all: the word error rate over everybody, on clean speech."""

from __future__ import annotations

import pandas as pd

from workbench.schema import CLEAN

UNFIT = 0.60
"""A greater word error rate on clean speech: the recogniser does not fit this speech. Three words in five are unusable, whoever speaks,
and gaps between groups describe how it fails, not whom it serves."""


def clean_rates(rates: pd.DataFrame) -> pd.Series:
    """Return the word error rate of each model over all groups on clean speech: sum of errors / sum of reference words.

    Parameters
    ----------
    rates : RATES by any attributes; their groups must not overlap

    Returns
    -------
    Series of rates by model_id; without a model that was not tested on clean speech or had no words
    """
    clean = rates[(rates["condition_id"] == CLEAN) & (rates["ref_words"] > 0)]
    sums = clean.groupby("model_id", sort=False)[["errors", "ref_words"]].sum().astype("float64")
    return (sums["errors"] / sums["ref_words"]).rename("rate")


def unfit(rate: float) -> bool:
    """Return whether a word error rate on clean speech says that the recogniser does not fit the speech."""
    return rate > UNFIT
