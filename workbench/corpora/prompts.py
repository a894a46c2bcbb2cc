"""Which utterances say the same thing."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pandas as pd

_CHUNK = 100_000
"""Texts at a time, so that millions are never millions of objects."""
_NOT_WORD = re.compile(r"[^\w']+|_+")
_NOT_WORD_ASCII = r"[^A-Za-z0-9_']+|_+"


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
    return pd.Series([_hashed(words) for words in _words(texts)], dtype="str")


def _words(texts: pd.Series[str]) -> list[str]:
    """Return what of each text counts; ASCII texts all at once, with the same result."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pa.array(texts, type=pa.large_string())
    simple = pc.string_is_ascii(given).to_numpy(zero_copy_only=False)
    plain = pc.ascii_trim_whitespace(pc.replace_substring_regex(pc.ascii_lower(given), _NOT_WORD_ASCII, " "))
    quick = plain.to_pylist()
    return [
        words if ascii_only and words else _plain(text)
        for text, words, ascii_only in zip(texts.tolist(), quick, simple.tolist(), strict=True)
    ]


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    return _NOT_WORD.sub(" ", plain).strip() or plain.strip()


def _hashed(words: str) -> str:
    return "p-" + hashlib.sha256(words.encode()).hexdigest()[:12]
