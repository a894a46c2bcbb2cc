"""Transcripts made elsewhere: a table, or files of a recogniser or vendor, joined by id. This engine listens to nothing.

A folder, a zip and every format of :mod:`workbench.transcripts` is read as what it is recognised as, or as ``?format=NAME``.
Whatever is not joined by the utterance's id is joined by the stem of its last part, or by the end of its path.

The file is CSV, TSV, Excel, JSON or Parquet with a column ``utterance_id`` and one of ``hypothesis``, ``text``,
``transcript``; ``condition_id`` if it holds more than clean audio (an empty one is clean), and ``confidence`` if the
vendor gives one. ``imported:vendor.csv?id=COLUMN&text=COLUMN`` names other columns. ``""`` in a CSV or TSV says that
nothing was recognised; ``null``, or no value, in JSONL or Parquet says that there is no transcript.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.audio import Waveform
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest, file_digest
from workbench.engines.spec import Spec, all_at_once, model_id
from workbench.engines.word_times import as_numbers
from workbench.errors import ConditionError, EngineError, ManifestError, ScoringError, choices
from workbench.schema import CLEAN
from workbench.transcripts.joined import name_aliases
from workbench.transcripts.segments import Segment, joined_text, mean_confidence
from workbench.transcripts.source import is_of_recogniser, read_transcripts

if TYPE_CHECKING:
    from workbench.files.tables import RawTable

DESCRIPTION = "Transcripts made elsewhere (a vendor, a cloud service, people): a table, or the files that they write, joined by id."
SPEC_EXAMPLE = "imported:vendor.csv"
TEXT_COLUMNS = ("hypothesis", "text", "transcript")
_FORMAT = "1"
_OPTIONS = ("id", "text", "condition", "confidence", "quoting", "encoding", "format")

Key = tuple[str, str]
"""utterance id as the file writes it, condition_id"""


@dataclass(frozen=True)
class ImportedEngine:
    """An engine that looks transcripts up. ``conditions`` are those that its file holds; no confidence but the file's."""

    model_id: str
    digest: str
    options: Mapping[str, Any]
    conditions: frozenset[str]
    file: str
    transcripts: Mapping[Key, Transcript | EngineFailure]
    engine: str = "imported"
    version: str = _FORMAT
    needs_audio: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Names made from those of the file (stems, ends of paths) that are no other's, and the name each stands for."""

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return for each waveform the transcript of its utterance_id and condition_id, or a failure that names both."""
        return [self._find(wave.utterance_id, wave.condition_id) for wave in batch]

    def _find(self, utterance_id: str, condition_id: str) -> Transcript | EngineFailure:
        began = time.perf_counter()
        for name in self.names(utterance_id):
            result = self.transcripts.get((name, condition_id))
            if result is not None:
                return result
        under = "" if condition_id == CLEAN else f" under {condition_id}"
        return EngineFailure(f"no transcript for {utterance_id}{under} in {self.file}", time.perf_counter() - began)

    def names(self, utterance_id: str) -> Iterator[str]:
        """Yield how the file may write ``<corpus>/<source id>``: in full, the source id alone, then by stem and path."""
        _, slash, source = utterance_id.partition("/")
        yield utterance_id
        if slash and source:
            yield source
        for alias in name_aliases(source or utterance_id):
            yield self.aliases.get(alias, alias)


@dataclass(frozen=True, slots=True)
class JoinReport:
    """What joins and what does not. ``matched`` and ``only_in_corpus`` are utterance ids of the corpus.

    ``only_in_transcripts`` are ids as the file writes them. ``ambiguous`` are ids of the file, written without a
    corpus, that are the source id of utterances of several corpora; they are counted as matched with each.
    ``contested`` are ids that only a stem or the end of a path joins, and to several utterances: nobody knows whose they are.
    """

    matched: tuple[str, ...]
    only_in_transcripts: tuple[str, ...]
    only_in_corpus: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()
    contested: tuple[str, ...] = ()


def join_report(engine: ImportedEngine, utterance_ids: Iterable[str]) -> JoinReport:
    """Return which utterances have a transcript under at least one condition, and what is left over on either side."""
    held = {name for name, _ in engine.transcripts}
    matched: list[str] = []
    missing: list[str] = []
    used: dict[str, int] = defaultdict(int)
    contested: dict[str, int] = defaultdict(int)
    for utterance_id in dict.fromkeys(utterance_ids):
        name = next((name for name in engine.names(utterance_id) if name in held), None)
        if name is None:
            missing.append(utterance_id)
            continue
        matched.append(utterance_id)
        used[name] += 1
        if name not in (utterance_id, utterance_id.partition("/")[2]):
            contested[name] += 1
    spare = sorted(held - used.keys())
    unclear = {name for name in contested if used[name] > 1}
    ambiguous = sorted(name for name, n in used.items() if n > 1 and name not in unclear)
    return JoinReport(tuple(matched), tuple(spare), tuple(missing), tuple(ambiguous), tuple(sorted(unclear)))


def aliases_of(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return, for names of a file with their other names, each alias that stands for one of them only."""
    claimed: dict[str, set[str]] = defaultdict(set)
    for name, others in names.items():
        for other in (name, *others):
            for alias in (other, *name_aliases(other)):
                claimed[alias].add(name)
    return {alias: next(iter(of)) for alias, of in claimed.items() if len(of) == 1 and alias not in of}


def readiness() -> Readiness:
    """Return that imported transcripts can always be used."""
    return Readiness(True, "needs a table of transcripts, nothing else")


def load(spec: Spec) -> ImportedEngine:
    """Return the engine for a table of transcripts.

    Raises
    ------
    EngineError : no such file, columns that are missing, ids that are missing or duplicate, conditions that do not exist,
        confidences that are no numbers: everything at once, with lines
    """
    spec.only(_OPTIONS)
    if not spec.target:
        raise spec.error("no table of transcripts is named", remedy=f"write {SPEC_EXAMPLE!r}")
    path = spec.file_or_folder(spec.target, what="table of transcripts")
    if (recogniser := _of_recogniser(spec, path)) is not None:
        return recogniser
    table = _read(path, spec.one_of("quoting", "minimal", ("minimal", "none")), str(spec.options.get("encoding", "")))
    columns = _columns(spec, list(table.frame.columns), path.name)
    transcripts, faults = _transcripts(table, columns, path)
    if faults:
        raise all_at_once(faults, place=path.name)
    if not transcripts:
        raise EngineError("holds no transcript", place=path.name, remedy="write one row per utterance")
    options = {"columns": columns, "file": path.name}
    digest = content_digest({"engine": "imported", "format": _FORMAT, "file": file_digest(path), "columns": columns})
    name = model_id("imported", path.name, spec.options, digest)
    conditions = frozenset(condition for _, condition in transcripts)
    aliases = aliases_of({key: () for key, _ in transcripts})
    return ImportedEngine(name, digest, options, conditions, path.name, transcripts, aliases=aliases)


def _of_recogniser(spec: Spec, path: Path) -> ImportedEngine | None:
    """Return the engine for files of a recogniser or vendor; None for a table."""
    format_name, encoding = str(spec.options.get("format", "")), str(spec.options.get("encoding", ""))
    try:
        if not format_name and not is_of_recogniser(path, encoding):
            return None
        read = read_transcripts(path, format=format_name, encoding=encoding)
    except ScoringError as error:
        raise EngineError(error.what, place=error.place, remedy=error.remedy) from None
    if read.problems:
        raise all_at_once(read.problems, place=path.name, remedy="mend these files, or leave them out")
    result: dict[Key, Transcript | EngineFailure] = {}
    others: dict[str, set[str]] = {}
    for name, segments in read.by_name().items():
        ordered = sorted(segments, key=lambda one: -1.0 if one.start_s is None else one.start_s)
        text = joined_text(ordered)
        failure = EngineFailure(next((item.reason for item in ordered if item.reason), "no value"), 0.0)
        result[name, CLEAN] = (
            failure if text is None else Transcript(text, 0.0, mean_confidence(ordered), _times(ordered, text))
        )
        others[name] = {other for segment in segments for other in segment.also}
    options = {"file": path.name, "read_as": dict(read.formats), "notes": list(read.notes)}
    untimed = {
        name: answer if isinstance(answer, EngineFailure) else replace(answer, extra={})
        for (name, _), answer in result.items()
    }
    held = {name: [str(answer)] for name, answer in untimed.items()}  # times change no transcript
    digest = content_digest({"engine": "imported", "format": _FORMAT, "transcripts": held})
    name = model_id("imported", path.name, spec.options, digest)
    return ImportedEngine(name, digest, options, frozenset({CLEAN}), path.name, result, aliases=aliases_of(others))


def _times(segments: Sequence[Segment], text: str) -> dict[str, float]:
    """Return when each word of a text was said; nothing unless the file says it of every word."""
    words = [word for segment in segments for word in segment.words]
    spans = [(word.start_s, word.end_s) for word in words if word.start_s is not None and word.end_s is not None]
    return as_numbers(spans) if len(spans) == len(words) == len(text.split()) else {}


def _read(path: Path, quoting: str, encoding: str) -> RawTable:
    """Return the file's columns as text; rows that cannot be read are an error that names them all."""
    from workbench.files.tables import read_table

    try:
        table = read_table(
            path, called="table of transcripts", quoting=quoting, encoding=encoding, option="'?encoding={}'"
        )
    except ManifestError as error:
        raise EngineError(error.what, place=error.place or path.name, remedy=error.remedy) from None
    if table.problems:
        remedy = "" if quoting == "none" else " (quotes that are part of the text: '?quoting=none')"
        faults = [_line(problem.line, path) + problem.what for problem in table.problems]
        raise all_at_once(faults, place=path.name, remedy=f"correct these lines{remedy}")
    return table


def _line(line: int, path: Path) -> str:
    from workbench.files.problems import unit_of

    return f"{unit_of(path.name)} {line}: " if line else ""


def _columns(spec: Spec, names: Sequence[str], file: str) -> dict[str, str]:
    """Return which column holds what: id, text, and condition and confidence where there are such."""
    faults = []
    result: dict[str, str] = {}
    wanted = {
        "id": ("utterance_id",),
        "text": TEXT_COLUMNS,
        "condition": ("condition_id",),
        "confidence": ("confidence",),
    }
    for role, usual in wanted.items():
        asked = spec.options.get(role)
        if asked is not None:
            if asked in names:
                result[role] = asked
            else:
                faults.append(f"no column {asked!r} for {role}, {choices(asked, names)}")
            continue
        present = [name for name in usual if name in names]
        if len(present) > 1:
            faults.append(f"{role} could be {' or '.join(map(repr, present))}: say which with '?{role}=COLUMN'")
        elif present:
            result[role] = present[0]
        elif role in ("id", "text"):
            faults.append(
                f"no column {' or '.join(map(repr, usual))}: name it with '?{role}=COLUMN'"
                f" (the columns are {', '.join(map(repr, names))})"
            )
    if faults:
        raise all_at_once(faults, place=file)
    return result


def _transcripts(
    table: RawTable, columns: Mapping[str, str], path: Path
) -> tuple[dict[Key, Transcript | EngineFailure], list[str]]:
    """Return the transcripts by key, and every fault of every row."""
    frame, n = table.frame, len(table.frame)
    at = [_line(int(line), path) for line in table.lines]
    faults: list[str] = []
    ids = [str(value).strip() for value in frame[columns["id"]]]
    conditions = (
        _condition_ids(frame[columns["condition"]].tolist(), at, faults) if "condition" in columns else [CLEAN] * n
    )
    confidences = (
        _confidences(frame[columns["confidence"]].tolist(), at, faults) if "confidence" in columns else [None] * n
    )
    faults += [f"{place}no {columns['id']}" for place, name in zip(at, ids, strict=True) if not name]
    keys = list(zip(ids, conditions, strict=True))
    seen: dict[Key, int] = {}
    for row, key in enumerate(keys):
        if key[0] and seen.setdefault(key, row) != row:
            faults.append(f"{at[row]}{key[0]!r} ({key[1]}) is there already, {at[seen[key]].rstrip(': ')}")
    absent = table.absent(columns["text"])
    texts = frame[columns["text"]].tolist()
    failure = EngineFailure(f"{path.name} holds no value for it", 0.0)
    result: dict[Key, Transcript | EngineFailure] = {
        key: failure if gone else Transcript(text.strip(), 0.0, confidence)
        for key, text, confidence, gone in zip(keys, texts, confidences, absent.tolist(), strict=True)
    }
    return result, faults


def _condition_ids(given: Sequence[str], at: Sequence[str], faults: list[str]) -> list[str]:
    """Return condition_ids as the workbench writes them; note each one that it does not know, once."""
    from workbench.conditions import parse_condition

    counts = Counter(given)
    meant: dict[str, str] = {}
    for text in counts:
        try:
            meant[text] = parse_condition(text.strip()).condition_id if text.strip() else CLEAN
        except ConditionError as error:
            more = f" (and {counts[text] - 1} more lines)" if counts[text] > 1 else ""
            faults.append(f"{at[given.index(text)]}{error}{more}")
            meant[text] = text
    return [meant[text] for text in given]


def _confidences(given: Sequence[str], at: Sequence[str], faults: list[str]) -> list[float | None]:
    results: list[float | None] = []
    for place, text in zip(at, given, strict=True):
        value: float | None = None
        if text.strip():
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            if not 0.0 <= value <= 1.0:
                faults.append(f"{place}confidence {text!r} is not a number from 0 to 1")
        results.append(value)
    return results
