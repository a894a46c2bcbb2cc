"""Keywords: the words whose loss does harm, by class, and how many of them a transcript has right.

A class is a list of words and phrases: numbers, negations, drugs, pronouns, slang, names. Lists ship for all but the last
(``keywords.toml``); names, and everything else that matters on the spot, come from the user as CSV with the columns
``class`` and ``term``.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError
from workbench.files import contents
from workbench.text.align import align_words
from workbench.text.normalise import Normaliser

NEGATION = "negation"
"""The class whose loss turns a sentence into its opposite; its additions are counted as well."""


@dataclass(frozen=True)
class Keywords:
    """Terms by class, as they are after normalisation. Frozen."""

    classes: Mapping[str, frozenset[tuple[str, ...]]]

    @classmethod
    def of(cls, classes: Mapping[str, Iterable[str]], normaliser: Normaliser) -> Keywords:
        """Return the keywords of these lists, put through the normaliser that the transcripts are scored under.

        Every alternative of a term that the normaliser knows is a term too (``can't``, ``cannot``).
        """
        return cls(
            {
                name: frozenset(words for term in terms if (words := tuple(normaliser(term).split())))
                for name, terms in classes.items()
            }
        )

    @cached_property
    def _by_first(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        result: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for name, terms in self.classes.items():
            for words in sorted(terms, key=lambda term: (-len(term), term)):
                result.setdefault(words[0], []).append((name, words))
        return result

    def places(self, words: Sequence[str]) -> list[tuple[str, int, int]]:
        """Return (class, first word, word after the last) of every term in a text; per class the longest, no overlap."""
        results = []
        taken: dict[str, int] = {}
        for place, word in enumerate(words):
            for name, term in self._by_first.get(word, ()):
                end = place + len(term)
                if place >= taken.get(name, 0) and tuple(words[place:end]) == term:
                    results.append((name, place, end))
                    taken[name] = end
        return results


def keyword_counts(references: Sequence[str], hypotheses: Sequence[str | None], keywords: Keywords) -> pd.DataFrame:
    """Return the keywords said, right and added in each pair of normalised texts.

    Parameters
    ----------
    references, hypotheses : as in SCORES; a missing hypothesis is a failed decode and has no row

    Returns
    -------
    One row per pair and class with anything to count: row (position of the pair), keyword_class, said (terms in the
    reference), right (all their words are hits), added (terms of the hypothesis that touch an error: for
    ``negation``, those nobody said).
    """
    rows: list[tuple[int, str, int, int, int]] = []
    counted: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        if not isinstance(hypothesis, str):
            continue
        if (reference, hypothesis) not in counted:
            counted[reference, hypothesis] = _counts(reference, hypothesis, keywords)
        rows += [(row, name, n[0], n[1], n[2]) for name, n in counted[reference, hypothesis].items()]
    frame = pd.DataFrame(rows, columns=["row", "keyword_class", "said", "right", "added"])
    return frame.astype({"row": "int64", "keyword_class": "str", "said": "int64", "right": "int64", "added": "int64"})


def _counts(reference: str, hypothesis: str, keywords: Keywords) -> dict[str, list[int]]:
    text, heard = reference.split(), hypothesis.split()
    wanted, offered = keywords.places(text), keywords.places(heard)
    counts: dict[str, list[int]] = {}
    if not wanted and not offered:
        return counts
    words = align_words(reference, hypothesis)
    hit = [word.op == "hit" for word in words if word.reference]
    true = [word.op == "hit" for word in words if word.hypothesis]
    for name, start, end in wanted:
        tally = counts.setdefault(name, [0, 0, 0])
        tally[0] += 1
        tally[1] += all(hit[start:end])
    for name, start, end in offered:
        tally = counts.setdefault(name, [0, 0, 0])
        tally[2] += not all(true[start:end])
    return counts


@cache
def shipped_keywords() -> Mapping[str, tuple[str, ...]]:
    """Return the lists that ship with the workbench (``keywords.toml``), by class."""
    fields = tomllib.loads(Path(__file__).with_name("keywords.toml").read_text(encoding="utf-8"))
    return {name: tuple(terms) for name, terms in fields.items()}


def read_keywords(path: Path) -> dict[str, list[str]]:
    """Return the lists of a CSV file with the columns ``class`` and ``term``.

    Raises
    ------
    ScoringError : not UTF-8, a column is missing, or every row without class or term, at once
    """
    try:
        text = contents(path, called="keyword list", fails=ScoringError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScoringError(f"not UTF-8: {error}", place=str(path), remedy="save the file as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in ("class", "term") if name not in (reader.fieldnames or ())]
    if missing:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))}", place=str(path), remedy="the first line must be: class,term"
        )
    lists: dict[str, list[str]] = {}
    problems = []
    for row in reader:
        name, term = (row["class"] or "").strip(), (row["term"] or "").strip()
        if name and term:
            lists.setdefault(name, []).append(term)
        elif name or term:
            problems.append(f"line {reader.line_num}: no {'term' if name else 'class'}")
    if problems or not lists:
        raise ScoringError("; ".join(problems) or "no terms", place=str(path), remedy="one class,term per line")
    return lists
