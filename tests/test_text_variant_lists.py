"""Lists of one's own of what may be written in several ways: part of a normaliser's name, by digest part of its id."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.errors import ScoringError, StudyError
from workbench.study import Study
from workbench.text import add_scores, get_normaliser

LIST = '[[classes]]\nways = [["aye", "yes"], ["wee", "little", "small"]]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scottish.toml").write_text(LIST, encoding="utf-8")
    (tmp_path / "more.toml").write_text('[[classes]]\nways = [["prepone", "bring forward"]]\n', encoding="utf-8")
    return tmp_path


def errors(normaliser: str, folder: Path, reference: str, hypothesis: str) -> int:
    frame = pd.DataFrame({"reference_raw": [reference], "hypothesis_raw": [hypothesis]})
    return int(add_scores(frame, get_normaliser(normaliser, base=folder))["errors"].iloc[0])


def test_ways_of_the_list_are_no_errors_in_either_direction(folder: Path) -> None:
    assert errors("basic", folder, "Aye, a wee dog", "yes a little dog") == 2
    for pair in (("Aye, a wee dog", "yes a little dog"), ("yes, a small dog", "aye a wee dog")):
        assert errors("basic?variants=scottish.toml", folder, *pair) == 0
    assert errors("basic?variants=scottish.toml", folder, "aye", "nay") == 1


def test_lists_stand_beside_each_other_the_normalisers_own_and_steps_left_out(folder: Path) -> None:
    name = "fair_en?without=spelling&variants=scottish.toml,more.toml"
    assert (
        errors(name, folder, "we can't prepone the wee colour test", "we cannot bring forward the small color test")
        == 1
    )
    assert get_normaliser(name, base=folder).name == name


def test_the_id_says_which_list_and_not_where_it_lies(folder: Path) -> None:
    one = get_normaliser("basic?variants=scottish.toml", base=folder)
    assert re.fullmatch(r"basic-1\?variants=scottish\.toml@[0-9a-f]{8}", one.id)
    assert get_normaliser(one.id) is one
    assert get_normaliser("basic?variants=scottish.toml", base=folder) is one
    (folder / "scottish.toml").write_text(LIST.replace("aye", "och aye"), encoding="utf-8")
    other = get_normaliser("basic?variants=scottish.toml", base=folder)
    assert other.id != one.id
    assert other.digest != one.digest
    assert one("Aye!") == other("Aye!") == "aye"


def test_what_cannot_be_used_is_said_with_its_place(folder: Path) -> None:
    (folder / "bad.toml").write_text('[[classes]]\nways = [["one"]]\n', encoding="utf-8")
    for name, message in (
        ("basic?variants=none.toml", "none.toml"),
        ("basic?variants=bad.toml", "is not a list of two or more texts"),
        ("basic?variant=scottish.toml", r"'variant=scottish.toml' is no option of a normaliser.*variants=FILE"),
    ):
        with pytest.raises(ScoringError, match=message):
            get_normaliser(name, base=folder)
    with pytest.raises(StudyError, match=r"none\.toml"):
        Study.create(
            {
                "name": "x",
                "corpus": ["a.csv"],
                "engines": ["e"],
                "conditions": ["clean"],
                "normaliser": "basic?variants=none.toml",
            },
            base=folder,
        )


def test_a_study_finds_the_list_beside_it_and_the_command_line_in_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"name": "x", "corpus": ["a.csv"], "engines": ["e"], "conditions": ["clean"]}
    study = Study.create({**fields, "normaliser": "basic?variants=scottish.toml"}, base=folder)
    assert Study.from_json(study.to_json(), base=folder) == study
    assert str(folder) not in study.to_json()
    (folder / "said.csv").write_text(
        "utterance_id,speaker_id,accent,system,reference,hypothesis\n"
        + "".join(f"u{n},s{n},{'ab'[n % 2]},one,aye a wee dog,yes a little dog\n" for n in range(6)),
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)
    line = ["score", "said.csv", "--by", "accent", "--normaliser", "basic?variants=scottish.toml", "--json"]
    done = CliRunner().invoke(app, line, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert '"errors": 0' in done.stdout
