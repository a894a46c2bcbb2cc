"""The grammar of conditions: how one is written as text or as a table, before anybody knows which conditions there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import ConditionError

ARROW = ">"
"""Between the parts of a chain that is written as text."""

PLACE = "place:"
"""What the id of a place begins with; it may be left out where no single condition has the name."""

PRESET = "preset:"
"""What the name of a preset begins with (``workbench.conditions.presets``)."""

FORMS = "write a name with a severity (room@3), with parameters (white_noise?snr_db=7&...), or a table with an id"
CHAIN_FORMS = "write the parts in order, as in room@2>babble@2>opus@2, or parts = [...] in a table"


class Written(str):
    """A value as it stands in an id: a number, or a text with %XX in it; the condition's kind knows which."""


def fields_of(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one condition: ``id``, ``severity`` as a number, and its parameters, as :class:`Written` from a text.

    Raises
    ------
    ConditionError : text of another form, a table without an id, or a field that is given twice
    """
    return _from_text(given) if isinstance(given, str) else _from_table(given)


def _from_text(text: str) -> dict[str, Any]:
    name, _, query = text.strip().partition("?")
    name, at, severity = name.partition("@")
    fields: dict[str, Any] = {"id": name.strip()}
    if at:
        if not severity.strip().isdecimal():
            raise ConditionError(f"severity {severity!r} is not a whole number", place=text, remedy=FORMS)
        fields["severity"] = int(severity)
    for part in query.split("&") if query else []:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value) or key in fields or key == "severity":
            raise ConditionError(f"cannot read {part!r}", place=text, remedy=FORMS)
        fields[key] = Written(value)
    return fields


def _from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(table.get("id"), str):
        raise ConditionError(f"a table without an id: {dict(table)!r}", remedy=FORMS)
    fields = {key: value for key, value in table.items() if value is not None}
    named = _from_text(fields["id"])
    twice = sorted((named.keys() & fields.keys()) - {"id"})
    if twice:
        raise ConditionError(f"{', '.join(twice)} given twice", place=str(table["id"]), remedy=FORMS)
    return fields | named
