"""The table behind a figure as people read it: words for columns, units, and the digits that the intervals bear.

Numbers stay numbers, so that a table can be sorted; what is downloaded is the table itself, with every digit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import condition_label, decimals

ENDS = {
    "difference": ("ci_low", "ci_high"), "change": ("ci_low", "ci_high"), "rate": ("ci_low", "ci_high"),
    "value": ("ci_low", "ci_high"), "log_odds": ("ci_low", "ci_high"), "ratio": ("ratio_low", "ratio_high"),
    "degradation": ("degradation_low", "degradation_high"), "log_change": ("log_low", "log_high"),
    "hits_change": ("hits_low", "hits_high"), "mix": ("mix_low", "mix_high"), "within": ("within_low", "within_high"),
}  # fmt: skip
"""The ends of the interval of a column. Where several columns name the same ends, the first that is there has them."""
PERCENT = (
    "rate",
    "value",
    "clean_rate",
    "reference_clean_rate",
    "reference_rate",
    "rate_first",
    "rate_second",
    "coverage",
)
POINTS = ("difference", "change", "degradation", "reference_degradation", "gap", "mix", "within", "unmatched", "mde")
WORDS = {
    "condition_id": "Condition", "model_id": "Engine", "ref_words": "Words", "reference_group": "Compared with",
    "n_speakers_reference": "Speakers compared with", "mde": "Detectable", "p_adjusted": "p (adjusted)",
    "p_familywise": "p (whole map)", "smd_before": "SMD before", "smd_after": "SMD after",
}  # fmt: skip
"""Columns whose name is not said by its own words."""


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with rates in percent and differences in points, rounded as their intervals allow."""
    owned: dict[str, tuple[str, str]] = {}
    for name, ends in ENDS.items():
        if name in table and set(ends) <= set(table) and ends not in owned.values():
            owned[name] = ends
    taken = {end for ends in owned.values() for end in ends}
    shown: dict[str, object] = {}
    rows = table.to_dict("records")
    for name in (str(column) for column in table.columns if column not in taken):
        low, high = owned.get(name, ("", ""))
        places = [_places(name, row, low, high) for row in rows]
        heading, unit = _heading(name), 100 if name in PERCENT + POINTS else 1
        shown[heading] = _column(table[name], name, places, unit)
        if low:
            shown[f"{heading}: 95 % from"] = _column(table[low], name, places, unit)
            shown[f"{heading}: 95 % to"] = _column(table[high], name, places, unit)
    return pd.DataFrame(shown, index=table.index)


def _heading(name: str) -> str:
    said = WORDS.get(name) or name.removeprefix("n_").removesuffix("_id").replace("_", " ").capitalize()
    return f"{said} (%)" if name in PERCENT else f"{said} (points)" if name in POINTS else said


def _places(name: str, row: Mapping[object, object], low: str, high: str) -> int:
    """Return how many decimals a value and its interval are shown with."""
    if name in PERCENT + POINTS:
        return decimals(number_or_none(row.get(low)), number_or_none(row.get(high)))
    return 3 if name.startswith("p_") or name.endswith("_p") else 2


def _column(values: pd.Series, name: str, places: list[int], unit: int) -> pd.Series:
    if name.startswith("condition_"):
        return values.map(lambda one: condition_label(str(one)))
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    known = [number_or_none(one) for one in values]
    rounded = [None if one is None else round(unit * one, digits) for one, digits in zip(known, places, strict=True)]
    return pd.Series(rounded, index=values.index, dtype="Float64")
