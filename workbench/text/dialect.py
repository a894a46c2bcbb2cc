"""Dialect: whether what speakers of a variety say is written as they say it, and what a normaliser charges them.

A **dialect lexicon** lists words and phrases of varieties of English with their standard counterparts
(``dialect_lexicon.toml``; anyone can write another). An occurrence in a reference is

- **kept** if the transcript has it,
- **erased** if the transcript has a standard counterpart in its place: the recogniser has put the speaker's words into
  somebody else's English,
- **lost** otherwise.

Erasure is measured on case-folded text without punctuation and without alternatives: a normaliser that forgives the
exchange would hide it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from workbench.errors import ScoringError
from workbench.files import contents
from workbench.files.toml import toml_fields
from workbench.text.align import align_words
from workbench.text.alternatives import Alternatives
from workbench.text.edit_counts import count_words
from workbench.text.normalise import Normaliser, get_normaliser

Kind = Literal["spelling", "word"]
_TABLES: dict[str, Kind] = {"spellings": "spelling", "words": "word"}
CARRIER = "you know {} is what they said"
"""The sentence in which a normaliser is asked what it makes of a word."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or phrase of a variety, and its standard counterparts."""

    token: str
    standard: tuple[str, ...]
    variety: str
    kind: Kind


@dataclass(frozen=True)
class Lexicon:
    """Words of varieties with their standard counterparts. Frozen."""

    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, path: Path) -> Lexicon:
        """Return the lexicon of a TOML file: ``[[varieties]]`` with ``name``, ``spellings`` and ``words``.

        Both are tables from a token to its standard counterparts. ``spellings`` write how a standard word is said
        (didnae), ``words`` are words and grammar of the variety's own (outwith, she be).

        Raises
        ------
        ScoringError : not TOML, or everything that is wrong with it at once
        """
        try:
            fields = toml_fields(contents(path, called="dialect lexicon", fails=ScoringError))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScoringError(f"not a TOML file: {error}", place=str(path)) from None
        varieties = fields.get("varieties", [])
        problems: list[str] = [] if varieties else ["no [[varieties]]"]
        entries = tuple(entry for n, variety in enumerate(varieties, 1) for entry in _entries(variety, n, problems))
        if problems:
            raise ScoringError(
                "; ".join(problems), place=str(path), remedy='write words = { outwith = ["outside"] } under a name'
            )
        return cls(entries)

    @cached_property
    def alternatives(self) -> Alternatives:
        """Each token with its counterparts, as classes."""
        return Alternatives.of([[entry.token, *entry.standard] for entry in self.entries])

    @cached_property
    def by_token(self) -> dict[str, Entry]:
        """Entries by token; a token of two varieties belongs to the first."""
        return {entry.token: entry for entry in reversed(self.entries)}


def _entries(variety: Any, number: int, problems: list[str]) -> Iterator[Entry]:
    """Yield the entries of one variety; what is wrong with it is added to ``problems``."""
    rule = get_normaliser("basic")
    name = variety.get("name") if isinstance(variety, dict) else None
    if not isinstance(name, str):
        problems.append(f"variety {number} has no name")
        return
    problems += [f"{name}: unknown field {field!r}" for field in variety if field not in ("name", *_TABLES)]
    for field, kind in _TABLES.items():
        for token, standard in dict(variety.get(field, {})).items():
            ways = tuple(rule(item) for item in standard) if _texts(standard) else ()
            if not rule(token) or not ways or not all(ways):
                problems.append(f"{name}: {token!r} needs a list of standard counterparts, not {standard!r}")
            else:
                yield Entry(rule(token), ways, name, kind)


@cache
def dialect_lexicon() -> Lexicon:
    """Return the lexicon that ships with the workbench."""
    return Lexicon.read(Path(__file__).with_name("dialect_lexicon.toml"))


def dialect_counts(
    references: Sequence[str], hypotheses: Sequence[str | None], lexicon: Lexicon | None = None
) -> pd.DataFrame:
    """Return, per pair of raw texts, dialect tokens said, kept, erased and lost; a failed decode has none.

    Columns ``dialect_tokens, kept, erased, lost`` over a fresh RangeIndex; kept + erased + lost = dialect_tokens.
    """
    lexicon = lexicon or dialect_lexicon()
    rule = get_normaliser("basic")
    counted: dict[tuple[str, str], tuple[int, int, int]] = {}
    rows = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        if not isinstance(hypothesis, str):
            rows.append((0, 0, 0))
            continue
        pair = (rule(reference), rule(hypothesis))
        if pair not in counted:
            counted[pair] = _counts(*pair, lexicon)
        rows.append(counted[pair])
    frame = pd.DataFrame(rows, columns=["dialect_tokens", "kept", "erased"], dtype="int64")
    return frame.assign(lost=frame["dialect_tokens"] - frame["kept"] - frame["erased"])


def _counts(reference: str, hypothesis: str, lexicon: Lexicon) -> tuple[int, int, int]:
    text = Counter(_tokens(reference.split(), lexicon))
    if not text:
        return 0, 0, 0
    erased = Counter(
        ours
        for ours, theirs in lexicon.alternatives.exchanged(reference, hypothesis)
        if ours in text and theirs in lexicon.by_token[ours].standard
    )
    erased &= text
    words = align_words(reference, hypothesis)
    hit = [word.op == "hit" for word in words if word.reference]
    kept = Counter[str]()
    for token, start in _places(reference.split(), lexicon):
        if all(hit[start : start + len(token.split())]):
            kept[token] += 1
    kept &= text - erased
    return text.total(), kept.total(), erased.total()


def _tokens(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    return [token for token, _ in _places(words, lexicon)]


def _places(words: Sequence[str], lexicon: Lexicon) -> list[tuple[str, int]]:
    """Return the tokens of the lexicon in a text with their first word, the longest at a place, without overlap."""
    longest = max((len(entry.token.split()) for entry in lexicon.entries), default=0)
    results: list[tuple[str, int]] = []
    place = 0
    while place < len(words):
        for n in range(min(longest, len(words) - place), 0, -1):
            token = " ".join(words[place : place + n])
            if token in lexicon.by_token:
                results.append((token, place))
                place += n - 1
                break
        place += 1
    return results


def normaliser_audit(normaliser: Normaliser, lexicon: Lexicon | None = None) -> pd.DataFrame:
    """Return what a normaliser charges speakers of each variety for being written as they speak.

    A spelling of the lexicon is put into a sentence as reference, its first standard counterpart into the same sentence
    as hypothesis, and the other way round: the same speech, written in two ways. Errors that remain after normalisation
    are charged to speakers of the variety. (Words of a variety's own are not asked about: there an error is one.)

    Returns
    -------
    One row per entry: variety, token, standard, errors_dialect_reference, errors_dialect_hypothesis
    """
    lexicon = lexicon or dialect_lexicon()
    rows = []
    for entry in (item for item in lexicon.entries if item.kind == "spelling"):
        dialect, standard = (normaliser(CARRIER.format(text)) for text in (entry.token, entry.standard[0]))
        rows.append(
            {
                "variety": entry.variety,
                "token": entry.token,
                "standard": entry.standard[0],
                "errors_dialect_reference": _errors(normaliser, dialect, standard),
                "errors_dialect_hypothesis": _errors(normaliser, standard, dialect),
            }
        )
    return pd.DataFrame(rows)


def _errors(normaliser: Normaliser, reference: str, hypothesis: str) -> int:
    return count_words(reference, normaliser.alternatives.as_written(reference, hypothesis)).errors


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)
