"""AudioFolder: audio files and a table of what is known about each, as the Hugging Face hub reads it.

Layout::

    corpus/
        metadata.csv or metadata.jsonl          file_name, the text, the speaker, anything else
        <file_name>
        <split>/metadata.csv, <split>/<file_name>       the same by split

``file_name`` counts from the folder of its table. Every other column becomes an attribute, and so does the split that the folders
name (train, validation, test ...).

Source: huggingface.co/docs/datasets, "Create an audio dataset".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.generic_columns import CHOOSE, SPEAKER, TEXT, attributes_of, chosen, json_lines, scalars
from workbench.corpora.adapters.row_builder import Builder
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import Problem

_FILE = "file_name"
_SPLITS = {
    "train",
    "training",
    "test",
    "testing",
    "eval",
    "evaluation",
    "dev",
    "development",
    "val",
    "valid",
    "validation",
}
_TABLES = ("metadata.csv", "metadata.jsonl", "metadata.tsv")


def _tables(folder: Path) -> list[Path]:
    results = [path for base in (".", "*", "*/*") for name in _TABLES for path in folder.glob(f"{base}/{name}")]
    return sorted(set(results))


def _recognise(folder: Path) -> bool:
    for path in _tables(folder):
        with open(path, "rb") as file:
            return _FILE in file.readline(4_096).decode("utf-8-sig", errors="replace")
    return False


def _rows(path: Path, folder: Path, options: Options) -> Iterator[tuple[int, dict[str, str] | Problem]]:
    if path.suffix == ".jsonl":
        for line, row in json_lines(path, folder, encoding=options["encoding"]):
            yield line, row if isinstance(row, Problem) else scalars(row)
        return
    table = small_table(path, folder, need=(_FILE,), encoding=options["encoding"])
    yield from ((problem.line, problem) for problem in table.problems)
    yield from zip(table.lines, table.rows, strict=True)


def _names(folder: Path, options: Options) -> list[str]:
    names: dict[str, None] = {}
    for path in _tables(folder):
        for _, row in _rows(path, folder, options):
            if isinstance(row, dict):
                names |= dict.fromkeys(row)
    return list(names)


def _split(where: str) -> str:
    """Return the split that a path names by one of its folders; "" if none."""
    return next((part for part in where.split("/")[:-1] if part.lower() in _SPLITS), "")


def _where(path: Path, folder: Path, row: dict[str, str]) -> str:
    """Return the path of a row's audio below the corpus."""
    base, named = path.parent.relative_to(folder).as_posix(), row.get(_FILE, "").strip()
    return named if base == "." or not named else f"{base}/{named}"


def _attributes(folder: Path, options: Options) -> dict[str, AttributeInfo]:
    used = (_FILE, *TEXT, *SPEAKER, options["text"], options["speaker"])
    attributes = attributes_of(_names(folder, options), without=used, note="as the table states it")
    rows = ((path, row) for path in _tables(folder) for _, row in _rows(path, folder, options))
    if "split" not in attributes and any(
        isinstance(row, dict) and _split(_where(path, folder, row)) for path, row in rows
    ):
        attributes["split"] = AttributeInfo(obtained="annotated", note="as the folder is called", per="utterance")
    return attributes


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    tables = _tables(folder)
    if not tables:
        raise ManifestError(
            f"there is no {' or '.join(_TABLES)}", place=str(folder), remedy="name the folder that holds it"
        )
    names = _names(folder, options)
    if not names:
        problems = [row for path in tables for _, row in _rows(path, folder, options) if isinstance(row, Problem)]
        problem = "\n".join(["no row can be read", *map(str, problems[:20])])
        raise ManifestError(problem, place=tables[0].relative_to(folder).as_posix(), remedy="correct the table")
    file = tables[0].relative_to(folder).as_posix()
    text = chosen("text", options["text"], names, TEXT, file)
    speaker = chosen("speaker", options["speaker"], names, SPEAKER, file)
    attributes = list(_attributes(folder, options))
    builder = Builder(["path", "reference", "speaker_id", *attributes])
    for done, path in enumerate(tables, start=1):
        file = path.relative_to(folder).as_posix()
        for line, row in _rows(path, folder, options):
            if isinstance(row, Problem):
                builder.problems.append(row)
                continue
            where = _where(path, folder, row)
            sentence = {"split": _split(where), **row}
            sentence = {name: sentence.get(name, "") for name in attributes}
            builder.add(
                file,
                line,
                {**sentence, "path": where, "reference": row.get(text, ""), "speaker_id": row.get(speaker, "")},
            )
        yield builder.rows(done / len(tables))


ADAPTER = Adapter(
    name="audio-folder",
    title="AudioFolder",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://github.com/huggingface/datasets",
    citation="Lhoest et al. (2021). Datasets: a community library for natural language processing. EMNLP 2021.",
    attributes={},
    recognise=_recognise,
    read=_read,
    options=dict(CHOOSE),
    generic=True,
    more=_attributes,
)
