"""Languages: which normaliser and which unit of error a language calls for.

A word error rate needs words between spaces. Languages that are written without them are measured in characters (CER).
Languages are named by the first part of their BCP 47 tag (``en-GB`` is ``en``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from workbench.errors import ScoringError
from workbench.text.normalise import NORMALISERS, Normaliser

Unit = Literal["word", "character"]


@dataclass(frozen=True, slots=True)
class Language:
    """How a language is scored: its normaliser by default, and words or characters."""

    tag: str
    name: str
    normaliser: str
    unit: Unit


def _without_spaces(tag: str, name: str) -> Language:
    return Language(tag, name, "basic", "character")


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        language.tag: language
        for language in (
            Language("en", "English", "whisper_en", "word"),
            _without_spaces("zh", "Chinese"),
            _without_spaces("yue", "Cantonese"),
            _without_spaces("ja", "Japanese"),
            _without_spaces("th", "Thai"),
            _without_spaces("lo", "Lao"),
            _without_spaces("km", "Khmer"),
            _without_spaces("my", "Burmese"),
            _without_spaces("bo", "Tibetan"),
        )
    }
)
"""Languages with rules of their own; every other one is scored in words under ``basic``.

Source: scripts without spaces between words, as named in Unicode Standard Annex 14 (line breaking), class SA and the
ideographic scripts."""


def language_of(tag: str) -> Language:
    """Return how the language of a BCP 47 tag is scored.

    >>> language_of("en-GB").normaliser, language_of("de").normaliser, language_of("ja").unit
    ('whisper_en', 'basic', 'character')
    """
    main = tag.strip().lower().replace("_", "-").split("-")[0]
    return LANGUAGES.get(main, Language(main, main, "basic", "word"))


def require_language(normaliser: Normaliser, tag: str) -> None:
    """Refuse a normaliser whose rules are for another language.

    Raises
    ------
    ScoringError : the rules are for other languages; the message names normalisers that fit
    """
    main = language_of(tag).tag
    if normaliser.languages and main not in normaliser.languages:
        fitting = [name for name, one in NORMALISERS.items() if not one.languages or main in one.languages]
        raise ScoringError(
            f"the normaliser {normaliser.name!r} is for {', '.join(normaliser.languages)}, the speech is in {tag!r}",
            remedy=f"use one of: {', '.join(fitting)}",
        )
