"""Parameters: how a condition declares them, writes their values into its id, and speaks of those that cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from pydantic import BaseModel, Field

from workbench.errors import choices

_SYNTAX = frozenset("%&=?>@|+#\"'\\")
"""Characters of a text that are written as %XX in an id, as are blanks and what does not print."""


def parameter(default: float, low: float, high: float, *, unit: str, what: str, later: bool = False) -> Any:
    """Declare a parameter of a condition: its default (severity 2), inclusive range, unit and meaning.

    One that came ``later`` than the condition is left out of its id at the default, which must leave the sound as it was:
    ids and transcripts from before stay good.
    """
    extra: dict[str, Any] = {"unit": unit, "low": low, "high": high}
    return Field(
        default, ge=low, le=high, description=what, json_schema_extra=extra | ({"later": True} if later else {})
    )


def text_parameter(*, what: str, default: str = "") -> Any:
    """Declare a parameter that is a text, such as a folder: its unit is "", and no severity decides it."""
    return Field(default, description=what, json_schema_extra={"unit": "", "text": True})


def declared(cls: type[BaseModel], name: str) -> dict[str, Any]:
    """Return what was declared of the parameter ``name``: unit, low, high, or that it is a text; {} for a field that is none."""
    extra = cls.model_fields[name].json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def unwritten(cls: type[BaseModel], name: str, value: float | str) -> bool:
    """Return whether a parameter is left out of an id: it came later than the condition, and is at its default."""
    return bool(declared(cls, name).get("later")) and value == cls.model_fields[name].default


def is_text(cls: type[BaseModel], name: str) -> bool:
    """Return whether ``cls`` has a text parameter of this name."""
    return name in cls.model_fields and bool(declared(cls, name).get("text"))


def names(cls: type[BaseModel]) -> list[str]:
    """Return the names of the declared parameters, sorted."""
    return sorted(name for name in cls.model_fields if "unit" in declared(cls, name))


def ranges(cls: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return for each parameter its low, high, unit, default and meaning; a text has no low and no high."""
    return {
        name: {
            "low": declared(cls, name).get("low"),
            "high": declared(cls, name).get("high"),
            "unit": declared(cls, name)["unit"],
            "default": cls.model_fields[name].default,
            "meaning": cls.model_fields[name].description,
        }
        for name in names(cls)
    }


def span(cls: type[BaseModel], name: str) -> str:
    """Return the range of a parameter in words: ``-30 to 60 dB``."""
    if is_text(cls, name):
        return "a text"
    field = declared(cls, name)
    return f"{field['low']:g} to {field['high']:g} {field['unit']}".rstrip()


def written(values: Iterable[tuple[str, float | str]]) -> str:
    """Return parameters as they stand in an id: ``duty=0.5&frequency_hz=900``; :func:`read_text` is the way back."""
    return "&".join(
        f"{name}={_text(value) if isinstance(value, str) else number_text(value)}" for name, value in values
    )


def read_text(value: str) -> str:
    """Return the text that stands in an id as ``value``."""
    return unquote(value)


def in_words(cls: type[BaseModel], units: Mapping[str, str], problem: Any) -> str:
    """Return one of pydantic's problems in the words of a condition: value, range, unit."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        return f"there is no parameter {name!r}; {choices(name, units)}"
    if name not in units or problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    value = problem["input"]
    shown = f"{value:g}" if isinstance(value, int | float) else repr(value)
    if problem["type"] in ("greater_than_equal", "less_than_equal", "finite_number"):
        return f"{name} = {shown} {units[name]}".rstrip() + f" is outside {span(cls, name)}"
    if is_text(cls, name):
        return f"{name} = {shown} is not a text: write it in quotes"
    kind = "a whole number" if str(problem["type"]).startswith("int") else "a number"
    return f"{name} = {shown} is not {kind} ({span(cls, name)})"


def _text(value: str) -> str:
    return "".join(quote(c, safe="") if c in _SYNTAX or c.isspace() or not c.isprintable() else c for c in value)


def number_text(value: float) -> str:
    """Return a number as short as it can be written without losing any of it."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))
