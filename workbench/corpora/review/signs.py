"""Signs in references that nobody said: marks of transcribers, letters of another encoding, entities, words for nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from workbench.corpora.review.finding import Found
from workbench.files.problems import shown
from workbench.text.marks import find_marks

_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6}|#x[0-9a-fA-F]{1,5});")
_NOTHING = frozenset(["null", "nan", "n/a", "#n/a", "undefined"])
"""What programs write for no text. One word may have been said: a person decides."""
REPLACEMENT = "\ufffd"


def odd_signs(ids: Sequence[str], texts: Sequence[str]) -> Iterator[Found]:
    """Yield every reference with a sign that is no speech, one row per kind.

    Source: the marks of ``text.marks``; letters of another encoding as ftfy detects them (Speer 2019).
    """
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    for utterance_id, text in zip(ids, texts, strict=True):
        if not any(map(str.isalnum, text)):
            continue  # it has no words, which is said already
        marks = list(dict.fromkeys(find_marks(text)))
        if marks:
            named = ", ".join(f"{written} ({kind})" for kind, written in marks[:5])
            yield Found(utterance_id, "marks", f"{named}: some normalisers take it for words")
        if REPLACEMENT in text:
            yield Found(
                utterance_id, "lost letters", f"{shown(text)} holds U+FFFD: a letter was lost when the text was read"
            )
        elif is_bad(text) and fix_encoding(text) != text:
            fixed = fix_encoding(text)
            yield Found(
                utterance_id,
                "another encoding",
                f"{shown(text)} was read in a wrong encoding, it is {shown(fixed)}",
                fixed,
            )
        entities = list(dict.fromkeys(_ENTITY.findall(text)))
        if entities and html.unescape(text) != text:
            yield Found(utterance_id, "entities", f"{', '.join(entities[:5])} is no word", html.unescape(text))
        if text.strip().lower() in _NOTHING:
            yield Found(
                utterance_id, "word for nothing", f"{shown(text)} is what programs write where there is no text"
            )
