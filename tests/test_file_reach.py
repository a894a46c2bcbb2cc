"""Where an operator named folders, nothing of others is read outside them: typed, in a manifest, in a study, by a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.corpus import make
from workbench.conditions.recordings import open_recordings
from workbench.corpora import check_manifest, load_corpus
from workbench.corpora.layouts import layouts
from workbench.engines import load_engine
from workbench.errors import ConditionError, EngineError, ManifestError, StudyError, WorkbenchError
from workbench.files.reach import DATA, within_reach
from workbench.pages.shared.typed_paths import typed_path
from workbench.study import Study


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder that may be read, and one that may not; each has a corpus."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        make(folder, per_speaker=1)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(DATA, os.pathsep.join([str(inside), str(tmp_path / "other")]))
    return inside, outside


def test_a_corpus_inside_is_read_and_one_outside_is_not(folders: tuple[Path, Path]) -> None:
    inside, outside = folders
    assert len(load_corpus(inside / "tones.csv").utterances)
    with pytest.raises(ManifestError, match=r"outside the folders that this server reads \(WORKBENCH_DATA\).*inside"):
        check_manifest(outside / "tones.csv")


@pytest.mark.parametrize("there", [True, False])
def test_whether_a_file_outside_is_there_is_not_said(folders: tuple[Path, Path], there: bool) -> None:
    path = folders[1] / ("tones.csv" if there else "nothing.csv")
    with pytest.raises(StudyError, match="outside the folders") as problem:
        typed_path(str(path), place="path", fails=StudyError)
    assert "no such" not in str(problem.value)


def test_what_a_manifest_a_link_an_engine_and_a_condition_name_is_held_inside_too(folders: tuple[Path, Path]) -> None:
    inside, outside = folders
    audio = next(outside.rglob("*.wav"))
    (inside / "link.wav").symlink_to(audio)
    rows = "path,reference,speaker_id\n" + "".join(
        f"{name},one,s\n" for name in (audio, "link.wav", "../outside/x.wav")
    )
    (inside / "m.csv").write_text(rows)
    (inside / "m.toml").write_text('audio_root = "/"\n')
    assert not len(_usable(inside / "m.csv"))
    (inside / "m.toml").unlink()
    assert not len(_usable(inside / "m.csv"))
    (outside / "said.csv").write_text("utterance_id,text\na,one\n")
    (outside / "digits.gram").write_text("#JSGF V1.0; grammar d; public <d> = one;\n")
    for spec in (
        f"imported:{outside}/said.csv",
        f"pocketsphinx?grammar={outside}/digits.gram",
        "imported:../outside/said.csv",
    ):
        with pytest.raises(EngineError, match="outside the folders"):
            load_engine(spec, base=inside)
    with pytest.raises(ConditionError, match="outside the folders"):
        open_recordings(outside)
    with pytest.raises(ManifestError, match="outside the folders"):
        layouts(outside)
    (outside / "s.study.toml").write_text('name = "s"\n')
    with pytest.raises(StudyError, match="outside the folders"):
        Study.from_toml(outside / "s.study.toml")


def _usable(manifest: Path) -> object:
    try:
        return check_manifest(manifest).utterances
    except WorkbenchError:
        return []


def test_without_the_setting_everything_is_within_reach_and_with_it_the_workbench_itself(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert within_reach(tmp_path / "home" / "uploads" / "a.csv")
    assert within_reach(folders[0])
    assert not within_reach(folders[0].parent)
    assert not within_reach(f"{folders[0]}-more/a.csv")
    assert not within_reach("/etc/passwd")
    monkeypatch.delenv(DATA)
    assert within_reach("/etc/passwd")
