"""Gaps: the rate of each group against the rest or against a chosen group, with intervals, p-values and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import (
    CELL,
    EmptyReferences,
    Method,
    Mode,
    SixSums,
    group_columns,
    refuse_speakers_in_two_groups,
    refuse_unknown,
    share_speakers,
    six_sums,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined, typed, unit_of_scores
from workbench.fairness.group_gaps.clustered_tests import clustered_tests
from workbench.fairness.group_gaps.corpus_overlap import corpora_apart
from workbench.fairness.group_gaps.gap_tests import GapTest, gap_tests
from workbench.fairness.group_gaps.leave_one_out import one_group_of_the_rest
from workbench.fairness.group_gaps.median_reference import MEDIAN, median_group
from workbench.fairness.group_rates.averages import missed_words, of_mode, with_spread
from workbench.fairness.group_rates.prompts import UNIT, prompt_rows
from workbench.fairness.group_rates.rates import few_speakers, no_spread
from workbench.fairness.inference.intervals import (
    POWER,
    Difference,
    Interval,
    difference,
    difference_df,
    ratio,
    t_quantile,
    too_few,
)
from workbench.fairness.inference.log_ratio import RatioInterval, detectable
from workbench.fairness.inference.multiplicity import adjusted
from workbench.fairness.inference.permutation import REPLICATES, least_p
from workbench.fairness.inference.verdicts import doubt, more_speakers, refuse_margin, saturated, verdict
from workbench.schema import GAPS

REST = "rest"
"""The reference that is every other speaker of the same model and condition, pooled."""
COLUMNS = [name for name in GAPS.column_names if not name.startswith("n_clusters")]
"""Where clusters take the place of speakers, ``fairness.clusters.with_clusters`` adds theirs."""
Adjustment = Literal["holm", "bh"]
Shared = Literal["refuse", "covariance"]


def gaps(
    scores: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    margin: float | None = None,
    method: Method = "linearised",
    empty_references: EmptyReferences = "separate",
    mode: Mode = "pooled",
    permutations: int = REPLICATES,
    adjustment: Adjustment = "holm",
    prompt: str = "",
    shared: Shared = "refuse",
) -> pd.DataFrame:
    """Return GAPS: for every model x condition, each group of ``attribute`` against the reference.

    Parameters
    ----------
    scores : as for ``rates``
    attribute : the column whose groups are compared; ``not stated`` is a group
    reference : a group, or ``rest``: all other speakers pooled, which makes no accent the norm (also where a group
        has that very name); ``median``: the group of the median rate, which no outlying group moves
    margin : differences of rates smaller than this count as equal (0.02 is two points); to be fixed before looking
    method, empty_references : as for ``rates``; ``none`` gives estimates without intervals or verdict
    mode : which rate is compared, as for ``rates``
    permutations : random labellings of the permutation test (``fairness.inference.permutation``); fewer where there are fewer
    adjustment : of the p-values. ``holm`` over the groups of one model and condition, the family declared by asking
        for them; ``bh`` (false discovery rate) over all rows, for exploring.

    Returns
    -------
    One row per model, condition and group (the reference group itself has none). ``difference`` is
    W_group - W_reference, ``ratio`` their quotient; ``p_value`` is two-sided, from permuting the speakers' groups under the
    studentised log ratio, and both intervals exclude equality exactly where it is below 5 % (``fairness.inference.log_ratio``).
    ``p_familywise`` is over all groups, conditions and models of the frame together, ``p_adjusted`` as asked for (two groups, each against the other as its
    rest, are one comparison and not adjusted); ``mde`` the gap that this sample would have found with 80 % power;
    ``more_speakers`` how many more on each side would settle an INCONCLUSIVE comparison. ``verdict``: see
    ``fairness.inference.verdicts``; ``reason`` names a group of the rest that a GAP hangs on (``group_gaps.leave_one_out``). Without a margin nothing is EQUIVALENT. It is on its own comparison; ``tentative`` marks those that
    are not firm over the whole family, or rest on fewer than five speakers.

    Raises
    ------
    ScoringError : no such column or reference group; a speaker in two groups (all are named); a margin outside 0 to 100 points; no permutations

    Source: ``inference.log_ratio``, ``inference.permutation``, ``inference.verdicts``, ``group_gaps.gap_tests``; Holm 1979; Benjamini
    & Hochberg 1995.
    """
    refuse_margin(margin)
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations cannot be drawn", remedy=f"the default is {REPLICATES:,}")
    refuse_unknown(adjustment, get_args(Adjustment), "adjustment")
    refuse_unknown(shared, get_args(Shared), "shared")
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    speakers = speaker_sums(scores, named, method=method, empty_references=empty_references, mode=mode)
    if speakers.empty:
        return typed([], GAPS, COLUMNS)
    person = speaker_columns(scores)
    crossing = attribute not in person and method != "none" and share_speakers(speakers, attribute, person)
    if shared == "refuse" and attribute not in person:
        refuse_speakers_in_two_groups(speakers, attribute, person)
    groups = list(speakers[attribute].unique())
    if reference == MEDIAN and MEDIAN not in groups:
        reference = median_group(speakers, attribute)
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    keys = [*CELL, attribute]
    pooled = _families(six_sums(speakers, keys))
    families = pooled if mode == "pooled" else _families(of_mode(speakers, keys, mode))
    missed = _families(missed_words(speakers, keys))
    compared_with = None if reference == REST else reference
    if method == "none":
        tests = {}
    elif prompt or crossing:
        units = speakers.assign(**{UNIT: speakers.groupby(person, sort=True).ngroup()})
        rows_of = prompt_rows(scores, named, prompt, mode=mode) if prompt else units
        tests = clustered_tests(rows_of, attribute, compared_with)
    else:
        tests = gap_tests(speakers, attribute, compared_with, permutations=permutations)
    apart = corpora_apart(speakers, attribute, compared_with)
    rows: list[dict[str, Any]] = []
    for key, cells in families.items():
        fixed = {
            **dict(zip(CELL, key, strict=True)), "attribute": attribute, "reference_group": reference, "mode": mode,
            "unit": unit_of_scores(scores),
        }  # fmt: skip
        of_cell = {group: tests.get((key[0], key[1], group)) for group in cells}
        result = _family(cells, pooled[key], missed[key], of_cell, reference, margin, method)
        for row in result:
            row["reason"] = joined([row["reason"], apart.get((key[0], key[1], row["group"]), "")])
            if prompt or crossing:
                row["more_speakers"] = None  # it takes speakers as independent and texts as given
        if crossing:
            _count_once(
                result, speakers[(speakers[CELL[0]] == key[0]) & (speakers[CELL[1]] == key[1])], attribute, reference
            )
        if adjustment == "holm":
            _adjust(result, "holm")
        rows += [{**fixed, **row} for row in result]
    if adjustment == "bh":
        _adjust(rows, "bh")
    return typed(rows, GAPS, COLUMNS)


def _count_once(rows: Sequence[dict[str, Any]], cell: pd.DataFrame, attribute: str, reference: str) -> None:
    """Count a unit that lies in several groups of the reference once, in place."""
    spoke = cell[cell["ref_words"] > 0]
    person = speaker_columns(spoke)
    for row in rows:
        others = spoke[spoke[attribute] != row["group"]] if reference == REST else spoke[spoke[attribute] == reference]
        row["n_speakers_reference"] = len(others[person].drop_duplicates())


def _families(cells: Mapping[tuple[str, ...], SixSums]) -> dict[tuple[str, ...], dict[str, SixSums]]:
    """Return the cells of every model and condition by group."""
    families: dict[tuple[str, ...], dict[str, SixSums]] = {}
    for key, cell in cells.items():
        families.setdefault(key[:2], {})[key[2]] = cell
    return families


def _sides(cells: Mapping[str, SixSums], everyone: SixSums, group: str, reference: str) -> tuple[SixSums, SixSums]:
    """Return the cell of a group and that of what it is compared with."""
    own = cells[group]
    if reference != REST:
        return own, cells.get(reference, SixSums())
    if isinstance(everyone.errors, int):  # whole numbers subtract exactly, fractions leave their rounding behind
        rest = everyone - own
        if everyone.factor > 1:  # of an adaptive run
            rest = replace(
                rest, factor=max((cell.factor for name, cell in cells.items() if name != group), default=1.0)
            )
        return own, rest
    return own, sum((cell for name, cell in cells.items() if name != group), SixSums())


def _family(
    cells: Mapping[str, SixSums],
    pooled: Mapping[str, SixSums],
    missed: Mapping[str, SixSums],
    tests: Mapping[str, GapTest | None],
    reference: str,
    margin: float | None,
    method: Method,
) -> list[dict[str, Any]]:
    """Return the rows of one model and condition."""
    compared = [group for group in cells if group != reference or reference == REST]  # a group may be called "rest"
    totals = [(of, sum(of.values(), SixSums())) for of in (cells, pooled)]
    mirrored = reference == REST and sum(bool(cell.words) for cell in cells.values()) == 2
    rows: list[dict[str, Any]] = []
    for group in compared:
        sides = [_sides(of, everyone, group, reference) for of, everyone in totals]
        cell, other = (with_spread(sums, words) for sums, words in zip(*sides, strict=True))
        gap, (quotient, _) = difference(cell, other), ratio(cell, other)
        few = too_few(cell) or too_few(other)  # one degree of freedom describes nobody
        test = tests[group] if gap.interval.known and not few else None
        interval = _interval(cell, other, gap, test)
        p = math.nan if test is None else test.p_value
        shares = [item.rate for item in _sides(missed, sum(missed.values(), SixSums()), group, reference)]
        both = (shares[0], shares[1])
        concluded = verdict(interval.points, p_value=p, margin=margin, missed=both, inside=(gap.interval, gap.skewed))
        counts = {"n_speakers": cell.n_speakers, "n_speakers_reference": other.n_speakers}
        p_familywise = math.nan if test is None else test.p_familywise
        why = doubt(concluded, **counts, p_familywise=p_familywise)
        reasons = [_reason(cell, other, both, group, reference, method)]
        if test is not None and not interval.points.known and not math.isnan(p):
            reasons.append(f"too few speakers for an interval: p is {least_p(*counts.values()):.1g} at the least")
        if reference == REST and concluded == "GAP":
            reasons.append(one_group_of_the_rest(cells, group))
        rows.append(
            {
                "group": group,
                **counts,
                "difference": gap.estimate,
                "ci_low": interval.points.low,
                "ci_high": interval.points.high,
                "ratio": quotient,
                "ratio_low": interval.ratio.low,
                "ratio_high": interval.ratio.high,
                "p_value": p,
                "p_adjusted": p,
                "p_familywise": p_familywise,
                "mde": _detectable(cell, other, test),
                "more_speakers": more_speakers(cell, other, margin) if concluded == "INCONCLUSIVE" else None,
                "verdict": concluded,
                "tentative": bool(why),
                "reason": joined([*reasons, f"tentative: {why}" if why else ""]),
                "mirrored": mirrored,
            }
        )
    return rows


def _interval(cell: SixSums, other: SixSums, gap: Difference, test: GapTest | None) -> RatioInterval:
    """Return the intervals of the ratio and of the difference; that of a side without errors holds what was observed."""
    if test is None:
        return RatioInterval()
    result = test.interval
    if (cell.errors and other.errors) or not result.points.known:
        return result
    points = Interval(min(result.points.low, gap.estimate), max(result.points.high, gap.estimate))
    return RatioInterval(Interval(0.0, result.ratio.high) if other.errors else Interval(), points)


def _detectable(cell: SixSums, other: SixSums, test: GapTest | None) -> float:
    """Return the gap above the reference's rate that this sample would have found with 80 % power."""
    if test is None or not (cell.errors and other.errors):
        return math.nan
    a, b = (
        f * float(v) for f, v in zip(test.factors, (test.ratios.variance, test.ratios.variance_reference), strict=True)
    )
    df = difference_df(a, cell, b, other)
    return detectable(test.ratios, test.critical + t_quantile(df, POWER))


def _adjust(rows: Sequence[dict[str, Any]], adjustment: Adjustment) -> None:
    """Adjust the p-values of a family in place."""
    family = [row for row in rows if not row["mirrored"]] if adjustment == "holm" else list(rows)
    for row, p_adjusted in zip(family, adjusted([row["p_value"] for row in family], adjustment), strict=True):
        row["p_adjusted"] = p_adjusted


def _reason(
    cell: SixSums, other: SixSums, missed: tuple[float, float], group: str, reference: str, method: Method
) -> str:
    """Return why a figure of this comparison is missing or weak."""
    sides = [(cell, group), (other, "the rest" if reference == REST else reference)]
    wordless = [f"{name}: no reference words" for side, name in sides if not side.words]
    if wordless:
        return joined([*wordless, "no comparison"])
    if method == "none":
        return "speakers unknown: no interval"
    reasons = [f"{name}: 1 speaker, no interval" for side, name in sides if side.n_speakers == 1]
    if not reasons:
        reasons = [f"{name}: {few_speakers(side)}" for side, name in sides if few_speakers(side)]
        reasons += [f"{name}: {no_spread(side)}" for side, name in sides if no_spread(side)]
        reasons += [
            f"{name}: {share:.0%} of the words wrong or missing, no room"
            for share, (_, name) in zip(missed, sides, strict=True)
            if saturated(share)
        ]
        if not ((cell.errors and other.errors) or too_few(cell) or too_few(other)):
            reasons.append("half an error is added to both sides in the test and the interval; no detectable gap")
    if not other.errors:
        reasons.append("no ratio to a rate of 0")
    return joined(reasons)
