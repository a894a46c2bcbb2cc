"""References that are odd by themselves: without words, too fast or slow, digits among words, another script."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from workbench.corpora.review.finding import Found
from workbench.corpora.review.signs import odd_signs
from workbench.files.problems import shown
from workbench.text.languages import language_of

FASTEST = 7.0
"""Words per second that nobody says: conversation has 3.5, the fastest speech measured in it 5 to 6.

Source: Tauroza and Allison (1990), Applied Linguistics 11(1): 210 words a minute in conversation, above 260 is fast."""
SLOWEST = 0.25
"""Words per second below which most of a recording is something else, or its text is not whole."""
LONG_S = 8.0
"""Seconds from which few words are odd: a single word between pauses is not."""
_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(
    r"\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(thir|four|fif|six|seven|eigh|nine)teen"
    r"|(twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million)\b",
    re.IGNORECASE,
)
_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "IDEOGRAPHIC": "CJK"}
_SIGNS = ("MICRO SIGN", "OHM SIGN", "FEMININE ORDINAL", "MASCULINE ORDINAL")
"""Signs of no language's own that Unicode counts among the letters."""


def odd_texts(utterances: pd.DataFrame, *, language: str) -> Iterator[Found]:
    """Yield every reference (UTTERANCES: utterance_id, reference, duration_s) that one of the checks finds odd.

    An empty one is silence on purpose: a manifest that does not say so has no such row.
    """
    utterances = utterances[utterances["reference"] != ""]
    ids, texts = utterances["utterance_id"].tolist(), utterances["reference"].tolist()
    yield from _without_words(ids, texts)
    if language_of(language).unit == "word":
        yield from _speed(ids, texts, utterances["duration_s"].tolist())
    if language_of(language).tag == "en":
        yield from _digits(ids, texts)
    yield from _scripts(ids, texts)
    yield from odd_signs(ids, texts)


def _without_words(ids: Iterable[str], texts: Iterable[str]) -> Iterator[Found]:
    for utterance_id, text in zip(ids, texts, strict=True):
        if not any(sign.isalnum() for sign in text):
            yield Found(utterance_id, "no words", f"{shown(text)} holds no letter and no digit")


def _speed(ids: Iterable[str], texts: Iterable[str], seconds: Iterable[float]) -> Iterator[Found]:
    for utterance_id, text, length_s in zip(ids, texts, seconds, strict=True):
        words = sum(any(sign.isalnum() for sign in word) for word in text.split())
        if not words or not length_s > 0:
            continue
        per_s = words / length_s
        sentence = f"{words} {'word' if words == 1 else 'words'} in {length_s:.1f} s"
        if per_s > FASTEST and words > 3:
            yield Found(utterance_id, "too many words", f"{sentence}: {per_s:.1f} a second, faster than anybody speaks")
        elif per_s < SLOWEST and length_s >= LONG_S:
            yield Found(utterance_id, "too few words", f"{sentence}: {per_s:.2f} a second")


def _digits(ids: list[str], texts: list[str]) -> Iterator[Found]:
    """Yield references that write numbers in the way that is rarer in this corpus."""
    digits = [bool(_DIGIT.search(text)) for text in texts]
    words = [bool(_NUMBERS.search(text)) for text in texts]
    if not any(digits) or not any(words):
        return
    rarer, kind, other = (digits, "digits", "words") if sum(digits) <= sum(words) else (words, "words", "digits")
    detail = f"numbers as {kind}; {sum(words if rarer is digits else digits)} references write them as {other}"
    for utterance_id, is_rarer in zip(ids, rarer, strict=True):
        if is_rarer:
            yield Found(utterance_id, "digits and words", detail)


def script_of(sign: str) -> str:
    """Return the script of a letter by its Unicode name: LATIN, CYRILLIC, ARABIC ...; ``""`` for what is no letter.

    Chinese characters and kana, which Japanese mixes, are one (CJK); full-width Latin is Latin.

    >>> script_of("a"), script_of("\\u0430"), script_of("7")
    ('LATIN', 'CYRILLIC', '')
    """
    if unicodedata.name(sign, "").startswith(_SIGNS):
        return ""
    plain = unicodedata.normalize("NFKC", sign)[:1]
    if not plain or unicodedata.category(plain) not in ("Ll", "Lu", "Lt", "Lo"):
        return ""
    first = unicodedata.name(plain, "").split(" ")[0].split("-")[0]
    return _ONE_SCRIPT.get(first, first)


def _scripts(ids: list[str], texts: list[str]) -> Iterator[Found]:
    """Yield references with a letter of a script that is not the corpus's commonest."""
    letters = Counter(sign for text in texts for sign in text)
    scripts = {sign: script for sign in letters if (script := script_of(sign))}
    totals: Counter[str] = Counter()
    for sign, script in scripts.items():
        totals[script] += letters[sign]
    if len(totals) < 2:
        return
    usual = totals.most_common(1)[0][0]
    strange = {sign: script for sign, script in scripts.items() if script != usual}
    for utterance_id, text in zip(ids, texts, strict=True):
        results = [sign for sign in dict.fromkeys(text) if sign in strange]
        if results:
            named = ", ".join(f"{sign} ({strange[sign].title()})" for sign in results[:5])
            yield Found(utterance_id, "another script", f"the corpus is in {usual.title()}, here stands {named}")
