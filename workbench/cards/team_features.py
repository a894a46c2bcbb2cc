"""Teams and features: what each team of a ledger states claims about, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.cards.claim_verdicts import SUPPORTED
from workbench.cards.ledger import Statement
from workbench.cards.updates import ACCEPTED, USE, Update
from workbench.errors import CardError
from workbench.fairness.comparison.pointer_list import CONDITION
from workbench.schema import CLEAN

COLUMNS = ("team", "feature", "claims", "judged", "hold")


def team_features(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return how many claims of each team speak of each feature, how many were judged, and how many were supported or accepted once.

    A feature is an attribute, the condition (where it is not clean), or what is measured beforehand.

    Raises
    ------
    CardError : a ledger without claims
    """
    judged: dict[int, set[str]] = {}
    for row in entries:
        if row["kind"] == "judgement":
            judged.setdefault(int(row["claim"]), set()).add(str(row["verdict"]))
    counted: dict[tuple[str, str], list[int]] = {}
    for row in entries:
        if row["kind"] != "claim":
            continue
        verdicts = judged.get(int(row["n"]), set())
        for feature in _features(str(row["statement"])):
            counts = counted.setdefault((str(row["by"]), feature), [0, 0, 0])
            counts[0] += 1
            counts[1] += bool(verdicts)
            counts[2] += bool(verdicts & {SUPPORTED, ACCEPTED})
    if not counted:
        raise CardError("no claim is stated", place="ledger", remedy="state one: workbench claim add")
    rows = [(*key, *counts) for key, counts in sorted(counted.items())]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _features(text: str) -> tuple[str, ...]:
    if USE in text:
        return Update.parse(text).predicate.features
    statement = Statement.parse(text)
    return (statement.attribute,) if statement.condition_id == CLEAN else (statement.attribute, CONDITION)
