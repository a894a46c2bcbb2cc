"""The table of what wrong labels could do to a gap."""

from __future__ import annotations

from workbench.schema.table import Table, column

LABEL_SENSITIVITY = Table(
    "LABEL_SENSITIVITY",
    "Gaps at their worst and best if some speakers stood in the wrong group: one row per model x condition x group.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("group", "str", "the group"),
        column("reference_group", "str", "what it is compared with: a group, or `rest`"),
        column("n_speakers", "Int64", "speakers in the group"),
        column("n_speakers_reference", "Int64", "speakers it is compared with"),
        column("wrong", "float64", "share of the speakers that may stand on the wrong side", unit="%"),
        column("moved", "Int64", "speakers that are moved at most"),
        column(
            "difference",
            "float64",
            "rate of the group minus rate of the reference, as labelled",
            nullable=True,
            unit="points",
        ),
        column("lowest", "float64", "the same at the least, with so many moved", nullable=True, unit="points"),
        column("highest", "float64", "the same at the most, with so many moved", nullable=True, unit="points"),
        column("exact", "bool", "whether every set of speakers was tried; else they were moved one at a time"),
        column("p_value", "float64", "of the permutation test, as labelled", nullable=True, unit="p"),
        column(
            "tipping_point",
            "Int64",
            "least number of speakers whose move leaves no gap shown; empty if none is shown or no number does",
            nullable=True,
        ),
        column("reason", "str", "what to know of the row; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=("condition_id", "group", "reference_group", "difference", "lowest", "highest", "moved", "tipping_point"),
    apart=("model_id", "attribute"),
)
