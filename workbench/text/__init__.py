"""Text: normalisers (named, versioned), edit counts and word alignment."""

from workbench.text.align import AlignedWord, align_words
from workbench.text.count import Counts, count_frame, count_words
from workbench.text.error_places import ErrorPlaces, error_places
from workbench.text.normalise import NORMALISERS, Normaliser, get_normaliser
from workbench.text.scores import add_scores

__all__ = [
    "NORMALISERS",
    "AlignedWord",
    "Counts",
    "ErrorPlaces",
    "Normaliser",
    "add_scores",
    "align_words",
    "count_frame",
    "count_words",
    "error_places",
    "get_normaliser",
]
