"""Numbers as words: each rule of the module's table, and that digits never survive nor words get lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text.numbers import spell_out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,250", "one thousand two hundred fifty"),
        ("1,000,001", "one million one"),
        ("15", "fifteen"),
        ("0", "zero"),
        ("0775 12345", "zero seven seven five one two three four five"),
        ("1984 2015", "nineteen eighty four twenty fifteen"),
        ("1900 1905", "nineteen hundred nineteen oh five"),
        ("2000 2009 1099 2100", "two thousand two thousand nine one thousand ninety nine two thousand one hundred"),
        ("3.5", "three point five"),
        ("3.14", "three point one four"),
        ("1st 2nd 3rd 21st 112th", "first second third twenty first one hundred twelfth"),
        ("80s 1980s 6s", "eighties nineteen eighties sixes"),
        ("£20 $1 $2 €1.05 7¢", "twenty pounds one dollar two dollars one euro oh five seven cents"),
        ("20% 20 %", "twenty percent twenty percent"),
        ("10:30 9:05 9:00", "ten thirty nine oh five nine"),
        ("7b b7 7b8", "seven b b seven seven b eight"),
        ("(5)-6", "(five)-six"),
        ("no digits, e.g. ٣ ½", "no digits, e.g. ٣ ½"),
        ("", ""),
    ],
)
def test_numbers_are_said_as_the_table_says(text, expected):
    assert spell_out(text) == expected


@given(text=st.text(st.sampled_from("0123456789.,:$£€¢% stndrhab-"), max_size=14))
def test_no_digit_is_left(text):
    spelt = spell_out(text)
    assert not any(character in "0123456789" for character in spelt)


@given(number=st.integers(0, 9999))
def test_every_number_of_four_digits_and_less_has_its_own_words(number):
    words = spell_out(str(number))
    assert words
    assert words.replace(" ", "").isalpha()


def test_ten_thousand_numbers_are_said_in_ten_thousand_ways():
    assert len({spell_out(str(number)) for number in range(10000)}) == 10000
