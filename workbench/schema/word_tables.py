"""The tables of words that fail: errors per occurrence of a word, and what was written instead."""

from __future__ import annotations

from workbench.schema.adjusted_tables import COMPARISON, KEY
from workbench.schema.table import Column, Table
from workbench.schema.table import column as _c

_FIGURES = (
    _c("errors", "Int64", "times the word was not recognised (in CONFUSIONS: was written so), group"),
    _c("occurrences", "Int64", "times the word was said, group"),
    _c("errors_reference", "Int64", "the same of the reference"),
    _c("occurrences_reference", "Int64", "the same of the reference"),
    _c("n_speakers", "Int64", "speakers of the group who said the word"),
    _c("n_speakers_reference", "Int64", "speakers of the reference who said it"),
    _c("n_speakers_errors", "Int64", "speakers of either side in whose speech the error occurred"),
    _c("log_odds", "float64", "log odds ratio of an error, shrunk by an informative Dirichlet prior; above 0: worse"),
    _c("se", "float64", "its standard error, of independent errors or between speakers, whichever is larger"),
    _c("ci_low", "float64", "lower end of its 95 % interval"),
    _c("ci_high", "float64", "upper end of its 95 % interval"),
    _c("z", "float64", "log_odds / se"),
    _c("p_value", "float64", "two-sided, normal"),
    _c("p_adjusted", "float64", "Benjamini-Hochberg over the words of one comparison", heading="p (BH)"),
)


def _columns(*said: Column) -> tuple[Column, ...]:
    return (*COMPARISON, *said, *_FIGURES)


WORD_ERRORS = Table(
    "WORD_ERRORS",
    "Words that fail for whom: one row per comparison and word of the references that 3 speakers or more of each side said.",
    _columns(_c("word", "str", "a word of the references")),
    key=(*KEY, "word"),
    shown=(
        "word",
        "errors",
        "occurrences",
        "errors_reference",
        "occurrences_reference",
        "log_odds",
        "p_adjusted",
    ),
    apart=("model_id", "condition_id", "group", "reference_group"),
)

CONFUSIONS = Table(
    "CONFUSIONS",
    "What is written for what: one row per comparison and pair of words that occurred with 3 speakers or more.",
    _columns(_c("word", "str", "what was said"), _c("written", "str", "what was written for it; empty: nothing")),
    key=(*KEY, "word", "written"),
    shown=(
        "word",
        "written",
        "errors",
        "occurrences",
        "errors_reference",
        "occurrences_reference",
        "log_odds",
        "p_adjusted",
    ),
    apart=("model_id", "condition_id", "group", "reference_group"),
)
