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

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, stated
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = ("accent", "gender", "age")
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES, "split")
_NEED = ("speaker_id", "transcript")
_TABLES = ("metadata.tsv", "metadata.csv")
_BATCH = 256


def _recognise(folder: Path) -> bool:
    if any((folder / name).is_file() and set(_NEED) <= _columns(folder / name) for name in _TABLES):
        return True
    return any(True for _ in folder.glob("data/*-of-*.parquet")) and "transcript" in _names(_parts(folder)[0])


def _columns(path: Path) -> set[str]:
    with open(path, "rb") as file:
        head = file.readline(4_096).decode("utf-8-sig", errors="replace")
    return {name.strip() for name in head.split("\t" if path.suffix == ".tsv" else ",")}


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("data/*.parquet"))


def _names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [str(name) for name in pq.ParquetFile(path).schema_arrow.names]
    except (pa.ArrowException, OSError):
        return []


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    table = next((name for name in _TABLES if (folder / name).is_file()), "")
    if table:
        yield _table(folder, table, options)
        return
    parts = [path for path in _parts(folder) if options["split"] in ("all", path.name.split("-")[0])]
    if not parts:
        remedy = "name the folder that holds data/, or another split"
        raise ManifestError("there is no data/<split>-*.parquet and no metadata.tsv", place=str(folder), remedy=remedy)
    names = _names(parts[0])
    if "predicted_accent" in names or not set(_NEED) <= set(names):
        what = f"{parts[0].name} has no speaker_id and transcript (it has {', '.join(names)})"
        remedy = "use version 1 or 2; what a model predicts of a speaker is not read as what is stated"
        raise ManifestError(what, place=str(folder), remedy=remedy)
    if not options["extract"]:
        size = sum(path.stat().st_size for path in parts) / 1e9
        remedy = f"add --option extract=audio: it is written to that folder below the corpus (about {size:.1f} GB)"
        raise ManifestError("the audio is inside the Parquet files", place=str(folder), remedy=remedy)
    for done, path in enumerate(parts, start=1):
        yield from _part(folder, path, options["extract"], share=(done - 1) / len(parts), of=len(parts))


def _row(row: dict[str, Any], path: str, split: str) -> dict[str, str]:
    said = {name: stated("" if row.get(name) is None else str(row[name]), "nan", "none") for name in _ATTRIBUTES}
    speaker, text = row.get("speaker_id"), row.get("transcript")
    return {
        "utterance_id": str(Path(path).with_suffix("")),
        "path": path,
        "reference": "" if text is None else str(text),
        "speaker_id": "" if speaker is None else str(speaker),
        "split": split,
        **said,
    }


def _table(folder: Path, name: str, options: Options) -> Rows:
    table = small_table(folder / name, folder, need=(*_NEED, "file_name"), encoding=options["encoding"])
    builder = Builder(_COLUMNS)
    builder.problems += table.problems
    for line, row in zip(table.lines, table.rows, strict=True):
        builder.add(table.file, line, _row(row, row["file_name"].strip(), row.get("split", "")))
    return builder.rows()


def _part(folder: Path, path: Path, target: str, *, share: float, of: int) -> Iterator[Rows]:
    """Yield the rows of one Parquet file, and write their audio; a file that is there with that size is left alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    split, file = path.name.split("-")[0], path.relative_to(folder).as_posix()
    base = folder / target / path.stem
    if not base.resolve().is_relative_to(folder.resolve()):
        raise ManifestError(
            f"extract={target!r} leaves the corpus's folder", place="--option", remedy="name one below it"
        )
    base.mkdir(parents=True, exist_ok=True)
    builder, number = Builder(_COLUMNS), 0
    try:
        opened = pq.ParquetFile(path)
        columns = [name for name in opened.schema_arrow.names if name in ("audio", *_NEED, *_ATTRIBUTES)]
        for batch in opened.iter_batches(batch_size=_BATCH, columns=columns):
            for row in batch.to_pylist():
                number += 1
                audio = row.get("audio") or {}
                data, named = audio.get("bytes"), Path(str(audio.get("path") or f"{number}.wav")).name
                if not data:
                    builder.lost(file, number, named, f"row {number} holds no audio", "download the part again")
                    continue
                sound = base / f"{number:06d}-{named}"
                if not sound.is_file() or sound.stat().st_size != len(data):
                    sound.write_bytes(data)
                builder.add(file, number, _row(row, sound.relative_to(folder).as_posix(), split))
            yield builder.rows(min(1.0, share + number / max(opened.metadata.num_rows, 1) / of))
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0][:200]
        raise ManifestError(f"cannot be read as Parquet ({said})", place=file, remedy="download it again") from None


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
    options={"split": Option("which split", "all"), "extract": Option("folder below the corpus for audio that is inside Parquet files")},
    versions="versions 1 and 2; not 3, which has no speakers, and accents that a model predicted",
    speaker_note="The audio was enhanced by its authors: noise and bandwidth are not those of the original recordings.",
)  # fmt: skip
