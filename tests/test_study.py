"""Study: a frozen description that survives JSON and TOML, and names every mistake of a study file at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from workbench.errors import StudyError
from workbench.study import Study

TEXT = """
name = "digits in the ward"
corpus = ["fsdd.csv"]
attributes = ["accent", "gender"]
engines = ["pocketsphinx?grammar=digits.gram", "whisper:tiny.en", "imported:vendor.csv"]
conditions = ["clean", "white_noise@2", "room@3", { id = "equip_pulse", frequency_hz = 900, rate_hz = 2.0, snr_db = 8 }]
normaliser = "whisper_en"
seed = 1
margin = 0.02
[filter]
accent = ["USA/neutral", "GRC/Greek"]
"""


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    path = tmp_path / "ward.study.toml"
    path.write_text(TEXT)
    return path


def test_the_study_of_the_readme_is_read(study_file: Path) -> None:
    study = Study.from_toml(study_file)
    assert study.attributes == ("accent", "gender")
    assert [condition.id for condition in study.conditions] == ["clean", "white_noise", "room", "equip_pulse"]
    assert study.conditions[3].parameters["snr_db"] == 8
    assert study.manifests == (study_file.parent / "fsdd.csv",)
    assert study.filter == {"accent": ("USA/neutral", "GRC/Greek")}


def test_it_turns_into_json_and_back_into_an_equal_value(study_file: Path) -> None:
    study = Study.from_toml(study_file)
    assert Study.from_json(study.to_json(), base=study.base) == study


def test_it_turns_into_toml_and_back_into_an_equal_value(study_file: Path) -> None:
    study = Study.from_toml(study_file)
    again = Study.from_toml(study.write(study_file.parent / "again.toml"))
    assert again.to_json() == study.to_json()
    assert again.digest == study.digest


def test_it_is_frozen(study_file: Path) -> None:
    with pytest.raises(ValidationError):
        Study.from_toml(study_file).seed = 2  # type: ignore[misc]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'name = ""\ncorpus = []\nengines = ["pocketsphinx"]\nconditions = ["wite_noise@2"]\nmargin = 7\nnoise = 3\n'
    )
    with pytest.raises(StudyError) as caught:
        Study.from_toml(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    for part in ("name", "corpus", "white_noise", "margin", "noise"):
        assert part in message


@pytest.mark.parametrize(("text", "part"), [("name = ", "not a TOML file"), ('base = "/"', "base")])
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(StudyError, match=part):
        Study.from_toml(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no such study file"):
        Study.from_toml(tmp_path / "none.toml")


def test_the_same_condition_twice_is_refused() -> None:
    with pytest.raises(StudyError, match="listed twice: clean"):
        Study.create({"name": "a", "corpus": ["a.csv"], "engines": ["pocketsphinx"], "conditions": ["clean", "clean"]})


def test_an_unknown_normaliser_is_refused_with_the_nearest() -> None:
    fields = {"name": "a", "corpus": ["a.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    with pytest.raises(StudyError, match="whisper_en"):
        Study.create({**fields, "normaliser": "wisper_en"})


def test_it_is_written_only_where_its_paths_hold(study_file: Path, tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    with pytest.raises(StudyError, match="relative to its file"):
        Study.from_toml(study_file).write(tmp_path / "else" / "a.toml")


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("name", "  ", "is blank"),
        ("name", "", "name is empty"),
        ("corpus", [], "corpus is empty: name at least one"),
        ("corpus", "cv.csv", "corpus = 'cv.csv' is not a list: write it in square brackets"),
        ("engines", [2], "engines.0 = 2 is not a text: write it in quotes"),
        ("colour", "red", "colour is no field of a study"),
    ],
)
def test_a_mistake_is_said_in_the_words_of_a_study_file(field: str, given: object, said: str) -> None:
    fields = {"name": "x", "corpus": ["cv.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"], field: given}
    with pytest.raises(StudyError, match=re.escape(said)):
        Study.create(fields)
