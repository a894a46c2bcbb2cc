"""What the normalisers read of CLDR: the separators in the numbers of a language, and the English names of units.

Source: Unicode CLDR as of Babel 2.17. ``cldr.json`` holds the few values of it that are read here; ``python -m tests.cldr_values``
writes them from Babel, which brings 35 MB of data for 1,000 locales.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _values() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(files(__package__).joinpath("cldr.json").read_text(encoding="utf-8"))
    return values


def number_separators(language: str) -> tuple[str, str]:
    """Return what stands between thousands and before decimals in the numbers of a language.

    >>> number_separators("de")
    ('.', ',')
    """
    thousands, decimals = _values()["separators"][language]
    return thousands, decimals


def english_units() -> dict[str, tuple[str, str, str]]:
    """Return the symbol, the name of one and the name of several by CLDR's identifier of the unit.

    >>> english_units()["length-kilometer"]
    ('km', 'kilometer', 'kilometers')
    """
    return {unit: (symbol, singular, several) for unit, (symbol, singular, several) in _values()["units"].items()}
