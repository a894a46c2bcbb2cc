"""The engines of a run side by side: one row each, from the tables of the run."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.fairness import REST
from workbench.fairness.words.invented import FLAGGED
from workbench.results.scored_run import Results
from workbench.schema import NOT_STATED

COLUMNS = (
    "model_id", "n_utterances", "n_failed", "unit", "rate", "ci_low", "ci_high", "worst_group", "worst_speakers", "worst_rate", "worst_low", "worst_high",
    "difference", "difference_low", "difference_high", "verdict", "tentative", "noise_change", "flagged", "speed",
)  # fmt: skip


def leaderboard(
    results: Results, attribute: str, *, condition: str, reference: str = REST, invented: bool = True
) -> pd.DataFrame:
    """Return one row per model with scores under ``condition``, lowest error rate first.

    Columns: ``unit``, what is counted, and ``rate`` with its 95 % interval over everybody; the group of two speakers or more with the highest rate (``worst_...``), its gap to
    ``reference`` (``difference`` ..., ``verdict``, ``tentative``: those of GAPS; missing for the reference itself); ``noise_change``: the
    mean over the other conditions of how much the rate differs from that under this one; ``flagged``: share of transcripts
    that look invented, which reads every transcript (missing unless ``invented``); ``speed``: seconds of audio per second of decoding over the whole run, missing where no time was measured.

    Rates are fractions. What a run cost is not recorded, so it is not here.

    Raises
    ------
    ScoringError : no such attribute, condition or reference
    """
    rates = results.table("rates", by=())
    groups = results.table("rates", by=(attribute,))
    gaps = results.table("gaps", attribute=attribute, reference=reference)
    events = results.table("hallucinations", by=()) if invented else None
    speed = _speed(results)
    rows: list[dict[str, Any]] = []
    for model, own in rates.groupby("model_id", sort=False):
        here = own[own["condition_id"] == condition]
        if here.empty:
            continue
        cell = here.iloc[0]
        own_columns = ("model_id", "n_utterances", "n_failed", "unit", "rate", "ci_low", "ci_high")
        row = {name: cell[name] for name in own_columns}
        row |= _worst(groups[(groups["model_id"] == model) & (groups["condition_id"] == condition)], gaps, attribute)
        row["noise_change"] = (own.loc[own["condition_id"] != condition, "rate"] - cell["rate"]).mean()
        row["flagged"] = None if events is None else _flagged(events, str(model), condition)
        row["speed"] = speed.get(str(model))
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["rate", "model_id"], kind="stable", ignore_index=True)


def _worst(groups: pd.DataFrame, gaps: pd.DataFrame, attribute: str) -> dict[str, Any]:
    """Return the group with the highest rate of one model under one condition, and its gap."""
    rated = groups[(groups["n_speakers"] > 1) & groups["rate"].notna() & (groups[attribute].astype(str) != NOT_STATED)]
    if len(rated) < 2:
        return {}
    worst = rated.sort_values("rate", kind="stable").iloc[-1]
    row = {
        "worst_group": str(worst[attribute]), "worst_speakers": worst["n_speakers"], "worst_rate": worst["rate"], "worst_low": worst["ci_low"],
        "worst_high": worst["ci_high"],
    }  # fmt: skip
    at = {"model_id": worst["model_id"], "condition_id": worst["condition_id"], "group": str(worst[attribute])}
    gap = gaps[(gaps[list(at)].astype(str) == pd.Series(at)).all(axis=1)]
    if len(gap):
        one = gap.iloc[0]
        row |= {
            "difference": one["difference"], "difference_low": one["ci_low"], "difference_high": one["ci_high"], "verdict": one["verdict"],
            "tentative": one["tentative"],
        }  # fmt: skip
    return row


def _flagged(events: pd.DataFrame, model: str, condition: str) -> float:
    own = events[(events["model_id"] == model) & (events["condition_id"] == condition)]
    return float(own.loc[own["event"] == FLAGGED, "rate"].max())


def _speed(results: Results) -> dict[str, float]:
    times = results.columns("model_id", "duration_s", "decode_s").dropna()
    sums = times[times["decode_s"] > 0].groupby("model_id")[["duration_s", "decode_s"]].sum()
    return {str(model): float(row["duration_s"] / row["decode_s"]) for model, row in sums.iterrows()}
