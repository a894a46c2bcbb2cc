"""The files of presets: which there are, how they are named, and what one holds as it stands there, unmade."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.conditions.grammar import PRESET
from workbench.errors import ConditionError, choices
from workbench.files import contents, home
from workbench.files.toml import toml_fields

ENDING = ".toml"
_NAME = re.compile(r"\w[\w .-]{0,58}[\w.-]|\w")
_NAMING = "use up to 60 letters, digits, spaces, points, dashes and underscores, beginning with a letter or digit"
_FORM = 'write parts = ["room@2", "opus@2"], each part as in a study, and if you like note = "..."'


@dataclass(frozen=True, slots=True)
class PresetFile:
    """What a preset's file holds: the parts as they are written there, and the note on them."""

    path: Path
    parts: tuple[Any, ...]
    note: str


def folder() -> Path:
    """Return the folder of the presets: ``presets`` in WORKBENCH_HOME; it need not be there."""
    return home() / "presets"


def names() -> list[str]:
    """Return the names of all presets, sorted; also of those that cannot be read."""
    place = folder()
    return sorted(path.stem for path in place.glob(f"*{ENDING}")) if place.is_dir() else []


def checked(name: str) -> str:
    """Return ``name``; raise :class:`ConditionError` if no preset can have it."""
    if not _NAME.fullmatch(name):
        raise ConditionError(f"{name!r} cannot be the name of a preset", remedy=_NAMING)
    return name


def path_of(name: str) -> Path:
    """Return where the preset of this name lies."""
    return folder() / f"{name}{ENDING}"


def read(name: str) -> PresetFile:
    """Return what the file of this preset holds.

    Raises
    ------
    ConditionError : there is none (with the nearest), or its file is not one
    """
    existing = names()
    if checked(name) not in existing:
        raise ConditionError(f"there is no preset {name!r}", place=str(folder()), remedy=choices(name, existing))
    path = path_of(name)
    try:
        fields = toml_fields(contents(path, called="preset", fails=ConditionError))
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
    return PresetFile(path, tuple(parts), str(note))
