"""One declared cell: a group under a condition, with the direction fixed beforehand, tested once."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.changes.gap_changes import gap_changes
from workbench.fairness.group_gaps.gaps import REST, gaps
from workbench.schema import CLEAN, NOT_STATED

NAMED, OTHERS = "named", "others"


class Cell(NamedTuple):
    """What is declared: a group of an attribute under a condition, against a reference; clean means the gap itself."""

    attribute: str
    group: str
    condition_id: str
    reference: str = REST

    def __str__(self) -> str:
        against = "everybody else" if self.reference == REST else self.reference
        measure = "gap" if self.condition_id == CLEAN else "gap change"
        return f"{measure} of {self.attribute} = {self.group} against {against} under {self.condition_id}"


class CellTest(NamedTuple):
    """A declared cell on some speakers: estimate, 95 % interval, and the p of its declared direction; NaN where there is none."""

    change: float
    ci_low: float
    ci_high: float
    p_value: float
    n_speakers: int
    n_speakers_reference: int
    reason: str


def cell_test(scores: pd.DataFrame, cell: Cell, *, direction: float = 1.0, permutations: int = 9_999) -> CellTest:
    """Return a declared cell of SCORES of one model: gap change against clean, or the gap where the condition is clean.

    Parameters
    ----------
    direction : 1 tests whether the figure is above 0, -1 whether it is below; ``p_value`` is one-sided in it
    permutations : labellings; 1 where only the interval is wanted

    Speakers are labelled as the group and the others, so that the cell is its own family: ``p_value`` is half of the larger
    of the permutation's p and that of t with conservative degrees of freedom where the sign is the declared one.

    Raises
    ------
    ScoringError : several models; a group, reference or condition without rows; what ``gap_changes`` and ``gaps`` refuse

    Source: as ``gap_changes`` and ``gaps``; one-sided tests in a direction fixed beforehand.
    """
    rows = two_sided(scores, cell)
    if cell.condition_id == CLEAN:
        row = gaps(rows[rows["condition_id"] == CLEAN], "side", reference=OTHERS, permutations=permutations).iloc[0]
        change, p = float(row["difference"]), float(row["p_value"])
    else:
        kept = rows[rows["condition_id"].isin([CLEAN, cell.condition_id])]
        row = gap_changes(kept, "side", reference=OTHERS, permutations=permutations).iloc[0]
        change, p = float(row["change"]), float(row["p_adjusted"])
    one_sided = p / 2.0 if change * direction > 0 else 1.0 - p / 2.0
    return CellTest(
        change,
        float(row["ci_low"]),
        float(row["ci_high"]),
        math.nan if math.isnan(p) else one_sided,
        int(row["n_speakers"]),
        int(row["n_speakers_reference"]),
        str(row["reason"]).replace(NAMED, cell.group).replace(OTHERS, "the others"),
    )


def two_sided(scores: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the rows of a cell's two sides, with a column ``side``: the group, or those that it is compared with.

    Raises
    ------
    ScoringError : no such attribute, group, reference or condition
    """
    if cell.attribute not in scores.columns:
        raise ScoringError(f"no attribute {cell.attribute!r}", remedy=choices(cell.attribute, map(str, scores.columns)))
    groups = scores[cell.attribute].astype("str").fillna(NOT_STATED)
    named = [cell.group] if cell.reference == REST else [cell.group, cell.reference]
    for name in named:
        if not (groups == name).any():
            raise ScoringError(f"no group {name!r} in {cell.attribute!r}", remedy=choices(name, groups.unique()))
    conditions = scores["condition_id"].astype("str").unique()
    if cell.condition_id not in conditions:
        raise ScoringError(f"no condition {cell.condition_id!r}", remedy=choices(cell.condition_id, conditions))
    if len(scores["model_id"].unique()) > 1:
        raise ScoringError("the scores are of several models", remedy="name one")
    kept = scores if cell.reference == REST else scores[groups.isin(named)]
    return kept.assign(side=(groups == cell.group).map({True: NAMED, False: OTHERS}).astype("str"))
