"""The verdicts of a board in words: how many comparisons came out how, and which gaps are firm."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.fairness.group_gaps.corpus_overlap import ACROSS
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.verdicts import IN_SHORT, TENTATIVE
from workbench.figures.adjustment_plots import each
from workbench.figures.plot_rows import number_or_none, select_gaps, verdict_doubt
from workbench.figures.wording import condition_label, counted, points, points_interval

MOST = 3
"""Gaps that are named one by one."""


def verdict_words(gaps: pd.DataFrame, attribute: str, *, model_id: str) -> list[str]:
    """Return sentences on the gaps of one model: how many of each verdict, then the firm gaps with
    their intervals, worst served first.

    Parameters
    ----------
    gaps : GAPS

    Raises
    ------
    ScoringError : no such attribute or model
    """
    rows = select_gaps(gaps, attribute, model_id)
    reference = str(rows["reference_group"].iloc[0]) if len(rows) else REST
    named = "the rest" if reference == REST else reference
    counts = rows["verdict"].value_counts()
    parts = [f"{int(counts[name])} {name} ({meaning})" for name, meaning in IN_SHORT.items() if counts.get(name, 0)]
    cells = counted(len(rows), "comparison")
    sentences = [f"{cells} of a group of {attribute} with {named}, one for each condition: {', '.join(parts)}."]
    results = [(row, verdict_doubt(row)) for row in each(rows[rows["verdict"] == "GAP"])]
    firm = sorted((row for row, why in results if not why), key=lambda row: -float(row.difference))
    if firm:
        sentences.append("Firm gaps, worst served first: " + "; ".join(map(_told, firm[:MOST])) + ".")
    elif results:
        sentences.append(f"Every GAP is {TENTATIVE}.")
    else:
        sentences.append("No gap is shown. That is not the same as no gap: see EQUIVALENT and INCONCLUSIVE.")
    across = sum(ACROSS in str(reason) for reason in rows["reason"])
    if across:
        sentences.append(
            f"{across} of {cells} are between corpora: each group's recordings and texts are its corpus's own, and a gap is theirs as much."
        )
    return sentences


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


def _told(row: Any) -> str:
    low, high = number_or_none(row.ci_low), number_or_none(row.ci_high)
    size = points(float(row.difference), low, high)
    return f"{row.group} in {condition_label(str(row.condition_id))} {size} ({points_interval(low, high)})"
