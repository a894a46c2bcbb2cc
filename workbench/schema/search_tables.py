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
        column("group", "str", "the group whose gap change has the highest score"),
        column(
            "change", "float64", "its gap change on the exploring speakers", nullable=True, unit="points",
            interval=("ci_low", "ci_high"),
        ),
        column("ci_low", "float64", "lower end of its 95 % interval", nullable=True, unit="points"),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="points"),
        column(
            "lower_rate", "float64", "word error rate under the condition of the side that fails less", nullable=True, unit="%",
            heading="Rate of the better side",
        ),
        column(
            "score", "float64", "what the search raises: ci_low less what lower_rate has above 60 %", nullable=True,
            unit="points",
        ),
        column("n_speakers", "Int64", "exploring speakers of the group"),
        column("n_speakers_reference", "Int64", "exploring speakers that it is compared with"),
        column("run_id", "str", "the run"),
        column("reason", "str", "why there is no figure; empty if there is one"),
    ),
    key=("number",),
    shown=("number", "technique", "origin", "condition_id", "group", "change", "lower_rate", "score"),
    apart=(),
)  # fmt: skip

SLICES = Table(
    "SLICES",
    "The worst slices of one cell: conjunctions of attributes and measured bins, chosen on some speakers and computed again on others.",
    (
        column("rank", "Int64", "by score, 1 the worst"),
        column("slice", "str", "attribute = level, joined by and"),
        column("depth", "Int64", "how many of them"),
        column("n_speakers", "Int64", "speakers of the slice among those who chose it"),
        column("n_utterances", "Int64", "their utterances in it"),
        column("ref_words", "Int64", "their words in it"),
        column("rate", "float64", "error rate in the slice, of those who chose it: flattered by the choice", unit="%"),
        column("gap", "float64", "its gap to all other utterances of those", nullable=True, unit="points"),
        column("score", "float64", "0.95 (rate / rate of all - 1) - 0.05 (words / words of the slice - 1)"),
        column(
            "p_familywise", "float64", "share of relabellings of speakers whose worst slice, whichever it is, scores as high",
            nullable=True, unit="p",
        ),
        column("n_speakers_held_out", "Int64", "speakers of the slice among the others", heading="Other speakers"),
        column(
            "rate_held_out", "float64", "error rate in the slice, of the others: the one to quote", nullable=True,
            unit="%", heading="Rate of others",
        ),
        column(
            "gap_held_out", "float64", "its gap to all other utterances of those", nullable=True, unit="points",
            heading="Gap of others",
        ),
        column("n_slices", "Int64", "slices that were looked at"),
        column("reason", "str", "what is to be known of it: where thirds were cut, what was left out"),
    ),
    key=("rank",),
    shown=("slice", "n_speakers", "rate", "gap", "p_familywise", "n_speakers_held_out", "rate_held_out", "gap_held_out"),
    apart=(),
)  # fmt: skip

INSTABILITY = Table(
    "INSTABILITY",
    "How much transcripts of the same utterance differ between runs with other seeds: one row per model x condition x group.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("attribute", "str", "the attribute; empty for everybody"),
        column("group", "str", "the group; empty for everybody"),
        column("n_runs", "Int64", "runs that are compared, each with each"),
        column("n_speakers", "Int64", "speakers"),
        column("n_utterances", "Int64", "utterances that every run transcribed"),
        column(
            "distance", "float64", "mean over speakers of the words that differ, of the longer text", nullable=True, unit="%",
            interval=("ci_low", "ci_high"), heading="Words that differ",
        ),
        column("ci_low", "float64", "lower end of its 95 % interval (t over speakers)", nullable=True, unit="%"),
        column("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="%"),
        column("identical", "float64", "share of utterances whose texts are all the same", nullable=True, unit="%"),
        column(
            "correlation", "float64", "Spearman's, over speakers, with the error rate; missing without references",
            nullable=True, heading="Correlation with the error rate",
        ),
        column("reason", "str", "why a figure is missing or says nothing; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=("group", "n_speakers", "n_utterances", "distance", "identical", "correlation"),
)  # fmt: skip
