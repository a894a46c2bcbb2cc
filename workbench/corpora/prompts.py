"""Which utterances say the same thing."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pandas as pd

_CHUNK = 100_000
"""Texts at a time, so that millions are never millions of objects."""
_NOT_WORD = re.compile(r"[^\w']+|_+")
_KEPT = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or code == ord("'") else ord(" ") for code in range(128)
) + bytes(128)
"""What becomes of each ASCII byte: a letter is made small, a digit or apostrophe stays, all else is a space."""


def prompt_ids(references: pd.Series[str]) -> pd.Series[str]:
    """Return one prompt_id per reference: equal for texts that differ only in case, punctuation or white space.

    The id is ``p-`` and 12 hex digits of the SHA-256 of the text after Unicode NFKC, lower case, and every run of
    characters that are neither letters, digits nor apostrophes as one space. A text of nothing else keeps its own characters.
    """
    codes, unique = pd.factorize(references, use_na_sentinel=False)  # a missing text fails loudly
    texts = pd.Series(unique, dtype="str")
    parts = [_ids(texts.iloc[begin : begin + _CHUNK]) for begin in range(0, len(texts), _CHUNK)] or [_ids(texts)]
    ids = pd.concat(parts, ignore_index=True).array
    return pd.Series(ids.take(codes), index=references.index, name=references.name)


def _ids(texts: pd.Series[str]) -> pd.Series[str]:
    return pd.Series(["p-" + hashlib.sha256(_words(text)).hexdigest()[:12] for text in texts.tolist()], dtype="str")


def _words(text: str) -> bytes:
    """Return what of a text counts; plain ASCII the quick way, with the same result."""
    if text.isascii() and "_" not in text:  # a run of underscores is a space of its own
        return b" ".join(text.encode().translate(_KEPT).split()) or text.strip().encode()
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    return (_NOT_WORD.sub(" ", plain).strip() or plain.strip()).encode()
