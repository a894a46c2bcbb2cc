"""Text: normalisers (named, versioned, in steps), alternatives, edit counts, word alignment, error analysis."""

from workbench.text.align import AlignedWord, align_words
from workbench.text.alternatives import Alternatives, read_alternation, read_variants, write_alternation
from workbench.text.count import Counts, count_frame, count_words
from workbench.text.error_places import ErrorPlaces, error_places
from workbench.text.languages import LANGUAGES, Language, language_of, require_language
from workbench.text.normalise import NORMALISERS, Normaliser, get_normaliser
from workbench.text.scores import add_scores
from workbench.text.steps import Step
from workbench.text.trace import Change, rule_table, trace

__all__ = [
    "LANGUAGES", "NORMALISERS", "AlignedWord", "Alternatives", "Change", "Counts", "ErrorPlaces", "Language",
    "Normaliser", "Step", "add_scores", "align_words", "count_frame", "count_words", "error_places", "get_normaliser",
    "language_of", "read_alternation", "read_variants", "require_language", "rule_table", "trace", "write_alternation",
]  # fmt: skip
