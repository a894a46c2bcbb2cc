"""Page 1 of the card alone: what only a person can say, the headline, the board, who was tested; a draft names what it lacks."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest

from tests.card_material import build, plain, results
from tests.command_line import call
from workbench import card_fields, cards
from workbench.cards.front_page import board, front_page
from workbench.cards.headlines import model_names
from workbench.errors import StudyError
from workbench.figures import headline
from workbench.study import Study

FILLED = {
    "service": "Ward dictation",
    "version": "2.1",
    "intended_use": "Notes of nurses, read back before they are kept.",
    "out_of_scope": "Prescriptions.",
    "advice": "Keep a keyboard at hand.",
    "owner": "The speech team",
    "contact": "speech@example.org",
}


def first_page(card: cards.Card) -> str:
    return plain(pypdf.PdfReader(io.BytesIO(cards.pdf(card))).pages[0].extract_text())


def test_page_1_has_everything_that_may_be_published_alone() -> None:
    made = build(results(), fields=FILLED, limits=["Nobody has tried the device."])
    shown = first_page(made)
    for text in (*FILLED.values(), "Nobody has tried the device.", "12 speakers", "Scotland 3", "2026-11-20"):
        assert text in shown
    assert "Draft" not in shown and made.missing_fields == ()
    words = headline(made.gaps_frame(), made.rates_frame("accent"), "accent", model_id=made.models[0].model_id)
    assert plain(words.title) in shown and plain(words.worst_words) in shown
    assert made.models[0].model_id not in shown.replace(" ", ""), "ids stand in the annex"
    drawn = board(made)
    assert drawn is not None
    for row in drawn["blocks"][0]["rows"]:
        assert all(plain(cell) in shown for cell in row["cells"])
    worst, *_, best = drawn["blocks"][0]["rows"]
    assert (worst["cells"][0], best["cells"][0]) == ("Scotland", "England")


def test_a_card_without_a_required_field_is_a_draft_and_names_it() -> None:
    some = {name: text for name, text in FILLED.items() if name not in ("owner", "advice")}
    made = build(results(), fields=some)
    assert made.missing_fields == ("advice", "owner")
    shown = first_page(made)
    assert "Draft: this card lacks deployment advice and owner." in shown
    assert "Draft: this card lacks deployment advice and owner." in cards.html(made)
    assert all("Draft" in page.extract_text() for page in pypdf.PdfReader(io.BytesIO(cards.pdf(made))).pages)


def test_fields_of_the_card_go_before_those_of_the_study_and_a_blank_takes_one_back() -> None:
    fields = {"name": "s", "corpus": ["c.csv"], "engines": ["e"], "conditions": ["clean"]}
    study = Study.create({**fields, "card": {"owner": "The study's", "contact": "here"}})
    assert Study.from_json(study.to_json()) == study
    assert study.digest == Study.create(fields).digest, "words on the card do not begin another run"
    assert "card" not in Study.create(fields).to_json()
    with pytest.raises(StudyError, match=r"no card field 'ownr'.*did you mean 'owner'"):
        Study.create({**fields, "card": {"ownr": "x"}})
    made = results()
    object.__setattr__(
        made, "study", made.study.model_copy(update={"card": {"owner": "The study's", "contact": "here"}})
    )
    card = build(made, fields={"owner": "The card's", "contact": " "})
    assert card.fields == {"owner": "The card's"} and "contact" in card.missing_fields


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["owner"], "is not NAME=TEXT"),
        (["owner=a", "owner=b"], "given twice"),
        (["onwer=a"], "did you mean 'owner'"),
        (["date=1 May"], "YYYY-MM-DD"),
    ],
)
def test_a_field_that_is_none_is_refused(given: list[str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        card_fields.parsed(given)


def test_names_that_two_models_share_are_told_apart() -> None:
    ids = ["w:tiny?beam=1#a", "w:tiny?beam=5#b", "w:base#c", "v#d", "v#e"]
    assert list(model_names(ids).values()) == ["w tiny (beam=1)", "w tiny (beam=5)", "w base", "v#d", "v#e"]


@pytest.mark.long
def test_a_board_that_does_not_fit_page_1_is_drawn_under_results() -> None:
    many = build(results({f"g{i:02}": [[5 + i % 7], [7 + i % 5]] for i in range(20)}, ["clean"]))
    assert front_page(many)["board"] is None
    assert "Word error rate by accent" in plain(
        "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(cards.pdf(many))).pages)
    )


def test_groups_that_cannot_be_compared_are_said_to_be_so_and_nothing_stands_for_what_is_missing() -> None:
    text = first_page(cards.build_card(results()))  # all but one group are hidden: each has fewer than 5 speakers
    assert "The groups of accent cannot be compared" in text
    assert "(empty)" not in text


def test_the_contents_lead_to_every_part() -> None:
    reader = pypdf.PdfReader(io.BytesIO(cards.pdf(build(results()))))
    links = [
        item.get_object()
        for page in reader.pages
        for item in page.get("/Annots", [])
        if item.get_object()["/Subtype"] == "/Link"
    ]
    titles = [item["/Title"] for item in reader.outline if not isinstance(item, list)]
    assert len(links) >= len(titles) == 11


@pytest.mark.parametrize("command", [["qpdf", "--check"], ["pdfinfo"], ["pdftotext", "-q"]], ids=lambda line: line[0])
def test_checkers_of_pdf_have_nothing_to_say(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command[0]} is not installed")
        pytest.skip(f"{command[0]} is not installed: apt-get install qpdf poppler-utils")
    path = tmp_path / "card.pdf"
    path.write_bytes(cards.pdf(build(results(synthetic=True))))
    line = [name for name in command if name != "-q"]
    done = subprocess.run([*line, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "WARNING" not in done.stdout


def test_the_command_takes_fields_and_says_what_is_missing(tmp_path: Path) -> None:
    refused = call("card", "nothing", "--out", tmp_path, "--field", "ownr=a")
    assert refused.exit_code == 2 and "did you mean 'owner'" in " ".join(refused.stderr.split())


@pytest.mark.long
def test_a_card_as_large_as_the_demo_has_at_most_8_pages() -> None:
    """Two recognisers, four conditions, six groups of eight speakers, every part."""
    groups = {f"Accent {n} English": [[5 + n + s % 4, 6 + (s * n) % 5] for s in range(8)] for n in range(6)}
    conditions = ["clean", "white_noise@2", "equip_pulse@2", "g711@1"]
    made = build(
        results(groups, conditions, ["whisper:tiny#1a", "pocketsphinx#2b"], synthetic=True),
        fields=FILLED,
        evidence=None,
    )
    assert len(pypdf.PdfReader(io.BytesIO(cards.pdf(made))).pages) <= 8
