"""What the speakers say of a claim: SUPPORTED, REFUTED, or NOT ENOUGH INFORMATION.

- ``accuracy >= X``: SUPPORTED if the simultaneous lower limit of every group reaches X, REFUTED if the upper limit of any
  group stays below it.
- ``gap <= X``: SUPPORTED if every group's gap is EQUIVALENT within X (all of them at once: an intersection-union test, no
  correction), REFUTED if the simultaneous interval of any group lies wholly beyond X.

Whatever a group of fewer than 5 speakers shows is of these speakers: it neither supports nor refutes. Nor is a claim about
every group supported while a group is hidden. All else is NOT ENOUGH INFORMATION, with the reason.

Source: ``fairness.group_gaps.bounds``; ``fairness.inference.verdicts``; intersection-union tests: Berger 1982, Technometrics 24: 295-300.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pandas as pd

from workbench.cards.rows import ClaimRow, FloorRow
from workbench.cards.suppression import without
from workbench.claims import EVERYONE, Claim
from workbench.errors import CardError, StudyError, choices
from workbench.fairness import gaps, simultaneous_bounds
from workbench.fairness.gate import Check, Outcome
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import counted

SUPPORTED, REFUTED, OPEN = "SUPPORTED", "REFUTED", "NOT ENOUGH INFORMATION"


def parsed(texts: Sequence[str], attributes: Sequence[str], conditions: Sequence[str]) -> list[Claim]:
    """Return the claims, in their order.

    Raises
    ------
    CardError : every text that is no claim, or names an attribute or a condition that the card does not have
    """
    result, problems, remedy = [], [], ""
    for text in texts:
        try:
            claim = Claim.parse(text)
        except StudyError as error:
            problems.append(error.what)
            remedy = remedy or error.remedy
            continue
        for name, wanted in ((claim.attribute, [EVERYONE, *attributes]), (claim.condition_id, ["", *conditions])):
            if name not in wanted:
                problems.append(f"{text!r} is about {name!r}, which the card does not have")
                remedy = remedy or choices(name, filter(None, wanted))
        result.append(claim)
    if problems:
        raise CardError("; ".join(problems), place="claims", remedy=remedy)
    return result


def judged(
    scores: pd.DataFrame,
    claims: Sequence[tuple[str, Claim]],
    conditions: Sequence[str],
    models: Sequence[str],
    *,
    reference: Mapping[str, str],
    hidden: Mapping[str, Sequence[str]],
) -> tuple[ClaimRow, ...]:
    """Return each claim, with its source, under every model and condition that it is about.

    Parameters
    ----------
    reference : by attribute, what gaps are to
    hidden : by attribute, the groups that the card does not show
    """
    results: list[ClaimRow] = []
    for source, claim in claims:
        attribute = "" if claim.attribute == EVERYONE else claim.attribute
        to = reference.get(attribute, "rest")
        bounds = simultaneous_bounds(scores, attribute, measure=claim.measure, reference=to)
        bounds = without(bounds, attribute, hidden)
        verdicts: dict[tuple[str, str, str], str] = {}
        if claim.measure == "gap":
            compared = gaps(scores, attribute, reference=to, margin=claim.limit)
            verdicts = {
                (row["model_id"], row["condition_id"], row["group"]): row["verdict"]
                for row in compared.to_dict("records")
            }
        for model in models:
            for condition in [claim.condition_id] if claim.condition_id else conditions:
                here = bounds[(bounds["model_id"] == model) & (bounds["condition_id"] == condition)]
                rows = cast("list[dict[str, Any]]", here.to_dict("records"))
                of_group = {str(row["group"]): verdicts.get((model, condition, str(row["group"])), "") for row in rows}
                row = _judged(claim, rows, of_group, n_hidden=len(hidden.get(attribute, ())))
                results.append(
                    ClaimRow(
                        claim=str(claim), source=source, model_id=model, condition_id=condition, attribute=attribute,
                        measure=claim.measure, limit=claim.limit, **row,
                    )
                )  # fmt: skip
    return tuple(results)


def _judged(
    claim: Claim, rows: Sequence[Mapping[str, Any]], verdicts: Mapping[str, str], *, n_hidden: int
) -> dict[str, Any]:
    """Return verdict, deciding group with its interval, and reason, from the bounds of one model and condition."""
    enough = [row for row in rows if row["n_speakers"] >= ENOUGH_SPEAKERS and number_or_none(row["low"]) is not None]
    against = [row for row in enough if _beyond(claim, row)]
    holding = [row for row in enough if _holds(claim, row, verdicts)]
    few = sum(row["n_speakers"] < ENOUGH_SPEAKERS for row in rows)
    unknown = len(rows) - len(enough) - few
    if against:
        worst = max(against, key=lambda row: _distance(claim, row))
        return {
            "verdict": REFUTED,
            **_of(worst),
            "reason": f"in {counted(len(against), 'group')} of {len(rows) + n_hidden}" if worst["group"] else "",
        }
    if rows and len(holding) == len(rows) and not n_hidden:
        return {"verdict": SUPPORTED, **_of(max(rows, key=lambda row: _distance(claim, row))), "reason": ""}
    open_ones = [row for row in enough if row not in holding]
    sentences = [
        "not tested" if not rows and not n_hidden else "",
        f"{counted(few, 'group')} of fewer than {ENOUGH_SPEAKERS} speakers" if few else "",
        f"{counted(unknown, 'group')} without interval" if unknown else "",
        f"{counted(n_hidden, 'group')} hidden" if n_hidden else "",
        f"{counted(len(open_ones), 'interval')} too wide" if open_ones else "",
    ]
    turning = max(open_ones, key=lambda row: _distance(claim, row), default=None)
    nobody = {"group": "", "value": None, "low": None, "high": None}
    return {"verdict": OPEN, **(_of(turning) if turning else nobody), "reason": "; ".join(filter(None, sentences))}


def _beyond(claim: Claim, row: Mapping[str, Any]) -> bool:
    if claim.measure == "accuracy":
        return bool(row["high"] < claim.limit)
    return bool(row["low"] > claim.limit or row["high"] < -claim.limit)


def _holds(claim: Claim, row: Mapping[str, Any], verdicts: Mapping[str, str]) -> bool:
    if claim.measure == "accuracy":
        return bool(row["low"] >= claim.limit)
    return verdicts[str(row["group"])] == "EQUIVALENT"


def _distance(claim: Claim, row: Mapping[str, Any]) -> float:
    """Return how far the worst end of an interval goes against the claim."""
    low, high = number_or_none(row["low"]), number_or_none(row["high"])
    if low is None or high is None:
        return float("-inf")
    return -low if claim.measure == "accuracy" else max(-low, high)


def _of(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: number_or_none(row[name]) for name in ("value", "low", "high")}
    return {"group": str(row["group"]), **numbers}


def floors(
    scores: pd.DataFrame,
    attributes: Sequence[str],
    conditions: Sequence[str],
    models: Sequence[str],
    hidden: Mapping[str, Sequence[str]],
) -> tuple[FloorRow, ...]:
    """Return the floor of every model, condition and attribute: the least simultaneous lower limit of the words right.

    None where a group has no interval, or is hidden: then nothing is known of every group.
    """
    results = []
    for attribute in attributes:
        bounds = without(simultaneous_bounds(scores, attribute, measure="words_right"), attribute, hidden)
        for (model, condition), rows in bounds.groupby(["model_id", "condition_id"], sort=False):
            if model not in models or condition not in conditions:
                continue
            unknown = int(rows["low"].isna().sum())
            n_hidden = len(hidden.get(attribute, ()))
            bounded = rows.dropna(subset=["low"]).to_dict("records")
            worst = min(bounded, key=lambda row: row["low"], default=None)
            few = sum(row["n_speakers"] < ENOUGH_SPEAKERS for row in bounded)
            sentences = [
                f"{counted(unknown, 'group')} without interval" if unknown else "",
                f"{counted(n_hidden, 'group')} hidden" if n_hidden else "",
                f"{counted(few, 'group')} of fewer than {ENOUGH_SPEAKERS} speakers" if few else "",
            ]
            results.append(
                FloorRow(
                    model_id=str(model), condition_id=str(condition), attribute=attribute, n_groups=len(rows) + n_hidden,
                    group=str(worst["group"]) if worst else "",
                    words_right=worst["value"] if worst else None,
                    low=worst["low"] if worst else None,
                    high=worst["high"] if worst else None,
                    floor=worst["low"] if worst and not (unknown or n_hidden) else None,
                    reason="; ".join(filter(None, sentences)),
                )
            )  # fmt: skip
    order = {
        (m, c, a): i for i, (m, a, c) in enumerate((m, a, c) for m in models for a in attributes for c in conditions)
    }
    return tuple(sorted(results, key=lambda row: order[row.model_id, row.condition_id, row.attribute]))


def claim_checks(claims: Sequence[ClaimRow]) -> tuple[Check, ...]:
    """Return a check of the gate for every claim under every model and condition."""
    outcomes: Mapping[str, Outcome] = {SUPPORTED: "passed", REFUTED: "failed", OPEN: "open"}
    return tuple(
        Check(
            rule=row.claim,
            model_id=row.model_id,
            condition_id=row.condition_id,
            of=f"{row.attribute}={row.group}" if row.group else "",
            outcome=outcomes[row.verdict],
            detail="; ".join(filter(None, (row.verdict, _value_in_words(row), row.reason))),
        )
        for row in claims
    )


def _value_in_words(row: ClaimRow) -> str:
    """Return the figure of the deciding group with its simultaneous interval; empty without one."""
    if row.value is None or row.low is None or row.high is None:
        return ""
    limits = f"{100 * row.low:.1f} to {100 * row.high:.1f}"
    if row.measure == "accuracy":
        return f"accuracy {100 * row.value:.1f} % (simultaneous 95 % interval {limits})"
    return f"gap {100 * row.value:+.1f} points (simultaneous 95 % interval {limits})"
