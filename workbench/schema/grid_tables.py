"""The tables of the grid: every metric everywhere, and how far metrics agree on the order of groups."""

from __future__ import annotations

from workbench.schema.table import BY_ROW, Table, column

STATES = ("ok", "too few", "not tested", "not given", "no keyword was said", "not rated", "no data")

GRID = Table(
    "GRID",
    "Every metric of every group under every condition of every model: the whole product, missing cells with the reason.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute whose groups are told apart"),
        column("group", "str", "the group; empty for everybody"),
        column("metric", "str", "what is measured; worst gap: the largest gap of a group of five speakers to the rest"),
        column(
            "value", "float64", "the figure; missing where there is none, never 0 for that", nullable=True, unit=BY_ROW
        ),
        column(
            "unit",
            "str",
            "%: a fraction read in percent; points: of the error rate; x: seconds per second; rating: the scale of the raters",
        ),
        column("n_speakers", "Int64", "speakers that it rests on"),
        column("state", "str", "ok, or why the figure is missing or no more than a description", isin=STATES),
        column("of", "str", "of the worst gap: whose it is; empty else"),
    ),
    key=("model_id", "condition_id", "attribute", "group", "metric"),
    shown=("group", "metric", "value", "n_speakers", "state", "of"),
)

METRIC_ORDERS = Table(
    "METRIC_ORDERS",
    "Whether two metrics put the groups in the same order: one row per model x condition x pair of metrics.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute whose groups are put in order"),
        column("metric", "str", "one metric, from best to worst group"),
        column("versus", "str", "the other"),
        column("n_groups", "Int64", "groups of five speakers with both"),
        column(
            "tau",
            "float64",
            "Kendall's tau-b: 1 the same order, -1 the reverse",
            nullable=True,
            heading="Kendall's tau",
        ),
        column("n_swaps", "Int64", "pairs of groups that they put in opposite orders"),
        column("swaps", "str", "which pairs"),
        column("reason", "str", "why there is no tau; empty if there is one"),
    ),
    key=("model_id", "condition_id", "attribute", "metric", "versus"),
    shown=("metric", "versus", "n_groups", "tau", "swaps"),
)

HUMAN_RATINGS = Table(
    "HUMAN_RATINGS",
    "What people say of the transcripts beside what is counted: one row per model x condition that was rated.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("n_utterances", "Int64", "utterances that were rated"),
        column("n_speakers", "Int64", "their speakers"),
        column("meaning_lost", "float64", "mean rating, over the raters of an utterance first", nullable=True),
        column(
            "correlation", "float64", "Spearman's, over utterances, with their word error rate", nullable=True,
            interval=("ci_low", "ci_high"),
        ),
        column("ci_low", "float64", "lower end of its 95 % interval (bootstrap over speakers)", nullable=True),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True),
        column("n_raters", "Int64", "raters"),
        column(
            "alpha", "float64", "Krippendorff's alpha of the raters, interval scale: 1 they agree, 0 as by chance", nullable=True,
            heading="Agreement of raters",
        ),
        column("reason", "str", "why a figure is missing; empty if none is"),
    ),
    key=("model_id", "condition_id"),
    shown=("condition_id", "n_utterances", "n_speakers", "meaning_lost", "correlation", "n_raters", "alpha"),
)  # fmt: skip
