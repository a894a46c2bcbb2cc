"""Wrong labels: how far a gap could be from what it seems if some speakers stood in the wrong group.

A speaker who is moved takes all words along. The largest and the smallest gap over all sets of so many moved speakers are found
by enumeration where there are few sets, else greedily, one speaker at a time, and then they are a bound from inside: the true
extreme may lie further out. The **tipping point** is the least number of speakers whose move leaves nothing shown.

Source: worst cases of misclassification, Greenland 1996, International Journal of Epidemiology 25: 1107-1116; a fragility
index for clusters, after Walsh et al. 2014, Journal of Clinical Epidemiology 67: 622-628.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

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
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.log_ratio import log_ratios, statistic
from workbench.fairness.inference.permutation import permutation_tests, products
from workbench.fairness.inference.verdicts import ALPHA
from workbench.schema import LABEL_SENSITIVITY

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
MOST_SETS = 100_000
LEAST_SIDE = 2
LABELLINGS = 1_999


def label_sensitivity(
    scores: pd.DataFrame, attribute: str, *, reference: str = REST, wrong: float = 0.05
) -> pd.DataFrame:
    """Return LABEL_SENSITIVITY: each gap at its worst and best if a share ``wrong`` of the speakers were mislabelled.

    Parameters
    ----------
    scores : as for ``gaps``
    attribute, reference : as for ``gaps``
    wrong : share of the speakers of both sides that may stand on the wrong one; less than one speaker moves nobody

    Raises
    ------
    ScoringError : no such column or group, a speaker in two groups, a share that is not above 0 and at most one half

    Source: the module's docstring.
    """
    if not 0 < wrong <= 0.5:
        raise ScoringError(f"wrong {wrong!r} is not above 0 and at most 0.5", remedy="0.05 means one speaker in twenty")
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    if people.empty:
        return typed([], LABEL_SENSITIVITY, LABEL_SENSITIVITY.column_names)
    refuse_speakers_in_two_groups(people, attribute, speaker_columns(scores))
    groups = [str(name) for name in people[attribute].unique()]
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    rows = []
    for key, cell in people[people["ref_words"] > 0].groupby(list(CELL), sort=True):
        labels = cell[attribute].to_numpy(dtype=str)
        for group in dict.fromkeys(labels):
            if group == reference != REST:
                continue
            kept = np.ones(len(labels), dtype=bool) if reference == REST else np.isin(labels, [group, reference])
            own = labels[kept] == group
            e, n = (cell[name].to_numpy(dtype=np.float64)[kept] for name in ("errors", "ref_words"))
            fixed = {
                **dict(zip(CELL, key, strict=True)),
                "attribute": attribute,
                "group": group,
                "reference_group": reference,
            }
            rows.append({**fixed, **_row(e, n, own, wrong)})
    return typed(rows, LABEL_SENSITIVITY, LABEL_SENSITIVITY.column_names)


def in_words(row: Mapping[str, Any]) -> str:
    """Return what a row of LABEL_SENSITIVITY says of its gap in a sentence; empty where none is shown.

    >>> row = {"group": "coast", "reference_group": "rest", "condition_id": "clean", "n_speakers": 9, "n_speakers_reference": 40}
    >>> in_words(row | {"wrong": 0.05, "difference": 0.157, "lowest": 0.1, "highest": 0.2, "p_value": 0.001, "tipping_point": 4})
    'coast in clean: moving 4 of 49 speakers removes this GAP of +15.7 points; with 5 % of them mislabelled it lies between +10.0 and +20.0.'
    """
    if pd.isna(row["p_value"]) or not float(row["p_value"]) < ALPHA:
        return ""
    speakers, tipping = int(row["n_speakers"]) + int(row["n_speakers_reference"]), row["tipping_point"]
    removed = (
        "no move of speakers removes" if pd.isna(tipping) else f"moving {int(tipping)} of {speakers} speakers removes"
    )
    return (
        f"{row['group']} in {row['condition_id']}: {removed} this GAP of {100 * row['difference']:+.1f} points; with "
        f"{100 * row['wrong']:g} % of them mislabelled it lies between {100 * row['lowest']:+.1f} and {100 * row['highest']:+.1f}."
    )


def _row(errors: Floats, words: Floats, own: NDArray[np.bool_], wrong: float) -> dict[str, Any]:
    counts = {"n_speakers": int(own.sum()), "n_speakers_reference": int((~own).sum()), "wrong": wrong}
    if min(counts["n_speakers"], counts["n_speakers_reference"]) < LEAST_SIDE:
        return {**counts, "moved": 0, "exact": True, "reason": "fewer than 2 speakers on a side: no comparison"}
    table = products(errors, words)
    side = np.stack([table[own].sum(axis=0), table[~own].sum(axis=0)])
    moves = np.where(own[:, None], -table, table)  # what the group gains by each speaker's move
    allowed = math.floor(wrong * len(own) + 1e-9)
    gap = _gaps(side, moves, np.zeros((1, 0), dtype=np.int64))[0]
    low, high, exact = _extremes(side, moves, allowed) if allowed else (gap, gap, True)
    p = _p_value(errors, words, own)
    tipping, certain = _tipping(errors, words, own, side, moves) if p < ALPHA else (None, True)
    reason = [
        "" if allowed else f"{wrong:.0%} of {len(own)} speakers is less than one: nobody is moved",
        "" if exact else "found one speaker at a time: the extremes may lie further out",
        f"moving {tipping} of {len(own)} speakers removes this gap" if tipping is not None else "",
        "" if certain else "perhaps fewer, found one speaker at a time",
    ]
    return {
        **counts, "moved": allowed, "difference": gap, "lowest": low, "highest": high, "exact": exact, "p_value": p,
        "tipping_point": tipping, "reason": joined(reason),
    }  # fmt: skip


def _gaps(side: Floats, moves: Floats, chosen: Whole) -> Floats:
    """Return the gap with each set of speakers moved (sets x members); NaN where fewer than two are left on a side."""
    change = moves[chosen].sum(axis=1)
    own, other = side[0] + change, side[1] - change
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = own[:, 1] / own[:, 2] - other[:, 1] / other[:, 2]
    return np.where((own[:, 0] < LEAST_SIDE) | (other[:, 0] < LEAST_SIDE), np.nan, gaps)


def _sets(n: int, size: int) -> Whole | None:
    """Return all sets of so many of n speakers; None if there are too many."""
    return np.array(list(combinations(range(n), size)), dtype=np.int64) if math.comb(n, size) <= MOST_SETS else None


def _extremes(side: Floats, moves: Floats, allowed: int) -> tuple[float, float, bool]:
    """Return the smallest and largest gap with at most ``allowed`` speakers moved, and whether they are exact."""
    ends = [float(_gaps(side, moves, np.zeros((1, 0), dtype=np.int64))[0])]
    exact = True
    for size in range(1, allowed + 1):
        moved_sets = _sets(len(moves), size)
        if moved_sets is None:
            exact = False
            break
        result = _gaps(side, moves, moved_sets)
        if not np.isnan(result).all():
            ends += [float(np.nanmin(result)), float(np.nanmax(result))]
    if not exact:
        ends += [_greedy(side, moves, allowed, sign) for sign in (-1.0, 1.0)]
    return min(ends), max(ends), exact


def _greedy(side: Floats, moves: Floats, allowed: int, sign: float) -> float:
    moved: list[int] = []
    best = float(_gaps(side, moves, np.zeros((1, 0), dtype=np.int64))[0])
    for _ in range(allowed):
        left = [at for at in range(len(moves)) if at not in moved]
        result = _gaps(side, moves, np.array([[*moved, at] for at in left], dtype=np.int64))
        if np.isnan(result).all() or np.nanmax(sign * result) <= sign * best:
            break
        at = int(np.nanargmax(sign * result))
        moved.append(left[at])
        best = float(result[at])
    return best


def _p_value(errors: Floats, words: Floats, own: NDArray[np.bool_]) -> float:
    groups = np.where(own, "group", "other")
    tests = permutation_tests(
        errors[:, None],
        words[:, None],
        groups,
        ["group"],
        statistic=statistic,
        replicates=LABELLINGS,
        name="sensitivity",
    )
    return float(tests.p_values[0, 0])


def _tipping(
    errors: Floats, words: Floats, own: NDArray[np.bool_], side: Floats, moves: Floats
) -> tuple[int | None, bool]:
    """Return the least number of moved speakers with which nothing is shown, and whether no fewer would do.

    The set with the smallest statistic is tested; where sets are too many, the best set grows by one speaker at a time.
    """
    moved: list[int] = []
    certain = True
    for size in range(1, len(own) // 2 + 1):
        candidates = _sets(len(own), size)
        if candidates is None:
            certain = False
            left = [at for at in range(len(own)) if at not in moved]
            candidates = np.array([[*moved, at] for at in left], dtype=np.int64)
        change = moves[candidates].sum(axis=1)
        parts, rest = side[0] + change, side[1] - change
        possible = (parts[:, 0] >= LEAST_SIDE) & (rest[:, 0] >= LEAST_SIDE)
        if not possible.any():
            return None, certain
        t = np.where(possible, log_ratios(parts, rest, np.ones(len(parts))).statistic, np.inf)
        moved = [int(at) for at in candidates[int(np.argmin(t))]]
        flipped = own.copy()
        flipped[moved] = ~flipped[moved]
        if not _p_value(errors, words, flipped) < ALPHA:
            return size, certain
    return None, certain
