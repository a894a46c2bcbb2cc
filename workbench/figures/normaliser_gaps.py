"""The normaliser band: every gap under each normaliser, so that one sees what hangs on the choice."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.fairness.gaps import REST
from workbench.figures.adjustment import each
from workbench.figures.frames import group_order, select_gaps
from workbench.figures.lanes import Lanes, Point
from workbench.figures.picture import Picture
from workbench.figures.words import condition_label


def normaliser_gaps(
    found: Mapping[str, pd.DataFrame],
    attribute: str,
    *,
    model_id: str,
    condition_id: str,
    margin: float | None = None,
    caveat: str = "",
) -> Picture:
    """Return the gaps of one model and condition under several normalisers, one row per group.

    Parameters
    ----------
    found : normaliser -> GAPS under it
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
    rows = rows[rows["condition_id"] == condition_id].reset_index(drop=True)
    reference = str(rows["reference_group"].iloc[0]) if len(rows) else REST
    named = "the rest" if reference == REST else reference
    shown = [
        Point(
            "", str(row.group), str(row.normaliser), row.difference, row.ci_low, row.ci_high, int(row.n_speakers),
            str(row.verdict),
        )
        for row in each(rows)
    ]  # fmt: skip
    first = rows[rows["normaliser"] == next(iter(found))]
    return Lanes(
        title=f"Gap to {named} under each normaliser, by {attribute}",
        subtitle=model_id,
        x_title="Gap (percentage points)",
        panels=[("", condition_label(condition_id))],
        groups=group_order(first, "difference"),
        lanes=list(found),
        notes=[f"Groups in order of their gap under {next(iter(found))}. Right of zero: more errors than {named}."],
        caveat=caveat,
        signed=True,
        band=margin,
    ).picture(shown, rows)
