"""A manifest and its description to a :class:`Corpus`: the one path that checking and running share."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.audio import is_url
from workbench.corpora import text_checks
from workbench.corpora.audio_files import Progress, Spans, inspect
from workbench.corpora.audio_notes import audio_notes, by_group, silence_notes
from workbench.corpora.description import AttributeInfo, CorpusInfo, Description, ManifestDescription, read_description
from workbench.corpora.headers import missing_columns
from workbench.corpora.prompts import prompt_ids
from workbench.corpora.transcriber_marks import MarkCounter
from workbench.errors import ManifestError
from workbench.extras import load_package
from workbench.files.problems import Findings, Problem
from workbench.files.tables import RawTable, read_table
from workbench.schema import UTTERANCES

_LISTED = 1_000
_CHUNK = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A loaded corpus: what is known about it, its usable rows (UTTERANCES), what was dropped and why, and what should be
    known of how its audio is read."""

    info: CorpusInfo
    utterances: pd.DataFrame
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def check_manifest(
    path: Path | str, *, decode: bool = True, on_progress: Progress | None = None, audio_root: Path | None = None
) -> Corpus:
    """Return every problem of a manifest at once, and the rows without one as utterances, in the manifest's order.

    Every row is either in ``.utterances`` or named in ``.problems``. ``decode`` also decodes every utterance, which
    finds what a file's header does not tell: damage, NaN, nothing inside. ``on_progress(done, total)`` counts files.

    Audio paths are relative to the manifest's folder, or to ``audio_root`` (argument, or key of ``<name>.toml``), and
    must stay inside it. ``slot`` is the rank of a row within its speaker, from 0, over all rows, dropped ones included.

    A speaker may have one stated value of accent, gender, first_language, region and other attributes that belong to a
    person, and of every attribute described with ``per = "speaker"``; all rows of a speaker with two are problems.

    Raises
    ------
    ManifestError : nothing can be read: no file, a header that is no text, no rows, a required column missing, bad description
    """
    path = Path(path)
    description, faults = read_description(path)
    try:
        table = read_raw(path, description)
    except ManifestError as error:
        if not faults:
            raise
        raise _whole([*faults, str(error).removeprefix(f"{path.name}: ")], path) from None
    if table.n_rows == 0:
        faults.append("a header but no rows; add one row per utterance")
    elif len(table.frame.columns) == 0:
        faults.append("no row can be read; correct the rows")
    if len(table.frame.columns):
        faults += missing_columns([str(name) for name in table.frame.columns])
    root = _root(path, description, audio_root, faults)
    if faults:
        raise _whole(faults, path, table.problems)
    return _assemble(path, table, description, root, decode=decode, on_progress=on_progress)


def load_corpus(
    path: Path | str,
    *,
    allow_dropped: bool = False,
    decode: bool = False,
    on_progress: Progress | None = None,
    audio_root: Path | None = None,
) -> Corpus:
    """Return the corpus of a manifest that has no problem, or with ``allow_dropped`` what is usable of it.

    The same as :func:`check_manifest`, except that audio is only decoded if ``decode`` says so.

    Raises
    ------
    ManifestError : any problem, all of them listed; with ``allow_dropped`` only if no row is usable
    """
    path = Path(path)
    corpus = check_manifest(path, decode=decode, on_progress=on_progress, audio_root=audio_root)
    if corpus.problems and not (allow_dropped and len(corpus.utterances)):
        listed = [str(problem) for problem in corpus.problems[:_LISTED]]
        if len(corpus.problems) > _LISTED:
            listed.append(f"... and {len(corpus.problems) - _LISTED} more")
        usable = f"{len(corpus.utterances)} of {len(corpus.utterances) + corpus.info.n_dropped} rows are usable"
        count = "1 problem" if len(corpus.problems) == 1 else f"{len(corpus.problems)} problems"
        raise ManifestError(
            f"{count}, {usable}\n" + "\n".join(listed),
            place=path.name,
            remedy="mend them" + (", or allow these rows to be dropped" if len(corpus.utterances) else ""),
        )
    return corpus


def read_raw(path: Path, description: ManifestDescription, *, encoding: str = "", option: str = "") -> RawTable:
    """Return a manifest's rows as text, read as its description says; raises what :func:`read_table` raises.

    ``encoding`` : that of the text where the description names none; ``option``: how it can be named otherwise
    """
    option = option or f'state encoding = "{{}}" in {path.stem}.toml'
    return read_table(path, quoting=description.quoting, encoding=description.encoding or encoding, option=option)


def _whole(faults: list[str], path: Path, problems: list[Problem] | None = None) -> ManifestError:
    """Return one error for everything that keeps the file from being read."""
    lines = [*faults, *map(str, problems or [])]
    if len(lines) == 1:
        problem, _, remedy = lines[0].partition("; ")
        return ManifestError(problem, place=path.name, remedy=remedy)
    return ManifestError(f"{len(lines)} problems\n" + "\n".join(lines), place=path.name)


def _root(path: Path, description: ManifestDescription, audio_root: Path | None, faults: list[str]) -> Path:
    """Return the folder that audio paths are relative to."""
    root = Path(audio_root) if audio_root is not None else path.parent / description.audio_root
    if not os.path.isdir(root):
        source = "" if audio_root is not None else f"{path.with_suffix('.toml').name}: "
        named = str(audio_root) if audio_root is not None else description.audio_root
        faults.append(f"{source}audio_root {named!r} is not a folder; correct it")
    return Path(os.path.abspath(root))


def _assemble(
    path: Path,
    table: RawTable,
    description: ManifestDescription,
    root: Path,
    *,
    decode: bool,
    on_progress: Progress | None,
) -> Corpus:
    frame, toml = table.frame, path.with_suffix(".toml").name
    own_folder = root == Path(os.path.abspath(path.parent))
    folder = "the manifest's folder" if own_folder else "the audio_root"
    findings = Findings(path.name, table.lines)
    findings.problems += table.problems
    attributes = text_checks.attribute_columns(list(frame.columns), description.attributes, findings, toml)

    silence = description.reference_empty == "silence"
    text_checks.check_values(frame, findings, silence=silence, toml=toml)
    if silence:
        frame = frame.assign(reference=frame["reference"].mask(text_checks.blank(frame["reference"]), ""))
    # Each check goes over its whole column and gathers: a row is listed with all its faults, and one bad row stops no other.
    path_ok = text_checks.check_paths(frame, findings, folder=folder, toml=toml)
    start, end, times_ok = text_checks.seconds(frame, findings)
    channel, channel_ok = text_checks.channels(frame, findings)
    corpus_id = description.corpus_id or path.stem
    ids = _ids(frame, start, end, channel, corpus_id)
    text_checks.check_unique(ids, findings, given="utterance_id" in frame.columns)
    infos = {name: description.attributes.get(name, AttributeInfo()) for name in attributes}
    constant = [name for name, info in infos.items() if info.one_per_speaker(name)]
    text_checks.check_speakers(frame, constant, findings)

    text_checks.check_folders(frame["path"][path_ok], root, findings, folder=folder)
    attribute_values = pd.DataFrame({name: text_checks.stated(frame[name]) for name in attributes}, index=frame.index)
    duration, digest, notes, paths = _listen(
        frame,
        attribute_values,
        Spans(start, end, channel),
        path_ok & times_ok & channel_ok,
        findings,
        root=root,
        folder=folder,
        decode=decode,
        on_progress=on_progress,
    )
    speaker = frame["speaker_id"].str.strip()
    everything = {
        "utterance_id": ids,
        "corpus_id": pd.Series(corpus_id, index=frame.index, dtype="str"),
        "speaker_id": speaker,
        "prompt_id": _prompts(frame),
        # The place among its speaker's rows decides which noise an utterance meets: another speaker's rows change nothing in it.
        "slot": frame.groupby(pd.factorize(speaker)[0]).cumcount(),
        "path": _absolute(paths, root),
        "start_s": pd.Series(start, index=frame.index),
        "end_s": pd.Series(end, index=frame.index),
        "channel": pd.Series(channel, index=frame.index, dtype="Int64").mask(channel == 0),
        "duration_s": pd.Series(duration, index=frame.index),
        "source_digest": digest.set_axis(frame.index),
        "reference": frame["reference"],
        **{name: attribute_values[name] for name in attributes},
    }
    rows = pd.DataFrame(everything)
    # Rows are left out only here, after the slots are counted: mending one row moves the noise of no other.
    utterances = UTTERANCES.validate(rows[~findings.bad].reset_index(drop=True) if findings.bad.any() else rows)
    info = CorpusInfo(
        **{**_described(description), "title": description.title or corpus_id, "attributes": infos},
        corpus_id=corpus_id,
        fingerprint=fingerprint(utterances),
        n_utterances=len(utterances),
        n_speakers=int(utterances["speaker_id"].nunique()),
        n_dropped=table.n_rows - len(utterances),
    )
    marks = MarkCounter(description.marks)
    marks.add(utterances["reference"])
    marks_notes = marks.notes(utterances[list(attributes)])
    silent = silence_notes(utterances, list(attributes))
    return Corpus(info, utterances, findings.in_order(), (*table.notes, *notes, *silent, *marks_notes))


def manifest_ids(frame: pd.DataFrame, corpus_id: str) -> pd.Series[str]:
    """Return the utterance_id of every row of a manifest's columns (texts), as loading gives it; ``""`` without a path."""
    findings = Findings("", np.zeros(len(frame), dtype=np.int64))
    start, end, _ = text_checks.seconds(frame, findings)
    channel, _ = text_checks.channels(frame, findings)
    return _ids(frame, start, end, channel, corpus_id)


def _ids(
    frame: pd.DataFrame,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    channel: NDArray[np.int64],
    corpus_id: str,
) -> pd.Series[str]:
    ids = text_checks.source_ids(frame, start, end, channel)
    return ids.where((ids == "") | ids.str.startswith(f"{corpus_id}/"), f"{corpus_id}/" + ids)


def _absolute(paths: pd.Series[str], root: Path) -> pd.Series[str]:
    """Return the paths below ``root``; URLs stay as they are."""
    whole = os.path.join(str(root), "") + paths
    perhaps = paths.str.contains("://", regex=False)
    return whole.where(~paths.map(is_url), paths) if perhaps.any() else whole


def _described(description: Description) -> dict[str, object]:
    return {name: getattr(description, name) for name in Description.model_fields}


def _prompts(frame: pd.DataFrame) -> pd.Series[str]:
    made = prompt_ids(frame["reference"])
    if "prompt_id" not in frame.columns:
        return made
    given = frame["prompt_id"].str.strip()
    return given.where(given != "", made)


def _listen(
    frame: pd.DataFrame,
    attributes: pd.DataFrame,
    spans: Spans,
    ready: text_checks.Mask,
    findings: Findings,
    *,
    root: Path,
    folder: str,
    decode: bool,
    on_progress: Progress | None,
) -> tuple[NDArray[np.float64], pd.Series[str], tuple[str, ...], pd.Series[str]]:
    """Return duration and digest of every row whose audio is usable, notes, and the paths of all; add the faults of those that are
    ``ready``."""
    rows = np.flatnonzero(ready)
    heard = inspect(
        frame["path"].iloc[rows],
        spans.take(rows),
        root=root,
        folder=folder,
        decode_all=decode,
        on_progress=on_progress,
    )
    duration = np.full(len(frame), np.nan)
    duration[rows] = heard.duration_s
    digest = heard.digest
    if len(rows) < len(frame):
        digest = np.zeros(len(frame), dtype=heard.digest.dtype)
        digest[rows] = heard.digest
    for place, fault in sorted(heard.faults.items()):
        index = int(rows[place])
        value = str(frame[fault.column].iloc[index])
        findings.row(index, fault.column, value, fault.what, remedy=fault.remedy)
    inaudible = [int(rows[place]) for place, fault in heard.faults.items() if fault.inaudible]
    if inaudible and (shares := by_group(inaudible, attributes)):
        findings.whole(f"nothing is to be heard in {shares}", remedy="see whether one device or one step made them")
    noted = {int(rows[place]): notes for place, notes in sorted(heard.notes.items())}
    paths = frame["path"].copy()
    for place, path in heard.paths.items():
        paths.iloc[int(rows[place])] = path
    return duration, _texts(digest), audio_notes(noted, attributes, findings), paths


def _texts(digits: NDArray[np.bytes_]) -> pd.Series[str]:
    """Return digests as texts, some at a time: an object for each of millions would take more than the texts."""
    parts = [
        pd.Series(digits[begin : begin + _CHUNK].astype(str), dtype="str") for begin in range(0, len(digits), _CHUNK)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.Series([], dtype="str")


def fingerprint(utterances: pd.DataFrame) -> str:
    """Return SHA-256, as hex, of what a corpus holds: ids, audio, texts, speakers, slots and attributes.

    Over the columns utterance_id, source_digest, reference, speaker_id, slot and the attributes by name, rows sorted by
    utterance_id: for each its name, and the lengths (64-bit, little-endian) and the bytes (UTF-8) of its values.
    The order of a speaker's rows is part of it, for it decides which noise an utterance meets; the order of speakers
    is not.
    """
    pa, pc = map(load_package, ("pyarrow", "pyarrow.compute"))

    attributes = sorted(UTTERANCES.attributes_of(utterances))
    order = pc.sort_indices(pa.array(utterances["utterance_id"]))
    digest = hashlib.sha256()
    for name in ["utterance_id", "source_digest", "reference", "speaker_id", "slot", *attributes]:
        texts = pa.array(utterances[name].astype("str"))
        digest.update(f"{name}\n".encode())
        # Lengths before bytes: without them "ab", "c" and "a", "bc" would be the same corpus.
        for part in _parts(texts, order):
            digest.update(pc.binary_length(part).to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        for part in _parts(texts, order):
            limits = np.frombuffer(part.buffers()[1], dtype="<i8")[part.offset : part.offset + len(part) + 1]
            digest.update(memoryview(part.buffers()[2] or b"")[limits[0] : limits[-1]])
    return digest.hexdigest()


def _parts(texts: Any, order: Any) -> Iterator[Any]:
    """Yield the values of a column in this order, some at a time, as Arrow arrays: their bytes stand one after the other."""
    import pyarrow as pa

    for begin in range(0, len(order), _CHUNK):
        part = texts.take(order[begin : begin + _CHUNK]).cast(pa.large_string())
        yield part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part
