"""Raw, matched and adjusted gaps side by side, so that nobody sees the one without the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.adjusted.covariates import (
    MEDIATORS,
    NOT_A_METRIC,
    Design,
    available_covariates,
    design,
    with_covariates,
)
from workbench.fairness.adjusted.e_value import e_value
from workbench.fairness.adjusted.estimate import Estimate
from workbench.fairness.adjusted.gee import fit_gee
from workbench.fairness.adjusted.matched_prompts import matched_prompts
from workbench.fairness.adjusted.propensity import propensity_matched
from workbench.fairness.adjusted.speaker_model import fit_speaker_model
from workbench.fairness.adjusted.standardised import standardised
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.counts.sides import REST, Floats, Sides, comparisons, scored_rows
from workbench.fairness.group_gaps.gaps import gaps
from workbench.fairness.inference.intervals import Interval
from workbench.fairness.inference.jackknife import Spread, two_sided_jackknife
from workbench.fairness.inference.thread_limit import one_thread
from workbench.schema import ADJUSTED_GAPS

RAW, PROMPTS, STANDARDISED = "raw", "matched prompts", "standardised"
PROPENSITY, ADJUSTED, FULLY_ADJUSTED, GEE = "propensity matched", "adjusted", "fully adjusted", "GEE"
METHODS = (RAW, PROMPTS, STANDARDISED, PROPENSITY, ADJUSTED, FULLY_ADJUSTED, GEE)
"""Every way to compare, in the order in which they are shown."""
Way = partial[Estimate]
"""A method with its columns: from two sides to an estimate."""
LITTLE = 0.5
"""Below this share of the words a figure says that it is about a part."""


@one_thread
def adjusted_gaps(
    scores: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    covariates: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return ADJUSTED_GAPS: each gap raw, over matched prompts, standardised, matched on propensity, and from a model.

    Parameters
    ----------
    scores : SCORES, or a frame with its keys, speaker_id, the word counts and what the covariates need. Utterances
        without reference words are left out.
    attribute, reference : as for ``gaps``
    covariates : columns, or names of ``covariates.DERIVED``; ``None`` takes gender, age band and the derived ones as far as
        the frame allows. The model ``adjusted`` and the propensity use those that are no mediators; ``fully adjusted``
        uses all and is labelled :data:`~workbench.fairness.adjusted.covariates.NOT_A_METRIC`.
    strata : columns to standardise over; ``None``: the covariates that are levels, not numbers
    methods : which of :data:`METHODS`; ``None``: those that there is something to do for. ``GEE`` is never among them
        unless asked for: it takes long.

    Returns
    -------
    One row per comparison and method. ``caveat`` is what has to be said wherever the row is shown. p-values are of the
    difference, of the ratio where there is no difference, and are not corrected for the number of groups.

    Raises
    ------
    ScoringError : as ``gaps``; an unknown covariate or method; covariates that follow from one another

    Source: that of each method's module: ``matched``, ``standardised``, ``propensity``, ``speaker_model``, ``gee``.
    """
    requested = METHODS if methods is None else tuple(methods)
    if unknown := [name for name in requested if name not in METHODS]:
        raise ScoringError(f"no method {unknown[0]!r}", remedy=choices(unknown[0], METHODS))
    held = held_equal(scores, attribute, covariates, strata)
    ready = with_covariates(scores, held.covariates)
    design(scored_rows(ready), held.covariates)  # refuses covariates that follow from one another
    names, innocent = list(held.covariates), list(held.innocent)
    ways = _ways(innocent, names, list(held.strata))
    if methods is not None and (idle := [name for name in requested if name not in ways and name != RAW]):
        raise ScoringError(f"nothing to do for {idle[0]!r}", remedy="name covariates or strata for it")
    wanted = {name: way for name, way in ways.items() if name in requested and (methods is not None or name != GEE)}
    rows: list[dict[str, object]] = _raw_rows(ready, attribute, reference) if RAW in requested else []
    for item in comparisons(ready, attribute, reference):
        fixed = {**item._asdict(), "attribute": attribute}
        rows += [
            {**fixed, **_row(name, _estimate(way, item.sides), way.keywords.get("covariates", ()))}
            for name, way in wanted.items()
        ]
    order = {name: place for place, name in enumerate(METHODS)}
    rows.sort(
        key=lambda row: (str(row["model_id"]), str(row["condition_id"]), str(row["group"]), order[str(row["method"])])
    )
    return typed(_worthwhile(rows) if methods is None else rows, ADJUSTED_GAPS, ADJUSTED_GAPS.column_names)


class Held(NamedTuple):
    """What is held equal: all covariates, those that are no mediators, and the columns to standardise over."""

    covariates: tuple[str, ...]
    innocent: tuple[str, ...]
    strata: tuple[str, ...]


def held_equal(
    scores: pd.DataFrame, attribute: str, covariates: Sequence[str] | None = None, strata: Sequence[str] | None = None
) -> Held:
    """Return what :func:`adjusted_gaps` holds equal, given its arguments.

    Raises
    ------
    ScoringError : an unknown covariate, or the attribute itself among them
    """
    names = available_covariates(scores, attribute) if covariates is None else list(dict.fromkeys(covariates))
    if attribute in [*names, *(strata or ())]:
        raise ScoringError(f"{attribute!r} is what is compared, not a covariate", remedy="leave it out")
    ready = with_covariates(scores, names)
    innocent = [name for name in names if name not in MEDIATORS]
    levels = [name for name in innocent if not pd.api.types.is_numeric_dtype(ready[name].dtype)]
    return Held(tuple(names), tuple(innocent), tuple(levels if strata is None else strata))


def _worthwhile(rows: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Return the rows without matched prompts where no prompt was read on both sides of any comparison."""
    matched = any(row["method"] == PROMPTS and row["coverage"] for row in rows)
    return [row for row in rows if matched or row["method"] != PROMPTS]


def _ways(innocent: list[str], names: list[str], strata: list[str]) -> dict[str, Way]:
    """Return the methods that there is something to do for."""
    ways: dict[str, Way] = {PROMPTS: partial(matched_prompts)}
    if strata:
        ways[STANDARDISED] = partial(standardised, strata=strata)
    if innocent:
        ways[PROPENSITY] = partial(propensity_matched, covariates=innocent)
        ways[ADJUSTED] = partial(model_gap, covariates=innocent)
    if names != innocent:
        ways[FULLY_ADJUSTED] = partial(model_gap, covariates=names)
    if names:
        ways[GEE] = partial(gee_gap, covariates=innocent or names)
    return ways


def _estimate(way: Way, sides: Sides) -> Estimate:
    n_speakers, n_reference = sides.n_speakers
    if not (n_speakers and n_reference):
        return Estimate(coverage=0.0, reason="no reference words on one side: no comparison")
    try:
        return way(sides)
    except ScoringError as error:  # collinear within this comparison only
        return Estimate(n_speakers=n_speakers, n_speakers_reference=n_reference, coverage=0.0, reason=error.what)


def _raw_rows(scores: pd.DataFrame, attribute: str, reference: str) -> list[dict[str, object]]:
    rows = []
    for gap in gaps(scores, attribute, reference=reference).to_dict("records"):
        result = Estimate(
            gap["difference"], Interval(gap["ci_low"], gap["ci_high"]), gap["ratio"],
            Interval(gap["ratio_low"], gap["ratio_high"]), gap["p_value"], gap["n_speakers"], gap["n_speakers_reference"],
            1.0 if gap["n_speakers"] and gap["n_speakers_reference"] else 0.0, gap["reason"],
        )  # fmt: skip
        fixed = {name: gap[name] for name in ("model_id", "condition_id", "attribute", "group", "reference_group")}
        rows.append({**fixed, **_row(RAW, result, ())})
    return rows


def _row(method: str, found: Estimate, covariates: Sequence[str]) -> dict[str, object]:
    strength = e_value(found.ratio, found.ratio_interval.low, found.ratio_interval.high)
    causes = [f"{name}: {MEDIATORS[name]}" for name in covariates if name in MEDIATORS]
    if causes:
        causes = [NOT_A_METRIC, f"holds equal what the group itself may cause ({'; '.join(causes)})"]
    little = 0 < found.coverage < LITTLE
    return {
        "method": method,
        "difference": found.difference,
        "ci_low": found.interval.low,
        "ci_high": found.interval.high,
        "ratio": found.ratio,
        "ratio_low": found.ratio_interval.low,
        "ratio_high": found.ratio_interval.high,
        "p_value": found.p_value,
        "e_value": strength.estimate,
        "e_value_limit": strength.limit,
        "n_speakers": found.n_speakers,
        "n_speakers_reference": found.n_speakers_reference,
        "coverage": found.coverage,
        "reason": found.reason,
        "caveat": joined([*causes, f"rests on {100 * found.coverage:.0f} % of the group's words" if little else ""]),
    }


def model_gap(sides: Sides, covariates: Sequence[str]) -> Estimate:
    """Return the ratio exp(b) of the speaker model with these covariates, and the difference it means in rates.

    The difference is that of the mean rates which the model gives all these utterances, once as the group's and once as the
    reference's. Both intervals: jackknife over speakers (one Newton step each; the difference linearised), t as for a gap. Without
    any gap it called one in 1 of 100 simulated audits of 3 speakers against 20 and in 4 of 6 against 30, where the sandwich
    did in 14 and 12 (300 audits each, so give or take 3).
    """
    part, columns, reason = _prepared(sides, covariates)
    if part is None:
        return Estimate(coverage=0.0, reason=reason)
    full = np.column_stack([part.in_group.astype(np.float64), columns.matrix])
    fit = fit_speaker_model(part.errors, part.words, full, part.speaker)
    if not fit.converged:
        return _counted(sides, part, columns, reason or "the model does not converge: no estimate")
    difference, slopes = _difference(fit.coefficients, part, columns)
    spread = two_sided_jackknife(fit.left_out[:, 1], part.people, part.speaker_words)
    around = two_sided_jackknife(fit.left_out @ slopes, part.people, part.speaker_words)
    return _modelled(sides, part, columns, fit.coefficients[1], spread, difference, around, reason)


def gee_gap(sides: Sides, covariates: Sequence[str]) -> Estimate:
    """Return the ratio of the GEE with these covariates: bias-reduced covariance, t of speakers less coefficients."""
    part, columns, reason = _prepared(sides, covariates)
    if part is None:
        return Estimate(coverage=0.0, reason=reason)
    full = np.column_stack([part.in_group.astype(np.float64), columns.matrix])
    fit = fit_gee(part.errors, part.words, full, part.speaker)
    if not np.isfinite(fit.coefficients).all() or fit.df < 1:
        return _counted(sides, part, columns, reason or "the GEE does not converge: no estimate")
    difference, _ = _difference(fit.coefficients, part, columns)
    spread = Spread(float(fit.covariance[1, 1]), float(fit.df))
    return _modelled(sides, part, columns, fit.coefficients[1], spread, difference, Spread(), reason)


def _prepared(sides: Sides, covariates: Sequence[str]) -> tuple[Sides | None, Design, str]:
    """Return the rows that have every covariate, the columns, and why there is nothing to fit."""
    columns = design(sides.rows, covariates)
    if not columns.kept.any() or sides.in_group[columns.kept].all() or not sides.in_group[columns.kept].any():
        return None, columns, "no utterance with all covariates on one side"
    part = sides.only(columns.kept)
    if not (part.errors[part.in_group].any() and part.errors[~part.in_group].any()):
        return None, columns, "no errors on one side: no estimate"
    together = np.column_stack([np.ones(len(part.rows)), part.in_group.astype(np.float64), columns.matrix])
    if np.linalg.matrix_rank(together / np.linalg.norm(together, axis=0)) < together.shape[1]:
        return None, columns, "the covariates tell the sides apart completely: they cannot be adjusted for"
    notes = [f"{name} does not vary here" for name in columns.constant]
    return part, columns, joined(notes)


def _difference(coefficients: Floats, part: Sides, columns: Design) -> tuple[float, Floats]:
    """Return the standardised difference of rates, and its derivatives by the coefficients (intercept, group, others)."""
    weights = part.words / part.words.sum()
    others = np.exp(coefficients[0] + columns.matrix @ coefficients[2:]) * weights
    more = np.expm1(coefficients[1])
    slopes = [others.sum() * more, others.sum() * (more + 1), *(columns.matrix.T @ others * more)]
    return float(others.sum() * more), np.array(slopes, dtype=np.float64)


def _counted(sides: Sides, part: Sides, columns: Design, reason: str) -> Estimate:
    n_speakers, n_reference = part.n_speakers
    return Estimate(
        n_speakers=n_speakers, n_speakers_reference=n_reference, coverage=sides.coverage(columns.kept), reason=reason
    )


def _modelled(
    sides: Sides,
    part: Sides,
    columns: Design,
    effect: float,
    spread: Spread,
    difference: float,
    around: Spread,
    reason: str,
) -> Estimate:
    counted = _counted(sides, part, columns, reason)
    if min(part.n_speakers) < 2:
        few = joined([reason, "fewer than 2 speakers on a side: no interval"])
        return counted._replace(difference=difference, ratio=float(np.exp(effect)), reason=few)
    logs = spread.interval(effect)
    missing = "" if spread.known else "the figures hang on one speaker: no interval"
    return counted._replace(
        difference=difference,
        interval=around.interval(difference),
        ratio=float(np.exp(effect)),
        ratio_interval=Interval(*(float(np.exp(min(end, 700))) for end in (logs.low, logs.high))),
        p_value=around.p_value(difference) if around.known else spread.p_value(effect),
        reason=joined([reason, missing]),
    )
