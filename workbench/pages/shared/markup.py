"""Text from files and messages, shown as it is."""

from __future__ import annotations

import re


def plain(text: object) -> str:
    """Return a text from a file or a message so that Markdown shows it as it is.

    >>> plain("a_b *c*")
    'a\\\\_b \\\\*c\\\\*'

    The colon of an address as well: in a link that Markdown finds by itself, escapes would show.
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$]|:(?=//))", r"\\\1", str(text)).replace("\n", "  \n")
