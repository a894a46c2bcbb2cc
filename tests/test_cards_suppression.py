"""Small groups stay hidden: no sum or difference of what a card shows gives a group of fewer speakers than the minimum."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.card_material import build, plain, read, results
from tests.figure_frames import Errors, scores
from workbench import cards
from workbench.cards.suppression import hidden_groups
from workbench.errors import CardError

MINIMUM = 5
ATTRIBUTES = ("accent", "region")

people = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwx")), min_size=1, max_size=40
)  # each speaker's accent and region


def material(speakers: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "corpus_id": "c", "speaker_id": str(at), "accent": accent, "region": region, "model_id": "m",
                "condition_id": "clean", "ref_words": 10,
            }
            for at, (accent, region) in enumerate(speakers)
        ]
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(people)
def test_nobody_can_work_out_a_hidden_group(speakers: list[tuple[str, str]]) -> None:
    frame = material(speakers)
    hidden = hidden_groups(frame, ATTRIBUTES, MINIMUM)
    shown = {
        name: {g: set(frame.index[frame[name] == g]) for g in frame[name].unique() if g not in hidden[name]}
        for name in ATTRIBUTES
    }
    for name in ATTRIBUTES:
        remains(frame, shown[name], hidden[name])
        solves(frame, name, shown[name], hidden[name])
    nested(*shown.values())


def remains(frame: pd.DataFrame, shown: dict[str, set[int]], hidden: tuple[str, ...]) -> None:
    """What is left of everyone beside the groups shown is nobody, or enough speakers of more than one group."""
    assert all(len(members) >= MINIMUM for members in shown.values())
    if shown and hidden:
        assert len(frame) - sum(map(len, shown.values())) >= MINIMUM
        assert len(hidden) > 1


def solves(frame: pd.DataFrame, name: str, shown: dict[str, set[int]], hidden: tuple[str, ...]) -> None:
    """Linear algebra as the attacker: no hidden group is a combination of everyone and the groups shown."""
    table = np.stack([np.ones(len(frame)), *[frame.index.isin(list(one)).astype(float) for one in shown.values()]])
    for group in hidden:
        if len(set(frame[name])) > 1:  # a single group is everyone
            target = (frame[name] == group).to_numpy(float)
            found = np.linalg.lstsq(table.T, target, rcond=None)[0]
            assert not np.allclose(table.T @ found, target)


def nested(one: dict[str, set[int]], two: dict[str, set[int]]) -> None:
    """No group of one attribute is a group of the other but for a few speakers."""
    for a in one.values():
        for b in two.values():
            for small, large in ((a, b), (b, a)):
                assert not (small < large and len(large - small) < MINIMUM)


def test_without_a_minimum_nothing_is_hidden() -> None:
    assert hidden_groups(material([("a", "u"), ("b", "u")]), ATTRIBUTES, 1) == {"accent": (), "region": ()}


def test_a_lone_small_group_takes_the_next_smallest_with_it() -> None:
    frame = material([("a", "u")] * 9 + [("b", "u")] * 6 + [("c", "u")] * 2)
    assert hidden_groups(frame, ["accent"], MINIMUM)["accent"] == ("b", "c")
    frame = material([("a", "u")] * 9 + [("b", "u")] * 3 + [("c", "u")] * 2)
    assert hidden_groups(frame, ["accent"], MINIMUM)["accent"] == ("b", "c")
    frame = material([("a", "u")] * 9 + [("b", "u")] * 2 + [("c", "u")] * 2 + [("d", "u")] * 6)
    assert hidden_groups(frame, ["accent"], MINIMUM)["accent"] == ("b", "c", "d")  # b and c are only 4 speakers


def test_a_group_of_exactly_the_minimum_is_shown() -> None:
    frame = material([("a", "u")] * 9 + [("b", "u")] * MINIMUM)
    assert hidden_groups(frame, ["accent"], MINIMUM) == {"accent": ()}
    assert hidden_groups(frame.iloc[:-1], ["accent"], MINIMUM) == {"accent": ("a", "b")}


def test_a_group_that_lost_its_speakers_in_one_condition_is_small_there() -> None:
    frame = material([("a", "u")] * 9 + [("b", "u")] * 6 + [("c", "u")] * 6)
    noise = frame.assign(condition_id="noise")
    noise.loc[(noise["accent"] == "b") & (noise.index % 2 == 0), "ref_words"] = 0
    assert hidden_groups(pd.concat([frame, noise]), ["accent"], MINIMUM)["accent"] == ("b", "c")


MANY: Errors = {
    "Tiny": [[17], [23]],
    "Second": [[8]] * 3 + [[9]] * 3,
    "Third": [[5]] * 4 + [[6]] * 4,
    "Fourth": [[7]] * 5 + [[4]] * 5,
}


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_strings, value.values()), set()) if value else set()
    if isinstance(value, list):
        return set().union(*map(_strings, value)) if value else set()
    return {str(value)}


def test_a_hidden_group_is_nowhere_in_any_form_but_by_name_in_the_list_of_hidden_ones() -> None:
    card = build(results(MANY, ["clean", "white_noise@2"]), minimum_speakers=5, evidence=None)
    assert card.privacy.hidden == {"accent": ("Second", "Tiny")}
    said = card.model_dump(mode="json")
    for part, value in said.items():
        if part not in ("privacy", "limits"):
            assert not {"Tiny", "Second"} & _strings(value), part
    shown = read(cards.pdf(card))
    assert "Hidden (accent): Second and Tiny." in shown
    assert shown.count("Tiny") == 3  # among the limits on page 1 and in their part, and beside the licence
    assert {row.group for row in card.rates if row.attribute} == {"Third", "Fourth"}


def test_the_default_hides_groups_under_five_people_and_no_synthetic_voices() -> None:
    assert cards.build_card(results(MANY, ["clean"]), evidence=()).privacy.hidden == {"accent": ("Second", "Tiny")}
    assert cards.build_card(results(MANY, ["clean"], synthetic=True), evidence=()).privacy.hidden == {"accent": ()}


def test_when_every_group_is_hidden_the_card_reports_everyone() -> None:
    card = build(results({"a": [[5]], "b": [[6]]}, ["clean"]), minimum_speakers=5, evidence=None)
    assert {row.attribute for row in card.rates} == {""}
    assert pypdf.PdfReader(io.BytesIO(cards.pdf(card))).pages
    assert "Hidden (accent): a and b." in plain(" ".join(card.limits))


def test_a_hidden_group_is_no_reference() -> None:
    with pytest.raises(CardError, match="'Tiny' is hidden"):
        build(results(MANY, ["clean"]), minimum_speakers=5, reference_group="Tiny")


def test_sums_over_shown_groups_and_everyone_reveal_no_hidden_count() -> None:
    """From the card's own numbers: what everyone has beyond the shown groups is that of two hidden groups together."""
    card = build(results(scored=scores(MANY, ["clean"])), minimum_speakers=5)
    everyone = next(row for row in card.rates if not row.attribute)
    left = everyone.errors - sum(row.errors for row in card.rates if row.attribute)
    tiny, second = (sum(sum(person) for person in MANY[name]) for name in ("Tiny", "Second"))
    assert left == tiny + second
