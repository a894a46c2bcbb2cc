"""An answer of a server that is a transcript, or why it is none."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engines.server_errors import flat

LONGEST_TEXT = 1_000_000
"""Characters; a day of speech has fewer."""


class UnreadableAnswerError(ValueError):
    """An answer that is no transcript, and why; ``words`` are the server's own, in which a key may stand.

    ``final``: it is an error message that asking again would only repeat.
    """

    def __init__(self, what: str, body: bytes = b"", *, words: str = "", final: bool = False) -> None:
        super().__init__(what)
        self.words = words or flat(body)
        self.final = final


@dataclass(frozen=True, slots=True)
class Answer:
    """The text as it came, without white space at its ends, with the confidence and the numbers that came with it."""

    text: str
    confidence: float | None
    extra: dict[str, float]


def usable_text(written: str) -> str:
    """Return a text without white space at its ends; raises :class:`UnreadableAnswerError` for what is no transcript."""
    text = written.strip()
    if len(text) > LONGEST_TEXT:
        raise UnreadableAnswerError(f"a text of {len(text):,} characters is no transcript")
    if "\0" in text or not _is_unicode(text):
        raise UnreadableAnswerError("the text is not Unicode (it holds a lone surrogate or a NUL)")
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
