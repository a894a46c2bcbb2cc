"""The tables of the card, in words: columns, rows in blocks, widths. How each number is written is decided here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.cards.headlines import model_names
from workbench.cards.model import Card
from workbench.cards.rows import GapRow, RateRow
from workbench.figures.wording import (
    MISSING,
    NBSP,
    clean_text,
    decimals,
    number,
    percent,
    percent_interval,
    points_interval,
)
from workbench.text import UNIT_WORDS

BREAK = "\u200b"
"""Zero-width space: a long name may be broken here."""
MANY_ROWS = 600
"""A card with more rates and gaps than this prints the most telling columns only."""
MOST_ROWS = 1500
"""A card with more than this prints none of them: the figures show them, the CSV files hold them."""
MANY_BOARDS, MANY_CELLS = 4, 260
"""With more pairs of model and attribute, or more rates, a card draws heat maps and intervals only: it stays under 2 MB."""

Table = dict[str, Any]


def soft(text: object, longest: int = 14) -> str:
    """Return ``text`` on one line, with places to break in words that no column could hold otherwise."""
    words = clean_text(text).split(" ")
    return " ".join(_breakable(word, longest) if len(word) > longest else word for word in words)


def _breakable(word: str, longest: int) -> str:
    marked = re.sub(r"([/_=&?@#.,:+-])(?=.)", rf"\1{BREAK}", word)
    pieces = marked.split(BREAK)
    return BREAK.join(BREAK.join(piece[i : i + longest] for i in range(0, len(piece), longest)) for piece in pieces)


def probability(p: float | None) -> str:
    """Return a p-value: ``0.03``, ``0.004``, ``<0.001``."""
    if p is None:
        return MISSING
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def table(
    columns: Sequence[str], align: str, widths: Sequence[float], rows: Iterable[Sequence[str]], caption: str
) -> Table:
    """Return a table of one block. ``align``: one of ``l`` and ``r`` per column; ``widths``: shares of the page."""
    return blocks(columns, align, widths, [("", rows)], caption)


def blocks(
    columns: Sequence[str],
    align: str,
    widths: Sequence[float],
    parts: Iterable[tuple[str, Iterable[Sequence[str]]]],
    caption: str,
) -> Table:
    """Return a table of several blocks, each a heading and its rows."""
    return {
        "columns": list(columns),
        "align": ["right" if side == "r" else "left" for side in align],
        "widths": list(widths),
        "blocks": [{"heading": heading, "rows": [list(row) for row in rows]} for heading, rows in parts],
        "caption": caption,
    }


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the results: heading (empty: the attribute), side, share of the width, how a rate and its gap are written."""

    heading: str | Callable[[Card], str]
    side: str
    width: float
    write: Callable[[RateRow, GapRow | None], str]
    always: bool = True
    """False: left out of a long card."""


RATES: tuple[Column, ...] = (
    Column("", "l", 2.2, lambda row, gap: soft(row.group)),
    Column("Speakers", "r", 0.95, lambda row, gap: f"{row.n_speakers:,}"),
    Column(
        lambda card: UNIT_WORDS[card.unit][2].partition(" ")[0].capitalize(),
        "r",
        0.75,
        lambda row, gap: f"{row.ref_words:,}",
        always=False,
    ),
    Column(lambda card: card.rate_in_short, "r", 0.8, lambda row, gap: percent(row.rate, row.ci_low, row.ci_high)),
    Column("95 % interval", "l", 1.35, lambda row, gap: percent_interval(row.ci_low, row.ci_high)),
)
GAPS: tuple[Column, ...] = (
    Column("Gap", "r", 0.7, lambda row, gap: number(gap.difference, _places(gap), sign=True) if gap else MISSING),
    Column(
        "95 % interval",
        "l",
        1.35,
        lambda row, gap: points_interval(gap.ci_low, gap.ci_high).removesuffix(f"{NBSP}points") if gap else MISSING,
    ),
    Column(
        "Ratio",
        "r",
        0.7,
        lambda row, gap: MISSING if gap is None or gap.ratio is None else f"{gap.ratio:.2f}",
        always=False,
    ),
    Column("p (family)", "r", 0.95, lambda row, gap: _family_p(gap)),
    Column("Verdict", "l", 1.75, lambda row, gap: _verdict(gap)),
)


def _heading(column: Column, card: Card) -> str:
    return column.heading if isinstance(column.heading, str) else column.heading(card)


def _places(row: GapRow) -> int:
    return decimals(row.ci_low, row.ci_high)


def _family_p(gap: GapRow | None) -> str:
    if gap is None:
        return MISSING
    return probability(gap.p_adjusted if gap.p_familywise is None else gap.p_familywise)


def _verdict(gap: GapRow | None) -> str:
    if gap is None:
        return "reference"
    return f"{gap.verdict}, tentative" if gap.doubt else gap.verdict


def result(card: Card, model: str, attribute: str) -> dict[str, Any]:
    """Return the rates and gaps of one model and attribute as one table, a block for each condition."""
    rates = [row for row in card.rates if (row.model_id, row.attribute) == (model, attribute)]
    gaps = [row for row in card.gaps if (row.model_id, row.attribute) == (model, attribute)]
    by, n = clean_text(attribute), len(card.rates) + len(card.gaps)
    shown: dict[str, Any] = {"attribute": by, "rates": None, "note": ""}
    if not rates:
        shown["note"] = f"Every group of {by} is hidden: section Limits says why."
        return shown
    if n > MOST_ROWS:
        shown["note"] = (
            f"{len(rates):,} rates and {len(gaps):,} gaps are too many to print: rates.csv and gaps.csv hold them."
        )
        return shown
    called = soft(model_names([item.model_id for item in card.models] or [model]).get(model, model), 40)
    caption = f"{called}: {card.rate_name.lower()} by {by}"
    compared = any(row.difference is not None for row in gaps)
    if not gaps:
        shown["note"] = f"No gap: speakers are in more than one group of {by}; a gap compares different people."
    elif not compared:
        shown["note"] = "No gap: there are not two groups with scored words to compare."
    else:
        caption += f", and gap to {clean_text(against(gaps[0].reference_group))} in percentage points"
    columns = [column for column in (*RATES, *(GAPS if compared else ())) if column.always or n <= MANY_ROWS]
    of_rate = {(row.condition_id, row.group): row for row in gaps}
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    shown["rates"] = blocks(
        [_heading(column, card) or soft(attribute) for column in columns],
        "".join(column.side for column in columns),
        [column.width for column in columns],
        [
            (label, [[column.write(row, of_rate.get((name, row.group))) for column in columns] for row in own])
            for name, label in labels.items()
            if (own := [row for row in rates if row.condition_id == name])
        ],
        f"{caption}.",
    )
    return shown


def few_figures(card: Card) -> bool:
    """Return whether a card is so long that it draws heat maps and intervals only."""
    boards = len({row.model_id for row in card.rates}) * len(card.attributes)
    return boards > MANY_BOARDS or len(card.rates) > MANY_CELLS


def against(reference: str) -> str:
    """Return what a group is compared with, as it stands in a sentence."""
    return "the rest" if reference == "rest" else reference
