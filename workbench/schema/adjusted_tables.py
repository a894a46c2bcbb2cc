"""The tables of adjustment: gaps raw, matched and adjusted; Kitagawa's split; balance."""

from __future__ import annotations

from workbench.schema.table import Column, Table
from workbench.schema.table import column as _c

COMPARISON = (
    _c("model_id", "str", "engine, weights and decoding options"),
    _c("condition_id", "str", "the condition"),
    _c("attribute", "str", "the attribute whose groups are compared"),
    _c("group", "str", "the group"),
    _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
)
"""The columns that name a comparison, first in every table of comparisons."""
SPEAKERS = (
    _c("n_speakers", "Int64", "speakers of the group that the row rests on"),
    _c("n_speakers_reference", "Int64", "speakers of the reference that the row rests on"),
)
REASON = _c("reason", "str", "why a figure is missing or weak; empty if nothing is")
KEY = tuple(column.name for column in COMPARISON)


def _figure(name: str, meaning: str, *, unit: str = "", interval: tuple[str, str] | None = None) -> Column:
    """A number that may be missing."""
    return _c(name, "float64", meaning, nullable=True, unit=unit, interval=interval)


ADJUSTED_GAPS = Table(
    "ADJUSTED_GAPS",
    "Gaps raw, matched and adjusted, side by side: one row per comparison and method.",
    (
        *COMPARISON,
        _c(
            "method",
            "str",
            "`raw`, `matched prompts`, `standardised`, `propensity matched`, `adjusted`, `fully adjusted` or `GEE`",
        ),
        _figure(
            "difference",
            "rate of the group minus rate of the reference, as the method has them",
            interval=("ci_low", "ci_high"),
            unit="points",
        ),
        _figure("ci_low", "lower end of the 95 % interval of the difference", unit="points"),
        _figure("ci_high", "upper end of the 95 % interval of the difference", unit="points"),
        _figure(
            "ratio",
            "rate of the group over rate of the reference, as the method has them",
            interval=("ratio_low", "ratio_high"),
            unit="x",
        ),
        _figure("ratio_low", "lower end of the 95 % interval of the ratio", unit="x"),
        _figure("ratio_high", "upper end of the 95 % interval of the ratio", unit="x"),
        _figure(
            "p_value",
            "two-sided, of the difference (of the ratio where only that has an interval); not corrected",
            unit="p",
        ),
        _figure("e_value", "association that something unmeasured would need to explain the ratio away"),
        _figure("e_value_limit", "the same for the end of the ratio's interval nearer to 1"),
        *SPEAKERS,
        _figure("coverage", "share of the group's reference words that the row rests on", unit="%"),
        REASON,
        _c("caveat", "str", "what has to be said wherever the row is shown; empty if nothing"),
    ),
    key=(*KEY, "method"),
    shown=(
        "group",
        "method",
        "difference",
        "ratio",
        "e_value_limit",
        "coverage",
    ),
    apart=("model_id", "condition_id"),
)

KITAGAWA = Table(
    "KITAGAWA",
    "Each raw gap as the sum of mix, within and unmatched: one row per comparison.",
    (
        *COMPARISON,
        _c("strata", "str", "columns whose combinations are the strata"),
        _figure("gap", "raw difference of rates: mix + within + unmatched", unit="points"),
        _figure(
            "mix", "part from other shares of words in the strata", interval=("mix_low", "mix_high"), unit="points"
        ),
        _figure("mix_low", "lower end of its 95 % interval", unit="points"),
        _figure("mix_high", "upper end of its 95 % interval", unit="points"),
        _figure(
            "within", "part from other rates in the same stratum", interval=("within_low", "within_high"), unit="points"
        ),
        _figure("within_low", "lower end of its 95 % interval", unit="points"),
        _figure("within_high", "upper end of its 95 % interval", unit="points"),
        _figure("unmatched", "part from strata that only one side has; 0 if there are none", unit="points"),
        *SPEAKERS,
        _figure("coverage", "share of the words of both sides in strata that both have", unit="%"),
        REASON,
    ),
    key=KEY,
    shown=(
        "group",
        "gap",
        "mix",
        "within",
        "unmatched",
    ),
    apart=("model_id", "condition_id", "strata"),
)

BALANCE = Table(
    "BALANCE",
    "How unlike the two sides are in each covariate, before and after matching: one row per comparison and covariate.",
    (
        *COMPARISON,
        _c("covariate", "str", "a number, or `column=level`"),
        _figure("mean_group", "mean of the group's utterances, from the mean of both sides; of a level: its share"),
        _figure("mean_reference", "the same of the reference"),
        _figure("smd_before", "standardised mean difference of all utterances"),
        _figure("smd_after", "standardised mean difference of the matched ones, in the same unit"),
        _c("n_pairs", "Int64", "matched pairs of utterances"),
        REASON,
    ),
    key=(*KEY, "covariate"),
    shown=(
        "group",
        "covariate",
        "smd_before",
        "smd_after",
        "n_pairs",
    ),
    apart=("model_id", "condition_id"),
)
