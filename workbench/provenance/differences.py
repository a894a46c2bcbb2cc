"""How differently two groups were recorded: standardised mean differences, and whether chance could make them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.adjusted.propensity import LARGE
from workbench.fairness.counts.frames import typed
from workbench.fairness.inference.intervals import TAIL, common_df, t_quantile, welch_1947_df
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS
from workbench.provenance.group_summary import SPEAKER, groups_in_order, speaker_means, with_codecs
from workbench.provenance.measure_table import measure
from workbench.schema import AUDIT_DIFFERENCES

Floats = NDArray[np.float64]

REST = "rest"
SHARED = "speakers are in more than one group: the sides are not different people"
CONSTANT = "every speaker of a side has the same value, and the sides differ: no standard deviation to divide by"
NOTHING = "not measured on one of the sides"


class Contrast(NamedTuple):
    """Two samples of speakers' means compared; NaN where it cannot be."""

    difference: float = math.nan
    half_width: float = math.nan
    smd: float = math.nan
    p_value: float = math.nan


def contrast(group: Floats, reference: Floats) -> Contrast:
    """Return the difference of the means, half its 95 % interval, its SMD, and a two-sided p.

    SMD: the difference over sqrt of the mean of both variances (as ``balance``). Interval and p by t, with the smaller of
    Welch's and the common degrees of freedom (as ``gaps``). Where nobody varies within a side: SMD 0 and no p if
    the sides are equal, infinite if not, and p by permutation: of all ways to choose the group's speakers, those that part them so.

    Source: Austin 2009, Statistics in Medicine 28: 3083-3107; Welch 1947, Biometrika 34: 28-35.
    """
    n, m = len(group), len(reference)
    if not (n and m):
        return Contrast()
    difference = float(group.mean() - reference.mean())
    if min(n, m) < 2:
        return Contrast(difference)
    v, w = float(group.var(ddof=1)), float(reference.var(ddof=1))
    if v + w <= 1e-18 * (1.0 + difference**2):
        if abs(difference) <= 1e-9 * (1.0 + abs(float(reference.mean()))):
            return Contrast(0.0, 0.0, 0.0)
        return Contrast(difference, math.nan, math.copysign(math.inf, difference), (1 + (n == m)) / math.comb(n + m, n))
    from scipy.special import stdtr

    of_group, of_reference = v / n, w / m
    error = math.sqrt(of_group + of_reference)
    df = max(1.0, min(welch_1947_df(of_group, n, of_reference, m), common_df(n, m)))
    p = 2.0 * float(stdtr(df, -abs(difference) / error))
    return Contrast(difference, t_quantile(df, 1 - TAIL) * error, difference / math.sqrt((v + w) / 2.0), min(1.0, p))


def audit_differences(utterances: pd.DataFrame, attribute: str, *, reference: str = REST) -> pd.DataFrame:
    """Return AUDIT_DIFFERENCES: each group of ``attribute`` against everybody else (``rest``) or against one group.

    The verdicts: DIFFERENT, an SMD above .25 on at least 5 speakers a side that chance does not explain (Holm over all
    groups and measures); MAY BE CHANCE, above .25 but not beyond chance; WITHIN 0.25; TOO FEW SPEAKERS, fewer than 5 on a
    side; NOT MEASURED. An SMD above .25 is an imbalance of this material whatever its p: it can make a gap here.

    Raises
    ------
    ScoringError : a reference that is no group

    Source: Stuart 2010, Statistical Science 25: 1-21 (.25); Holm 1979.
    """
    groups = groups_in_order(utterances, attribute)
    if reference != REST and reference not in groups:
        raise ScoringError(
            f"{attribute} has no group {reference!r}", place="audit", remedy=choices(reference, [REST, *groups])
        )
    shared = bool(utterances.drop_duplicates([*SPEAKER, attribute]).duplicated(SPEAKER).any())
    frame, names = with_codecs(utterances)
    means_of = {name: speaker_means(frame, attribute, name) for name in names}
    rows = []
    for group in [item for item in groups if item != reference]:
        for name, means in means_of.items():
            ours = means.get(group, np.zeros(0))
            others = [reference] if reference != REST else [item for item in means if item != group]
            theirs = np.concatenate([np.zeros(0), *(means[other] for other in others if other in means)])
            rows.append(
                _row(name, ours, theirs, shared)
                | {"attribute": attribute, "group": group, "reference_group": reference}
            )
    _adjust(rows, mirrored=reference == REST and len(groups) == 2)
    return typed(rows, AUDIT_DIFFERENCES, AUDIT_DIFFERENCES.column_names)


def _row(name: str, ours: Floats, theirs: Floats, shared: bool) -> dict[str, Any]:
    result = Contrast() if shared else contrast(ours, theirs)
    entry = measure(name)
    return {
        "measure": name,
        "unit": entry.unit,
        "kind": entry.kind,
        "n_speakers": len(ours),
        "n_speakers_reference": len(theirs),
        "mean_group": float(ours.mean()) if len(ours) else math.nan,
        "mean_reference": float(theirs.mean()) if len(theirs) else math.nan,
        "difference": result.difference,
        "ci_low": result.difference - result.half_width,
        "ci_high": result.difference + result.half_width,
        "smd": result.smd,
        "p_value": result.p_value,
        "reason": _reason(result, ours, theirs, shared),
    }


def _reason(found: Contrast, ours: Floats, theirs: Floats, shared: bool) -> str:
    if not (len(ours) and len(theirs)):
        return NOTHING
    if shared:
        return SHARED
    few = min(len(ours), len(theirs))
    if few < ENOUGH_SPEAKERS:
        return "one speaker on a side: nothing to compare it with" if few == 1 else f"{few} speakers on a side"
    return CONSTANT if math.isinf(found.smd) else ""


def _adjust(rows: list[dict[str, Any]], *, mirrored: bool) -> None:
    """Add adjusted p-values and verdicts. Only sides of enough speakers are in the family: of others nothing is claimed.

    ``mirrored``: two groups, each the other's rest; the second half of the rows is the first again, and counts once.
    """
    enough = [min(row["n_speakers"], row["n_speakers_reference"]) >= ENOUGH_SPEAKERS for row in rows]
    family = [row["p_value"] if ready else math.nan for row, ready in zip(rows, enough, strict=True)]
    adjusted = 2 * holm(family[: len(rows) // 2]) if mirrored else holm(family)
    for row, ready, p_adjusted in zip(rows, enough, adjusted, strict=True):
        row["p_adjusted"] = p_adjusted
        row["verdict"] = _verdict(row["reason"], ready, row["smd"], p_adjusted)


def _verdict(reason: str, enough: bool, smd: float, p_adjusted: float) -> str:
    if reason in (NOTHING, SHARED):
        return "NOT MEASURED"
    if not enough:
        return "TOO FEW SPEAKERS"
    if abs(smd) <= LARGE:
        return "WITHIN 0.25"
    return "DIFFERENT" if p_adjusted < ALPHA else "MAY BE CHANCE"
