"""Digits and signs as an English speaker says them, each in one reading; the others are forgiven (``english_numbers``).

Every notation is found in one pass from left to right, the longest first, so that none is taken apart by the rule for another:

=======================================  ================================================================
``$3.5 million`` ``£2k`` ``₹5 lakh``      three point five million dollars, two thousand pounds, five lakh rupees
``£5.50`` ``$0.99`` ``50¢``               five pounds fifty, ninety nine cents, fifty cents
``20°C`` ``-5°``                          twenty degrees celsius, minus five degrees
``5 km`` ``90km/h`` ``250mg``             five kilometers, ninety kilometers per hour, two hundred fifty milligrams
``10:30`` ``3:00 pm`` ``3:00`` ``17:00``  ten thirty, three pm, three o'clock, seventeen hundred
``½`` ``2 1/2`` ``3/4`` ``3/100``         half, two and a half, three quarters, three hundredths
``120/80``                               one hundred twenty over eighty (blood pressure)
``10-15%`` ``2019–20`` ``9-5``            ten to fifteen percent, twenty nineteen to twenty, nine to five (hours of work)
``.5`` ``6'2"``                           zero point five, six foot two
``10k`` ``#5`` ``No. 5`` ``№ 5``          ten thousand, number five
anything else                            as in ``numbers``: cardinals, ordinals, years, decades, digits one by one
=======================================  ================================================================

Source: symbols and names of units from CLDR; the readings chosen by us.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from workbench.text.cldr import english_units
from workbench.text.numbers import cardinal, integer, is_year, pair, spell_out

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+)(?:\.[0-9]+)?"
_CURRENCIES = {
    "us$": ("dollar", "cent"), "$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"), "¥": ("yen", ""),
    "₹": ("rupee", "paise"),
}  # fmt: skip
_MULTIPLES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
_MULTIPLE_WORDS = "thousand|million|billion|trillion|lakh|crore"
_POINT = re.compile(r"(?<![0-9a-z.])\.(?=[0-9])")
_DIGIT_GROUP = re.compile(r"(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
"""The no-break spaces that keep the groups of digits of one number together: 12 500."""
_NUMBERED = re.compile(r"(?:\b(?:no\.|n[º°])|№)\s?(?=[0-9])")
_FEET = re.compile(r"\b([0-9]{1,2})'\s?([0-9]{1,2})(?:[\"”″]|'')")
_MINUS = re.compile(r"(?<![^\s(])[-−](?=[$£€¥₹]?[0-9])")
_PARTS = {
    "2": "half",
    "3": "third",
    "4": "quarter",
    "5": "fifth",
    "6": "sixth",
    "8": "eighth",
    "10": "tenth",
    "100": "hundredth",
    "1000": "thousandth",
}
UNIT_FAMILIES = ("length", "mass", "volume", "speed", "frequency", "digital", "electric", "energy", "power", "duration")
NO_UNITS = frozenset(
    [
        "pm",
        "in",
        "pt",
        "fur",
        "st",
        "light",
        "byte",
        "bit",
        "days",
        "nights",
        "drams",
        "knot",
        "cal",
        "cd",
        "da",
        "mc",
        "pn",
        "b",
        "bu",
        "gr",
        "kn",
        "pc",
        "tn",
        "au",
        "ma",
        "ly",
        "c",
        "t",
    ]
)
"""Symbols that are words of their own or something else more often."""
ONLY_ATTACHED = frozenset(["m", "g", "l", "w", "v", "a", "k", "n", "j"])
"""Letters that are a unit only right behind the digits (500g); of them, only grams, liters, watts and volts are read."""


@cache
def _units() -> dict[str, tuple[str, str]]:
    """Return the English names of units, one and several, by their symbols in small letters."""
    names: dict[str, tuple[str, str]] = {}
    for unit, (symbol, one, several) in english_units().items():
        if "imperial" in unit or unit == "volume-megaliter":
            continue
        symbol = symbol.casefold()
        if symbol and symbol not in NO_UNITS and re.fullmatch(r"[a-zµμ/]+", symbol) and one and symbol != several:
            names.setdefault(symbol, (one.replace("-", " "), several.replace("-", " ")))
    names |= {"kph": names["km/h"], "kmh": names["km/h"], "lbs": names["lb"], "hrs": names["hr"], "mins": names["min"]}
    names |= {
        "secs": names["sec"],
        "°c": ("degree celsius", "degrees celsius"),
        "°f": ("degree fahrenheit", "degrees fahrenheit"),
    }
    return names | {"°": ("degree", "degrees")}


@cache
def _notation() -> re.Pattern[str]:
    attached = "|".join(sorted(ONLY_ATTACHED & {"g", "l", "w", "v"}))
    symbols = sorted((symbol for symbol in _units() if symbol not in ONLY_ATTACHED), key=len, reverse=True)
    units = "|".join(map(re.escape, symbols))
    money = "|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True))
    return re.compile(
        rf"(?P<money>{money})\s?(?P<price>{_NUMBER})(?:\s?(?P<times>{'|'.join(_MULTIPLES)}|{_MULTIPLE_WORDS})\b)?"
        rf"|(?P<hour>(?<![0-9:.])[0-9]{{1,2}}):(?P<minute>[0-5][0-9])(?![0-9:])(?P<half>\s?[ap]m\b)?"
        rf"|(?:(?P<whole>[0-9]+)\s)?(?<![0-9/.])(?P<over>[0-9]{{1,3}})[/⁄](?P<under>2|3|4|5|6|8|10|100|1000)(?![0-9/⁄])"
        rf"|(?<![0-9/.])(?P<systolic>[6-9][0-9]|1[0-9]{{2}}|2[0-4][0-9])/(?P<diastolic>[3-9][0-9]|1[0-4][0-9])(?![0-9/])"
        rf"|(?<![-–0-9.,])(?P<from>[0-9]{{1,4}})\s?[-–]\s?(?P<to>[1-9][0-9]{{0,3}})(?![-–0-9:]|[.,][0-9])(?:\s?(?P<of>%|(?:{units})(?![a-z0-9/])))?"
        rf"|(?P<amount>{_NUMBER})(?:(?P<symbol>(?:{attached})\b)|\s?(?P<unit>(?:{units})(?![a-z0-9/]))|(?P<k>k\b)|\s?(?P<coin>[£€¢]))"
        r"|\#(?P<ordinal>[0-9]+)"
        r"|(?P<indian>[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})"
    )


def join_digit_groups(text: str) -> str:
    """Return the text without the no-break spaces between groups of three digits."""
    return _DIGIT_GROUP.sub("", text)


def say(text: str) -> str:
    """Return a text in small letters with its digits, and the signs that belong to them, in words.

    >>> say("at 3:00 pm it was 20°c, 5 km for $3.5 million")
    'at three pm it was twenty degrees celsius, five kilometers for three point five million dollars'
    """
    if not any(character.isdigit() or character.isnumeric() for character in text):
        return text
    text = _NUMBERED.sub(" number ", text)
    text = _MINUS.sub("minus ", "".join(_fraction(character) for character in text))
    text = _FEET.sub(r"\1 foot \2", _POINT.sub("0.", text))
    return spell_out(_notation().sub(_said, text))


def _fraction(character: str) -> str:
    """Return ½ as 1/2, and any other digit of a script as an ASCII digit."""
    if character.isascii() or not character.isnumeric():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    written = unicodedata.normalize("NFKC", character)
    return f" {written} " if "⁄" in written else character


def _said(match: re.Match[str]) -> str:
    words = _words(match)
    if words is None:
        return match[0]
    start, end, text = match.start(), match.end(), match.string
    return f"{' ' if start and text[start - 1].isalnum() else ''}{words}{' ' if end < len(text) and text[end].isalnum() else ''}"


def _words(match: re.Match[str]) -> str | None:
    """Return what a notation says, or None where it is none after all."""
    if match["money"]:
        return _money(match["money"], match["price"], match["times"])
    if match["hour"]:
        half = (match["half"] or "").strip()
        whole = half or ("o'clock" if int(match["hour"]) <= 12 else "hundred")
        minutes = whole if match["minute"] == "00" else f"{pair(match['minute'])} {half}"
        return f"{cardinal(match['hour'])} {minutes}".rstrip()
    if match["over"]:
        return _part(match["whole"], match["over"], match["under"])
    if match["systolic"]:
        upper, lower = match["systolic"], match["diastolic"]
        return f"{cardinal(upper)} over {cardinal(lower)}" if int(upper) > int(lower) else None
    if match["from"]:
        return _range(match["from"], match["to"], match["of"])
    if match["ordinal"]:
        return f"number {integer(match['ordinal'])}"
    if match["indian"]:
        return cardinal(match["indian"].replace(",", ""))
    amount = match["amount"]
    if match["k"]:
        return f"{_decimal(amount)} thousand"
    if match["coin"]:
        return (
            _money(match["coin"], amount, None)
            if match["coin"] != "¢"
            else f"{_decimal(amount)} {'cent' if amount == '1' else 'cents'}"
        )
    one, several = _units()[match["symbol"] or match["unit"]]
    return f"{_decimal(amount)} {one if amount == '1' else several}"


def _decimal(written: str) -> str:
    return spell_out(written) if "." in written else cardinal(written.replace(",", ""))


def _money(sign: str, price: str, times: str | None) -> str:
    unit, cent = _CURRENCIES[sign]
    several = unit if unit == "yen" else f"{unit}s"
    if times:
        return f"{_decimal(price)} {_MULTIPLES.get(times, times)} {several}"
    whole, _, decimals = price.replace(",", "").partition(".")
    if len(decimals) != 2 or not cent:
        return f"{_decimal(price)} {unit if price == '1' else several}"
    if not int(whole):
        return f"{cardinal(decimals.lstrip('0') or '0')} {cent if cent in ('pence', 'paise') or decimals == '01' else f'{cent}s'}"
    cents = "" if decimals == "00" else f" {pair(decimals)}"
    return f"{cardinal(whole)} {unit if whole == '1' else several}{cents}"


def _part(whole: str | None, over: str, under: str) -> str | None:
    if int(over) >= int(under):
        return None
    name = _PARTS[under]
    if whole:
        part = f"a {name}" if over == "1" else f"{cardinal(over)} {name}s"
        return f"{cardinal(whole)} and {part}"
    if over == "1":
        return name if under == "2" else f"one {name}"
    return f"{cardinal(over)} {name}s" if under != "2" else None


def _range(first: str, last: str, of: str | None) -> str | None:
    """Return ``ten to fifteen``, with percent or the unit that stands behind it; None for what is no range, such as 555-0123."""
    year = (len(first) == 4 and is_year(int(first))) or first[:2] == "20"
    if len(first) == 4 and year and len(last) == 2:
        rising = int(first[2:]) < int(last)
    else:
        rising = int(first) < int(last) and len(last) - len(first) in (0, 1) and (len(last) < 4 or year)
    hours_of_work = int(first) in range(8, 11) and int(last) in range(4, 7) and (first, last) != ("10", "4")
    if not (rising or hours_of_work) or first[0] == "0":
        return None
    behind = "" if not of else " percent" if of == "%" else f" {_units()[of][1]}"
    return f"{integer(first)} to {integer(last)}{behind}"
