"""When each word of a transcript was said, as far as an engine says it: kept among the numbers that it reports.

Word number ``n`` of the text, split at white space, has ``word_start_s.n`` and ``word_end_s.n``: seconds from the beginning of the utterance.

>>> times(as_numbers([(0.1, 0.4), (0.5, 0.9)]))
[(0.1, 0.4), (0.5, 0.9)]
>>> times({"avg_logprob": -0.2})
[]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

START, END = "word_start_s.", "word_end_s."


def as_numbers(spans: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return the times of all words of a text as further numbers of its transcript."""
    return {
        f"{prefix}{place}": round(float(second), 3)
        for place, span in enumerate(spans)
        for prefix, second in zip((START, END), span, strict=True)
    }


def times(numbers: Mapping[str, float], prefix: str = "") -> list[tuple[float, float]]:
    """Return start and end of every word in seconds; empty where the numbers hold none, or not those of every word."""
    spans: list[tuple[float, float]] = []
    while (start := numbers.get(f"{prefix}{START}{len(spans)}")) is not None:
        end = numbers.get(f"{prefix}{END}{len(spans)}")
        if end is None:
            return []
        spans.append((start, end))
    return spans


def is_word_time(name: str) -> bool:
    """Return whether a number of this name is the time of a word."""
    return name.startswith((START, END))
