"""Presets: a condition or chain of the user's own under a name, ``preset:ward pump``, kept as TOML in WORKBENCH_HOME.

A preset is read where a condition is named, and is that condition from there on: studies, runs and transcripts hold its
parts, never its name. So a preset that is changed or deleted later changes no run, and a study file can be sent to
somebody who does not have it.

::

    note = "pump of bay 3, recorded in March"
    parts = ["room@3", { id = "equip_pulse", frequency_hz = 900, rate_hz = 2, snr_db = 8 }]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tomli_w

from workbench.conditions import preset_files
from workbench.conditions.chain import Chain
from workbench.conditions.condition import Condition
from workbench.conditions.grammar import PRESET
from workbench.conditions.parser import preset_condition
from workbench.conditions.preset_files import checked, folder, names, path_of
from workbench.errors import ConditionError, choices
from workbench.schema import CLEAN

__all__ = ["Preset", "delete", "describe", "folder", "load", "names", "save"]


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


def save(name: str, condition: Condition, *, note: str = "") -> Preset:
    """Write ``condition`` under ``name`` and return the preset; saving the same again changes nothing.

    Raises
    ------
    ConditionError : a name that fits no file, clean audio, another preset of that name, a folder that cannot be written
    """
    made = Preset(checked(name), condition, note.strip())
    if condition.id == CLEAN:
        raise ConditionError("clean audio needs no preset", place=made.written, remedy="choose or design a condition")
    path = path_of(made.name)
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
    file = preset_files.read(name)
    return Preset(name, preset_condition(file), file.note)


def delete(name: str) -> None:
    """Remove the preset of this name; runs that were made with it keep what they have.

    Raises
    ------
    ConditionError : there is none, or its file cannot be removed
    """
    path = path_of(checked(name))
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


def _written(part: Condition) -> str | dict[str, Any]:
    return part.condition_id if part.severity is not None else {"id": part.id, **part.parameters}
