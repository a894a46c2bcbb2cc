"""Disclosure over several cards: what earlier cards of a store showed, taken from this one, must not tell on a few people.

Two cards of nearly the same speakers, under a model and condition that both have, can be subtracted. So a group is not shown if an earlier
card showed the same people but for fewer than the minimum: as a group, as everybody, or as several groups together, and the other way
round. Where everybody is nearly everybody of an earlier card, there is no card. A card of the same people is no problem.

Source: Fellegi 1972, JASA 67:7-18 (residual disclosure); Willenborg & de Waal 2001, *Elements of Statistical Disclosure Control*, ch. 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from workbench.cards.builder import minimum_of, reported_attributes
from workbench.cards.model import Card
from workbench.cards.suppression import SPEAKER, hidden_groups, members_of
from workbench.errors import CardError, StoreError
from workbench.results import Results
from workbench.store import Store
from workbench.store.published_groups import Cells, Published, earlier, hashed, record

EVERYBODY = ""
"""The attribute, and the group, of all speakers together."""


def withheld_groups(
    results: Results, store: Store, *, attributes: Sequence[str] | None = None, minimum_speakers: int | None = None
) -> dict[str, tuple[str, ...]]:
    """Return, by attribute, the groups that a card must not show beside the earlier cards of ``store``; parameters as of ``build_card``.

    Raises
    ------
    CardError : all its speakers together are nearly those of an earlier card; an attribute that the scores do not have
    """
    minimum = minimum_of(results) if minimum_speakers is None else minimum_speakers
    if minimum <= 1 or results.scores.empty:
        return {}
    attributes = reported_attributes(results, attributes)
    groups, cells = hashed(store, _groups(results.scores, attributes)), _cells(results.scores)
    cards = [card for card in earlier(store) if card.cells & cells]
    for card in cards:
        apart = len(groups[EVERYBODY][EVERYBODY] ^ card.groups.get(EVERYBODY, {}).get(EVERYBODY, frozenset()))
        if 0 < apart < minimum and EVERYBODY in card.groups:
            raise CardError(
                f"its speakers are those of the card of run {card.run_id} ({card.created_at[:10]}) but for {apart}: subtracting one card from the "
                f"other discloses the results of {'that one' if apart == 1 else 'those'}",
                place=f"card of run {results.run.run_id}",
                remedy="report the same speakers, or publish with: workbench release",
            )
    withheld: dict[str, set[str]] = {name: set() for name in attributes}
    while True:  # what is hidden changes what else has to be: until nothing that is shown tells on anybody
        hidden = hidden_groups(results.scores, attributes, minimum, {name: sorted(of) for name, of in withheld.items()})
        telling = [
            (name, group)
            for name in attributes
            for card in cards
            for group in _telling({g: of for g, of in groups[name].items() if g not in hidden[name]}, card, minimum)
        ]
        if not telling:
            return {name: tuple(sorted(of)) for name, of in withheld.items() if of}
        for name, group in telling:
            withheld[name].add(group)


def note_published(card: Card, results: Results, store: Store) -> str:
    """Keep what a card shows, for the cards that come after it; return why that was not possible, empty if it was."""
    shown = {
        name: {group: people for group, people in of.items() if group not in card.privacy.hidden.get(name, ())}
        for name, of in _groups(results.scores, card.attributes).items()
    }
    try:
        record(store, card.content_hash, card.run.run_id, _cells(results.scores), shown)
    except StoreError as error:  # a store that can only be read
        return f"later cards of this store will not be compared with this one: it cannot be noted there ({error.what})"
    return ""


def _telling(shown: Mapping[str, frozenset[str]], card: Published, minimum: int) -> set[str]:
    """Return the groups that differ from something that a card showed by fewer speakers than the minimum."""
    found: set[str] = set()
    for of in card.groups.values():
        for group, people in shown.items():
            if _near(people, [*of.values(), _cover(people, of.values())], minimum):
                found.add(group)
        for people in of.values():  # several new groups together may be nearly one that was shown
            parts = [group for group, own in shown.items() if 2 * len(own & people) > len(own)]
            if _near(people, [frozenset().union(*(shown[group] for group in parts))], minimum):
                found |= set(parts)
    return found


def _cover(people: frozenset[str], groups: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the groups together that lie for the most part within ``people``."""
    return frozenset().union(*(of for of in groups if 2 * len(of & people) > len(of)))


def _near(people: frozenset[str], others: Iterable[frozenset[str]], minimum: int) -> bool:
    return any(0 < len(people ^ other) < minimum for other in others if other)


def _groups(scores: pd.DataFrame, attributes: Sequence[str]) -> dict[str, dict[str, frozenset[object]]]:
    everybody = frozenset(scores[SPEAKER].drop_duplicates().itertuples(index=False, name=None))
    return {EVERYBODY: {EVERYBODY: everybody}, **{name: members_of(scores, name) for name in attributes}}


def _cells(scores: pd.DataFrame) -> Cells:
    pairs = scores[["model_id", "condition_id"]].drop_duplicates()
    return frozenset((str(model), str(condition)) for model, condition in pairs.itertuples(index=False, name=None))
