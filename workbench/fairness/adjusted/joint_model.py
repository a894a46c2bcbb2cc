"""Several attributes at once: a Poisson regression of errors with an offset of log words, and a test of every interaction.

    E[errors] = words exp(mu + alpha_accent + beta_gender + ...)

is fitted by statsmodels. Rows of one speaker depend on each other, and so do rows of one prompt: the covariance of the coefficients
is that of both ways, V_speaker + V_prompt - V_speaker x prompt (Cameron, Gelbach & Miller 2011). Each way is the jackknife that leaves
one speaker (or prompt) out by one Newton step; it does not shrink, as the plain sandwich does, where few speakers carry a
coefficient. A group is compared with the geometric mean of the groups of its attribute, so that none is the norm. An interaction adds the
products of two attributes; their coefficients are tested together by F (Hotelling's, for the covariance is estimated).

Source: Liu, Veliche & Peng 2021, arXiv 2109.09061 (Poisson model of word errors with several attributes); Bell & McCaffrey 2002 (jackknife
of clusters); Cameron, Gelbach & Miller 2011. How often it errs: docs/calibration.md.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtrc, stdtr

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import CELL, group_columns, refuse_missing_speakers, speaker_columns
from workbench.fairness.counts.frames import typed
from workbench.fairness.group_rates.prompts import PROMPT, UNIT, prompt_rows
from workbench.fairness.inference.intervals import TAIL, t_quantile
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import JOINT_MODEL, NOT_STATED

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
BETWEEN = " x "
MOST_ATTRIBUTES = 5
RANK = 1e-8


class Fit(NamedTuple):
    """Coefficients, their covariance, and the degrees of freedom that speakers (and prompts) leave it."""

    coefficients: Floats
    covariance: Floats
    df: float


def joint_model(scores: pd.DataFrame, by: Sequence[str], *, prompt: str = "") -> pd.DataFrame:
    """Return JOINT_MODEL: groups, attributes and interactions of ``by``, for every model and condition.

    Parameters
    ----------
    scores : rows of SCORES; those that failed or have no words say nothing here
    by : two attributes or more; ``not stated`` is a group
    prompt : column of the texts that were read, whose choice is allowed for too; empty: texts are taken as given

    Raises
    ------
    ScoringError : fewer than two or more than five attributes, no such column, a row without speaker

    Source: the module's docstring.
    """
    attributes = group_columns(scores, by)
    if not 2 <= len(attributes) <= MOST_ATTRIBUTES:
        raise ScoringError(
            f"a joint model takes 2 to {MOST_ATTRIBUTES} attributes, not {len(attributes)}",
            remedy="name them with --by",
        )
    refuse_missing_speakers(scores)
    rows = prompt_rows(scores, attributes, prompt, mode="pooled") if prompt else _rows(scores, attributes)
    results: list[dict[str, Any]] = []
    for key, cell in rows.groupby(list(CELL), sort=True):
        fixed = dict(zip(CELL, key, strict=True))
        results += [{**fixed, **row} for row in _adjusted(_cell(cell.reset_index(drop=True), attributes))]
    return typed(results, JOINT_MODEL, JOINT_MODEL.column_names)


def _rows(scores: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """Return errors and words per speaker and attributes."""
    usable = scores[scores["errors"].notna() & (scores["ref_words"].fillna(0) > 0)]
    fixed = {name: usable[name].astype("str").fillna(NOT_STATED) for name in (*CELL, *attributes)}
    unit = usable.groupby(speaker_columns(usable), sort=True).ngroup()
    counts = {"numerator": usable["errors"].astype(float), "denominator": usable["ref_words"].astype(float)}
    frame = pd.DataFrame({**fixed, UNIT: unit, **counts})
    return frame.groupby([*CELL, *attributes, UNIT], sort=True).sum().reset_index()


def _cell(cell: pd.DataFrame, attributes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of one model and condition."""
    blocks = {name: pd.get_dummies(cell[name], dtype=float).iloc[:, 1:].to_numpy() for name in attributes}
    levels = {name: sorted(map(str, cell[name].unique())) for name in attributes}
    people = cell.drop_duplicates(UNIT)
    rows: list[dict[str, Any]] = []
    main = fitted(cell, np.column_stack([np.ones(len(cell)), *blocks.values()]))
    start = 1
    for name in attributes:
        k = len(levels[name])
        place = np.arange(start, start + k - 1)
        start += k - 1
        rows.append(_test("attribute", name, main, place, len(people)))
        for at, level in enumerate(levels[name]):
            weights = np.full(k, -1 / k)  # against the mean of the groups on the log scale
            weights[at] += 1
            rows.append(
                _group(name, level, main, place, weights[1:], people.loc[people[name] == level, UNIT].nunique())
            )
    for first, other in itertools.combinations(attributes, 2):
        products = np.column_stack(
            [a * b for a in blocks[first].T for b in blocks[other].T] or [np.zeros((len(cell), 0))]
        )
        base = np.column_stack([np.ones(len(cell)), *blocks.values()])
        products = products[:, _independent(base, products)]
        fit = fitted(cell, np.column_stack([base, products])) if products.shape[1] else None
        place = np.arange(base.shape[1], base.shape[1] + products.shape[1])
        rows.append(_test("interaction", first + BETWEEN + other, fit, place, len(people)))
    return rows


def _independent(base: Floats, more: Floats) -> list[int]:
    """Return the columns of ``more`` that the others do not give: a combination that nobody has has no coefficient."""
    kept: list[int] = []
    space, _ = np.linalg.qr(base)
    for at, column in enumerate(more.T):
        rest = column - space @ (space.T @ column)
        rest = rest - space @ (space.T @ rest)
        if np.linalg.norm(rest) > RANK * max(1.0, float(np.linalg.norm(column))):
            kept.append(at)
            space = np.column_stack([space, rest / np.linalg.norm(rest)])
    return kept


def fitted(cell: pd.DataFrame, design: Floats) -> Fit | None:
    """Return the fit with its two-way jackknife covariance; None where the data do not give one."""
    import statsmodels.api as sm

    errors, words = cell["numerator"].to_numpy(dtype=np.float64), cell["denominator"].to_numpy(dtype=np.float64)
    if np.linalg.matrix_rank(design) < design.shape[1] or not errors.sum():
        return None
    try:
        with warnings.catch_warnings():
            # A group without errors has no finite coefficient, and counts without any spread are fitted exactly: neither is a result.
            warnings.simplefilter("error")
            result = sm.GLM(errors, design, family=sm.families.Poisson(), offset=np.log(words)).fit(maxiter=100)
    except (ValueError, np.linalg.LinAlgError, Warning):
        return None
    if not result.converged or not np.isfinite(result.params).all():
        return None
    mean = np.asarray(result.fittedvalues, dtype=np.float64)
    shares = design * (errors - mean)[:, None]
    codes = [np.asarray(cell.groupby(name).ngroup(), dtype=np.int64) for name in (UNIT, PROMPT) if name in cell.columns]
    parts = [_jackknife(design, mean, shares, code) for code in codes]
    if any(part is None for part in parts):
        return None
    covariance, sizes = parts[0], [len(np.unique(code)) for code in codes]
    if len(codes) == 2 and parts[0] is not None and parts[1] is not None:
        inverse = np.linalg.inv(design.T @ (mean[:, None] * design))
        both = np.unique(codes[0] * (int(codes[1].max()) + 1) + codes[1], return_inverse=True)[1]
        sums = _sums(shares, both)
        covariance = _positive(parts[0] + parts[1] - inverse @ (sums.T @ sums) @ inverse)
    if covariance is None:
        return None
    df = min(sizes[0] - design.shape[1], *(size - 1 for size in sizes[1:]), sizes[0] - 1)
    return Fit(np.asarray(result.params, dtype=np.float64), covariance, float(df)) if df >= 1 else None


def _jackknife(design: Floats, mean: Floats, shares: Floats, code: Whole) -> Floats | None:
    """Return the covariance over clusters, each left out by one Newton step; None where one carries a coefficient alone."""
    whole = design.T @ (mean[:, None] * design)
    sums = _sums(shares, code)
    steps = np.empty_like(sums)
    order = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[order], np.arange(len(sums) + 1))
    for cluster, (low, high) in enumerate(itertools.pairwise(ends)):
        own = design[order[low:high]]
        left = whole - own.T @ (mean[order[low:high], None] * own)
        if np.linalg.cond(left) > 1 / RANK:
            return None
        steps[cluster] = -np.linalg.solve(left, sums[cluster])
    n = len(sums)
    return np.asarray((n - 1) / n * (steps - steps.mean(axis=0)).T @ (steps - steps.mean(axis=0)))


def _sums(values: Floats, code: Whole) -> Floats:
    sums = np.zeros((int(code.max()) + 1, values.shape[1]))
    np.add.at(sums, code, values)
    return sums


def _positive(matrix: Floats) -> Floats:
    """Return the nearest covariance: eigenvalues below 0, which the difference may have, are 0."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


NOTHING = "not fitted: a group has too few speakers or errors, or groups cannot be told apart"


def _group(name: str, level: str, fit: Fit | None, place: Whole, weights: Floats, n: int) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": "group", "term": name, "group": level, "n_speakers": n, "n_terms": 1}
    if fit is None:
        return {
            **row,
            "ratio": math.nan,
            "ci_low": math.nan,
            "ci_high": math.nan,
            "p_value": math.nan,
            "reason": NOTHING,
        }
    estimate = float(weights @ fit.coefficients[place])
    se = math.sqrt(float(weights @ fit.covariance[np.ix_(place, place)] @ weights))
    df = max(1.0, min(fit.df, n - 1)) if n else 1.0  # what a small group shows hangs on its own speakers
    half = t_quantile(df, 1 - TAIL) * se
    few = f"{n} speakers, fewer than {ENOUGH_SPEAKERS}" if n < ENOUGH_SPEAKERS else ""
    estimable = se > 0 and n > 2
    return {
        **row,
        "ratio": math.exp(estimate),
        "ci_low": math.exp(estimate - half) if estimable else math.nan,
        "ci_high": math.exp(estimate + half) if estimable else math.nan,
        "p_value": min(1.0, 2 * float(stdtr(df, -abs(estimate) / se))) if estimable else math.nan,
        "reason": few,
    }


def _test(kind: str, term: str, fit: Fit | None, place: Whole, n: int) -> dict[str, Any]:
    """Return Hotelling's F of some coefficients together."""
    q = len(place)
    row: dict[str, Any] = {
        "kind": kind, "term": term, "group": "", "n_speakers": n, "n_terms": q,
        "ratio": math.nan, "ci_low": math.nan, "ci_high": math.nan,
    }  # fmt: skip
    if fit is None or not q or fit.df - q + 1 < 1:
        return {**row, "p_value": math.nan, "reason": NOTHING if q else "no two groups differ in both attributes"}
    own, values = fit.covariance[np.ix_(place, place)], fit.coefficients[place]
    if np.linalg.matrix_rank(own) < q:
        return {**row, "p_value": math.nan, "reason": NOTHING}
    statistic = float(values @ np.linalg.solve(own, values)) / q * (fit.df - q + 1) / fit.df
    return {**row, "p_value": float(fdtrc(q, fit.df - q + 1, statistic)), "reason": ""}


def _adjusted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with Holm's p over those of one kind."""
    result = []
    for kind in ("interaction", "attribute", "group"):
        own = [row for row in rows if row["kind"] == kind]
        result += [{**row, "p_adjusted": p} for row, p in zip(own, holm([row["p_value"] for row in own]), strict=True)]
    return result
