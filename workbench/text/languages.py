"""Languages: which normaliser and which unit of error a language calls for.

A word error rate needs words between spaces. Languages that are written without them are measured in characters (CER).
Languages are named by the first part of their BCP 47 tag (``en-GB`` is ``en``).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from workbench.errors import ScoringError
from workbench.text.normalise import NORMALISERS, Normaliser, Unit


@dataclass(frozen=True, slots=True)
class Language:
    """How a language is scored: its normaliser by default, and words or characters."""

    tag: str
    name: str
    normaliser: str
    unit: Unit


NAMES = {
    "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese", "hi": "Hindi", "ar": "Arabic", "fa": "Persian",
    "tr": "Turkish", "sw": "Swahili", "zh": "Chinese", "yue": "Cantonese", "ja": "Japanese", "th": "Thai", "lo": "Lao",
    "km": "Khmer", "my": "Burmese", "bo": "Tibetan",
}  # fmt: skip
LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "en": Language("en", "English", "whisper_en", "word"),
        **{tag: Language(tag, name, f"basic_{tag}", NORMALISERS[f"basic_{tag}"].unit) for tag, name in NAMES.items()},
    }
)
"""Languages with rules of their own; every other one is scored in words under ``basic``.

Source: scripts without spaces between words, as named in Unicode Standard Annex 14 (line breaking), class SA and the
ideographic scripts."""


def language_of(tag: str) -> Language:
    """Return how the language of a BCP 47 tag is scored.

    >>> language_of("en-GB").normaliser, language_of("de").normaliser, language_of("ja").unit
    ('whisper_en', 'basic_de', 'mixed')
    """
    main = tag.strip().lower().replace("_", "-").split("-")[0]
    return LANGUAGES.get(main, Language(main, main, "basic", "word"))


def fitting_normalisers(tags: Sequence[str]) -> list[str]:
    """Return the names of the normalisers whose rules fit speech in all of these languages (BCP 47 tags).

    >>> fitting_normalisers(["en-GB", "de"])[:2], "basic_de" in fitting_normalisers(["de"])
    (['none', 'basic'], True)
    """
    mains = {language_of(tag).tag for tag in tags}
    return [name for name, one in NORMALISERS.items() if not one.languages or mains <= set(one.languages)]


def require_language(normaliser: Normaliser, tag: str) -> None:
    """Refuse a normaliser whose rules are for another language.

    Raises
    ------
    ScoringError : the rules are for other languages; the message names normalisers that fit
    """
    main = language_of(tag).tag
    if normaliser.languages and main not in normaliser.languages:
        fitting = fitting_normalisers([tag])
        raise ScoringError(
            f"the normaliser {normaliser.name!r} is for {', '.join(normaliser.languages)}, the speech is in {tag!r}",
            remedy=f"use one of: {', '.join(fitting)}",
        )


UNIT_WORDS: Mapping[Unit, tuple[str, str, str]] = MappingProxyType(
    {
        "word": ("Word error rate", "WER", "words"),
        "character": ("Character error rate", "CER", "characters"),
        "mixed": ("Character error rate", "CER", "characters (words in other scripts)"),
    }
)
"""How a unit is named: the rate, the rate in short, and what is counted."""


def unit_of(normaliser_id: str) -> Unit:
    """Return what a normaliser's words are, by its id, which says everything that this depends on."""
    name = normaliser_id.partition("?")[0].rpartition("-")[0]
    if "unit=character" in normaliser_id:
        return "character"
    return NORMALISERS[name].unit if name in NORMALISERS else "word"


_LANGUAGES_OF = {
    "DEVANAGARI": "hi, mr, ne", "CJK": "zh or ja", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "ARABIC": "ar, fa or ur",
    "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "CYRILLIC": "ru, uk, bg", "GREEK": "el",
    "HEBREW": "he", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "ETHIOPIC": "am, ti",
}  # fmt: skip


def script_not_latin(texts: Iterable[str]) -> tuple[str, str] | None:
    """Return the script of most letters and the languages that are written in it; None if that is Latin or nothing.

    >>> script_not_latin(["मेरा घर"])
    ('Devanagari', 'hi, mr, ne')
    """
    signs: Counter[str] = Counter()
    for text in texts:
        signs.update(text)
    scripts: Counter[str] = Counter()
    for sign, times in signs.items():
        if sign.isalpha():
            scripts[unicodedata.name(sign, "?").split(" ")[0].split("-")[0]] += times
    if not scripts:
        return None
    script, times = scripts.most_common(1)[0]
    if script == "LATIN" or 2 * scripts["LATIN"] > scripts.total():
        return None
    return script.title() if script != "CJK" else "Chinese characters", _LANGUAGES_OF.get(script, "TAG")
