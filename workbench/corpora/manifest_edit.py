"""A manifest changed and written again: its columns as text, and a new file that finds the same audio."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.corpora.description import ManifestDescription, read_description
from workbench.corpora.manifest import read_raw
from workbench.corpora.manifest_writer import write_manifest, write_table
from workbench.errors import ManifestError
from workbench.files.tables import RawTable


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A manifest as it is written, before anything is checked: its rows as text, and its description."""

    path: Path
    table: RawTable
    description: ManifestDescription


def read_written(path: Path | str, *, encoding: str = "") -> Written:
    """Return the rows of a manifest (or another table of utterances) as text, with their lines, and its description.

    ``encoding`` : that of the text where the description names none

    Raises
    ------
    ManifestError : the file or its description cannot be read; all faults of the description at once
    """
    path = Path(path)
    description, faults = read_description(path)
    if faults:
        raise ManifestError("\n".join(faults), place=path.name)
    option = "give --encoding {}" if not os.path.isfile(path.with_suffix(".toml")) else ""
    return Written(path, read_raw(path, description, encoding=encoding, option=option), description)


def write_again(
    frame: pd.DataFrame, source: Written, out: Path | str, description: ManifestDescription | None = None
) -> Path:
    """Write the changed rows of ``source`` to the new manifest ``out``, with a description that finds the same audio.

    A table that names no audio, such as one of transcripts, has no description.

    Raises
    ------
    ManifestError : a row of ``source`` could not be read and would be lost, or ``out`` is there already
    """
    out = Path(out)
    if source.table.problems:
        lines = "\n".join(map(str, source.table.problems[:100]))
        raise ManifestError(
            f"{source.table.n_unreadable or 1} of its rows cannot be read and would be lost\n{lines}",
            place=source.path.name,
            remedy="mend them first",
        )
    if out.exists() or out.with_suffix(".toml").exists():
        taken = out if out.exists() else out.with_suffix(".toml")
        raise ManifestError("is there already, and is not overwritten", place=str(taken), remedy="choose another name")
    if not out.parent.is_dir():
        raise ManifestError("there is no such folder", place=str(out.parent), remedy="make it, or choose another")
    if "path" not in frame.columns:
        absent = {name: frame[name].mask(gone) for name, gone in source.table.nulls.items() if name in frame.columns}
        return write_table(frame.assign(**absent), out)
    info = description or source.description
    root = Path(os.path.abspath(source.path.parent / info.audio_root))
    there = os.path.relpath(root, os.path.abspath(out.parent))
    update = {"audio_root": "" if there == "." else Path(there).as_posix()}
    update["corpus_id"] = info.corpus_id or source.path.stem
    return write_manifest(frame, out, info.model_copy(update=update))
