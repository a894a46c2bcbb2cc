"""Files whose names nearly fit: what a manifest writes against what a folder holds, where only the form of a name differs.

A Mac writes é as two characters where others write one, Windows writes backslashes and does not tell cases apart, and a cell of a
spreadsheet keeps a blank, or two, or one that does not break. A name is taken where exactly one file fits once these are put aside.
"""

from __future__ import annotations

import os
import unicodedata
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path


class PathLookup:
    """The files below ``root``, by names whose form is put aside. Folders are listed when they are asked for, once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names = lru_cache(maxsize=4_096)(self._listed)

    def find(self, written: str) -> tuple[str, ...]:
        """Return every path below the root, with /, that ``written`` may mean; a part that is there exactly means only itself."""
        paths = [""]
        for part in _parts(written):
            paths = [f"{base}/{name}" if base else name for base in paths for name in self._fitting(base, part)]
        return tuple(path for path in paths if path)

    def nearest(self, written: str) -> str:
        """Return the path of the file whose name is most like that of ``written`` where that is not there; "" if none is."""
        parts = _parts(written)
        for number in range(len(parts)):
            bases = self.find("/".join(parts[:number])) if number else ("",)
            if len(bases) != 1:
                return ""
            if not self._fitting(bases[0], parts[number]):
                names = self._names(bases[0])
                close = get_close_matches(_folded(parts[number]), list(names), n=1, cutoff=0.75)
                return "/".join(filter(None, [bases[0], names[close[0]][0]])) if close else ""
        return ""

    def _fitting(self, base: str, part: str) -> list[str]:
        names = self._names(base).get(_folded(part), [])
        return [part] if part in names else names

    def _listed(self, base: str) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        try:
            for name in sorted(os.listdir(self.root / base)):
                names.setdefault(_folded(name), []).append(name)
        except (OSError, ValueError):
            return {}
        return names


def difference(written: str, path: str) -> str:
    """Return in what ``written`` differs from the path that it means, in words: "case", "Unicode form", "backslashes", "blanks".

    >>> difference("Clips\\\\a.wav", "clips/a.wav")
    'backslashes and case'
    """
    kinds = ["backslashes"] if "\\" in written and "\\" not in path else []
    given, meant = "/".join(_parts(written)), "/".join(_parts(path))
    composed, meant_composed = (unicodedata.normalize("NFC", text) for text in (given, meant))
    if composed.casefold() == meant_composed.casefold() and given.casefold() != meant.casefold():
        kinds.append("Unicode form")
    if composed != meant_composed:
        kinds.append("case" if composed.casefold() == meant_composed.casefold() else "blanks")
    return " and ".join(kinds or ["blanks"])


def _parts(written: str) -> list[str]:
    """Return the parts of a path; none where it leaves the folder."""
    parts = [part for part in written.strip().replace("\\", "/").split("/") if part not in ("", ".")]
    return [] if ".." in parts else parts


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).casefold().split()))
