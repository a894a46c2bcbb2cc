"""Which corpora a folder holds, in the layouts in which they are distributed: looked for in it, then in the folders below.

An unpacked archive often has a folder or two around the corpus (``cv-corpus-21.0/en/``). The nearest level that holds a corpus
counts; what tells a layout is declared by its adapter (``recognise``, or its columns on the Hugging Face hub).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.corpora.adapters import Adapter, Option, get_adapter, recognised
from workbench.corpora.adapters.hub_snapshot import as_snapshot
from workbench.errors import ManifestError
from workbench.files.reach import require_within_reach

DEPTH = 3
"""Levels of folders below the one that is named."""
MOST_FOLDERS = 400
"""Folders that are looked into; a corpus with one folder per speaker is recognised from above."""
EXTRACT = "extract"
"""The option of an adapter that says where audio inside Parquet or Arrow files is written."""

_HUB = "data"
"""The folder of the files in a repository of the Hugging Face hub: it belongs to the corpus, and wraps nothing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A corpus that was recognised: its adapter, and the folder that the adapter reads."""

    adapter: Adapter
    folder: Path

    @property
    def name(self) -> str:
        """Name of the adapter, as ``prepare`` takes it."""
        return self.adapter.name

    @property
    def options(self) -> Mapping[str, Option]:
        """What may be chosen when this corpus is prepared; Parquet files have options of their own."""
        return as_snapshot(self.adapter, self.folder).options


def layouts(folder: Path | str) -> list[Layout]:
    """Return the corpora that ``folder`` holds, in the order of the catalogue; those of the nearest level only.

    Raises
    ------
    ManifestError : there is no such folder, or it cannot be read
    """
    folder = Path(folder)
    require_within_reach(folder, fails=ManifestError)
    if folder.resolve() == Path(folder.resolve().anchor):
        problem = "is the root of the file system, and no corpus"
        raise ManifestError(problem, place=str(folder), remedy="name the folder of the corpus, unpacked")
    if not folder.is_dir():
        problem = "is a file, not a folder" if folder.is_file() else "there is no such folder"
        raise ManifestError(problem, place=str(folder), remedy="name the folder of the corpus, unpacked")
    level, seen = [folder], 0
    try:
        for _ in range(DEPTH + 1):
            results = [Layout(get_adapter(name), _inner(place, name)) for place in level for name in recognised(place)]
            if results:
                return results
            seen += len(level)
            level = [below for place in level for below in _below(place)][: max(MOST_FOLDERS - seen, 0)]
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ManifestError(problem, place=str(error.filename or folder), remedy="check that you may read it") from None
    return []


def _inner(folder: Path, name: str) -> Path:
    """Return the folder that the corpus itself is in: adapters that look below by themselves recognise a wrapping folder too,
    but tables beside the speakers' folders are only found from the inner one."""
    while [path for path in folder.iterdir() if not _hidden(path)] == (inside := _below(folder)) and len(inside) == 1:
        if inside[0].name == _HUB or name not in recognised(inside[0]):
            break
        folder = inside[0]
    return folder


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__MACOSX"))


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))
