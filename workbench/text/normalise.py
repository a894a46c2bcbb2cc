"""Normalisers: what is done to both texts before words are compared, each with a name, a version and its steps.

=================  ================================================================================================
``none``           Split at white space, nothing else: runs of white space become one space, the ends are trimmed.
``basic``          Case and punctuation, for any script (:mod:`workbench.text.basic`).
``whisper_en``     ``EnglishTextNormalizer`` of openai-whisper, unchanged (:mod:`workbench.text.whisper_english`).
``koenecke2020``   The cleaning of a published audit (:mod:`workbench.text.koenecke`).
``basic_xx``       ``basic`` as the language xx has it, and its unit (:mod:`workbench.text.language_rules`).
``fair_en``        One English spelling for all, with alternatives (:mod:`workbench.text.fair_english`).
=================  ================================================================================================

A normaliser's id is its name and the version of its rules (``basic-1``). A change of rules is a new version: the
same id always gives the same text. Steps can be left out: ``fair_en?without=fillers,spelling``, which is then part of
name and id. Lists of one's own of what may be written in several ways (``alternatives.read_variants``; one per accent, say) are
added with ``fair_en?variants=scottish.toml,indian.toml``; the id has their digest. They hold for everybody's words: a list
for one group only would count the same words as errors of the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from workbench.errors import ScoringError, choices
from workbench.text import basic, fair_english, koenecke, whisper_english
from workbench.text.alternatives import JOINED, Alternatives, english_variants, read_variants
from workbench.text.language_rules import CHARACTERS, WORDS, steps_of
from workbench.text.steps import Rule, Step, step

CACHED_TEXTS = 2**16
"""Texts that each normaliser remembers; older ones are forgotten, so memory stays bounded."""

ANY_LANGUAGE: tuple[str, ...] = ()
ENGLISH = ("en",)
Unit = Literal["word", "character", "mixed"]
"""What is counted; mixed: each character of a script without blanks between words, and the words of other scripts."""
ALTERNATIVES = "alternatives"
"""Left out as a step would be: only the reference's own spelling is then right."""
_WITHOUT, _VARIANTS, _UNIT = "without=", "variants=", "unit="


class Normaliser(Protocol):
    """Text in, normalised text out: words separated by single spaces. Total: never raises on any text."""

    @property
    def id(self) -> str:
        """Name and version of the rules, e.g. ``basic-1``."""
        ...

    @property
    def name(self) -> str:
        """Name without the version, e.g. ``basic``."""
        ...

    @property
    def steps(self) -> tuple[Step, ...]:
        """What it does, in order."""
        ...

    @property
    def alternatives(self) -> Alternatives:
        """What may be written in several ways after normalisation; empty for most."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that its rules are for; empty if for any."""
        ...

    @property
    def unit(self) -> Unit:
        """What is counted: words, characters, or both."""
        ...

    def __call__(self, text: str) -> str: ...


def _by_character(text: str) -> str:
    return " ".join("▁".join(text.split()))


BY_CHARACTER = step("characters", 1, "each character is counted, the blank between words too", _by_character)


def _and_unit(label: str) -> str:
    return f"{label}{'&' if '?' in label else '?'}{_UNIT}character"


def _query(options: list[str]) -> str:
    return "?" + "&".join(options) if options else ""


class VariantList(NamedTuple):
    """A list of one's own: the path as it was given, the name of the file with the digest of its classes, the classes."""

    path: str
    id: str
    classes: tuple[tuple[str, ...], ...]


class CachedNormaliser:
    """A normaliser from steps; rules are loaded at the first text, and each text is normalised once.

    ``whole`` loads one function that does what all steps together do.
    """

    def __init__(
        self,
        name: str,
        version: int,
        steps: tuple[Step, ...],
        *,
        languages: tuple[str, ...] = ANY_LANGUAGE,
        variants: Callable[[], tuple[tuple[str, ...], ...]] = tuple,
        relations: tuple[str, ...] = (),
        unit: Unit = "word",
        whole: Callable[[], Rule] | None = None,
        left_out: tuple[str, ...] = (),
        lists: tuple[VariantList, ...] = (),
    ) -> None:
        self._base, self._version, self._variants, self._whole = name, version, variants, whole
        self._all, self._lists, self._relations = steps, lists, relations
        less = [_WITHOUT + ",".join(left_out)] if left_out else []
        named = [_VARIANTS + ",".join(item.path for item in lists)] if lists else []
        exactly = [_VARIANTS + ",".join(item.id for item in lists)] if lists else []
        self.name = name + _query([*less, *named])
        self.id = f"{name}-{version}{_query([*less, *exactly])}"
        self.steps = tuple(step for step in steps if step.name not in left_out)
        self.languages, self.unit = languages, unit
        self._left_out = left_out
        self._remembered = lru_cache(maxsize=CACHED_TEXTS)(self._apply)

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        if self._whole is not None and len(self.steps) == len(self._all):
            return (self._whole(),)
        return tuple(step.load() for step in self.steps)

    @cached_property
    def alternatives(self) -> Alternatives:
        """What may be written in several ways, put through the same rules."""
        own = Alternatives()
        if ALTERNATIVES not in self._left_out:
            own = Alternatives.of(self._variants(), rule=self) | Alternatives(relations=frozenset(self._relations))
        return own | Alternatives.of([ways for item in self._lists for ways in item.classes], rule=self)

    @property
    def digest(self) -> str:
        """Digest over the steps with their versions and the alternatives."""
        parts = [self.id, *(step.id for step in self.steps), self.alternatives.digest]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()

    def without(self, *names: str) -> CachedNormaliser:
        """Return the normaliser without these steps (``alternatives``: without its alternatives).

        Raises
        ------
        ScoringError : it has no such step
        """
        step_names = [*(step.name for step in self._all), *([ALTERNATIVES] if self.alternatives else [])]
        for name in names:
            if name not in step_names:
                raise ScoringError(f"{self._base} has no step {name!r}", remedy=choices(name, step_names))
        left_out = tuple(name for name in step_names if name in names)
        if not left_out:
            return self
        return CachedNormaliser(
            self._base, self._version, self._all, languages=self.languages, variants=self._variants,
            relations=self._relations, unit=self.unit, whole=self._whole, left_out=left_out, lists=self._lists,
        )  # fmt: skip

    def with_lists(self, lists: tuple[VariantList, ...]) -> CachedNormaliser:
        """Return the normaliser with these lists of alternatives besides its own."""
        return CachedNormaliser(
            self._base, self._version, self._all, languages=self.languages, variants=self._variants,
            relations=self._relations, unit=self.unit, whole=self._whole, left_out=self._left_out, lists=lists,
        )  # fmt: skip

    def by_character(self) -> CachedNormaliser:
        """Return the normaliser whose words are single characters, a blank between words being one too (▁)."""
        made = CachedNormaliser(
            self._base, self._version, (*self._all, BY_CHARACTER), languages=self.languages, variants=self._variants,
            unit="character", whole=None, left_out=self._left_out, lists=self._lists,
        )  # fmt: skip
        made.name, made.id = (_and_unit(label) for label in (made.name, made.id))
        return made

    def _apply(self, text: str) -> str:
        for rule in self._rules:
            text = rule(text)
        return " ".join(text.split())

    def __call__(self, text: str) -> str:
        return self._remembered(text)

    def __repr__(self) -> str:
        return f"<normaliser {self.id}>"


NORMALISERS: Mapping[str, CachedNormaliser] = MappingProxyType(
    {
        normaliser.name: normaliser
        for normaliser in (
            CachedNormaliser("none", 1, ()),
            CachedNormaliser("basic", 1, basic.STEPS),
            CachedNormaliser("whisper_en", 1, whisper_english.STEPS, languages=ENGLISH, whole=whisper_english.whole),
            # The counting of the Open ASR Leaderboard in 2026: Whisper's rules, and words written as one are no error.
            CachedNormaliser(
                "openasr_2026",
                1,
                whisper_english.STEPS,
                languages=ENGLISH,
                relations=(JOINED,),
                whole=whisper_english.whole,
            ),
            CachedNormaliser("koenecke2020", 1, koenecke.STEPS, languages=ENGLISH),
            CachedNormaliser(
                "fair_en",
                2,
                fair_english.STEPS,
                languages=ENGLISH,
                variants=english_variants,
                relations=("english_numbers-1", JOINED),
            ),
            *(
                CachedNormaliser(f"basic_{tag}", 1, steps_of(tag), languages=(tag,), relations=(JOINED,))
                for tag in WORDS
            ),
            *(CachedNormaliser(f"basic_{tag}", 1, steps_of(tag), languages=(tag,), unit="mixed") for tag in CHARACTERS),
        )
    }
)
"""Every normaliser by name."""


_EXACTLY: dict[str, CachedNormaliser] = {}
"""Normalisers with lists of their own that were made in this process, by id: the id does not say where a list lies."""


def get_normaliser(name_or_id: str, *, base: Path | None = None) -> CachedNormaliser:
    """Return the normaliser of this name (its newest version) or exact id, less some steps, with lists of alternatives.

    ``base`` : the folder that the paths of lists are relative to; by default the working folder

    Raises
    ------
    ScoringError : no normaliser of this name or id, no such step, or a list that cannot be read

    >>> get_normaliser("basic").id
    'basic-1'
    >>> get_normaliser("basic-1")("“Don't,” said Zoë – twice!")
    "don't said zoë twice"
    >>> get_normaliser("fair_en?without=spelling").id
    'fair_en-2?without=spelling'
    """
    if name_or_id in _EXACTLY:
        return _EXACTLY[name_or_id]
    named, mark, query = name_or_id.partition("?")
    steps, lists, units = _options(name_or_id, query) if mark else ([], [], [])
    for normaliser in NORMALISERS.values():
        if named in (normaliser.name, normaliser.id):
            reduced = _without(normaliser.name, tuple(steps), bool(units))
            return _with_lists(reduced, tuple(lists), base or Path()) if lists else reduced
    name, _, version = named.rpartition("-")
    if name in NORMALISERS and version.isdecimal():
        raise ScoringError(
            f"the rules of {named!r} have changed since, {name} is {NORMALISERS[name].id} now",
            remedy=f"use {name!r}: figures made under {named} may differ",
        )
    raise ScoringError(f"no normaliser {name_or_id!r}", remedy=choices(named, NORMALISERS))


def _options(given: str, query: str) -> tuple[list[str], list[str], list[str]]:
    """Return the steps to leave out, the lists to add and the unit, if one is named."""
    result: dict[str, list[str]] = {_WITHOUT: [], _VARIANTS: [], _UNIT: []}
    for option in query.split("&"):
        key = next((key for key in result if option.startswith(key)), None)
        if key is None or (key == _UNIT and option != f"{_UNIT}character"):
            remedy = "write ?without=STEP,STEP or ?variants=FILE,FILE or ?unit=character, with & between them"
            raise ScoringError(f"{option!r} is no option of a normaliser", place=given, remedy=remedy)
        result[key] += [part.strip() for part in option.removeprefix(key).split(",") if part.strip()]
    return result[_WITHOUT], result[_VARIANTS], result[_UNIT]


@cache
def _without(name: str, steps: tuple[str, ...], by_character: bool) -> CachedNormaliser:
    reduced = NORMALISERS[name].without(*steps)
    return reduced.by_character() if by_character else reduced


def _with_lists(normaliser: CachedNormaliser, paths: tuple[str, ...], base: Path) -> CachedNormaliser:
    """Return the normaliser with the lists as the files are now; the same lists, the same object."""
    lists = []
    for path in paths:
        classes = tuple(tuple(ways) for ways in read_variants(base / path))
        digest = hashlib.blake2b(repr(sorted(map(sorted, classes))).encode(), digest_size=4).hexdigest()
        lists.append(VariantList(path, f"{Path(path).name}@{digest}", classes))
    made = normaliser.with_lists(tuple(lists))
    return _EXACTLY.setdefault(made.id, made)
