"""Decisions back into a manifest: all of them checked first, each of them counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.corpora.headers import REQUIRED
from workbench.corpora.manifest import manifest_ids
from workbench.corpora.manifest_edit import read_written, write_again
from workbench.corpora.review.review_list import text_digest
from workbench.errors import ManifestError
from workbench.files.problems import Findings, shown
from workbench.files.tables import read_table

DECISIONS = ("keep", "fix", "drop")
_NEEDED = ("utterance_id", "decision", "corrected", "reference", "reference_digest")
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Applied:
    """The manifest that was written, and how many rows of the review were kept, fixed, dropped and left open.

    ``n_rows`` counts the rows of the new manifest, those that nobody reviewed included.
    """

    manifest: Path
    n_kept: int
    n_fixed: int
    n_dropped: int
    n_open: int
    n_rows: int

    def __str__(self) -> str:
        return (
            f"{self.n_fixed} references corrected, {self.n_dropped} rows dropped, {self.n_kept} kept as they are, "
            f"{self.n_open} left open; {self.n_rows} rows written"
        )


def apply_review(manifest: Path | str, decisions: Path | str, out: Path | str, *, encoding: str = "") -> Applied:
    """Write ``manifest`` again as ``out`` with the decisions of an edited review (a table of any kind that is read): fix puts ``corrected`` in place
    of the reference, drop leaves the row out, keep and an empty decision leave it as it is.

    ``encoding`` : that of the review where it is not UTF-8, such as ``windows-1252``

    Raises
    ------
    ManifestError : any row of the review that cannot be applied, all of them at once with their lines: an unknown
        decision, a fix without a text, a text without a fix, an utterance that the manifest does not have, one that is
        there twice, a reference that was changed since the review was written; or ``out`` is there already
    """
    source = read_written(manifest)
    frame = source.table.frame
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        problem = f"no column {', '.join(map(repr, missing))}"
        raise ManifestError(problem, place=source.path.name, remedy="review a manifest that can be checked")
    ids = manifest_ids(frame, source.description.corpus_id or source.path.stem)
    place = {str(name): index for index, name in enumerate(ids)}
    edited, findings = _edited(Path(decisions), encoding)
    _check(edited, findings, place, frame["reference"].tolist())
    if findings.problems:
        listed = "\n".join(map(str, findings.in_order()[:_LISTED]))
        count = "1 problem" if len(findings.problems) == 1 else f"{len(findings.problems)} problems"
        raise ManifestError(f"{count}, nothing is written\n{listed}", place=Path(decisions).name)
    references = frame["reference"].to_numpy(dtype=object)
    stays = np.ones(len(frame), dtype=bool)
    for name, decision, corrected in zip(edited["utterance_id"], edited["decision"], edited["corrected"], strict=True):
        if decision == "fix":
            references[place[name]] = corrected
        elif decision == "drop":
            stays[place[name]] = False
    new = frame.assign(reference=pd.Series(references, index=frame.index, dtype="str"))[stays].reset_index(drop=True)
    written = write_again(new, source, out)
    counts = edited["decision"].value_counts()
    kept, fixed, dropped, left = (int(counts.get(name, 0)) for name in (*DECISIONS, ""))
    return Applied(written, kept, fixed, dropped, left, len(new))


def _edited(path: Path, encoding: str) -> tuple[pd.DataFrame, Findings]:
    table = read_table(path, called="review", encoding=encoding, option="give --encoding {}")
    missing = [name for name in _NEEDED if name not in table.frame.columns]
    if missing:
        problem = f"no column {', '.join(map(repr, missing))}"
        raise ManifestError(problem, place=path.name, remedy="use the file that review wrote")
    findings = Findings(path.name, table.lines)
    findings.problems += table.problems
    decision = table.frame["decision"].str.strip().str.lower()
    return table.frame.assign(decision=decision, utterance_id=table.frame["utterance_id"].str.strip()), findings


def _check(edited: pd.DataFrame, findings: Findings, place: dict[str, int], references: list[str]) -> None:
    seen: set[str] = set()
    for index, row in enumerate(edited[list(_NEEDED)].itertuples(index=False, name=None)):
        name, decision, corrected, reference, digest = map(str, row)
        for column, value, problem, remedy in _wrong(name, decision, corrected):
            findings.row(index, column, value, problem, remedy=remedy)
        if name in seen:
            findings.row(index, "utterance_id", name, f"{shown(name)} is there twice", remedy="keep one of its rows")
        elif name not in place:
            problem = f"the manifest has no utterance {shown(name)}"
            findings.row(index, "utterance_id", name, problem, remedy="review the manifest again, or remove the row")
        elif text_digest(references[place[name]]) != digest.strip():
            problem = f"the reference of {shown(name)} is now {shown(references[place[name]])}, not what was reviewed"
            findings.row(index, "reference_digest", digest, problem, remedy="review the manifest again")
        elif text_digest(reference) != digest.strip() and reference.split() != references[place[name]].split():
            problem = f"the reference of {shown(name)} was changed in its own column"
            findings.row(index, "reference", reference, problem, remedy="write the new text in corrected, with fix")
        seen.add(name)


def _wrong(name: str, decision: str, corrected: str) -> list[tuple[str, str, str, str]]:
    """Return (column, value, what, remedy) for each thing wrong with one decision."""
    if decision and decision not in DECISIONS:
        problem = f"{shown(decision)} is not a decision"
        return [("decision", decision, problem, f"write {', '.join(DECISIONS)} or nothing")]
    if decision == "fix" and not corrected.strip():
        return [("corrected", "", f"fix without a text for {shown(name)}", "write what was said in corrected, or drop")]
    if decision != "fix" and corrected.strip():
        problem = f"a text in corrected, but {f'{decision} as' if decision else 'no'} decision"
        return [("decision", decision, problem, "write fix, or remove the text")]
    return []
