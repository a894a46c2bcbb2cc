"""Words written as one: ``white paper`` and ``whitepaper``, ``b b c`` and ``bbc``, in either of the two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from operator import add
from typing import NamedTuple

from workbench.text.lattice import Offer

MOST_PARTS = 3
"""Words that one word is made of; single letters (n a s a) may be any number."""
_LETTERS = re.compile(b"\x01" * (MOST_PARTS + 1) + b"+")
"""A run of single letters in a byte for each word, which is 1 for a letter."""


SKETCHED_WORDS = 400
"""Words of the longest text that has a sketch, so that many sketches stay small."""


class Sketch(NamedTuple):
    """Hashes of the words of a text, and of what words side by side make; None where every word may be made.

    Two texts without a common hash have no joins, which is seen at once; with one, they have some, or two words share a hash.
    """

    words: frozenset[int]
    joined: frozenset[int] | None

    @classmethod
    def of(cls, words: list[str]) -> Sketch:
        """Return the sketch of a text; none for a long one, and for runs of single letters, which make many words."""
        many = len(words) > SKETCHED_WORDS
        pairs = [*map(add, words, words[1:])]
        joined = (
            None if many or any(_letters(words)) else frozenset(map(hash, chain(pairs, map(add, pairs, words[2:]))))
        )
        return cls(frozenset() if many else frozenset(map(hash, words)), joined)

    def may_merge_into(self, other: Sketch) -> bool:
        """Return whether words of this text, written as one, may be a word of the other."""
        return self.joined is None or not other.words or not self.joined.isdisjoint(other.words)


NOTHING_JOINED = Sketch(frozenset([0]), frozenset())
"""Sketch of any text where words are not joined."""


def merges(said: list[str], written: list[str]) -> Iterator[Offer]:
    """Yield where several words of the reference, written as one, are a word of the hypothesis.

    >>> list(merges(["the", "white", "paper"], ["the", "whitepaper"]))
    [Offer(start=1, end=3, length=1, begins=[1], slot=0)]
    """
    for word, start, n_parts in _joined(said, frozenset(written)):
        yield Offer(start, start + n_parts, 1, [place for place, other in enumerate(written) if other == word])


def splits(said: list[str], written: list[str]) -> Iterator[Offer]:
    """Yield where several words of the hypothesis, written as one, are a word of the reference.

    >>> list(splits(["the", "whitepaper"], ["the", "white", "paper"]))
    [Offer(start=1, end=2, length=2, begins=[1], slot=0)]
    """
    places: dict[tuple[str, int], list[int]] = {}
    for word, begin, n_parts in _joined(written, frozenset(said)):
        places.setdefault((word, n_parts), []).append(begin)
    for (word, n_parts), begins in places.items():
        for start, other in enumerate(said):
            if other == word:
                yield Offer(start, start + 1, n_parts, begins)


def _joined(words: list[str], wanted: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the wanted words that words side by side make: the word, the first part and how many parts."""
    # Most texts have none: the sets are compared before the places are looked for.
    if not wanted.isdisjoint(map(add, words, words[1:])):
        for start, word in enumerate(map(add, words, words[1:])):
            if word in wanted:
                yield word, start, 2
    if not wanted.isdisjoint(map(add, map(add, words, words[1:]), words[2:])):
        for start in range(len(words) - 2):
            word = "".join(words[start : start + MOST_PARTS])
            if word in wanted:
                yield word, start, MOST_PARTS
    for run_start, run_end in _letters(words):
        for start in range(run_start, run_end - MOST_PARTS):
            for end in range(start + MOST_PARTS + 1, run_end + 1):
                word = "".join(words[start:end])
                if word in wanted:
                    yield word, start, end - start


def _letters(words: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the runs of more than three single letters: first word, and the one behind the last."""
    lengths = [*map(len, words)]
    if lengths.count(1) > MOST_PARTS:
        for run in _LETTERS.finditer(bytes(map((1).__eq__, lengths))):
            yield run.span()
