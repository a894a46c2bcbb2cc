"""Alternatives: what may be written in several ways, so that using another way than the reference is no error.

A **class** is a set of ways to write the same (``can't | cannot | can not``); a way is one or more words. Before words
are compared, the hypothesis is put into the reference's own ways wherever that lowers its errors
(:meth:`Alternatives.as_written`); what is counted and shown afterwards is that text. The reference, and with it the number of its words, never
changes, so that rates of different systems and conditions keep one denominator. Errors never rise, and are 0 if the
hypothesis can be had from the reference by exchanging ways.

Where the ways cannot be listed, a **relation** finds the spans of a text that mean something and says what; spans of both texts
that mean the same are ways of one class: numbers in words (``english_numbers``), and words written as one (``white paper |
whitepaper``, ``b b c | bbc``).

References may also carry alternatives of their own, in NIST's notation ``{ first / second / @ }``, ``@`` being nothing
at all; the first is what counts as written.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein

from workbench.errors import ScoringError
from workbench.files import contents
from workbench.files.toml import toml_fields
from workbench.text.english_numbers import numbers
from workbench.text.joins import NOTHING_JOINED, Sketch, merges, splits
from workbench.text.lattice import Exchange, Offer, exchanges

Way = tuple[str, ...]

_ALTERNATION = re.compile(r"\{[^{}]*/[^{}]*\}")
_OPTIONAL = re.compile(r"(?<!\S)\(([^()\s]+)\)(?=[\s.,;:?!]|$)")
_NOTATION = re.compile(r"[{}/]")


JOINED = "joined-1"
"""Name of the relation between a word and the words that it is made of."""
RELATIONS: Mapping[str, Callable[[Sequence[str]], Iterator[tuple[int, int, Key]]]] = {"english_numbers-1": numbers}
"""Relations by name and version: from words to spans (first word, the one behind the last) and what each means."""
Key = tuple[str, object]
"""What a span of words means, as far as spans are compared: its relation, and its value in it."""


class Spots(NamedTuple):
    """Where a text holds what may be written in several ways.

    ``ways``: where each way of a class begins, by the way's number; ``others``: the numbers of all that may stand in place of
    one of these; ``meanings``: of relations, where each way of each meaning begins; ``sketch``: what its words may be joined to.
    """

    ways: dict[int, list[int]]
    others: frozenset[int]
    meanings: dict[Key, dict[Way, list[int]]]
    sketch: Sketch


CACHED_TEXTS = 2**16
"""Texts whose spots are remembered; older ones are forgotten, so memory stays bounded."""


@dataclass(frozen=True)
class Alternatives:
    """Classes of equivalent ways to write something, and relations, by name. Frozen; order does not change the digest."""

    classes: tuple[tuple[Way, ...], ...] = ()
    relations: frozenset[str] = frozenset()

    @cached_property
    def _ways(self) -> tuple[Way, ...]:
        """Every way of every class, once: its place here is its number."""
        return tuple(dict.fromkeys(way for ways in self.classes for way in ways))

    @cached_property
    def _starts(self) -> dict[str, list[tuple[Way, int]]]:
        """The ways with their numbers, by their first word."""
        starts: dict[str, list[tuple[Way, int]]] = {}
        for number, way in enumerate(self._ways):
            starts.setdefault(way[0], []).append((way, number))
        return starts

    @cached_property
    def _others(self) -> tuple[frozenset[int], ...]:
        """For each way the numbers of those that stand in a class with it."""
        numbers = {way: number for number, way in enumerate(self._ways)}
        others: list[set[int]] = [set() for _ in self._ways]
        for ways in self.classes:
            members = {numbers[way] for way in ways}
            for number in members:
                others[number] |= members - {number}
        return tuple(map(frozenset, others))

    @cached_property
    def spots(self) -> Callable[[str], Spots]:
        """Return, for a text, where it holds what may be written in several ways."""
        return lru_cache(maxsize=CACHED_TEXTS)(self._spots)

    def _spots(self, text: str) -> Spots:
        words, starts = text.split(), self._starts
        ways: dict[int, list[int]] = {}
        for place, word in enumerate(words):
            for way, number in starts.get(word, ()):
                if len(way) == 1 or tuple(words[place : place + len(way)]) == way:
                    ways.setdefault(number, []).append(place)
        meanings: dict[Key, dict[Way, list[int]]] = {}
        for relation in self.relations & RELATIONS.keys():
            for start, end, key in RELATIONS[relation](words):
                meanings.setdefault(key, {}).setdefault(tuple(words[start:end]), []).append(start)
        others = frozenset().union(*(self._others[number] for number in ways))
        return Spots(ways, others, meanings, Sketch.of(words) if JOINED in self.relations else NOTHING_JOINED)

    def __bool__(self) -> bool:
        return bool(self.classes or self.relations)

    def __or__(self, other: Alternatives) -> Alternatives:
        return Alternatives((*self.classes, *other.classes), self.relations | other.relations)

    @classmethod
    def of(cls, classes: Iterable[Iterable[str]], *, rule: Callable[[str], str] = str) -> Alternatives:
        """Return the alternatives with these classes of texts, each text put through ``rule`` (a normaliser) first.

        A class in which fewer than two different ways are left is dropped: the normaliser makes them one already.
        """
        made = []
        for texts in classes:
            ways = tuple(dict.fromkeys(way for text in texts if (way := tuple(rule(text).split()))))
            if len(ways) > 1:
                made.append(ways)
        return cls(tuple(made))

    @property
    def digest(self) -> str:
        """Digest over the classes."""
        lines = sorted(" | ".join(sorted(" ".join(way) for way in ways)) for ways in self.classes)
        lines += sorted(self.relations)
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()

    def as_written(self, reference: str, hypothesis: str, *, own: Sequence[OwnWays] = ()) -> str:
        """Return the hypothesis in the reference's ways, wherever that lowers its errors.

        Parameters
        ----------
        reference, hypothesis : normalised texts
        own : alternatives of this reference alone, from :func:`read_alternation`

        >>> Alternatives.of([["okay", "ok"], ["gonna", "going to"]]).as_written("ok i am going to", "okay im gonna")
        'ok im going to'
        """
        chosen = self._chosen(reference, hypothesis, own)
        if not chosen:
            return hypothesis
        text, written = reference.split(), hypothesis.split()
        words: list[str] = []
        position = 0
        for exchange in chosen:
            words += written[position : exchange.begin] + text[exchange.start : exchange.end]
            position = exchange.finish
        return " ".join(words + written[position:])

    def exchanged(self, reference: str, hypothesis: str) -> tuple[tuple[str, str], ...]:
        """Return what ``as_written`` exchanges, in reading order: the reference's way and the hypothesis's.

        >>> Alternatives.of([["gonna", "going to"]]).exchanged("i am gonna go", "i am going to go")
        (('gonna', 'going to'),)
        """
        text, written = reference.split(), hypothesis.split()
        return tuple(
            (" ".join(text[item.start : item.end]), " ".join(written[item.begin : item.finish]))
            for item in self._chosen(reference, hypothesis, ())
        )

    def _chosen(self, reference: str, hypothesis: str, own: Sequence[OwnWays]) -> list[Exchange]:
        if reference == hypothesis:
            return []
        here, there = self.spots(reference), self.spots(hypothesis)
        # Most pairs of texts have nothing to exchange: that is seen before anything is compared.
        offers = list[Offer]()
        if not here.others.isdisjoint(there.ways):
            offers += self._class_offers(here, there)
        if here.meanings and there.meanings:
            offers += _meaning_offers(here, there)
        merged, split = here.sketch.may_merge_into(there.sketch), there.sketch.may_merge_into(here.sketch)
        if not (offers or own or merged or split):
            return []
        said, written = reference.split(), hypothesis.split()
        if own:
            offers += _own_offers(own, written)
        # A word and its parts are two errors at least.
        if (merged or split) and Levenshtein.distance(said, written, score_cutoff=1) > 1:
            offers += merges(said, written) if merged else ()
            offers += splits(said, written) if split else ()
        return exchanges(said, written, offers) if offers else []

    def _class_offers(self, here: Spots, there: Spots) -> Iterator[Offer]:
        """Yield where the reference (``here``) and the hypothesis have different ways of one class."""
        for number, starts in here.ways.items():
            for other in self._others[number] & there.ways.keys():
                lengths = len(self._ways[number]), len(self._ways[other])
                for start in starts:
                    yield Offer(start, start + lengths[0], lengths[1], there.ways[other])


def _meaning_offers(here: Spots, there: Spots) -> Iterator[Offer]:
    """Yield where the reference and the hypothesis mean the same in different words."""
    for key in here.meanings.keys() & there.meanings.keys():
        for way, starts in here.meanings[key].items():
            for way_there, begins in there.meanings[key].items():
                if way_there != way:
                    for start in starts:
                        yield Offer(start, start + len(way), len(way_there), begins)


@dataclass(frozen=True, slots=True)
class OwnWays:
    """Words ``start`` to ``end`` of one reference, and what else may stand in their place; an empty way is nothing."""

    start: int
    end: int
    ways: tuple[Way, ...]


def read_alternation(text: str, rule: Callable[[str], str]) -> tuple[str, tuple[OwnWays, ...]]:
    """Return a reference without NIST's notation for alternatives, normalised by ``rule``, and its own alternatives.

    ``{ a / b }`` is a or b, and may stand inside another; ``@`` is nothing at all. ``(word)`` may be there or not: it is
    no word of the reference, and a hypothesis that has it makes no error. A brace without a slash is left to the normaliser.

    Source: NIST SCTK, input formats: alternation, optionally deletable words.

    >>> read_alternation("I { did not / didn't / @ } know", str.lower)
    ('i did not know', (OwnWays(start=1, end=3, ways=(("didn't",), ())),))
    >>> read_alternation("I (really) know", str.lower)
    ('i know', (OwnWays(start=1, end=1, ways=(('really',),)),))
    """
    words: list[str] = []
    own: list[OwnWays] = []
    if not has_alternation(text):
        return rule(text), ()
    for part in _parts(_OPTIONAL.sub(r"{ @ / \1 }", text)):
        if isinstance(part, str):
            words += rule(part).split()
            continue
        first, *others = dict.fromkeys(way for parts in part for way in _ways(parts, rule))
        if others:
            own.append(OwnWays(len(words), len(words) + len(first), tuple(others)))
        words += first
    return " ".join(words), tuple(own)


Part = str | list[list["Part"]]
"""A piece of a text: words, or the alternatives of a brace, each of pieces."""


def _parts(text: str) -> list[Part]:
    """Return the pieces of a text; a brace that is not closed or has no slash is words."""
    stack: list[list[list[Part]]] = [[[]]]
    position = 0
    for sign in _NOTATION.finditer(text):
        literal = text[position : sign.start()]
        position = sign.end()
        if sign[0] == "/" and len(stack) == 1:
            literal += "/"
        stack[-1][-1].append(literal)
        if sign[0] == "{":
            stack.append([[]])
        elif sign[0] == "/" and len(stack) > 1:
            stack[-1].append([])
        elif sign[0] == "}" and len(stack) > 1:
            inside = stack.pop()
            stack[-1][-1] += [inside] if len(inside) > 1 else ["{", *inside[0], "}"]
        elif sign[0] == "}":
            stack[-1][-1].append("}")
    stack[-1][-1].append(text[position:])
    while len(stack) > 1:
        inside = stack.pop()
        stack[-1][-1].append("{")
        for number, parts in enumerate(inside):
            stack[-1][-1] += ["/", *parts] if number else parts
    return _merged(stack[0][0])


def _merged(parts: list[Part]) -> list[Part]:
    """Return the pieces with words side by side as one piece."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        else:
            merged.append(part)
    return merged


def _ways(parts: list[Part], rule: Callable[[str], str]) -> list[Way]:
    """Return the ways that an alternative can be written, those inside it multiplied out."""
    ways: list[Way] = [()]
    for part in _merged(parts):
        if isinstance(part, str):
            here: list[Way] = [() if part.strip() == "@" else tuple(rule(part).split())]
        else:
            here = [way for inside in part for way in _ways(inside, rule)]
        ways = [before + way for before in ways for way in here]
    return ways


def write_alternation(words: Sequence[str], own: Sequence[OwnWays]) -> str:
    """Return the words of a reference with its own alternatives in NIST's notation: what ``read_alternation`` reads."""
    written, position = [], 0
    for slot in own:
        ways = [tuple(words[slot.start : slot.end]), *slot.ways]
        written += [*words[position : slot.start], "{ " + " / ".join(" ".join(way) or "@" for way in ways) + " }"]
        position = slot.end
    return " ".join([*written, *words[position:]])


def has_alternation(text: str) -> bool:
    """Return whether a reference carries alternatives of its own, or words that may be there or not."""
    return ("{" in text and _ALTERNATION.search(text) is not None) or (
        "(" in text and _OPTIONAL.search(text) is not None
    )


def _own_offers(own: Sequence[OwnWays], written: Sequence[str]) -> Iterator[Offer]:
    for number, slot in enumerate(own):
        for way in slot.ways:
            last = len(written) - len(way)
            begins = [begin for begin in range(last + 1) if tuple(written[begin : begin + len(way)]) == way]
            yield Offer(slot.start, slot.end, len(way), begins, number)


# -- files ------------------------------------------------------------------------------------------------------------


def read_variants(path: Path) -> list[list[str]]:
    """Return the classes of a variants file (TOML): ``[[classes]]`` with ``ways``, lists of texts that are one thing.

    Raises
    ------
    ScoringError : not TOML, or every class that is not a list of two or more texts, at once
    """
    try:
        fields = toml_fields(contents(path, called="variants file", fails=ScoringError))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScoringError(f"not a TOML file: {error}", place=str(path), remedy="write [[classes]] with ways") from None
    return list(_classes(fields, path))


def _classes(fields: dict[str, Any], path: Path) -> Iterator[list[str]]:
    problems = [f"unknown field {name!r}" for name in fields if name != "classes"]
    groups = fields.get("classes", [])
    if not isinstance(groups, list):
        groups, problems = [], [*problems, "classes is not a list of tables"]
    good: list[list[str]] = []
    for number, group in enumerate(groups, start=1):
        ways = group.get("ways") if isinstance(group, dict) else None
        if not isinstance(ways, list) or not ways:
            problems.append(f"class {number} has no ways")
            continue
        for ways_of_one in ways:
            texts = ways_of_one if isinstance(ways_of_one, list) else []
            if len(texts) < 2 or not all(isinstance(text, str) and text.strip() for text in texts):
                problems.append(f"class {number}: {ways_of_one!r} is not a list of two or more texts")
            else:
                good.append(texts)
    if problems:
        raise ScoringError("; ".join(problems), place=str(path), remedy='write ways = [["okay", "ok"], ...]')
    yield from good


@cache
def english_variants() -> tuple[tuple[str, ...], ...]:
    """Return the classes that ship with the workbench (``english_variants.toml``), as texts."""
    return tuple(map(tuple, read_variants(Path(__file__).with_name("english_variants.toml"))))
