"""The tables of a card about claims, floors, responsible use and examples, in words."""

from __future__ import annotations

import math

from workbench.cards.model import Card
from workbench.cards.rows import ClaimRow, FloorRow
from workbench.cards.word_tables import Table, blocks, soft, table
from workbench.figures.wording import (
    MISSING,
    NBSP,
    clean_text,
    counted,
    percent,
    percent_interval,
    points,
    points_interval,
)
from workbench.schema import NOT_STATED

STATED = {
    "study": "in the study, before the run",
    "card": "for this card",
    "margin": "by the margin of the study",
}
"""Where a claim comes from, in words."""


def claims(card: Card) -> Table | None:
    """Return every claim, a block for each, with its verdict under each condition; None if there are none."""
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    several = len({row.model_id for row in card.claims}) > 1
    parts: dict[str, list[list[str]]] = {}
    for row in card.claims:
        cells = [soft(labels.get(row.condition_id, row.condition_id)), row.verdict, _turning(row)]
        parts.setdefault(soft(row.claim.replace(">=", "≥").replace("<=", "≤")), []).append(
            [*([soft(row.model_id)] if several else []), *cells]
        )
    columns = [*(["Model"] if several else []), "Condition", "Verdict", "It turns on"]
    widths = [*([1.4] if several else []), 1.2, 1.6, 2.8]
    stated = "; ".join(f"{n} stated {text}" for key, text in STATED.items() if (n := _stated(card, key)))
    caption = f"Claims, and what the speakers say of them (simultaneous 95 % intervals): {stated}."
    return blocks(columns, "l" * len(columns), widths, parts.items(), caption) if parts else None


def _stated(card: Card, source: str) -> int:
    return len({row.claim for row in card.claims if row.source == source})


def _turning(row: ClaimRow) -> str:
    """Return the group that decides with its interval, and the reason."""
    text = ""
    if row.value is not None:
        who = soft(row.group) if row.group else "everyone"
        text = f"{who}: {_figure(row)}"
    return "; ".join(filter(None, [text, row.reason])) or MISSING


def _figure(row: ClaimRow) -> str:
    if row.measure == "gap":
        return f"{points(row.value, row.low, row.high)} ({points_interval(row.low, row.high)})"
    return f"{percent(row.value, row.low, row.high)} ({_share_interval(row.low, row.high)})"


def _share_interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "no interval"
    return f"{_or_below_zero(low)} to {_or_below_zero(high)}{NBSP}%"


def _or_below_zero(share: float) -> str:
    """Return a share in percent; of accuracies below zero, which tell nothing more, only that they are."""
    return "below 0" if share < 0 else f"{100 * share:.1f}"


def floors(card: Card) -> Table | None:
    """Return the floor of every condition, a block for each model and attribute; None if there are none."""
    labels = {item.condition_id: item.label for item in card.conditions}
    several = len({row.model_id for row in card.floors}) > 1
    parts: dict[str, list[list[str]]] = {}
    worst = {
        (row.model_id, row.condition_id, row.attribute): row
        for row in sorted(card.rates, key=lambda row: -math.inf if row.rate is None else row.rate)
        if row.rate is not None
    }
    for row in card.floors:
        lowest = MISSING
        if row.accuracy is not None:
            interval = _share_interval(row.low, row.high)
            lowest = f"{soft(row.group)}: {percent(row.accuracy, row.low, row.high)} ({interval})"
        name = soft(f"{row.model_id}, {row.attribute}" if several else row.attribute, 30)
        served = worst.get((row.model_id, row.condition_id, row.attribute))
        highest = (
            f"{soft(served.group)}: {percent(served.rate, served.ci_low, served.ci_high)} "
            f"({percent_interval(served.ci_low, served.ci_high)})"
            if served
            else MISSING
        )
        condition = soft(labels.get(row.condition_id, row.condition_id))
        cells = [condition, highest, _floor(row), lowest, row.reason or MISSING]
        parts.setdefault(name, []).append(cells)
    caption = (
        "Worst served: the group with the highest word error rate (WER), with its 95 % interval. Floor: the word accuracy (1 − WER) that every group is shown to reach: the least lower limit of intervals that hold "
        "for all groups together with 95 %, which a small group may set by its wide interval. None: not even 0 % is shown."
    )
    columns = ["Condition", "Worst served (WER)", "Every group ≥", "Sets the floor", "Reserve"]
    return blocks(columns, "llrll", [1.0, 1.6, 0.7, 1.6, 1.3], parts.items(), caption) if parts else None


def _floor(row: FloorRow) -> str:
    if row.floor is None:
        return MISSING
    return "none" if row.floor < 0 else f"{100 * row.floor:.1f}{NBSP}%"


def dimensions(card: Card) -> list[list[str]]:
    """Return each dimension of responsible use with what the card shows of it."""
    return [[row.dimension, soft(row.text, 40)] for row in card.dimensions]


def licence(card: Card) -> list[list[str]]:
    """Return licence, consent and privacy as facts."""
    facts = [
        [soft(item.title or item.corpus_id, 30), soft(f"Licence: {item.licence}. {_consent(item.consent)}", 40)]
        for item in card.corpora
    ]
    hidden = [f"{name}: {', '.join(groups)}" for name, groups in card.privacy.hidden.items() if groups]
    least = card.privacy.minimum_speakers
    kept = f"groups under {least} speakers are hidden" if least > 1 else "no group is hidden"
    return [
        *facts,
        ["Audio", clean_text(card.privacy.audio)],
        ["In this card", f"No audio; {counted(len(card.examples), 'transcript') if card.examples else 'no transcripts'}; {kept}" + (f" ({soft('; '.join(hidden), 30)})" if hidden else "") + "."],
    ]  # fmt: skip


def _consent(stated: str) -> str:
    return "Consent of the speakers: not stated by the corpus." if stated == NOT_STATED else f"Consent: {stated}"


def examples(card: Card) -> Table | None:
    """Return the chosen transcripts; None if there are none."""
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    rows = [
        [
            soft(labels.get(row.condition_id, row.condition_id)),
            soft(row.model_id),
            soft(row.reference),
            _written(row.hypothesis),
        ]
        for row in card.examples
    ]
    caption = "Transcripts that the analyst chose to print. They illustrate; they are no evidence."
    return table(["Condition", "Model", "Said", "Written"], "llll", [1, 1.2, 2, 2], rows, caption) if rows else None


def _written(text: str | None) -> str:
    return "(decoding failed)" if text is None else soft(text) if text else "(nothing)"
