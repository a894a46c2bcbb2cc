"""Degradation: each group's error rate in clean audio and under a condition, joined, with both intervals."""

from __future__ import annotations

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.adjustment_plots import each
from workbench.figures.lanes import Lanes, Point
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import condition_order, group_order, select_rates
from workbench.figures.wording import condition_labels, model_label
from workbench.schema import CLEAN

UNDER = "under the condition"


def degradation_dumbbells(rates: pd.DataFrame, attribute: str, *, model_id: str, caveat: str = "") -> Picture:
    """Return what each condition does to each group of one model: clean and degraded, one panel per condition.

    Parameters
    ----------
    rates : RATES with the column ``attribute``, one row per model x condition x group
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model, no clean audio, or nothing but clean audio
    """
    rows = select_rates(rates, attribute, model_id)
    conditions = condition_order(rows)
    degraded = [item for item in conditions if item != CLEAN]
    if CLEAN not in conditions or not degraded:
        raise ScoringError(
            "a degradation needs clean audio and a condition", place="figure", remedy="add a condition to the study"
        )
    labels, rate = condition_labels(conditions), rate_in_words(rates)
    results = [
        Point(panel, str(row.group), lane, row.rate, row.ci_low, row.ci_high, int(row.n_speakers))
        for panel in degraded
        for lane, condition in (("clean", CLEAN), (UNDER, panel))
        for row in each(rows[rows["condition_id"] == condition])
    ]
    return Lanes(
        title=f"What conditions do to the {rate[:1].lower()}{rate[1:]}, by {attribute}",
        subtitle=model_label(model_id),
        x_title=f"{rate} (%)",
        panels=[(item, labels[item]) for item in degraded],
        groups=group_order(rows, "rate"),
        lanes=["clean", UNDER],
        notes=["Groups in order of their rate in clean, lowest first."],
        caveat=caveat,
        linked=True,
    ).picture(results, rows)
