"""Is one system fairer than another over all groups? Spread and worst group of both, on the same speakers.

Three statistics, each group weighing the same, second side minus first:

- **spread of groups**: (variance of the groups' rates - mean of the rates' own variances) / mean^2. What chance adds to the spread is
  taken off, for the system with fewer errors has more of it relative to its rates;
- **worst group / mean**: the highest rate over the mean of the groups; neither changes if all rates are halved;
- **worst group**: the highest rate, in which a system that is better for everybody is fairer too.

The difference has the delete-one-speaker jackknife within groups: a speaker is left out of both sides at once, so that what the
sides share cancels. t with Satterthwaite's degrees of freedom over the groups. Groups under five speakers are left out: their rates
describe their speakers.

Source: Veliche et al. 2024, FairLENS (comparing two systems over all groups); Efron & Stein 1981 (jackknife); Satterthwaite 1946.
How often it errs: docs/calibration.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.fairness.counts.cells import refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.inference.intervals import Difference, tested
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.permutation import linearised, products
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS
from workbench.schema import FAIRNESS_CHECKS

Floats = NDArray[np.float64]
STATISTICS: Sequence[str] = next(item.isin for item in FAIRNESS_CHECKS.columns if item.name == "statistic")
SHOWN = 5


class GroupFairness(NamedTuple):
    """The three statistics of both sides, and their differences."""

    first: Floats
    second: Floats
    differences: list[Difference]


def group_fairness(errors: Floats, words: Floats, groups: NDArray[np.int64]) -> GroupFairness:
    """Return the statistics of two sides and the tests of their differences.

    Parameters
    ----------
    errors : (speakers x 2) of the first and the second side
    words : (speakers) reference words, which both sides share
    groups : (speakers) codes from 0; every group has two speakers or more

    Source: the module's docstring.
    """
    table = products(errors, np.repeat(words[:, None], 2, axis=1))
    sums = np.zeros((int(groups.max()) + 1, *table.shape[1:]))
    np.add.at(sums, groups, table)
    rate, variance = linearised(sums)  # groups x sides
    here = _statistics(rate, variance)
    # All speakers are left out at once: one copy of the groups' figures for each, in which that speaker's group is another.
    speakers = np.arange(len(groups))
    own, spread = (np.repeat(values[:, None], len(groups), axis=1) for values in (rate, variance))
    own[groups, speakers], spread[groups, speakers] = linearised(sums[groups] - table)
    left_out = _statistics(own, spread)
    without = (left_out[..., 1] - left_out[..., 0]).T
    differences = []
    for place, (first, second) in enumerate(here):
        parts = [without[groups == group, place] for group in range(len(sums))]
        of_group = np.array([(len(p) - 1) / len(p) * float(((p - p.mean()) ** 2).sum()) for p in parts])
        total = float(of_group.sum())
        squares = sum(v**2 / (len(p) - 1) for v, p in zip(of_group, parts, strict=True))
        df = max(1.0, total**2 / squares) if squares > 0 else 1.0
        differences.append(
            tested(float(second - first), total, df) if math.isfinite(total) else Difference(float(second - first))
        )
    return GroupFairness(here[:, 0], here[:, 1], differences)


def _statistics(rate: Floats, variance: Floats) -> Floats:
    """Return the statistics (statistics x ... x sides) of rates and variances (groups x ... x sides); NaN where nobody errs."""
    mean = rate.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (rate.var(axis=0, ddof=1) - np.nan_to_num(variance).mean(axis=0)) / mean**2
        return np.stack([spread, rate.max(axis=0) / mean, rate.max(axis=0)])


def fairness_rows(rows: pd.DataFrame, attribute: str) -> list[dict[str, object]]:
    """Return the rows of FAIRNESS_CHECKS of one pair and attribute, without p_adjusted and answer.

    ``rows`` : of ``utterance_pairs.paired_rows``; utterances that are not paired add nothing

    Raises
    ------
    ScoringError : a speaker in two groups
    """
    person = speaker_columns(rows)
    refuse_speakers_in_two_groups(rows, attribute, person)
    kept = rows[rows["pair_state"] == "paired"]
    people = (
        kept.groupby([attribute, *person], sort=True)[["errors_first", "errors_second", "ref_words"]]
        .sum()
        .reset_index()
    )
    people = people[people["ref_words"] > 0]
    sizes = people[attribute].value_counts(sort=False)
    few = sorted(str(name) for name in sizes.index[sizes < ENOUGH_SPEAKERS])
    people = people[~people[attribute].isin(few)]
    names = sorted(map(str, people[attribute].unique()))
    left_out = (
        f"left out, fewer than {ENOUGH_SPEAKERS} speakers: {', '.join(few[:SHOWN])}{' ...' if len(few) > SHOWN else ''}"
        if few
        else ""
    )
    fixed: dict[str, object] = {"attribute": attribute, "n_groups": len(names), "n_speakers": len(people)}
    if len(names) < 2:
        reason = "; ".join(filter(None, (f"fewer than two groups with {ENOUGH_SPEAKERS} speakers", left_out)))
        nothing = {"first": math.nan, "second": math.nan, "worst_first": "", "worst_second": "", "reason": reason}
        return [{**fixed, **nothing, "statistic": name, **_figures(Difference())} for name in STATISTICS]
    errors = people[["errors_first", "errors_second"]].to_numpy(dtype=np.float64)
    result = group_fairness(
        errors,
        people["ref_words"].to_numpy(dtype=np.float64),
        people[attribute].map(names.index).to_numpy(dtype=np.int64),
    )
    totals = people.groupby(attribute)[["errors_first", "errors_second", "ref_words"]].sum()
    worst = {
        f"worst_{side}": str((totals[f"errors_{side}"] / totals["ref_words"]).idxmax()) for side in ("first", "second")
    }
    return [
        {
            **fixed,
            **worst,
            "statistic": name,
            "first": first,
            "second": second,
            **_figures(difference),
            "reason": left_out,
        }
        for name, first, second, difference in zip(
            STATISTICS, result.first, result.second, result.differences, strict=True
        )
    ]


def _figures(difference: Difference) -> dict[str, object]:
    interval = difference.interval
    return {
        "difference": difference.estimate, "ci_low": interval.low, "ci_high": interval.high, "p_value": difference.p_value
    }  # fmt: skip


def answered(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows of one pair with Holm's p and the answer."""
    adjusted = holm([float(str(row["p_value"])) for row in rows])
    return [
        {**row, "p_adjusted": p, "answer": _answer(float(str(row["difference"])), p)}
        for row, p in zip(rows, adjusted, strict=True)
    ]


def _answer(difference: float, p: float) -> str:
    if (
        math.isnan(p) and difference != 0
    ):  # a side without words; systems that do the same to everybody differ in nothing
        return "not computed"
    if not p < ALPHA:
        return "not shown"
    return "fairer" if difference < 0 else "less fair"
