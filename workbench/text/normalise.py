"""Normalisers: what is done to both texts before words are compared, each with a name and a version.

=============  ====================================================================================================
``none``       Split at white space, nothing else: runs of white space become one space, the ends are trimmed.
``basic``      Case and punctuation, for any script. In this order: canonical decomposition and case folding
               (Unicode's canonical caseless match); every apostrophe (``' ’ ‘ ʼ ＇ ´`` and the grave accent) becomes
               ``'``; letters, combining marks and numbers stay; invisible format characters go, except the zero
               width joiner and non-joiner, which some scripts spell with; **anything else becomes a space**, so
               ``twenty-one`` is two words and ``3.5`` is two; an apostrophe stays inside a word (``don't``) and goes
               at its ends (``'cause``, ``dogs'``); a word without a letter or number goes; canonical composition.
``whisper_en`` ``EnglishTextNormalizer`` of openai-whisper, unchanged. It writes numbers as digits and spells the
               American way, drops um/uh/mm/hmm/mhm but keeps er/erm, and turns ``...`` into ``.``, **which counts as a
               word**: it is left so, because published figures hold it (without it 32 of the 49 EdAcc word error
               rates in the tests would differ).
=============  ====================================================================================================

A normaliser's id is its name and the version of its rules (``basic-1``). A change of rules is a new version: the
same id always gives the same text.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from workbench.errors import ScoringError, choices

CACHED_TEXTS = 2**16
"""Texts that each normaliser remembers; older ones are forgotten, so memory stays bounded."""


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

    def __call__(self, text: str) -> str: ...


class CachedNormaliser:
    """A normaliser from a function; the rules are loaded at the first text, and each text is normalised once."""

    def __init__(self, name: str, version: int, load: Callable[[], Callable[[str], str]]) -> None:
        self.name = name
        self.id = f"{name}-{version}"
        self._load = cache(load)
        self._remembered = lru_cache(maxsize=CACHED_TEXTS)(self._apply)

    def _apply(self, text: str) -> str:
        return " ".join(self._load()(text).split())

    def __call__(self, text: str) -> str:
        return self._remembered(text)

    def __repr__(self) -> str:
        return f"<normaliser {self.id}>"


# -- basic ------------------------------------------------------------------------------------------------------------

_APOSTROPHES = "'’‘ʼ＇´`"
_JOINERS = "\u200c\u200d"
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class _CharacterTable(dict[int, str | None]):
    """For ``str.translate``: what becomes of each code point under ``basic``, worked out when first met."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        result: str | None = " "
        if character in _APOSTROPHES:
            result = "'"
        elif _VARIATION_SELECTORS.match(character):
            result = None
        elif category[0] in "LMN" or character in _JOINERS:
            result = character
        elif category == "Cf":
            result = None
        self[code] = result
        return result


_TABLE = _CharacterTable()


def _basic(text: str) -> str:
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    spaced = folded.translate(_TABLE).replace("''", "  ")
    words = (word.strip("'") for word in spaced.split())
    return unicodedata.normalize("NFC", " ".join(word for word in words if any(map(str.isalnum, word))))


# -- whisper_en -------------------------------------------------------------------------------------------------------


def _load_whisper_english() -> Callable[[str], str]:
    """Return openai-whisper's English normaliser without running ``whisper/__init__``, which imports torch (seconds)."""
    private_name = "_workbench_whisper_normalizers"
    package = importlib.util.find_spec("whisper")
    if package is None or not package.submodule_search_locations:
        raise ScoringError(
            "the normaliser 'whisper_en' needs the package openai-whisper, which is not installed",
            remedy="install the requirements, or use the normaliser 'basic'",
        )
    folder = Path(package.submodule_search_locations[0]) / "normalizers"
    spec = importlib.util.spec_from_file_location(
        private_name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ScoringError("openai-whisper is installed but its normalisers are not", place=str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[private_name] = module
    spec.loader.exec_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its spelling map to be closed later
        return cast("Callable[[str], str]", module.EnglishTextNormalizer())


# -- the list ---------------------------------------------------------------------------------------------------------

NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(
    {
        normaliser.name: normaliser
        for normaliser in (
            CachedNormaliser("none", 1, lambda: lambda text: text),
            CachedNormaliser("basic", 1, lambda: _basic),
            CachedNormaliser("whisper_en", 1, _load_whisper_english),
        )
    }
)
"""Every normaliser by name."""


def get_normaliser(name_or_id: str) -> Normaliser:
    """Return the normaliser of this name (its newest version) or exact id.

    Raises
    ------
    ScoringError : no normaliser of this name or id; the message lists those there are

    >>> get_normaliser("basic").id
    'basic-1'
    >>> get_normaliser("basic-1")("“Don't,” said Zoë – twice!")
    "don't said zoë twice"
    """
    for normaliser in NORMALISERS.values():
        if name_or_id in (normaliser.name, normaliser.id):
            return normaliser
    known = [*NORMALISERS, *(normaliser.id for normaliser in NORMALISERS.values())]
    raise ScoringError(f"no normaliser {name_or_id!r}", remedy=choices(name_or_id, known))
