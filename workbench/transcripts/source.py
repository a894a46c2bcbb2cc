"""What a user names as transcripts: one file, a folder, or a zip; every file read in the format that it is recognised as."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.errors import ManifestError, ScoringError
from workbench.files import contents
from workbench.files.problems import shown
from workbench.files.tables import SUFFIXES, RawTable, read_table
from workbench.transcripts.catalogue import FORMATS, get_format, recognised
from workbench.transcripts.formats import AUDIO, Format, TranscriptFile, UnreadableError
from workbench.transcripts.segments import Segment

MAX_BYTES = 2 * 2**30
"""Bytes that a folder or zip of transcripts may hold."""
_LISTED = 20
_IDS = ("utterance_id", "id", "audio_filepath", "audio", "file_name", "filename", "file", "path", "recording")
_TEXTS = ("hypothesis", "pred_text", "text", "transcript", "prediction", "transcription")
_TABLES = tuple(suffix for suffix in SUFFIXES if suffix not in (".json", ".jsonl", ".ndjson"))


@dataclass(frozen=True, slots=True)
class Transcripts:
    """Segments of transcripts in the order of their files; how many files each format has, by its title; what was said.

    ``problems`` are files that could not be read, with the reason: their recordings are not here.
    """

    segments: tuple[Segment, ...]
    formats: Mapping[str, int]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def by_name(self) -> dict[str, list[Segment]]:
        """Return the segments of each recording or utterance, by the name that the files give it."""
        result: dict[str, list[Segment]] = {}
        for segment in self.segments:
            result.setdefault(segment.name, []).append(segment)
        return result


def read_transcripts(source: Path | str, *, format: str = "", encoding: str = "") -> Transcripts:
    """Return the transcripts in a file, a folder or a zip; ``format`` reads every file as that instead of recognising it.

    One recording that stands in a folder in several formats (whisper writes five) is read once, from the one that says
    most. Files that are of no format are named in the notes, a file that cannot be read is a problem and costs nothing else.

    Raises
    ------
    ScoringError : nothing there, no format of that name, or no file that can be read, with what each looks like
    """
    source = Path(source)
    given = get_format(format) if format else None
    if source.is_dir():
        files, place = list(_of_folder(source, encoding)), f"folder {source}"
    else:
        data = contents(source, called="file or folder of transcripts", fails=ScoringError)
        if source.suffix.lower() == ".zip" or (not source.suffix and zipfile.is_zipfile(source)):
            files, place = list(_of_zip(source, encoding)), str(source)
        elif given is None and source.suffix.lower() in _TABLES:
            return _of_table(source, encoding)
        else:
            files, place = [TranscriptFile(source.name, data, encoding)], str(source)
            if given is None and source.suffix.lower() == ".txt" and _is_table_of_tabs(files[0]):
                return _of_table(source, encoding)
    several = len(files) != 1
    results: list[tuple[TranscriptFile, Format]] = []
    unknown: list[TranscriptFile] = []
    problems: list[str] = []
    for file in files:
        if given is None and file.is_binary:
            unknown.append(file)
            continue
        try:
            reader = given or recognised(file)
        except ScoringError as error:
            problems.append(str(error))
            continue
        if reader is None:
            unknown.append(file)
        else:
            results.append((file, reader))
    if not results and unknown and _is_table(source) and not isinstance(unknown[0].document, dict):
        return _of_table(source, encoding)
    kept, notes = _once_each(results)
    segments: list[Segment] = []
    formats: Counter[str] = Counter()
    for file, reader in kept:
        try:
            segments += reader.read(file)
            formats[reader.title] += 1
        except UnreadableError as error:
            more = [f"and {len(error.problems) - _LISTED} more"] if len(error.problems) > _LISTED else []
            listed = "\n".join(error.problems[:_LISTED] + more)
            problems.append(f"{file.name}: looks like {reader.title}, but\n{listed}")
        except ScoringError as error:
            problems.append(str(error))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            reason = f"there is no {error.args[0]!r}" if isinstance(error, KeyError) and error.args else str(error)
            problems.append(f"{file.name}: looks like {reader.title}, but {reason} where the format has a value")
    if not segments:
        raise _nothing(place, files, unknown, problems)
    if several and unknown:
        named = ", ".join(file.name for file in unknown[:_LISTED])
        notes.append(
            f"{len(unknown)} files are of no format that is read: {named}{' ...' if len(unknown) > _LISTED else ''}"
        )
    return Transcripts(tuple(segments), dict(formats), tuple(notes), tuple(problems))


def title_of(source: Path, encoding: str = "") -> str:
    """Return what a source is, in words, where it is no table of the user's own; "" where it is one, or not there."""
    if os.path.isdir(source):  # unlike Path.is_dir, no error of a name that no file system takes
        return "a folder"
    if not os.path.isfile(source) or source.suffix.lower() in _TABLES:
        return ""
    if source.suffix.lower() == ".zip":
        return "a zip"
    file = TranscriptFile(source.name, contents(source, called="file of transcripts", fails=ScoringError), encoding)
    try:
        result = recognised(file)
    except ScoringError:
        return ""
    return result.title if result is not None and not (result.name == "txt" and _is_tabbed(file)) else ""


def is_of_recogniser(source: Path, encoding: str = "") -> bool:
    """Return whether a source is what a recogniser or vendor writes, not a table of the user's own."""
    return title_of(source, encoding) != ""


def _is_table_of_tabs(file: TranscriptFile) -> bool:
    """Return whether a .txt looks like a text and like no other format, but is Excel's "Unicode text"."""
    try:
        result = recognised(file)
        return result is not None and result.name == "txt" and _is_tabbed(file)
    except ScoringError:
        return False  # said where the file is read


def _is_tabbed(file: TranscriptFile) -> bool:
    """Return whether a .txt is a table (Excel's "Unicode text"), not a transcript."""
    counts = {line.count("\t") for line in file.text.split("\n") if line.strip()}
    return len(counts) == 1 and counts != {0}


def _of_folder(folder: Path, encoding: str) -> Iterator[TranscriptFile]:
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and _may_hold_transcripts(name):
            total += path.stat().st_size
            if total > MAX_BYTES:
                raise _too_large(str(folder))
            yield TranscriptFile(name, contents(path, called="file", fails=ScoringError), encoding)


def _of_zip(path: Path, encoding: str) -> Iterator[TranscriptFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [
                item for item in archive.infolist() if not item.is_dir() and _may_hold_transcripts(item.filename)
            ]
            if sum(item.file_size for item in entries) > MAX_BYTES:
                raise _too_large(str(path))
            for entry in entries:
                if entry.flag_bits & 1:
                    raise ScoringError(f"{entry.filename} is encrypted", place=str(path), remedy="unpack it first")
                with archive.open(entry) as packed:
                    yield TranscriptFile(entry.filename, packed.read(entry.file_size), encoding)
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError) as error:
        raise ScoringError(f"cannot be unpacked ({error})", place=str(path), remedy="make the zip again") from None


def _too_large(place: str) -> ScoringError:
    return ScoringError(
        f"more than {MAX_BYTES >> 30} GB", place=place, remedy="name the folder that holds only transcripts"
    )


def _may_hold_transcripts(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not any(part.startswith((".", "__MACOSX")) for part in parts) and not AUDIO.search(name)


def _once_each(found: list[tuple[TranscriptFile, Format]]) -> tuple[list[tuple[TranscriptFile, Format]], list[str]]:
    """Return for each file name, its ending left out, the format that stands first in the catalogue."""
    rank = {name: place for place, name in enumerate(FORMATS)}
    best: dict[str, tuple[TranscriptFile, Format]] = {}
    twice: dict[str, set[str]] = {}
    for file, reader in found:
        other = best.get(file.recording)
        if other is not None:
            twice.setdefault(file.recording, {other[1].title}).add(reader.title)
        if other is None or rank[reader.name] < rank[other[1].name]:
            best[file.recording] = (file, reader)
    if not twice:
        return list(best.values()), []
    read = sorted({best[name][1].title for name in twice})
    others = sorted({title for titles in twice.values() for title in titles} - set(read))
    return list(best.values()), [
        f"{len(twice)} recordings are there as {', '.join(read + others)}: {', '.join(read)} is read"
    ]


def _is_table(source: Path) -> bool:
    return source.suffix.lower() in SUFFIXES


def _of_table(source: Path, encoding: str) -> Transcripts:
    """Return the rows of a table of the user's own as segments."""
    try:
        table = read_table(
            source,
            called="table of transcripts",
            encoding=encoding,
            option="give --encoding {}",
            texts=(*_IDS, *_TEXTS),
        )
    except ManifestError as error:
        raise ScoringError(error.what, place=error.place, remedy=error.remedy) from None
    if table.problems:
        listed = "\n".join(map(str, table.problems[:_LISTED]))
        raise ScoringError(f"{len(table.problems)} problems\n{listed}\n", place=source.name, remedy="mend these lines")
    names = list(table.frame.columns)
    ids, texts = (next((name for name in wanted if name in names), "") for wanted in (_IDS, _TEXTS))
    if not ids or not texts:
        problem = f"no column of {'ids' if not ids else 'texts'} (the columns are {', '.join(map(repr, names))})"
        wanted = _IDS if not ids else _TEXTS
        raise ScoringError(problem, place=source.name, remedy=f"call it {', '.join(wanted[:-1])} or {wanted[-1]}")
    note = f"{source.name}: ids are those of column {ids!r}, transcripts those of column {texts!r}"
    return Transcripts(tuple(_rows(table, ids, texts)), {"table of transcripts": 1}, (*table.notes, note))


def _rows(table: RawTable, ids: str, texts: str) -> Iterator[Segment]:
    absent = table.absent(texts)
    confidences = table.frame["confidence"] if "confidence" in table.frame.columns else [""] * len(table.frame)
    for name, text, gone, confidence in zip(table.frame[ids], table.frame[texts], absent, confidences, strict=True):
        try:
            share = float(confidence) if confidence else None
        except ValueError:
            share = None
        yield Segment(name.strip(), None if gone else text, confidence=share, reason="no value" if gone else "")


def _nothing(
    place: str, files: list[TranscriptFile], unknown: list[TranscriptFile], problems: list[str]
) -> ScoringError:
    if problems:
        return ScoringError(
            "\n".join(problems) + "\n", place=place, remedy="mend the file, or name its format: --format NAME"
        )
    if not files:
        return ScoringError("there is no file that could hold transcripts", place=place, remedy=_read_here())
    looks = "\n".join(f"{file.name} {_looks_like(file)}" for file in unknown[:_LISTED])
    return ScoringError(f"no format of transcripts that is read\n{looks}\n", place=place, remedy=_read_here())


def _read_here() -> str:
    return f"read are {', '.join(FORMATS)}, and tables ({', '.join(SUFFIXES)}); name one with --format"


def _looks_like(file: TranscriptFile) -> str:
    """Return what a file of no known format looks like."""
    if file.is_binary:
        return "is no text"
    try:
        document = file.document
    except ScoringError as error:
        return f"is in another encoding ({error.what})"
    if isinstance(document, dict):
        return f"is a JSON object with the keys {', '.join(map(repr, list(document)[:8]))}"
    if isinstance(document, list):
        first = (
            f"; the first item has the keys {', '.join(map(repr, list(document[0])[:8]))}"
            if document and isinstance(document[0], dict)
            else ""
        )
        return f"is a JSON list of {len(document)} items{first}"
    first_line = next((line for _, line in file.lines()), "")
    return f"begins with {shown(first_line)}" if first_line else "is empty"
