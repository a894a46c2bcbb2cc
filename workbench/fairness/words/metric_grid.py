"""The grid: every metric for every group under every condition of every model, and whether the metrics agree on who is worst.

Nothing is left out of the product: what was not run is "not tested", what an engine does not give (its confidence) is "not given",
what nobody has rated is "not rated", what rests on fewer than five speakers is "too few"; none of them is a zero.

Source: the wording of Liang et al. 2023, HELM (scenarios x metrics, missing cells shown); calibration error: Guo et al. 2017; order of
groups: Kendall 1938 (tau-b).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.counts.frames import typed
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.fairness.words.keyword_recall import keyword_recall
from workbench.schema import HEARD, NOT_STATED
from workbench.schema.grid_tables import GRID, METRIC_ORDERS
from workbench.text.hallucination_flags import hallucination_flags

BINS = 10
"""Of confidence, equally wide."""
WORST = "worst gap"
KEYWORDS = "keyword recall"
RATING = "meaning_lost"
"""Column of the ratings by people, where they were joined (``words.human_ratings``)."""
LEAST_GROUPS = 3
"""An order of two groups is one comparison, of which no rank correlation speaks."""


@dataclass(frozen=True, slots=True)
class _Metric:
    """A figure of some rows, its unit, whether more of it is worse, and what a missing one means."""

    name: str
    unit: str
    of: Callable[[pd.DataFrame], float]
    worse: int = 1
    missing: str = "no data"


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _word_errors(rows: pd.DataFrame) -> float:
    return _share(float(rows["errors"].fillna(0).sum()), float(rows["ref_words"].fillna(0).sum()))


def _invented(rows: pd.DataFrame) -> float:
    return _share(float(rows["flagged"].sum()), float(_spoken(rows).sum()))


def _empty(rows: pd.DataFrame) -> float:
    spoken = rows[_spoken(rows)]
    return _share(float((spoken["hypothesis_raw"].fillna("").str.strip() == "").sum()), float(len(spoken)))


def _failed(rows: pd.DataFrame) -> float:
    return float((rows["status"] == "failed").mean())


def _real_time(rows: pd.DataFrame) -> float:
    length = HEARD if HEARD in rows.columns else "duration_s"
    timed = rows[rows["decode_s"].notna() & rows[length].notna() & (rows["decode_s"] > 0)]
    return _share(float(timed["decode_s"].sum()), float(timed[length].sum()))


def _rated(rows: pd.DataFrame) -> float:
    return float(rows[RATING].mean()) if RATING in rows.columns else math.nan


def calibration_error(rows: pd.DataFrame) -> float:
    """Return the expected calibration error of an engine's confidence: |confidence - share of words right|, mean over ten bins.

    Bins weigh by their utterances. NaN where no utterance has a confidence.
    """
    told = rows[rows["confidence"].notna() & _spoken(rows)]
    if told.empty:
        return math.nan
    confidence = told["confidence"].astype("float64").clip(0.0, 1.0)
    right = told["hits"].astype("float64") / told["ref_words"].astype("float64")
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = pd.DataFrame({"confidence": confidence, "right": right}).groupby(np.asarray(place))
    means, n = bins.mean(), bins.size()
    return float(((means["confidence"] - means["right"]).abs() * n).sum() / n.sum())


def _spoken(rows: pd.DataFrame) -> pd.Series[bool]:
    return (rows["status"] == "ok") & (rows["ref_words"].fillna(0) > 0)


METRICS = (
    _Metric("error rate", "%", _word_errors),
    _Metric(KEYWORDS, "%", lambda rows: math.nan, worse=-1, missing="no keyword was said"),
    _Metric("invented", "%", _invented),
    _Metric("empty output", "%", _empty),
    _Metric("calibration error", "%", calibration_error, missing="not given"),
    _Metric("real-time factor", "x", _real_time, missing="not given"),
    _Metric("failures", "%", _failed),
    _Metric("meaning lost", "rating", _rated, missing="not rated"),
)


def grid(rows: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return GRID: every model x condition x group x metric is a row, missing ones with the reason.

    Parameters
    ----------
    rows : SCORES, all columns
    attribute : whose groups; everybody (group empty) comes first, with the worst gap of a group to the rest

    Raises
    ------
    ScoringError : no such attribute

    Source: the module's docstring.
    """
    if attribute not in rows.columns:
        raise ScoringError(f"no attribute {attribute!r}", remedy=choices(attribute, map(str, rows.columns)))
    flagged = hallucination_flags(rows)["flagged"].to_numpy(dtype=bool) & _spoken(rows).to_numpy()
    rows = rows.assign(**{attribute: rows[attribute].astype("str").fillna(NOT_STATED)}, flagged=flagged)
    recalls = _recalls(rows, attribute)
    groups = ["", *sorted(rows[attribute].unique())]
    cells = {key: part for key, part in rows.groupby(["model_id", "condition_id"], sort=False)}
    models, conditions = rows["model_id"].unique(), rows["condition_id"].unique()
    results = []
    for model, condition in itertools.product(models, conditions):
        cell = cells.get((model, condition))
        for group in groups:
            part = None if cell is None else cell if not group else cell[cell[attribute] == group]
            fixed = {"model_id": model, "condition_id": condition, "attribute": attribute, "group": group}
            recall = recalls.get((str(model), str(condition), group), math.nan)
            results += [fixed | _cell(metric, part, recall) for metric in METRICS]
        results.append(
            {"model_id": model, "condition_id": condition, "attribute": attribute, "group": ""}
            | _worst_gap(cell, attribute)
        )
    return typed(results, GRID, GRID.column_names)


def metric_orders(rows: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return METRIC_ORDERS: Kendall's tau between the orders that two metrics give to the groups, and the pairs they swap.

    Only groups with five speakers and both figures enter. Ties (two groups with no empty output) are neither agreement nor a swap.

    Raises
    ------
    ScoringError : as :func:`grid`

    Source: Kendall 1938, tau-b.
    """
    from scipy.stats import kendalltau

    cells = grid(rows, attribute)
    worse = {metric.name: metric.worse for metric in METRICS}
    results = []
    told = cells[(cells["state"] == "ok") & (cells["group"] != "")]
    for (model, condition), cell in told.groupby(["model_id", "condition_id"], sort=False):
        values = cell.pivot_table(index="group", columns="metric", values="value")
        for first, second in itertools.combinations([name for name in worse if name in values.columns], 2):
            both = values[[first, second]].dropna() * [worse[first], worse[second]]
            if len(both) < LEAST_GROUPS:
                continue
            tau = float(kendalltau(both[first], both[second]).statistic)
            swaps = [
                f"{a} / {b}"
                for a, b in itertools.combinations(both.index, 2)
                if (both.loc[a, first] - both.loc[b, first]) * (both.loc[a, second] - both.loc[b, second]) < 0
            ]
            results.append(
                {
                    "model_id": model, "condition_id": condition, "attribute": attribute, "metric": first, "versus": second,
                    "n_groups": len(both), "tau": tau, "n_swaps": len(swaps), "swaps": ", ".join(swaps),
                    "reason": "one of the metrics is the same for all groups" if math.isnan(tau) else "",
                }
            )  # fmt: skip
    return typed(results, METRIC_ORDERS, METRIC_ORDERS.column_names)


def _recalls(rows: pd.DataFrame, attribute: str) -> dict[tuple[str, ...], float]:
    """Return the share of all keywords said that are right, by model, condition and group; everybody is the empty group."""
    parts = [
        keyword_recall(rows, []).assign(group=""),
        keyword_recall(rows, [attribute]).rename(columns={attribute: "group"}),
    ]
    events = pd.concat(parts, ignore_index=True)
    events = events[events["event"].str.endswith(" right")]
    sums = events.groupby(["model_id", "condition_id", "group"])[["events", "exposure"]].sum()
    return {key: _share(float(row["events"]), float(row["exposure"])) for key, row in sums.iterrows()}  # type: ignore[misc]


def _cell(metric: _Metric, rows: pd.DataFrame | None, recall: float) -> dict[str, object]:
    base: dict[str, object] = {"metric": metric.name, "unit": metric.unit, "of": ""}
    if rows is None or rows.empty:
        return base | {"value": math.nan, "n_speakers": 0, "state": "not tested"}
    value = recall if metric.name == KEYWORDS else metric.of(rows)
    n = len(rows[speaker_columns(rows)].drop_duplicates())
    state = metric.missing if math.isnan(value) else "too few" if n < ENOUGH_SPEAKERS else "ok"
    return base | {"value": value, "n_speakers": n, "state": state}


def _worst_gap(rows: pd.DataFrame | None, attribute: str) -> dict[str, object]:
    base: dict[str, object] = {"metric": WORST, "unit": "points", "of": ""}
    if rows is None:
        return base | {"value": math.nan, "n_speakers": 0, "state": "not tested"}
    sizes: Mapping[str, int] = {
        str(group): len(part[speaker_columns(part)].drop_duplicates()) for group, part in rows.groupby(attribute)
    }
    gaps = {
        group: _word_errors(rows[rows[attribute] == group]) - _word_errors(rows[rows[attribute] != group])
        for group, n in sizes.items()
        if n >= ENOUGH_SPEAKERS
    }
    gaps = {group: gap for group, gap in gaps.items() if not math.isnan(gap)}
    if not gaps:
        return base | {"value": math.nan, "n_speakers": max(sizes.values(), default=0), "state": "too few"}
    worst = max(gaps, key=lambda group: gaps[group])
    return base | {"value": gaps[worst], "n_speakers": sizes[worst], "state": "ok", "of": worst}
