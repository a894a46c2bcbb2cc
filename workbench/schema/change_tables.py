"""The tables of what a condition does to groups, and of how far groups are spread."""

from __future__ import annotations

from workbench.schema.table import Table, column

ANSWERS = (
    "both scales",
    "additive only",
    "relative only",
    "narrows",
    "unchanged",
    "no change shown",
    "saturated",
    "too few speakers",
    "not computed",
)
"""Does the condition widen the gap? On both scales, on one, or it narrows it; unchanged: within the margin; saturated:
fewer than 20 % of the words right and no widening shown: a ceiling hides what happens; too few speakers: fewer than 5 on a side."""

GAP_CHANGES = Table(
    "GAP_CHANGES",
    "What a condition adds to a gap: one row per model x condition x group, over utterances scored clean and degraded.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition, compared with clean"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("group", "str", "the group"),
        column("reference_group", "str", "what it is compared with: a group, or `rest`"),
        column("n_speakers", "Int64", "speakers in the group with a scored pair"),
        column("n_speakers_reference", "Int64", "speakers it is compared with"),
        column("n_pairs", "Int64", "utterances of the group scored both clean and degraded"),
        column("n_failed", "Int64", "utterances of the group whose decoding failed clean or degraded; left out"),
        column("n_unpaired", "Int64", "rows of the group without a partner in the other condition; left out"),
        column("n_empty_references", "Int64", "utterances of the group without reference words; left out"),
        column("clean_rate", "float64", "rate of the group, clean", nullable=True),
        column("rate", "float64", "rate of the group under the condition", nullable=True),
        column("degradation", "float64", "rate - clean_rate", nullable=True),
        column("degradation_low", "float64", "lower end of its 95 % interval", nullable=True),
        column("degradation_high", "float64", "upper end of its 95 % interval", nullable=True),
        column("reference_clean_rate", "float64", "rate of the reference, clean", nullable=True),
        column("reference_rate", "float64", "rate of the reference under the condition", nullable=True),
        column("reference_degradation", "float64", "reference_rate - reference_clean_rate", nullable=True),
        column("change", "float64", "degradation - reference_degradation: the gap grows by it", nullable=True),
        column("se", "float64", "standard error of change, clustered on speaker", nullable=True),
        column("ci_low", "float64", "lower end of the 95 % interval of change", nullable=True),
        column("ci_high", "float64", "upper end of the 95 % interval of change", nullable=True),
        column("p_value", "float64", "two-sided, studentised permutation of speaker labels", nullable=True),
        column(
            "p_adjusted", "float64", "Holm over groups and conditions, of p_value or that of t if larger", nullable=True
        ),
        column(
            "p_familywise",
            "float64",
            "over groups, conditions and both scales: permutation of the largest |t|, or Holm of t if larger",
            nullable=True,
        ),
        column("log_change", "float64", "ln of the ratio's growth: ln(W_c / W_0), group - reference", nullable=True),
        column("log_low", "float64", "lower end of its 95 % interval (speaker jackknife)", nullable=True),
        column("log_high", "float64", "upper end of its 95 % interval (speaker jackknife)", nullable=True),
        column("log_p_value", "float64", "as p_value, on the log scale", nullable=True),
        column("log_p_familywise", "float64", "as p_familywise, on the log scale", nullable=True),
        column("hits_change", "float64", "the same of the words still right: ln(1 - W)", nullable=True),
        column("hits_low", "float64", "lower end of its 95 % interval", nullable=True),
        column("hits_high", "float64", "upper end of its 95 % interval", nullable=True),
        column("answer", "str", "does the condition widen the gap? at 5 % over the whole family", isin=ANSWERS),
        column("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
)

DOSE_RESPONSE = Table(
    "DOSE_RESPONSE",
    "Rates along the levels of a condition: one row per model x series x level x group.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("series", "str", "the condition whose levels are compared, e.g. `white_noise`"),
        column("over", "str", "what dose is: `severity`, or the level's unit"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("group", "str", "the group"),
        column("condition_id", "str", "the condition"),
        column("dose", "float64", "severity (0 is clean) or level"),
        column("n_speakers", "Int64", "speakers with an utterance scored at every dose"),
        column("ref_words", "Int64", "words in the references of those utterances"),
        column("errors", "Int64", "errors in them"),
        column("rate", "float64", "pooled: sum of errors / sum of ref_words", nullable=True),
        column("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True),
        column("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True),
        column("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "series", "over", "attribute", "group", "condition_id"),
)

DOSE_SLOPES = Table(
    "DOSE_SLOPES",
    "How fast the rate rises with the dose: one row per model x series x group.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("series", "str", "the condition whose levels are compared, e.g. `white_noise`"),
        column("over", "str", "what a step is: `severity`, or one of the level's unit"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("group", "str", "the group"),
        column("reference_group", "str", "what it is compared with: a group, or `rest`"),
        column("n_doses", "Int64", "levels, clean among them over severity"),
        column("n_speakers", "Int64", "speakers in the group"),
        column("n_speakers_reference", "Int64", "speakers it is compared with"),
        column("n_left_out", "Int64", "utterances of the group that were not scored at every dose"),
        column("slope", "float64", "rate per step, least squares over the doses", nullable=True),
        column("slope_low", "float64", "lower end of its 95 % interval, clustered on speaker", nullable=True),
        column("slope_high", "float64", "upper end of its 95 % interval, clustered on speaker", nullable=True),
        column("reference_slope", "float64", "slope of the reference", nullable=True),
        column("difference", "float64", "slope - reference_slope", nullable=True),
        column("ci_low", "float64", "lower end of the 95 % interval of the difference", nullable=True),
        column("ci_high", "float64", "upper end of the 95 % interval of the difference", nullable=True),
        column("p_value", "float64", "two-sided, studentised permutation of speaker labels", nullable=True),
        column(
            "p_adjusted", "float64", "Holm over groups and series, of p_value or that of t if larger", nullable=True
        ),
        column("monotone", "str", "whether the rate ever moves back from one dose to the next, and beyond chance"),
        column("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "series", "over", "attribute", "group"),
)

SPREAD = Table(
    "SPREAD",
    "How far the groups are spread: one row per model x condition x statistic.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("statistic", "str", "what is measured"),
        column("group", "str", "the group that the statistic is about; empty if about all of them"),
        column("unit", "str", "`rate`, `ratio`, `share` or `index`"),
        column("n_groups", "Int64", "groups with enough evidence"),
        column("n_speakers", "Int64", "their speakers"),
        column("value", "float64", "the statistic", nullable=True),
        column("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True),
        column("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True),
        column("null_expected", "float64", "what as many equal groups would show on average", nullable=True),
        column("null_95", "float64", "what they would pass in 5 of 100 cases", nullable=True),
        column("p_value", "float64", "share of labellings with a value at least as large", nullable=True),
        column("note", "str", "how to read it, which groups are left out, why a figure is missing"),
    ),
    key=("model_id", "condition_id", "attribute", "statistic", "group"),
)
