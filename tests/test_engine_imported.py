"""Imported transcripts: joined by name, nothing lost, nothing invented, every fault of a file at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.audio import Waveform
from workbench.conditions import parse_condition
from workbench.engines import EngineFailure, ImportedEngine, Transcript, join_report, load_engine
from workbench.errors import EngineError


def asked(utterance_id: str, condition_id: str = "clean") -> Waveform:
    return Waveform(np.zeros(0, dtype=np.float32), 16_000, utterance_id, "s1", condition_id)


def imported(folder: Path, text: str, *, name: str = "vendor.csv", options: str = "") -> ImportedEngine:
    (folder / name).write_text(text, encoding="utf-8")
    engine = load_engine(f"imported:{name}{options}", base=folder)
    assert isinstance(engine, ImportedEngine)
    return engine


def said(engine: ImportedEngine, utterance_id: str, condition_id: str = "clean") -> str | None:
    (answer,) = engine.transcribe([asked(utterance_id, condition_id)])
    return answer.text if isinstance(answer, Transcript) else None


def refused(folder: Path, text: str, *, name: str = "vendor.csv", options: str = "") -> str:
    with pytest.raises(EngineError) as caught:
        imported(folder, text, name=name, options=options)
    return str(caught.value)


def test_rows_are_found_by_full_id_and_by_the_source_id_alone(tmp_path: Path) -> None:
    engine = imported(tmp_path, "utterance_id,hypothesis\nfsdd/a,full\na,bare a\nb,bare b\nsub/c.wav,slashed\n")
    assert said(engine, "fsdd/a") == "full"
    assert said(engine, "other/a") == "bare a"
    assert said(engine, "fsdd/b") == "bare b"
    assert said(engine, "fsdd/sub/c.wav") == "slashed"
    assert said(engine, "other/c.wav") == "slashed"  # by the stem; two utterances of that stem are refused
    assert said(engine, "other/d.wav") is None


def test_an_utterance_that_the_file_lacks_is_a_failure_that_names_both(tmp_path: Path) -> None:
    engine = imported(tmp_path, "utterance_id,hypothesis\na,x\n")
    missing, degraded = engine.transcribe([asked("c/b"), asked("c/a", "room@2")])
    assert isinstance(missing, EngineFailure)
    assert missing.error == "no transcript for c/b in vendor.csv"
    assert isinstance(degraded, EngineFailure)
    assert degraded.error == "no transcript for c/a under room@2 in vendor.csv"


def test_texts_that_look_like_missing_values_stay_texts(tmp_path: Path) -> None:
    engine = imported(tmp_path, 'utterance_id,hypothesis\n1,null\n2,NA\n3,nan\n4,\n5,"None, ""really"""\n')
    assert [said(engine, f"c/{i}") for i in range(1, 6)] == ["null", "NA", "nan", "", 'None, "really"']


def test_null_in_jsonl_is_no_transcript_and_an_empty_text_is_one(tmp_path: Path) -> None:
    rows = [{"utterance_id": "1", "text": None}, {"utterance_id": "2", "text": ""}, {"utterance_id": "3"}]
    engine = imported(tmp_path, "\n".join(map(json.dumps, rows)) + "\n\n", name="v.jsonl")
    answers = engine.transcribe([asked(f"c/{i}") for i in (1, 2, 3)])
    assert [isinstance(answer, Transcript) for answer in answers] == [False, True, False]
    assert isinstance(answers[0], EngineFailure)
    assert answers[0].error == "v.jsonl holds no value for it"


def test_null_in_parquet_is_no_transcript_and_an_empty_text_is_one(tmp_path: Path) -> None:
    frame = pd.DataFrame({"utterance_id": [1, 2, 3], "transcript": ["one", None, ""]})
    frame.to_parquet(tmp_path / "v.parquet")
    engine = load_engine("imported:v.parquet", base=tmp_path)
    answers = engine.transcribe([asked(f"c/{i}") for i in (1, 2, 3)])
    assert [answer.text if isinstance(answer, Transcript) else None for answer in answers] == ["one", None, ""]


def test_tab_separated_files_are_read_and_stray_quotes_can_be_declared(tmp_path: Path) -> None:
    text = 'utterance_id\ttext\na\the said "yes\n'
    assert said(imported(tmp_path, text, name="v.tsv"), "c/a") == 'he said "yes'
    quoted = 'utterance_id\ttext\na\t"yes" he said\n'
    assert "?quoting=none" in refused(tmp_path, quoted, name="v.tsv")
    assert said(imported(tmp_path, quoted, name="v.tsv", options="?quoting=none"), "c/a") == '"yes" he said'


def test_other_column_names_can_be_given(tmp_path: Path) -> None:
    engine = imported(tmp_path, "clip,out,truth\na,x,y\n", options="?id=clip&text=out")
    assert said(engine, "c/a") == "x"
    assert engine.options["columns"] == {"id": "clip", "text": "out"}


def test_conditions_are_those_of_the_file_in_the_workbench_own_spelling(tmp_path: Path) -> None:
    text = (
        "utterance_id,condition_id,hypothesis\na,,quiet\na,white_noise@2,noisy\n"
        'a,"equip_pulse?snr_db=8.0&rate_hz=2&frequency_hz=900",beeping\n'
    )
    engine = imported(tmp_path, text)
    pulse = parse_condition("equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8").condition_id
    assert pulse != "equip_pulse?snr_db=8.0&rate_hz=2&frequency_hz=900"
    assert engine.conditions == {"clean", "white_noise@2", pulse}
    assert [said(engine, "c/a", name) for name in ("clean", "white_noise@2", pulse)] == ["quiet", "noisy", "beeping"]


def test_without_a_condition_column_everything_is_clean(tmp_path: Path) -> None:
    assert imported(tmp_path, "utterance_id,text\na,x\n").conditions == {"clean"}


def test_it_does_not_listen(tmp_path: Path) -> None:
    assert imported(tmp_path, "utterance_id,text\na,x\n").needs_audio is False


def test_confidences_of_the_vendor_are_kept_and_empty_ones_are_none(tmp_path: Path) -> None:
    engine = imported(tmp_path, "utterance_id,text,confidence\na,x,0.25\nb,y,\n")
    found = [a.confidence for a in engine.transcribe([asked("c/a"), asked("c/b")]) if isinstance(a, Transcript)]
    assert found == [0.25, None]


def test_missing_columns_are_named_together_with_those_that_are_there(tmp_path: Path) -> None:
    error = refused(tmp_path, "id,asr\na,x\n")
    for part in ("no column 'utterance_id'", "'?id=COLUMN'", "'hypothesis' or 'text' or 'transcript'", "'id', 'asr'"):
        assert part in error
    error = refused(tmp_path, "id,asr\na,x\n", options="?id=uid&text=asrr")
    assert "no column 'uid' for id" in error
    assert "did you mean 'asr'?" in error


def test_two_columns_that_could_be_the_text_are_not_guessed_between(tmp_path: Path) -> None:
    text = "utterance_id,hypothesis,text\na,x,y\n"
    assert "text could be 'hypothesis' or 'text'" in refused(tmp_path, text)
    assert said(imported(tmp_path, text, options="?text=text"), "c/a") == "y"


def test_all_faults_of_the_rows_come_at_once_with_their_lines(tmp_path: Path) -> None:
    error = refused(
        tmp_path,
        "utterance_id,hypothesis,condition_id,confidence\na,x,clean,0.5\n,y,clean,\nb,z,wite_noise@2,\n"
        "a,w,clean,\nc,v,clean,87\nd,u,wite_noise@2,high\n",
    )
    assert error.startswith("vendor.csv: 5 problems")
    assert "line 3: no utterance_id" in error
    assert "line 4: " in error
    assert "'white_noise" in error
    assert "(and 1 more lines)" in error
    assert "line 5: 'a' (clean) is there already, line 2" in error
    assert "line 6: confidence '87' is not a number from 0 to 1" in error
    assert "line 7: confidence 'high'" in error


def test_the_same_id_under_two_conditions_is_no_duplicate(tmp_path: Path) -> None:
    assert len(imported(tmp_path, "utterance_id,text,condition_id\na,x,clean\na,y,room@1\n").transcripts) == 2


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("v.csv", b"utterance_id,text\na,x,y\nb,z\n", "line 2: 3 fields where the header has 2"),
        ("v.csv", "utterance_id,text\na,caf\xe9\n".encode("latin-1"), "is not UTF-8"),
        ("v.csv", b"", "the file is empty"),
        ("v.csv", b"utterance_id,text\n", "holds no transcript"),
        ("v.jsonl", b'{"utterance_id": "a", "text": "x"}\n{"utterance_id": ', "line 2: not valid JSON"),
        ("v.parquet", b"PAR1 not really", "cannot be read as Parquet"),
        ("v.xlsx", b"PK", "cannot be read as an Excel workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_where(
    name: str, content: bytes, part: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EngineError) as caught:
        load_engine(f"imported:{name}", base=tmp_path)
    assert part in str(caught.value)
    assert name in str(caught.value)


def test_another_content_or_another_column_is_another_model(tmp_path: Path) -> None:
    rows = "utterance_id,hypothesis,text\na,x,y\n"
    first = imported(tmp_path, rows, options="?text=hypothesis")
    second = imported(tmp_path, rows, options="?text=text")
    third = imported(tmp_path, rows + "b,x,y\n", options="?text=text")
    assert len({first.digest, second.digest, third.digest}) == 3
    assert first.model_id == f"imported:vendor.csv?text=hypothesis#{first.digest[:8]}"


def test_the_folder_is_in_no_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "v.csv").write_text("utterance_id,text\na,x\n")
    engine = load_engine("imported:deep/v.csv", base=tmp_path)
    assert engine.model_id == f"imported:v.csv#{engine.digest[:8]}"
    assert str(tmp_path) not in json.dumps(dict(engine.options))


def test_the_report_lists_what_is_left_over_on_both_sides(tmp_path: Path) -> None:
    engine = imported(tmp_path, "utterance_id,text\na,x\nc/b,y\nghost,z\nc/spectre,w\n")
    report = join_report(engine, ["c/a", "c/b", "c/missing"])
    assert report.matched == ("c/a", "c/b")
    assert report.only_in_corpus == ("c/missing",)
    assert report.only_in_transcripts == ("c/spectre", "ghost")
    assert report.ambiguous == ()


def test_a_bare_id_that_fits_two_corpora_is_reported(tmp_path: Path) -> None:
    engine = imported(tmp_path, "utterance_id,text\na,x\n")
    assert join_report(engine, ["c/a", "d/a"]).ambiguous == ("a",)
