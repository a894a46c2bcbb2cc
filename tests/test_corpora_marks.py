"""Marks of transcribers are declared by the adapters, counted when a corpus is prepared and checked, and said by group."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.corpus_trees import coraal, edacc
from workbench.corpora import check_manifest
from workbench.corpora.adapters import adapters
from workbench.corpora.transcriber_marks import MarkCounter
from workbench.errors import ManifestError

LINES = (
    "Line\tSpkr\tStTime\tContent\tEnTime\n"
    "1\tATL_se0_ag1_f_01\t0.0\tMy /RD-NAME-2/ was [like],\t0.2\n"
    "2\tATL_se0_ag1_f_01\t0.2\t/unintelligible/\t0.4\n"
    "3\tATL_se0_ag1_f_01\t0.4\tIt was /uptown/ then.\t0.8\n"
    "4\tATL_se0_ag1_f_01\t0.8\t[<laugh>]\t1.0\n"
)


def test_corals_marks_are_counted_and_kept(tmp_path: Path) -> None:
    root = coraal(tmp_path / "coraal")
    (root / "ATL_textfiles_2020.05" / "ATL_se0_ag1_f_01_1.txt").write_text(LINES)
    prepared = wb.prepare("coraal", root, out=tmp_path / "out")
    corpus = check_manifest(prepared.manifest, decode=False)
    assert corpus.utterances["reference"].tolist() == [
        "My /RD-NAME-2/ was [like],",
        "/unintelligible/",
        "It was /uptown/ then.",
        "[<laugh>]",
    ]
    for notes in (prepared.notes, corpus.notes):
        said = "\n".join(notes)
        assert (
            "1 mark of the transcribers in 1 reference: '/RD-NAME-2/' (a name or detail that was taken out and bleeped)"
            in said
        )
        assert "'/unintelligible/' (not understood)" in said
        assert "'/uptown/' (words that the transcriber guesses)" in said
        assert "2 marks of the transcribers in 2 references: '[like]' (overlapping speech, or a sound)" in said
        assert "2 references hold nothing beside marks: '/unintelligible/'" in said


def test_marks_are_said_by_group(tmp_path: Path) -> None:
    counter = MarkCounter({"a sound": r"<[^<>]+>"})
    counter.add(["yes", "<laugh> no", "<laugh>"])
    first, second = counter.notes(pd.DataFrame({"accent": ["us", "uk", "uk"]}))
    assert first == "2 marks of the transcribers in 2 references: '<laugh>' (a sound); accent: uk 2 of 2, us 0 of 1"
    assert "1 reference holds nothing beside marks" in second
    nothing = MarkCounter({})
    nothing.add(["<laugh>"])
    assert nothing.notes() == ()


def test_every_declared_mark_is_a_pattern_and_a_corpus_of_ones_own_may_declare_some(tmp_path: Path) -> None:
    for adapter in adapters().values():
        MarkCounter(adapter.marks).add(["a <b> [c] (d) /e/ {f}"])
    (tmp_path / "m.csv").write_text("path,reference,speaker_id\na.wav,#eh# yes,a\n")
    (tmp_path / "m.toml").write_text("[marks]\n'a pause' = '#[^#]+#'\n")
    corpus = check_manifest(tmp_path / "m.csv", decode=False)
    assert corpus.info.marks == {"a pause": "#[^#]+#"}
    (tmp_path / "m.toml").write_text("[marks]\n'a pause' = '('\n")
    with pytest.raises(ManifestError, match="not a regular expression"):
        check_manifest(tmp_path / "m.csv", decode=False)


def test_a_foreign_byte_in_a_table_of_speakers_costs_no_speaker(tmp_path: Path) -> None:
    root = coraal(tmp_path / "coraal")
    metadata = root / "ATL_metadata_2020.05.txt"
    metadata.write_bytes(metadata.read_bytes().replace(b"Some college", b"Coll\xe9ge"))
    prepared = wb.prepare("coraal", root, out=tmp_path / "out")
    rows = check_manifest(prepared.manifest, decode=False).utterances
    assert rows["gender"].tolist() == ["Female"]
    assert rows["education"].tolist() == ["Coll\ufffdge"]
    assert "is not UTF-8" in prepared.notes[0]
    assert "--option encoding=windows-1252" in prepared.notes[0]
    calls = edacc(tmp_path / "edacc")
    table = calls / "linguistic_background.csv"
    table.write_bytes(table.read_bytes().replace(b"White", b"Wei\xdf"))
    prepared = wb.prepare("edacc", calls, out=tmp_path / "out", options={"split": "dev"})
    assert "Glaswegian" in set(check_manifest(prepared.manifest, decode=False).utterances["accent"])
