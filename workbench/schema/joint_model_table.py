"""The table of the joint model: several attributes at once, and whether they interact."""

from __future__ import annotations

from workbench.schema.table import Table, column

KINDS = ("group", "attribute", "interaction")

JOINT_MODEL = Table(
    "JOINT_MODEL",
    "Poisson regression of errors on several attributes at once, speakers and prompts allowed for: one row per group, attribute and pair.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column(
            "kind",
            "str",
            "`group`: its rate over the mean of the groups of its attribute, the other attributes held equal; `attribute`: whether its "
            "groups differ at all; `interaction`: whether what one attribute does differs between the groups of the other",
            isin=KINDS,
        ),
        column("term", "str", "the attribute, or both attributes of a pair"),
        column("group", "str", "the group; empty for tests of attributes and pairs"),
        column("n_speakers", "Int64", "speakers of the group, or all of them"),
        column("ratio", "float64", "rate over the geometric mean of the groups", nullable=True, unit="x", interval=("ci_low", "ci_high")),
        column("ci_low", "float64", "lower end of its 95 % interval", nullable=True, unit="x"),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="x"),
        column("n_terms", "Int64", "coefficients that are tested together"),
        column("p_value", "float64", "two-sided t of a group; F of an attribute or pair", nullable=True, unit="p"),
        column("p_adjusted", "float64", "Holm over the rows of one kind of the model and condition", nullable=True, unit="p"),
        column("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "kind", "term", "group"),
    shown=("kind", "term", "group", "n_speakers", "ratio", "p_value", "p_adjusted"),
)  # fmt: skip
