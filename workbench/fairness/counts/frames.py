"""From rows to a frame with the types and the column order of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.schema import Table
from workbench.text.languages import unit_of
from workbench.text.normalise import Unit

_UNITS: tuple[Unit, ...] = ("word", "character", "mixed")


def typed(rows: Sequence[Mapping[str, object]], table: Table, order: Sequence[str]) -> pd.DataFrame:
    """Return the rows as a frame with columns in ``order``: the table's own with their types, others as text."""
    types = {column.name: column.dtype for column in table.columns}
    frame = pd.DataFrame(list(rows), columns=list(order))
    return frame.astype({name: types.get(name, "str") for name in order})


def unit_of_scores(scores: pd.DataFrame) -> Unit:
    """Return what the words of a frame are, by its normaliser; words where it names none."""
    if "normaliser_id" not in scores.columns:
        return "word"
    named = scores["normaliser_id"].dropna()
    return unit_of(str(named.iloc[0])) if len(named) else "word"


def unit_in(rates: pd.DataFrame) -> Unit:
    """Return what RATES or GAPS count; words where they do not say."""
    units = set(rates["unit"].dropna()) if "unit" in rates.columns else set()
    return next((unit for unit in _UNITS if units == {unit}), "word")


def joined(reasons: Sequence[str]) -> str:
    """Return the reasons that are not empty, separated by semicolons."""
    return "; ".join(reason for reason in reasons if reason)
