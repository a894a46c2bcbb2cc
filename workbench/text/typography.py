"""Typography: signs that look alike and are typed differently, written one way: ’ and ', – and -, what has no width."""

from __future__ import annotations

import re
import unicodedata

from workbench.text.basic import APOSTROPHES

_DASHES = "‐‑‒–—―−"
_QUOTES = "“”„‟«»″"
_TABLE = str.maketrans(
    {
        **dict.fromkeys(APOSTROPHES, "'"), **dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_QUOTES, '"'), "…": " ",
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad\u200e\u200f", None), **dict.fromkeys("\u00a0\u202f\u2009\u3000", " "),
    }
)  # fmt: skip
_TYPED = re.compile("[" + "".join(re.escape(chr(sign)) for sign in _TABLE if chr(sign) != "'") + "]")


def has_typography(text: str) -> bool:
    """Return whether a text has signs that :func:`plain_signs` writes another way.

    >>> has_typography("don’t"), has_typography("don't")
    (True, False)
    """
    return _TYPED.search(text) is not None


def plain_signs(text: str) -> str:
    """Return the text with apostrophes, quotes, dashes and blanks of one kind, and without signs of no width.

    >>> plain_signs("don’t – “now”")
    'don\\'t - "now"'
    """
    return unicodedata.normalize("NFC", text.translate(_TABLE)) if has_typography(text) else text
