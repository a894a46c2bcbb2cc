"""Exports that others can check: NIST's ``trn`` files, which sclite scores, and our alignment as sclite writes its own (sgml)."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd

from workbench.errors import ScoringError
from workbench.text.align import AlignedWord, align_words

_LETTER = {"hit": "C", "substitution": "S", "deletion": "D", "insertion": "I"}
_STEP = re.compile(r'([CSDI]),(?:"([^"]*)")?,(?:"([^"]*)")?')
_OPERATION = {letter: operation for operation, letter in _LETTER.items()}
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
    rows = _of_one_system(scores, "trn")
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


def write_sgml(scores: pd.DataFrame, path: Path) -> Path:
    """Write the word alignment of one model and condition in sclite's sgml: a path per utterance, under its speaker.

    A path reads ``C,"turn","turn":D,"it",:S,"off","of":I,,"now"``. Names are
    those of :func:`write_trn`; a quotation mark inside a word, which the format has no way to write, becomes ``''``. Where
    sclite aligns by itself, a substitution costs it 4 and an insertion or deletion 3, ours cost 1 each: an utterance with
    fewer than three substitutions has the same number of errors in both, and sclite never counts fewer.

    Raises
    ------
    ScoringError : more than one model or condition, no row to write, or a file that cannot be written

    Source: NIST SCTK, sclite, output format "sgml".
    """
    rows = _of_one_system(scores, "sgml")
    system = quoteattr(f"{rows['model_id'].iloc[0]} {rows['condition_id'].iloc[0]}")
    lines = [f'<SYSTEM title={system} format="2.4">']
    named = sorted(zip(_names(rows), rows["reference"], rows["hypothesis"], strict=True))
    for speaker, utterances in groupby(named, key=lambda one: one[0].rpartition("-")[0]):
        lines.append(f'<SPEAKER id="{speaker}">')
        for name, reference, hypothesis in utterances:
            steps = align_words(reference, hypothesis)
            lines.append(f'<PATH id="({name})" word_cnt="{len(steps)}" sequence="0">')
            lines += [":".join(map(_step, steps)), "</PATH>"]
        lines.append("</SPEAKER>")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, "</SYSTEM>"]) + "\n", encoding="utf-8")
    except OSError as error:
        raise ScoringError(f"cannot be written ({error.strerror or error})", place=str(path)) from None
    return path


def write_sclite(scores: pd.DataFrame, folder: Path) -> list[Path]:
    """Write ``ref.trn``, ``hyp.trn`` and ``alignment.sgml`` for each model and condition, in a folder of its own.

    Raises
    ------
    ScoringError : no row to write, or a folder that cannot be written
    """
    decoded = scores[scores["hypothesis"].notna()]
    if decoded.empty:
        raise ScoringError("no row to write", place="sclite", remedy="score some transcripts first")
    written: list[Path] = []
    for (model, condition), rows in decoded.groupby(["model_id", "condition_id"], sort=True):
        inside = folder / _UNSAFE.sub("_", f"{model}__{condition}").strip("_.")
        written += [*write_trn(rows, inside), write_sgml(rows, inside / "alignment.sgml")]
    return written


def read_sgml(path: Path) -> dict[str, tuple[AlignedWord, ...]]:
    """Return the alignments of an sgml file, ours or sclite's, by name.

    Raises
    ------
    ScoringError : every line that is no path, at once
    """
    result: dict[str, tuple[AlignedWord, ...]] = {}
    problems, name = [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if opened := re.match(r'<PATH id="\(([^)]*)\)"', line):
            name = opened[1]
            result[name] = ()
        elif line.startswith("</PATH"):
            name = ""
        elif name and not line.startswith("<"):
            steps = list(_STEP.finditer(line))
            if ":".join(step[0] for step in steps) != line:
                problems.append(f"line {number}: not an alignment")
            result[name] = tuple(AlignedWord(_OPERATION[step[1]], step[2] or "", step[3] or "") for step in steps)  # type: ignore[arg-type]
    if problems:
        raise ScoringError("; ".join(problems[:20]), place=str(path), remedy="see sclite's sgml format")
    return result


def _step(word: AlignedWord) -> str:
    reference, hypothesis = (
        f'"{text}"' if text else "" for text in (_unquoted(word.reference), _unquoted(word.hypothesis))
    )
    return f"{_LETTER[word.op]},{reference},{hypothesis}"


def _unquoted(text: str) -> str:
    return text.replace('"', "''")


def _of_one_system(scores: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows that were decoded, all of one model and condition."""
    for name in ("model_id", "condition_id"):
        result = set(scores[name]) if name in scores.columns else set()
        if len(result) > 1:
            raise ScoringError(
                f"rows of {len(result)} different {name}", place=kind,
                remedy=f"choose one {name}: a {kind} file has one line per utterance",
            )  # fmt: skip
    rows = scores[scores["hypothesis"].notna()]
    if rows.empty:
        raise ScoringError("no row to write", place=kind, remedy="score some transcripts first")
    return rows


def read_trn(path: Path) -> dict[str, str]:
    """Return the texts of a trn file by name.

    Raises
    ------
    ScoringError : every line without a name in round brackets at its end, at once
    """
    texts: dict[str, str] = {}
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        result = re.fullmatch(r"(.*?)\s*\(([^()\s]+)\)\s*", line)
        if result:
            texts[result[2]] = result[1]
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
