"""Figures: a frame of rates or gaps in, a :class:`Picture` out, on screen and on paper, each with a text alternative."""

from workbench.extras import need

need("card")  # before the modules below ask for one of them by its bare name

from workbench.figures.adjustment_plots import adjusted_intervals, balance_plot
from workbench.figures.confirmation_plot import confirmation_plot
from workbench.figures.covariate_balance import covariate_differences
from workbench.figures.degradations import degradation_dumbbells
from workbench.figures.dose_curves import dose_curves
from workbench.figures.engine_comparison import engine_rates, paired_differences
from workbench.figures.error_kinds import error_kinds
from workbench.figures.fact_names import fact_name, fact_value
from workbench.figures.failing_words import failing_words
from workbench.figures.failure_words import failure_words
from workbench.figures.gap_change_map import gap_change_heatmap
from workbench.figures.gap_intervals import gap_intervals
from workbench.figures.headline import Headline, headline
from workbench.figures.heatmap import rate_heatmap
from workbench.figures.invented_text import invented_rates
from workbench.figures.kitagawa_bars import split_bars
from workbench.figures.leaderboard_plot import leaderboard_plot
from workbench.figures.metric_rows import MEASURES, measured_as
from workbench.figures.normaliser_gaps import normaliser_gaps
from workbench.figures.picture import Picture
from workbench.figures.rate_intervals import rate_intervals
from workbench.figures.recording_differences import audit_plot
from workbench.figures.speaker_spread import speaker_spread
from workbench.figures.spread_words import spread_table
from workbench.figures.sweep_map import sweep_map, sweeps_of
from workbench.figures.team_feature_map import team_feature_map
from workbench.figures.traced_files import exported
from workbench.figures.wording import (
    condition_label,
    condition_labels,
    model_label,
    model_labels,
    percent,
    percent_interval,
    points,
    points_interval,
    speakers,
)

__all__ = [
    "MEASURES",
    "Headline",
    "Picture",
    "adjusted_intervals",
    "audit_plot",
    "balance_plot",
    "condition_label",
    "condition_labels",
    "confirmation_plot",
    "covariate_differences",
    "degradation_dumbbells",
    "dose_curves",
    "engine_rates",
    "error_kinds",
    "exported",
    "fact_name",
    "fact_value",
    "failing_words",
    "failure_words",
    "gap_change_heatmap",
    "gap_intervals",
    "headline",
    "invented_rates",
    "leaderboard_plot",
    "measured_as",
    "model_label",
    "model_labels",
    "normaliser_gaps",
    "paired_differences",
    "percent",
    "percent_interval",
    "points",
    "points_interval",
    "rate_heatmap",
    "rate_intervals",
    "speaker_spread",
    "speakers",
    "split_bars",
    "spread_table",
    "sweep_map",
    "sweeps_of",
    "team_feature_map",
]
