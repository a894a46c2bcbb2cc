"""From what a user writes to a condition: ``room@3``, ``white_noise?snr_db=7``, or a table with an ``id``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.conditions.catalogue import KINDS
from workbench.conditions.chain import ARROW, Chain, Composed
from workbench.conditions.condition import TYPICAL, Condition
from workbench.conditions.parameters import is_text, read_text
from workbench.conditions.places import PREFIX
from workbench.errors import ConditionError, choices

PRESET = "preset:"
"""What the name of a preset begins with (``workbench.conditions.presets``)."""

_FORMS = "write a name with a severity (room@3), with parameters (white_noise?snr_db=7&...), or a table with an id"


def parse_condition(given: str | Mapping[str, Any] | Condition) -> Condition:
    """Return the condition that ``given`` names.

    ===================================  ==============================================================
    ``clean``                            the recording as it is
    ``white_noise@2``                    a named severity, 1 to 4
    ``white_noise``                      the typical one, severity 2
    ``equip_pulse?frequency_hz=900``     free parameters; those not given as in severity 2
    ``{"id": "room", "rt60_s": 0.6}``    the same as a table; ``severity`` may stand in place of the rest
    ``room@2>babble@2>opus@2``           a chain: one after the other, see :class:`Chain`
    ``{"id": "chain", "parts": [...]}``  the same as a table, its parts in any of these forms
    ``place:ward@2``                     a place: a chain with a name; ``ward@2`` where no single condition has that name
    ``preset:ward pump``                 a condition of the user's own under a name (``workbench.conditions.presets``)
    ===================================  ==============================================================

    A table of a place may change its parts: ``replace = ["room?rt60_s=0.9"]``; it is a chain then.

    Raises
    ------
    ConditionError : an unknown name (with the nearest), a value outside its range (with the range and its unit), or
        text of another form
    """
    if isinstance(given, Condition):
        return given
    if not isinstance(given, str | Mapping):
        raise ConditionError(f"{given!r} is neither the name of a condition nor a table with one", remedy=_FORMS)
    if isinstance(given, str) and ARROW in given:
        return Chain(parts=given.split(ARROW))
    fields = _from_text(given) if isinstance(given, str) else _from_table(given)
    if "replace" in fields:
        return _replaced(fields)
    if fields["id"].startswith(PRESET):
        return _preset(fields)
    kind = kind_of(fields["id"])
    fields["id"] = kind.name()
    fields = {key: _value(kind, key, value) for key, value in fields.items()}
    texts = {key for key in fields if is_text(kind, key)}
    if "severity" in fields and isinstance(given, str) and fields.keys() - texts > {"id", "severity"}:
        raise ConditionError("both a severity and parameters", place=given, remedy=_FORMS)
    if fields.keys() - texts == {"id"} and kind.levels:
        fields["severity"] = TYPICAL
    return kind(**fields)


def kind_of(name: str) -> type[Condition]:
    """Return the class of the condition or place with this name; raise :class:`ConditionError` if there is none."""
    kinds: dict[str, type[Condition]] = {**KINDS, Chain.name(): Chain}
    known = {name.removeprefix(PREFIX): kind for name, kind in KINDS.items()} | kinds
    if name not in known:
        raise ConditionError(f"there is no condition {name!r}", remedy=choices(name, known))
    return known[name]


def _replaced(fields: Mapping[str, Any]) -> Condition:
    """Return a chain or place with some of its parts replaced."""
    composed = parse_condition({key: value for key, value in fields.items() if key != "replace"})
    changes = fields["replace"]
    if not isinstance(composed, Composed) or isinstance(changes, str | Mapping) or not isinstance(changes, Sequence):
        raise ConditionError(
            f"replace = {changes!r}",
            place=composed.condition_id,
            remedy="replace = [...] lists new parts of a place or chain",
        )
    for change in changes:
        composed = composed.with_part(change)
    return composed


def _preset(fields: Mapping[str, Any]) -> Condition:
    """Return the condition that is saved under a name; it has its own values and takes no others."""
    from workbench.conditions import presets

    name = str(fields["id"])
    if len(fields) > 1:
        raise ConditionError("a preset takes neither a severity nor parameters", place=name, remedy=f"write {name!r}")
    return presets.load(name.removeprefix(PRESET)).condition


def _from_text(text: str) -> dict[str, Any]:
    name, _, query = text.strip().partition("?")
    name, at, severity = name.partition("@")
    fields: dict[str, Any] = {"id": name.strip()}
    if at:
        if not severity.strip().isdecimal():
            raise ConditionError(f"severity {severity!r} is not a whole number", place=text, remedy=_FORMS)
        fields["severity"] = int(severity)
    for part in query.split("&") if query else []:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value) or key in fields or key == "severity":
            raise ConditionError(f"cannot read {part!r}", place=text, remedy=_FORMS)
        fields[key] = _Written(value)
    return fields


def _from_table(table: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(table.get("id"), str):
        raise ConditionError(f"a table without an id: {dict(table)!r}", remedy=_FORMS)
    fields = {key: value for key, value in table.items() if value is not None}
    named = _from_text(fields["id"])
    twice = sorted((named.keys() & fields.keys()) - {"id"})
    if twice:
        raise ConditionError(f"{', '.join(twice)} given twice", place=str(table["id"]), remedy=_FORMS)
    return fields | named


class _Written(str):
    """A value as it stands in an id: a number, or a text with %XX in it; the condition's kind knows which."""


def _value(kind: type[Condition], name: str, value: Any) -> Any:
    if not isinstance(value, _Written):
        return value
    if is_text(kind, name):
        return read_text(value)
    try:
        return float(value)
    except ValueError:
        if "," in value or ".." in value:
            raise ConditionError(
                f"{name} = {value} is a sweep, several conditions at once",
                place=kind.name(),
                remedy="give one value here; a sweep is an entry of a study, or workbench.conditions.sweep(...)",
            ) from None
        return str(value)  # the condition says which parameter it is and what it takes
