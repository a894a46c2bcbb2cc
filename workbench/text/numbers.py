"""Numbers as words: how an English speaker most likely says what is written in digits.

Digits hide how something was said (``380`` may be *three hundred eighty* or *three eight zero*); one reading has to be
chosen, the same for reference and hypothesis, and it is chosen by these rules:

=====================================  ========================================================================
``1,250`` ``15``                       a cardinal without *and*: one thousand two hundred fifty
``0775``, five digits and more         digit by digit (telephone numbers, codes): zero seven seven five
``1984`` ``2015``                      four digits from 1100 to 1999 and from 2010 to 2099: a year, nineteen eighty four
``3.5``                                three point five
``21st`` ``2nd``                       an ordinal: twenty first
``80s`` ``1980s``                      eighties, nineteen eighties
``£20`` ``$1.50`` ``20%`` ``7¢``        twenty pounds, one dollar fifty, twenty percent, seven cents
``10:30``                              ten thirty
``7b``                                 seven b
=====================================  ========================================================================

Source: rules chosen by us; the year rule is that of Koenecke et al. (2020), who spell numbers out as well. The words
come from the library num2words.
"""

from __future__ import annotations

import re

LONGEST_CARDINAL = 4
"""Digits without separators beyond this are said one by one."""
MOST_DIGITS = 30
"""Digits, with separators, beyond which no name of a number is looked for."""

_CURRENCIES = {"$": ("dollar", "dollars"), "£": ("pound", "pounds"), "€": ("euro", "euros"), "¢": ("cent", "cents")}
_NUMBER = re.compile(
    r"(?P<before>[$£€])?\s?(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<decimals>(?:\.[0-9]+)?)"
    r"(?P<after>\s?%|¢|(?:st|nd|rd|th|s)(?![a-z]))?"
)
_CLOCK = re.compile(r"(?<![0-9:.])([0-9]{1,2}):([0-9]{2})(?![0-9:])")


def spell_out(text: str) -> str:
    """Return the text with every number of ASCII digits written in small words, as the table of this module says.

    >>> spell_out("room 21b, the 3rd of 1,250 in 1984 for £20")
    'room twenty one b, the third of one thousand two hundred fifty in nineteen eighty four for twenty pounds'
    """
    if not any(character in "0123456789" for character in text):
        return text
    text = _CLOCK.sub(lambda found: f"{cardinal(found[1])} {_minutes(found[2])}".rstrip(), text)
    spelt = _NUMBER.sub(_in_words, text)
    return re.sub(r"(?<=[^\s]) {2,}", " ", spelt)


def _in_words(found: re.Match[str]) -> str:
    whole, decimals, after = found["whole"], found["decimals"], (found["after"] or "").strip()
    text, start, end = found.string, found.start(), found.end()
    if after == "s" and not decimals:
        words = plural(integer(whole))
    elif after in ("st", "nd", "rd", "th") and not decimals:
        words = ordinal(whole)
    else:
        words = integer(whole) + (f" point {one_by_one(decimals[1:])}" if decimals else "")
        if after in ("st", "nd", "rd", "th", "s"):
            words += f" {after}"
    unit = _CURRENCIES.get(found["before"] or "") or _CURRENCIES.get(after)
    if unit is not None and len(decimals) == 3 and not after:
        words = f"{integer(whole)} {unit[0] if whole == '1' else unit[1]} {pair(decimals[1:])}"
    elif unit is not None:
        words += f" {unit[0] if whole == '1' and not decimals else unit[1]}"
    elif after == "%":
        words += " percent"
    left = " " if start and text[start].strip() and text[start - 1].isalnum() else ""
    right = " " if end < len(text) and text[end].isalnum() else ""
    lead = " " if not found["before"] and text[start] == " " else ""
    return f"{left}{lead}{words}{right}"


def integer(written: str) -> str:
    """Return how digits without a sign are said: a cardinal, a year, or digit by digit, as the table of this module says."""
    digits = written.replace(",", "")
    if "," in written or not (len(digits) > LONGEST_CARDINAL or (digits[0] == "0" and len(digits) > 1)):
        if "," not in written and len(digits) == 4 and is_year(int(digits)):
            return f"{cardinal(digits[:2])} {pair(digits[2:])}"
        return cardinal(digits)
    return one_by_one(digits)


def is_year(number: int) -> bool:
    """Return whether four digits are said as a year."""
    return 1100 <= number < 2000 or 2010 <= number < 2100


def pair(digits: str) -> str:
    """Return how the last two digits of a year or a price are said."""
    if digits == "00":
        return "hundred"
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits)


def _minutes(digits: str) -> str:
    return "" if digits == "00" else pair(digits)


def cardinal(digits: str) -> str:
    """Return the cardinal of these digits."""
    return _said(digits, "cardinal") if len(digits) <= MOST_DIGITS else one_by_one(digits)


def ordinal(written: str) -> str:
    """Return the ordinal of these digits, which may have separators."""
    digits = written.replace(",", "")
    return _said(digits, "ordinal") if len(digits) <= MOST_DIGITS else one_by_one(digits)


def _said(digits: str, kind: str) -> str:
    from num2words import num2words

    return " ".join(word for word in _plain(num2words(int(digits), to=kind)).split() if word != "and")


def one_by_one(digits: str) -> str:
    """Return the digits one by one."""
    return " ".join(cardinal(digit) for digit in digits)


def plural(words: str) -> str:
    """Return the words with the last one in the plural."""
    before, _, last = words.rpartition(" ")
    last = last[:-1] + "ies" if last.endswith("y") else last + ("es" if last.endswith("x") else "s")
    return f"{before} {last}".lstrip()


def _plain(words: str) -> str:
    return " ".join(words.replace("-", " ").replace(",", " ").split())
