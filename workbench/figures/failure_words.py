"""Decodings that failed, in words: how many, and in which groups."""

from __future__ import annotations

import pandas as pd

MOST = 3
"""Groups that are named one by one."""


def failure_words(rates: pd.DataFrame, attribute: str, *, model_id: str) -> str:
    """Return how many decodings of one model failed, all conditions together, and in which groups; empty if none did.

    Parameters
    ----------
    rates : RATES with the column ``attribute``
    """
    tried = (
        rates[rates["model_id"] == model_id]
        .groupby(attribute)[["n_failed", "n_utterances", "n_empty_references"]]
        .sum()
    )
    failed, every = tried["n_failed"], tried.sum(axis=1)
    if not failed.sum():
        return ""
    worst = (failed / every).sort_values(ascending=False, kind="stable").index
    groups = [f"{group} {int(failed[group]):,} of {int(every[group]):,}" for group in worst if failed[group]]
    more = f" and {len(groups) - MOST} more" if len(groups) > MOST else ""
    return f"{int(failed.sum()):,} of {int(every.sum()):,} decodings failed and are not in the rates: {', '.join(groups[:MOST])}{more}."
