"""Presets: a condition or chain of the user's own under a name, ``preset:ward pump``, kept as TOML in WORKBENCH_HOME.

A preset is read where a condition is named, and is that condition from there on: studies, runs and transcripts hold its
parts, never its name. So a preset that is changed or deleted later changes no run, and a study file can be sent to
somebody who does not have it.

::

    note = "pump of bay 3, recorded in March"
    parts = ["room@3", { id = "equip_pulse", frequency_hz = 900, rate_hz = 2, snr_db = 8 }]
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from workbench.conditions.chain import Chain, chain
from workbench.conditions.condition import Condition
from workbench.conditions.parser import PRESET, parse_condition
from workbench.errors import ConditionError, choices
from workbench.files import contents, home
from workbench.schema import CLEAN

ENDING = ".toml"
_NAME = re.compile(r"\w[\w .-]{0,58}[\w.-]|\w")
_NAMING = "use up to 60 letters, digits, spaces, points, dashes and underscores, beginning with a letter or digit"
_FORM = 'write parts = ["room@2", "opus@2"], each part as in a study, and if you like note = "..."'


@dataclass(frozen=True, slots=True)
class Preset:
    """A condition under a name, with a word on it."""

    name: str
    condition: Condition
    note: str = ""

    @property
    def written(self) -> str:
        """How it is named in a study: ``preset:ward pump``."""
        return f"{PRESET}{self.name}"


def folder() -> Path:
    """Return the folder of the presets: ``presets`` in WORKBENCH_HOME; it need not be there."""
    return home() / "presets"


def names() -> list[str]:
    """Return the names of all presets, sorted; also of those that cannot be read."""
    found = folder()
    return sorted(path.stem for path in found.glob(f"*{ENDING}")) if found.is_dir() else []


def save(name: str, condition: Condition, *, note: str = "") -> Preset:
    """Write ``condition`` under ``name`` and return the preset; saving the same again changes nothing.

    Raises
    ------
    ConditionError : a name that fits no file, clean audio, another preset of that name, a folder that cannot be written
    """
    made = Preset(_checked(name), condition, note.strip())
    if condition.id == CLEAN:
        raise ConditionError("clean audio needs no preset", place=made.written, remedy="choose or design a condition")
    path = _path(made.name)
    if path.exists():
        there = load(made.name)
        if (there.condition.condition_id, there.note) == (condition.condition_id, made.note):
            return there
        raise ConditionError(
            f"there is a preset of this name: {there.condition.condition_id}",
            place=made.written,
            remedy="choose another name, or delete that one first",
        )
    parts = condition.parts if isinstance(condition, Chain) else (condition,)
    text = tomli_w.dumps(({"note": made.note} if made.note else {}) | {"parts": [_written(part) for part in parts]})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConditionError(
            f"cannot be written ({error.strerror or error})",
            place=str(path),
            remedy="set WORKBENCH_HOME to a folder that can be written",
        ) from None
    return made


def load(name: str) -> Preset:
    """Return the preset of this name.

    Raises
    ------
    ConditionError : there is none (with the nearest), or its file is not one
    """
    known = names()
    if _checked(name) not in known:
        raise ConditionError(f"there is no preset {name!r}", place=str(folder()), remedy=choices(name, known))
    path = _path(name)
    try:
        fields = tomllib.loads(contents(path, called="preset", fails=ConditionError).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConditionError(f"not a TOML file: {error}", place=str(path), remedy=_FORM) from None
    parts, note = fields.get("parts"), fields.get("note", "")
    problems = [f"there is no field {field!r}" for field in fields if field not in ("parts", "note")]
    if not isinstance(parts, list) or not parts:
        problems.append("parts is missing, empty, or no list")
    elif PRESET in str(parts):
        problems.append("a part is a preset itself")
    if not isinstance(note, str):
        problems.append(f"note = {note!r} is not a text")
    if problems or not isinstance(parts, list):
        raise ConditionError("; ".join(problems), place=str(path), remedy=_FORM)
    try:
        return Preset(name, parse_condition(parts[0]) if len(parts) == 1 else chain(*parts), str(note))
    except ConditionError as error:
        raise ConditionError(error.what, place=str(path), remedy=error.remedy) from None


def delete(name: str) -> None:
    """Remove the preset of this name; runs that were made with it keep what they have.

    Raises
    ------
    ConditionError : there is none, or its file cannot be removed
    """
    path = _path(_checked(name))
    try:
        path.unlink()
    except OSError as error:
        raise ConditionError(
            f"cannot be deleted ({error.strerror or error})", place=str(path), remedy=choices(name, names())
        ) from None


def describe() -> list[dict[str, Any]]:
    """Return one row per preset, with the fields of :func:`workbench.conditions.describe`; a file that is none says why."""
    return [_row(name) for name in names()]


def _row(name: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"{PRESET}{name}", "family": "presets", "severity": None, "parameters": {}, "units": {}, "ranges": {},
        "parts": [], "source": "", "title": name, "hears": "", "available": False, "reason": "",
    }  # fmt: skip
    try:
        preset = load(name)
    except ConditionError as error:
        return row | {"reason": f"{error.what}; {error.remedy}"}
    made = preset.condition
    return row | {
        "parts": [part.condition_id for part in (made.parts if isinstance(made, Chain) else (made,))],
        "source": preset.note, "hears": made.hears, "available": not made.missing, "reason": "; ".join(made.missing),
    }  # fmt: skip


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConditionError(f"{name!r} cannot be the name of a preset", remedy=_NAMING)
    return name


def _path(name: str) -> Path:
    return folder() / f"{name}{ENDING}"


def _written(part: Condition) -> str | dict[str, Any]:
    return part.condition_id if part.severity is not None else {"id": part.id, **part.parameters}
