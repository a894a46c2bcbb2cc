"""Hugging Face data sets on disk: as ``save_to_disk`` writes them, or as the hub ships them in Parquet files.

Layout::

    corpus/
        dataset_info.json               features: which column is audio, names of class labels
        state.json
        data-<part>-of-<parts>.arrow
    or, with splits
        dataset_dict.json
        <split>/dataset_info.json, <split>/state.json, <split>/data-<part>-of-<parts>.arrow
    or, as the hub ships them
        data/<split>-<part>-of-<parts>.parquet

Audio inside the files is written out to the folder that ``--option extract=audio`` names, below the corpus. A class label is
read by its name. Every column that holds a text or number becomes an attribute, and so does the split.

Source: huggingface.co/docs/datasets, "Process: Save", "Audio features"; the files' own metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.embedded_audio import EmbeddedAudio
from workbench.corpora.adapters.generic_columns import CHOOSE, SPEAKER, TEXT, attributes_of, chosen, text_value
from workbench.corpora.adapters.row_builder import Builder, json_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_BATCH = 256


@dataclass(frozen=True, slots=True)
class _Part:
    """One split: its name ("" if there is one only), its folder, and what its features say."""

    split: str
    folder: Path
    features: Mapping[str, Any]

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("data-*.arrow"))

    @property
    def audio(self) -> str:
        """The first column of audio; "" if there is none."""
        return next((name for name, kind in self.features.items() if _kind(kind) == "Audio"), "")

    def plain(self) -> list[str]:
        """Return the columns of single values."""
        return [name for name, kind in self.features.items() if _kind(kind) in ("Value", "ClassLabel")]

    def value(self, name: str, value: Any) -> str:
        """Return a value as text, a class label by its name."""
        names = self.features[name].get("names") if isinstance(self.features[name], dict) else None
        if names and isinstance(value, int):
            return str(names[value]) if 0 <= value < len(names) else ""
        return text_value(value)


def _kind(feature: Any) -> str:
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _recognise(folder: Path) -> bool:
    alone = (folder / "dataset_info.json").is_file() and any(True for _ in folder.glob("data-*.arrow"))
    return alone or (folder / "dataset_dict.json").is_file()


def _parts(folder: Path, options: Options) -> list[_Part]:
    splits = [""]
    if (folder / "dataset_dict.json").is_file():
        given = json_of(folder / "dataset_dict.json", folder)
        splits = [str(split) for split in (given.get("splits", []) if isinstance(given, dict) else [])]
        splits = [split for split in splits if options["split"] in ("all", split) and "/" not in split]
    results = []
    for split in splits:
        info = json_of(folder / split / "dataset_info.json", folder)
        features = info.get("features") if isinstance(info, dict) else None
        results.append(_Part(split, folder / split, features if isinstance(features, dict) else {}))
    if not results or not all(part.files for part in results):
        raise ManifestError(
            "there is no data-*.arrow", place=str(folder), remedy="name the folder that was saved, or a split"
        )
    if not all(part.audio for part in results):
        named = ", ".join(map(repr, results[0].features))
        problem = f"no column of audio among {named or 'no columns'}"
        raise ManifestError(problem, place="dataset_info.json", remedy="save the data set with its Audio feature")
    return results


def _attributes(folder: Path, options: Options) -> dict[str, AttributeInfo]:
    parts = _parts(folder, options)
    names = dict.fromkeys(name for part in parts for name in part.plain())
    result = attributes_of(
        names, without=(*TEXT, *SPEAKER, options["text"], options["speaker"], "id"), note="as the data set has it"
    )
    if len(parts) > 1:
        result["split"] = AttributeInfo(obtained="annotated", note="split of the data set", per="utterance")
    return result


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    parts = _parts(folder, options)
    attributes = list(_attributes(folder, options))
    builder = Builder(["utterance_id", "path", "reference", "speaker_id", *attributes])
    files = [(part, path) for part in parts for path in part.files]
    size = sum(path.stat().st_size for _, path in files)
    for done, (part, path) in enumerate(files):
        names = list(part.features)
        text = chosen("text", options["text"], names, TEXT, "dataset_info.json")
        speaker = chosen("speaker", options["speaker"], names, SPEAKER, "dataset_info.json")
        under = part.split or path.parent.name
        audio = EmbeddedAudio(folder, options["extract"], under, inside="Arrow", size=size)
        file, number = path.relative_to(folder).as_posix(), 0
        for batch in _batches(path, file):
            for row in batch:
                number += 1
                result, fault = audio.path(row.get(part.audio), f"{path.stem}-{number:07d}")
                if fault:
                    builder.lost(file, number, f"row {number}", fault, "save the data set again with its audio")
                    continue
                sentence = {name: part.value(name, row.get(name)) for name in part.plain() if name in attributes}
                builder.add(
                    file,
                    number,
                    {
                        "split": part.split,
                        **sentence,
                        "utterance_id": text_value(row.get("id")),
                        "path": result,
                        "reference": text_value(row.get(text)),
                        "speaker_id": part.value(speaker, row.get(speaker)),
                    },
                )
            yield builder.rows((done + 0.5) / len(files))
    yield builder.rows()


def _batches(path: Path, file: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of an Arrow file some at a time; it is mapped into memory, not read into it."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source:
            for batch in pa.ipc.open_stream(source):
                for begin in range(0, batch.num_rows, _BATCH):
                    yield batch.slice(begin, _BATCH).to_pylist()
    except (pa.ArrowException, OSError) as error:
        text = str(error).splitlines()[0][:200]
        raise ManifestError(f"cannot be read as Arrow ({text})", place=file, remedy="save the data set again") from None


ADAPTER = Adapter(
    name="hf-disk",
    title="Hugging Face data set on disk",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://github.com/huggingface/datasets",
    citation="Lhoest et al. (2021). Datasets: a community library for natural language processing. EMNLP 2021.",
    attributes={},
    recognise=_recognise,
    read=_read,
    options={
        "split": Option("which split", "all"),
        "extract": Option("folder below the corpus to which audio inside the files is written"),
        **CHOOSE,
    },
    generic=True,
    more=_attributes,
)
