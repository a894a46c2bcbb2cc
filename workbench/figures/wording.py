"""How numbers and names are written wherever people read them: figures, cards, pages.

One place decides how a rate is rounded, so that a figure, its text alternative, the card and the app never disagree.
A number keeps no more digits than its interval supports: whole percentage points, or one decimal where the half-width
of the 95 % interval is below one point.

>>> percent(0.2437, 0.18, 0.31)
'24\\xa0%'
>>> percent(0.2437, 0.2401, 0.2473)
'24.4\\xa0%'
>>> points(-0.031, -0.09, 0.03)
'−3\\xa0points'
>>> speakers(1)
'1\\xa0speaker'
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from workbench.conditions import SEVERITY_WORDS, TYPICAL, Chain, Condition, Place, parse_condition
from workbench.display_names import shown
from workbench.errors import WorkbenchError
from workbench.schema import CLEAN

NBSP = "\u00a0"
MINUS = "\u2212"
MISSING = "–"
NO_INTERVAL = "no interval"

_UNITS = {"hz": "Hz", "khz": "kHz", "db": "dB", "s": "s", "ms": "ms", "percent": "%", "kbps": "kbit/s"}


def is_missing(value: object) -> bool:
    """True for None, NaN and pandas' NA."""
    try:
        return bool(value is None or value != value)  # NaN differs from itself
    except TypeError:  # pandas.NA refuses to be a truth value
        return True


def decimals(low: float | None, high: float | None) -> int:
    """Return how many decimals of a percentage an interval from ``low`` to ``high`` (fractions) supports: 0 or 1."""
    if low is None or high is None or is_missing(low) or is_missing(high):
        return 0
    return 0 if (high - low) / 2 >= 0.01 else 1


def number(value: float | None, places: int = 0, *, sign: bool = False) -> str:
    """Return a fraction as a percentage without its unit: ``24``, ``−3.2``, ``+12`` with ``sign``; ``–`` if missing."""
    if value is None or is_missing(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    text = f"{abs(value) * 100:.{places}f}"
    if float(text) == 0:
        return text
    if value < 0:
        return MINUS + text
    return "+" + text if sign else text


def percent(rate: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a rate as a percentage, rounded to what its interval supports: ``24 %``; errors are never rounded to none: ``0.4 %``."""
    few = rate is not None and 0 < rate < 0.005
    text = number(rate, 1 if few else decimals(low, high))
    return text if text == MISSING else f"{text}{NBSP}%"


def percent_interval(low: float | None, high: float | None) -> str:
    """Return an interval of rates, rounded as its rate is: ``18 to 31 %``, or ``no interval``."""
    if is_missing(low) or is_missing(high):
        return NO_INTERVAL
    places = decimals(low, high)
    return f"{number(low, places)} to {number(high, places)}{NBSP}%"


def points(difference: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a difference of rates in percentage points with its sign: ``+12 points``."""
    text = number(difference, decimals(low, high), sign=True)
    if text == MISSING:
        return text
    return f"{text}{NBSP}point" if text in ("+1", MINUS + "1") else f"{text}{NBSP}points"


def exact_points(size: float) -> str:
    """Return a size that was chosen, not measured, with all its digits: ``2 points``, ``0.5 points``."""
    text = f"{round(100 * size, 6):g}"
    return f"{text}{NBSP}{'point' if text == '1' else 'points'}"


def points_interval(low: float | None, high: float | None) -> str:
    """Return an interval of differences: ``+3 to +21 points``, or ``no interval``.

    An end that would be rounded to zero gets a decimal, for on which side of zero it lies is the verdict:
    ``+0.3 to +47.1 points``.
    """
    if low is None or high is None or is_missing(low) or is_missing(high):
        return NO_INTERVAL
    near = any(0 < abs(end) < 0.005 for end in (low, high))
    places = 1 if near else decimals(low, high)
    return f"{number(low, places, sign=True)} to {number(high, places, sign=True)}{NBSP}points"


def counted(n: int, one: str, many: str = "") -> str:
    """Return ``1 speaker``, ``4 speakers``, ``12,000 words``: a count and its noun."""
    return f"{n:,}{NBSP}{one if n == 1 else many or one + 's'}"


def speakers(n: int) -> str:
    """Return ``1 speaker`` or ``4 speakers``."""
    return counted(n, "speaker")


def clean_text(text: object) -> str:
    """Return ``text`` on one line without characters that no figure or page can hold (controls, lone surrogates)."""
    one_line = re.sub(r"[ \t\r\n\f\v\u2028\u2029]+", " ", str(text)).strip()
    return _UNPRINTABLE.sub("\ufffd", one_line) or "(empty)"


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Controls (category Cc), lone surrogates (Cs) and what is no character."""


def text_width(text: str) -> int:
    """Return the width of ``text`` in columns of a fixed-width face: East Asian wide characters count twice."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: object, width: int, *, lines: int = 3) -> list[str]:
    """Return ``text`` broken into at most ``lines`` lines of about ``width`` columns; what does not fit ends in ``…``.

    Breaks at spaces; a word that is too long for a line, after ``/ _ = & ? -``, then anywhere.

    >>> wrap("USA/neutral and a_very_long_name", 12)
    ['USA/neutral', 'and', 'a_very_long…']
    """
    broken: list[str] = []
    for word in clean_text(text).split(" "):
        if broken and text_width(broken[-1]) + 1 + text_width(word) <= width:
            broken[-1] += " " + word
        else:
            broken += _fit(word, width)
    if len(broken) > lines:
        broken = [*broken[: lines - 1], _cut(broken[lines - 1], width - 1)[0] + "…"]
    return broken


def _fit(word: str, width: int) -> list[str]:
    """Break one word into lines of at most ``width`` columns."""
    broken = [""]
    for piece in re.findall(r"[^/_=&?-]+[/_=&?-]*|[/_=&?-]+", word):
        if text_width(broken[-1]) + text_width(piece) <= width:
            broken[-1] += piece
        else:
            broken += _cut(piece, width)
    return [line for line in broken if line]


def _cut(piece: str, width: int) -> list[str]:
    """Cut ``piece`` anywhere into lines of at most ``width`` columns."""
    broken = [""]
    for char in piece:
        if text_width(broken[-1]) + text_width(char) > width:
            broken.append("")
        broken[-1] += char
    return broken


def condition_label(condition_id: str) -> str:
    """Return what people call a condition: its display name (``display_names``), else ``white noise, 10 dB`` for ``white_noise@2``.

    A condition that the catalogue does not know (imported transcripts may name their own) is spelled from its id.
    """
    if named := shown().condition(condition_id):
        return clean_text(named)
    if condition_id == CLEAN:
        return CLEAN
    of_files = "preset:" in condition_id or "/" in condition_id  # what they say may change under the same id
    in_words = (_label_from_catalogue if of_files else _remembered_label)(condition_id)
    return in_words or _label_from_id(condition_id)


def condition_labels(condition_ids: Iterable[str]) -> dict[str, str]:
    """Return a label for each condition, different ones for different conditions."""
    ids = list(dict.fromkeys(condition_ids))
    labels = {item: condition_label(item) for item in ids}
    shared = {label for label in labels.values() if sum(other == label for other in labels.values()) > 1}
    return {one: f"{label} ({one})" if label in shared else label for one, label in labels.items()}


def model_label(model_id: str) -> str:
    """Return what people call a model: its display name, else its engine, weights and options, without the digest.

    >>> model_label("faster-whisper:tiny.en?max_tokens=40#a1b2c3d4")
    'faster-whisper tiny.en (max tokens 40)'
    """
    if named := shown().model(model_id):
        return clean_text(named)
    name, _, options = model_id.partition("#")[0].partition("?")
    words = [
        f"{key.replace('_', ' ')} {value}".strip()
        for key, _, value in (item.partition("=") for item in options.split("&"))
        if key
    ]
    return clean_text(name.replace(":", " ")) + (f" ({clean_text(', '.join(words))})" if words else "")


def model_labels(model_ids: Iterable[str]) -> dict[str, str]:
    """Return a label for each model, different ones for different models: those that share one keep their id."""
    labels = {item: model_label(item) for item in dict.fromkeys(model_ids)}
    shared = {label for label in labels.values() if sum(other == label for other in labels.values()) > 1}
    return {item: clean_text(item) if label in shared else label for item, label in labels.items()}


def _label_from_catalogue(condition_id: str) -> str:
    try:
        condition = parse_condition(condition_id)
    except WorkbenchError:
        return ""
    if isinstance(condition, Chain):
        return " > ".join(_label(step) for step in condition.steps)
    return _label(condition)


_remembered_label = lru_cache(maxsize=2**12)(_label_from_catalogue)


def _label(condition: Condition) -> str:
    title = condition.title
    parts = [title[:1].lower() + title[1:] if title[1:2].islower() else title]
    if isinstance(condition, Place):
        parts.append(SEVERITY_WORDS[condition.severity or TYPICAL])
    if condition.level_unit:
        parts.append(quantity(condition.level, condition.level_unit))
    parts += [
        f"{parameter_name(name)} {value.rpartition('/')[2] if value.startswith('/') else value}"
        for name, value in condition.parameters.items()
        if value and isinstance(value, str)
    ]
    for name, value in condition.parameters.items():
        usual = type(condition).model_fields[name].default
        if isinstance(value, str) or condition.severity is not None:
            continue
        if name != condition.leading and value != usual:
            parts.append(f"{parameter_name(name)} {quantity(value, condition.units[name])}")
    return ", ".join(parts)


def _label_from_id(condition_id: str) -> str:
    head, _, query = condition_id.partition("?")
    name, _, level = head.partition("@")
    parts = [clean_text(name.replace("_", " "))]
    if level:
        parts.append(f"level{NBSP}{level}" if level.isdigit() else level)
    for item in filter(None, query.split("&")):
        key, _, value = item.partition("=")
        parts.append(_parameter(key, value))
    return ", ".join(parts)


def _parameter(name: str, value: str) -> str:
    return f"{parameter_name(name)} {quantity(value, _UNITS.get(name.rpartition('_')[2], ''))}"


def parameter_name(parameter: str) -> str:
    """Return the words of a condition's parameter without its unit.

    >>> parameter_name("rolloff_db")
    'rolloff'
    """
    stem, _, suffix = parameter.rpartition("_")
    return (stem if stem and suffix in _UNITS else parameter).replace("_", " ")


def quantity(value: float | str, unit: str) -> str:
    """Return a value with its unit as people write it: ``−3 dB``, ``order 4``, ``1 pass``, ``0.5 of the period``.

    >>> quantity(-3.0, "dB")
    '−3\\xa0dB'
    """
    shown = (f"{value:g}" if isinstance(value, int | float) else value).replace("-", MINUS)
    if unit == "order":
        return f"order{NBSP}{shown}"
    if shown == "1" and unit.isalpha() and len(unit) > 3:
        unit = unit.removesuffix("es") if unit.endswith("sses") else unit.removesuffix("s")
    return f"{shown}{NBSP}{unit}" if unit else shown
