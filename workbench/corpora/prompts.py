"""Which utterances say the same thing."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pandas as pd

_NOT_WORD = re.compile(r"[^\w']+|_+")


def prompt_ids(references: pd.Series[str]) -> pd.Series[str]:
    """Return one prompt_id per reference: equal for texts that differ only in case, punctuation or white space.

    The id is ``p-`` and 12 hex digits of the SHA-256 of the text after Unicode NFKC, lower case, and every run of
    characters that are neither letters, digits nor apostrophes as one space. A text of nothing else keeps its own characters.
    """
    unique = references.unique()
    ids = {text: _prompt_id(text) for text in unique}
    return references.map(ids).astype("str")


def _prompt_id(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    words = _NOT_WORD.sub(" ", plain).strip() or plain.strip()
    return "p-" + hashlib.sha256(words.encode()).hexdigest()[:12]
