"""Dose-response: how fast each group's rate rises with the severity or the level of a condition, and whose rises faster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.changes.doses import Doses, Over, doses
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.contrasts import Crowd, contrast, single
from workbench.fairness.inference.grid_permutation import (
    REPLICATES,
    Floats,
    Tally,
    relabelled_sums,
    studentised,
    sums_of,
)
from workbench.fairness.inference.intervals import NAN, TAIL, shown_interval, t_quantile
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import CLEAN, DOSE_RESPONSE, DOSE_SLOPES


def dose_response(scores: pd.DataFrame, attribute: str, *, over: Over = "severity", clean: str = CLEAN) -> pd.DataFrame:
    """Return DOSE_RESPONSE: the pooled rate of each group at every dose of a series, over the same utterances.

    Parameters
    ----------
    scores : SCORES
    over : ``severity`` (clean is 0) or ``level``, the leading parameter in its unit

    Raises
    ------
    ScoringError : as ``doses``

    Source: ``rates``, over the utterances that every dose has.
    """
    rows: list[dict[str, object]] = []
    for item in doses(scores, attribute, over=over, clean=clean):
        for group in np.unique(item.groups):
            members = (item.groups == group) & (item.words > 0)
            words = item.words[members]
            for at, condition in enumerate(item.condition_ids):
                cell = SixSums.of(item.errors[members, at].tolist(), words.tolist())
                interval = shown_interval(cell)
                rows.append(
                    {
                        "model_id": item.model_id,
                        "series": item.series,
                        "over": item.over,
                        "attribute": attribute,
                        "group": str(group),
                        "condition_id": condition,
                        "dose": item.dose[at],
                        "n_speakers": cell.n_speakers,
                        "ref_words": cell.words,
                        "errors": cell.errors,
                        "rate": cell.rate,
                        "ci_low": interval.low,
                        "ci_high": interval.high,
                        "reason": _few(cell.n_speakers, str(group)),
                    }
                )
    return typed(rows, DOSE_RESPONSE, DOSE_RESPONSE.column_names)


def dose_slopes(
    scores: pd.DataFrame,
    attribute: str,
    *,
    over: Over = "severity",
    clean: str = CLEAN,
    reference: str = REST,
    permutations: int = REPLICATES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return DOSE_SLOPES: the rise of each group's rate per dose, against the reference.

    The slope is the least squares line through the pooled rates W_j at doses x_j, b = sum_j c_j W_j with
    c_j = (x_j - mean x) / sum (x - mean x)^2. The words N_s of a speaker are the same at every dose, so that
    b = sum(B_s) / sum(N_s) with B_s = sum_j c_j E_sj: a pooled rate with B in place of E, and so is its variance,
    clustered on speaker. A straight line is a summary: look at the rates.

    Parameters
    ----------
    scores, over : as for ``dose_response``
    reference : a group, or ``rest``: all other speakers pooled
    permutations, seed : labellings of the studentised permutation test (``relabelling``)

    Returns
    -------
    ``monotone``: ``yes`` if from dose to dose the rate moves the way of the slope, or where it turns back, and whether
    that may be chance (t over speakers, 5 % over all steps).

    Raises
    ------
    ScoringError : as ``doses``; no such reference group; no permutations

    Source: ratio estimators, Cochran 1977 ch. 6; Chung & Romano 2013 (studentised permutation).
    """
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations test nothing", remedy=f"{REPLICATES} are usual")
    result = doses(scores, attribute, over=over, clean=clean)
    rows: list[dict[str, object]] = []
    for model in dict.fromkeys(item.model_id for item in result):
        own = [item for item in result if item.model_id == model]
        rng = generator("dose_slopes", attribute, model, seed=seed)
        rows += _of_model(own, attribute, reference, permutations, rng)
    return typed(rows, DOSE_SLOPES, DOSE_SLOPES.column_names)


@dataclass(frozen=True, slots=True)
class _Line:
    """The slope of some speakers: estimate, variance, and how many there are."""

    slope: float = NAN
    variance: float = NAN
    crowd: Crowd = Crowd(0, NAN)  # noqa: RUF009 - a tuple

    @classmethod
    def of(cls, found: Doses, members: NDArray[np.bool_]) -> _Line:
        members = members & (found.words > 0)
        n, b = found.words[members].astype(np.float64), _rises(found)[members]
        g, total = len(n), n.sum()
        if not g:
            return cls()
        slope = float(b.sum() / total)
        spread = float(((b - slope * n) ** 2).sum())
        crowd = Crowd(g, float(total**2 / (n * n).sum()))
        if g < 2:
            return cls(slope, NAN, crowd)
        errors = found.errors[members].sum(axis=0)
        if spread <= 1e-12 * float((b * b).sum()):  # every speaker alike: errors as independent, or nothing to go by
            independent = float((_weights(found.dose) ** 2 * errors).sum() / total**2)
            return cls(slope, independent or NAN, crowd)
        return cls(slope, spread * g / (g - 1) / float(total) ** 2, crowd)


def _weights(dose: Floats) -> Floats:
    apart = dose - dose.mean()
    return np.asarray(apart / (apart**2).sum())


def _rises(found: Doses) -> Floats:
    """Return B_s, each speaker's errors weighted by the doses."""
    return np.asarray(found.errors @ _weights(found.dose))


def _of_model(
    found: Sequence[Doses], attribute: str, reference: str, permutations: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    groups = [str(name) for name in np.unique(found[0].groups)]
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    compared = [group for group in groups if group != reference or reference == REST]
    if not compared:
        return []
    p_values = _p_values(found, compared, reference, permutations, rng)
    rows: list[dict[str, object]] = []
    tested: list[float] = []
    for place, item in enumerate(found):
        for at, group in enumerate(compared):
            members = item.groups == group
            others = ~members if reference == REST else item.groups == reference
            own, other = _Line.of(item, members), _Line.of(item, others)
            gap = contrast(own.slope - other.slope, own.variance, own.crowd, other.variance, other.crowd)
            alone = single(own.slope, own.variance, own.crowd)
            few = [(own, group), (other, "the rest" if reference == REST else reference)]
            enough = min(own.crowd.n_speakers, other.crowd.n_speakers) >= ENOUGH_SPEAKERS
            tested.append(float(np.maximum(p_values[at, place], gap.p_value)) if enough else NAN)
            left_out = int(item.left_out[members].sum())
            rows.append(
                {
                    "model_id": item.model_id,
                    "series": item.series,
                    "over": item.over,
                    "attribute": attribute,
                    "group": group,
                    "reference_group": reference,
                    "n_doses": len(item.dose),
                    "n_speakers": own.crowd.n_speakers,
                    "n_speakers_reference": other.crowd.n_speakers,
                    "n_left_out": left_out,
                    "slope": own.slope,
                    "slope_low": alone.low,
                    "slope_high": alone.high,
                    "reference_slope": other.slope,
                    "difference": gap.estimate,
                    "ci_low": gap.interval.low,
                    "ci_high": gap.interval.high,
                    "p_value": p_values[at, place],
                    "monotone": _monotone(item, members, own.slope),
                    "reason": joined(
                        [
                            *(_few(line.crowd.n_speakers, name) for line, name in few),
                            f"{left_out} utterances not scored at every dose left out" if left_out else "",
                        ]
                    ),
                }
            )
    mirrored = reference == REST and len(groups) == 2
    family = [NAN if mirrored and at % 2 else p for at, p in enumerate(tested)]
    adjusted = holm(family)
    for at, row in enumerate(rows):
        row["p_adjusted"] = adjusted[at - 1] if mirrored and at % 2 else adjusted[at]
    return rows


def _p_values(
    found: Sequence[Doses], compared: Sequence[str], reference: str, permutations: int, rng: np.random.Generator
) -> Floats:
    """Return p (compared groups x series); all series see the same labellings."""
    names, codes = np.unique(found[0].groups, return_inverse=True)
    rows = [int(np.flatnonzero(names == group)[0]) for group in compared]
    other = None if reference == REST else int(np.flatnonzero(names == reference)[0])
    columns = []
    for item in found:
        n, b = item.words.astype(np.float64), _rises(item)
        columns += [(n > 0).astype(np.float64), n, n * n, b, b * b, b * n]
    values = np.column_stack(columns)
    observed = _statistics(sums_of(values, codes)[None], rows, other).reshape(-1)
    tally = Tally(observed, np.zeros(len(observed), dtype=bool))
    for sums in relabelled_sums(values, codes, replicates=permutations, rng=rng):
        tally.add(_statistics(sums, rows, other).reshape(len(sums), -1))
    return tally.result().p_values.reshape(len(compared), len(found))


def _statistics(sums: Floats, rows: Sequence[int], reference: int | None) -> Floats:
    """Return |t| (labellings x compared x series)."""
    cells = sums.reshape(*sums.shape[:2], -1, 6)
    group = cells[:, rows]
    other = cells.sum(axis=1, keepdims=True) - group if reference is None else cells[:, [reference]]
    return studentised(*_slopes(group), *_slopes(other))


def _slopes(cells: Floats) -> tuple[Floats, Floats]:
    g, n, nn, b, bb, bn = np.moveaxis(cells, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = b / n
        spread = np.maximum(bb - 2 * slope * bn + slope * slope * nn, 0.0)
        variance = spread / (n * n) * (g / (g - 1))
    return slope, np.where(g < 2, np.nan, np.where(spread <= 1e-12 * bb, 0.0, variance))


def _monotone(found: Doses, members: NDArray[np.bool_], slope: float) -> str:
    members = members & (found.words > 0)
    n = found.words[members]
    if math.isnan(slope) or not slope:
        return "" if math.isnan(slope) else "yes"
    steps = np.diff(found.errors[members], axis=1)
    way = math.copysign(1, slope)
    back = [at for at in range(steps.shape[1]) if way * steps[:, at].sum() < 0]
    if not back:
        return "yes"
    turned = [f"{found.dose[at + 1]:g}" for at in back]
    beyond = any(_excludes_zero(steps[:, at], n, steps.shape[1]) for at in back)
    return f"turns back at {', '.join(turned)}" + ("" if beyond else " (may be chance)")


def _excludes_zero(step: NDArray[np.int64], words: NDArray[np.int64], n_steps: int) -> bool:
    cell = SixSums.of(step.tolist(), words.tolist())
    if cell.n_speakers < 2 or not cell.variance > 0:
        return False
    return abs(cell.rate) > t_quantile(cell.n_speakers - 1, 1 - TAIL / n_steps) * math.sqrt(cell.variance)


def _few(n_speakers: int, name: str) -> str:
    if n_speakers >= ENOUGH_SPEAKERS:
        return ""
    if not n_speakers:
        return f"{name}: no utterance scored at every dose"
    return (
        f"{name}: 1 speaker, no interval"
        if n_speakers == 1
        else f"{name}: {n_speakers} speakers, fewer than {ENOUGH_SPEAKERS}"
    )
