"""Search space: what ``--search`` texts span, and the condition at each of its points.

::

    "equip_pulse?frequency_hz=200..6000/log&rate_hz=0.5..8"     two numbers, the first at equal ratios
    "room@1..4>babble@1..4"                                     a chain, two severities
    "white_noise?snr_db=0,5,10"                                 one of three values

Each text is a technique. Two of them make a further one, a chain of both, where it has three parts or fewer: in the order given
unless only the other order is that of sound. Their parameters are the same dimensions alone and combined, so that what is
learned of one helps the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from workbench.conditions import Condition, parse_condition
from workbench.conditions.chain import Chain
from workbench.conditions.grammar import ARROW, PRESET
from workbench.conditions.parameters import is_text, number_text
from workbench.conditions.parser import kind_of
from workbench.errors import ConditionError, WorkbenchError

MOST_PARTS = 3
DIGITS = 3
"""Significant digits of the values that are tried: a condition that can be read and pasted."""
_HOW = "write a range (200..6000, 200..6000/log), a list (0,5,10), severities (room@1..4) or fixed values"
_RANGE = re.compile(r"(?P<low>[^/]+?)\.\.(?P<high>[^/]+?)(?:/(?P<scale>\w+))?")

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Dimension:
    """One number or choice that is searched over."""

    key: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[str, ...] = ()

    def at(self, share: float) -> Value:
        """Return the value at a share (0 to 1) of the way."""
        if self.choices:
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        if self.whole:
            return int(self.low + min(int(share * (self.high - self.low + 1)), self.high - self.low))
        value = self.low * (self.high / self.low) ** share if self.log else self.low + share * (self.high - self.low)
        return self.rounded(value)

    def rounded(self, value: float) -> float:
        """Return a value with few digits, within the range."""
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


@dataclass(frozen=True, slots=True)
class Technique:
    """A condition with open places: ``pattern`` is its text, in which ``{key}`` stands for each dimension."""

    name: str
    pattern: str
    dimensions: tuple[Dimension, ...]

    def condition(self, values: Mapping[str, Value]) -> Condition:
        """Return the condition at a point.

        Raises
        ------
        ConditionError : values that do not go together
        """
        texts = {
            item.key: value if isinstance(value := values[item.key], str) else number_text(value)
            for item in self.dimensions
        }
        return parse_condition(re.sub(r"\{([^}]*)\}", lambda place: texts[place[1]], self.pattern))


def techniques(searches: Sequence[str], *, combine: bool = True) -> tuple[Technique, ...]:
    """Return the techniques of a search: one per text, then the chains of two of them.

    Raises
    ------
    ConditionError : every text that cannot be read; one of a single point; the same one twice
    """
    singles, problems = [], []
    for number, text in enumerate(searches):
        try:
            singles.append(_read(text, number))
        except WorkbenchError as error:
            problems.append(f"{text!r}: {error.what}; {error.remedy}".rstrip("; "))
    if not searches:
        problems.append("nothing to search over")
    problems += [f"{text!r}: twice" for text in sorted({text for text in searches if searches.count(text) > 1})]
    if problems:
        raise ConditionError("; ".join(problems), place="--search", remedy=_HOW)
    chains = [_chain(*pair) for pair in combinations(singles, 2)] if combine else []
    return (*singles, *(chain for chain in chains if len(chain.pattern.split(ARROW)) <= MOST_PARTS))


def _read(text: str, number: int) -> Technique:
    parts = text.split(ARROW)
    if len(parts) > MOST_PARTS:
        raise ConditionError(f"a chain of {len(parts)} parts", remedy=f"use {MOST_PARTS} parts or fewer")
    patterns, names = [], []
    dimensions: list[Dimension] = []
    for place, part in enumerate(parts):
        pattern, name, found = _part(part.strip(), f"{number}.{place}")
        patterns.append(pattern)
        names.append(name)
        dimensions += found
    technique = Technique(ARROW.join(names), ARROW.join(patterns), tuple(dimensions))
    if not dimensions:
        raise ConditionError("a single point, nothing to search over", remedy=_HOW)
    for share in (0.0, 1.0 - 1e-9):
        for dimension in dimensions:  # each end, the others in the middle: says which value is outside which range
            middle = {item.key: item.at(0.5) for item in dimensions}
            technique.condition(middle | {dimension.key: dimension.at(share)})
    return technique


def _part(text: str, place: str) -> tuple[str, str, list[Dimension]]:
    """Return the pattern of one part, its name, and what is searched over in it."""
    if text.startswith(PRESET):
        return text, text, []
    head, asked, query = text.partition("?")
    name, at, severity = head.partition("@")
    kind = kind_of(name.strip())
    dimensions: list[Dimension] = []

    def opened(key: str, value: str, *, whole: bool) -> str:
        dimension = _dimension(f"{place}.{name.strip()}.{key}", value.strip(), whole=whole)
        if dimension is None:
            return value
        dimensions.append(dimension)
        return "{" + dimension.key + "}"

    head = name + at + (opened("severity", severity, whole=True) if at else "")
    pieces = []
    for piece in query.split("&") if asked else []:
        key, equals, value = piece.partition("=")
        field = kind.model_fields.get(key.strip())
        text_value = is_text(kind, key.strip())
        whole = field is not None and field.annotation is int
        pieces.append(key + equals + (value if text_value else opened(key.strip(), value, whole=whole)))
    return head + asked + "&".join(pieces), name.strip(), dimensions


def _dimension(key: str, value: str, *, whole: bool) -> Dimension | None:
    """Return the dimension that a value spans; None for a single value."""
    span = _RANGE.fullmatch(value)
    if span is None:
        if ".." in value:
            raise ConditionError(f"cannot read the range {value!r}", remedy=_HOW)
        options = tuple(dict.fromkeys(item.strip() for item in value.split(",")))
        return Dimension(key, choices=options) if len(options) > 1 else None
    try:
        low, high = float(span["low"]), float(span["high"])
    except ValueError:
        raise ConditionError(f"cannot read the range {value!r}", remedy=_HOW) from None
    scale = span["scale"] or "linear"
    if not low < high:
        raise ConditionError(f"from {span['low']} to {span['high']} is no range", remedy="give low..high")
    if scale not in ("linear", "log"):
        raise ConditionError(f"scale {scale!r} is neither linear nor log", remedy=_HOW)
    if scale == "log" and low <= 0.0:
        raise ConditionError(f"a log scale from {low:g}", remedy="both ends must be above 0")
    if whole and not (low.is_integer() and high.is_integer()):
        raise ConditionError(f"{value!r}: whole numbers only", remedy=_HOW)
    return Dimension(key, low, high, scale == "log", whole)


def _chain(first: Technique, second: Technique) -> Technique:
    """Return both techniques one after the other, in the order of sound where one of the orders is."""

    def joined(one: Technique, other: Technique) -> Technique:
        return Technique(
            f"{one.name}{ARROW}{other.name}", f"{one.pattern}{ARROW}{other.pattern}", one.dimensions + other.dimensions
        )

    options = [joined(first, second), joined(second, first)]
    middles = [item.condition({dimension.key: dimension.at(0.5) for dimension in item.dimensions}) for item in options]
    usual = [isinstance(made, Chain) and not made.notes for made in middles]
    return options[1] if usual[1] and not usual[0] else options[0]
