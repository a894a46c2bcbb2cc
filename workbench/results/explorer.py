"""The utterances of a run, searched, filtered and sorted: of a large run only the columns that a question needs are read.

The rows of a large run lie in a file (``kept_scores``), sorted by model and condition. A question reads a few narrow columns of one model,
decides by them which rows are shown and in which order, and reads whole rows only of the page that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.intersection import crossed, crossed_name
from workbench.results.kept_scores import LINE
from workbench.results.scored_run import Results
from workbench.text import hallucination_flags

NARROW = (
    "utterance_id",
    "condition_id",
    "speaker_id",
    "duration_s",
    "status",
    "errors",
    "insertions",
    "ref_words",
    "hyp_words",
)
"""The columns that every question is decided by, besides those of its group."""
TEXTS = ("reference", "hypothesis", "reference_raw", "hypothesis_raw")
"""The columns that are searched."""
FLAGS: Mapping[str, str] = {
    "failed": "Failed",
    "empty": "Empty transcript",
    "insertions": "Many invented words",
    "suspect": "Looks invented",
    "correct": "No errors",
}
"""What a row may be filtered by. Many invented words: more than half as many as were said. Looks invented: ``hallucination_flags``."""
ORDERS: Mapping[str, str] = {
    "errors": "Failed, then most errors",
    "wer": "Highest error rate first",
    "best": "Lowest error rate first",
    "longest": "Longest first",
    "utterance": "By utterance id",
    "speaker": "By speaker",
}
MOST_READ = 60_000
"""Rows whose texts are read to tell which look invented; more would take longer than somebody waits for."""


@dataclass(frozen=True)
class Question:
    """Which utterances of one model are shown, and in which order. Empty: no restriction.

    Attributes
    ----------
    groups : attribute and group, all of which a row has to be in
    containing : a text that is in the reference or the transcript, normalised or not, whatever its case
    wer : least and highest word error rate of the utterance, as fractions; None: any, also none
    flags : of :data:`FLAGS`; a row has to have one of them
    order : of :data:`ORDERS`
    """

    model_id: str
    condition_id: str = ""
    groups: tuple[tuple[str, str], ...] = ()
    containing: str = ""
    wer: tuple[float, float] | None = None
    flags: tuple[str, ...] = ()
    order: str = "errors"


@dataclass(frozen=True)
class Listing:
    """The utterances that answer a question, in its order. ``take`` gives the SCORES of those at some places of the list."""

    narrow: pd.DataFrame = field(repr=False)
    take: Callable[[Sequence[int]], pd.DataFrame] = field(repr=False)

    def __len__(self) -> int:
        return len(self.narrow)

    @cached_property
    def ids(self) -> list[str]:
        """The utterances; under several conditions each several times."""
        return [str(name) for name in self.narrow["utterance_id"]]

    def place_of(self, utterance_id: str, condition_id: str) -> int | None:
        """Return where an utterance under a condition stands in the list; None if it does not."""
        same = (self.narrow["utterance_id"] == utterance_id) & (self.narrow["condition_id"] == condition_id)
        places = np.flatnonzero(same.to_numpy())
        return int(places[0]) if len(places) else None


def listing(results: Results, question: Question) -> Listing:
    """Return the utterances that answer a question.

    Raises
    ------
    ScoringError : an unknown flag or order; transcripts that look invented are asked of more than :data:`MOST_READ` rows of a file
    """
    for name, allowed in (*((flag, FLAGS) for flag in question.flags), (question.order, ORDERS)):
        if name not in allowed:
            raise ScoringError(f"no such choice {name!r}", place="utterances", remedy=choices(name, allowed))
    where = {"model_id": question.model_id}
    if question.condition_id:
        where["condition_id"] = question.condition_id
    rows = results.rows_of_run
    attributes = [part for name, _ in question.groups for part in _parts(results, name)]
    narrow = rows.listing([*dict.fromkeys([*NARROW, *attributes])], where)
    kept = np.ones(len(narrow), dtype=bool)
    for attribute, group in question.groups:
        kept &= _in_group(results, narrow, attribute, group)
    if question.wer is not None:
        rate = _rate(narrow)
        low, high = question.wer
        kept &= (rate >= low) & (rate <= high)  # an utterance without a rate is in no range
    if question.containing:
        kept &= rows.containing(question.containing, TEXTS, where)
    narrow = narrow[kept]
    if question.flags:
        narrow = narrow[_flagged(results, narrow, question.flags)]
    narrow = narrow.iloc[_order(narrow, question.order)].reset_index(drop=True)
    lines = narrow[LINE].to_numpy()

    def take(places: Sequence[int]) -> pd.DataFrame:
        taken = rows.take(lines[list(places)].tolist())
        return crossed(taken, results.crossed_by) if results.crossed_by else taken

    return Listing(narrow, take)


def _parts(results: Results, attribute: str) -> tuple[str, ...]:
    """Return the attributes that an intersection consists of, else the attribute."""
    by = results.crossed_by
    return by if by and attribute == crossed_name(by) else (attribute,)


def _in_group(results: Results, narrow: pd.DataFrame, attribute: str, group: str) -> NDArray[np.bool_]:
    parts = list(_parts(results, attribute))
    if len(parts) == 1:
        return np.asarray(narrow[attribute] == group, dtype=bool)
    # The levels of an intersection are named for each pair that there is, not for each row.
    pairs = crossed(narrow[parts].drop_duplicates().reset_index(drop=True), parts)
    kept = np.zeros(len(narrow), dtype=bool)
    for row in pairs.loc[pairs[attribute] == group, parts].to_dict("records"):
        kept |= np.logical_and.reduce([np.asarray(narrow[name] == value, dtype=bool) for name, value in row.items()])
    return kept


def _number(values: pd.Series) -> NDArray[np.float64]:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _rate(narrow: pd.DataFrame) -> NDArray[np.float64]:
    """Return the word error rate of each utterance; NaN for a failed one and for an empty reference."""
    words = _number(narrow["ref_words"])
    return _number(narrow["errors"]) / np.where(words > 0, words, np.nan)


def _flagged(results: Results, narrow: pd.DataFrame, flags: Sequence[str]) -> NDArray[np.bool_]:
    errors, words = _number(narrow["errors"]), _number(narrow["ref_words"])
    failed = np.asarray(narrow["status"] == "failed", dtype=bool)
    has = {
        "failed": failed,
        "empty": ~failed & (_number(narrow["hyp_words"]) == 0) & (words > 0),
        "insertions": (words > 0) & (2 * _number(narrow["insertions"]) > words),
        "correct": errors == 0,
    }
    if "suspect" in flags:
        has["suspect"] = _suspect(results, narrow)
    return np.asarray(np.logical_or.reduce([has[flag] for flag in flags]), dtype=bool)


def _suspect(results: Results, narrow: pd.DataFrame) -> NDArray[np.bool_]:
    if len(narrow) > MOST_READ and not results.in_memory:
        raise ScoringError(
            f"{len(narrow):,} transcripts are too many to tell at once which look invented", place="Looks invented",
            remedy="choose one condition or one group, or filter by many invented words",
        )  # fmt: skip
    rows = results.rows_of_run.take(narrow[LINE].tolist())
    return np.asarray(hallucination_flags(rows)["flagged"], dtype=bool)


def _order(narrow: pd.DataFrame, order: str) -> NDArray[np.intp]:
    """Return the places of rows in an order; rows that are equal stay as they were."""
    if order == "errors":
        return np.argsort(-np.nan_to_num(_number(narrow["errors"]), nan=np.inf), kind="stable")
    if order in ("wer", "best"):  # an utterance without a rate comes last
        rate = _rate(narrow)
        return np.argsort(np.where(np.isnan(rate), np.inf, rate if order == "best" else -rate), kind="stable")
    if order == "longest":
        return np.argsort(-np.nan_to_num(_number(narrow["duration_s"]), nan=-1.0), kind="stable")
    column = narrow["utterance_id" if order == "utterance" else "speaker_id"]
    return np.argsort(pd.factorize(column.astype("str"), sort=True)[0], kind="stable")
