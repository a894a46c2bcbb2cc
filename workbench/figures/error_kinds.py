"""Kinds of errors: words replaced, missed and invented, by group, side by side on one scale with intervals."""

from __future__ import annotations

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.adjustment import each
from workbench.figures.frames import number_or_none
from workbench.figures.lanes import Lanes, Point
from workbench.figures.picture import Picture
from workbench.figures.words import condition_label
from workbench.schema import NOT_STATED

KINDS = {"substitutions": "replaced (S)", "deletions": "missed (D)", "insertions": "invented (I)"}


def error_kinds(
    metrics: pd.DataFrame, attribute: str, *, model_id: str, condition_id: str, caveat: str = ""
) -> Picture:
    """Return substitutions, deletions and insertions per reference word of one model and condition, by group.

    Parameters
    ----------
    metrics : METRICS by ``attribute`` with wer, substitutions, deletions and insertions
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : nothing of this model and condition
    """
    rows = metrics[(metrics["model_id"] == model_id) & (metrics["condition_id"] == condition_id)]
    rows = rows.assign(group=rows[attribute].astype(str))
    if rows.empty:
        raise ScoringError(f"there are no figures of {model_id!r} under {condition_id!r}", place="figure")
    whole = rows[rows["metric"] == "wer"].set_index("group")["value"].to_dict()
    groups = sorted(
        (str(one) for one in whole), key=lambda one: (one == NOT_STATED, number_or_none(whole[one]) or 0.0, one)
    )
    shown = rows[rows["metric"].isin(KINDS)].reset_index(drop=True)
    found = [
        Point(str(row.metric), str(row.group), "", row.value, row.ci_low, row.ci_high, int(row.n_speakers))
        for row in each(shown)
    ]
    return Lanes(
        title=f"Words replaced, missed and invented, by {attribute}",
        subtitle=f"{model_id}, {condition_label(condition_id)}",
        x_title="Errors per 100 words that were said",
        panels=list(KINDS.items()),
        groups=groups,
        lanes=[""],
        notes=["The three add up to the word error rate. Groups in order of it, lowest first."],
        caveat=caveat,
    ).picture(found, shown)
