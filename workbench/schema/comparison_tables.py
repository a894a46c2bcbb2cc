"""The tables of comparisons: two sides of the same utterances, and the check of their gaps."""

from __future__ import annotations

from workbench.schema.table import Table
from workbench.schema.table import column as _c

COMPARISONS = Table(
    "COMPARISONS",
    "Two systems, conditions or runs on the same utterances: one row per pair x group; second minus first.",
    (
        _c("model_first", "str", "engine, weights and decoding options of the first side"),
        _c("model_second", "str", "engine, weights and decoding options of the second side"),
        _c("condition_first", "str", "the condition of the first side"),
        _c("condition_second", "str", "the condition of the second side"),
        _c("attribute", "str", "the attribute; empty for everybody"),
        _c("group", "str", "the group; empty for everybody"),
        _c("n_speakers", "Int64", "speakers with words scored on both sides"),
        _c("n_utterances", "Int64", "utterances scored on both sides; all figures of the row are over these"),
        _c("n_unpaired", "Int64", "utterances of one side only; not compared"),
        _c("n_failed", "Int64", "utterances whose decoding failed on a side; not compared"),
        _c("ref_words", "Int64", "words in the references"),
        _c("errors_first", "Int64", "errors of the first side"),
        _c("errors_second", "Int64", "errors of the second side"),
        _c("rate_first", "float64", "pooled rate of the first side", nullable=True),
        _c("rate_second", "float64", "pooled rate of the second side", nullable=True),
        _c("difference", "float64", "rate of the second side minus rate of the first", nullable=True),
        _c("ci_low", "float64", "lower end of its 95 % interval, clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of its 95 % interval, clustered on speaker", nullable=True),
        _c("p_value", "float64", "two-sided, paired t over speakers", nullable=True),
        _c("p_adjusted", "float64", "Holm over the rows of one attribute", nullable=True),
        _c("n_segments", "Int64", "MAPSSWE: segments with an error of either side"),
        _c("mapsswe_z", "float64", "MAPSSWE: Z, positive if the first side makes more errors", nullable=True),
        _c("mapsswe_p", "float64", "MAPSSWE: two-sided; takes segments as independent", nullable=True),
        _c("only_first_right", "Int64", "utterances wholly right on the first side alone"),
        _c("only_second_right", "Int64", "utterances wholly right on the second side alone"),
        _c("mcnemar_p", "float64", "McNemar, exact; takes utterances as independent", nullable=True),
        _c("mcnemar_chi2", "float64", "McNemar, with continuity correction", nullable=True),
        _c("mcnemar_p_corrected", "float64", "its p", nullable=True),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_first", "model_second", "condition_first", "condition_second", "attribute", "group"),
)

GAP_CHECK_VERDICTS = ("WORSE", "BETTER", "NO WORSE", "INCONCLUSIVE", "NOT COMPUTED")

GAP_CHECKS = Table(
    "GAP_CHECKS",
    "Did a declared gap get worse from the first side to the second? One row per pair x group.",
    (
        _c("model_first", "str", "engine, weights and decoding options of the first side"),
        _c("model_second", "str", "engine, weights and decoding options of the second side"),
        _c("condition_first", "str", "the condition of the first side"),
        _c("condition_second", "str", "the condition of the second side"),
        _c("attribute", "str", "the attribute whose groups are compared"),
        _c("group", "str", "the group"),
        _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
        _c("n_speakers", "Int64", "speakers in the group"),
        _c("n_speakers_reference", "Int64", "speakers it is compared with"),
        _c("gap_first", "float64", "rate of the group minus rate of the reference, first side", nullable=True),
        _c("gap_second", "float64", "the same on the second side", nullable=True),
        _c("change", "float64", "gap of the second side minus gap of the first", nullable=True),
        _c("ci_low", "float64", "lower end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c("p_value", "float64", "two-sided, Welch-Satterthwaite t over speakers' changes", nullable=True),
        _c("p_adjusted", "float64", "Holm over all rows of the check", nullable=True),
        _c("verdict", "str", "whether the group fell further behind", isin=GAP_CHECK_VERDICTS),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_first", "model_second", "condition_first", "condition_second", "attribute", "group"),
)

TEXT_DIFFERENCES = Table(
    "TEXT_DIFFERENCES",
    "How often two models write different texts for the same audio, and what that does to their errors: one row per condition x group.",
    (
        _c("model_first", "str", "the model that is taken as given"),
        _c("model_second", "str", "the model that is compared with it"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute; empty for everybody"),
        _c("group", "str", "the group; empty for everybody"),
        _c("n_speakers", "Int64", "speakers with words scored for both models"),
        _c("n_utterances", "Int64", "utterances scored for both models; all figures of the row are over these"),
        _c("n_differing", "Int64", "of these, those whose normalised texts differ"),
        _c("share", "float64", "differing out of all", nullable=True),
        _c("share_ci_low", "float64", "lower end of its 95 % interval, clustered on speaker", nullable=True),
        _c("share_ci_high", "float64", "upper end of its 95 % interval, clustered on speaker", nullable=True),
        _c("rate_first", "float64", "pooled rate of the first model", nullable=True),
        _c("rate_second", "float64", "pooled rate of the second model", nullable=True),
        _c("difference", "float64", "rate of the second model minus rate of the first", nullable=True),
        _c("ci_low", "float64", "lower end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c(
            "p_adjusted",
            "float64",
            "of the difference: paired t over speakers, Holm over the rows of one attribute",
            nullable=True,
        ),
        _c("gap_change", "float64", "difference of the group minus difference of the rest", nullable=True),
        _c("gap_ci_low", "float64", "lower end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c("gap_ci_high", "float64", "upper end of its 95 % interval, paired and clustered on speaker", nullable=True),
        _c(
            "gap_p_adjusted",
            "float64",
            "of the gap change: Welch-Satterthwaite t over speakers, Holm over all rows",
            nullable=True,
        ),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_first", "model_second", "condition_id", "attribute", "group"),
)
