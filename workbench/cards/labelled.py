"""A card under the display names of its study: groups are renamed in its rows, models and conditions where they are printed.

The reproduction block keeps the ids; the study in it says which name stands for which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from workbench.cards.model import Card
from workbench.cards.rows import Block
from workbench.display_names import REST, DisplayNames, using
from workbench.study import Study

if TYPE_CHECKING:
    from workbench.results import Results

A = ParamSpec("A")
R = TypeVar("R", bound=Block)
RENAMED = ("group", "reference_group")


def in_display_names(build: Callable[Concatenate[Results, A], Card]) -> Callable[Concatenate[Results, A], Card]:
    """Let a card be built under the display names of its results."""

    @wraps(build)
    def built(results: Results, /, *given: A.args, **named: A.kwargs) -> Card:
        with using(results.labels):
            return build(results, *given, **named)

    return built


def display_names_of(card: Card) -> DisplayNames:
    """Return the display names of the study that the card reports."""
    return Study.from_json(card.reproduction.study_json).labels


def labelled_rows(rows: Iterable[R], labels: DisplayNames) -> list[R]:
    """Return rows with their groups under their display names."""
    return [_labelled(row, labels) for row in rows]


def labelled_card(card: Card, labels: DisplayNames) -> Card:
    """Return the card with the groups of all its rows under their display names; what was asked of it stays in ids."""
    if not any(labels.groups.values()):
        return card
    tables = {name: rows for name in type(card).model_fields if isinstance(rows := getattr(card, name), tuple)}
    renamed = {
        name: tuple(labelled_rows(rows, labels)) for name, rows in tables.items() if rows and isinstance(rows[0], Block)
    }
    hidden = {
        name: tuple(labels.group(name, group) for group in groups) for name, groups in card.privacy.hidden.items()
    }
    against = card.method.reference_group
    if against != REST:
        against = next((new for name in card.attributes if (new := labels.group(name, against)) != against), against)
    return card.model_copy(
        update={
            **renamed,
            "privacy": card.privacy.model_copy(update={"hidden": hidden}),
            "method": card.method.model_copy(update={"reference_group": against}),
        }
    )


def _labelled(row: R, labels: DisplayNames) -> R:
    attribute = getattr(row, "attribute", "")
    there = {name: str(getattr(row, name)) for name in RENAMED if getattr(row, name, "")}
    return (
        row.model_copy(update={name: labels.group(attribute, group) for name, group in there.items()})
        if attribute
        else row
    )
