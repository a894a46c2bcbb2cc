"""Engines side by side: the error rate of every group under each engine, and what changes between two."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.adjustment_plots import each
from workbench.figures.lanes import Lanes, Point, model_words
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import condition_order, group_order, number_or_none, select_rates
from workbench.figures.wording import condition_label, condition_labels
from workbench.schema import NOT_STATED
from workbench.text import UNIT_WORDS, Unit

EVERYBODY = "everybody"


def engine_rates(rates: pd.DataFrame, attribute: str, *, models: Sequence[str], caveat: str = "") -> Picture:
    """Return the error rates of several models, one row per group, one panel per condition.

    Parameters
    ----------
    rates : RATES with the column ``attribute``
    models : model ids, in the order in which they are drawn
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model
    """
    rows = pd.concat(
        [select_rates(rates, attribute, model).assign(model_id=model) for model in models], ignore_index=True
    )
    conditions, names = condition_order(rows), model_words(models)
    labels, rate = condition_labels(conditions), rate_in_words(rates)
    results = [
        Point(
            str(row.condition_id), str(row.group), names[str(row.model_id)], row.rate, row.ci_low, row.ci_high,
            int(row.n_speakers),
        )
        for row in each(rows)
    ]  # fmt: skip
    return Lanes(
        title=f"{rate} of each engine, by {attribute}",
        subtitle=f"{len(models)} engines on the same audio",
        x_title=f"{rate} (%)",
        panels=[(condition, labels[condition]) for condition in conditions],
        groups=group_order(rows[rows["model_id"] == models[0]], "rate"),
        lanes=[names[model] for model in models],
        notes=[f"Groups in order of their rate in {labels[conditions[0]]} under the first engine, lowest first."],
        caveat=caveat,
    ).picture(results, rows)


def paired_differences(
    comparisons: pd.DataFrame, attribute: str, *, title: str, unit: Unit = "word", caveat: str = ""
) -> Picture:
    """Return what changes from a first to a second side on the same utterances: everybody, then every group.

    Parameters
    ----------
    comparisons : COMPARISONS of one pair of models, by ``attribute``
    title : what is compared with what
    unit : what was counted (``Results.unit``)
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : nothing to compare
    """
    rows = comparisons[comparisons["attribute"].isin(["", attribute])]
    rows = rows.assign(group=rows["group"].where(rows["attribute"] != "", EVERYBODY)).reset_index(drop=True)
    if rows.empty:
        raise ScoringError("there is nothing to compare", place="figure")
    conditions = list(dict.fromkeys(str(item) for item in rows["condition_second"]))
    first = rows[rows["condition_second"] == conditions[0]].set_index("group")["difference"].to_dict()
    groups = sorted(
        (str(item) for item in rows["group"].unique()),
        key=lambda one: (one != EVERYBODY, one == NOT_STATED, number_or_none(first.get(one)) or 0.0, one),
    )
    results = [
        Point(
            str(row.condition_second), str(row.group), "", row.difference, row.ci_low, row.ci_high, int(row.n_speakers)
        )
        for row in each(rows)
    ]
    return Lanes(
        title=title,
        subtitle=f"second minus first, by {attribute}",
        x_title=f"Change of the {UNIT_WORDS[unit][0].lower()} (percentage points)",
        panels=[(condition, condition_label(condition)) for condition in conditions],
        groups=groups,
        lanes=[""],
        notes=["Left of zero: fewer errors with the second. The same utterances on both sides."],
        caveat=caveat,
        signed=True,
    ).picture(results, rows)
