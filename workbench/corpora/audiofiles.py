"""Does the audio of every row exist, stay inside its folder and decode; how long is it, and what is its digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import END_TOLERANCE_S, decode, is_url, on_this_machine, probe, segment_digest, source_digest
from workbench.corpora.problems import shown
from workbench.errors import AudioError

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""

_WINDOW = 2_048


@dataclass(frozen=True, slots=True)
class Part:
    """What was found for one row: its audio, or the problem (column, what, remedy) that makes it unusable."""

    duration_s: float = np.nan
    digest: str = ""
    problem: tuple[str, str, str] | None = None


def inspect(
    paths: pd.Series[str],
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    *,
    root: Path,
    folder: str,
    decode_all: bool,
    on_progress: Progress | None,
) -> list[Part]:
    """Return one :class:`Part` per row. Every file is opened once; ``decode_all`` decodes every part of it too.

    ``paths`` (n,) are relative to ``root``, which messages call ``folder``; limits are NaN where there is none.
    """
    found: list[Part | None] = [None] * len(paths)
    groups = list(paths.groupby(paths.to_numpy(), sort=False).indices.items())
    real_root = os.path.realpath(root)
    real_folder = lru_cache(maxsize=65_536)(os.path.realpath)

    def leaves(file: Path) -> bool:
        real = os.path.realpath(file) if file.is_symlink() else os.path.join(real_folder(file.parent), file.name)
        return os.path.commonpath([real_root, real]) != real_root

    def one(group: tuple[object, NDArray[np.intp]]) -> list[Part]:
        limits = [(_given(start_s[i]), _given(end_s[i])) for i in group[1]]
        file, written = root / str(group[0]), str(group[0])
        if is_url(written):
            try:
                return _file(on_this_machine(written, fresh=True), written, limits, decode_all=decode_all)
            except AudioError as error:
                return [Part(problem=("path", f"{shown(written)}: {error.what}", error.remedy))] * len(limits)
        try:
            outside = leaves(file)
        except OSError as error:  # a name too long for the file system, say
            what = f"path {shown(written)} cannot be opened ({error.strerror})"
            return [Part(problem=("path", what, "correct the path or drop the row"))] * len(limits)
        if outside:
            remedy = f"copy the file into {folder}"
            what = f"path {shown(written)} is a link that leaves {folder}"
            return [Part(problem=("path", what, remedy))] * len(limits)
        return _file(file, written, limits, decode_all=decode_all)

    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 2)) as executor:
        waiting, done = iter(groups), 0
        while window := list(islice(waiting, _WINDOW)):
            for (_, rows), parts in zip(window, executor.map(one, window), strict=True):
                for index, part in zip(rows, parts, strict=True):
                    found[index] = part
                done += 1
                if on_progress is not None:
                    on_progress(done, len(groups))
    return [part for part in found if part is not None]


def _file(
    file: Path, written: str, limits: Sequence[tuple[float | None, float | None]], *, decode_all: bool
) -> list[Part]:
    if not os.path.isfile(file):
        what = (
            f"path {shown(written)} is a folder, not an audio file"
            if os.path.isdir(file)
            else f"there is no file {shown(written)}"
        )
        return [Part(problem=("path", what, "correct the path or drop the row"))] * len(limits)
    try:
        length_s = probe(file)
        whole = source_digest(file)
    except (AudioError, OSError) as error:
        return [Part(problem=_unusable(written, error))] * len(limits)
    if length_s <= 0:
        what = f"{shown(written)}: the audio holds no samples"
        return [Part(problem=("path", what, "drop the row or replace the file"))] * len(limits)
    return [_part(file, written, start, end, length_s, whole, decode_all=decode_all) for start, end in limits]


def _part(
    file: Path, written: str, start: float | None, end: float | None, length_s: float, whole: str, *, decode_all: bool
) -> Part:
    if start is not None and start >= length_s:
        what = f"start_s = {start:g} is past the end of {shown(written)}, which is {length_s:.3f} s long"
        return Part(problem=("start_s", what, "correct start_s"))
    if end is not None and end > length_s + END_TOLERANCE_S:
        what = f"end_s = {end:g} is past the end of {shown(written)}, which is {length_s:.3f} s long"
        return Part(problem=("end_s", what, "correct end_s, or leave it empty for the end of the file"))
    if decode_all:
        try:
            decode(file, start_s=start, end_s=end, sample_rate=None)
        except (AudioError, OSError) as error:
            return Part(problem=_unusable(written, error))
    digest = segment_digest(whole, start_s=start, end_s=end)
    return Part(min(end if end is not None else length_s, length_s) - (start or 0.0), digest)


def _unusable(written: str, error: AudioError | OSError) -> tuple[str, str, str]:
    what, remedy = (error.what, error.remedy) if isinstance(error, AudioError) else (str(error.strerror), "")
    return "path", f"{shown(written)}: {what}", remedy or "make the file readable or drop the row"


def _given(limit: float) -> float | None:
    return None if np.isnan(limit) else float(limit)
