"""Steps: what a normaliser is made of, each with a name, a version, and one sentence on what it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Rule = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a text. ``load`` returns the function; it is called once, when the step is first needed."""

    name: str
    version: int
    what: str
    load: Callable[[], Rule]

    @property
    def id(self) -> str:
        """Name and version, e.g. ``fillers-1``."""
        return f"{self.name}-{self.version}"


def step(name: str, version: int, what: str, rule: Rule) -> Step:
    """Return the step of a function that needs no loading."""
    return Step(name, version, what, lambda: rule)


def replace_words(replacements: Mapping[str, str]) -> Rule:
    """Return a rule that replaces whole words, and runs of words, by others; the longest run wins.

    The replacement of a word is not looked at again, so that no chain of replacements depends on their order.
    """
    if not replacements:
        return lambda text: text
    longest_first = sorted(replacements, key=lambda phrase: (-len(phrase), phrase))
    # A word ends where white space does: "o" is not found in "o'clock".
    pattern = re.compile(r"(?<!\S)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\S)")

    def rule(text: str) -> str:
        return pattern.sub(lambda found: replacements[found.group()], text)

    return rule


def remove_words(words: frozenset[str]) -> Rule:
    """Return a rule that removes whole words."""

    def rule(text: str) -> str:
        return " ".join(word for word in text.split() if word not in words)

    return rule
