"""NeMo manifests: one JSON object per line, with the path of the audio, its duration and its text.

Layout, as NeMo's scripts write it::

    corpus/
        manifest.json                   {"audio_filepath": ..., "duration": ..., "text": ..., "offset": ..., "speaker": ...}
        ...                             the audio, wherever audio_filepath says

Another name is named with ``--option manifest=FILE``. With ``offset`` a row is the part of the file from there on that lasts
``duration``. Every other key that holds a text or number becomes an attribute. NeMo needs no speaker; the workbench does.

Source: NVIDIA NeMo, ASR documentation, "Datasets".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.generic_columns import (
    CHOOSE,
    SPEAKER,
    TEXT,
    attributes_of,
    chosen,
    ends_at,
    json_lines,
    scalars,
    text_value,
)
from workbench.corpora.adapters.row_builder import Builder, Tails
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import Problem

_AUDIO = "audio_filepath"
_KNOWN = (_AUDIO, "duration", "offset", "id", "pred_text", *SPEAKER, *TEXT)
_CHUNK = 20_000


def _manifests(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.name.endswith((".json", ".jsonl", ".json.gz", ".jsonl.gz")))


def _first(path: Path, folder: Path, encoding: str = "") -> dict[str, Any]:
    try:
        return next((row for _, row in json_lines(path, folder, encoding=encoding) if isinstance(row, dict)), {})
    except ManifestError:
        return {}


def _recognise(folder: Path) -> bool:
    for path in _manifests(folder):
        with open(path, "rb") as file:
            head = file.read(65_536)
        if path.suffix == ".gz" or f'"{_AUDIO}"'.encode() in head:
            return _AUDIO in _first(path, folder)
    return False


def _manifest(folder: Path, options: Options) -> Path:
    if options["manifest"]:
        return folder / Path(options["manifest"]).name
    results = [path for path in _manifests(folder) if _AUDIO in _first(path, folder, options["encoding"])]
    if len(results) != 1:
        named = (
            f"{len(results)} manifests: {', '.join(path.name for path in results)}"
            if results
            else "no manifest of NeMo"
        )
        raise ManifestError(named, place=str(folder), remedy="name one: --option manifest=FILE")
    return results[0]


def _keys(path: Path, folder: Path, options: Options) -> list[str]:
    """Return every key that stands anywhere in the manifest with a single value."""
    result: dict[str, None] = {}
    for _, row in json_lines(path, folder, encoding=options["encoding"]):
        if isinstance(row, dict):
            result |= dict.fromkeys(scalars(row))
    return list(result)


def _attributes(folder: Path, options: Options) -> dict[str, AttributeInfo]:
    names = _keys(_manifest(folder, options), folder, options)
    used = (*_KNOWN, options["text"], options["speaker"])
    return attributes_of(names, without=used, note="as the manifest states it")


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    path = _manifest(folder, options)
    file = path.relative_to(folder).as_posix()
    names = _keys(path, folder, options)
    text = chosen("text", options["text"], names, TEXT, file)
    speaker = chosen("speaker", options["speaker"], names, SPEAKER, file)
    attributes = list(_attributes(folder, options))
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", "start_s", "end_s", *attributes])
    tails = Tails(folder)
    for line, row in json_lines(path, folder, encoding=options["encoding"]):
        if isinstance(row, Problem):
            builder.problems.append(row)
            continue
        sentence = scalars(row)
        part = "offset" in sentence
        builder.add(
            file,
            line,
            {
                **{name: sentence.get(name, "") for name in attributes},
                "utterance_id": sentence.get("id", ""),
                "path": tails.find(sentence.get(_AUDIO, "")),
                "reference": text_value(row.get(text)),
                "speaker_id": sentence.get(speaker, ""),
                "start_s": sentence["offset"] if part else "",
                "end_s": ends_at(sentence["offset"], sentence.get("duration", "")) if part else "",
            },
        )
        if line % _CHUNK == 0:
            yield builder.rows(0.5)
    yield builder.rows()


ADAPTER = Adapter(
    name="nemo",
    title="NeMo manifest",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://github.com/NVIDIA/NeMo",
    citation="Kuchaiev et al. (2019). NeMo: a toolkit for building AI applications using Neural Modules. arXiv:1909.09577.",
    attributes={},
    recognise=_recognise,
    read=_read,
    options={"manifest": Option("name of the manifest, where there are several"), **CHOOSE},
    generic=True,
    more=_attributes,
)
