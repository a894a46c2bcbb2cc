"""What a user writes to name an engine: ``engine:target?option=value&option=value``."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

from workbench.engines import api_keys
from workbench.errors import EngineError, choices
from workbench.files import require_file
from workbench.files.reach import require_within_reach

SHOWN = 20
"""Problems of one file that a message spells out; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Spec:
    """An engine as named: ``text`` as written, its parts, the folder that paths are relative to, and the language.

    ``target`` and the option values are what stands in ``text``, with ``%3F`` and the like turned into characters (for a
    file whose name has ``?``, ``&`` or ``%`` in it).
    """

    text: str
    engine: str
    target: str
    options: Mapping[str, str]
    base: Path
    language: str

    def error(self, what: str, *, remedy: str = "", place: str = "") -> EngineError:
        """Return an error about this engine."""
        return EngineError(what, place=place or f"engine {self.text!r}", remedy=remedy)

    def only(self, known: Sequence[str]) -> None:
        """Raise :class:`EngineError` for options that the engine does not have, all at once."""
        unknown = [name for name in self.options if name not in known]
        if unknown:
            faults = "; ".join(f"no option {name!r}, {choices(name, known)}" for name in unknown)
            raise self.error(faults)

    def no_target(self) -> None:
        """Raise :class:`EngineError` if something stands behind a colon."""
        if self.target:
            raise self.error(
                f"{self.engine} takes nothing behind a colon", remedy=f"write {self.engine!r} with options"
            )

    def number(self, name: str, default: float, *, low: float, high: float, unit: str) -> float:
        """Return an option's value as a number from ``low`` to ``high``."""
        if name not in self.options:
            return default
        given = self.options[name]
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.error(f"{name}={given} is not a number from {low:g} to {high:g} ({unit})", remedy="correct it")
        return value

    def whole(self, name: str, default: int, *, low: int, high: int, unit: str) -> int:
        """Return an option's value as a whole number from ``low`` to ``high``."""
        value = self.number(name, default, low=low, high=high, unit=unit)
        if value != int(value):
            raise self.error(f"{name}={self.options[name]} is not a whole number ({unit})", remedy="correct it")
        return int(value)

    def one_of(self, name: str, default: str, known: Sequence[str]) -> str:
        """Return an option's value, one of ``known``."""
        given = self.options.get(name, default)
        if given not in known:
            raise self.error(f"{name}={given} is unknown", remedy=choices(given, known))
        return given

    def place(self, given: str) -> Path:
        """Return the path of what is named relative to ``base``, whether it is there or not.

        Raises
        ------
        EngineError : outside the folders that this server reads
        """
        path = self.base / os.path.expanduser(given)
        require_within_reach(path, fails=EngineError)
        return path

    def file(self, given: str, *, what: str) -> Path:
        """Return the path of a file named relative to ``base``.

        Raises
        ------
        EngineError : there is no such file; names the one that was perhaps meant
        """
        path = self.place(given)
        if os.path.isfile(path):
            require_file(path, called=what, fails=EngineError)
            return path
        if os.path.isdir(path):
            raise self.error(f"{given} is a folder, not a {what}", remedy="name the file in it")
        if os.path.lexists(path):
            raise self.error(f"{given} is no ordinary file", remedy=f"name a {what}")
        raise self.error(
            f"there is no {what} {given!r}",
            remedy=f"{self.beside(path)}Paths are relative to the study's folder, {path.parent}",
        )

    def file_or_folder(self, given: str, *, what: str) -> Path:
        """Return the path of a file, or of a folder of them, named relative to ``base``; raises as :meth:`file` does."""
        path = self.place(given)
        return path if os.path.isdir(path) else self.file(given, what=what)

    @staticmethod
    def beside(path: Path) -> str:
        """Return the question whether what lies beside a missing path under a similar name was meant, or ``""``."""
        folder = path.parent
        names = os.listdir(folder) if os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK) else []
        close = get_close_matches(path.name, names, n=1, cutoff=0.6)
        return f"did you mean '{close[0]}'? " if close else ""

    def text_of(self, given: str, *, what: str) -> str:
        """Return the text of a small UTF-8 file named relative to ``base``."""
        path = self.file(given, what=what)
        try:
            return path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.error(
                f"byte {error.start} is not UTF-8", place=path.name, remedy="save the file as UTF-8"
            ) from None
        except OSError as error:
            raise self.error(f"cannot be read ({error.strerror})", place=path.name) from None


def parse_spec(text: str, *, base: Path, language: str) -> Spec:
    """Return the parts of an engine's name.

    Raises
    ------
    EngineError : options that are not ``name=value``, are given twice or hold a secret, all at once
    """
    head, _, query = text.strip().partition("?")
    engine, _, target = head.partition(":")
    options: dict[str, str] = {}
    faults = []
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            faults.append(f"{part!r} is not name=value")
        elif name in options:
            faults.append(f"{name} is given twice")
        else:
            options[name] = unquote(value)
    faults += api_keys.faults(text)
    if faults:
        raise EngineError(
            "; ".join(faults),
            place=f"engine {api_keys.hidden(text)!r}",
            remedy="write 'engine:target?name=value&name=value'",
        )
    return Spec(text, engine.strip(), unquote(target.strip()), options, base, language)


def model_id(engine: str, target: str, options: Mapping[str, str], digest: str) -> str:
    """Return the name of a model: the spec without folders, options by name, and 8 digits of the digest.

    >>> model_id("whisper", "tiny.en", {"device": "cpu"}, "1f2e3d4c5b6a")
    'whisper:tiny.en?device=cpu#1f2e3d4c'
    """
    named = f"{engine}:{target}" if target else engine
    query = "&".join(f"{name}={options[name]}" for name in sorted(options))
    return f"{named}?{query}#{digest[:8]}" if query else f"{named}#{digest[:8]}"


def all_at_once(faults: Iterable[object], *, place: str, remedy: str = "") -> EngineError:
    """Return one error that names every fault of a file, one to a line where there are several."""
    lines = [str(fault) for fault in faults]
    if len(lines) == 1:
        return EngineError(lines[0], place=place, remedy=remedy)
    listed = lines[:SHOWN] + ([f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else [])
    return EngineError(f"{len(lines)} problems\n" + "\n".join(listed), place=place, remedy=remedy)
