"""Figures: a frame of rates or gaps in, a :class:`Picture` out, on screen and on paper, each with a text alternative."""

from workbench.figures.dose_response import dose_curves
from workbench.figures.gap_changes import gap_change_heatmap
from workbench.figures.gap_intervals import gap_intervals
from workbench.figures.heatmap import rate_heatmap
from workbench.figures.measured import fact_name, fact_value
from workbench.figures.picture import Picture
from workbench.figures.rate_intervals import rate_intervals
from workbench.figures.spread_table import spread_table
from workbench.figures.words import (
    condition_label,
    condition_labels,
    percent,
    percent_interval,
    points,
    points_interval,
    speakers,
)

__all__ = [
    "Picture",
    "condition_label",
    "condition_labels",
    "dose_curves",
    "fact_name",
    "fact_value",
    "gap_change_heatmap",
    "gap_intervals",
    "percent",
    "percent_interval",
    "points",
    "points_interval",
    "rate_heatmap",
    "rate_intervals",
    "speakers",
    "spread_table",
]
