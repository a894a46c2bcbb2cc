"""The tables of a card about claims, floors, responsible use and examples, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from workbench.cards.front_page import floor_in_words
from workbench.cards.headlines import model_names
from workbench.cards.model import Card
from workbench.cards.rows import ClaimRow
from workbench.cards.word_tables import Table, blocks, soft, table
from workbench.figures.plot_rows import listed
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
from workbench.text import UNIT_WORDS

STATED = {
    "study": "in the study, before the run",
    "card": "for this card",
    "margin": "by the margin of the study",
}
"""Where a claim comes from, in words."""


def claims(card: Card) -> Table | None:
    """Return every claim, a block for each, with its verdict; None if there are none.

    Conditions of one model that came out alike share a row, which has the figure that goes furthest against the claim.
    """
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    names = model_names([model.model_id for model in card.models])
    several = len({row.model_id for row in card.claims}) > 1
    parts: dict[str, list[list[str]]] = {}
    for (claim, model, _), group in groupby(card.claims, key=lambda row: (row.claim, row.model_id, row.verdict)):
        rows = list(group)
        where = soft(listed([labels.get(row.condition_id, row.condition_id) for row in rows]))
        heading = soft(claim.replace(">=", "≥").replace("<=", "≤"))
        parts.setdefault(heading, []).append(
            [*([soft(names.get(model, model), 30)] if several else []), where, rows[0].verdict, _deciding(rows, labels)]
        )
    columns = [*(["Model"] if several else []), "Condition", "Verdict", "Deciding group or reason"]
    widths = [*([1.4] if several else []), 1.5, 1.6, 2.5]
    stated = "; ".join(f"{n} stated {text}" for key, text in STATED.items() if (n := _stated(card, key)))
    caption = f"Claims, and what the speakers show (simultaneous 95 % intervals): {stated}."
    return blocks(columns, "l" * len(columns), widths, parts.items(), caption) if parts else None


def _deciding(rows: Sequence[ClaimRow], labels: Mapping[str, str]) -> str:
    """Return the figure that goes furthest against the claim, with its condition where there are several, and the reason."""
    furthest = max(rows, key=_against_claim)
    text = _turning(furthest)
    if len(rows) > 1 and furthest.value is not None:
        text += f" (in {soft(labels.get(furthest.condition_id, furthest.condition_id))})"
    return text


def _against_claim(row: ClaimRow) -> float:
    if row.low is None or row.high is None:
        return -math.inf
    return -row.low if row.measure == "accuracy" else max(-row.low, row.high)


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
    names = model_names([model.model_id for model in card.models])
    several = len({row.model_id for row in card.floors}) > 1
    parts: dict[str, list[list[str]]] = {}
    worst = {
        (row.model_id, row.condition_id, row.attribute): row
        for row in sorted(card.rates, key=lambda row: -math.inf if row.rate is None else row.rate)
        if row.rate is not None
    }
    caveats = any(row.reason for row in card.floors)
    for row in card.floors:
        lowest = MISSING
        if row.words_right is not None:
            interval = _share_interval(row.low, row.high)
            lowest = f"{soft(row.group)}: {percent(row.words_right, row.low, row.high)} ({interval})"
        called = names.get(row.model_id, row.model_id)
        name = soft(f"{called}, {row.attribute}" if several else row.attribute, 30)
        served = worst.get((row.model_id, row.condition_id, row.attribute))
        highest = (
            f"{soft(served.group)}: {percent(served.rate, served.ci_low, served.ci_high)} "
            f"({percent_interval(served.ci_low, served.ci_high)})"
            if served
            else MISSING
        )
        condition = soft(labels.get(row.condition_id, row.condition_id))
        cells = [condition, highest, floor_in_words(row.floor), lowest]
        parts.setdefault(name, []).append([*cells, *([row.reason or MISSING] if caveats else [])])
    counted = UNIT_WORDS[card.unit][2]
    caption = (
        f"Worst served: the group with the highest {card.rate_name.lower()} ({card.rate_in_short}). Floor: with 95 % confidence, at least this "
        f"share of the {counted} of every group is right (hits over {counted} said; what is invented does not count). A small group may set it by its wide interval. "
        f"{MISSING}: a group has no interval."
    )
    columns = [
        "Condition",
        f"Worst served ({card.rate_in_short})",
        "Floor",
        "Group that sets the floor",
        *(["Caveat"] if caveats else []),
    ]
    widths = [1.0, 1.7, 0.6, 1.7, *([1.3] if caveats else [])]
    return blocks(columns, "llll" + "l" * caveats, widths, parts.items(), caption) if parts else None


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
    names = model_names([model.model_id for model in card.models])
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    rows = [
        [
            soft(labels.get(row.condition_id, row.condition_id)),
            soft(names.get(row.model_id, row.model_id), 30),
            soft(row.reference),
            _written(row.hypothesis),
        ]
        for row in card.examples
    ]
    caption = "Transcripts that the analyst chose to print. They are illustrative only."
    return (
        table(["Condition", "Model", "Reference", "Transcript"], "llll", [1, 1.2, 2, 2], rows, caption)
        if rows
        else None
    )


def _written(text: str | None) -> str:
    return "(decoding failed)" if text is None else soft(text) if text else "(nothing)"
