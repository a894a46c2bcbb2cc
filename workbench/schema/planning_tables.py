"""The table of planning: how many speakers a gap needs."""

from __future__ import annotations

from workbench.schema.table import Table
from workbench.schema.table import column as _c

POWER = Table(
    "POWER",
    "Speakers needed to find a gap with 80 % power: one row per model x condition x group.",
    (
        _c(
            "model_id",
            "str",
            "engine, weights and decoding options; empty for a corpus that is not transcribed",
        ),
        _c("condition_id", "str", "the condition; empty for a corpus that is not transcribed"),
        _c("attribute", "str", "the attribute whose groups are planned for"),
        _c("group", "str", "the group"),
        _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
        _c("unit", "str", "what is counted as a speaker: `speaker`, or `cluster` where clusters were declared"),
        _c("n_speakers", "Int64", "speakers (or clusters) that the group has"),
        _c("n_speakers_reference", "Int64", "speakers (or clusters) that the reference has"),
        _c("words_per_speaker", "float64", "mean words of a speaker (or cluster) of the group", nullable=True),
        _c(
            "rate_reference",
            "float64",
            "error rate of the reference; the group is planned at this plus the gap",
            nullable=True,
            unit="%",
        ),
        _c("cv", "float64", "coefficient of variation between the speakers of the group", nullable=True),
        _c("overdispersion", "float64", "variance of a speaker's errors over Poisson's", nullable=True),
        _c("gap", "float64", "the gap to be found", unit="points"),
        _c(
            "effective_share",
            "float64",
            "effective speakers (Kish) over speakers of the group: 1 if all say equally much",
            nullable=True,
        ),
        _c("speakers_needed", "Int64", "speakers per group, as many in both", nullable=True),
        _c("speakers_low", "Int64", "the same with the cv at the lower end of its 80 % interval", nullable=True),
        _c(
            "speakers_high",
            "Int64",
            "the same with the cv at the upper end of its 80 % interval",
            nullable=True,
            heading="up to",
        ),
        _c(
            "speakers_for_equality",
            "Int64",
            "speakers per group to show equal rates within the margin in 80 of 100 studies; empty without a margin",
            nullable=True,
            heading="for equality",
        ),
        _c(
            "more_speakers",
            "Int64",
            "more speakers of this group, the reference as it is; empty if none suffice",
            nullable=True,
        ),
        _c(
            "n_prompts",
            "Int64",
            "different texts that the two sides read; empty where prompts were not asked for",
            nullable=True,
        ),
        _c(
            "prompts_needed",
            "Int64",
            "texts with which half of the variance that the gap allows is left to the speakers; empty where prompts were not asked for",
            nullable=True,
            heading="prompts needed",
        ),
        _c("detectable_gap", "float64", "gap that the speakers at hand would find", nullable=True, unit="points"),
        _c("assumed", "str", "which figures were assumed, not estimated; empty if none"),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=(
        "group",
        "n_speakers",
        "speakers_needed",
        "speakers_high",
        "speakers_for_equality",
        "more_speakers",
        "prompts_needed",
        "detectable_gap",
        "assumed",
    ),
    apart=("model_id", "condition_id"),
)

EQUALITY = Table(
    "EQUALITY",
    "Speakers per group that EQUIVALENT within the margin takes, if rates are equal: one row per model x condition.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute whose groups are compared"),
        _c("margin", "float64", "the margin that was declared", unit="points"),
        _c("rate", "float64", "word error rate of everybody", nullable=True, unit="%"),
        _c("n_smallest", "Int64", "speakers (or clusters) of the smallest group", heading="smallest group"),
        _c("n_largest", "Int64", "speakers (or clusters) of the largest group", heading="largest group"),
        _c(
            "speakers_for_equality",
            "Int64",
            "speakers (or clusters) per group to show equal rates within the margin in 80 of 100 studies; empty where too little is known",
            nullable=True,
            heading="for equality",
        ),
    ),
    key=("model_id", "condition_id", "attribute"),
    shown=("condition_id", "rate", "margin", "n_smallest", "n_largest", "speakers_for_equality"),
    apart=("model_id",),
)

COLLECTION = Table(
    "COLLECTION",
    "Whom to record next: one row per group, the one whose next speaker narrows the gaps most per hour first.",
    (
        _c("rank", "Int64", "1: record a speaker of this group next; missing where nobody can be recorded", nullable=True),
        _c("attribute", "str", "the attribute whose gaps are to become certain"),
        _c("group", "str", "the group"),
        _c("reference_group", "str", "what gaps are to: a group, or `rest`"),
        _c("n_speakers", "Int64", "speakers that the group has"),
        _c("hours_per_speaker", "float64", "hours of speech of a speaker of the group"),
        _c("half_width", "float64", "half of the 95 % interval of its gap now", nullable=True, unit="points"),
        _c("half_width_after", "float64", "the same with one more speaker of it", nullable=True, unit="points"),
        _c(
            "gain", "float64", "what the half-widths of all gaps of the attribute lose by this speaker, added up", nullable=True,
            unit="points",
        ),
        _c("gain_per_hour", "float64", "the same over the hours of a speaker: what is ranked by", nullable=True, unit="points"),
        _c("reason", "str", "why a group is not ranked, or what its rank lacks; empty if nothing is"),
    ),
    key=("attribute", "group"),
    shown=("rank", "group", "n_speakers", "hours_per_speaker", "half_width", "half_width_after", "gain", "gain_per_hour"),
    apart=("reference_group",),
)  # fmt: skip
