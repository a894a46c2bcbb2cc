"""Ratings by people: how much of the meaning a transcript lost, from a table with a row per utterance and rater."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import ManifestError
from workbench.files.problems import Findings, shown
from workbench.files.tables import read_table

RATING = "meaning_lost"
_LISTED = 1_000
KEYS = ("utterance_id", "condition_id", "model_id", "rater")


def read_ratings(path: Path | str) -> pd.DataFrame:
    """Return the ratings of a table: utterance_id, condition_id, model_id, rater (each "" if the table has no such column), meaning_lost.

    ``meaning_lost`` is a number on whatever scale the raters used, higher is worse; rows where it is empty are left out.

    Raises
    ------
    ManifestError : no column utterance_id or meaning_lost; every rating that is no number, and every one that is there twice
    """
    path = Path(path)
    table = read_table(path, called="table of ratings")
    missing = [name for name in ("utterance_id", RATING) if name not in table.frame.columns]
    if missing:
        raise ManifestError(
            f"no column {', '.join(map(repr, missing))}",
            place=path.name,
            remedy=f"columns utterance_id and {RATING}, one row per rating",
        )
    findings = Findings(path.name, table.lines)
    findings.problems += table.problems
    frame = table.frame.reindex(columns=[*KEYS, RATING], fill_value="").apply(lambda column: column.str.strip())
    numbers = pd.to_numeric(frame[RATING], errors="coerce").astype("float64").to_numpy()
    given = (frame[RATING] != "").to_numpy()
    twice = frame.duplicated(list(KEYS)).to_numpy() & given
    for index in np.flatnonzero(given & ~np.isfinite(numbers)):
        value = str(frame[RATING].iloc[index])
        findings.row(int(index), RATING, value, f"{shown(value)} is no number", remedy="write one, or leave it empty")
    for index in np.flatnonzero(twice):
        value = str(frame["utterance_id"].iloc[index])
        findings.row(
            int(index),
            "utterance_id",
            value,
            f"{shown(value)} is rated twice by the same rater",
            remedy="keep one of the rows",
        )
    if findings.problems:
        listed = "\n".join(map(str, findings.in_order()[:_LISTED]))
        raise ManifestError(f"{len(findings.problems)} ratings cannot be used\n{listed}", place=path.name)
    result: pd.DataFrame = frame.assign(**{RATING: numbers})[given].reset_index(drop=True)
    return result
