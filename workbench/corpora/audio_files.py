"""Does the audio of every row exist, stay inside its folder and decode; how long is it, and what is its digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import (
    AUDIBLE_DB,
    END_TOLERANCE_S,
    FileFacts,
    decode,
    file_facts,
    forget,
    is_url,
    on_this_machine,
    segment_digest,
    source_digest,
    speech_level,
)
from workbench.corpora.path_lookup import PathLookup, difference
from workbench.errors import AudioError
from workbench.files.problems import shown

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""

_WINDOW = 2_048


class Spans(NamedTuple):
    """What each of n rows takes of its file: ``start_s`` and ``end_s`` (NaN: from its start, to its end), and ``channel``
    from 1 (0: all of them)."""

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    channel: NDArray[np.int64]

    def take(self, rows: NDArray[np.intp]) -> Spans:
        """Return the spans of these rows."""
        return Spans(self.start_s[rows], self.end_s[rows], self.channel[rows])


class Span(NamedTuple):
    """What one row takes of its file; ``channel`` counts from 0, as :func:`workbench.audio.decode` does."""

    start_s: float | None
    end_s: float | None
    channel: int | None


class Fault(NamedTuple):
    """Why the audio of a row is not usable; ``inaudible``: it can be read, but nothing is to be heard in it."""

    column: str
    what: str
    remedy: str
    inaudible: bool = False


class Inspected(NamedTuple):
    """What was found of n rows: length (NaN where unusable), digest (64 hex digits, or nothing); by row faults, notes, and the path
    of audio whose name only nearly fits.

    Arrays, not an object for each row: of two million rows these are 144 MB.
    """

    duration_s: NDArray[np.float64]
    digest: NDArray[np.bytes_]
    faults: dict[int, Fault]
    notes: dict[int, tuple[str, ...]]
    paths: dict[int, str]


class _Usable(NamedTuple):
    """Length and digest of a row, what should be known of how its audio is read, and its path if that is another than written."""

    duration_s: float
    digest: str
    notes: tuple[str, ...]
    path: str = ""


_Part = _Usable | Fault


def inspect(
    paths: pd.Series[str],
    spans: Spans,
    *,
    root: Path,
    folder: str,
    decode_all: bool,
    on_progress: Progress | None,
) -> Inspected:
    """Return length and digest of every row, or its fault. Every file is opened once; ``decode_all`` decodes every part too.

    ``paths`` (n,) are relative to ``root``, which messages call ``folder``. The threads are for slow disks and for decoding:
    reading headers from a fast disk takes as long in one (``bench.corpus_audio``).
    """
    result = Inspected(np.full(len(paths), np.nan), np.zeros(len(paths), dtype="S64"), {}, {}, {})
    codes, files = pd.factorize(paths)
    real_root = os.path.realpath(root)
    lookup = PathLookup(root)
    real_folder = lru_cache(maxsize=65_536)(os.path.realpath)

    def leaves(file: Path) -> bool:
        real = os.path.realpath(file) if file.is_symlink() else os.path.join(real_folder(file.parent), file.name)
        return os.path.commonpath([real_root, real]) != real_root

    def one(group: tuple[str, NDArray[np.intp]]) -> list[_Part]:
        written, rows = group
        parts = [_span(spans, row) for row in rows.tolist()]
        file = root / written
        if is_url(written):
            try:
                results = _file(on_this_machine(written, fresh=True), written, parts, decode_all=decode_all)
                if all(isinstance(part, Fault) for part in results):
                    forget(written)
                return results
            except AudioError as error:
                return [Fault("path", f"{shown(written)}: {error.what}", error.remedy)] * len(parts)
        try:
            if leaves(file):
                problem = f"path {shown(written)} is a link that leaves {folder}"
                return [Fault("path", problem, f"copy the file into {folder}")] * len(parts)
            if os.path.lexists(file):
                return _file(file, written, parts, decode_all=decode_all)
            meant = lookup.find(written)
            if len(meant) == 1 and os.path.isfile(root / meant[0]) and not leaves(root / meant[0]):
                inspected = _file(root / meant[0], written, parts, decode_all=decode_all)
                note = f"the path differs in {difference(written, meant[0])} from the file: {shown(written)} is read as {shown(meant[0])}"
                return [
                    part._replace(notes=(note, *part.notes), path=meant[0]) if isinstance(part, _Usable) else part
                    for part in inspected
                ]
            return [_not_there(written, meant, lookup.nearest(written))] * len(parts)
        except OSError as error:  # a name too long for the file system, say
            problem = f"path {shown(written)} cannot be opened ({error.strerror})"
            return [Fault("path", problem, "correct the path or drop the row")] * len(parts)
        except Exception as error:  # whatever a file does to a reader, the others are read
            problem = f"path {shown(written)} cannot be read ({type(error).__name__}: {str(error)[:200]})"
            return [Fault("path", problem, "export it again, or drop the row")] * len(parts)

    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 1) + 2)) as executor:
        done = 0
        for window in _windows(codes, files):
            for (_, rows), parts in zip(window, executor.map(one, window), strict=True):
                for row, part in zip(rows.tolist(), parts, strict=True):
                    if isinstance(part, Fault):
                        result.faults[row] = part
                        continue
                    result.duration_s[row], result.digest[row] = part.duration_s, part.digest
                    if part.notes:
                        result.notes[row] = part.notes
                    if part.path:
                        result.paths[row] = part.path
                done += 1
                if on_progress is not None:
                    on_progress(done, len(files))
    return result


def _windows(codes: NDArray[np.intp], files: pd.Index[str]) -> Iterator[list[tuple[str, NDArray[np.intp]]]]:
    """Yield some files at a time, in the order in which they are first named: each with its rows."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(files)))
    for begin in range(0, len(files), _WINDOW):
        names = files[begin : begin + _WINDOW].tolist()
        first = ends[begin - 1] if begin else 0
        limits = np.concatenate([[first], ends[begin : begin + len(names)]])
        yield [(name, order[limits[k] : limits[k + 1]]) for k, name in enumerate(names)]


def _not_there(written: str, meant: tuple[str, ...], nearest: str) -> Fault:
    """Return the fault of a path under which there is no file: with the files that it may mean, or the nearest one."""
    problem = f"there is no file {shown(written)}"
    if len(meant) > 1:
        return Fault(
            "path",
            f"{problem}, and {len(meant)} that differ from it in form only",
            f"name one: {', '.join(map(shown, meant[:5]))}",
        )
    near = f"the nearest is {shown(nearest)}; " if nearest else ""
    return Fault("path", problem, f"{near}correct the path or drop the row")


def _file(file: Path, written: str, spans: Sequence[Span], *, decode_all: bool) -> list[_Part]:
    if not os.path.isfile(file):
        problem = (
            f"path {shown(written)} is a folder, not an audio file"
            if os.path.isdir(file)
            else f"there is no file {shown(written)}"
        )
        return [Fault("path", problem, "correct the path or drop the row")] * len(spans)
    try:
        facts = file_facts(file)
        whole = source_digest(file)
    except (AudioError, OSError) as error:
        return [_unusable(written, error)] * len(spans)
    if facts.duration_s <= 0:
        problem = f"{shown(written)}: the audio holds no samples"
        return [Fault("path", problem, "drop the row or replace the file")] * len(spans)
    return [_part(file, written, span, facts, whole, decode_all=decode_all) for span in spans]


def _part(file: Path, written: str, span: Span, facts: FileFacts, whole: str, *, decode_all: bool) -> _Part:
    start, end, channel = span
    length_s, there, notes = facts.duration_s, facts.channels, facts.notes
    if start is not None and start >= length_s:
        problem = f"start_s = {start:g} is past the end of {shown(written)}, which is {length_s:.3f} s long"
        return Fault("start_s", problem, "correct start_s")
    if end is not None and end > length_s + END_TOLERANCE_S:
        problem = f"end_s = {end:g} is past the end of {shown(written)}, which is {length_s:.3f} s long"
        return Fault("end_s", problem, "correct end_s, or leave it empty for the end of the file")
    if channel is not None and channel >= there:
        has = "1 channel" if there == 1 else f"{there} channels"
        return Fault(
            "channel", f"there is no channel {channel + 1} in {shown(written)}, which has {has}", "correct channel"
        )
    if decode_all:
        try:
            wave = decode(file, start_s=start, end_s=end, sample_rate=None, channel=channel)
        except (AudioError, OSError) as error:
            return _unusable(written, error)
        level_db = speech_level(wave.samples, wave.sample_rate).active_db
        if level_db < AUDIBLE_DB:
            return _inaudible(written, level_db)
        notes = wave.notes
    digest = segment_digest(whole, start_s=start, end_s=end, channel=channel)
    return _Usable(min(end if end is not None else length_s, length_s) - (start or 0.0), digest, notes)


def _inaudible(written: str, level_db: float) -> Fault:
    loud = "is silent" if np.isneginf(level_db) else f"has its speech at {level_db:.0f} dBov, below {AUDIBLE_DB:.0f}"
    problem = f"{shown(written)}: {loud}: there is nothing to transcribe"
    return Fault("path", problem, "replace the recording, or drop the row", inaudible=True)


def _unusable(written: str, error: AudioError | OSError) -> Fault:
    problem, remedy = (error.what, error.remedy) if isinstance(error, AudioError) else (str(error.strerror), "")
    return Fault("path", f"{shown(written)}: {problem}", remedy or "make the file readable or drop the row")


def _span(spans: Spans, row: int) -> Span:
    start, end, channel = spans.start_s[row], spans.end_s[row], int(spans.channel[row])
    return Span(
        None if np.isnan(start) else float(start),
        None if np.isnan(end) else float(end),
        channel - 1 if channel else None,
    )
