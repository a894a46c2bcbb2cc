"""The table of fairness over all groups: is one system fairer than another?"""

from __future__ import annotations

from workbench.schema.table import Table, column

STATISTICS = ("spread of groups", "worst group / mean", "worst group")
ANSWERS = ("fairer", "less fair", "not shown", "not computed")

FAIRNESS_CHECKS = Table(
    "FAIRNESS_CHECKS",
    "Is the second system fairer than the first over all groups: one row per pair x attribute x statistic; second minus first.",
    (
        column("model_first", "str", "engine, weights and decoding options of the first side"),
        column("model_second", "str", "engine, weights and decoding options of the second side"),
        column("condition_first", "str", "the condition of the first side"),
        column("condition_second", "str", "the condition of the second side"),
        column("attribute", "str", "the attribute whose groups are compared, all weighing the same"),
        column(
            "statistic",
            "str",
            "`spread of groups`: variance of the groups' rates beyond that of chance, over their squared mean; `worst group / mean`: the "
            "highest rate over the mean of the groups; `worst group`: the highest rate itself",
            isin=STATISTICS,
        ),
        column("n_groups", "Int64", "groups with five speakers or more on both sides"),
        column("n_speakers", "Int64", "their speakers"),
        column("first", "float64", "the statistic of the first side", nullable=True),
        column("second", "float64", "the statistic of the second side", nullable=True),
        column("difference", "float64", "second minus first: below 0 the second is fairer", nullable=True, interval=("ci_low", "ci_high")),
        column("ci_low", "float64", "lower end of its 95 % interval: jackknife over speakers, paired", nullable=True),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True),
        column("p_value", "float64", "two-sided, the same t", nullable=True, unit="p"),
        column("p_adjusted", "float64", "Holm over the statistics and attributes of the pair", nullable=True, unit="p"),
        column("worst_first", "str", "the group with the highest rate on the first side"),
        column("worst_second", "str", "the group with the highest rate on the second side"),
        column("answer", "str", "what is shown, by p_adjusted at 5 %", isin=ANSWERS),
        column("reason", "str", "which groups are left out, or why nothing is computed"),
    ),
    key=("model_first", "model_second", "condition_first", "condition_second", "attribute", "statistic"),
    shown=("attribute", "statistic", "n_groups", "first", "second", "difference", "p_adjusted", "worst_first", "worst_second", "answer"),
    apart=("model_first", "model_second", "condition_first", "condition_second"),
)  # fmt: skip
