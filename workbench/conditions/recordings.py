"""Recordings of the user's own: a folder of noises or room responses, what it holds, and what cannot be used of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from workbench.audio import decode, probe, source_digest
from workbench.conditions.arrays import Floats
from workbench.conditions.audible_frames import MOSTLY, Sounding
from workbench.conditions.excerpts import Blocks, looped
from workbench.conditions.recording_layouts import SUFFIXES, Role, listed, roles
from workbench.conditions.room_responses import LONGEST_S, why_no_response
from workbench.errors import AudioError, ConditionError
from workbench.files.reach import require_within_reach

SHORTEST_S = 0.05
"""A shorter file is no noise: looped, it would be a buzz of its own making."""

_JUDGED = 1_000
_SCANNED_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: its name within the folder, where it lies, its length in seconds, and what its collection says it is."""

    name: str
    path: Path
    duration_s: float
    role: Role = ""


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
        """``MUSAN``, ``DEMAND``, ``WHAM``, ``ESC-50``, ``RIRS_NOISES``, or "" for any other folder."""
        usable, problems = [], []
        for file, role in zip(files, roles(path, files, layout), strict=True):
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
                usable.append(Recording(name, file, duration_s, role))
        self.files = tuple(usable)
        self.problems = tuple(problems)
        """Files that cannot be used, each with its reason."""
        self._blocks = Blocks()
        self._sounding = Sounding(self._blocks)
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

    def check(self, *, responses: bool = False, noises: bool = True) -> tuple[str, ...]:
        """Return every problem of the files that are drawn as ``noises`` or as room ``responses``.

        Files that cannot be used or decoded, silent ones, and what is no response. Of a large collection 1,000 responses, evenly
        spread, are judged here, and the first hour of noise; the others are judged when drawn.
        """
        problems = list(self.problems)
        if responses:
            indices = self._of("response")
            for index in indices[:: max(1, len(indices) // _JUDGED)]:
                _, reason = self._response(self.files[index], 16_000)
                problems += [f"{self.files[index].name}: {reason}"] if reason else []
        for file, share in self._shares() if noises else ():
            if isinstance(share, AudioError):
                problems.append(f"{file.name}: {share.what}")
            elif share == 0.0:
                problems.append(f"{file.name}: silent")
        return tuple(problems)

    def mostly_silent(self) -> tuple[str, ...]:
        """Return the noises, of the first hour, that sound in less than half of their time: their level is that of the sound."""
        return tuple(
            f"{file.name} sounds in {100 * share:.0f} % of its time"
            for file, share in self._shares()
            if not isinstance(share, AudioError) and 0.0 < share < MOSTLY
        )

    def _shares(self) -> Iterator[tuple[Recording, float | AudioError]]:
        """Yield the noises of the first hour, and in how much of its time each sounds."""
        scanned_s = 0.0
        for index in self._of("noise"):
            file = self.files[index]
            scanned_s += file.duration_s
            if scanned_s > _SCANNED_S:
                return
            try:
                yield file, float(np.mean(self._sounding.frames(file)))
            except AudioError as error:
                yield file, error

    def excerpt(self, rng: np.random.Generator, n_samples: int, *, sample_rate: int) -> Excerpt:
        """Return ``n_samples`` of one recording, drawn by ``rng``: equal generators give equal beginnings, however long.

        Every recording is as likely as any other, however long it is, and every place in it as likely as any other to be
        the beginning; where nothing sounds there, the excerpt begins where the sound does, and of a recording that is silent
        most of the time every place where it sounds is as likely. What ends goes on from its beginning, cross-faded
        (:func:`looped`). A recording without any sound, or that cannot be decoded, is passed over for the next in the order
        drawn.

        Raises
        ------
        ConditionError : no recording has any sound
        """
        indices = self._of("noise")
        order = rng.permutation(len(indices))
        starts = rng.random(len(indices))
        why = ""
        for passed_over, place in enumerate(order):
            index = indices[place]
            file = self.files[index]
            try:
                start = self._sounding.begin(file, float(starts[place]), sample_rate=sample_rate)
                if start is not None:
                    samples = looped(self._blocks, file, start, n_samples, sample_rate=sample_rate)
                    return Excerpt(samples, index + 1, start / sample_rate, passed_over)
            except AudioError as error:
                why = f"; {file.name}: {error.what}"
        raise ConditionError(
            f"no sound was found in its {len(indices)} {self._called('noise')}{why}",
            place=str(self.path),
            remedy="name a folder with recordings that can be heard",
        )

    def response(self, rng: np.random.Generator, *, sample_rate: int) -> Excerpt:
        """Return a whole recording, drawn by ``rng``, each as likely as any other, that is a room response.

        What is longer than 10 s or does not have peak, decay and direct sound of a response (:func:`why_no_response`) is
        passed over for the next in the order drawn.

        Raises
        ------
        ConditionError : no recording is a room response
        """
        indices = self._of("response")
        reasons = []
        for passed_over, place in enumerate(rng.permutation(len(indices))):
            file = self.files[indices[place]]
            samples, reason = self._response(file, sample_rate)
            if not reason:
                return Excerpt(samples, indices[place] + 1, 0.0, passed_over)
            reasons.append(f"{file.name}: {reason}")
        raise ConditionError(
            "; ".join([f"none of its {len(indices)} {self._called('response')} is a room response", *reasons[:3]]),
            place=str(self.path),
            remedy="name a folder with room impulse responses, one to a file",
        )

    def _of(self, role: Role) -> list[int]:
        """Return the files that may be drawn as ``role``."""
        return [index for index, file in enumerate(self.files) if file.role in ("", role)]

    def _called(self, role: Role) -> str:
        return {"noise": "noises", "response": "responses"}[role] if self.layout == "RIRS_NOISES" else "recordings"

    def _response(self, file: Recording, sample_rate: int) -> tuple[Floats, str]:
        """Return the samples of a file, and why it is no response."""
        if file.duration_s > LONGEST_S:
            reason = f"{file.duration_s:.1f} s long, a room response has at most {LONGEST_S:g} s"
            return np.zeros(0), reason
        try:
            samples = decode(file.path, sample_rate=sample_rate, channel=0).samples.astype(np.float64)
        except AudioError as error:
            return np.zeros(0), error.what
        return samples, why_no_response(samples, sample_rate=sample_rate)


def open_recordings(path: Path) -> Recordings:
    """Return the recordings in a folder and its subfolders, or in one file.

    Layouts that are recognised: **MUSAN** (music, noise, speech; name a subfolder to use only that), **DEMAND** (a folder
    per scene with ch01 to ch16: a scene is one recording, its first channel), **WHAM** (tr, cv, tt: only tt, which is
    made for testing; name another to use it), **ESC-50** (audio beside meta), **RIRS_NOISES** (responses and noises side by
    side: each is used as what it is).

    Raises
    ------
    ConditionError : outside the folders that this server reads, no such folder, no audio in it, or none that can be used
    """
    path = Path(path).expanduser()
    require_within_reach(path, fails=ConditionError)
    try:
        if not path.exists():
            raise ConditionError("no such folder or file", place=str(path), remedy="name a folder with recordings")
        files, layout = ((path,), "") if path.is_file() else listed(path)
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
