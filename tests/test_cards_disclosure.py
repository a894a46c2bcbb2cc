"""The differencing attack: whoever has every card of a store, and takes one number from another, learns of no few people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.card_material import results
from workbench import cards
from workbench.cards.hashes import content_hash
from workbench.cards.model import Card
from workbench.cards.suppression import MINIMUM_SPEAKERS, SPEAKER, members_of
from workbench.errors import CardError
from workbench.results import Results
from workbench.store import Store, open_store

GROUPS = {"north": 9, "south": 8, "west": 7}
ERRORS = {group: [[3 + at % 4, 2] for at in range(n)] for group, n in GROUPS.items()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def whole() -> Results:
    return results(ERRORS, conditions=("clean",))


def but(whole: Results, *speakers: str, **relabelled: str) -> Results:
    """The run again, without some speakers, or with others in another group."""
    frame = whole.scores[~whole.scores["speaker_id"].isin(speakers)].reset_index(drop=True)
    accents = [relabelled.get(who, accent) for who, accent in zip(frame["speaker_id"], frame["accent"], strict=True)]
    return results(scored=frame.assign(accent=accents), conditions=("clean",))


def publish(made: Results, store: Store, attributes: tuple[str, ...] = ("accent",)) -> Card:
    withheld = cards.withheld_groups(made, store, attributes=attributes)
    card = cards.build_card(made, attributes=attributes, evidence=(), withheld=withheld)
    cards.note_published(card, made, store)
    return card


class Number(NamedTuple):
    """A number that some card prints: of whom (which the attacker guesses), and the errors of these people."""

    people: frozenset[object]
    errors: int


def printed(card: Card, made: Results) -> list[Number]:
    of = {"": {"everyone": frozenset(made.scores[SPEAKER].itertuples(index=False, name=None))}}
    of |= {name: members_of(made.scores, name) for name in card.attributes}
    return [Number(of[row.attribute][row.group], row.errors) for row in card.rates]


def attack(numbers: list[Number]) -> set[frozenset[object]]:
    """Every set of fewer people than the minimum whose errors follow from two printed numbers, or from one and up to three others."""
    told: set[frozenset[object]] = set()
    sums = list(chain(combinations(numbers, 1), combinations(numbers, 2), combinations(numbers, 3)))
    disjoint = [
        parts
        for parts in sums
        if sum(len(part.people) for part in parts) == len(frozenset().union(*(p.people for p in parts)))
    ]
    for number in numbers:
        for parts in disjoint:
            others = frozenset().union(*(part.people for part in parts))
            for larger, smaller in ((number.people, others), (others, number.people)):
                if smaller < larger and len(larger - smaller) < MINIMUM_SPEAKERS:
                    told.add(larger - smaller)
    return told


def test_without_the_comparison_the_attack_finds_one_person(whole: Results) -> None:
    person = whole.scores["speaker_id"].iloc[0]
    other = but(whole, person)
    plain = [cards.build_card(made, attributes=("accent",), evidence=()) for made in (whole, other)]
    numbers = [number for card, made in zip(plain, (whole, other), strict=True) for number in printed(card, made)]
    assert any(len(people) == 1 for people in attack(numbers))


def test_a_card_of_nearly_the_same_people_is_refused_and_one_of_the_same_is_not(whole: Results, store: Store) -> None:
    first = publish(whole, store)
    assert publish(whole, store) == first
    person = whole.scores["speaker_id"].iloc[0]
    with pytest.raises(
        CardError,
        match=r"but for 1: subtracting one card from the other discloses the results of that one.*workbench release",
    ):
        publish(but(whole, person), store)


def test_a_group_that_an_earlier_card_would_tell_on_is_hidden_and_the_attack_finds_nobody(
    whole: Results, store: Store
) -> None:
    made = [whole]
    people = whole.scores.drop_duplicates("speaker_id").groupby("accent")["speaker_id"].apply(list)
    made.append(but(whole, **{people["north"][0]: "south"}))  # a label was corrected
    made.append(
        but(whole, **dict.fromkeys([*people["south"], *people["west"][1:]], "elsewhere"))
    )  # groups put together, but for one
    made.append(but(whole, *people["north"]))  # another study, of two groups
    shown = [publish(item, store) for item in made]
    assert shown[0].privacy.hidden == {"accent": ()}
    assert set(shown[1].privacy.hidden["accent"]) >= {"north", "south"}
    numbers = [number for card, item in zip(shown, made, strict=True) for number in printed(card, item)]
    assert attack(numbers) == set()


def test_several_tables_of_one_store_do_not_tell_more_than_one(whole: Results, store: Store) -> None:
    """Cards by another attribute whose groups are nearly those of the first."""
    people = whole.scores.drop_duplicates("speaker_id").groupby("accent")["speaker_id"].apply(list)
    odd = {people["north"][0], people["west"][0]}
    region = [
        "inland" if who in odd else f"coast of {accent}"
        for who, accent in zip(whole.scores["speaker_id"], whole.scores["accent"], strict=True)
    ]
    both = results(scored=whole.scores.assign(region=region), conditions=("clean",))
    shown = [publish(both, store, ("accent",)), publish(both, store, ("region",))]
    numbers = [number for card in shown for number in printed(card, both)]
    assert attack(numbers) == set()


def test_another_model_or_condition_cannot_be_subtracted(whole: Results, store: Store) -> None:
    publish(whole, store)
    person = whole.scores["speaker_id"].iloc[0]
    other = but(whole, person)
    frame = other.scores.assign(condition_id="babble@3")
    elsewhere = results(scored=frame, conditions=("babble@3",))
    assert cards.withheld_groups(elsewhere, store, attributes=("accent",)) == {}


def test_an_erased_speaker_is_not_told_by_the_card_after(whole: Results, store: Store, tmp_path: Path) -> None:
    publish(whole, store)
    content = (tmp_path / "store.sqlite").read_bytes() + (tmp_path / "store.sqlite-wal").read_bytes()
    assert all(f'"{who}"'.encode() not in content for who in whole.scores["speaker_id"].unique()), "hashes, no ids"
    assert content_hash(publish(whole, store))
