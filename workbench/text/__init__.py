"""Text: normalisers (named, versioned, in steps), alternatives, edit counts, word alignment, error analysis."""

from workbench.text.align import AlignedWord, align_words
from workbench.text.alignment_view import AlignedWords, align, as_html, as_text
from workbench.text.alternatives import Alternatives, read_alternation, read_variants, write_alternation
from workbench.text.dialect import dialect_counts, normaliser_audit
from workbench.text.edit_counts import Counts, count_frame, count_words
from workbench.text.error_positions import ErrorPlaces, error_places
from workbench.text.hallucination_flags import hallucination_flags, with_another_seed
from workbench.text.keyword_lists import keyword_counts, read_keywords
from workbench.text.languages import (
    LANGUAGES,
    UNIT_WORDS,
    Language,
    fitting_normalisers,
    language_of,
    require_language,
    script_not_latin,
    unit_of,
)
from workbench.text.normalise import NORMALISERS, Normaliser, Unit, get_normaliser
from workbench.text.sclite import read_sgml, read_trn, write_sclite, write_sgml, write_trn
from workbench.text.scores import add_scores
from workbench.text.steps import Step
from workbench.text.trace import Change, rule_table, trace

__all__ = [
    "LANGUAGES",
    "NORMALISERS",
    "UNIT_WORDS",
    "AlignedWord",
    "AlignedWords",
    "Alternatives",
    "Change",
    "Counts",
    "ErrorPlaces",
    "Language",
    "Normaliser",
    "Step",
    "Unit",
    "add_scores",
    "align",
    "align_words",
    "as_html",
    "as_text",
    "count_frame",
    "count_words",
    "dialect_counts",
    "error_places",
    "fitting_normalisers",
    "get_normaliser",
    "hallucination_flags",
    "keyword_counts",
    "language_of",
    "normaliser_audit",
    "read_alternation",
    "read_keywords",
    "read_sgml",
    "read_trn",
    "read_variants",
    "require_language",
    "rule_table",
    "script_not_latin",
    "trace",
    "unit_of",
    "with_another_seed",
    "write_alternation",
    "write_sclite",
    "write_sgml",
    "write_trn",
]
