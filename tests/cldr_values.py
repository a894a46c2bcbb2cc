"""Write what the normalisers read of CLDR, from Babel: ``python -m tests.cldr_values``, after a change of Babel or of the languages."""

from __future__ import annotations

import json
from pathlib import Path

from babel import Locale

from workbench.text.english_digits import UNIT_FAMILIES
from workbench.text.language_rules import CHARACTERS, WORDS

FILE = Path(__file__).resolve().parents[1] / "workbench" / "text" / "cldr.json"


def separators(language: str) -> list[str]:
    """Return what stands between thousands and before decimals."""
    symbols = Locale.parse(language).number_symbols.get("latn", {})
    return [str(symbols.get("group", ",")), str(symbols.get("decimal", "."))]


def units() -> dict[str, list[str]]:
    """Return symbol, name of one and name of several of every unit in one of the families that are read."""
    names = {}
    for unit, lengths in Locale.parse("en")._data["unit_patterns"].items():
        patterns = [("short", "other"), ("long", "one"), ("long", "other")]
        if unit.startswith(UNIT_FAMILIES):
            names[unit] = [
                lengths.get(form, {}).get(number, "").replace("{0}", "").strip() for form, number in patterns
            ]
    return names


def text() -> str:
    """Return the values as JSON, one language or unit a line."""
    parts = {"separators": {language: separators(language) for language in (*WORDS, *CHARACTERS)}, "units": units()}
    tables = (
        f' "{name}": {{\n'
        + ",\n".join(f"  {json.dumps(key)}: {json.dumps(values, ensure_ascii=False)}" for key, values in table.items())
        + "\n }"
        for name, table in parts.items()
    )
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
