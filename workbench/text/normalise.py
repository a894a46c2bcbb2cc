"""Normalisers: what is done to both texts before words are compared, each with a name, a version and its steps.

=================  ================================================================================================
``none``           Split at white space, nothing else: runs of white space become one space, the ends are trimmed.
``basic``          Case and punctuation, for any script (:mod:`workbench.text.basic`).
``whisper_en``     ``EnglishTextNormalizer`` of openai-whisper, unchanged (:mod:`workbench.text.whisper_english`).
``koenecke2020``   The cleaning of a published audit (:mod:`workbench.text.koenecke`).
``fair_en``        One English spelling for all, with alternatives (:mod:`workbench.text.fair_english`).
=================  ================================================================================================

A normaliser's id is its name and the version of its rules (``basic-1``). A change of rules is a new version: the
same id always gives the same text. Steps can be left out: ``fair_en?without=fillers,spelling``, which is then part of
name and id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import Protocol

from workbench.errors import ScoringError, choices
from workbench.text import basic, fair_english, koenecke, whisper_english
from workbench.text.alternatives import Alternatives, english_variants
from workbench.text.steps import Rule, Step

CACHED_TEXTS = 2**16
"""Texts that each normaliser remembers; older ones are forgotten, so memory stays bounded."""

ANY_LANGUAGE: tuple[str, ...] = ()
ENGLISH = ("en",)
ALTERNATIVES = "alternatives"
"""Left out as a step would be: only the reference's own spelling is then right."""
_WITHOUT = "?without="


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

    def __call__(self, text: str) -> str: ...


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
        whole: Callable[[], Rule] | None = None,
        left_out: tuple[str, ...] = (),
    ) -> None:
        self._base, self._version, self._variants, self._whole = name, version, variants, whole
        self._all = steps
        suffix = _WITHOUT + ",".join(left_out) if left_out else ""
        self.name = f"{name}{suffix}"
        self.id = f"{name}-{version}{suffix}"
        self.steps = tuple(step for step in steps if step.name not in left_out)
        self.languages = languages
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
        if ALTERNATIVES in self._left_out:
            return Alternatives()
        return Alternatives.of(self._variants(), rule=self)

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
        known = [*(step.name for step in self._all), *([ALTERNATIVES] if self.alternatives else [])]
        for name in names:
            if name not in known:
                raise ScoringError(f"{self._base} has no step {name!r}", remedy=choices(name, known))
        left_out = tuple(name for name in known if name in names)
        if not left_out:
            return self
        return CachedNormaliser(
            self._base, self._version, self._all, languages=self.languages, variants=self._variants,
            whole=self._whole, left_out=left_out,
        )  # fmt: skip

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
            CachedNormaliser("koenecke2020", 1, koenecke.STEPS, languages=ENGLISH),
            CachedNormaliser("fair_en", 1, fair_english.STEPS, languages=ENGLISH, variants=english_variants),
        )
    }
)
"""Every normaliser by name."""


def get_normaliser(name_or_id: str) -> CachedNormaliser:
    """Return the normaliser of this name (its newest version) or exact id, with ``?without=`` less some steps.

    Raises
    ------
    ScoringError : no normaliser of this name or id, or no such step; the message lists those there are

    >>> get_normaliser("basic").id
    'basic-1'
    >>> get_normaliser("basic-1")("“Don't,” said Zoë – twice!")
    "don't said zoë twice"
    >>> get_normaliser("fair_en?without=spelling").id
    'fair_en-1?without=spelling'
    """
    base, mark, steps = name_or_id.partition(_WITHOUT)
    for normaliser in NORMALISERS.values():
        if base in (normaliser.name, normaliser.id):
            return _without(normaliser.name, steps) if mark else normaliser
    known = [*NORMALISERS, *(normaliser.id for normaliser in NORMALISERS.values())]
    raise ScoringError(f"no normaliser {name_or_id!r}", remedy=choices(base, known))


@cache
def _without(name: str, steps: str) -> CachedNormaliser:
    return NORMALISERS[name].without(*(step.strip() for step in steps.split(",") if step.strip()))
