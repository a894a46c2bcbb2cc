"""Layouts: every corpus is found in its folder and below, and what is stated of a corpus later is what is read back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.corpus import make
from tests.corpus_trees import TREES, common_voice, files
from tests.test_corpora_formats import TREES as FORMATS
from workbench.__main__ import app
from workbench.corpora import layouts, load_corpus, prepare, state_description
from workbench.corpora.adapters import adapters
from workbench.corpora.description import AttributeInfo
from workbench.corpora.layouts import EXTRACT
from workbench.errors import ManifestError


@pytest.mark.parametrize("name", [*TREES, *FORMATS])
def test_a_corpus_is_found_two_folders_below_the_one_that_is_named_and_prepared_from_there(
    name: str, tmp_path: Path
) -> None:
    made = {**TREES, **FORMATS}[name](tmp_path / "made")
    outer = tmp_path / "unpacked"
    (outer / "__MACOSX").mkdir(parents=True)
    shutil.copytree(made, outer / "corpus-1.0" / "en")
    (layout,) = layouts(outer)
    assert (layout.name, layout.folder) == (name, outer / "corpus-1.0" / "en")
    options = {EXTRACT: "audio"} if EXTRACT in layout.options else {}
    found, direct = (
        prepare(name, folder, out=tmp_path / out, options=options)
        for folder, out in ((layout.folder, "found"), (made, "direct"))
    )
    assert (found.n_rows, found.n_speakers, found.stated) == (direct.n_rows, direct.n_speakers, direct.stated)
    assert found.n_rows > 0


def test_every_adapter_is_recognised_in_a_made_tree_but_the_one_that_has_no_layout() -> None:
    with_tables = {"casual-conversations-v2"}  # of the second release: tests/test_corpora_adapters.py
    assert set(adapters()) - {*TREES, *FORMATS} == {"file-names"} | with_tables


def test_a_folder_of_something_else_is_no_corpus(tmp_path: Path) -> None:
    make(tmp_path)
    assert layouts(tmp_path) == []
    with pytest.raises(ManifestError, match="is a file, not a folder"):
        layouts(tmp_path / "tones.csv")


def test_the_command_line_says_what_a_folder_looks_like(tmp_path: Path) -> None:
    folder = common_voice(tmp_path / "cv corpus" / "en")
    said = CliRunner().invoke(app, ["prepare", str(tmp_path)])
    assert said.exit_code == 0
    assert "looks like Common Voice" in said.output.replace("\n", " ")
    assert f"workbench prepare common-voice '{folder}'" in said.output
    told = CliRunner().invoke(app, ["prepare", str(tmp_path), "--json"])
    assert json.loads(told.output)["layouts"] == [{"name": "common-voice", "folder": str(folder)}]
    (tmp_path / "empty").mkdir()
    assert CliRunner().invoke(app, ["prepare", str(tmp_path / "empty")]).exit_code != 0


def test_what_is_stated_later_is_read_back_and_nothing_else_changes(tmp_path: Path) -> None:
    prepared = prepare("common-voice", common_voice(tmp_path / "cv"), out=tmp_path / "out")
    before = load_corpus(prepared.manifest).info
    how = AttributeInfo(obtained="annotated", note="by two listeners", per="utterance")
    state_description(prepared.manifest, {"consent": "asked on paper ", "licence": ""}, {"accent": how})
    after = load_corpus(prepared.manifest).info
    assert (after.consent, after.licence, after.attributes["accent"]) == ("asked on paper", "not stated", how)
    assert after.model_copy(
        update={"consent": before.consent, "licence": before.licence, "attributes": before.attributes}
    ) == before.model_copy(update={"fingerprint": after.fingerprint})
    assert after.attributes["gender"] == before.attributes["gender"]


def test_a_description_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    manifest = files(tmp_path, {"a.csv": "path,reference,speaker_id\n", "a.toml": "licence = \n"}) / "a.csv"
    with pytest.raises(ManifestError, match="not valid TOML"):
        state_description(manifest, {"licence": "CC0"}, {})
    with pytest.raises(ManifestError, match="'colour' is not among"):
        state_description(manifest.with_name("b.csv"), {"colour": "red"}, {})
    assert manifest.with_suffix(".toml").read_text() == "licence = \n"
