"""Two sides of a comparison, utterance by utterance: a group, and those it is compared with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    group_columns,
    refuse_speakers_in_two_groups,
    speaker_columns,
    speaker_sums,
)
from workbench.schema import NOT_STATED

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

REST = "rest"
"""The reference that is every other speaker of the same model and condition (as in ``gaps``)."""


def added_up(codes: Whole, values: Floats, n: int) -> Floats:
    """Return ``values`` added up by code, for the codes 0 to n - 1."""
    return np.asarray(np.bincount(codes, weights=values, minlength=n), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Sides:
    """The scored utterances of a group and of its reference under one model and condition.

    ``rows``: SCORES rows with words, a fresh index; ``in_group``: which are the group's; ``speaker``: codes of people
    from 0, none of them on both sides; ``errors``, ``words``: counts as floats.
    """

    rows: pd.DataFrame
    in_group: Mask
    speaker: Whole
    errors: Floats
    words: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame, in_group: Mask) -> Sides:
        """Return the sides of scored rows."""
        rows = rows.reset_index(drop=True)
        people = np.asarray(rows.groupby(speaker_columns(rows), sort=True).ngroup(), dtype=np.int64)
        errors, words = (rows[name].to_numpy(dtype=np.float64) for name in ("errors", "ref_words"))
        return cls(rows, np.asarray(in_group, dtype=bool), people, errors, words)

    def only(self, kept: Mask) -> Sides:
        """Return the sides of some of the rows."""
        return Sides.of(self.rows[kept], self.in_group[kept])

    @property
    def people(self) -> Mask:
        """Return for each speaker code whether the speaker is in the group."""
        sides = np.zeros(int(self.speaker.max()) + 1 if len(self.speaker) else 0, dtype=bool)
        sides[self.speaker] = self.in_group
        return sides

    @property
    def n_speakers(self) -> tuple[int, int]:
        """Return how many speakers the group and the reference have."""
        people = self.people
        return int(people.sum()), int((~people).sum())

    def per_speaker(self, values: Floats) -> Floats:
        """Return ``values`` of the rows added up per speaker."""
        return added_up(self.speaker, values, len(self.people))

    @property
    def speaker_words(self) -> Floats:
        """Return the reference words of each speaker."""
        return self.per_speaker(self.words)

    def coverage(self, kept: Mask) -> float:
        """Return the share of the group's words that these rows hold."""
        total = self.words[self.in_group].sum()
        return float(self.words[kept & self.in_group].sum() / total) if total else math.nan


class Contrast(NamedTuple):
    """One comparison to be made: which, and its two sides."""

    model_id: str
    condition_id: str
    group: str
    reference_group: str
    sides: Sides


def scored_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a rate can be made of: decoded, with words in the reference."""
    usable = scores["errors"].notna() & (scores["ref_words"].fillna(0) > 0)
    if "status" in scores.columns:
        usable &= scores["status"] != "failed"
    return scores[usable]


class Compared(NamedTuple):
    """One comparison to be made: which."""

    model_id: str
    condition_id: str
    group: str
    reference_group: str


def compared(scores: pd.DataFrame, attribute: str, reference: str) -> list[Compared]:
    """Return every comparison of ``gaps``: each group of each model and condition against the reference.

    Raises
    ------
    ScoringError : as ``gaps``: no such column or group, a speaker without id or in two groups
    """
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    speakers = speaker_sums(scores, named, method="linearised", empty_references="separate")
    if speakers.empty:
        return []
    if attribute not in speaker_columns(scores):
        refuse_speakers_in_two_groups(speakers, attribute, speaker_columns(scores))
    groups = list(speakers[attribute].unique())
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    present = speakers[[*CELL, attribute]].drop_duplicates().itertuples(index=False)
    return [
        Compared(str(model), str(condition), str(group), reference)
        for model, condition, group in present
        if reference == REST or group != reference
    ]


def comparisons(scores: pd.DataFrame, attribute: str, reference: str) -> Iterator[Contrast]:
    """Yield every comparison of ``gaps`` with its two sides.

    Raises
    ------
    ScoringError : as :func:`compared`
    """
    wanted = compared(scores, attribute, reference)
    rows = scored_rows(scores).reset_index(drop=True)
    labels = rows[attribute].astype("str").fillna(NOT_STATED)
    cells = {key: (part, labels.loc[part.index]) for key, part in rows.groupby(list(CELL), sort=True)}
    nothing = (rows.iloc[:0], labels.iloc[:0])
    for item in wanted:
        part, label = cells.get((item.model_id, item.condition_id), nothing)
        in_group = (label == item.group).to_numpy()
        kept = np.ones(len(part), dtype=bool) if reference == REST else in_group | (label == reference).to_numpy()
        yield Contrast(*item, Sides.of(part[kept], in_group[kept]))


def stratum_codes(rows: pd.DataFrame, strata: Sequence[str]) -> Whole:
    """Return the stratum of each row: one code for each combination of levels; a missing level is ``not stated``.

    Raises
    ------
    ScoringError : no such column, or none named
    """
    if not strata:
        raise ScoringError("no strata are named", remedy="name the columns to hold equal, for example gender")
    names = group_columns(rows, strata)
    columns: list[Any] = [rows[name].astype("str").fillna(NOT_STATED).to_numpy() for name in names]
    if not names or rows.empty:
        return np.zeros(len(rows), dtype=np.int64)
    combined = pd.DataFrame(dict(enumerate(columns))).groupby(list(range(len(names))), sort=True)
    return np.asarray(combined.ngroup(), dtype=np.int64)
