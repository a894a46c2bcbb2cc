"""Recordings of the user's own: a folder of noises or room responses, what it holds, and what cannot be used of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from workbench.audio import decode, probe, source_digest
from workbench.conditions.arrays import Floats
from workbench.conditions.excerpts import Blocks, looped, sounds_at
from workbench.errors import AudioError, ConditionError

SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".w64", ".webm", ".wma"}
)
"""Endings of the files that are taken for audio; whatever else lies in a folder (read-mes, tables) is left alone."""

SHORTEST_S = 0.05
"""A shorter file is no noise: looped, it would be a buzz of its own making."""

LONGEST_RESPONSE_S = 10.0
"""A longer file is no room response."""

_LAYOUTS = {"MUSAN": {"music", "noise", "speech"}, "WHAM": {"tr", "cv", "tt"}, "ESC-50": {"audio", "meta"}}
_TESTED = "tt"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: its name within the folder, where it lies, and its length in seconds."""

    name: str
    path: Path
    duration_s: float


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a recording, shape (n,): which (from 1, in the order of names), from where, and how many were passed over."""

    samples: Floats
    number: int
    start_s: float
    passed_over: int


class Recordings:
    """The recordings of a folder, or one file. Made by :func:`open_recordings`; safe to share by threads.

    Of a file with several channels the first is used: an average of microphones would comb the sound.
    """

    def __init__(self, path: Path, files: tuple[Path, ...], layout: str) -> None:
        self.path = path
        self.layout = layout
        """``MUSAN``, ``DEMAND``, ``WHAM``, ``ESC-50``, or "" for any other folder."""
        usable, problems = [], []
        for file in files:
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            if layout == "DEMAND":
                name = file.parent.relative_to(path).as_posix()
            try:
                duration_s = probe(file)
            except AudioError as error:
                problems.append(f"{name}: {error.what}")
                continue
            if duration_s < SHORTEST_S:
                problems.append(f"{name}: {duration_s:.3f} s long, less than {SHORTEST_S:g} s")
            else:
                usable.append(Recording(name, file, duration_s))
        self.files = tuple(usable)
        self.problems = tuple(problems)
        """Files that cannot be used, each with its reason."""
        self._blocks = Blocks()
        if not usable:
            raise ConditionError(
                "; ".join(["none of its audio files can be used", *problems[:5]]),
                place=str(path),
                remedy="name a folder with recordings in wav, flac, mp3, ogg or m4a",
            )

    @cached_property
    def digest(self) -> str:
        """Digest of the names within the folder and of the bytes of all that is used; where the folder lies is no part of it."""
        digest = hashlib.blake2b(digest_size=16)
        for file in self.files:
            digest.update(f"{file.name if len(self.files) > 1 else ''}\t{source_digest(file.path)}\n".encode())
        return digest.hexdigest()

    def check(self) -> tuple[str, ...]:
        """Return every problem: files that cannot be used, and those whose beginning cannot be decoded or is silent."""
        found = []
        for file in self.files:
            try:
                if sounds_at(self._blocks, file, 0, sample_rate=16_000) is None:
                    found.append(f"{file.name}: silent at its beginning")
            except AudioError as error:
                found.append(f"{file.name}: {error.what}")
        return (*self.problems, *found)

    def excerpt(self, rng: np.random.Generator, n_samples: int, *, sample_rate: int) -> Excerpt:
        """Return ``n_samples`` of one recording, drawn by ``rng``: equal generators give equal beginnings, however long.

        Every recording is as likely as any other, however long it is, and every place in it as likely as any other to be
        the beginning; where that is digital silence, the excerpt begins where the sound does. What ends goes on from
        its beginning, cross-faded (:func:`looped`). A recording that is silent for a minute from there, or cannot be
        decoded there, is passed over for the next in the order drawn.

        Raises
        ------
        ConditionError : no recording has any sound
        """
        order = rng.permutation(len(self.files))
        starts = rng.random(len(self.files))
        why = ""
        for passed_over, index in enumerate(order):
            file = self.files[index]
            try:
                wanted = int(starts[index] * file.duration_s * sample_rate)
                start = sounds_at(self._blocks, file, wanted, sample_rate=sample_rate)
                if start is not None:
                    samples = looped(self._blocks, file, start, n_samples, sample_rate=sample_rate)
                    return Excerpt(samples, int(index) + 1, start / sample_rate, passed_over)
            except AudioError as error:
                why = f"; {file.name}: {error.what}"
        raise ConditionError(
            f"no sound was found in its {len(self.files)} recordings{why}",
            place=str(self.path),
            remedy="name a folder with recordings that can be heard",
        )

    def response(self, rng: np.random.Generator, *, sample_rate: int) -> Excerpt:
        """Return a whole recording of at most 10 s, drawn by ``rng``, each as likely as any other: a room response.

        Raises
        ------
        ConditionError : no recording is short enough and has any sound
        """
        why = ""
        for passed_over, index in enumerate(rng.permutation(len(self.files))):
            file = self.files[index]
            if file.duration_s > LONGEST_RESPONSE_S:
                why = (
                    f"; {file.name}: {file.duration_s:.1f} s long, a room response has at most {LONGEST_RESPONSE_S:g} s"
                )
                continue
            try:
                samples = decode(file.path, sample_rate=sample_rate, channel=0).samples.astype(np.float64)
            except AudioError as error:
                why = f"; {file.name}: {error.what}"
                continue
            if np.any(samples):
                return Excerpt(samples, int(index) + 1, 0.0, passed_over)
            why = f"; {file.name}: silent"
        raise ConditionError(
            f"none of its {len(self.files)} recordings is a room response{why}",
            place=str(self.path),
            remedy="name a folder with room impulse responses, one to a file",
        )


def open_recordings(path: Path) -> Recordings:
    """Return the recordings in a folder and its subfolders, or in one file.

    Layouts that are recognised: **MUSAN** (music, noise, speech; name a subfolder to use only that), **DEMAND** (a folder
    per scene with ch01 to ch16: a scene is one recording, its first channel), **WHAM** (tr, cv, tt: only tt, which is
    made for testing; name another to use it), **ESC-50** (audio beside meta).

    Raises
    ------
    ConditionError : no such folder, no audio in it, or none that can be used
    """
    path = Path(path).expanduser()
    try:
        if not path.exists():
            raise ConditionError("no such folder or file", place=str(path), remedy="name a folder with recordings")
        files, layout = ((path,), "") if path.is_file() else _listed(path)
        stamps = tuple((stat.st_size, stat.st_mtime_ns) for stat in (file.stat() for file in files))
    except OSError as error:
        raise ConditionError(
            f"cannot be read ({error.strerror or error})", place=str(path), remedy="name a folder that can be read"
        ) from None
    if not files:
        endings = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise ConditionError("holds no audio", place=str(path), remedy=f"put recordings into it ({endings})")
    return _opened(path, files, layout, stamps)


@lru_cache(maxsize=8)
def _opened(path: Path, files: tuple[Path, ...], layout: str, _stamps: tuple[tuple[int, int], ...]) -> Recordings:
    return Recordings(path, files, layout)


def _listed(path: Path) -> tuple[tuple[Path, ...], str]:
    """Return the audio files below a folder, sorted by name, as far as its layout uses them; and the layout."""
    found = []
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [
            Path(folder) / name for name in names if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        ]
    files = sorted(found, key=lambda file: file.relative_to(path).as_posix())
    inside = {entry.name for entry in path.iterdir() if entry.is_dir()}
    scenes = [file for file in files if file.stem == "ch01"]
    if scenes and all(file.stem.startswith("ch") and file.stem[2:].isdecimal() for file in files):
        return tuple(scenes), "DEMAND"
    layout = next((name for name, folders in _LAYOUTS.items() if folders <= inside), "")
    if layout == "WHAM":
        files = [file for file in files if file.relative_to(path).parts[0] == _TESTED]
    if layout == "ESC-50":
        files = [file for file in files if file.relative_to(path).parts[0] == "audio"]
    return tuple(files), layout
