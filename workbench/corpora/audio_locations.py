"""Is the audio of a corpus where its tables say, inside its folder, and what its name says? No file is decoded."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
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
    """The files below ``root``. Every file is looked at once, and nothing is remembered of it."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._real_folder = lru_cache(maxsize=65_536)(os.path.realpath)

    def fault(self, path: str) -> str:
        """Return what is wrong with a path (relative, with /); "" if it is a file inside the folder."""
        full = os.path.join(self.root, path)
        try:
            mode = os.lstat(full).st_mode
            if stat.S_ISLNK(mode):
                mode, real = os.stat(full).st_mode, os.path.realpath(full)
            else:
                real = self._real_folder(os.path.dirname(full))
        except (OSError, ValueError):
            return "is a link to nothing" if os.path.islink(full) else "is not there"
        if os.path.commonpath([self.root, real]) != self.root:
            return "is a link that leaves the corpus's folder"
        if stat.S_ISREG(mode):
            return ""
        return "is a folder, not an audio file" if stat.S_ISDIR(mode) else "is not a file"

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
