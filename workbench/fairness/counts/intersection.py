"""Attributes crossed: one column that names the intersection of several, to be compared like any attribute."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import group_columns
from workbench.schema import NOT_STATED


def crossed_name(by: Sequence[str]) -> str:
    """Return the name of the column.

    >>> crossed_name(["accent", "gender"])
    'accent × gender'
    """
    return " × ".join(by)


def crossed(scores: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return ``scores`` with one more column, ``accent × gender``, whose groups are ``north, female`` and so on.

    Whoever did not state one of the attributes is in the group ``not stated``.

    Raises
    ------
    ScoringError : fewer than two attributes, or no such column

    Source: Crenshaw 1989 for why groups by one attribute at a time hide people; the columns are only joined.
    """
    names = group_columns(scores, by)
    if len(names) < 2:
        raise ScoringError("an intersection needs two attributes", remedy="name another one")
    levels = [scores[name].astype("str").fillna(NOT_STATED) for name in names]
    joined = levels[0]
    stated = levels[0] != NOT_STATED
    for level in levels[1:]:
        joined, stated = joined + ", " + level, stated & (level != NOT_STATED)
    return scores.assign(**{crossed_name(names): joined.where(stated, NOT_STATED)})
