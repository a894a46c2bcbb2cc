"""CTM files: words with times become the transcripts of segments."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.manifest_files import maker, sounds, stereo_bytes
from workbench.errors import EngineError


@pytest.fixture
def utterances(tmp_path: Path) -> pd.DataFrame:
    manifest = maker(sounds(tmp_path / "corpus"))(
        "utterance_id,path,reference,speaker_id,start_s,end_s\n"
        "u1,a.wav,one two,s1,0,1\nu2,a.wav,three,s2,1,2.5\nu3,b.wav,four,s1,,\nu4,c.wav,five,s1,,\n"
    )
    return wb.load_corpus(manifest).utterances


def test_words_belong_to_the_segment_in_which_their_middle_lies(utterances: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.ctm"
    path.write_text(
        ";; a comment\na 1 0.90 0.30 late 0.7\na 1 0.10 0.20 one 0.99 lex\na 1 0.80 0.30 two\n\nb A 2.80 0.40 null\n"
    )
    found = wb.read_ctm(path, utterances)
    assert dict(zip(found["utterance_id"], found["hypothesis"], strict=True)) == {
        "m/u1": "one two", "m/u2": "late", "m/u3": "null",
    }  # fmt: skip
    path.write_text("a 1 0.1 0.2 one\n")
    assert wb.read_ctm(path, utterances)["hypothesis"].tolist() == ["one", ""]


def test_of_a_stereo_recording_each_side_has_its_own_words(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "corpus")
    (folder / "call.wav").write_bytes(stereo_bytes())
    manifest = maker(folder)(
        "utterance_id,path,reference,speaker_id,channel\nl,call.wav,x,s1,1\nr,call.wav,y,s2,B\nall,call.wav,z,s3,\n"
    )
    (tmp_path / "out.ctm").write_text("call A 0.1 0.2 hello\ncall 2 0.5 0.2 hi\ncall odd 0.9 0.2 well\n")
    found = wb.read_ctm(tmp_path / "out.ctm", wb.load_corpus(manifest).utterances)
    assert found["hypothesis"].tolist() == ["hello", "hi", "hello hi well"]


def test_lines_that_are_no_words_are_named_all_at_once(utterances: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "out.ctm"
    path.write_text("a 1 0.1 0.2 one\na 1 * * <ALT_BEGIN>\na 1 0.1\na 1 nan 0.1 x\na 1 -3 0.1 x\n")
    with pytest.raises(EngineError) as error:
        wb.read_ctm(path, utterances)
    said = str(error.value)
    assert said.startswith("out.ctm: 4 lines cannot be read")
    assert [f"out.ctm line {line}:" in said for line in (1, 2, 3, 4, 5)] == [False, True, True, True, True]
    path.write_text("z 1 0.1 0.2 one\n")
    with pytest.raises(EngineError, match=r"no recording of the corpus is in it \(it has z\)"):
        wb.read_ctm(path, utterances)
    with pytest.raises(EngineError, match="there is no such CTM"):
        wb.read_ctm(tmp_path / "none.ctm", utterances)


def test_the_transcripts_can_be_imported(utterances: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "out.ctm").write_text("a 1 0.1 0.2 one\nb 1 0.1 0.2 four\nc 1 0.1 0.2 five\n")
    wb.read_ctm(tmp_path / "out.ctm", utterances).to_csv(tmp_path / "t.csv", index=False)
    engine = wb.load_engine(f"imported:{tmp_path / 't.csv'}")
    assert engine.model_id.startswith("imported:")
