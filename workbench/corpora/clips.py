"""Is the audio of a corpus where its tables say, inside its folder, and what its name says? No file is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MAGIC = {
    ".wav": (b"RIFF", b"RF64", b"RIFX"),
    ".flac": (b"fLaC",),
    ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa", b"\xff\xe3"),
    ".ogg": (b"OggS",),
    ".sph": (b"NIST_1A",),
}
"""How files of a kind begin, by the ending of their name."""


class Clips:
    """The files below ``root``; every folder is listed once, so that a million clips are not a million look-ups."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._listed: dict[str, dict[str, bool]] = {}

    def faults(self, paths: Iterable[str]) -> list[str]:
        """Return for each path (relative, with /) what is wrong with it; "" if it is a file inside the folder."""
        return [self._fault(path) for path in paths]

    def misnamed(self, path: str) -> str:
        """Return what a file holds if that is another kind than its name says ("mp3"); "" if it fits or is not known."""
        suffix = os.path.splitext(path)[1].lower()
        expected = MAGIC.get(suffix)
        if expected is None:
            return ""
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                head = file.read(16)
        except OSError:
            return ""
        if head.startswith(expected):
            return ""
        return next((kind[1:] for kind, signs in MAGIC.items() if head.startswith(signs)), "")

    def _fault(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        is_link = self._names(folder).get(name)
        if is_link is False:
            return ""
        if is_link is None:
            full = os.path.join(self.root, path)
            if os.path.isdir(full):
                return "is a folder, not an audio file"
            return "is not there" if not os.path.islink(full) else "is a link to nothing"
        return self._outside(os.path.join(self.root, path)) or ""

    def _outside(self, full: str) -> str:
        real = os.path.realpath(full)
        if os.path.commonpath([self.root, real]) != self.root:
            return "is a link that leaves the corpus's folder"
        return "" if os.path.isfile(real) else "is a link to nothing"

    def _names(self, folder: str) -> dict[str, bool]:
        """Return the files of a folder, and whether each is reached by a link."""
        if folder not in self._listed:
            self._listed[folder] = self._list(os.path.join(self.root, folder))
        return self._listed[folder]

    def _list(self, full: str) -> dict[str, bool]:
        if os.path.commonpath([self.root, os.path.normpath(full)]) != self.root:
            return {}
        linked = os.path.realpath(full) != os.path.normpath(full)
        try:
            with os.scandir(full) as entries:
                return {entry.name: linked or entry.is_symlink() for entry in entries if _is_file(entry)}
        except OSError:
            return {}


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() or entry.is_file(follow_symlinks=False)
