"""Free Spoken Digit Dataset: ten digits, six speakers, in files that are named after what they hold.

Layout, as in the repository and its releases::

    free-spoken-digit-dataset/
        metadata.py                     speakers' gender and accent (a Python file; read as data, never run)
        recordings/
            <digit>_<speaker>_<index>.wav

A ``speakers.csv`` (speaker_id, gender, accent) in place of ``metadata.py`` is read too. The corpus's ``language`` is
the language that is spoken, not a first language, and is not an attribute.

Source: github.com/Jakobovski/free-spoken-digit-dataset, README.md and metadata.py; the SHA-256 of release 1.0.9 is that of
tensorflow-datasets (spoken_digit/checksums.tsv).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.corpora.adapters.adapter import Adapter, Download, Options, Rows, require_folder, tree_of
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files import contents
from workbench.files.encodings import decode_text
from workbench.files.problems import Problem

_NAME = re.compile(r"^([0-9])_(.+)_([0-9]+)\.wav$")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ATTRIBUTES = ("gender", "accent")


def _recognise(folder: Path) -> bool:
    recordings = folder / "recordings"
    if not recordings.is_dir():
        return False
    return any(_NAME.match(path.name) for path in islice(recordings.iterdir(), 1_000))


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    require_folder(folder, "fsdd", "recordings")
    speakers, problems = _speakers(folder, options)
    rows = []
    for path in sorted((folder / "recordings").iterdir()):
        named = f"recordings/{path.name}"
        match = _NAME.match(path.name)
        if match is None:
            if path.suffix == ".wav":
                problem = f"the file {path.name!r} is not named <digit>_<speaker>_<index>.wav"
                problems.append(Problem(0, "path", path.name, problem, "rename or remove it", named))
            continue
        stated = speakers.get(match[2], {})
        rows.append(
            {
                "utterance_id": path.stem,
                "path": named,
                "reference": _WORDS[int(match[1])],
                "speaker_id": match[2],
                **{name: stated.get(name, "") for name in _ATTRIBUTES},
            }
        )
    columns = ["utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES]
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    yield Rows(frame, frame["path"].tolist(), np.zeros(len(frame), dtype=np.int64), tuple(problems))


def _speakers(folder: Path, options: Options) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """Return what is stated of each speaker."""
    if (folder / "speakers.csv").is_file():
        table = small_table(folder / "speakers.csv", folder, need=("speaker_id",), encoding=options["encoding"])
        return {row["speaker_id"]: row for row in table.rows}, list(table.problems)
    if not (folder / "metadata.py").is_file():
        problem = "there is no metadata.py: gender and accent are not stated"
        return {}, [Problem(0, "accent", "", problem, "copy it from the repository, or go on without", "metadata.py")]
    return _literal(folder / "metadata.py"), []


def _literal(path: Path) -> dict[str, dict[str, str]]:
    """Return the dictionary that ``metadata.py`` assigns, read as a literal; no line of the file is run."""
    text = decode_text(contents(path, called="metadata", fails=ManifestError), place=path.name)
    try:
        named = [
            node.value for node in ast.parse(text).body if isinstance(node, ast.Assign) and _assigns(node, "metadata")
        ]
        result = ast.literal_eval(named[0])
        return {str(name): {str(key): str(value) for key, value in of.items()} for name, of in result.items()}
    except (SyntaxError, ValueError, IndexError, AttributeError, RecursionError):
        problem = "does not assign one dictionary of speakers to metadata"
        raise ManifestError(problem, place=path.name, remedy="copy the file from the repository again") from None


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


ADAPTER = Adapter(
    name="fsdd",
    title="Free Spoken Digit Dataset",
    tree=tree_of(__doc__),
    licence="CC BY-SA 4.0",
    source="https://github.com/Jakobovski/free-spoken-digit-dataset",
    citation="Jackson, Z. et al. (2018). Free Spoken Digit Dataset. https://zenodo.org/badge/latestdoi/61622039",
    attributes={
        "gender": AttributeInfo(note="gender of the speaker, from the corpus's metadata; how it was asked is not documented"),
        "accent": AttributeInfo(note="accent of the speaker, from the corpus's metadata; how it was asked is not documented"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="read",
    downloads={
        "v1.0.9": Download(
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz",
            "8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
        )
    },
    speaker_note="Six speakers: a group is one or two people, so no difference can be laid to an accent.",
)  # fmt: skip
