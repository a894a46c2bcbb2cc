"""The table of intervals that borrow from other groups."""

from __future__ import annotations

from workbench.schema.table import Table, column

BORROWED = Table(
    "BORROWED",
    "Rates with the interval of each group's own speakers, and the one that borrows the spread of all groups' (labelled; decides nothing).",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute whose groups are told apart"),
        column("group", "str", "the group"),
        column("n_speakers", "Int64", "speakers with at least one scored word"),
        column("rate", "float64", "pooled rate", nullable=True, unit="%", interval=("ci_low", "ci_high")),
        column("ci_low", "float64", "lower end of the 95 % interval from the group's own speakers", nullable=True, unit="%"),
        column("ci_high", "float64", "upper end of it", nullable=True, unit="%"),
        column("borrowed_low", "float64", "lower end of the 95 % interval that borrows", nullable=True, unit="%"),
        column("borrowed_high", "float64", "upper end of it", nullable=True, unit="%"),
        column("cv", "float64", "how much the group's own speakers differ: standard deviation over mean, with their own noise", nullable=True),
        column("cv_all", "float64", "how much speakers differ in all groups", nullable=True),
        column("df_all", "float64", "degrees of freedom that all groups lend: large where their spreads are alike", nullable=True),
        column("reason", "str", "that the interval is borrowed, or why there is none"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=("group", "n_speakers", "rate", "borrowed_low", "borrowed_high", "cv", "cv_all", "reason"),
)  # fmt: skip
