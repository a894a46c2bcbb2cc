"""Rows where two engines write the same and the reference says something else."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.corpora.review.finding import Found
from workbench.errors import ScoringError, choices
from workbench.files.problems import shown

_NEEDED = ("utterance_id", "condition_id", "model_id", "hypothesis", "hypothesis_raw", "errors", "status")


def agreed_against(scores: pd.DataFrame, *, condition: str = "clean") -> Iterator[Found]:
    """Yield utterances (SCORES) that two systems transcribe alike, after normalisation, and not as the reference.

    Two engines that hear the same words are not proof: systems that learnt from the same data share mistakes. The
    suggestion is what the first of them wrote, unchanged. Only rows of ``condition`` are read.

    Raises
    ------
    ScoringError : a column is missing, no such condition, or transcripts of fewer than two systems
    """
    missing = [name for name in _NEEDED if name not in scores.columns]
    if missing:
        raise ScoringError(f"no column {', '.join(map(repr, missing))}", remedy="give SCORES")
    if condition not in set(scores["condition_id"]):
        raise ScoringError(f"no condition {condition!r}", remedy=choices(condition, set(scores["condition_id"])))
    rows = scores[(scores["condition_id"] == condition) & (scores["status"] == "ok")]
    if rows["model_id"].nunique() < 2:
        systems = ", ".join(sorted(rows["model_id"].unique())) or "none"
        raise ScoringError(f"agreement needs two systems, there is {systems}", remedy="add an engine to the study")
    wrong = rows[(rows["errors"] > 0).fillna(False).to_numpy(dtype=bool)].sort_values("model_id", kind="stable")
    texts = wrong.groupby(["utterance_id", "hypothesis"], sort=False)
    for (utterance_id, text), group in texts:
        if len(group) < 2:
            continue
        systems = " and ".join(group["model_id"])
        if not text:
            yield Found(str(utterance_id), "engines hear nothing", f"{systems} write nothing")
            continue
        written = str(group["hypothesis_raw"].iloc[0]).strip()
        yield Found(str(utterance_id), "engines agree", f"{systems} write {shown(written)}", written)
