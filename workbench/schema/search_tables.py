"""The tables of a search: what was tried on some speakers, what was confirmed on speakers who were not searched on."""

from __future__ import annotations

from workbench.schema.table import Table, column

CONFIRMATION_VERDICTS = ("CONFIRMED", "NOT CONFIRMED", "TOO FEW SPEAKERS")

CONFIRMATIONS = Table(
    "CONFIRMATIONS",
    "Declared cells, found on the exploring speakers and tested once on the confirming ones: one row per cell.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition; clean: the gap itself is tested, else its change"),
        column("attribute", "str", "the attribute whose groups are compared"),
        column("group", "str", "the group"),
        column("reference_group", "str", "what it is compared with: a group, or `rest`"),
        column(
            "explored", "float64", "the figure on the exploring speakers, who chose it", nullable=True, unit="points",
            interval=("explored_low", "explored_high"), heading="Explored",
        ),
        column("explored_low", "float64", "lower end of its 95 % interval", nullable=True, unit="points"),
        column("explored_high", "float64", "upper end of its 95 % interval", nullable=True, unit="points"),
        column("n_speakers", "Int64", "confirming speakers of the group"),
        column("n_speakers_reference", "Int64", "confirming speakers that it is compared with"),
        column(
            "confirmed", "float64", "the figure on the confirming speakers: the one to quote", nullable=True,
            unit="points", interval=("ci_low", "ci_high"), heading="On other speakers",
        ),
        column("ci_low", "float64", "lower end of its 95 % interval", nullable=True, unit="points"),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="points"),
        column("p_value", "float64", "one-sided, in the direction that was explored", nullable=True, unit="p"),
        column("p_adjusted", "float64", "Holm over the cells that were declared together", nullable=True, unit="p"),
        column("alpha", "float64", "what this use of the confirming speakers may spend", unit="p", heading="May spend"),
        column("use", "Int64", "the how-manieth use of these confirming speakers in this store", heading="Use"),
        column("verdict", "str", "confirmed where p_adjusted is at most alpha", isin=CONFIRMATION_VERDICTS),
        column("run_id", "str", "the run that heard the confirming speakers"),
        column("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=(
        "condition_id", "group", "explored", "n_speakers", "confirmed", "p_adjusted", "alpha", "verdict",
    ),
    apart=("model_id",),
)  # fmt: skip

TRIALS = Table(
    "TRIALS",
    "Conditions that a red team tried on the exploring speakers: one row per trial, in the order in which they were made.",
    (
        column("number", "Int64", "of the trial, from 0"),
        column("technique", "str", "the search that it is of, or the chain of two"),
        column("origin", "str", "start: fills the space; proposed: from the trials before it; random"),
        column("condition_id", "str", "the condition; empty where its values do not go together"),
        column("group", "str", "the group whose gap change has the largest lower limit"),
        column(
            "change", "float64", "its gap change on the exploring speakers", nullable=True, unit="points",
            interval=("ci_low", "ci_high"),
        ),
        column("ci_low", "float64", "lower end of its 95 % interval: what the search raises", nullable=True, unit="points"),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="points"),
        column("n_speakers", "Int64", "exploring speakers of the group"),
        column("n_speakers_reference", "Int64", "exploring speakers that it is compared with"),
        column("run_id", "str", "the run"),
        column("reason", "str", "why there is no figure; empty if there is one"),
    ),
    key=("number",),
    shown=("number", "technique", "origin", "condition_id", "group", "change"),
    apart=(),
)  # fmt: skip
