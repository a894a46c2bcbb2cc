"""Speakers who carry several groups of one attribute: refused, left out, counted as their majority, or a group of their own.

A gap compares different people. Where a table gives one speaker two accents, either the label is wrong or the person has two
answers; nobody but the owner of the table can tell. An empty cell is no answer, not another group: the speaker's one stated group
counts there too.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import SHOWN
from workbench.schema import NOT_STATED

Conflicts = Literal["refuse", "drop", "majority", "as-group"]
CONFLICTS = get_args(Conflicts)
BETWEEN = " + "
"""Between the groups of a speaker who has several, in the name of the group that they make."""


class Resolved(NamedTuple):
    """The label of every row after resolution, which rows take part, and what was done in words."""

    labels: pd.Series[str]
    kept: pd.Series[bool]
    notes: tuple[str, ...]


def refuse_unknown_rule(conflicts: str) -> None:
    """Raise a ScoringError with the rules there are if ``conflicts`` is none of them."""
    if conflicts not in CONFLICTS:
        raise ScoringError(
            f"no rule {conflicts!r} for conflicting labels", remedy=f"use one of: {', '.join(CONFLICTS)}"
        )


def resolved(speakers: pd.Series[str], labels: pd.Series[str], attribute: str, conflicts: str, place: str) -> Resolved:
    """Return the labels of ``attribute`` with one group for each speaker.

    Parameters
    ----------
    speakers, labels : the speaker and the stated group of each row; an empty answer is ``not stated``
    conflicts : ``refuse``; ``drop``: no row of such a speaker takes part in comparisons by this attribute; ``majority``: the
        group of most rows, a speaker with equally many of two is left out; ``as-group``: a group named ``a + b``

    Raises
    ------
    ScoringError : unknown rule; ``refuse`` and a speaker in several groups

    >>> answer = resolved(pd.Series(["s", "s", "s", "t"]), pd.Series(["f", "f", "m", "m"]), "gender", "majority", "")
    >>> answer.labels.tolist(), answer.kept.all().item()
    (['f', 'f', 'f', 'm'], True)
    """
    refuse_unknown_rule(conflicts)
    labels = labels.fillna(NOT_STATED)
    everything = pd.Series(True, index=labels.index)
    stated = labels != NOT_STATED
    pairs = pd.DataFrame({"speaker": speakers[stated], "label": labels[stated]})
    counts = pairs.value_counts(["speaker", "label"], sort=False).reset_index(name="rows")
    several = counts[counts.duplicated("speaker", keep=False)].sort_values(["speaker", "label"])
    single = counts[~counts.duplicated("speaker", keep=False)].set_index("speaker")["label"]
    blank = ~stated & speakers.isin(single.index)
    labels = labels.where(~blank, speakers.map(single))
    notes = []
    if blank.any():
        n = speakers[blank].nunique()
        notes.append(
            f"{int(blank.sum())} rows of {n} speakers have no {attribute!r}: the one group that these speakers state elsewhere counts"
        )
    if several.empty:
        return Resolved(labels, everything, tuple(notes))
    groups = several.groupby("speaker", sort=True)["label"].agg(list)
    listing = "; ".join(f"{name}: {', '.join(names)}" for name, names in groups.head(SHOWN).items())
    more = f"; and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    summary = f"{len(groups)} of {speakers.nunique()} speakers carry several groups of {attribute!r} ({listing}{more})"
    if conflicts == "refuse":
        raise ScoringError(
            summary,
            place=place,
            remedy="give each speaker one group, or choose with --conflicts drop, majority or as-group",
        )
    concerned = speakers.isin(groups.index)
    if conflicts == "as-group":
        names = groups.map(BETWEEN.join)
        labels = labels.where(~concerned, speakers.map(names))
        return Resolved(labels, everything, (*notes, f"{summary}: each set of labels counts as a group of its own"))
    if conflicts == "majority":
        most = several[several["rows"] == several.groupby("speaker")["rows"].transform("max")]
        decided = most[~most.duplicated("speaker", keep=False)].set_index("speaker")["label"]
        moved = concerned & speakers.isin(decided.index)
        labels = labels.where(~moved, speakers.map(decided))
        concerned &= ~moved
        undecided = (
            f"; {speakers[concerned].nunique()} have equally many of two and are left out" if concerned.any() else ""
        )
        return Resolved(
            labels, ~concerned, (*notes, f"{summary}: each counts in the group of most of its rows{undecided}")
        )
    left_out = f"{int(concerned.sum())} of {len(labels)} rows"
    return Resolved(
        labels,
        ~concerned,
        (*notes, f"{summary}: left out of rates and gaps by {attribute!r}, {left_out}; --conflicts has other rules"),
    )
