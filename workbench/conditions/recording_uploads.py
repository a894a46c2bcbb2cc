"""Recordings that arrive through the app: stored once, in a folder of their own that a condition can name."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench.conditions.recording_layouts import SUFFIXES
from workbench.conditions.recordings import open_recordings
from workbench.errors import ConditionError

_UNSAFE = re.compile(r"[^\w.,=+ -]")


def save_recordings(files: Sequence[tuple[str, bytes]], folder: Path) -> Path:
    """Store uploaded ``files`` (name, bytes) in a new folder under ``folder`` and return it; the same ones are stored once.

    Only the last part of a name is used, in characters that fit a file name; of two equal names the second is
    numbered. The new folder is called after the first file and a digest of all.

    Raises
    ------
    ConditionError : nothing was given, a name does not end like audio, none of it can be used, or it cannot be written
    """
    if not files:
        raise ConditionError("no recordings were given", remedy="choose at least one file")
    named: dict[str, bytes] = {}
    for given, data in files:
        name = _UNSAFE.sub("_", given.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .") or "recording"
        stem, suffix = Path(name).stem[:60], Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise ConditionError(
                "the name does not end like audio",
                place=given,
                remedy=f"use {', '.join(sorted(item[1:] for item in SUFFIXES))}",
            )
        number = next(k for k in range(1, len(files) + 1) if _numbered(stem, suffix, k) not in named)
        named[_numbered(stem, suffix, number)] = data
    digest = hashlib.sha256()
    for name, data in sorted(named.items()):
        digest.update(f"{name}\t{hashlib.sha256(data).hexdigest()}\n".encode())
    target = folder / f"{Path(next(iter(named))).stem[:30].strip(' .')}-{digest.hexdigest()[:8]}"
    there = target.is_dir()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, data in named.items():
            (target / name).write_bytes(data)
    except OSError as error:
        raise ConditionError(
            f"cannot be written ({error.strerror or error})",
            place=str(target),
            remedy="set WORKBENCH_HOME to a folder that can be written",
        ) from None
    try:
        open_recordings(target)
    except ConditionError:
        if not there:
            shutil.rmtree(target, ignore_errors=True)
        raise
    return target


def _numbered(stem: str, suffix: str, number: int) -> str:
    return f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
