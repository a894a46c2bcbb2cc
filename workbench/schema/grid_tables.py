"""The tables of the grid: every metric everywhere, and how far metrics agree on the order of groups."""

from __future__ import annotations

from workbench.schema.table import BY_ROW, Table, column

STATES = ("ok", "too few", "not tested", "not given", "no keyword was said", "no data")

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
        column("unit", "str", "%: a fraction read in percent; points: of the error rate; x: seconds per second"),
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
