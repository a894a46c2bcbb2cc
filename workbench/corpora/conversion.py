"""A corpus as it is distributed to a manifest: ``<corpus>.csv`` and ``<corpus>.toml``, and what was left out and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from workbench.corpora.adapters import get_adapter, recognised
from workbench.corpora.adapters.adapter import Adapter
from workbench.corpora.adapters.hub_snapshot import as_snapshot
from workbench.corpora.audio_files import Progress
from workbench.corpora.description import AttributeInfo, ManifestDescription
from workbench.corpora.manifest_stream import ManifestWriter
from workbench.corpora.manifest_writer import describe
from workbench.corpora.row_checks import Screen, costs_a_row
from workbench.corpora.transcriber_marks import MarkCounter
from workbench.errors import ManifestError
from workbench.files.problems import Problem
from workbench.schema import NOT_STATED

_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """What :func:`prepare` wrote, and what it left out.

    ``stated`` counts the rows in which each attribute is stated. ``left_out`` counts rows that are not in the manifest by
    reason, with values taken out of it; ``notes`` are what should be known but costs no row. ``problems`` are the first
    1,000 of both; all of them stand in ``<corpus>.problems.csv`` (``problems_file``, None if there is none).
    """

    corpus_id: str
    manifest: Path
    description: Path
    n_rows: int
    n_speakers: int
    stated: Mapping[str, int]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    problems_file: Path | None

    @property
    def n_left_out(self) -> int:
        """Rows of the corpus that are not in the manifest."""
        return sum(self.left_out.values())


@dataclass(slots=True)
class _Tally:
    n_rows: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    marks: MarkCounter = field(default_factory=lambda: MarkCounter({}))

    def note(self, problems: Iterable[Problem], writer: ManifestWriter) -> None:
        """Write problems to their file and keep the first of them; those that cost no row are kept as notes too."""
        for problem in problems:
            writer.problem(problem)
            if len(self.problems) < _LISTED:
                self.problems.append(problem)
            if not costs_a_row(problem):
                self.notes.append(str(problem))


def prepare(
    name: str,
    path: Path | str,
    *,
    out: Path | str = "data_manifests",
    corpus_id: str = "",
    options: Mapping[str, str] | None = None,
    language: str = "",
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> Prepared:
    """Write a manifest of the corpus ``name`` in the folder ``path``, with its description, into the folder ``out``.

    ``name`` is that of an adapter, ``corpus_id`` the name of what is written (by default the adapter's). Rows with a
    problem are left out and named; everything else is in the manifest, its text exactly as the corpus has it, and nothing
    about a speaker that the corpus does not state. Audio is not decoded: ``check`` does that. ``on_progress`` counts rows.

    Raises
    ------
    ManifestError : no such adapter, the folder is not this corpus, no row is usable, or the manifest is already there
    """
    adapter, folder, out = get_adapter(name), Path(path), Path(out)
    if not folder.is_dir():
        problem = "is a file, not a folder" if folder.is_file() else "there is no such folder"
        raise ManifestError(problem, place=str(folder), remedy="name the folder of the corpus, unpacked")
    corpus_id = corpus_id or adapter.name
    manifest = out / f"{corpus_id}.csv"
    language = language or adapter.language
    adapter = as_snapshot(adapter, folder)
    given = adapter.resolve(options or {}, language=language)
    there = next((file for file in (manifest, manifest.with_suffix(".toml")) if file.exists()), None)
    if there is not None and not overwrite:
        remedy = "name another with --as, or replace it with --overwrite"
        raise ManifestError("is already there", place=str(there), remedy=remedy)
    try:
        attributes = adapter.attributes_in(folder, given)
    except ManifestError as error:
        raise _suggest(error, adapter, folder) from None
    description = _description(adapter, folder, out, corpus_id, language, attributes)
    tally, screen = _Tally(marks=MarkCounter(adapter.marks)), Screen(folder, attributes)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ManifestWriter(manifest) as writer:
            try:
                _copy(adapter, folder, given, screen, writer, tally, on_progress)
            except ManifestError as error:
                raise _suggest(error, adapter, folder) from None
            if not tally.n_rows:
                raise _nothing(adapter, folder, tally, screen)
            tally.note(screen.closing(), writer)
            tally.notes += tally.marks.notes()
            writer.keep(describe(description, default_id=corpus_id))
    except OSError as error:
        problem = f"cannot be read or written ({error.strerror})"
        raise ManifestError(problem, place=str(error.filename or out), remedy="check it, and that you may") from None
    return Prepared(
        corpus_id=corpus_id,
        manifest=manifest,
        description=manifest.with_suffix(".toml"),
        n_rows=tally.n_rows,
        n_speakers=len(screen.speakers),
        stated={column: tally.stated[column] for column in attributes},
        left_out=dict(screen.left_out.most_common()),
        notes=tuple(tally.notes),
        problems=tuple(tally.problems),
        problems_file=writer.problems_file,
    )


def _copy(
    adapter: Adapter,
    folder: Path,
    options: Mapping[str, str],
    screen: Screen,
    writer: ManifestWriter,
    tally: _Tally,
    on_progress: Progress | None,
) -> None:
    done = 0
    for rows in adapter.read(folder, options):
        good, problems = screen.sift(rows)
        writer.write(good)
        tally.marks.add(good["reference"])
        tally.n_rows += len(good)
        tally.stated.update({name: int((good[name].str.strip() != "").sum()) for name in screen.attributes})
        tally.note(problems, writer)
        done += len(rows.frame) + len(rows.problems)
        if on_progress is not None:
            on_progress(done, max(done, round(done / rows.share)) if rows.share > 0 else done)


def _description(
    adapter: Adapter, folder: Path, out: Path, corpus_id: str, language: str, attributes: dict[str, AttributeInfo]
) -> ManifestDescription:
    root, base = os.path.realpath(folder), os.path.realpath(out)
    inside = os.path.commonpath([root, base]) == base
    given = {
        "title": corpus_id if adapter.generic else adapter.title,
        "licence": NOT_STATED if adapter.generic else adapter.licence,
        "source": NOT_STATED if adapter.generic else f"{adapter.source} ({adapter.citation})",
        "language": language,
        "speaker_note": adapter.speaker_note,
        "consent": adapter.consent,
        "speech_style": adapter.speech_style,
        "marks": dict(adapter.marks),
        "attributes": attributes,
        "corpus_id": corpus_id,
        "audio_root": os.path.relpath(root, base) if inside else root,
    }
    try:
        return ManifestDescription.model_validate(given)
    except ValidationError as error:  # a name or a language that the user gave
        fault = error.errors()[0]
        name = {"corpus_id": "--as"}.get(str(fault["loc"][0]), f"--{fault['loc'][0]}")
        text = str(fault["msg"]).removeprefix("Value error, ")
        raise ManifestError(f"{fault['input']!r}: {text}", place=name, remedy="choose another") from None


def _suggest(error: ManifestError, adapter: Adapter, folder: Path) -> ManifestError:
    """Return the error with the corpora that the folder looks like."""
    others = [name for name in recognised(folder) if name != adapter.name]
    looks = f"; the folder looks like {' or '.join(others)}" if others else ""
    hub = (
        ""
        if "*.parquet" in adapter.tree
        else "\nor, as the Hugging Face hub ships it, data/<split>-<part>-of-<parts>.parquet"
    )
    remedy = f"{error.remedy}{looks}. {adapter.name} is read from:\n{adapter.tree}{hub}"
    return ManifestError(error.what, place=error.place, remedy=remedy)


def _nothing(adapter: Adapter, folder: Path, tally: _Tally, screen: Screen) -> ManifestError:
    listed = "\n".join(str(problem) for problem in tally.problems[:20])
    more = sum(screen.left_out.values()) - 20
    tail = f"\n... and {more} more" if more > 0 else ""
    what = f"no row of {adapter.name} is usable" + (f"\n{listed}{tail}" if listed else "")
    return ManifestError(
        what, place=str(folder), remedy="mend what is listed" if listed else f"expected:\n{adapter.tree}"
    )
