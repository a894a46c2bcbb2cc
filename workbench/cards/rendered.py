"""A card with its words and figures: made once, whatever forms it is written in afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbench.cards.figures import further, material, pictures, printed
from workbench.cards.labelled import display_names_of
from workbench.cards.model import Card
from workbench.cards.view import view
from workbench.display_names import using
from workbench.figures import Picture


class DrawnFigure(NamedTuple):
    """One figure of a card: what it says in words, and its drawing as an SVG document without the title."""

    title: str
    alt: str
    svg: str
    printed: bool = False
    """Whether the PDF prints it as well."""


class DrawnPart(NamedTuple):
    """The figures of one model and attribute: those before its tables, and those after them."""

    first: tuple[DrawnFigure, ...]
    further: tuple[DrawnFigure, ...]


@dataclass(frozen=True)
class DrawnCard:
    """A card, its words as they are printed (``view``), and every figure drawn.

    Attributes
    ----------
    results : the figures of each model and, within it, of each attribute, in the order of the words' results
    material : those of what else differs between the groups
    """

    card: Card
    shown: Mapping[str, Any]
    results: tuple[tuple[DrawnPart, ...], ...]
    material: tuple[DrawnFigure, ...]


def draw(card: Card | DrawnCard) -> DrawnCard:
    """Return the card with its figures drawn; one that is drawn comes back as it is."""
    if isinstance(card, DrawnCard):
        return card
    with using(display_names_of(card)):
        return _draw(card)


def _draw(card: Card) -> DrawnCard:
    models = dict.fromkeys(row.model_id for row in card.rates)
    return DrawnCard(
        card=card,
        shown=view(card),
        results=tuple(
            tuple(
                DrawnPart(_drawn(card, pictures(card, model, name)), _drawn(card, further(card, model, name)))
                for name in card.attributes
            )
            for model in models
        ),
        material=tuple(
            item
            for name in card.attributes
            for item in _drawn(card, {f"balance {n}": one for n, one in enumerate(material(card, name))})
        ),
    )


def _drawn(card: Card, made: Mapping[str, Picture]) -> tuple[DrawnFigure, ...]:
    return tuple(
        DrawnFigure(item.title, item.alt, item.svg(titled=False), printed(card, name)) for name, item in made.items()
    )
