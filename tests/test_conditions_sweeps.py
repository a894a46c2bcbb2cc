"""Sweeps: a range or a list of values, or a grid of them, becomes single conditions; text, table and function agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.corpus import make
from workbench.__main__ import app
from workbench.conditions import CATALOGUE, expand, parse_condition, sweep
from workbench.errors import ConditionError, StudyError
from workbench.study import Study

GRID = [(f, r) for f in (200.0, 800.0, 3200.0) for r in (0.5, 1.0, 2.0, 4.0, 8.0)]


def ids(given_as: Any) -> list[str]:
    return [condition.condition_id for condition in expand(given_as)]


def test_the_three_ways_to_write_the_sweep_of_the_equipment_tone_agree() -> None:
    text = expand("equip_pulse?frequency_hz=200,800,3200&rate_hz=0.5..8/5/log")
    rates = {"from": 0.5, "to": 8, "steps": 5, "scale": "log"}
    table = expand({"id": "equip_pulse", "frequency_hz": [200, 800, 3200], "rate_hz": rates})
    called = sweep("equip_pulse", frequency_hz=np.array([200.0, 800.0, 3200.0]), rate_hz=rates)
    assert text == table == called
    assert [(one.parameters["frequency_hz"], one.parameters["rate_hz"]) for one in text] == GRID
    assert {one.parameters["snr_db"] for one in text} == {8.0}


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("white_noise", ["white_noise@2"]),
        ("white_noise?snr_db=5", ["white_noise?snr_db=5"]),
        ("clean", ["clean"]),
        ("white_noise?snr_db=0, 5", ["white_noise?snr_db=0", "white_noise?snr_db=5"]),
        ("white_noise?snr_db=-10..10/3", [f"white_noise?snr_db={k}" for k in (-10, 0, 10)]),
        ("white_noise?snr_db=10..-10/3", [f"white_noise?snr_db={k}" for k in (10, 0, -10)]),
        ("room@1,3", ["room@1", "room@3"]),
        ("user_noise?folder=a,b&snr_db=0,5", [f"user_noise?folder=a,b&snr_db={k}" for k in (0, 5)]),
        ("user_noise@1,2?folder=1..4/4", ["user_noise@1?folder=1..4/4", "user_noise@2?folder=1..4/4"]),
        ("room@1..4/4", ["room@1", "room@2", "room@3", "room@4"]),
        ("ward@1,2", ["place:ward@1", "place:ward@2"]),
        ({"id": "room", "severity": [1, 4]}, ["room@1", "room@4"]),
        ({"id": "room@1,4"}, ["room@1", "room@4"]),
        ({"id": "g711", "passes": {"from": 1, "to": 5, "steps": 3}}, [f"g711?passes={k}" for k in (1, 3, 5)]),
        ("room@1,2>opus@2", ["room@1>opus@2", "room@2>opus@2"]),
        (
            "white_noise?snr_db=0,5>opus?kbps=6,24",
            [f"white_noise?snr_db={s}>opus?kbps={k}" for s in (0, 5) for k in (6, 24)],
        ),
        (
            {"id": "chain", "parts": ["room@2", {"id": "white_noise", "snr_db": [0, 5]}]},
            ["room@2>white_noise?snr_db=0", "room@2>white_noise?snr_db=5"],
        ),
    ],
)
def test_every_entry_becomes_the_conditions_it_names(given_as: Any, expected: list[str]) -> None:
    assert ids(given_as) == expected
    assert [parse_condition(one) for one in expected] == list(expand(given_as))


@given(
    low=st.floats(0.1, 19.0),
    high=st.floats(0.1, 19.0),
    steps=st.integers(2, 12),
    scale=st.sampled_from(["linear", "log"]),
)
def test_a_range_has_both_ends_exactly_and_equal_distances_or_ratios(
    low: float, high: float, steps: int, scale: str
) -> None:
    if abs(low - high) < 0.1:
        return
    made = sweep("equip_pulse", rate_hz={"from": low, "to": high, "steps": steps, "scale": scale}, rise_ms=0, duty=0.5)
    values = [float(one.parameters["rate_hz"]) for one in made]
    assert (values[0], values[-1], len(values)) == (low, high, steps)
    steps_between = np.diff(np.log(values) if scale == "log" else values)
    np.testing.assert_allclose(steps_between, np.mean(steps_between), rtol=2e-2)
    assert [
        one.parameters["rate_hz"] for one in expand(f"equip_pulse?rate_hz={low!r}..{high!r}/{steps}/{scale}&rise_ms=0")
    ] == values


def test_a_condition_itself_is_swept_from_its_own_values() -> None:
    made = sweep(CATALOGUE["equip_pulse@4"], frequency_hz=[300])
    assert [one.parameters["snr_db"] for one in made] == [-3.0]
    assert expand(CATALOGUE["room@2"]) == (CATALOGUE["room@2"],)
    assert sweep({"id": "white_noise"}, snr_db=range(0, 3)) == expand("white_noise?snr_db=0,1,2")


@pytest.mark.parametrize(
    ("given_as", "message"),
    [
        ("wite_noise?snr_db=1,2", "there is no condition 'wite_noise'; did you mean 'white_noise'?"),
        (
            "white_noise?snr_db=0,99,5,-99",
            "snr_db = 99 dB is outside -30 to 60 dB; snr_db = -99 dB is outside -30 to 60 dB",
        ),
        ("white_noise?snr=1,2", "there is no parameter 'snr'"),
        ("white_noise?snr_db=0,x", "snr_db = 'x' is not a number"),
        ("white_noise?snr_db=0,,5", "cannot read 'snr_db='"),
        ("white_noise?snr_db=0,5,0", "twice in one sweep: white_noise?snr_db=0"),
        ("white_noise?snr_db=0..5", "cannot read the range '0..5'"),
        ("white_noise?snr_db=0..5/x", "cannot read the range '0..5/x'"),
        ("white_noise?snr_db=a..5/3", "'a' is not a number"),
        ("white_noise?snr_db=0..inf/3", "'inf' is not a number"),
        ("white_noise?snr_db=0..5/1", "steps = 1 is not a whole number from 2 to 256"),
        ("white_noise?snr_db=5..5/3", "a range from 5 to 5"),
        ("white_noise?snr_db=0..5/3/log", "a log scale from 0 to 5, where both ends must be above 0"),
        ("white_noise?snr_db=0..5/3/cubic", "scale = 'cubic' is neither linear nor log"),
        ("equip_pulse?frequency_hz=100..200/20&rate_hz=1..2/20", "20 x 20 = 400 conditions in one sweep"),
        ("white_noise?snr_db=0..5/20>hum?snr_db=0..5/20", "20 x 20 = 400 conditions in one sweep"),
        ("g711?passes=1..3/4", "passes = 1.66667 is not a whole number"),
        ("room@1,7", "there is no severity 7"),
        ("room@1,2?rt60_s=0.5", "both a severity and parameters"),
        ({"id": "white_noise", "snr_db": []}, "snr_db = [] has no value"),
        (
            {"id": "white_noise", "snr_db": {"from": 1, "too": 3}},
            "no 'too' in a range; 'steps' is missing; 'to' is missing",
        ),
        ({"id": "white_noise", "snr_db": {"from": "low", "to": 3, "steps": 2}}, "'low' is not a number"),
        ({"id": "white_noise", "snr_db": {"from": 0, "to": 3, "steps": 2.5}}, "steps = 2.5 is not a whole number"),
        ({"id": "white_noise", "snr_db": {"from": True, "to": 3, "steps": 2}}, "True is not a number"),
        ({"id": "white_noise", "snr_db": [True, 3]}, "snr_db = True is not a number"),
        ({"snr_db": [1, 3]}, "a table without an id"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_words(given_as: Any, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        expand(given_as)
    assert message in str(caught.value)
    assert caught.value.remedy


def test_of_many_problems_the_first_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(ConditionError, match=r"snr_db = 104 dB is outside -30 to 60 dB; and 3 more") as caught:
        sweep("white_noise", snr_db=range(100, 108))
    assert caught.value.what.count("outside") == 5


def test_one_condition_is_not_a_sweep() -> None:
    with pytest.raises(ConditionError, match=r"snr_db = 0,5 is a sweep.*an entry of a study"):
        parse_condition("white_noise?snr_db=0,5")


# -- in a study


STUDY = """
name = "sweep"
corpus = ["tones.csv"]
engines = ["pocketsphinx"]
conditions = [
  "clean",
  {id = "equip_pulse", frequency_hz = [200, 800, 3200], rate_hz = {from = 0.5, to = 8, steps = 5, scale = "log"}},
  "room@1,2>opus@2",
]
"""


def test_a_study_file_takes_a_sweep_apart_and_keeps_its_conditions(tmp_path: Path) -> None:
    (tmp_path / "sweep.study.toml").write_text(STUDY)
    study = Study.from_toml(tmp_path / "sweep.study.toml")
    assert len(study.conditions) == 1 + len(GRID) + 2
    assert [(c.parameters["frequency_hz"], c.parameters["rate_hz"]) for c in study.conditions[1:-2]] == GRID
    assert [c.condition_id for c in study.conditions[-2:]] == ["room@1>opus@2", "room@2>opus@2"]
    assert Study.from_json(study.to_json(), base=tmp_path) == study
    (tmp_path / "again.toml").write_text(study.to_toml())
    assert Study.from_toml(tmp_path / "again.toml") == study


def test_what_is_wrong_with_a_sweep_is_said_beside_what_else_is_wrong_in_a_study() -> None:
    fields = {"name": "x", "corpus": ["x.csv"], "engines": ["pocketsphinx"]}
    wrong = ["clean", "white_noise?snr_db=0,99", "rom@2", {"id": "white_noise", "snr_db": {"from": 1}}, 7]
    with pytest.raises(StudyError) as caught:
        Study.create({**fields, "conditions": wrong, "seed": -1})
    for part in ("snr_db = 99 dB", "there is no condition 'rom'", "'steps' is missing", "7 is neither", "seed"):
        assert part in str(caught.value)
    with pytest.raises(StudyError, match="listed twice: white_noise\\?snr_db=5"):
        Study.create({**fields, "conditions": ["white_noise?snr_db=0,5", "white_noise?snr_db=5"]})
    with pytest.raises(StudyError, match="conditions = 'clean' is not a list"):
        Study.create({**fields, "conditions": "clean"})


def test_a_swept_study_runs_from_the_command_line(tmp_path: Path) -> None:
    make(tmp_path, per_speaker=1)
    lines = [f"tones/audio/n1-0.wav,white_noise?snr_db={snr},one two three" for snr in (0, 5)]
    (tmp_path / "vendor.csv").write_text("\n".join(["utterance_id,condition_id,hypothesis", *lines]) + "\n")
    (tmp_path / "s.toml").write_text(
        'name = "s"\ncorpus = ["tones.csv"]\nengines = ["imported:vendor.csv"]\nconditions = ["white_noise?snr_db=0,5"]\n'
    )
    result = CliRunner().invoke(app, ["run", str(tmp_path / "s.toml")], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    gaps = CliRunner().invoke(app, ["gaps", "s", "--by", "accent", "--json"], catch_exceptions=False)
    assert {row["condition_id"] for row in json.loads(gaps.stdout)["rates"]} == {
        f"white_noise?snr_db={s}" for s in (0, 5)
    }
