"""Page 1 of the card, which can be published alone: the service, its use, the headline, who was tested, the board, limits and advice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.card_fields import FIELDS
from workbench.cards.headlines import model_names
from workbench.cards.model import Card
from workbench.cards.rows import GapRow, RateRow
from workbench.cards.word_tables import soft
from workbench.figures.plot_rows import listed
from workbench.figures.wording import MISSING, NBSP, clean_text, counted, number, percent, percent_interval, speakers

MOST_ROWS, MOST_CONDITIONS = 14, 5
"""A board with more rows or conditions does not fit page 1: it is drawn under Results."""
MOST_HEADLINES, MOST_LIMITS, MOST_GROUPS = 3, 3, 12
NOT_STATED = "Not stated."
LIGHTEST, DARKEST = (255, 255, 255), (244, 165, 96)
"""Colours of no errors and of every word wrong: black text stays readable on both."""
FIRM_WORSE, FIRM_BETTER, TENTATIVE = "▲", "▼", "△"


def front_page(card: Card) -> dict[str, Any]:
    """Return everything on page 1 as strings."""
    names = model_names([model.model_id for model in card.models] or [row.model_id for row in card.rates])
    fields = card.fields
    lacking = [FIELDS[name].label.lower() for name in card.missing_fields]
    draft = f"Draft: this card lacks {listed(lacking)}. A card that is published has all of these." if lacking else ""
    return {
        "title": clean_text(card.subject),
        "draft": draft,
        "facts": _facts(card, names),
        "uses": [
            [FIELDS[name].label, _lines(fields.get(name, ""))] for name in ("intended_use", "out_of_scope", "advice")
        ],
        "headlines": [
            {
                "of": soft(names.get(row.model_id, row.model_id))
                + (f", by {soft(row.attribute)}" if _several(card) else ""),
                "title": clean_text(row.title),
                "text": clean_text(row.worst) if row.worst else "",
            }
            for row in card.headlines[:MOST_HEADLINES]
        ],
        "more_headlines": _more(len(card.headlines) - MOST_HEADLINES),
        "who": [clean_text(line) for line in _who(card)],
        "board": board(card),
        "limits": [soft(line, 40) for line in (*card.choices.limits, *card.limits)[:MOST_LIMITS]],
        "more_limits": "All limits and definitions are on the following pages.",
    }


def _several(card: Card) -> bool:
    return len({row.attribute for row in card.headlines}) > 1


def _more(n: int) -> str:
    return f"{counted(n, 'further headline')}: see Results." if n > 0 else ""


def _lines(text: str) -> list[str]:
    return [clean_text(line) for line in text.splitlines() if line.strip()] or [NOT_STATED]


def _facts(card: Card, names: Mapping[str, str]) -> list[list[str]]:
    """Return the facts of the service; what is required and not filled stands as not stated."""
    fields = card.fields
    facts = [
        [FIELDS[name].label, soft(fields.get(name, "") or NOT_STATED, 30)] for name in ("version", "owner", "contact")
    ]
    facts.append(["Date", soft(fields.get("date", "") or f"{card.run.date[:10]} (date of the test)")])
    facts += [[FIELDS[name].label, soft(fields[name], 30)] for name in ("review", "training_data") if fields.get(name)]
    facts.append(
        ["Recognisers tested" if len(names) > 1 else "Recogniser tested", soft(listed(list(names.values())), 30)]
    )
    return facts


def _who(card: Card) -> list[str]:
    """Return in a sentence or two who was tested: how many speakers, of which groups."""
    n = sum(corpus.n_speakers_tested for corpus in card.corpora)
    spoken = counted(n, "synthetic voice") if card.only_synthetic_voices else speakers(n)
    heard = sum(corpus.n_utterances_tested for corpus in card.corpora)
    minutes = [corpus.minutes_tested for corpus in card.corpora if corpus.minutes_tested is not None]
    length = f", {sum(minutes):.0f}{NBSP}minutes" if minutes and sum(minutes) >= 1 else ""
    corpora = listed([corpus.title or corpus.corpus_id for corpus in card.corpora])
    lines = [f"{spoken}, {counted(heard, 'utterance')}{length}, from {corpora}."]
    for attribute in card.attributes:
        groups = [group for group in card.groups if group.attribute == attribute]
        named = [f"{group.group} {group.n_speakers:,}" for group in groups[:MOST_GROUPS]]
        rest = len(groups) - MOST_GROUPS
        more = f" and {rest} more groups" if rest > 0 else ""
        if named:
            lines.append(f"By {attribute}: {', '.join(named)}{more}.")
    return lines


def on_front(card: Card) -> bool:
    """Return whether page 1 has room for the board of every model and attribute."""
    rows = {(row.model_id, row.attribute, row.group) for row in card.rates if row.attribute}
    blocks = {(model, attribute) for model, attribute, _ in rows}
    return len(rows) > 0 and len(rows) + len(blocks) <= MOST_ROWS and len(card.conditions) <= MOST_CONDITIONS


def board(card: Card) -> dict[str, Any] | None:
    """Return the error rates of groups by conditions as a table with a colour for each cell; None if it does not fit."""
    if not on_front(card):
        return None
    names = model_names([model.model_id for model in card.models] or [row.model_id for row in card.rates])
    gaps = {(row.model_id, row.condition_id, row.attribute, row.group): row for row in card.gaps}
    blocks = []
    for model in dict.fromkeys(row.model_id for row in card.rates):
        for attribute in card.attributes:
            rows = [row for row in card.rates if (row.model_id, row.attribute) == (model, attribute)]
            if not rows:
                continue
            lines = [_line(card, group, rows, gaps) for group in reversed(_ordered(rows))]
            blocks.append({"heading": f"{soft(names.get(model, model), 40)}, by {soft(attribute)}", "rows": lines})
    reference = {row.reference_group for row in card.gaps}
    other = "the other groups" if reference <= {"rest"} else listed(sorted(reference))
    return {
        "columns": ["Group", *(soft(condition.label) for condition in card.conditions)],
        "blocks": blocks,
        "caption": (
            f"{card.rate_name} with 95{NBSP}% interval; darker is worse. {FIRM_WORSE} firm gap: more errors than {other}; "
            f"{FIRM_BETTER} firm gap: fewer; {TENTATIVE} tentative gap; no sign: no gap was found."
        ),
    }


def _ordered(rows: list[RateRow]) -> list[str]:
    """Return the groups by their pooled rate over all conditions, lowest first."""
    errors: dict[str, list[int]] = {}
    for row in rows:
        sums = errors.setdefault(row.group, [0, 0])
        sums[0] += row.errors
        sums[1] += row.ref_words
    return sorted(errors, key=lambda group: errors[group][0] / max(errors[group][1], 1))


def _line(
    card: Card, group: str, rows: list[RateRow], gaps: Mapping[tuple[str, str, str, str], GapRow]
) -> dict[str, Any]:
    by_condition = {row.condition_id: row for row in rows if row.group == group}
    cells, fills = [soft(group)], [""]
    for condition in card.conditions:
        row = by_condition.get(condition.condition_id)
        gap = gaps.get((row.model_id, row.condition_id, row.attribute, row.group)) if row else None
        cells.append(_cell(row, gap))
        fills.append(_fill(row.rate if row else None))
    return {"cells": cells, "fills": fills}


def _cell(row: RateRow | None, gap: GapRow | None) -> str:
    if row is None:
        return "not tested"
    if row.rate is None:
        return MISSING
    between = "" if row.ci_low is None else f" ({percent_interval(row.ci_low, row.ci_high).removesuffix(f'{NBSP}%')})"
    sign = ""
    if gap is not None and gap.verdict == "GAP" and gap.difference is not None:
        sign = TENTATIVE if gap.doubt else FIRM_WORSE if gap.difference > 0 else FIRM_BETTER
    return f"{percent(row.rate, row.ci_low, row.ci_high)}{between}{NBSP + sign if sign else ''}"


def _fill(rate: float | None) -> str:
    """Return the colour of a rate as ``#rrggbb``; empty without one.

    >>> _fill(0.0), _fill(1.4)
    ('#ffffff', '#f4a560')
    """
    if rate is None:
        return ""
    share = min(max(rate, 0.0), 1.0)
    mixed = [round(a + (b - a) * share) for a, b in zip(LIGHTEST, DARKEST, strict=True)]
    return "#" + "".join(f"{value:02x}" for value in mixed)


def headline_paragraphs(card: Card, model: str, attribute: str) -> list[str]:
    """Return what page 1 does not say of the headline of one model and attribute, a paragraph for each thought."""
    row = next((row for row in card.headlines if (row.model_id, row.attribute) == (model, attribute)), None)
    if row is None:
        return []
    said = row in card.headlines[:MOST_HEADLINES]
    first = (row.best,) if said else (row.title, row.worst, row.best)
    parts = (" ".join(filter(None, first)), row.needed, *row.remarks, row.counts)
    return [clean_text(part) for part in parts if part]


def floor_in_words(floor: float | None) -> str:
    """Return a floor as a percentage, one decimal."""
    return MISSING if floor is None else f"{number(floor, 1)}{NBSP}%"
