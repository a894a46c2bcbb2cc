"""The median group as a reference: one that no outlying group moves, and that makes nobody the norm by name.

It is chosen once for a frame, by the pooled rates over all its models and conditions, among groups with enough speakers. Chosen from the
same data it is compared in, it is a place to look from, not a claim about that group.
"""

from __future__ import annotations

import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import NOT_STATED

MEDIAN = "median"
LEAST_GROUPS = 3


def median_group(speakers: pd.DataFrame, attribute: str) -> str:
    """Return the group of the median rate; of two in the middle the one with more speakers.

    ``speakers`` : as ``counts.cells.speaker_sums`` makes them

    Raises
    ------
    ScoringError : fewer than three groups with five speakers

    Source: the median as an estimate that outliers do not move, Huber & Ronchetti 2009, Robust Statistics, ch. 1.
    """
    spoke = speakers[(speakers["denominator"] > 0) & (speakers[attribute] != NOT_STATED)]
    sums = spoke.groupby(attribute)[["numerator", "denominator"]].sum()
    people = spoke[[attribute, *speaker_columns(spoke)]].drop_duplicates()[attribute].value_counts()
    large_enough = sums[people.reindex(sums.index) >= ENOUGH_SPEAKERS]
    if len(large_enough) < LEAST_GROUPS:
        raise ScoringError(
            f"{len(large_enough)} groups of {attribute!r} have {ENOUGH_SPEAKERS} speakers: no group is in the middle of them",
            remedy="compare with the rest, or with a group that you name",
        )
    order = (large_enough["numerator"] / large_enough["denominator"]).sort_values(kind="stable").index
    middle = order[(len(order) - 1) // 2 : len(order) // 2 + 1]
    return str(max(middle, key=lambda group: int(people[group])))
