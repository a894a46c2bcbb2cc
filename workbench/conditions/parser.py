"""From what a user writes to a condition: ``room@3``, ``white_noise?snr_db=7``, or a table with an ``id``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

from pydantic import BeforeValidator, Field, TypeAdapter

from workbench.conditions import preset_files
from workbench.conditions.augmentation import setting_of
from workbench.conditions.catalogue import KINDS
from workbench.conditions.chain import Chain, Composed
from workbench.conditions.condition import TYPICAL, Condition
from workbench.conditions.grammar import ARROW, CHAIN_FORMS, FORMS, PLACE, PRESET, Written, fields_of
from workbench.conditions.parameters import is_text, read_text
from workbench.conditions.preset_files import PresetFile
from workbench.errors import ConditionError, choices


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
    ``place:ward-2@2``                   a place: a chain with a name; ``ward-2@2`` where no single condition has that name
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
        raise ConditionError(f"{given!r} is neither the name of a condition nor a table with one", remedy=FORMS)
    if isinstance(given, str) and ARROW in given:
        return Chain(parts=_parts(given.split(ARROW)))
    fields = fields_of(given)
    if "replace" in fields:
        return _replaced(fields)
    if fields["id"].startswith(PRESET):
        return _preset(fields)
    kind = kind_of(fields["id"])
    if kind is Chain and "parts" in fields:
        fields["parts"] = _parts(fields["parts"])
    fields["id"] = kind.name()
    fields = {key: _value(kind, key, value) for key, value in fields.items()}
    texts = {key for key in fields if is_text(kind, key)}
    if "severity" in fields and isinstance(given, str) and fields.keys() - texts > {"id", "severity"}:
        raise ConditionError("both a severity and parameters", place=given, remedy=FORMS)
    if fields.keys() - texts == {"id"} and kind.levels:
        fields["severity"] = TYPICAL
    return kind(**fields)


def chain(*conditions: str | Mapping[str, Any] | Condition) -> Condition:
    """Return the conditions one after the other; of a single one, that condition.

    >>> chain("room@2", {"id": "babble", "snr_db": 5}, "opus@2").condition_id
    'room@2>babble?snr_db=5&talkers=4>opus@2'

    Raises
    ------
    ConditionError : see :class:`Chain`
    """
    parts = _parts(conditions)
    return parts[0] if len(parts) == 1 else Chain(parts=parts)


def _parts(given: object) -> tuple[Condition, ...]:
    """Return the single conditions of a list of parts, each in any form that :func:`parse_condition` takes."""
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise ConditionError(f"parts = {given!r} is not a list", place="chain", remedy=CHAIN_FORMS)
    return tuple(step for part in given for step in parse_condition(part).steps)


def kind_of(name: str) -> type[Condition]:
    """Return the class of the condition or place with this name; raise :class:`ConditionError` if there is none."""
    kinds: dict[str, type[Condition]] = {**KINDS, Chain.name(): Chain}
    kinds_by_name = {name.removeprefix(PLACE): kind for name, kind in KINDS.items()} | kinds
    if name not in kinds_by_name:
        raise ConditionError(f"there is no condition {name!r}", remedy=choices(name, kinds_by_name))
    return kinds_by_name[name]


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
        composed = composed.with_part(parse_condition(change))
    return composed


def _preset(fields: Mapping[str, Any]) -> Condition:
    """Return the condition that is saved under a name; it has its own values and takes no others."""
    name = str(fields["id"])
    if len(fields) > 1:
        raise ConditionError("a preset takes neither a severity nor parameters", place=name, remedy=f"write {name!r}")
    return preset_condition(preset_files.read(name.removeprefix(PRESET)))


def preset_condition(file: PresetFile) -> Condition:
    """Return the condition that a preset's file holds; raise :class:`ConditionError` with its path if it holds none."""
    try:
        return parse_condition(file.parts[0]) if len(file.parts) == 1 else chain(*file.parts)
    except ConditionError as error:
        raise ConditionError(error.what, place=str(file.path), remedy=error.remedy) from None


def _value(kind: type[Condition], name: str, value: Any) -> Any:
    if not isinstance(value, Written):
        return value
    if is_text(kind, name):
        return read_text(value)
    if kind.takes_settings and name not in kind.model_fields:
        return setting_of(read_text(value))
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


def _with_parts(given: Any) -> Any:
    """Return the JSON of a chain with its parts made; anything else as it is."""
    if isinstance(given, Mapping) and given.get("id") == Chain.name() and "parts" in given:
        return {**given, "parts": _parts(given["parts"])}
    return given


AnyCondition: Any = Annotated[Union[(*KINDS.values(), Chain)], Field(discriminator="id"), BeforeValidator(_with_parts)]
"""The discriminated union of all conditions and of chains, on ``id``; for pydantic models and JSON schemas."""

ADAPTER: TypeAdapter[Condition] = TypeAdapter(AnyCondition)
"""Turns the JSON of a condition back into it."""
