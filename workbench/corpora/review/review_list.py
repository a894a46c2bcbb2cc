"""The list to review: one row per utterance, all its reasons, and two columns for a person to fill in."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import pandas as pd

from workbench.corpora import Corpus
from workbench.corpora.review.agreement import agreed_against
from workbench.corpora.review.duplicates import Progress, repeated_audio
from workbench.corpora.review.finding import SERIOUS, Found
from workbench.corpora.review.texts import odd_texts
from workbench.errors import ManifestError

COLUMNS = (
    "utterance_id", "reasons", "serious", "details", "suggestion", "reference", "decision", "corrected", "speaker_id",
    "duration_s", "path", "reference_digest",
)  # fmt: skip


def review_corpus(
    corpus: Corpus, scores: pd.DataFrame | None = None, *, condition: str = "clean", on_progress: Progress | None = None
) -> pd.DataFrame:
    """Return the utterances of ``corpus`` that deserve a second look, one row each, serious ones first.

    Columns: utterance_id, reasons and details (several joined by "; "), serious (yes or no), suggestion (what two
    engines wrote), reference, decision and corrected (empty, for a person), speaker_id, duration_s, path and
    reference_digest (which text was reviewed). Reasons: no words, too many words, too few words, digits and words,
    another script, marks, lost letters, another encoding, entities, word for nothing, same audio (another text, another speaker), and with ``scores`` (SCORES of two systems or more, of
    which the rows of ``condition`` are read) engines agree and engines hear nothing. References that are empty, and
    audio that cannot be read, are problems of the manifest itself: :func:`workbench.check_manifest` lists them.

    Raises
    ------
    ScoringError : scores of fewer than two systems, or none of ``condition``
    """
    utterances = corpus.utterances
    result = list(odd_texts(utterances, language=corpus.info.language))
    result += repeated_audio(utterances, on_progress)
    if scores is not None:
        here = set(utterances["utterance_id"])
        result += [item for item in agreed_against(scores, condition=condition) if item.utterance_id in here]
    return _listed(utterances, result)


def _listed(utterances: pd.DataFrame, found: list[Found]) -> pd.DataFrame:
    of: dict[str, list[Found]] = {}
    for item in found:
        of.setdefault(item.utterance_id, []).append(item)
    rows = utterances[utterances["utterance_id"].isin(list(of))]
    reasons = [of[name] for name in rows["utterance_id"]]
    table = pd.DataFrame(
        {
            "utterance_id": rows["utterance_id"].to_numpy(),
            "reasons": ["; ".join(dict.fromkeys(item.reason for item in all_)) for all_ in reasons],
            "serious": ["yes" if any(item.reason in SERIOUS for item in all_) else "no" for all_ in reasons],
            "details": ["; ".join(item.detail for item in all_) for all_ in reasons],
            "suggestion": [next((item.suggestion for item in all_ if item.suggestion), "") for all_ in reasons],
            "reference": rows["reference"].to_numpy(),
            "decision": "",
            "corrected": "",
            "speaker_id": rows["speaker_id"].to_numpy(),
            "duration_s": rows["duration_s"].round(3).to_numpy(),
            "path": rows["path"].to_numpy(),
            "reference_digest": [text_digest(text) for text in rows["reference"]],
        },
        columns=list(COLUMNS),
    )
    table = table.astype({name: "str" for name in COLUMNS if name != "duration_s"})
    return table.sort_values("serious", ascending=False, kind="stable").reset_index(drop=True)


def text_digest(text: str) -> str:
    """Return 12 hex digits of the SHA-256 of a reference exactly as it is written: which text was reviewed."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_review(table: pd.DataFrame, path: Path | str) -> Path:
    """Write the list as CSV that a spreadsheet opens (UTF-8 with its mark, every field quoted); audio paths relative to it.

    Raises
    ------
    ManifestError : the file is there already (decisions would be lost), or cannot be written
    """
    path = Path(path)
    folder = os.path.abspath(path.parent)
    shown = table.assign(path=[os.path.relpath(written, folder) for written in table["path"]])
    try:
        with open(path, "x", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(shown.columns)
            writer.writerows(shown.itertuples(index=False, name=None))
    except FileExistsError:
        problem = "is there already, and decisions in it would be lost"
        raise ManifestError(problem, place=str(path), remedy="choose another name") from None
    except OSError as error:
        raise ManifestError(
            f"cannot be written ({error.strerror})", place=str(path), remedy="check the folder"
        ) from None
    return path
