"""From RATES or GAPS to what one figure shows: the rows of one model, and the order of groups and conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.verdicts import doubt
from workbench.figures.wording import NBSP, NO_INTERVAL, is_missing, percent_interval
from workbench.schema import CLEAN, NOT_STATED

RATE_COLUMNS = (
    "condition_id", "n_speakers", "n_utterances", "ref_words", "errors", "rate", "ci_low", "ci_high", "evidence", "reason",
    "speaker_rates",
)  # fmt: skip
GAP_COLUMNS = (
    "condition_id", "group", "reference_group", "n_speakers", "n_speakers_reference", "difference", "ci_low", "ci_high",
    "p_adjusted", "p_familywise", "verdict", "reason", "n_clusters", "n_clusters_reference",
)  # fmt: skip


def select_rates(rates: pd.DataFrame, attribute: str, model_id: str) -> pd.DataFrame:
    """Return the rates of one model with the column ``group``: one row per group x condition.

    Raises
    ------
    ScoringError : no such attribute, no such model, or more than one row for a group and condition
    """
    if attribute not in rates.columns:
        known = [str(name) for name in rates.columns if name not in RATE_COLUMNS]
        raise ScoringError(f"the rates have no column {attribute!r}", place="figure", remedy=choices(attribute, known))
    rows = _of_model(rates, model_id).assign(group=lambda frame: frame[attribute].astype(str))
    if "speaker_rates" not in rows.columns:  # rates of another figure, or of a frame made before it was there
        rows = rows.assign(speaker_rates="")
    return _unique(rows[["group", *RATE_COLUMNS]], attribute)


def select_gaps(gaps: pd.DataFrame, attribute: str, model_id: str) -> pd.DataFrame:
    """Return the gaps of one model and attribute: one row per group x condition, the reference group left out.

    Raises
    ------
    ScoringError : no such attribute, no such model, or more than one row for a group and condition
    """
    rows = _of_model(gaps, model_id)
    known = [str(name) for name in rows["attribute"].unique()]
    if attribute not in known:
        raise ScoringError(f"there are no gaps by {attribute!r}", place="figure", remedy=choices(attribute, known))
    itself = (rows["group"] == rows["reference_group"]) & (rows["reference_group"] != REST)
    rows = rows[(rows["attribute"] == attribute) & ~itself]
    return _unique(rows.reindex(columns=list(GAP_COLUMNS)), attribute)


def verdict_doubt(row: Any) -> str:
    """Return why the verdict of a row of GAPS is tentative (``fairness.inference.verdicts.doubt``); empty if it is firm.

    A frame made before there was a family-wise p has Holm's in its place.
    """
    together = number_or_none(row.p_familywise)
    return doubt(
        str(row.verdict),
        n_speakers=_independent(row.n_speakers, getattr(row, "n_clusters", None)),
        n_speakers_reference=_independent(row.n_speakers_reference, getattr(row, "n_clusters_reference", None)),
        p_familywise=number_or_none(row.p_adjusted) if together is None else together,
    )


def _independent(n_speakers: Any, n_clusters: Any) -> int:
    """Return how many are independent: the clusters where they were declared, else the speakers."""
    return int(n_speakers if is_missing(n_clusters) else n_clusters)


def single_rates(row: Any) -> list[float]:
    """Return the rates of the single speakers of a row of RATES, where they are too few for an interval; else none."""
    text = getattr(row, "speaker_rates", None)
    return [] if is_missing(text) else [float(value) for value in str(text).split()]


def select_changes(changes: pd.DataFrame, attribute: str, model_id: str) -> pd.DataFrame:
    """Return the gap changes of one model and attribute: one row per group x condition.

    Raises
    ------
    ScoringError : no such attribute, no such model, or more than one row for a group and condition
    """
    rows = _of_model(changes, model_id)
    known = [str(name) for name in rows["attribute"].unique()]
    if attribute not in known:
        raise ScoringError(f"there are no changes by {attribute!r}", place="figure", remedy=choices(attribute, known))
    return _unique(rows[rows["attribute"] == attribute].drop(columns=["model_id", "attribute"]), attribute)


def _of_model(frame: pd.DataFrame, model_id: str) -> pd.DataFrame:
    rows = frame[frame["model_id"] == model_id]
    if rows.empty:
        known = [str(name) for name in frame["model_id"].unique()]
        raise ScoringError(f"there is nothing of model {model_id!r}", place="figure", remedy=choices(model_id, known))
    return rows


def _unique(rows: pd.DataFrame, attribute: str) -> pd.DataFrame:
    doubled = rows[rows.duplicated(["group", "condition_id"])]
    if not doubled.empty:
        first = doubled.iloc[0]
        raise ScoringError(
            f"more than one row for {first['group']!r} in {first['condition_id']!r}",
            place="figure",
            remedy=f"compute the rates by {attribute!r} alone",
        )
    return rows.reset_index(drop=True)


def condition_order(rows: pd.DataFrame) -> list[str]:
    """Return the conditions as they come in the frame, clean first."""
    results = [str(name) for name in rows["condition_id"].unique()]
    return sorted(results, key=lambda name: name != CLEAN)


def group_order(rows: pd.DataFrame, value: str) -> list[str]:
    """Return the groups in order of ``value`` in the first condition (clean), lowest first.

    Groups without a value come after those with one, ``not stated`` comes last, equal values go by the alphabet.
    """
    first = condition_order(rows)[0]
    known = rows.loc[rows["condition_id"] == first].set_index("group")[value].to_dict()

    def key(group: str) -> tuple[bool, bool, float, str]:
        result = number_or_none(known.get(group))
        return (group == NOT_STATED, result is None, result or 0.0, group)

    return sorted((str(group) for group in rows["group"].unique()), key=key)


def by_group(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of one condition as records, by group."""
    return {str(row.group): row for row in rows.itertuples()}


def number_or_none(value: Any) -> float | None:
    """Return ``value`` as a float, None where it is missing."""
    if is_missing(value):
        return None
    return float(value)


def scaled(value: float | None) -> float | None:
    """Return a fraction as a percentage, None where it is missing."""
    return None if value is None else value * 100


def listed(parts: Sequence[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def interval_words(
    low: float | None, high: float | None, write: Callable[[float | None, float | None], str] = percent_interval
) -> str:
    """Return ``95 % interval 18 to 31 %`` or ``no interval``; ``write`` writes the interval itself."""
    words = write(low, high)
    return words if words == NO_INTERVAL else f"95{NBSP}% interval {words}"
