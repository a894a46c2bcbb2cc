"""What ``score`` takes: a table that holds references and hypotheses, or transcripts and the manifest they belong to."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError
from workbench.files.tables import read_rows
from workbench.transcripts.catalogue import FORMATS
from workbench.transcripts.joined import join_transcripts
from workbench.transcripts.references import read_references
from workbench.transcripts.source import read_transcripts, title_of

_NEMO = {"text": "reference", "pred_text": "hypothesis"}


def read_scored_table(
    source: Path | str,
    columns: Collection[str],
    *,
    encoding: str = "",
    references: Path | str | None = None,
    format: str = "",
) -> tuple[pd.DataFrame, list[str]]:
    """Return a frame with references, hypotheses and groups, and what was assumed of it.

    Without ``references`` the source is a table, in which ``"null"``, ``"NA"`` and ``""`` stay what they are and ``columns``
    must be texts or numbers; a NeMo manifest's ``text`` and ``pred_text`` are its reference and hypothesis. With the manifest
    ``references`` the source is anything that :func:`workbench.transcripts.source.read_transcripts` reads; an utterance
    without a transcript has a missing hypothesis.

    Raises
    ------
    ScoringError : no such file, another kind of file, another encoding than ``encoding`` (UTF-8), rows that do not fit (all
        of them), transcripts that do not join
    """
    source = Path(source)
    if references is not None:
        return _joined(source, references, encoding, format)
    title = title_of(source, encoding)
    if title and title != FORMATS["nemo"].title:
        what = f"this is {title}, which holds transcripts and neither references nor groups"
        remedy = "name the manifest that has them: --references MANIFEST.csv"
        raise ScoringError(what, place=str(source), remedy=remedy)
    wanted = {*columns, *(_NEMO if {"reference", "hypothesis"} & set(columns) else ())}
    frame, notes = read_rows(
        source,
        called="table of transcripts",
        fails=ScoringError,
        encoding=encoding,
        option="give --encoding {}",
        texts=wanted,
    )
    names = set(frame.columns)
    asked = {"reference", "hypothesis"} <= set(columns)
    if asked and {"audio_filepath", *_NEMO} <= names and not {"reference", "hypothesis"} & names:
        frame = frame.rename(columns={old: new for old, new in _NEMO.items() if new in columns})
        notes.append(f"{source.name}: a NeMo manifest; references are its text, hypotheses its pred_text")
    return frame, notes


def _joined(source: Path, references: Path | str, encoding: str, format: str) -> tuple[pd.DataFrame, list[str]]:
    rows, notes = read_references(references)
    transcripts = read_transcripts(source, format=format, encoding=encoding)
    read = ", ".join(
        f"{title} ({count} {'file' if count == 1 else 'files'})" for title, count in transcripts.formats.items()
    )
    joined = join_transcripts(transcripts.by_name(), rows)
    if not (joined.frame["joined_by"] != "").any():
        ids, names = rows["utterance_id"].head(3).tolist(), list(transcripts.by_name())[:3]
        what = f"none of its {len(transcripts.by_name())} transcripts ({', '.join(names)} ...) is of an utterance ({', '.join(ids)} ...)"
        remedy = "ids, or the audio files' names, must be in both"
        raise ScoringError(what, place=f"{source} and {references}", remedy=remedy)
    frame = rows.assign(
        hypothesis=joined.frame["hypothesis"].to_numpy(),
        confidence=joined.frame["confidence"].to_numpy(),
        joined_by=joined.frame["joined_by"].to_numpy(),
    )
    unread = [f"not read: {problem}" for problem in transcripts.problems]
    return frame, [f"{source.name}: read as {read}", *transcripts.notes, *unread, *joined.notes, *notes]
