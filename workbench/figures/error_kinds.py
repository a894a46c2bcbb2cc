"""Kinds of errors: words or characters replaced, missed and invented, by group, on one scale with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.adjustment_plots import each
from workbench.figures.lanes import Lanes, Point
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import condition_order, group_order
from workbench.figures.wording import condition_labels, model_label
from workbench.text import UNIT_WORDS, Unit

KINDS = {"substitutions": "replaced (S)", "deletions": "missed (D)", "insertions": "invented (I)"}


def error_kinds(
    metrics: pd.DataFrame,
    attribute: str,
    *,
    model_id: str,
    conditions: Sequence[str] | None = None,
    unit: Unit = "word",
    caveat: str = "",
) -> Picture:
    """Return substitutions, deletions and insertions per word of the references of one model: by group, a panel per condition.

    Parameters
    ----------
    metrics : METRICS by ``attribute`` with substitutions, deletions and insertions
    conditions : those to show; default: all that there are figures of
    unit : what was counted (``Results.unit``)
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : nothing of this model and these conditions
    """
    rows = metrics[(metrics["model_id"] == model_id) & metrics["metric"].isin(KINDS)]
    if conditions is not None:
        rows = rows[rows["condition_id"].isin(conditions)]
    rows = rows.assign(group=rows[attribute].astype(str)).reset_index(drop=True)
    if rows.empty:
        raise ScoringError(f"there are no figures of {model_id!r} under these conditions", place="figure")
    whole = rows.groupby(["condition_id", "group"], sort=False)["value"].sum(min_count=1).reset_index()
    order = condition_order(rows)
    labels = condition_labels(order)
    rate, _, counted = UNIT_WORDS[unit]
    results = [
        Point(
            str(row.condition_id), str(row.group), KINDS[str(row.metric)], row.value, row.ci_low, row.ci_high,
            int(row.n_speakers),
        )
        for row in each(rows)
    ]  # fmt: skip
    return Lanes(
        title=f"{counted.capitalize()} replaced, missed and invented, by {attribute}",
        subtitle=model_label(model_id),
        x_title=f"Errors per 100 {counted} that were said",
        panels=[(item, labels[item]) for item in order],
        groups=group_order(whole, "value"),
        lanes=list(KINDS.values()),
        notes=[
            f"The three add up to the {rate[:1].lower()}{rate[1:]}. Groups in order of it in {labels[order[0]]}, lowest first."
        ],
        caveat=caveat,
    ).picture(results, rows)
