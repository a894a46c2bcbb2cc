"""Propensity matching: to each utterance of the group one of the reference that was as likely to be the group's."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import ScoringError
from workbench.extras import load_package
from workbench.fairness.adjusted.covariates import Design, design, with_covariates
from workbench.fairness.adjusted.estimate import Estimate
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.counts.sides import REST, Floats, Mask, Sides, Whole, comparisons
from workbench.fairness.inference.intervals import NAN, difference, ratio
from workbench.schema import BALANCE

CALIPER = 0.2
"""Of the standard deviation of the logit: Austin 2011, Pharmaceutical Statistics 10: 150-161."""
LEVEL_OF_CONCERN, LARGE = 0.1, 0.25
"""Standardised mean differences above which sides count as unlike: Austin 2009; Stuart 2010."""
APART = "these covariates tell the sides apart completely: nothing is comparable"


class Matching(NamedTuple):
    """Pairs of rows, of the group and of the reference, and what the match was made on.

    ``kept``: rows that have every covariate; ``logit`` of the kept rows; ``reason`` why there are no pairs.
    """

    group: Whole
    reference: Whole
    columns: Design
    logit: Floats
    reason: str = ""


def match(sides: Sides, covariates: Sequence[str], *, caliper: float = CALIPER) -> Matching:
    """Return 1:1 nearest neighbours on the logit of the propensity, without replacement.

    Logistic regression (ridge, C = 1 on standardised columns, so that it stays finite where a level occurs on one side
    only). Utterances of the group choose in order of falling logit, the hardest to match first; ties go by place in the
    table; no pair is farther apart than ``caliper`` pooled standard deviations of the logit. The same rows give the same
    pairs.

    Source: Rosenbaum & Rubin 1985; caliper: Austin 2011. scikit-learn takes over a second to import, so it is imported here.
    """
    LogisticRegression = load_package("sklearn.linear_model").LogisticRegression  # noqa: N806

    columns = design(sides.rows, covariates)
    nobody: Whole = np.zeros(0, dtype=np.int64)
    place = np.flatnonzero(columns.kept)
    side = sides.in_group[columns.kept]
    if not (side.any() and (~side).any()):
        return Matching(nobody, nobody, columns, np.zeros(len(side)), "no utterance with all covariates on one side")
    if not columns.names:
        return Matching(nobody, nobody, columns, np.zeros(len(side)), "no covariate varies here")
    scaled = columns.matrix / columns.matrix.std(axis=0)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaled, side)
    logit = np.asarray(model.decision_function(scaled), dtype=np.float64)
    if logit[side].min() > logit[~side].max():
        return Matching(nobody, nobody, columns, logit, APART)
    width = caliper * np.sqrt((_variance(logit[side]) + _variance(logit[~side])) / 2)
    group, reference = _pairs(logit, side, width)
    reason = "" if len(group) else "no two utterances are near enough"
    return Matching(place[group], place[reference], columns, logit, reason)


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def _pairs(logit: Floats, side: Mask, width: float) -> tuple[Whole, Whole]:
    """Return places of matched rows: greedy, nearest first come, first served."""
    ours, theirs = np.flatnonzero(side), np.flatnonzero(~side)
    theirs = theirs[np.argsort(logit[theirs], kind="stable")]
    values = logit[theirs].tolist()
    n = len(values)
    up, down = list(range(n + 1)), list(range(n + 1))  # next free place upwards; downwards, shifted by one

    def free(links: list[int], at: int) -> int:
        root = at
        while links[root] != root:
            root = links[root]
        while links[at] != root:
            links[at], at = root, links[at]
        return root

    results: list[tuple[int, int]] = []
    for item in ours[np.argsort(-logit[ours], kind="stable")]:
        at = bisect_left(values, logit[item])
        above, below = free(up, at), free(down, at) - 1
        far_above = values[above] - logit[item] if above < n else np.inf
        far_below = logit[item] - values[below] if below >= 0 else np.inf
        if min(far_above, far_below) > width + 1e-12:
            continue
        taken = above if far_above <= far_below else below
        up[taken], down[taken + 1] = taken + 1, taken
        results.append((int(item), int(theirs[taken])))
    pairs = np.array(results, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def propensity_matched(sides: Sides, covariates: Sequence[str], *, caliper: float = CALIPER) -> Estimate:
    """Return gap and ratio over the matched utterances, clustered on speaker as the raw gap is.

    That a pair resembles each other is not used, which makes the interval, if anything, too wide.
    """
    result = match(sides, covariates, caliper=caliper)
    if result.reason:
        return Estimate(coverage=0.0, reason=result.reason)
    kept = np.zeros(len(sides.rows), dtype=bool)
    kept[result.group] = kept[result.reference] = True
    part = sides.only(kept)
    errors, words, people = part.per_speaker(part.errors), part.per_speaker(part.words), part.people
    group, reference = (
        SixSums.of(errors[side].astype(int).tolist(), words[side].astype(int).tolist()) for side in (people, ~people)
    )
    gap = difference(group, reference)
    quotient, quotient_interval = ratio(group, reference)
    n_group = int(sides.in_group.sum())
    few = min(group.n_speakers, reference.n_speakers) < 2
    return Estimate(
        gap.estimate,
        gap.interval,
        quotient,
        quotient_interval,
        gap.p_value,
        group.n_speakers,
        reference.n_speakers,
        sides.coverage(kept),
        joined(
            [
                f"{len(result.group)} of the group's {n_group} utterances have a match"
                if len(result.group) < n_group
                else "",
                "fewer than 2 speakers on a side: no interval" if few else "",
            ]
        ),
    )


def balance(
    scores: pd.DataFrame, attribute: str, covariates: Sequence[str], *, reference: str = REST, caliper: float = CALIPER
) -> pd.DataFrame:
    """Return BALANCE: how far the sides differ in each covariate, before and after matching.

    Standardised mean difference: (mean of the group - mean of the reference) / sqrt of the mean of their variances before
    matching, the same divisor after it. A level counts as 0 or 1.

    Raises
    ------
    ScoringError : as ``gaps``; an unknown covariate

    Source: Stuart 2010, Statistical Science 25: 1-21.
    """
    ready = with_covariates(scores, covariates)
    rows: list[dict[str, object]] = []
    for item in comparisons(ready, attribute, reference):
        fixed = {**item._asdict(), "attribute": attribute}
        try:
            result = match(item.sides, covariates, caliper=caliper)
        except ScoringError as error:
            rows.append({**fixed, "covariate": ", ".join(covariates), "n_pairs": 0, "reason": error.what})
            continue
        rows += [{**fixed, **row} for row in _balance_rows(item.sides, result)]
    return typed([{**dict.fromkeys(_FIGURES, NAN), **row} for row in rows], BALANCE, BALANCE.column_names)


_FIGURES = ("mean_group", "mean_reference", "smd_before", "smd_after")


def _balance_rows(sides: Sides, found: Matching) -> list[dict[str, object]]:
    """Return one row per column of the design; differences that have no divisor are missing."""
    columns = found.columns
    side = sides.in_group[columns.kept]
    inside = {int(row): at for at, row in enumerate(np.flatnonzero(columns.kept))}
    pairs = [[inside[int(row)] for row in members] for members in (found.group, found.reference)]
    rows: list[dict[str, object]] = []
    for name, column in zip(columns.names, columns.matrix.T, strict=True):
        ours, theirs = column[side], column[~side]
        if not (len(ours) and len(theirs)):
            rows.append({"covariate": name, "n_pairs": 0, "reason": found.reason})
            continue
        divisor = np.sqrt((_variance(ours) + _variance(theirs)) / 2)
        after = column[pairs[0]].mean() - column[pairs[1]].mean() if pairs[0] else NAN
        rows.append(
            {
                "covariate": name,
                "mean_group": float(ours.mean()),
                "mean_reference": float(theirs.mean()),
                "smd_before": float((ours.mean() - theirs.mean()) / divisor) if divisor > 0 else NAN,
                "smd_after": float(after / divisor) if divisor > 0 else NAN,
                "n_pairs": len(pairs[0]),
                "reason": joined(
                    [found.reason, "" if divisor > 0 else "constant on each side: no difference in its units"]
                ),
            }
        )
    return rows or [{"covariate": ", ".join(columns.constant), "n_pairs": 0, "reason": found.reason}]
