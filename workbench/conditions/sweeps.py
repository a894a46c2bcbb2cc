"""Sweeps: one condition over a range of a parameter, or over a grid of several, as single conditions.

::

    "equip_pulse?frequency_hz=200,800,3200&rate_hz=0.5..8/5/log"
    { id = "equip_pulse", frequency_hz = [200, 800, 3200], rate_hz = { from = 0.5, to = 8, steps = 5, scale = "log" } }

Both are the same fifteen conditions. A list is written with commas; ``0.5..8/5`` are five values from 0.5 to 8 at equal
distances, ``0.5..8/5/log`` at equal ratios. The parts of a chain, and severities, are swept in the same way.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.conditions.condition import Condition
from workbench.conditions.grammar import ARROW, PRESET
from workbench.conditions.parameters import is_text, number_text
from workbench.conditions.parser import kind_of, parse_condition
from workbench.errors import ConditionError

MOST = 256
"""Conditions of one sweep: with a thousand utterances that is a quarter of a million transcripts."""

DIGITS = 6
"""Significant digits of the values between the ends of a range, so that ids stay readable."""

_SHOWN = 5
_RANGE = re.compile(r"(?P<low>[^/]+?)\.\.(?P<high>[^/]+?)/(?P<steps>\d+)(?:/(?P<scale>\w+))?")
_KEYS = {"from", "to", "steps", "scale"}
_HOW = "write a list (200,800,3200 or [200, 800, 3200]) or a range (0.5..8/5, 0.5..8/5/log or {from, to, steps, scale})"


def sweep(condition: str | Mapping[str, Any] | Condition, **varied: Any) -> tuple[Condition, ...]:
    """Return ``condition`` with each parameter named in ``varied`` at each of its values; the last one varies fastest.

    A value is a number, a list of numbers, or a range ``{"from": 0.5, "to": 8, "steps": 5, "scale": "log"}``
    (``scale`` is ``linear`` unless said otherwise). Parameters that are not named keep the values of ``condition``, or
    those of severity 2.

    >>> [one.condition_id for one in sweep("white_noise", snr_db=[0, 5])]
    ['white_noise?snr_db=0', 'white_noise?snr_db=5']

    Raises
    ------
    ConditionError : see :func:`expand`
    """
    if isinstance(condition, Condition):
        condition = {"id": condition.id, **condition.parameters}
    return expand({**({"id": condition} if isinstance(condition, str) else condition), **varied})


def expand(given: str | Mapping[str, Any] | Condition) -> tuple[Condition, ...]:
    """Return the conditions that an entry of a study names: one, or all of a sweep.

    Raises
    ------
    ConditionError : as for :func:`parse_condition`, every problem once; a list or range that cannot be read; more than
        256 conditions, or one of them twice
    """
    if isinstance(given, Condition):
        return (given,)
    tables = _of_text(given) if isinstance(given, str) else _of_table(given)
    results: list[Condition] = []
    problems: dict[str, ConditionError] = {}
    for table in tables:
        try:
            results.append(parse_condition(table))
        except ConditionError as error:
            problems.setdefault(error.what, error)
    if not problems:
        _refuse_twice(results)
        return tuple(results)
    first, *more = problems.values()
    if not more:
        raise first
    shown = [error.what for error in (first, *more)[:_SHOWN]]
    rest = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    raise ConditionError("; ".join(shown + rest), place=first.place, remedy=first.remedy)


def _refuse_twice(found: Sequence[Condition]) -> None:
    ids = [condition.condition_id for condition in found]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ConditionError(f"twice in one sweep: {', '.join(twice[:_SHOWN])}", remedy="name each value once")


def _of_text(text: str) -> list[Any]:
    """Return every condition that ``text`` names, as texts; itself, if it is no sweep."""
    parts = [_of_part(part) for part in text.split(ARROW)]
    return [ARROW.join(combination) for combination in _grid(parts, place=text)]


def _of_part(text: str) -> list[str]:
    """Return the texts of one condition that is no chain."""
    if text.strip().startswith(PRESET):
        return [text]  # its values are its own
    head, asked, query = text.partition("?")
    name, at, severity = head.partition("@")
    kind = kind_of(name.strip())
    options = [_options(severity, place=text)] if at else [[""]]
    keys = []
    for piece in query.split("&") if asked else []:
        key, equals, value = piece.partition("=")
        keys.append(key + equals)
        options.append([value] if is_text(kind, key.strip()) else _options(value, place=text))
    made = []
    for level, *values in _grid(options, place=text):
        written = "&".join(key + value for key, value in zip(keys, values, strict=True))
        made.append(name + at + level + asked + written)
    return made


def _options(value: str, *, place: str) -> list[str]:
    """Return the values that are written as ``value``: those of a list or range, else itself."""
    result = _RANGE.fullmatch(value.strip())
    if result is None and ".." in value:
        raise ConditionError(f"cannot read the range {value!r}", place=place, remedy=_HOW)
    if result is not None:
        low, high = (_number(result[end], place=place) for end in ("low", "high"))
        return [
            number_text(item)
            for item in _spread(low, high, int(result["steps"]), result["scale"] or "linear", place=place)
        ]
    return value.split(",")


def _of_table(table: Mapping[str, Any]) -> list[Any]:
    """Return every condition that ``table`` names, as tables."""
    place = str(table.get("id", ""))
    options: dict[str, list[Any]] = {}
    for key, value in table.items():
        if key == "id" and isinstance(value, str):
            options[key] = _of_text(value)
        elif key == "parts" and _is_list(value):
            options[key] = [list(parts) for parts in _grid([_part(part) for part in value], place=place)]
        elif key == "replace":
            options[key] = [value]
        elif isinstance(value, Mapping):
            options[key] = _range(value, place=f"{place}, {key}")
        elif _is_list(value):
            options[key] = list(value)
            if not options[key]:
                raise ConditionError(f"{key} = [] has no value", place=place, remedy=_HOW)
        else:
            options[key] = [value]
    return [dict(zip(options, combination, strict=True)) for combination in _grid(list(options.values()), place=place)]


def _part(given: Any) -> list[Any]:
    return list(expand(given)) if isinstance(given, str | Mapping | Condition) else [given]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def _range(table: Mapping[str, Any], *, place: str) -> list[float]:
    unknown = sorted(set(table) - _KEYS)
    missing = sorted({"from", "to", "steps"} - set(table))
    if unknown or missing:
        problems = [f"there is no {name!r} in a range" for name in unknown] + [
            f"{name!r} is missing" for name in missing
        ]
        raise ConditionError("; ".join(problems), place=place, remedy=_HOW)
    low, high = (_number(table[end], place=place) for end in ("from", "to"))
    return _spread(low, high, table["steps"], table.get("scale", "linear"), place=place)


def _number(value: Any, *, place: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ConditionError(f"{value!r} is not a number", place=place, remedy=_HOW)
    return number


def _spread(low: float, high: float, steps: Any, scale: Any, *, place: str) -> list[float]:
    """Return ``steps`` values from ``low`` to ``high``, both exactly."""
    problems = []
    if not isinstance(steps, int) or isinstance(steps, bool) or not 2 <= steps <= MOST:
        problems.append(f"steps = {steps!r} is not a whole number from 2 to {MOST}")
    if scale not in ("linear", "log"):
        problems.append(f"scale = {scale!r} is neither linear nor log")
    if low == high:
        problems.append(f"a range from {low:g} to {high:g}")
    if scale == "log" and min(low, high) <= 0.0:
        problems.append(f"a log scale from {low:g} to {high:g}, where both ends must be above 0")
    if problems:
        raise ConditionError("; ".join(problems), place=place, remedy=_HOW)
    between = np.geomspace(low, high, steps) if scale == "log" else np.linspace(low, high, steps)
    return [low, *(float(f"{value:.{DIGITS}g}") for value in between[1:-1]), high]


def _grid(options: Sequence[Sequence[Any]], *, place: str) -> Iterable[tuple[Any, ...]]:
    sizes = [len(values) for values in options if len(values) > 1]
    if math.prod(sizes) > MOST:
        raise ConditionError(
            f"{' x '.join(map(str, sizes))} = {math.prod(sizes)} conditions in one sweep",
            place=place,
            remedy=f"use at most {MOST}: fewer values or steps",
        )
    return itertools.product(*options)
