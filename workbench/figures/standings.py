"""Which group is served worst and which best: every group under every condition, and the rule by which one is named.

The **worst-served group** is, among the groups with a firm gap above those they are compared with, the one with the highest word
error rate over all conditions together (sum of errors / sum of words, over the conditions under which every group was heard). Where no
gap is firm it is the highest among all groups of two speakers or more, and the sentences say that its gap is tentative or not shown.
A group of one speaker, and the level ``not stated``, are never called worst or best; a group that looks worse than the one that is
named is named as well. It is quoted in the condition in which its gap is largest, among the conditions with its best verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.figures.plot_rows import condition_order, number_or_none, verdict_doubt
from workbench.figures.wording import condition_labels
from workbench.schema import NOT_STATED

FIRM, TENTATIVE, NOT_SHOWN, WITHIN, SATURATED_HERE, NOT_COMPUTED = (
    "firm", "tentative", "inconclusive", "within the margin", "saturated", "not computed",
)  # fmt: skip
CERTAINTIES = (FIRM, TENTATIVE, NOT_SHOWN, WITHIN, SATURATED_HERE, NOT_COMPUTED)
"""How sure a gap is, surest first; ``within the margin`` is EQUIVALENT."""
_CERTAINTY_OF = {"INCONCLUSIVE": NOT_SHOWN, "SATURATED": SATURATED_HERE, "NOT COMPUTED": NOT_COMPUTED}


@dataclass(frozen=True, slots=True)
class Standing:
    """One group under one condition against those it is compared with.

    Rates and differences are fractions, with their 95 % intervals; None where there is none. ``certainty`` is one of
    ``CERTAINTIES``, ``doubt`` says why it is not firm (``fairness.inference.verdicts.doubt``). ``difference`` is None for the group that
    the others are compared with.
    """

    group: str
    condition_id: str
    condition: str
    n_speakers: int
    n_speakers_reference: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: str
    certainty: str
    doubt: str
    more_speakers: int | None


def standings_of(rows: pd.DataFrame, cells: pd.DataFrame) -> list[Standing]:
    """Return every group under every condition, those without a comparison too."""
    names = condition_labels(condition_order(cells))
    compared = {(row.group, row.condition_id): row for row in rows.itertuples()}
    return [_standing(cell, compared.get((cell.group, cell.condition_id)), names) for cell in cells.itertuples()]


def _standing(cell: Any, row: Any, names: Mapping[str, str]) -> Standing:

    def value(name: str) -> float | None:
        return None if row is None else number_or_none(getattr(row, name))

    verdict, doubt = ("", "") if row is None else (str(row.verdict), verdict_doubt(row))
    more = value("more_speakers")
    return Standing(
        group=str(cell.group),
        condition_id=str(cell.condition_id),
        condition=names[str(cell.condition_id)],
        n_speakers=int(cell.n_speakers),
        n_speakers_reference=0 if row is None else int(row.n_speakers_reference),
        rate=number_or_none(cell.rate),
        rate_low=number_or_none(cell.ci_low),
        rate_high=number_or_none(cell.ci_high),
        difference=value("difference"),
        difference_low=value("ci_low"),
        difference_high=value("ci_high"),
        ratio=value("ratio"),
        ratio_low=value("ratio_low"),
        ratio_high=value("ratio_high"),
        verdict=verdict,
        certainty=_certainty(verdict, doubt),
        doubt=doubt,
        more_speakers=None if more is None else int(more),
    )


def _certainty(verdict: str, doubt: str) -> str:
    if verdict in ("GAP", "EQUIVALENT") and doubt:
        return TENTATIVE
    if verdict == "EQUIVALENT":
        return WITHIN
    return FIRM if verdict == "GAP" else _CERTAINTY_OF.get(verdict, NOT_COMPUTED)


def pooled_rates(cells: pd.DataFrame, enough: set[str]) -> tuple[dict[str, float], int]:
    """Return the rate of each group over the conditions that all were heard under, lowest first, and how many these are.

    Counts are added up before they are divided. Where no condition has all groups, that with the most of them stands for all.
    """
    usable = cells[cells["group"].isin(enough - {NOT_STATED}) & (cells["ref_words"] > 0)]
    if usable.empty:
        return {}, 0
    n_groups = usable.groupby("condition_id", sort=False)["group"].nunique()
    shared = n_groups.index[n_groups == usable["group"].nunique()]
    chosen = usable[usable["condition_id"].isin(shared if len(shared) else [n_groups.idxmax()])]
    sums = chosen.groupby("group")[["errors", "ref_words"]].sum()
    pooled = (sums["errors"] / sums["ref_words"]).sort_values(kind="stable")
    return {str(group): float(rate) for group, rate in pooled.items()}, chosen["condition_id"].nunique()


def worst_served(standings: Sequence[Standing], pooled: Mapping[str, float]) -> Standing:
    """Return the worst-served group in the condition in which it is furthest behind."""
    ranked = [item for item in standings if item.group in pooled]
    firm = {item.group for item in ranked if item.certainty == FIRM and (item.difference or 0) > 0}
    group = max(firm or pooled, key=pooled.__getitem__)
    own = [item for item in ranked if item.group == group]
    behind = [item for item in own if (item.difference or 0) > 0] or own

    def rank(item: Standing) -> tuple[bool, int, float, float]:
        at = (FIRM, TENTATIVE).index(item.certainty) if item.verdict == "GAP" else 2
        return (item.rate is None, at, -(item.difference or 0.0), -(item.rate or 0.0))

    return min(behind, key=rank)


def standing_of(standings: Sequence[Standing], group: str, condition_id: str) -> Standing | None:
    return next((item for item in standings if (item.group, item.condition_id) == (group, condition_id)), None)
