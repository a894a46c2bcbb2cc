"""Presets: what is saved under a name is that very condition wherever the name is written, and leaves no trace of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.conditions import Condition, expand, parse_condition, presets
from workbench.errors import ConditionError
from workbench.study import Study

PUMP = "room@3>equip_pulse?duty=0.5&frequency_hz=900&rate_hz=2&rise_ms=5&snr_db=8"


@pytest.mark.parametrize(
    "text", ["white_noise@2", "white_noise?snr_db=7.25", PUMP, "place:ward@3", "user_noise@2?folder=a%3Eb/c", "opus@1>g711@4"]
)  # fmt: skip
def test_what_is_saved_is_read_as_the_same_condition(text: str, workbench_home: Path) -> None:
    condition = parse_condition(text)
    presets.save("ward pump", condition, note="bay 3")
    assert [path.name for path in (workbench_home / "presets").iterdir()] == ["ward pump.toml"]
    found = parse_condition("preset:ward pump")
    assert (found, found.condition_id) == (condition, condition.condition_id)
    assert presets.load("ward pump").note == "bay 3"


def test_a_preset_stands_wherever_a_condition_may_be_named_and_only_its_parts_are_kept() -> None:
    presets.save("pump", parse_condition(PUMP))
    assert parse_condition("preset:pump>opus@2").condition_id == f"{PUMP}>opus@2"
    assert parse_condition({"id": "chain", "parts": ["preset:pump", "opus@2"]}).condition_id == f"{PUMP}>opus@2"
    swept = expand("preset:pump>opus@1,3")
    assert [one.condition_id for one in swept] == [f"{PUMP}>opus@1", f"{PUMP}>opus@3"]
    assert (
        parse_condition({"id": "preset:pump", "replace": ["room@1"]}).condition_id == f"room@1>{PUMP.partition('>')[2]}"
    )
    fields = {"name": "s", "corpus": ["a.csv"], "engines": ["pocketsphinx"], "conditions": ["clean", "preset:pump"]}
    study = Study.create(fields)
    assert [one.condition_id for one in study.conditions] == ["clean", PUMP]
    assert "preset" not in study.to_json() + study.to_toml()
    presets.delete("pump")
    assert Study.from_json(study.to_json()) == study


def test_saving_never_overwrites_another_preset() -> None:
    presets.save("pump", parse_condition(PUMP))
    assert "frequency_hz = 900" in (presets.folder() / "pump.toml").read_text()  # for people to read and change
    presets.save("pump", parse_condition(PUMP))
    with pytest.raises(ConditionError, match="there is a preset of this name: room@3>equip_pulse"):
        presets.save("pump", parse_condition("room@1"))
    with pytest.raises(ConditionError, match="there is a preset of this name"):
        presets.save("pump", parse_condition(PUMP), note="another word")
    assert parse_condition("preset:pump").condition_id == PUMP


@pytest.mark.parametrize(
    "name", ["", " pump", "../pump", "a/b", "a>b", "a@2", "a?b", "a,b", ".hidden", "x" * 61, "a\nb"]
)
def test_a_name_that_would_be_read_otherwise_or_leave_the_folder_is_refused(name: str, workbench_home: Path) -> None:
    for use in (
        lambda: presets.save(name, parse_condition(PUMP)),
        lambda: presets.load(name),
        lambda: presets.delete(name),
    ):
        with pytest.raises(ConditionError, match="cannot be the name of a preset"):
            use()
    assert not list(workbench_home.rglob("*.toml"))


def test_clean_needs_no_preset() -> None:
    with pytest.raises(ConditionError, match="clean audio needs no preset"):
        presets.save("nothing", parse_condition("clean"))


def test_an_unknown_preset_names_the_nearest_and_takes_no_values() -> None:
    presets.save("ward pump", parse_condition(PUMP))
    with pytest.raises(ConditionError, match="did you mean 'ward pump'"):
        parse_condition("preset:ward pomp")
    for given in ("preset:ward pump@2", "preset:ward pump?snr_db=3", {"id": "preset:ward pump", "snr_db": 3}):
        with pytest.raises(ConditionError, match="neither a severity nor parameters"):
            parse_condition(given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parts = ", "not a TOML file"),
        ("note = 'x'", "parts is missing"),
        ("parts = []\nlevel = 2", "there is no field 'level'; parts is missing, empty"),
        ("parts = ['preset:bad']", "a part is a preset itself"),
        ("parts = ['wite_noise@2']", "no condition 'wite_noise'"),
        ("parts = ['room@2']\nnote = 3", "note = 3 is not a text"),
    ],
)
def test_a_file_that_is_no_preset_says_so_and_spoils_no_list(text: str, said: str, workbench_home: Path) -> None:
    presets.save("good", parse_condition("room@2"))
    (workbench_home / "presets" / "bad.toml").write_text(text)
    with pytest.raises(ConditionError) as caught:
        parse_condition("preset:bad")
    assert said in str(caught.value)
    assert "bad.toml" in caught.value.place
    bad, good = presets.describe()
    assert (bad["available"], good["available"]) == (False, True)
    assert said in bad["reason"]
    assert good["parts"] == ["room@2"]


def test_the_command_line_saves_lists_and_uses_a_preset(tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(app, ["preset", "pump", PUMP, "--note", "bay 3"])
    assert (made.exit_code, made.stdout.strip()) == (0, f"preset:pump: {PUMP}")
    rows = json.loads(runner.invoke(app, ["conditions", "--json"]).stdout)["conditions"]
    assert rows[-1]["id"] == "preset:pump"
    assert rows[-1]["parts"] == PUMP.split(">")
    assert set(rows[-1]) == set(rows[0])
    assert "preset:pump" in runner.invoke(app, ["conditions"]).stdout
    assert runner.invoke(app, ["preset", "a>b", PUMP]).exit_code == 2


def test_a_preset_is_no_condition_of_the_catalogue() -> None:
    presets.save("pump", parse_condition(PUMP))
    made: Condition = presets.load("pump").condition
    assert made.family == "chains"
    assert "preset" not in made.model_dump_json()
