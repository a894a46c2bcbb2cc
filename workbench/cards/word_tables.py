"""The tables of the card, in words: columns, rows in blocks, widths. How each number is written is decided here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

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

BREAK = "\u200b"
"""Zero-width space: a long name may be broken here."""
MANY_ROWS = 600
"""A card with more rates and gaps than this prints the most telling columns only."""
MOST_ROWS = 1500
"""A card with more than this prints none of them: the figures show them, the CSV files hold them."""
MANY_BOARDS, MANY_CELLS = 4, 260
"""With more pairs of model and attribute, or more rates, a card draws heat maps and intervals only: it stays under 2 MB."""

Table = dict[str, Any]
R = TypeVar("R", RateRow, GapRow)


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
class Column(Generic[R]):
    """One column of a results table: heading (empty: the attribute), side, share of the width, how a row is written."""

    heading: str
    side: str
    width: float
    write: Callable[[R], str]
    always: bool = True
    """False: left out of a long card."""


RATES: tuple[Column[RateRow], ...] = (
    Column("", "l", 2.4, lambda row: soft(row.group)),
    Column("Speakers", "r", 1.0, lambda row: f"{row.n_speakers:,}"),
    Column("Utterances", "r", 1.1, lambda row: f"{row.n_utterances:,}", always=False),
    Column("Words", "r", 0.9, lambda row: f"{row.ref_words:,}", always=False),
    Column("Errors", "r", 0.9, lambda row: f"{row.errors:,}", always=False),
    Column("WER", "r", 0.9, lambda row: percent(row.rate, row.ci_low, row.ci_high)),
    Column("95 % interval", "l", 1.5, lambda row: percent_interval(row.ci_low, row.ci_high)),
    Column("Evidence", "l", 1.3, lambda row: row.evidence),
)
GAPS: tuple[Column[GapRow], ...] = (
    Column("", "l", 2.4, lambda row: soft(row.group)),
    Column("Gap", "r", 0.8, lambda row: number(row.difference, _places(row), sign=True)),
    Column(
        "95 % interval", "l", 1.5, lambda row: points_interval(row.ci_low, row.ci_high).removesuffix(f"{NBSP}points")
    ),
    Column("Ratio", "r", 0.8, lambda row: MISSING if row.ratio is None else f"{row.ratio:.2f}", always=False),
    Column(
        "p (family)",
        "r",
        1.0,
        lambda row: probability(row.p_adjusted if row.p_familywise is None else row.p_familywise),
    ),
    Column("Detectable", "r", 1.1, lambda row: number(row.mde, _places(row)), always=False),
    Column("Verdict", "l", 1.7, lambda row: f"{row.verdict}, tentative" if row.doubt else row.verdict),
)


def _places(row: GapRow) -> int:
    return decimals(row.ci_low, row.ci_high)


def result(card: Card, model: str, attribute: str) -> dict[str, Any]:
    """Return the rates and gaps of one model and attribute as tables, a block for each condition."""
    rates = [row for row in card.rates if (row.model_id, row.attribute) == (model, attribute)]
    gaps = [row for row in card.gaps if (row.model_id, row.attribute) == (model, attribute)]
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    by, n = clean_text(attribute), len(card.rates) + len(card.gaps)
    shown: dict[str, Any] = {"attribute": by, "rates": None, "gaps": None, "note": ""}
    if not rates:
        shown["note"] = f"Every group of {by} is hidden: section Limits says why."
        return shown
    if n > MOST_ROWS:
        shown["note"] = (
            f"{len(rates):,} rates and {len(gaps):,} gaps are too many to print: rates.csv and gaps.csv hold them."
        )
        return shown
    long = n > MANY_ROWS
    shown["rates"] = _results(RATES, rates, labels, attribute, f"Word error rate by {by}.", long=long)
    if not gaps:
        shown["note"] = f"No gap: speakers are in more than one group of {by}; a gap compares different people."
    elif not any(row.difference is not None for row in gaps):
        shown["note"] = "No gap: there are not two groups with scored words to compare."
    else:
        caption = f"Gap to {clean_text(against(gaps[0].reference_group))} by {by}, in percentage points."
        if not long:
            caption += " Detectable: the gap that this sample would have shown with 80 % power."
        shown["gaps"] = _results(GAPS, gaps, labels, attribute, caption, long=long)
    return shown


def few_figures(card: Card) -> bool:
    """Return whether a card is so long that it draws heat maps and intervals only."""
    boards = len({row.model_id for row in card.rates}) * len(card.attributes)
    return boards > MANY_BOARDS or len(card.rates) > MANY_CELLS


def against(reference: str) -> str:
    """Return what a group is compared with, as it stands in a sentence."""
    return "the rest" if reference == "rest" else reference


def _results(
    columns: Sequence[Column[R]],
    rows: Sequence[R],
    labels: Mapping[str, str],
    attribute: str,
    caption: str,
    *,
    long: bool,
) -> Table:
    kept = [column for column in columns if column.always or not long]
    present = [name for name in labels if any(row.condition_id == name for row in rows)]
    return blocks(
        [column.heading or soft(attribute) for column in kept],
        "".join(column.side for column in kept),
        [column.width for column in kept],
        [
            (labels[name], [[column.write(row) for column in kept] for row in rows if row.condition_id == name])
            for name in present
        ],
        caption,
    )
