"""Files under ``WORKBENCH_HOME`` beside the store: which of them hold something of a run or a speaker, and their erasure."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from workbench.audio import urls
from workbench.files import home

DERIVED = ("scores", "audit.sqlite")
"""What can be made again from the store and the recordings: it goes whole."""

ROWS = {".csv": ",", ".tsv": "\t", ".jsonl": ""}
"""Endings of tables from which single rows can be taken, and what stands between their cells."""

PACKED = (".zip", ".parquet", ".xlsx", ".gz", ".tar", ".bz2", ".xz", ".7z")

Lines = list[tuple[str, int, str]]


def erase(run_ids: set[str], speakers: set[str], paths: set[str], *, do: bool) -> tuple[Lines, Lines]:
    """Erase from the files what belongs to these runs and speakers; return what goes, and what remains and why.

    ``paths``: of the recordings of the speakers, or of the corpora that no run needs any more. Recordings outside of
    ``WORKBENCH_HOME`` are not touched. ``do``: without it nothing is changed.
    """
    folder = home()
    gone: Lines = []
    remains: Lines = []

    def remove(path: Path, called: str) -> None:
        if path.is_symlink() or path.is_file():
            gone.append((called, 1, str(path)))
            if do:
                path.unlink()
        elif path.is_dir():
            gone.append((called, sum(1 for item in path.rglob("*") if item.is_file()), str(path)))
            if do:
                shutil.rmtree(path)

    for name in DERIVED:
        for path in sorted(folder.glob(f"{name}*")):
            remove(path, "kept tables and measures")
    for path in sorted(folder.glob("*.damaged-*")):
        remove(path, "copies of a damaged store")
    for run_id in sorted(run_ids):
        remove(folder / "logs" / f"{run_id}.log", "logs")
        remove(folder / "confirmations" / f"{run_id}.json", "confirmations")
    for name in sorted(paths):
        if urls.is_url(name):
            for path in sorted(urls.cache().glob(f"{urls.cached_name(name)}*")):
                remove(path, "fetched audio")
        elif folder in Path(name).absolute().parents:
            remove(Path(name), "uploaded audio")
    if speakers:
        removed = {Path(detail) for _, _, detail in gone}
        for path in _others(folder):
            if path not in removed and not any(parent in removed for parent in path.parents):
                _from_file(path, speakers, gone, remains, do=do)
    return _added_up(gone), remains


def _others(folder: Path) -> Iterator[Path]:
    """Yield the files of the home that are no store."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("store.sqlite"):
            yield path


def _from_file(path: Path, speakers: set[str], gone: Lines, remains: Lines, *, do: bool) -> None:
    """Take the rows of speakers out of a table; list any other file that names them, or cannot be looked into."""
    data = path.read_bytes()
    rest = data
    if path.suffix.lower() in ROWS:
        kept, count = _without_rows(data, ROWS[path.suffix.lower()], speakers)
        if count:
            gone.append(("rows of uploaded tables", count, str(path)))
            rest = kept
            if do:
                path.write_bytes(kept)
    if path.suffix.lower() in PACKED:
        remains.append((str(path), 0, "is packed and was not looked into: delete it, if it holds the speaker"))
    elif any(speaker.encode() in rest for speaker in speakers if len(speaker) > 2):
        remains.append((str(path), 0, "names the speaker in text that is no row of a table: edit or delete it"))


def _without_rows(data: bytes, delimiter: str, speakers: set[str]) -> tuple[bytes, int]:
    """Return a table without the rows in which a cell is one of ``speakers``, and how many those are."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data, 0
    if not delimiter:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not _names(line, speakers)]
        return "".join(kept).encode(), len(lines) - len(kept)
    if delimiter == "," and text.partition("\n")[0].count(";") > text.partition("\n")[0].count(","):
        delimiter = ";"
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return data, 0
    others = [row for number, row in enumerate(rows) if number == 0 or speakers.isdisjoint(row)]
    if len(others) == len(rows):
        return data, 0
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(others)
    return out.getvalue().encode(), len(rows) - len(others)


def _names(line: str, speakers: set[str]) -> bool:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and any(isinstance(value, str) and value in speakers for value in row.values())


def _added_up(lines: Lines) -> Lines:
    """Return one line per kind of place; its detail is the file, where it is one."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for called, count, detail in lines:
        kinds.setdefault(called, []).append((count, detail))
    return [
        (called, sum(count for count, _ in parts), parts[0][1] if len(parts) == 1 else f"{len(parts)} places")
        for called, parts in kinds.items()
    ]
