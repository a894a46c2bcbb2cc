"""What every reader of a recogniser's file returns: segments of transcripts, with all that the file says of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "FULLWIDTH", "IDEOGRAPHIC")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was written, its times in seconds, and the recogniser's confidence in it (0 to 1)."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    confidence: float | None = None
    speaker: str = ""

    @property
    def middle_s(self) -> float | None:
        """Half way between the times; None where one of them is missing."""
        return None if self.start_s is None or self.end_s is None else (self.start_s + self.end_s) / 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a transcript. ``name`` is what the file calls the recording or utterance; ``also`` are its other names.

    ``text`` is None where the recogniser failed, and ``reason`` says why; ``""`` is silence. ``channel`` counts from 1.
    ``alternatives`` are the recogniser's next best texts, ``reference`` is there where the file holds what was said, too.
    ``own_spaces`` says that the texts bring the spaces between them.
    """

    name: str
    text: str | None
    start_s: float | None = None
    end_s: float | None = None
    channel: int | None = None
    speaker: str = ""
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    alternatives: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    reference: str | None = None
    reason: str = ""
    own_spaces: bool = False


def joined_text(segments: Sequence[Segment]) -> str | None:
    """Return the text of segments one after the other; None where all of them failed."""
    texts = [segment.text for segment in segments if segment.text is not None]
    if not texts:
        return None
    if all(segment.own_spaces for segment in segments):
        return " ".join("".join(texts).split())
    return join_texts(texts)


def join_texts(texts: Iterable[str]) -> str:
    """Return texts with a space between them, but none between two letters of a script that is written without."""
    whole = ""
    for text in (" ".join(text.split()) for text in texts):
        unspaced = whole and text and _is_unspaced(whole[-1]) and _is_unspaced(text[0])
        whole += text if unspaced or not whole or not text else f" {text}"
    return whole


def mean_confidence(segments: Sequence[Segment]) -> float | None:
    """Return the confidence of segments, weighted by their words; None where one has none."""
    weights = [len((segment.text or "").split()) for segment in segments]
    given = [segment.confidence for segment in segments]
    if not sum(weights) or any(value is None for value in given):
        return None
    return sum(weight * (value or 0.0) for weight, value in zip(weights, given, strict=True)) / sum(weights)


def _is_unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(_UNSPACED)
