"""A corpus as the Hugging Face hub ships it: Parquet files with the audio inside, one reader for every adapter.

Layout, as a download of the repository has it (``data/`` or one folder for each configuration)::

    corpus/
        data/<split>-<part>-of-<parts>.parquet
        <configuration>/<split>-<part>-of-<parts>.parquet

Files are read row group by row group. Audio is written to the folder that ``--option extract=audio`` names, below the corpus, and
what is there already is not written again. The split is that of the file's name.

Source: huggingface.co/docs/hub, "Audio dataset", "File names and splits"; the files' own metadata.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows
from workbench.corpora.adapters.embedded_audio import EmbeddedAudio
from workbench.corpora.adapters.generic_columns import CHOOSE, attributes_of, chosen, text_value
from workbench.corpora.adapters.row_builder import Builder, stated
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError, choices

_BATCH = 64
_NUMBERED = re.compile(r"^(?P<split>.+?)-(?P<part>\d{3,})-of-(?P<parts>\d{3,})")
_DEPTHS = ("data/", "", "*/", "data/*/", "*/*/")
_NO_ATTRIBUTE = ("path", "file", "audio_id", "id", "idx", "duration")

OPTIONS: Mapping[str, Option] = {
    "split": Option("which split", "all"),
    "configuration": Option("which folder of files, where there are several", "all"),
    "extract": Option("folder below the corpus to which audio inside the Parquet files is written"),
    **CHOOSE,
}
"""Options of a corpus that is read from Parquet files."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file: its configuration and split, which part of how many it is (0 of 0: not said), and its columns."""

    path: Path
    configuration: str
    split: str
    number: int
    of: int
    columns: tuple[str, ...]
    audio: str
    """The column that holds audio; "" if none does, or the file cannot be read."""
    features: Mapping[str, Any]
    """What the hub says of each column."""
    fault: str = ""

    def value(self, column: str, row: Mapping[str, Any]) -> str:
        """Return a value as text, a class label by its name."""
        value = row.get(column)
        feature = self.features.get(column)
        names = feature.get("names") if isinstance(feature, dict) else None
        if names and isinstance(value, int):
            return str(names[value]) if 0 <= value < len(names) else ""
        return text_value(value)


def snapshot(folder: Path) -> list[Part]:
    """Return the Parquet files of a folder, if at least one of them holds audio; nothing for any other folder."""
    for depth in _DEPTHS:
        files = sorted(path for path in folder.glob(f"{depth}*.parquet") if not path.name.startswith("."))
        parts = [_part(path, folder) for path in files]
        if any(part.audio for part in parts):
            return parts
    return []


def looks_like(adapter: Adapter, parts: list[Part]) -> bool:
    """Return whether these are the files of the adapter's corpus."""
    columns = {name for part in parts for name in part.columns}
    return bool(adapter.hub.signature) and adapter.hub.signature <= columns


def as_snapshot(adapter: Adapter, folder: Path) -> Adapter:
    """Return the adapter, reading from Parquet files if ``folder`` holds those and not the adapter's own layout."""
    if adapter.recognise(folder) or not (parts := snapshot(folder)):
        return adapter
    generic = dataclasses.replace(
        adapter, options={**OPTIONS}, attributes={}, more=partial(_attributes, adapter, parts)
    )
    return dataclasses.replace(generic, read=partial(_read, adapter, parts))


def _part(path: Path, folder: Path) -> Part:
    import pyarrow as pa
    import pyarrow.parquet as pq

    match = _NUMBERED.match(path.stem)
    above = [name for name in path.parent.relative_to(folder).parts if name != "data"]
    if match is not None:
        split, number, of = match["split"], int(match["part"]), int(match["parts"])
    else:
        number = of = 0
        split = above.pop() if path.stem.isdecimal() and above else path.stem
    configuration = "/".join(above)
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        with open(path, "rb") as file:
            pointer = file.read(64).startswith(b"version https://git-lfs")
        reason = "it is a Git LFS pointer: git lfs pull" if pointer else str(error).splitlines()[0][:200]
        return Part(path, configuration, split, number, of, (), "", {}, reason)
    features = _features(schema.metadata or {})
    inside = {
        name
        for name, kind in zip(schema.names, schema.types, strict=True)
        if pa.types.is_struct(kind) and {"bytes", "array"} & {kind.field(k).name for k in range(kind.num_fields)}
    }
    declared = [
        name for name, feature in features.items() if isinstance(feature, dict) and feature.get("_type") == "Audio"
    ]
    audio = next((name for name in [*declared, *schema.names] if name in inside or name in declared), "")
    return Part(path, configuration, split, number, of, tuple(map(str, schema.names)), audio, features)


def _features(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _scalar(part: Part) -> list[str]:
    """Return the columns that hold single values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(part.path)
    kinds = zip(schema.names, schema.types, strict=True)
    return [
        name
        for name, kind in kinds
        if not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
    ]


def _columns(adapter: Adapter, parts: list[Part], options: Options) -> dict[str, str]:
    """Return the column of each attribute."""
    good = next(part for part in parts if part.audio)
    scalars = _scalar(good)
    if not adapter.generic:
        named = {name: adapter.hub.attributes.get(name, name) for name in (*adapter.attributes, *adapter.hub.described)}
        return {name: column for name, column in named.items() if column in scalars}
    text = chosen("text", options["text"], good.columns, adapter.hub.text, good.path.name)
    without = (text, options["speaker"], *adapter.hub.speaker, *_NO_ATTRIBUTE)
    return {name: name for name in attributes_of(scalars, without=without, note="")}


def _attributes(adapter: Adapter, parts: list[Part], folder: Path, options: Options) -> dict[str, AttributeInfo]:
    usual = AttributeInfo(note="as the data set on the hub has it")
    infos = {**adapter.attributes, **adapter.hub.described}
    result = {name: infos.get(name, usual) for name in _columns(adapter, parts, options)}
    if len({part.split for part in parts}) > 1 or "split" in adapter.attributes:
        result["split"] = AttributeInfo(obtained="annotated", note="split of the data set", per="utterance")
    if len({part.configuration for part in parts}) > 1:
        result["configuration"] = AttributeInfo(note="folder of the data set", per="utterance")
    return result


def _chosen_parts(parts: list[Part], options: Options) -> list[Part]:
    for name in ("split", "configuration"):
        there = sorted({str(getattr(part, name)) for part in parts})
        if options[name] not in ("all", *there):
            raise ManifestError(
                f"there is no {name} {options[name]!r}", place="--option", remedy=choices(options[name], there)
            )
        parts = [part for part in parts if options[name] in ("all", getattr(part, name))]
    return parts


def _read(adapter: Adapter, parts: list[Part], folder: Path, options: Options) -> Iterator[Rows]:
    columns = _columns(adapter, parts, options)
    attributes = list(_attributes(adapter, parts, folder, options))
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", *attributes])
    wanted = _chosen_parts(parts, options)
    good = [part for part in wanted if part.audio]
    size = sum(part.path.stat().st_size for part in good)
    _say_what_is_missing(folder, wanted, builder)
    for done, part in enumerate(good):
        place = part.path.relative_to(folder).as_posix()
        if (column := next((name for name in adapter.hub.refused if name in part.columns), None)) is not None:
            problem = f"{part.path.name} has the column {column!r} (it has {', '.join(part.columns)})"
            raise ManifestError(problem, place=str(folder), remedy=adapter.hub.refused[column])
        text = chosen("text", options["text"], part.columns, adapter.hub.text, place)
        speaker = _speaker(adapter, part, options, place, builder if not done else None)
        under = "/".join(
            filter(None, [part.configuration, part.split if part.path.stem.isdecimal() else "", part.path.stem])
        )
        audio = EmbeddedAudio(folder, options["extract"], under, inside="Parquet", size=size)
        take = [part.audio, text, *filter(None, [speaker]), *columns.values()]
        for number, share, row in _rows(part, list(dict.fromkeys(take)), builder, place):
            path, fault = audio.path(row.get(part.audio), f"{number:06d}", with_own_name=True)
            if fault or not (folder / path).is_file():
                builder.lost(place, number, f"row {number}", f"row {number} holds no audio", "download the part again")
                continue
            stem = str(Path(path).with_suffix(""))
            values = {name: stated(part.value(column, row), *adapter.hub.missing) for name, column in columns.items()}
            fields = {"split": part.split, "configuration": part.configuration, **values}
            named = part.value(speaker, row) if speaker else stem
            sentence = {"utterance_id": stem, "path": path, "reference": part.value(text, row), "speaker_id": named}
            builder.add(place, number, {**fields, **sentence})
            if number % _BATCH == 0:
                yield builder.rows((done + share) / len(good))
    yield builder.rows()


def _say_what_is_missing(folder: Path, parts: list[Part], builder: Builder) -> None:
    for part in parts:
        if part.fault or not part.audio:
            problem = f"cannot be read as Parquet ({part.fault})" if part.fault else "has no column of audio"
            builder.lost(part.path.relative_to(folder).as_posix(), 0, part.path.name, problem, "download it again")
    groups: dict[tuple[str, str, int], set[int]] = {}
    for part in parts:
        if part.of:
            groups.setdefault((part.configuration, part.split, part.of), set()).add(part.number)
    for (configuration, split, of), numbers in groups.items():
        if len(numbers) < of:
            place = "/".join(filter(None, [configuration, split]))
            builder.note(
                place, f"{of - len(numbers)} of its {of} Parquet files are not there", "download them, or go on without"
            )


def _speaker(adapter: Adapter, part: Part, options: Options, place: str, builder: Builder | None) -> str:
    """Return the column of speakers; "" where the corpus names none, which ``builder`` is told."""
    if adapter.hub.anonymous and not options["speaker"] and not set(adapter.hub.speaker) & set(part.columns):
        if builder is not None:
            problem = "no column of speakers: every recording counts as one, so intervals are too narrow"
            builder.note(place, problem, "name one, if there is: --option speaker=COLUMN")
        return ""
    return chosen("speaker", options["speaker"], part.columns, adapter.hub.speaker, place)


def _rows(part: Part, take: list[str], builder: Builder, place: str) -> Iterator[tuple[int, float, dict[str, Any]]]:
    """Yield (number of the row from 1, share of the file, values) of a file, some rows at a time in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(part.path) as opened:
            total = max(opened.metadata.num_rows, 1)
            for batch in opened.iter_batches(batch_size=_BATCH, columns=take):
                for row in batch.to_pylist():
                    number += 1
                    yield number, number / total, row
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        problem = f"cannot be read as Parquet from row {number + 1} on ({reason})"
        builder.lost(place, number + 1, part.path.name, problem, "download it again")
