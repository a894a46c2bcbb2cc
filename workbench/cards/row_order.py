"""Rates and gaps as rows of the card: by model, condition and group, in the order of the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.cards.model import EVERYONE
from workbench.cards.rows import GapRow, RateRow, present
from workbench.fairness import rates
from workbench.figures.plot_rows import group_order


def everyone(scores: pd.DataFrame, models: Sequence[str], conditions: Sequence[str]) -> list[RateRow]:
    """Return the rates of all speakers together."""
    frame = rates(scores).assign(group=EVERYONE)
    return _rows(frame, "group", "", models, conditions, {model: [EVERYONE] for model in models})


def rate_rows(frame: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]) -> list[RateRow]:
    """Return RATES by one attribute as rows."""
    orders = _group_orders(frame, attribute, models, conditions)
    return _rows(frame, attribute, attribute, models, conditions, orders)


def _rows(
    frame: pd.DataFrame,
    column: str,
    attribute: str,
    models: Sequence[str],
    conditions: Sequence[str],
    orders: Mapping[str, Sequence[str]],
) -> list[RateRow]:
    named = frame.rename(columns={column: "group"}).assign(attribute=attribute)
    return [RateRow(**row) for row in _sorted_records(named, models, conditions, orders, list(RateRow.model_fields))]


def gap_rows(
    frame: pd.DataFrame, found: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]
) -> list[GapRow]:
    """Return GAPS of one attribute as rows; ``found``: RATES by it, whose clean rates order the groups."""
    orders = _group_orders(found, attribute, models, conditions)
    return [GapRow(**row) for row in _sorted_records(frame, models, conditions, orders, list(GapRow.model_fields))]


def _group_orders(
    frame: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]
) -> dict[str, list[str]]:
    """Return the groups of each model by their clean rate, lowest first: the order of the figures."""
    named = frame.rename(columns={attribute: "group"})
    rank = {name: at for at, name in enumerate(conditions)}
    return {
        str(model): group_order(rows.sort_values("condition_id", key=lambda ids: ids.map(rank)), "rate")
        for model, rows in named.groupby("model_id")
        if model in models
    }


def _sorted_records(
    frame: pd.DataFrame,
    models: Sequence[str],
    conditions: Sequence[str],
    orders: Mapping[str, Sequence[str]],
    columns: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the rows by model, condition and group in these orders, missing numbers as None."""
    records = [
        {str(name): present(value) for name, value in record.items()}
        for record in frame[[name for name in columns if name in frame.columns]].to_dict("records")
    ]

    def place(record: Mapping[str, Any]) -> tuple[int, int, int]:
        groups = orders[record["model_id"]]
        return (
            models.index(record["model_id"]),
            conditions.index(record["condition_id"]),
            groups.index(str(record["group"])),
        )

    return sorted(records, key=place)
