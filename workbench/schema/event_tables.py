"""The tables of text analysis: events per exposure by group, and gaps under several normalisers."""

from __future__ import annotations

from workbench.schema.table import Table
from workbench.schema.table import column as _c

EVENT_RATES = Table(
    "EVENT_RATES",
    "How often something happens: one row per model x condition x group x event.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("event", "str", "what is counted, e.g. `flagged as hallucinated`, `negation right`"),
        _c("n_speakers", "Int64", "speakers with any exposure"),
        _c("n_utterances", "Int64", "utterances with any exposure"),
        _c("events", "Int64", "how many"),
        _c("exposure", "float64", "out of how much"),
        _c("exposure_unit", "str", "what exposure counts, e.g. `utterance`, `negation said`, `minute`"),
        _c("rate", "float64", "events per exposure", nullable=True, interval=("ci_low", "ci_high")),
        _c("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
    shown=(
        "condition_id",
        "event",
        "events",
        "exposure",
        "exposure_unit",
        "rate",
        "n_speakers",
    ),
    apart=("model_id",),
)

NOTATION = Table(
    "NOTATION",
    "Rates as they are, and with signs typed one way or without marks of transcribers: one row per kind of notation and group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute whose groups are told apart; empty for none"),
        _c("notation", "str", "`how signs are typed` or `marks of transcribers`"),
        _c("examples", "str", "words concerned, the most frequent first"),
        _c("group", "str", "the group; empty for everybody"),
        _c("ref_words", "Int64", "words in the references"),
        _c("rate", "float64", "error rate as the texts are", unit="%"),
        _c("rate_without", "float64", "error rate with the signs typed one way, or without the marks", unit="%"),
        _c("change", "float64", "rate_without - rate", unit="points"),
        _c("normaliser", "str", "the normaliser under which both are counted"),
    ),
    key=("model_id", "condition_id", "attribute", "notation", "group"),
    shown=("notation", "examples", "group", "rate", "rate_without", "change"),
    apart=("model_id", "condition_id"),
)

NORMALISER_BAND = Table(
    "NORMALISER_BAND",
    "Every gap under several normalisers: one row per model x condition x group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute whose groups are compared"),
        _c("group", "str", "the group"),
        _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
        _c("normalisers", "str", "the normalisers, in the order of the lists"),
        _c("differences", "str", "the gap under each, in points, in that order"),
        _c("verdicts", "str", "the verdict under each, in that order"),
        _c("lowest", "float64", "smallest gap under any of them", nullable=True, unit="points"),
        _c("highest", "float64", "largest gap under any of them", nullable=True, unit="points"),
        _c("fragility", "float64", "highest - lowest, over the half-width of the widest interval", nullable=True),
        _c("sign_changes", "bool", "whether the gap is above 0 under one and below 0 under another"),
        _c("verdict_changes", "bool", "whether the verdict differs"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=(
        "group",
        "normalisers",
        "differences",
        "verdicts",
        "sign_changes",
        "verdict_changes",
    ),
    apart=("model_id", "condition_id"),
)

BOUNDS = Table(
    "BOUNDS",
    "Limits that hold for all groups at once: one row per model x condition x group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute whose groups are meant; empty: everyone"),
        _c("group", "str", "the group; empty: everyone"),
        _c(
            "measure",
            "str",
            "`accuracy` (1 - WER), `words_right` (hits over reference words) or `gap`",
            isin=("accuracy", "words_right", "gap"),
        ),
        _c(
            "reference_group",
            "str",
            "what a gap is to: a group, or `rest`; else empty",
        ),
        _c("n_groups", "Int64", "groups whose intervals hold together"),
        _c("n_speakers", "Int64", "speakers in the group"),
        _c("value", "float64", "the estimate", nullable=True, unit="%"),
        _c("low", "float64", "lower end of the simultaneous 95 % interval, clustered on speaker", nullable=True),
        _c("high", "float64", "upper end of it", nullable=True),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group", "measure"),
    shown=(
        "group",
        "value",
        "n_speakers",
    ),
    apart=("model_id", "condition_id"),
)
