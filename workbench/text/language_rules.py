"""Normalisers by language: case, letters, digits and unit as the language has them, otherwise as ``basic``.

- Spanish, French, German, Portuguese, Swahili: case and punctuation; digits in words where num2words has the language.
- Turkish: I becomes ı and İ becomes i; digits in words.
- Arabic: vowel signs and tatweel go; hamza on a carrier, alif maqsura and ta marbuta are written one way.
- Persian: Arabic yeh and kaf become the Persian ones; vowel signs and the zero width non-joiner go.
- Hindi: a nasal before its consonant is anusvara; joiners go.
- Chinese, Cantonese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan: full and half width are one; **each character is counted**, words
  in other scripts as words; blanks between characters mean nothing.

Everywhere marks of transcribers go, digits of any script become 0 to 9, and separators in numbers are those of the language
(1.250 is 1250 in German, 1,250 in Hindi).

Source: separators of numbers from CLDR, names of numbers from num2words; Turkish casing from Unicode's SpecialCasing;
Arabic letters as in the scoring of the MGB-2 challenge (Ali et al. 2016); Hindi nasals from the Unicode Standard, chapter 12.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from workbench.text.basic import APOSTROPHES, words_only
from workbench.text.cldr import number_separators
from workbench.text.marks import remove_marks
from workbench.text.steps import Rule, Step, step

UNSPACED = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Chinese characters, kana, Thai, Lao, Tibetan, Burmese and Khmer: scripts without blanks between words, as in a set of a regular
expression. Source: Unicode Standard Annex 14, classes SA and ID."""
_UNSPACED = re.compile(f"([{UNSPACED}])")
_FIRST = re.compile(f"(?<![{UNSPACED}])[{UNSPACED}]")
"""The first character of a run; a combining sign there belongs to nothing, and goes."""
_BLANK_BETWEEN = re.compile(rf"(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])")
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670\u0640\u06d6-\u06ed]")
_ARABIC_LETTERS = str.maketrans("أإآٱىؤئة", "ااااي" + "ويه")
_PERSIAN_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "\u200c": None})
_NASALS = re.compile("[ङञणनम]्(?=[क-म])")
_JOINERS = str.maketrans({"\u200c": None, "\u200d": None})
_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
SPELLED = frozenset(["es", "fr", "de", "pt", "tr", "ja"])
"""Languages whose numbers num2words writes in words that one reading fits."""


def _width(text: str) -> str:
    # An accent that stands alone would be taken apart into a blank and a combining sign.
    alone = (" " if unicodedata.category(sign) == "Sk" else sign for sign in text.translate(_APOSTROPHES))
    return unicodedata.normalize("NFKC", "".join(alone))


def _without_blanks(text: str) -> str:
    return _BLANK_BETWEEN.sub("", text)


def _turkish_case(text: str) -> str:
    return text.replace("İ", "i").replace("I", "ı").lower()


def _arabic(text: str) -> str:
    return _ARABIC_MARKS.sub("", text).translate(_ARABIC_LETTERS)


def _persian(text: str) -> str:
    return _ARABIC_MARKS.sub("", text).translate(_PERSIAN_LETTERS)


def _hindi(text: str) -> str:
    return _NASALS.sub("ं", unicodedata.normalize("NFC", text).translate(_JOINERS))


def _characters(text: str) -> str:
    text = _FIRST.sub(lambda sign: "" if unicodedata.category(sign[0])[0] == "M" else sign[0], text)
    words = (word.strip("'") for word in _UNSPACED.sub(r" \1 ", text).split())
    return " ".join(word for word in words if any(map(str.isalnum, word)) or _UNSPACED.match(word))


def numbers_of(language: str) -> Rule:
    """Return a rule that writes the numbers of a language one way: in words, or else as digits without separators."""
    group, point = number_separators(language)
    groups = re.escape(group) if group in ".," else "\\s\u00a0\u202f"
    grouped = re.compile(rf"(?<!\d)\d{{1,3}}(?:[{groups}]\d{{2,3}})*[{groups}]\d{{3}}(?!\d)")
    number = re.compile(rf"\d+(?:[{re.escape(point)}]\d+)?")
    separators = re.compile(f"[{groups}]")

    def rule(text: str) -> str:
        if not any(map(str.isdigit, text)):
            return text
        text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
        text = grouped.sub(lambda match: separators.sub("", match[0]), text)
        return number.sub(lambda match: f" {_in_words(match[0].replace(point, '.'), language)} ", text)

    return rule


@cache
def _in_words(number: str, language: str) -> str:
    if language not in SPELLED or len(number) > 18 or (number[0] == "0" and number[1:2] not in ("", ".")):
        return number
    from num2words import num2words

    if language == "ja":
        return "点".join(str(num2words(int(part), lang="ja")) for part in number.split("."))
    return str(num2words(float(number) if "." in number else int(number), lang=language)).casefold().replace("-", " ")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def steps_of(language: str) -> tuple[Step, ...]:
    """Return the steps of a language's normaliser."""
    fold = _turkish_case if language == "tr" else _fold
    letters: dict[str, tuple[str, Callable[[str], str]]] = {
        "ar": ("vowel signs go, hamza, alif maqsura and ta marbuta are written one way", _arabic),
        "fa": ("vowel signs and joiners go, yeh and kaf are Persian", _persian),
        "hi": ("a nasal before its consonant becomes anusvara, joiners go", _hindi),
    }
    steps = [
        step("markers", 1, "marks of transcribers go: [noise], <unk>, SPEAKER_00:; ((word)) stays", remove_marks()),
        step("width", 1, "full and half width, ligatures and compatibility forms are one", _width),
        step("case", 1, "capital letters become small ones, as the language has them", fold),
    ]
    if language in CHARACTERS:
        steps.append(step("blanks", 1, "a blank between characters means nothing", _without_blanks))
    if language in letters:
        steps.append(step("letters", 1, *letters[language]))
    steps.append(
        Step(
            "numbers",
            1,
            "separators of numbers go; numbers in words where they are known",
            lambda: numbers_of(language),
        )
    )
    steps.append(step("punctuation", 1, "what is neither letter nor number becomes a space", words_only))
    if language in CHARACTERS:
        steps.append(step("characters", 1, "each character of a script without blanks is counted", _characters))
    return tuple(steps)


CHARACTERS = ("zh", "yue", "ja", "th", "lo", "km", "my", "bo")
"""Languages that are counted in characters."""
WORDS = ("es", "fr", "de", "pt", "hi", "ar", "fa", "tr", "sw")
"""Languages with rules of their own that are counted in words."""
