"""The card as a page, and its published schema: the same numbers, nothing fetched, readable without seeing."""

from __future__ import annotations

import json
import re
from functools import reduce
from html.parser import HTMLParser
from itertools import pairwise
from operator import getitem
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.card_material import build, results
from tests.generate_readme import SCHEMA
from workbench import cards
from workbench.cards import Card
from workbench.cards.html import json_of
from workbench.figures import percent, percent_interval

NASTY = {'<script>alert("x")</script>': [[5], [6]], "</script> & 'q' \" >": [[6], [7]], "-->": [[6], [8]]}


class Page(HTMLParser):
    """What a page consists of: its tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def card() -> Card:
    return build(results(), evidence=None, intended_use="Digits <b>spoken</b> by nurses.")


@pytest.fixture(scope="module")
def source(card: Card) -> str:
    return cards.html(card)


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_nothing_is_fetched_and_nothing_runs(source: str, page: Page) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            if name in attributes:
                inside = ("#part-",) if tag == "a" else ("data:image/svg+xml;base64,",)
                assert (attributes[name] or "").startswith(inside), (tag, attributes[name])
        assert not any(name.startswith("on") for name in attributes)
        assert tag not in ("link", "iframe", "object", "embed", "base")
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "card"}]
    assert "default-src 'none'" in source
    assert not re.search(r"url\(|@import", source)


def test_every_figure_has_a_text_and_tables_have_headers(page: Page) -> None:
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) >= 8
    assert all(len(one["alt"] or "") > 40 for one in images)
    assert all(attributes.get("scope") in ("col", "rowgroup") for tag, attributes in page.tags if tag == "th")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert ("html", {"lang": "en"}) in page.tags


def test_the_page_says_every_rate_of_the_card(card: Card, page: Page) -> None:
    text = page.text.replace("\u200b", "")
    for row in card.rates:
        assert percent(row.rate, row.ci_low, row.ci_high) in text
        assert percent_interval(row.ci_low, row.ci_high) in text
    for row in card.claims:
        assert row.verdict in text
    for limit in card.limits:
        assert limit in text


def test_a_figure_keeps_a_readable_width_on_a_telephone_and_can_be_scrolled_from_the_keyboard(
    source: str, page: Page
) -> None:
    assert "figure { overflow-x: auto; } img { width: 44rem; }" in source
    assert all(marks.get("tabindex") == "0" for tag, marks in page.tags if tag == "figure")


def test_parts_are_those_of_the_pdf_and_the_contents_lead_to_each(source: str, page: Page) -> None:
    parts = re.findall(r'<h2 id="part-(\d+)">(\d+) (.*?)</h2>', source)
    assert [(int(place), int(number)) for place, number, _ in parts] == [(n, n) for n in range(1, 12)]
    links = [marks["href"] for tag, marks in page.tags if tag == "a"]
    assert links == [f"#part-{n}" for n in range(1, 12)]
    named = {int(number): name for _, number, name in parts}
    assert named[1] == "Summary"
    typeset = (Path(cards.__file__).parent / "card.typ").read_text(encoding="utf-8")
    assert re.findall(r"^= (.*)$", typeset, flags=re.MULTILINE) == list(named.values())


def test_names_cannot_break_out_of_the_page() -> None:
    made = build(results(NASTY, ["clean"]), intended_use="</script><script>alert(1)</script>")
    shown = cards.html(made)
    assert shown.count("<script") == 1
    held = json_of(shown)
    assert held is not None
    assert Card.model_validate_json(held) == made


def test_the_published_schema_is_that_of_the_model() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == cards.json_schema(), "run: make readme"


@pytest.mark.parametrize("broken", [None, ("rates", 0, "rate"), ("choices", "margin"), ("band", 0, "verdict")])
def test_a_card_validates_against_the_published_schema_and_a_broken_one_does_not(
    broken: tuple[str | int, ...] | None, card: Card
) -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    validator.check_schema(validator.schema)
    said = json.loads(card.model_dump_json())
    if broken:
        *way, last = broken
        reduce(getitem, way, said)[last] = {"not": "a value"}
    assert validator.is_valid(said) is (broken is None)


def test_a_card_has_the_fields_of_the_schema_and_no_others(card: Card) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    said = card.model_dump(mode="json")
    assert set(said) == set(schema["properties"])
    definitions = schema["$defs"]
    for part, kind in (
        ("rates", "RateRow"),
        ("gaps", "GapRow"),
        ("claims", "ClaimRow"),
        ("floors", "FloorRow"),
        ("changes", "ChangeRow"),
    ):
        for row in said[part]:
            # What only some studies have is left out where there is none.
            absent = set(definitions[kind]["properties"]) - set(row)
            assert set(row) <= set(definitions[kind]["properties"]), part
            assert absent <= {"n_clusters", "n_clusters_reference", "speaker_rates"}, (part, absent)
        assert definitions[kind]["additionalProperties"] is False
