"""The normaliser band: every gap under each normaliser with its interval, so that one sees what hangs on the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.fairness.group_gaps.gaps import REST
from workbench.figures.adjustment_plots import each
from workbench.figures.lanes import Lanes, Point
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import condition_order, group_order, select_gaps
from workbench.figures.wording import condition_labels, exact_points, model_label

NAMED = 6
"""So many groups are named as those whose verdict hangs on the normaliser."""


def normaliser_gaps(
    found: Mapping[str, pd.DataFrame],
    attribute: str,
    *,
    model_id: str,
    conditions: Sequence[str] | None = None,
    margin: float | None = None,
    caveat: str = "",
) -> Picture:
    """Return the gaps of one model under several normalisers, one row per group, one panel per condition.

    Parameters
    ----------
    found : normaliser -> GAPS under it
    conditions : those to show; default: all that there are gaps in
    margin : gaps smaller than this (a fraction) count as equal; None draws no band
    caveat : what must be said wherever the figure shows, e.g. that the voices are synthetic

    Raises
    ------
    ScoringError : no such attribute or model
    """
    rows = pd.concat(
        [select_gaps(frame, attribute, model_id).assign(normaliser=name) for name, frame in found.items()],
        ignore_index=True,
    )
    if conditions is not None:
        rows = rows[rows["condition_id"].isin(conditions)].reset_index(drop=True)
    references = [str(name) for name in rows["reference_group"].unique()]
    named = "the rest" if references == [REST] else references[0] if len(references) == 1 else "the reference group"
    shown = [
        Point(
            str(row.condition_id), str(row.group), str(row.normaliser), row.difference, row.ci_low, row.ci_high,
            int(row.n_speakers), str(row.verdict),
        )
        for row in each(rows)
    ]  # fmt: skip
    order = condition_order(rows)
    labels = condition_labels(order)
    first = next(iter(found))
    band = [f"Grey band: gaps below ±{exact_points(margin)} count as equal."] if margin else []
    return Lanes(
        title=f"Gap to {named} under each normaliser, by {attribute}",
        subtitle=model_label(model_id),
        x_title="Gap (percentage points)",
        panels=[(item, labels[item]) for item in order],
        groups=group_order(rows[rows["normaliser"] == first], "difference"),
        lanes=list(found),
        notes=[
            " ".join([f"Groups in order of their gap under {first}. Right of zero: more errors than {named}.", *band]),
            _hanging(rows, labels),
        ],
        caveat=caveat,
        signed=True,
        band=margin,
    ).picture(shown, rows)


def _hanging(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Return whose verdict or sign is not the same under every normaliser."""
    signed = rows.assign(above=rows["difference"] > 0, below=rows["difference"] < 0)
    cells = signed.groupby(["condition_id", "group"], sort=False)
    hangs = (cells["verdict"].min() != cells["verdict"].max()) | (cells["above"].any() & cells["below"].any())
    several = len(labels) > 1
    groups = [f"{group} ({labels[condition]})" if several else str(group) for condition, group in hangs[hangs].index]
    if not groups:
        return "No verdict or direction depends on the normaliser."
    more = f" and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
    return f"The verdict or the direction depends on the normaliser: {', '.join(groups[:NAMED])}{more}."
