"""Numbers in words, read: which spans of an English text say a number, and which number.

``two hundred and fifty``, ``two hundred fifty``, ``two fifty`` and ``two five zero`` all say what is written 250; a hundred and a quarter
past three are said in as many ways. Digits that a normaliser has spelled out in one way are compared by what they mean, so
that no variety's way is the right one. What is read:

===================================  ===========================================================================
a hundred and one, one oh one        101: cardinals with and without *and*, *a* for *one*, digits one by one, in pairs
nineteen eighty four                 1984, as one thousand nine hundred (and) eighty four
double oh seven, triple nine         007, 999; *oh*, *zero*, *nought*
two lakh, three point five million   200000, 3500000
two and a half, half a, a quarter    2.5, 0.5, 0.25
hundred and twenty first             120 + 1st: ordinals; nineteen eighties: decades
five pounds (and) fifty (pence)      5.50 of a currency, also five fifty
half past ten, ten thirty            10:30, quarter past, ten to, half ten
may (the) fifth, (the) fifth of may  5 May, also may five and five may
three quarters, three out of four    3/4, also three over four
===================================  ===========================================================================

A part of a number is a span of its own, so that one wrong digit costs one word: *two hundred and* before another number is *two
hundred*.

Source: the English grammar of cardinals as in CLDR's rule-based number formats (spellout-cardinal, spellout-cardinal-verbose,
spellout-numbering-year); rules for digits, clocks and money chosen by us.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
SMALL = {word: value for value, word in enumerate(UNITS.split())}
TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
ZERO = frozenset(["zero", "oh", "o", "nought", "naught"])
SCALES = {
    "hundred": 100, "thousand": 10**3, "k": 10**3, "lakh": 10**5, "lakhs": 10**5, "million": 10**6, "crore": 10**7,
    "crores": 10**7, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
TIMES = {"double": 2, "triple": 3, "treble": 3}
PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25")}
ORDINALS = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine", "twelfth": "twelve",
    **{f"{word}th": word for word in ["four", "six", "seven", "ten", "eleven", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "hundred", "thousand", "million", "billion"]},
    **{f"{word[:-1]}ieth": word for word in TENS},
}  # fmt: skip
DECADES = {f"{word[:-1]}ies": word for word in TENS}
CURRENCIES = {
    "dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€", "rupee": "₹", "rupees": "₹",
}  # fmt: skip
CENTS = {"cent": "$€", "cents": "$€", "pence": "£", "penny": "£", "p": "£", "paise": "₹"}
HOURS = range(1, 13)
LONGEST = 14
"""Words of one phrase. Longer numbers are read in parts: the parts are phrases too."""

_FIRST = frozenset([*SMALL, *TENS, *ZERO, *TIMES, "a", "an", "half", "quarter", "point", "hundred", "thousand"])
_LAST = frozenset([*SMALL, *TENS, *ZERO, *SCALES, *PARTS, *ORDINALS, *DECADES, *CURRENCIES, *CENTS, "and", "a", "an"])
_INSIDE = frozenset([*_FIRST, *_LAST, "past", "to"])
_CORE = frozenset([*SMALL, *TENS, *SCALES, *TIMES, *PARTS, *ORDINALS, *DECADES, *CURRENCIES]) - {
    "k",
    "second",
    "first",
    "third",
}
"""A text without any of these says no number in more than one way."""

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {**{month: month for month in _MONTHS}, **{month[:3]: month for month in _MONTHS}, "sept": "september"}
"""Months by their names and by their abbreviations."""

LONGEST_COUNT = 5
"""Words of the longest cardinal of a share: one hundred and twenty one."""
PARTS_OF = {
    name + several: value
    for value, name in [(2, "half"), (3, "third"), (4, "quarter"), (5, "fifth"), (6, "sixth"), (8, "eighth"), (10, "tenth"), (100, "hundredth"), (1000, "thousandth")]
    for several in ("", "s")
}  # fmt: skip
SHARES = frozenset(["over", "out", *PARTS_OF])

Meaning = tuple[str, object]


def numbers(words: Sequence[str]) -> Iterator[tuple[int, int, Meaning]]:
    """Yield the spans that say a number in one of several ways: first word, the one behind the last, and its meaning.

    >>> (1, 5, ("number", "201")) in numbers("take two hundred and one".split())
    True
    """
    if not MONTHS.keys().isdisjoint(words):
        yield from _dates(words)
    if not SHARES.isdisjoint(words):
        yield from _shares(words)
    if _CORE.isdisjoint(words):
        return
    place = 0
    while place < len(words):
        end = place
        while end < len(words) and words[end] in _INSIDE:
            end += 1
        if end > place and not _CORE.isdisjoint(words[place:end]):
            yield from _phrases(words, place, end)
        place = max(end, place + 1)


def _dates(words: Sequence[str]) -> Iterator[tuple[int, int, Meaning]]:
    """Yield the spans that say a day of a month: may (the) fifth, (the) fifth of may, fifth may, may five, five may."""
    for place, word in enumerate(words):
        month = MONTHS.get(word)
        if month is None:
            continue
        the = words[place + 1 : place + 2] == ["the"]
        start = place + 1 + the
        for length in (2, 1):
            day, ordinal = _day(words[start : start + length], length)
            if day and (ordinal or not the):
                yield place, start + length, ("date", f"{day} {month}")
                break
        end = place - (words[place - 1 : place] == ["of"])
        for length in (2, 1):
            day, ordinal = _day(words[max(end - length, 0) : end], length)
            if day and (ordinal or end == place):
                start = end - length
                yield start, place + 1, ("date", f"{day} {month}")
                if ordinal and words[max(start - 1, 0) : start] == ["the"]:
                    yield start - 1, place + 1, ("date", f"{day} {month}")
                break


def _shares(words: Sequence[str]) -> Iterator[tuple[int, int, Meaning]]:
    """Yield the spans that say so many parts of so many: three out of four, three over four, three quarters."""
    for place, word in enumerate(words):
        if word in PARTS_OF:
            for start, count in _counts_before(words, place):
                yield start, place + 1, ("share", f"{count}/{PARTS_OF[word]}")
        behind = (
            place + 1 if word == "over" else place + 2 if (word, *words[place + 1 : place + 2]) == ("out", "of") else 0
        )
        if behind:
            for start, count in _counts_before(words, place):
                for end in range(behind + 1, min(behind + LONGEST_COUNT, len(words)) + 1):
                    if (whole := _count(words[behind:end])) is not None and count < whole:
                        yield start, end, ("share", f"{count}/{whole}")


def _counts_before(words: Sequence[str], stop: int) -> Iterator[tuple[int, int]]:
    """Yield where a cardinal that ends right before ``stop`` may begin, and its value."""
    for start in range(max(0, stop - LONGEST_COUNT), stop):
        if (count := _count(words[start:stop])) is not None:
            yield start, count


def _count(phrase: Sequence[str]) -> int | None:
    return 1 if tuple(phrase) in (("a",), ("an",)) else _cardinal(tuple(phrase))


def _day(phrase: Sequence[str], length: int) -> tuple[int, bool]:
    """Return the day of a month that a phrase of so many words says (0: none), and whether it is an ordinal."""
    if len(phrase) != length:
        return 0, False
    *before, last = phrase
    value = _below_hundred((*before, ORDINALS.get(last, last)))
    return (value, last in ORDINALS) if value is not None and 1 <= value <= 31 else (0, False)


def _phrases(words: Sequence[str], start: int, stop: int) -> Iterator[tuple[int, int, Meaning]]:
    for first in range(start, stop):
        if words[first] not in _FIRST:
            continue
        for end in range(first + 1, min(first + LONGEST, stop) + 1):
            if words[end - 1] not in _LAST:
                continue
            phrase = tuple(words[first:end])
            for meaning in meanings(phrase):
                yield first, end, ("number", meaning)
            if phrase == ("hundred",) and (first, end) == (start, stop):  # hundred percent
                yield first, end, ("number", "100")
            if end < stop and words[end] in _FIRST:
                for value in _open(phrase):
                    yield first, end, ("number before another", value)


@lru_cache(maxsize=2**16)
def meanings(phrase: tuple[str, ...]) -> frozenset[str]:
    """Return what a phrase says, one text for each reading: ``250``, ``21th``, ``1980s``, ``$5.50``, ``10:30``.

    >>> sorted(meanings(("ten", "thirty"))), sorted(meanings(("half", "past", "ten")))
    (['1030', '10:30'], ['10:30'])
    """
    if len(phrase) == 1 and phrase[0] not in _SEVERAL:
        return frozenset()
    amounts = {_written(value) for value in _amounts(phrase)} | set(_digits(phrase))
    *before, last = phrase
    if last in ORDINALS:
        amounts |= {f"{value}th" for value in _whole((*before, ORDINALS[last]))}
    if last in DECADES:
        amounts |= {f"{value}s" for value in _whole((*before, DECADES[last]))}
    return frozenset([*amounts, *_money(phrase), *_clock(phrase)])


_SEVERAL = frozenset([*list(SMALL)[10:], *TENS, "half", "double", "triple"])
"""Words that say a number alone and have another wording: ten is *one zero*."""


def _written(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _whole(phrase: tuple[str, ...]) -> set[str]:
    """Return the whole number that a phrase says, as digits: as a cardinal, and digit by digit or in pairs."""
    value = _cardinal(phrase)
    return {*([] if value is None else [str(value)]), *_digits(phrase)}


@lru_cache(maxsize=2**14)
def _cardinal(phrase: tuple[str, ...]) -> int | None:
    """Return the value of a cardinal: one thousand two hundred (and) fifty."""
    if not phrase or phrase[-1] == "and":
        return None
    scale = max((word for word in phrase if word in SCALES), key=SCALES.__getitem__, default=None)
    if scale is None:
        return _below_hundred(phrase)
    at = phrase.index(scale)
    rest = phrase[at + 1 :]
    alone = phrase[:at] in (("a",), ("an",)) or (at == 0 and scale == "hundred" and rest)  # the hundred and first
    times = 1 if alone else _cardinal(phrase[:at])
    if rest[:1] == ("and",):
        rest = rest[1:]
        if not rest:
            return None
    left = _cardinal(rest) if rest else 0
    if times is None or left is None or left >= SCALES[scale] or not times or (scale == "hundred" and times > 99):
        return None
    return times * SCALES[scale] + left


def _below_hundred(phrase: tuple[str, ...]) -> int | None:
    if len(phrase) == 1:
        return SMALL.get(phrase[0], TENS.get(phrase[0]))
    if len(phrase) == 2 and phrase[0] in TENS and 0 < SMALL.get(phrase[1], 0) < 10:
        return TENS[phrase[0]] + SMALL[phrase[1]]
    return None


def _digits(phrase: tuple[str, ...]) -> list[str]:
    """Return the digits that a phrase says one by one and in pairs: one oh one, nineteen eighty four, double oh seven."""
    text, place = "", 0
    while place < len(phrase):
        times = TIMES.get(phrase[place], 1)
        place += times > 1
        pair = phrase[place : place + 2]
        if not pair:
            return []
        value = _below_hundred(pair) if len(pair) == 2 else None
        place += 1 if value is None else 2
        if value is None:
            value = 0 if pair[0] in ZERO else _below_hundred(pair[:1])
        if value is None or (times > 1 and value > 9):
            return []
        text += times * str(value)
    return [text]


@lru_cache(maxsize=2**14)
def _amounts(phrase: tuple[str, ...]) -> frozenset[Decimal]:
    """Return the values of a phrase as an amount: cardinals, decimals, halves and quarters, and multiples of those."""
    values = set[Decimal]()
    cardinal = _cardinal(phrase)
    if cardinal is not None:
        values.add(Decimal(cardinal))
    if len(phrase) > 1 and phrase[-1] in SCALES and phrase[-1] != "hundred":
        values |= {value * SCALES[phrase[-1]] for value in _fractions(phrase[:-1])}
    return frozenset(values | _fractions(phrase))


def _fractions(phrase: tuple[str, ...]) -> set[Decimal]:
    if "point" in phrase:
        at = phrase.index("point")
        before = {*_whole(phrase[:at])} if at else {"0"}
        before |= {"0"} if phrase[:at] and phrase[at - 1] in ZERO and at == 1 else set()
        return {Decimal(f"{whole}.{part}") for whole in before for part in _digits(phrase[at + 1 :])}
    if phrase[-1:] in (("a",), ("an",)):  # half an hour, half a cup
        return {PARTS["half"]} if phrase[:-1] == ("half",) else set()
    if not phrase or phrase[-1] not in PARTS:
        return set()
    part, before_part = PARTS[phrase[-1]], phrase[:-1]
    if before_part in ((), ("a",), ("one",)):
        return {part} if before_part or phrase[-1] == "half" else set()
    if phrase[-1] == "quarters":
        return {part * 3} if before_part == ("three",) else set()
    for joint in (("and", "a"), ("and", "one"), ("and",)):
        if before_part[-len(joint) :] == joint:
            whole = _cardinal(before_part[: -len(joint)])
            return set() if whole is None else {whole + part}
    return set()


def _open(phrase: tuple[str, ...]) -> list[str]:
    """Return the value of the beginning of a number, up to a scale, with and without *and*."""
    heart = phrase[:-1] if phrase[-1] == "and" else phrase
    if not heart or heart[-1] not in SCALES:
        return []
    value = SCALES[heart[0]] if len(heart) == 1 else _cardinal(heart)
    return [] if value is None else [str(value)]


def _money(phrase: tuple[str, ...]) -> Iterator[str]:
    """Yield amounts of money: five pounds, five pounds (and) fifty (pence), fifty pence."""
    unit = next((place for place, word in enumerate(phrase) if word in CURRENCIES), None)
    if unit is None:
        if len(phrase) > 1 and phrase[-1] in CENTS:
            for value in _cents(phrase[:-1]):
                yield from (f"{symbol}0.{value}" for symbol in CENTS[phrase[-1]])
        return
    symbol = CURRENCIES[phrase[unit]]
    whole = {Decimal(1)} if phrase[:unit] in (("a",), ("an",)) else _amounts(phrase[:unit])
    rest = phrase[unit + 1 :]
    if rest[:1] == ("and",):
        rest = rest[1:]
        if not rest:
            return
    if rest and rest[-1] in CENTS and symbol in CENTS[rest[-1]]:
        rest = rest[:-1]
    for amount in whole:
        if not rest and phrase[unit + 1 :]:
            return
        for cents in _cents(rest) if rest else ["00"]:
            if amount == amount.to_integral_value():
                yield f"{symbol}{_written(amount)}.{cents}"
                if cents != "00":
                    yield f"{_written(amount)}{cents}"


def _cents(phrase: tuple[str, ...]) -> list[str]:
    value = _below_hundred(phrase)
    if value is None and len(phrase) == 2 and phrase[0] in ZERO:
        value = _below_hundred(phrase[1:])
    return [] if value is None else [f"{value:02}"]


def _clock(phrase: tuple[str, ...]) -> Iterator[str]:
    """Yield times of day: ten thirty, half past ten, half ten, a quarter to three, ten past five."""
    for word in ("past", "to"):
        if word in phrase:
            at = phrase.index(word)
            hour = _below_hundred(phrase[at + 1 :])
            minutes = _minutes(phrase[:at])
            if hour in HOURS and hour is not None and minutes is not None and (word == "past" or minutes < 30):
                yield _time(hour, minutes) if word == "past" else _time(hour - 1 or 12, 60 - minutes)
            return
    if phrase[0] == "half" and (hour := _below_hundred(phrase[1:])) in HOURS and hour is not None:
        yield _time(hour, 30)
    hour = _below_hundred(phrase[:1])
    minutes = _below_hundred(phrase[1:])
    if minutes is None and len(phrase) == 3 and phrase[1] in ZERO:
        minutes = _below_hundred(phrase[2:])
        minutes = None if minutes is None or minutes > 9 else minutes
    elif minutes is not None and minutes < 10:
        minutes = None
    if hour in HOURS and hour is not None and minutes is not None and minutes < 60:
        yield _time(hour, minutes)


def _minutes(phrase: tuple[str, ...]) -> int | None:
    if phrase in (("half",), ("quarter",), ("a", "quarter")):
        return 30 if phrase == ("half",) else 15
    value = _below_hundred(phrase)
    return value if value is not None and 0 < value < 30 else None


def _time(hour: int, minutes: int) -> str:
    return f"{hour}:{minutes:02}"
