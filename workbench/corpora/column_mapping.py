"""Columns under other names: which column is the path, which the words said, which the speaker. Guessed, then confirmed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from workbench.corpora.headers import REQUIRED
from workbench.corpora.manifest_edit import read_written, write_again
from workbench.errors import ManifestError

USUAL = {
    "path": (
        "path",
        "audio",
        "audio_path",
        "audio_filepath",
        "file",
        "filename",
        "file_name",
        "filepath",
        "wav",
        "clip",
    ),
    "reference": ("reference", "text", "sentence", "transcript", "transcription", "words", "ref", "label"),
    "speaker_id": (
        "speaker_id",
        "speaker",
        "spk",
        "spk_id",
        "client_id",
        "talker",
        "participant",
        "subject",
        "user_id",
    ),
}
"""What the required columns are called elsewhere, the likeliest first."""


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Return, for each required column, the column of a file that is likely meant; ``""`` where none is.

    >>> guess_columns(["client_id", "Path", "sentence"])
    {'path': 'Path', 'reference': 'sentence', 'speaker_id': 'client_id'}
    """
    folded = {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in reversed(names)}
    result: dict[str, str] = {}
    for wanted in REQUIRED:
        exact = [folded[item] for item in USUAL[wanted] if item in folded]
        close = [folded[item] for item in get_close_matches(wanted, folded, n=1, cutoff=0.75)]
        left = [item for item in (*exact, *close) if item not in result.values()]
        result[wanted] = left[0] if left else ""
    return result


def map_columns(manifest: Path, columns: Mapping[str, str]) -> Path:
    """Write the manifest again with its columns renamed, beside it, and return the new path; the same twice is one file.

    ``columns`` : required column -> column of the file. A column of a required name that stands for something else
    keeps its content as ``<name>_as_supplied``.

    Raises
    ------
    ManifestError : a required column is not given, a column is given twice or is not there; unreadable rows
    """
    source = read_written(manifest)
    names = [str(name) for name in source.table.frame.columns]
    given = {wanted: columns.get(wanted, "") for wanted in REQUIRED}
    faults = [f"no column is given for {wanted!r}" for wanted, name in given.items() if not name]
    faults += [f"there is no column {name!r}" for name in given.values() if name and name not in names]
    mapped = [name for name in given.values() if name]
    faults += [f"{name!r} is given twice" for name in dict.fromkeys(mapped) if mapped.count(name) > 1]
    if faults:
        remedy = f"choose among {', '.join(map(repr, names))}"
        raise ManifestError("; ".join(faults), place=manifest.name, remedy=remedy)
    mark = hashlib.sha256(json.dumps(given, sort_keys=True).encode() + manifest.read_bytes()).hexdigest()[:8]
    out = manifest.with_name(f"{manifest.stem}-{mark}.csv")
    if out.exists():
        return out
    renamed = {name: wanted for wanted, name in given.items()}
    renamed |= {name: f"{name}_as_supplied" for name in REQUIRED if name in names and name not in renamed}
    return write_again(source.table.frame.rename(columns=renamed), source, out)
