"""Two models on the same audio: how often their texts differ, for whom, and whether that costs one group more than the rest.

For a model that is a cheaper way to run another (8-bit weights, a window cut to the utterance), the question is not which is
better but who pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.fairness.comparison.systems import compare
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.counts.utterance_pairs import Side, paired_rows, side
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.group_rates.events import Event, event_rates
from workbench.schema import TEXT_DIFFERENCES


def text_differences(
    scores: pd.DataFrame,
    model_a: str,
    model_b: str,
    by: str | Sequence[str] = (),
    *,
    condition: str | None = None,
) -> pd.DataFrame:
    """Return TEXT_DIFFERENCES: how often the normalised texts of two models differ, and what that does to their errors.

    Parameters
    ----------
    scores : SCORES that hold both models under one normaliser
    model_a, model_b : model_ids; differences are those of ``model_b`` from ``model_a``
    by : attributes; one row per group beside the one for everybody
    condition : a condition_id; without it, each condition that both models have

    Returns
    -------
    Over the utterances that both transcribed: the share whose text differs, both rates, their difference (paired), and by how
    much that difference is larger in the group than in the rest (the change of its gap). All intervals are 95 % and
    clustered on speaker.

    Raises
    ------
    ScoringError : a model, condition or attribute that is not there, no utterance in common

    Source: ``fairness.compare`` for the differences, ``fairness.group_rates.events`` for the share.
    """
    attributes = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    result = compare(
        scores,
        scores,
        attributes,
        reference=REST,
        system=model_a,
        versus=model_b,
        condition=condition,
        versus_condition=condition,
    )
    checks = {_key(row): row for row in result.gap_checks.to_dict("records")}
    shares: dict[tuple[str, ...], Mapping[str, object]] = {}
    for condition_id in result.comparisons["condition_first"].unique():
        rows = paired_rows(
            side(scores, Side(model_a, condition_id)), side(scores, Side(model_b, condition_id)), attributes
        )
        kept = rows[rows["pair_state"] == "paired"].assign(model_id=model_b, condition_id=condition_id)
        differs = (kept["hypothesis_first"] != kept["hypothesis_second"]).to_numpy().astype(np.int64)
        event = Event("text differs", differs, np.ones(len(kept), dtype=np.int64), "utterance")
        for attribute in ("", *attributes):
            for row in event_rates(kept, [attribute] if attribute else [], [event]).to_dict("records"):
                shares[condition_id, attribute, str(row.get(attribute, ""))] = {
                    str(name): value for name, value in row.items()
                }
    rows_out = [
        _row(row, shares.get(_key(row), {}), checks.get(_key(row), {})) for row in result.comparisons.to_dict("records")
    ]
    return typed(rows_out, TEXT_DIFFERENCES, TEXT_DIFFERENCES.column_names)


def _key(row: Mapping[object, object]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("condition_first", "attribute", "group"))


def _row(
    pair: Mapping[object, object], share: Mapping[str, object], check: Mapping[object, object]
) -> dict[str, object]:
    """Return one row from the comparison of a group, its share of differing texts and the change of its gap."""
    same = ("attribute", "group", "n_speakers", "n_utterances", "rate_first", "rate_second", "difference", "ci_low", "ci_high", "p_adjusted")  # fmt: skip
    return {
        "model_first": pair["model_first"],
        "model_second": pair["model_second"],
        "condition_id": pair["condition_first"],
        **{name: pair[name] for name in same},
        "n_differing": share.get("events", 0),
        "share": share.get("rate", np.nan),
        "share_ci_low": share.get("ci_low", np.nan),
        "share_ci_high": share.get("ci_high", np.nan),
        "gap_change": check.get("change", np.nan),
        "gap_ci_low": check.get("ci_low", np.nan),
        "gap_ci_high": check.get("ci_high", np.nan),
        "gap_p_adjusted": check.get("p_adjusted", np.nan),
        "reason": joined(list(dict.fromkeys(str(item.get("reason", "")) for item in (pair, share, check)))),
    }
