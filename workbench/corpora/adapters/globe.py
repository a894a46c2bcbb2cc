"""GLOBE: sentences of Common Voice with worldwide accents, cleaned and enhanced (versions 1 and 2).

Layout, as in the repository of the data set, or with the audio as files beside a table::

    GLOBE_V2/
        data/<split>-<part>.parquet     audio (bytes, path), speaker_id, transcript, accent, age, gender
    or
        metadata.tsv, metadata.csv      file_name, speaker_id, transcript, accent, age, gender

Audio inside Parquet files is written out to the folder that ``--option extract=audio`` names, below the corpus. The table form could
not be checked against a release. Version 3 has no speakers, and states accent, age and gender as a model predicted them: it
is not read.

Source: huggingface.co/datasets/MushanW/GLOBE and GLOBE_V2, data cards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, HubColumns, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, stated
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = ("accent", "gender", "age")
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES, "split")
_NEED = ("speaker_id", "transcript")
_TABLES = ("metadata.tsv", "metadata.csv")


def _recognise(folder: Path) -> bool:
    return any((folder / name).is_file() and set(_NEED) <= _columns(folder / name) for name in _TABLES)


def _columns(path: Path) -> set[str]:
    with open(path, "rb") as file:
        head = file.readline(4_096).decode("utf-8-sig", errors="replace")
    return {name.strip() for name in head.split("\t" if path.suffix == ".tsv" else ",")}


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    table = next((name for name in _TABLES if (folder / name).is_file()), "")
    if not table:
        remedy = "name the folder that holds data/ or the table"
        raise ManifestError("there is no data/<split>-*.parquet and no metadata.tsv", place=str(folder), remedy=remedy)
    yield _table(folder, table, options)


def _row(row: dict[str, Any], path: str, split: str) -> dict[str, str]:
    sentence = {name: stated("" if row.get(name) is None else str(row[name]), "nan", "none") for name in _ATTRIBUTES}
    speaker, text = row.get("speaker_id"), row.get("transcript")
    return {
        "utterance_id": str(Path(path).with_suffix("")),
        "path": path,
        "reference": "" if text is None else str(text),
        "speaker_id": "" if speaker is None else str(speaker),
        "split": split,
        **sentence,
    }


def _table(folder: Path, name: str, options: Options) -> Rows:
    table = small_table(folder / name, folder, need=(*_NEED, "file_name"), encoding=options["encoding"])
    builder = Builder(_COLUMNS)
    builder.problems += table.problems
    for line, row in zip(table.lines, table.rows, strict=True):
        builder.add(table.file, line, _row(row, row["file_name"].strip(), row.get("split", "")))
    return builder.rows()


_STATED = "as Common Voice's contributor stated it"

ADAPTER = Adapter(
    name="globe",
    title="GLOBE",
    tree=tree_of(__doc__),
    licence="CC0-1.0",
    source="https://huggingface.co/datasets/MushanW/GLOBE_V2",
    citation="Wang et al. (2024). GLOBE: A High-quality English Corpus with Global Accents for Zero-shot Speaker Adaptive Text-to-Speech. arXiv:2406.14875",
    attributes={
        "accent": AttributeInfo(obtained="unknown", per="utterance", note=f"{_STATED}; how the authors filled gaps is not documented in the data card"),
        "gender": AttributeInfo(obtained="unknown", per="utterance", note=f"{_STATED}; how the authors filled gaps is not documented in the data card"),
        "age": AttributeInfo(obtained="unknown", per="utterance", note=f"{_STATED}, decade; how the authors filled gaps is not documented in the data card"),
        "split": AttributeInfo(obtained="annotated", per="utterance", note="test, val or train"),
    },
    recognise=_recognise,
    read=_read,
    speech_style="read",
    hub=HubColumns(
        text=("transcript",),
        speaker=("speaker_id",),
        signature=frozenset({"speaker_id", "transcript", "accent", "age"}),
        refused={"predicted_accent": "use version 1 or 2; what a model predicts of a speaker is not read as what is stated"},
    ),
    versions="versions 1 and 2; not 3, which has no speakers, and accents that a model predicted",
    speaker_note="The audio was enhanced by its authors: noise and bandwidth are not those of the original recordings.",
)  # fmt: skip
