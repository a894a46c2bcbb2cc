"""``basic``: case and punctuation, for any script.

In this order: canonical decomposition and case folding (Unicode's canonical caseless match); every apostrophe
(``' ’ ‘ ʼ ＇ ´`` and the grave accent) becomes ``'``; letters, combining marks and numbers stay; invisible format
characters go, except the zero width joiner and non-joiner, which some scripts spell with; **anything else becomes a
space**, so ``twenty-one`` is two words and ``3.5`` is two; an apostrophe stays inside a word (``don't``) and goes at its
ends (``'cause``, ``dogs'``); a word without a letter or number goes; canonical composition.
"""

from __future__ import annotations

import re
import unicodedata

from workbench.text.steps import step

APOSTROPHES = "'’‘ʼ＇´`"
_JOINERS = "\u200c\u200d"
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class _CharacterTable(dict[int, str | None]):
    """For ``str.translate``: what becomes of each code point, worked out when first met."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        result: str | None = " "
        if character in APOSTROPHES:
            result = "'"
        elif _VARIATION_SELECTORS.match(character):
            result = None
        elif category[0] in "LMN" or character in _JOINERS:
            result = character
        elif category == "Cf":
            result = None
        self[code] = result
        return result


_TABLE = _CharacterTable()


def fold_case(text: str) -> str:
    """Return the text without case, canonically decomposed."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())


def words_only(text: str) -> str:
    """Return the letters, marks and numbers of the text as words, canonically composed; apostrophes stay inside words."""
    spaced = text.translate(_TABLE).replace("''", "  ")
    words = (word.strip("'") for word in spaced.split())
    return unicodedata.normalize("NFC", " ".join(word for word in words if any(map(str.isalnum, word))))


CASE = step("case", 1, "capital letters become small ones", fold_case)
PUNCTUATION = step("punctuation", 1, "what is neither letter nor number becomes a space", words_only)
STEPS = (CASE, PUNCTUATION)
