"""Exports that others can check: NIST's ``trn`` files, with which sclite scores the same texts."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def write_trn(scores: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write ``ref.trn`` and ``hyp.trn`` of the normalised texts of one model and condition, in the rows' order.

    A line is the words and ``(speaker-utterance)``; sclite takes what stands before the last hyphen as the speaker, so
    hyphens inside names become underscores, and a number keeps names apart that then look alike. Rows whose decoding
    failed are left out of both files. Braces, which sclite reads as alternatives, cannot occur in normalised text.

    Raises
    ------
    ScoringError : more than one model or condition, no row to write, or a folder that cannot be written

    Source: NIST SCTK, sclite, transcript file format "trn".
    """
    for name in ("model_id", "condition_id"):
        found = set(scores[name]) if name in scores.columns else set()
        if len(found) > 1:
            raise ScoringError(
                f"rows of {len(found)} different {name}", place="trn",
                remedy=f"choose one {name}: a trn file has one line per utterance",
            )  # fmt: skip
    rows = scores[scores["hypothesis"].notna()]
    if rows.empty:
        raise ScoringError("no row to write", place="trn", remedy="score some transcripts first")
    names = _names(rows)
    paths = folder / "ref.trn", folder / "hyp.trn"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, column in zip(paths, ("reference", "hypothesis"), strict=True):
            lines = [f"{text} ({name})".lstrip() for text, name in zip(rows[column], names, strict=True)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise ScoringError(f"cannot be written ({error.strerror or error})", place=str(folder)) from None
    return paths


def read_trn(path: Path) -> dict[str, str]:
    """Return the texts of a trn file by name.

    Raises
    ------
    ScoringError : every line without a name in round brackets at its end, at once
    """
    texts: dict[str, str] = {}
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = re.fullmatch(r"(.*?)\s*\(([^()\s]+)\)\s*", line)
        if found:
            texts[found[2]] = found[1]
        elif line.strip():
            problems.append(f"line {number}: no (speaker-utterance) at its end")
    if problems:
        raise ScoringError("; ".join(problems[:20]), place=str(path), remedy="see NIST's trn format")
    return texts


def _names(rows: pd.DataFrame) -> list[str]:
    taken: dict[str, int] = {}
    names = []
    for speaker, utterance in zip(rows["speaker_id"], rows["utterance_id"], strict=True):
        name = f"{_safe(speaker) or 'nobody'}-{_safe(utterance) or 'utterance'}"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name}.{taken[name]}")
    return names


def _safe(name: object) -> str:
    return _UNSAFE.sub("_", str(name)).replace("-", "_").strip("_")
