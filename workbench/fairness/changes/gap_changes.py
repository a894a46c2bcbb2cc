"""Does a condition widen the gap? The change of each group against the rest or a chosen group, on three scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.changes.change_tests import Asked, change_tests
from workbench.fairness.counts.clean_pairs import Floats, PairedSpeakers, paired_speakers
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.contrasts import Crowd, contrast, single
from workbench.fairness.inference.grid_permutation import REPLICATES, GridTests
from workbench.fairness.inference.intervals import NAN, Difference
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.paired import Change, gap_change
from workbench.fairness.inference.paired_sums import PairedSums, jackknife_log_variance
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS, refuse_margin, saturated
from workbench.schema import CLEAN
from workbench.schema.change_tables import GAP_CHANGES

STATISTICS_BYTES = 1 << 28
"""About how much memory the statistics under permuted labels may take."""


def gap_changes(
    scores: pd.DataFrame,
    attribute: str,
    *,
    clean: str = CLEAN,
    reference: str = REST,
    margin: float | None = None,
    permutations: int = REPLICATES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return GAP_CHANGES: for every model x condition, how much more each group loses than the reference.

    Only utterances that one model was scored on both clean and under the condition enter, so that N_s, the words of
    speaker s, is the same on both sides. With D_s = E_sc - E_s0 the degradation of a group is sum(D) / sum(N), and

    - ``change`` = degradation of the group - degradation of the reference (additive difference in differences), its
      standard error that of a pooled rate with D in place of E, t interval;
    - ``log_change`` = ln(W_c / W_0) of the group - that of the reference, interval by speaker jackknife;
    - ``hits_change``, the same of the words still right, ln((1 - W_c) / (1 - W_0)), only if all rates are below 1.

    A gap may grow in points and shrink as a ratio: 5 -> 15 % and 20 -> 34 % is +4 points and -0.57 on the log scale.
    ``p_familywise`` is the larger of two: permutation of the largest |t|, and Holm's of t with conservative degrees of
    freedom, without which small groups of very uneven speakers would raise alarms (``bench.calibration_grid``);
    ``p_adjusted`` is Holm's of the larger of both p.
    ``answer`` says on which scales it is shown to widen: p_familywise below 5 % and a change above 0; ``narrows`` if
    it is shown to shrink and on no scale to widen. Gaps have a sign, group minus reference: a group that does better
    than the reference, and whose advantage shrinks, "widens" in this sense.

    Parameters
    ----------
    scores : SCORES, or a frame with its key, speaker_id, errors and ref_words
    attribute : the column whose groups are compared; ``not stated`` is a group
    clean : the condition that the others are compared with
    reference : a group, or ``rest``: all other speakers pooled
    margin : changes within +-margin (90 % interval) count as none, whatever their p
    permutations, seed : labellings of the permutation tests; p_familywise is over all groups of 5 speakers or more (on
        both sides), conditions and both scales of one model

    Raises
    ------
    ScoringError : as ``paired_speakers``; no such reference group; a margin outside 0 to 100 points; no permutations

    Source: difference in differences of ratio estimators, Cochran 1977 ch. 6; jackknife, Efron & Stein 1981; tests:
    ``change_tests``.
    """
    result = gap_changes_against(
        scores, attribute, [reference], clean=clean, margin=margin, permutations=permutations, seed=seed
    )
    return result[reference]


def gap_changes_against(
    scores: pd.DataFrame,
    attribute: str,
    references: Sequence[str],
    *,
    clean: str = CLEAN,
    margin: float | None = None,
    permutations: int = REPLICATES,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return :func:`gap_changes` against each of several references; the labellings are drawn and added up once for all.

    Raises
    ------
    ScoringError : as :func:`gap_changes`

    Source: as :func:`gap_changes`.
    """
    refuse_margin(margin)
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations test nothing", remedy=f"{REPLICATES} are usual")
    rows: dict[str, list[dict[str, object]]] = {reference: [] for reference in references}
    for paired in paired_speakers(scores, attribute, clean=clean):
        if not paired.conditions:
            continue
        for some in _together(list(rows), paired, permutations):
            rng = generator("gap_changes", attribute, paired.model_id, seed=seed)
            for reference, result in changes_against(paired, attribute, some, margin, permutations, rng).items():
                rows[reference] += result
    return {name: typed(result, GAP_CHANGES, GAP_CHANGES.column_names) for name, result in rows.items()}


def _together(references: Sequence[str], paired: PairedSpeakers, permutations: int) -> list[Sequence[str]]:
    """Return the references in parts whose statistics fit in memory together."""
    each = 2 * 4 * permutations * len(np.unique(paired.groups)) * len(paired.conditions)
    step = max(1, STATISTICS_BYTES // each)
    return [references[start : start + step] for start in range(0, len(references), step)]


def widens(answer: str) -> bool:
    """Return whether an answer says that the gap grows, on one scale or both."""
    return answer in ("both scales", "additive only", "relative only")


@dataclass(frozen=True, slots=True)
class _Side:
    """Group or reference in one cell: its ten sums, the jackknife variance of its log change, its stopping factor."""

    sums: PairedSums
    log_variance: float
    change: Change
    factor: float
    missed: float
    """Share of reference words wrong or missing under the condition; NaN without words."""

    @classmethod
    def of(cls, paired: PairedSpeakers, members: NDArray[np.bool_], column: int) -> _Side:
        arrays = [item[members, column] for item in (paired.clean, paired.errors, paired.words)]
        sums = PairedSums.of(*arrays)
        missed = paired.missed[members, column].sum() / sums.words if sums.words else NAN
        factor = paired.factor(members, column)
        change = Change(replace(sums.change, factor=factor), int(paired.squares[members, column].sum()))
        return cls(sums, jackknife_log_variance(*arrays), change, factor, missed)

    @property
    def crowd(self) -> Crowd:
        words_squared = self.sums.words_squared
        effective = self.sums.words**2 / words_squared if words_squared else NAN
        return Crowd(self.sums.n_speakers, effective, self.factor)

    @property
    def clean_rate(self) -> float:
        return self.sums.clean / self.sums.words if self.sums.words else NAN

    @property
    def rate(self) -> float:
        return self.sums.errors / self.sums.words if self.sums.words else NAN


@dataclass(frozen=True, slots=True)
class _Cell:
    """One group under one condition: both sides, and their difference on the three scales."""

    own: _Side
    other: _Side
    additive: Difference
    relative: Difference
    hits: Difference

    @classmethod
    def of(cls, own: _Side, other: _Side) -> _Cell:
        a, b = own.sums, other.sums
        return cls(
            own,
            other,
            gap_change(own.change, other.change),
            contrast(a.log_change - b.log_change, own.log_variance, own.crowd, other.log_variance, other.crowd),
            contrast(a.hits_change - b.hits_change, a.hits_variance, own.crowd, b.hits_variance, other.crowd),
        )

    @property
    def enough(self) -> bool:
        return min(self.own.sums.n_speakers, self.other.sums.n_speakers) >= ENOUGH_SPEAKERS


def changes_against(
    paired: PairedSpeakers,
    attribute: str,
    references: Sequence[str],
    margin: float | None,
    permutations: int,
    rng: np.random.Generator,
) -> dict[str, list[dict[str, object]]]:
    """Return the rows of GAP_CHANGES of one model against each reference."""
    groups = [str(name) for name in np.unique(paired.groups)]
    unknown = [reference for reference in references if reference != REST and reference not in groups]
    if unknown:
        raise ScoringError(f"no group {unknown[0]!r} in {attribute!r}", remedy=choices(unknown[0], groups))
    masks = {group: paired.groups == group for group in groups}
    columns = range(len(paired.conditions))
    own = {group: [_Side.of(paired, masks[group], column) for column in columns] for group in groups}
    grids = [grid for item in references if (grid := _Grid.of(paired, masks, own, item)).compared]
    asked = [Asked(grid.compared, None if grid.reference == REST else grid.reference, grid.enough) for grid in grids]
    tests = change_tests(paired, asked, replicates=permutations, rng=rng) if asked else []
    rows = {reference: list[dict[str, object]]() for reference in references}
    for grid, result in zip(grids, tests, strict=True):
        rows[grid.reference] = _rows(paired, attribute, grid, result, margin)
    return rows


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells of every compared group under every condition against one reference."""

    reference: str
    compared: list[str]
    masks: Mapping[str, NDArray[np.bool_]]
    cells: list[list[_Cell]]

    @classmethod
    def of(
        cls,
        paired: PairedSpeakers,
        masks: Mapping[str, NDArray[np.bool_]],
        own: Mapping[str, list[_Side]],
        reference: str,
    ) -> _Grid:
        compared = [group for group in masks if group != reference or reference == REST]
        columns = range(len(paired.conditions))

        def others(group: str) -> list[_Side]:
            if reference != REST:
                return own[reference]
            return [_Side.of(paired, ~masks[group], column) for column in columns]

        cells = [[_Cell.of(*sides) for sides in zip(own[group], others(group), strict=True)] for group in compared]
        return cls(reference, compared, masks, cells)

    @property
    def enough(self) -> NDArray[np.bool_]:
        return np.array([[cell.enough for cell in row] for row in self.cells])


def _rows(
    paired: PairedSpeakers, attribute: str, grid: _Grid, tests: GridTests, margin: float | None
) -> list[dict[str, object]]:
    """Return the rows of GAP_CHANGES of one model against one reference."""
    enough, cells, masks = grid.enough, grid.cells, grid.masks
    mirrored = grid.reference == REST and len(masks) == 2
    by_t = np.array([[[cell.additive.p_value, cell.relative.p_value] for cell in row] for row in cells])
    adjusted = _adjusted(np.maximum(tests.p_values, by_t)[:, :, 0], enough, mirrored=mirrored)
    familywise = np.maximum(tests.p_familywise, _adjusted(by_t, enough[:, :, None], mirrored=mirrored))
    rows = []
    for column, condition in enumerate(paired.conditions):
        for at, group in enumerate(grid.compared):
            fixed = {
                "model_id": paired.model_id,
                "condition_id": condition,
                "attribute": attribute,
                "group": group,
                "reference_group": grid.reference,
                "p_adjusted": adjusted[at, column],
                "n_pairs": paired.n_pairs[masks[group], column].sum(),
                "n_failed": paired.n_failed[masks[group], column].sum(),
                "n_unpaired": paired.n_unpaired[masks[group], column].sum(),
                "n_empty_references": paired.n_empty[masks[group], column].sum(),
            }
            p = (tests.p_values[at, column], familywise[at, column])
            rows.append(fixed | _row(cells[at][column], fixed, p, margin))
    return rows


def _adjusted(p_values: Floats, enough: NDArray[np.bool_], *, mirrored: bool) -> Floats:
    """Return Holm's p over the grid; two groups, each against the other, are one comparison."""
    used = np.where(enough, p_values, np.nan)
    once = used[:1] if mirrored else used
    return np.array(holm(once.reshape(-1).tolist())).reshape(once.shape).repeat(2 if mirrored else 1, axis=0)


def _row(cell: _Cell, fixed: dict[str, object], p: tuple[Floats, Floats], margin: float | None) -> dict[str, object]:
    own, other, additive, relative, hits = cell.own, cell.other, cell.additive, cell.relative, cell.hits
    a, b = own.sums, other.sums
    alone = single(a.change.rate, own.change.variance, own.crowd._replace(factor=1.0))
    p_value, p_familywise = p
    figures: dict[str, object] = {
        "n_speakers": a.n_speakers,
        "n_speakers_reference": b.n_speakers,
        "clean_rate": own.clean_rate,
        "rate": own.rate,
        "degradation": a.change.rate,
        "degradation_low": alone.low,
        "degradation_high": alone.high,
        "reference_clean_rate": other.clean_rate,
        "reference_rate": other.rate,
        "reference_degradation": b.change.rate,
        "change": additive.estimate,
        "se": additive.se,
        "ci_low": additive.interval.low,
        "ci_high": additive.interval.high,
        "p_value": p_value[0],
        "p_familywise": p_familywise[0],
        "log_change": relative.estimate,
        "log_low": relative.interval.low,
        "log_high": relative.interval.high,
        "log_p_value": p_value[1],
        "log_p_familywise": p_familywise[1],
        "hits_change": hits.estimate,
        "hits_low": hits.interval.low,
        "hits_high": hits.interval.high,
    }
    shown = [
        int(np.sign(scale.estimate)) if p_scale < ALPHA else 0
        for scale, p_scale in zip((additive, relative), p_familywise, strict=True)
    ]
    answer = _answer(shown[0], shown[1], additive, margin)
    if math.isnan(p_value[0]):
        answer = "not computed"
    elif not cell.enough:
        answer = "too few speakers"
    elif not widens(answer) and any(saturated(side.missed) for side in (own, other)):
        answer = "saturated"  # a ceiling hides a widening and feigns a narrowing; a widening shown can only be larger
    reason = _reason(cell, fixed, shown, answer)
    return figures | {"answer": answer, "reason": reason}


def _answer(additive: int, relative: int, change: Difference, margin: float | None) -> str:
    """Return the four-way answer from what is shown on either scale (-1, 0, 1), or that nothing is."""
    within = margin is not None and -margin < change.interval_90.low and change.interval_90.high < margin
    if within:
        additive = 0
    if additive > 0 or relative > 0:
        return "both scales" if additive > 0 and relative > 0 else "additive only" if additive > 0 else "relative only"
    if additive < 0 or relative < 0:
        return "narrows"
    return "unchanged" if within else "no change shown"


def _reason(cell: _Cell, fixed: dict[str, object], shown: Sequence[int], answer: str) -> str:
    """Return why a figure of this row is missing or weak, and what was left out."""
    own, other, relative, hits = cell.own, cell.other, cell.relative, cell.hits
    sides = [(own.sums, str(fixed["group"])), (other.sums, _called(str(fixed["reference_group"])))]
    left_out = [
        f"{fixed[name]} {quantity} left out"
        for name, quantity in (
            ("n_failed", "failed"),
            ("n_unpaired", "without a partner"),
            ("n_empty_references", "without reference words"),
        )
        if fixed[name]
    ]
    wordless = [f"{name}: no utterance scored both clean and degraded" for side, name in sides if not side.words]
    if wordless:
        return joined([*wordless, *left_out])
    reasons = [
        f"{name}: {side.n_speakers} speaker{'s' * (side.n_speakers > 1)}, "
        + ("no interval" if side.n_speakers == 1 else f"fewer than {ENOUGH_SPEAKERS}")
        for side, name in sides
        if side.n_speakers < ENOUGH_SPEAKERS
    ]
    for side, name in sides:
        if not side.clean and not side.errors:
            reasons.append(
                f"{name}: no errors clean or degraded: the interval is the rule of three's, no relative change"
            )
        elif not side.clean or not side.errors:
            reasons.append(f"{name}: no errors {'clean' if not side.clean else 'degraded'}, no relative change")
        elif side.n_speakers > 1 and side.change.variance == 0:
            reasons.append(f"{name}: every speaker changes equally, the interval takes errors as independent")
    if math.isnan(relative.se) and not math.isnan(relative.estimate) and min(s.n_speakers for s, _ in sides) > 1:
        reasons.append("all errors of a side are one speaker's: no interval of the relative change")
    if math.isnan(hits.estimate):
        reasons.append("a rate of 100 % or more: nothing to say of the words still right")
    full = [
        f"{name}: {side.missed:.0%} of the words wrong or missing"
        for side, (_, name) in zip((own, other), sides, strict=True)
        if saturated(side.missed)
    ]
    if full:
        effect = "hides what happens" if answer == "saturated" else "can only make this change smaller"
        reasons.append(f"{', '.join(full)}: a ceiling {effect}")
    if answer != "saturated" and shown[0] * shown[1] < 0:
        reasons.append("grows in points and shrinks as a ratio" if shown[0] > 0 else "shrinks in points and grows as a ratio")  # fmt: skip
    return joined([*reasons, *left_out])


def _called(reference: str) -> str:
    return "the rest" if reference == REST else reference
