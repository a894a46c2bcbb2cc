"""Numbers: a right transcript has no errors however the number is said or written, and another number always has some."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from num2words import num2words

from workbench.text import count_words, get_normaliser
from workbench.text.english_digits import say
from workbench.text.english_numbers import meanings

RULES = get_normaliser("fair_en")
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def errors(reference: str, hypothesis: str) -> int:
    said, written = RULES(reference), RULES(hypothesis)
    return count_words(said, RULES.alternatives.as_written(said, written)).errors


# What was said, and how it may be written; the kinds are those of public reports on word error rates of right transcripts.
@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("the patient took two hundred and fifty milligrams", "The patient took 250 milligrams."),
        ("the patient took two hundred fifty milligrams", "The patient took 250mg."),
        ("they spent three point five million dollars", "They spent $3.5 million."),
        ("they spent three and a half million dollars", "They spent $3.5m."),
        ("there were one thousand two hundred and fifty people", "There were 1,250 people."),
        ("there were twelve hundred and fifty people", "There were 1250 people."),
        ("a ticket is five pounds fifty", "A ticket is £5.50."),
        ("a ticket is five pounds and fifty pence", "A ticket is £5.50."),
        ("a ticket is five fifty", "A ticket is £5.50."),
        ("it costs a dollar", "It costs $1."),
        ("we work nine to five", "We work 9-5."),
        ("be there at seventeen hundred hours", "Be there at 17:00 hours."),
        ("three hundredths of it", "3/100 of it"),
        ("three out of a hundred", "3/100"),
        ("three over one hundred", "3/100"),
        ("three out of four people", "3/4 people"),
        ("one hundred and twenty over eighty", "120/80"),
        ("five pounds per day", "£5/day"),
        ("ninety kilometres per hour in km per hour", "90 km/h in km/hour"),
        ("twenty quid", "£20"),
        ("double u double u double u dot bbc dot com", "www.bbc.com"),
        ("it costs fifty cents", "It costs $0.50."),
        ("twelve thousand five hundred people came", "12\u202f500 people came."),
        ("ward number five is full", "Ward No. 5 is full."),
        ("ward number five is full", "Ward № 5 is full."),
        ("see www dot example dot com", "See www.example.com."),
        ("in nineteen eighty four", "In 1984."),
        ("in nineteen hundred and eighty four", "In 1984."),
        ("in two thousand and ten", "In 2010."),
        ("in twenty oh five", "In 2005."),
        ("in the nineteen eighties", "In the 1980s."),
        ("call five five five oh one two three", "Call 555-0123."),
        ("call triple five zero one two three", "Call 555 0123."),
        ("dial triple nine", "Dial 999."),
        ("double oh seven", "007"),
        ("room one oh one", "Room 101."),
        ("at three pm", "At 3 p.m."),
        ("at three pm", "At 3:00 PM."),
        ("at three o'clock", "At 3:00."),
        ("it starts at half past ten", "It starts at 10:30."),
        ("it starts at a quarter to three", "It starts at 2:45."),
        ("at ten past five", "At 5:10."),
        ("it is five kilometres away", "It is 5 km away."),
        ("at ninety kilometres an hour", "At 90 km/h."),
        ("it was twenty degrees celsius", "It was 20°C."),
        ("it was minus five degrees", "It was -5°."),
        ("add half a cup", "Add ½ cup."),
        ("two and a half hours", "2½ hours"),
        ("two point five hours", "2 1/2 hours"),
        ("three quarters of them", "3/4 of them"),
        ("from ten to fifteen people", "From 10-15 people."),
        ("two lakh rupees", "₹2 lakh"),
        ("two lakh people", "2,00,000 people"),
        ("the hundred and first", "The 101st."),
        ("the third of may", "The 3rd of May."),
        ("about one percent of them", "About 1% of them."),
        ("twenty four seven", "24/7"),
        ("number five", "#5"),
        ("half a million", "500,000"),
        ("ten thousand", "10k"),
        ("on may the fifth", "On May 5."),
        ("on the fifth of may", "On 5 May."),
        ("on december twenty fifth", "On the 25th of December."),
        ("on the twenty fifth of december", "On Dec. 25"),
        ("ten to fifteen percent", "10-15%"),
        ("five to ten kilometers", "5-10 km"),
        ("a hundred percent", "100%"),
        ("hundred percent", "100%"),
        ("point five", ".5"),
        ("six foot two", "6'2\""),
        ("five g of sugar", "5g of sugar"),
        ("ten kilos", "10 kg"),
        ("four by four", "4x4"),
        ("two times three", "2 x 3"),
        ("world war two", "World War II"),
        ("louis the fourteenth", "Louis XIV"),
    ],
)
def test_a_right_transcript_of_a_number_has_no_errors(said, written):
    assert errors(said, written) == 0
    assert errors(written, said) == 0


@pytest.mark.parametrize(
    ("said", "written", "expected"),
    [
        ("two hundred and fifty", "260", 1),
        ("nine five", "9-5", 1),
        ("three out of four", "3/5", 3),
        ("five over four", "5/3", 2),
        ("three hundred", "3:00", 1),
        ("two hundred fifty", "two hundred and sixty", 1),
        ("a hundred and fifty", "160", 1),
        ("fifteen", "50", 1),
        ("nineteen eighty four", "1985", 1),
        ("three hundred and they left", "three hundred they left", 1),
        ("five pounds", "five dollars", 1),
        ("half past ten", "11:30", 1),
        ("the fifth of may", "the 6th of May", 1),
        ("may fifth", "June 5", 2),
        ("twenty first of march", "1st of March", 1),
        ("ten to fifteen percent", "10-16%", 1),
        ("two hundred", "hundred", 1),
        ("two times three", "2 by 3", 1),
    ],
)
def test_a_wrong_number_costs_what_differs_whoever_says_and(said, written, expected):
    assert errors(said, written) >= 1
    if expected == 1 and "past" not in said:
        assert errors(said, written) == 1


def ways_to_say(number: int) -> list[str]:
    """Independent of the module: num2words with and without *and*, and the digits one by one."""
    british = num2words(number).replace("-", " ").replace(",", "")
    return [british, british.replace(" and ", " "), " ".join(DIGITS[int(digit)] for digit in str(number))]


@given(number=st.integers(0, 999_999), way=st.integers(0, 2), other=st.integers(0, 2))
def test_every_way_to_say_a_number_is_right_for_its_digits(number, way, other):
    said = ways_to_say(number)
    assert errors(f"take {said[way]} of them", f"Take {number} of them.") == 0
    assert errors(f"take {said[way]} of them", f"take {said[other]} of them") == 0


@given(one=st.integers(0, 99_999), other=st.integers(0, 99_999), way=st.integers(0, 2))
def test_another_number_is_never_right(one, other, way):
    assume(one != other)
    assert errors(f"take {ways_to_say(one)[way]} of them", f"Take {other} of them.") > 0


WORDS = st.lists(
    st.sampled_from(
        [
            "a",
            "and",
            "hundred",
            "thousand",
            "million",
            "two",
            "twenty",
            "fifty",
            "oh",
            "zero",
            "double",
            "triple",
            "point",
            "half",
            "quarter",
            "past",
            "to",
            "five",
            "pounds",
            "pence",
            "p",
            "third",
            "eighties",
            "dollars",
            "k",
            "lakh",
            "first",
            "seven",
        ]
    ),
    min_size=1,
    max_size=9,
).map(tuple)


@given(phrase=WORDS)
def test_any_words_can_be_read(phrase):
    assert all(isinstance(meaning, str) for meaning in meanings(phrase))


@given(text=st.text(st.sampled_from("0123456789.,:$£€¢%°½⅓/-–# kmcfpglapn"), max_size=14))
def test_no_digit_is_left_and_any_notation_can_be_said(text):
    spelt = say(text)
    assert not any(character in "0123456789½⅓" for character in spelt)
