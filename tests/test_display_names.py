"""Display names: given in the study or edited in the app, shown on every surface, and without effect on any number."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import call, parsed
from tests.pages import findings, fine, finished, texts
from workbench import cards
from workbench.cards.hashes import run_hash
from workbench.display_names import DisplayNames, using
from workbench.errors import StudyError
from workbench.figures import condition_label, model_label
from workbench.pages.findings.display_name_editor import nameable, relabelled
from workbench.results import load
from workbench.store import open_store
from workbench.study import Study

pytestmark = pytest.mark.usefixtures("manifests")

NAMES = DisplayNames(
    models={"scripted": "The ward service"},
    conditions={"white_noise@2": "Fan next to the bed"},
    groups={"accent": {"north": "Northern English", "south": "Southern English"}},
)
SHOWN = ("The ward service", "Fan next to the bed", "Northern English", "Southern English")


def test_a_study_keeps_its_labels_and_they_are_no_part_of_what_is_run() -> None:
    fields = {
        "name": "s", "corpus": ["c.csv"], "engines": ["whisper:tiny.en?beam_size=5"], "conditions": ["clean", "white_noise@2"],
    }  # fmt: skip
    labels = {
        "models": {"whisper:tiny.en": "Tiny"},
        "conditions": {"clean": "Quiet room"},
        "groups": {"accent": {"a": "A"}},
    }
    plain, named = Study.create(fields), Study.create({**fields, "labels": labels})
    assert Study.from_json(named.to_json()) == named and "labels" not in plain.to_json()
    assert "[labels.groups.accent]" in named.to_toml()
    assert named.digest == plain.digest and named.unlabelled == plain
    assert named.labels.model("whisper:tiny.en?beam_size=5&x=1#0a1b") == "Tiny"
    assert named.labels.model("whisper:base.en#0a1b") == ""
    other = named.model_copy(update={"engines": ("vosk:small",)})
    assert not Study.from_json(other.to_json()).labels.models, "what names nothing any more does not stop the study"


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({"conditions": {"opus@2": "Call"}}, "the study has no condition 'opus@2'"),
        ({"models": {"vosk:small": "Small"}}, "the study has no engine 'vosk:small'"),
        ({"groups": {"accent": {"a": "X", "b": "X"}}}, "that of 'a' too"),
        ({"groups": {"accent": {"a": "b", "b": "c"}}}, "is the id of another one"),
        ({"groups": {"accent": {"a": "rest"}}}, "cannot be used"),
        ({"groups": {"accent": {"a": " "}}}, "is blank"),
    ],
)
def test_a_label_that_names_nothing_or_two_things_is_refused(labels: dict[str, object], problem: str) -> None:
    fields = {
        "name": "s",
        "corpus": ["c.csv"],
        "engines": ["whisper:tiny.en"],
        "conditions": ["clean"],
        "labels": labels,
    }
    with pytest.raises(StudyError, match=problem):
        Study.create(fields)


def test_groups_of_a_table_are_renamed_and_nothing_else_is_touched() -> None:
    frame = pd.DataFrame({"accent × gender": ["north, f", "west, m"], "errors": [3, 4], "group": ["north", "west"]})
    named = NAMES.named(frame, "accent")
    assert named["accent × gender"].tolist() == ["Northern English, f", "west, m"]
    assert named["group"].tolist() == ["Northern English", "west"] and named["errors"].tolist() == [3, 4]
    assert NAMES.group_id("accent × gender", "Northern English, f", frame["accent × gender"]) == "north, f"
    with using(NAMES):
        assert (
            condition_label("white_noise@2") == "Fan next to the bed"
            and model_label("scripted#1") == "The ward service"
        )
    assert condition_label("white_noise@2") != "Fan next to the bed"


def test_names_given_after_a_run_show_on_every_surface_and_change_no_number(tmp_path: Path) -> None:
    record = finished(tmp_path)
    before = load(record.run_id)
    printed, old = call("gaps", record.run_id, "--by", "accent").stdout, cards.build_card(before)
    assert all(name not in printed for name in SHOWN)
    labels = NAMES.model_copy(update={"groups": {"accent": {"north": "Northern English", "west": "Southern English"}}})
    open_store().label(record.run_id, labels)
    results = load(record.run_id)
    assert run_hash(results) == run_hash(before), "cards made before still name this run"

    seen = fine(findings(view="Board"))
    drawn = json.dumps([str(element.proto) for element in seen.get("plotly_chart")]) + texts(seen)
    assert "Northern English" in drawn and "Fan next to the bed" in drawn
    assert seen.selectbox(key="view_model").options == ["The ward service"]
    listed = findings(view="Utterances", group_accent="Northern English", condition="white_noise@2")
    assert "Northern English, Fan next to the bed" in texts(fine(listed))

    told = printed_wide(record.run_id)
    assert "Northern English" in told and "Fan next to the bed" in told
    ids = {row["group"] for row in parsed("gaps", record.run_id, "--by", "accent", "--json")["gaps"]}
    assert "north" in ids, "what a program reads keeps the ids"

    card = cards.build_card(results)
    page = cards.draw(card)
    everything = json.dumps(page.shown, ensure_ascii=False) + "".join(
        figure.alt for parts in page.results for part in parts for figure in part.first
    )
    assert all(name in everything for name in SHOWN)
    results_only = json.dumps(
        {
            name: part
            for name, part in page.shown.items()
            if name not in ("reproduction", "models", "corpora", "conditions")
        }
    )
    assert "white_noise@2" not in results_only and '"north"' not in results_only
    assert [row.rate for row in card.rates] == [row.rate for row in old.rates]

    cards.write_card(card, tmp_path / "card")
    open_store().label(record.run_id, DisplayNames(groups={"accent": {"north": "Another name"}}))
    assert cards.verify_card(tmp_path / "card" / "card.json").holds, "a card is checked under its own names"


def printed_wide(run_id: str) -> str:
    """What ``gaps`` prints, without the breaks of a narrow table."""
    return " ".join(call("gaps", run_id, "--by", "accent").stdout.replace("│", " ").split())


def test_the_table_of_names_changes_what_was_edited_only(tmp_path: Path) -> None:
    results = load(finished(tmp_path).run_id)
    items = list(nameable(results, "accent"))
    assert {item.kind for item in items} == {"model", "condition", "accent"}
    names = ["" for _ in items]
    names[[item.key for item in items].index("north")] = " Northern English "
    made = relabelled(DisplayNames(groups={"gender": {"f": "women"}}), items, names)
    assert made.groups == {"gender": {"f": "women"}, "accent": {"north": "Northern English"}}
    assert not made.models and not made.conditions
    assert relabelled(made, items, ["" for _ in items]).groups == {"gender": {"f": "women"}}
