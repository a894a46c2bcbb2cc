"""Tables that are made to be given away: pooled over sites, or released under differential privacy."""

from __future__ import annotations

from workbench.schema.table import Table, column

POOLED_RATES = Table(
    "POOLED_RATES",
    "Rates of all sites together: one row per model, condition and group.",
    (
        column("model_id", "str", "exactly which weights and decoding options"),
        column("condition_id", "str", "what the last mile did to the audio"),
        column("group", "str", "a level of the attribute"),
        column("n_sites", "int64", "sites that sent sums of this cell"),
        column("n_speakers", "int64", "speakers of all sites"),
        column("ref_words", "int64", "words that were said"),
        column("errors", "int64", "substitutions, deletions and insertions"),
        column("rate", "float64", "errors / ref_words", unit="share"),
        column("ci_low", "float64", "95 % interval, clustered on speaker", unit="share"),
        column("ci_high", "float64", "its upper end", unit="share"),
    ),
    key=("model_id", "condition_id", "group"),
)

POOLED_GAPS = Table(
    "POOLED_GAPS",
    "Each group of all sites together against the rest: one row per model, condition and group.",
    (
        column("model_id", "str", "exactly which weights and decoding options"),
        column("condition_id", "str", "what the last mile did to the audio"),
        column("group", "str", "a level of the attribute"),
        column("n_speakers", "int64", "speakers of the group"),
        column("n_speakers_reference", "int64", "speakers of the rest"),
        column("difference", "float64", "rate of the group minus rate of the rest", unit="share"),
        column("ci_low", "float64", "95 % interval of t", unit="share"),
        column("ci_high", "float64", "its upper end", unit="share"),
        column("ratio", "float64", "rate of the group over rate of the rest"),
        column("p_value", "float64", "two-sided, of t"),
        column("verdict", "str", "as for gaps, with p and interval of t"),
        column("tentative", "bool", "fewer than five speakers on a side, or one of several comparisons"),
        column("reason", "str", "where the verdict comes from"),
    ),
    key=("model_id", "condition_id", "group"),
)

PRIVATE_RATES = Table(
    "PRIVATE_RATES",
    "Differentially private rates by group: made of noisy sums alone.",
    (
        column("group", "str", "a group of the public list"),
        column("speakers", "int64", "speakers, with noise"),
        column("ref_words", "int64", "words that were said, capped per speaker, with noise"),
        column("errors", "int64", "errors, capped per speaker, with noise"),
        column(
            "rate", "float64", "errors / ref_words; missing where the group is too small to be published", unit="share"
        ),
        column("ci_low", "float64", "95 % interval that holds the spread of speakers and the noise", unit="share"),
        column("ci_high", "float64", "its upper end", unit="share"),
        column("difference", "float64", "rate minus the rate of all other published groups", unit="share"),
        column("difference_low", "float64", "95 % interval of the difference", unit="share"),
        column("difference_high", "float64", "its upper end", unit="share"),
        column("reason", "str", "why a figure is missing"),
    ),
    key=("group",),
)

NOISY_POOLED_RATES = Table(
    "NOISY_POOLED_RATES",
    "Rates by group over several sites that added noise before anything left them.",
    (
        column("model_id", "str", "which weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("group", "str", "a group of the public list"),
        column("n_sites", "int64", "sites that sent the group"),
        column("speakers", "int64", "speakers of all sites, with noise"),
        column("ref_words", "int64", "words that were said, capped per speaker, with noise"),
        column("errors", "int64", "errors, capped per speaker, with noise"),
        column("rate", "float64", "errors / ref_words; missing where the group is too small", unit="share"),
        column(
            "ci_low",
            "float64",
            "95 % interval that holds the spread of speakers and the noise of all sites",
            unit="share",
        ),
        column("ci_high", "float64", "its upper end", unit="share"),
        column("reason", "str", "why a figure is missing"),
    ),
    key=("model_id", "condition_id", "group"),
)
