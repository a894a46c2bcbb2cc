"""What a bundle does not pass on: words that may tell who spoke or of whom, blanked in both texts after everything was counted.

- ``numbers``: figures and number words.
- ``names``: words with a capital letter that do not begin a sentence, in either text, and the same words wherever else they stand in
  that utterance. A name that is written small, or stands first only, is missed: read the texts before they leave the house.
- ``all``: every text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from workbench.errors import CardError, choices
from workbench.text.keyword_lists import shipped_keywords

KINDS = ("names", "numbers", "all")
BLANK = "▮"
TEXTS = ("reference_raw", "hypothesis_raw")
NORMALISED = ("reference", "hypothesis")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
FIGURES = re.compile(r"\d[\d.,:/]*\d|\d")
FIRST = re.compile(r"(?:^|[.!?…]\s+|[\"“‘(]\s*)$")
"""What stands before a word that begins a sentence."""
PRONOUN = re.compile(r"I(?:['’](?:m|d|ve|ll))?")
LEAST_SMALL = 0.2
"""A text in which fewer of the words begin with a small letter tells no names by their capitals."""


def kinds_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of words to blank, from texts such as ``names,numbers``.

    Raises
    ------
    CardError : an unknown kind
    """
    given = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    for name in given:
        if name not in KINDS:
            raise CardError(f"cannot redact {name!r}", place="--redact", remedy=choices(name, KINDS))
    return tuple(name for name in KINDS if name in given)


def redacted(scores: pd.DataFrame, kinds: Sequence[str]) -> tuple[pd.DataFrame, pd.Series[bool]]:
    """Return SCORES with these words blanked in every text, and which rows were changed; counts stay as they were.

    Raises
    ------
    CardError : names in texts without small and capital letters
    """
    if not kinds:
        return scores, pd.Series(False, index=scores.index)
    if "names" in kinds and "all" not in kinds:
        _refuse_texts_without_case(scores["reference_raw"])
    lines = [_line(texts, kinds) for texts in zip(*[scores[name].tolist() for name in TEXTS], strict=True)]
    columns = {
        name: pd.Series([line[at] for line in lines], index=scores.index, dtype="str") for at, name in enumerate(TEXTS)
    }
    frame = scores.assign(**columns)
    changed = pd.Series(False, index=scores.index)
    for name in TEXTS:
        changed |= frame[name].fillna("\0") != scores[name].fillna("\0")
    for name in NORMALISED:  # made from the texts: nothing of them is left where one was changed
        frame[name] = frame[name].mask(changed & frame[name].notna(), BLANK)
    return frame, changed


def _line(texts: Sequence[object], kinds: Sequence[str]) -> tuple[str | None, ...]:
    """Return the texts of one row; a missing one, of a failed decoding, stays missing."""
    told = [text if isinstance(text, str) else None for text in texts]
    if "all" in kinds:
        return tuple(None if text is None else BLANK if text else "" for text in told)
    words = _names([text for text in told if text]) if "names" in kinds else set()
    if "numbers" in kinds:
        words |= NUMBER_WORDS
    return tuple(None if text is None else _blanked(text, words, numbers="numbers" in kinds) for text in told)


def _blanked(text: str, words: set[str], *, numbers: bool) -> str:
    text = WORD.sub(lambda match: BLANK if _bare(match[0]) in words else match[0], text)
    return FIGURES.sub(BLANK, text) if numbers else text


def _names(texts: Sequence[str]) -> set[str]:
    """Return the words that are written with a capital letter inside a sentence of one of the texts."""
    return {
        _bare(match[0])
        for text in texts
        for match in WORD.finditer(text)
        if match[0][0].isupper() and not PRONOUN.fullmatch(match[0]) and not FIRST.search(text[: match.start()])
    }


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word.casefold())


NUMBER_WORDS = {_bare(word) for term in shipped_keywords()["numbers"] for word in term.split()}


def _refuse_texts_without_case(references: pd.Series[str]) -> None:
    words = [match[0] for text in references.dropna().head(2000) for match in WORD.finditer(str(text))]
    capital = sum(word[0].isupper() for word in words)
    if words and (capital == 0 or capital > (1 - LEAST_SMALL) * len(words)):
        raise CardError(
            "names are found by their capital letters, and these references do not tell small from capital",
            place="--redact names",
            remedy="use --redact all",
        )
