"""What the normalisers read of CLDR is what Babel says."""

from __future__ import annotations

import pytest
from babel.numbers import format_decimal

from tests.cldr_values import FILE, text
from workbench.text.cldr import english_units, number_separators
from workbench.text.language_rules import CHARACTERS, WORDS


def test_the_file_is_what_babel_gives() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m tests.cldr_values"


@pytest.mark.parametrize("language", [*WORDS, *CHARACTERS])
def test_a_number_is_written_with_the_separators_of_its_language(language: str) -> None:
    thousands, decimals = number_separators(language)
    written = format_decimal(1234567.5, locale=language, numbering_system="latn", format="#,##0.0")
    assert written == f"1{thousands}234{thousands}567{decimals}5"


def test_units_have_a_symbol_and_two_names() -> None:
    units = english_units()
    assert units["mass-milligram"] == ("mg", "milligram", "milligrams")
    assert units["speed-kilometer-per-hour"] == ("km/h", "kilometer per hour", "kilometers per hour")
    assert len(units) > 80
