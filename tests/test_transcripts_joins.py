"""Transcripts meet the utterances they belong to: by id, stem or path, whole or cut, each way counted and nothing lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.transcript_samples import SAMPLES
from workbench.__main__ import app
from workbench.engines import EngineFailure, ImportedEngine, Transcript, join_report, load_engine
from workbench.errors import EngineError, ScoringError
from workbench.fairness import score_table
from workbench.transcripts import Segment, Word, join_transcripts, read_references

MANIFEST = """path,reference,speaker_id,accent
audio/c1.wav,please turn it off,s1,A
audio/c2.wav,right now,s2,B
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest whose audio nobody has here."""
    path = tmp_path / "ward.csv"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


def utterances(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["utterance_id", "path", "start_s", "end_s", "channel"])


def held(*segments: Segment) -> dict[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for segment in segments:
        found.setdefault(segment.name, []).append(segment)
    return found


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("w/u1", "id"), ("u1", "id"), ("c1", "stem"), ("c1.wav", "stem"), ("C:\\calls\\c1.wav", "stem"), ("out/c1.wav", "stem"),
        ("https://store.example/x/c1.wav?sig=2", "stem"), ("a/d", "path"), ("/data/a/d.flac", "path"), ("d", ""), ("e", ""),
    ],
)  # fmt: skip
def test_a_transcript_is_joined_by_id_then_stem_then_path(name: str, way: str) -> None:
    corpus = utterances(
        ("w/u1", "/here/x/c1.wav", None, None, None),
        ("w/a/d.wav", "/here/a/d.wav", None, None, None),
        ("w/b/d.wav", "/here/b/d.wav", None, None, None),
    )
    joined = join_transcripts(held(Segment(name, "yes")), corpus)
    expected = {"id": 0, "stem": 0, "path": 1}.get(way)
    assert joined.frame["hypothesis"].notna().tolist() == [row == expected for row in range(3)]
    if way:
        assert joined.frame.loc[expected, "joined_by"] == way
        assert joined.notes[0] == f"transcripts joined to utterances: 1 by {way} (of 3)"
    else:
        assert joined.spare == (name,)


def test_two_transcripts_of_one_utterance_are_refused_with_both_names() -> None:
    corpus = utterances(("w/u1", "c1.wav", None, None, None))
    with pytest.raises(ScoringError, match=r"w/u1 has 2 transcripts: deepgram/c1, whisper/c1\n; keep one"):
        join_transcripts(held(Segment("deepgram/c1", "x"), Segment("whisper/c1", "y")), corpus)


def test_a_recording_is_cut_by_the_times_of_its_words_and_else_of_its_segments() -> None:
    corpus = utterances(
        ("w/1", "c1.wav", 0.0, 1.0, None), ("w/2", "c1.wav", 1.0, 2.0, None), ("w/3", "c1.wav", 2.0, None, None)
    )
    words = (Word("one", 0.0, 0.4), Word("2", None, None), Word("three", 0.9, 1.3))
    joined = join_transcripts(
        held(Segment("c1", "one 2 three", 0.0, 1.3, words=words), Segment("c1", "four five", 1.9, 3.0)), corpus
    )
    assert joined.frame["hypothesis"].tolist() == ["one 2", "three", "four five"]
    with pytest.raises(
        ScoringError, match="c1: 3 utterances are parts of this recording, and the transcript has no times"
    ):
        join_transcripts(held(Segment("c1", "one two three")), corpus)
    twice = utterances(("w/1", "c1.wav", None, None, None), ("w/2", "c1.wav", None, None, None))
    with pytest.raises(ScoringError, match="they have no start_s and end_s"):
        join_transcripts(held(Segment("c1", "one", 0.0, 1.0)), twice)


def test_channels_belong_to_the_utterances_that_name_them_and_are_put_together_by_time_for_the_rest() -> None:
    segments = held(
        Segment("c1", "bye", 2.0, 3.0, channel=1),
        Segment("c1", "hello", 0.0, 1.0, channel=1),
        Segment("c1", "hi", 1.0, 2.0, channel=2),
    )
    sides = utterances(("w/l", "c1.wav", None, None, 1), ("w/r", "c1.wav", None, None, 2))
    assert join_transcripts(segments, sides).frame["hypothesis"].tolist() == ["hello bye", "hi"]
    joined = join_transcripts(segments, utterances(("w/1", "c1.wav", None, None, None)))
    assert joined.frame["hypothesis"].tolist() == ["hello hi bye"]
    assert "transcribed in several channels" in joined.notes[-1]


def test_missing_failed_and_spare_transcripts_are_all_said() -> None:
    corpus = utterances(*((f"w/{name}", f"{name}.wav", None, None, None) for name in "abc"))
    joined = join_transcripts(
        held(Segment("a", ""), Segment("b", None, reason="status FAILED"), Segment("z", "x")), corpus
    )
    assert joined.frame["hypothesis"].tolist()[0] == ""
    assert joined.frame["hypothesis"].isna().tolist() == [False, True, True]
    assert joined.notes == (
        "transcripts joined to utterances: 2 by id (of 3)",
        "1 of 3 utterances count as failed, status FAILED: w/b",
        "1 of 3 utterances count as failed, no transcript: w/c",
        "1 transcripts belong to no utterance: z",
    )


def test_score_takes_a_source_and_a_manifest_without_its_audio(manifest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "c1.json").write_text(SAMPLES["whisper"].content)
    (folder / "c2.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nright cow\n")
    scored = score_table(folder, references=manifest, by=["accent"])
    assert dict(zip(scored.rates["accent"], scored.rates["errors"], strict=True)) == {"A": 0, "B": 1}
    assert scored.rates["n_speakers"].tolist() == [1, 1]
    assert (
        scored.notes[:2]
        == (
            "out: read as SubRip subtitles (SRT) (1 file), openai-whisper JSON (1 file)",
            "transcripts joined to utterances: 2 by stem (of 2)",
        )
        or "transcripts joined to utterances: 2 by stem (of 2)" in scored.notes
    )


def test_an_utterance_without_a_transcript_counts_as_failed_not_as_deleted(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "c1.txt").write_text("please turn it off")
    scored = score_table(tmp_path / "c1.txt", references=manifest, by=["accent"])
    assert dict(zip(scored.rates["accent"], scored.rates["n_failed"], strict=True)) == {"A": 0, "B": 1}
    assert "1 of 2 utterances count as failed, no transcript: ward/audio/c2.wav" in scored.notes


def test_a_table_of_the_users_own_joins_too(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("file;transcript\nc1.wav;please turn it off\nc2.wav;right cow\n")
    scored = score_table(tmp_path / "v.csv", references=manifest, by=["accent"])
    assert dict(zip(scored.rates["accent"], scored.rates["errors"], strict=True)) == {"A": 0, "B": 1}
    assert "v.csv: ids are those of column 'file', transcripts those of column 'transcript'" in scored.notes


def test_without_references_a_recognisers_file_is_named_and_the_way_shown(manifest: Path, tmp_path: Path) -> None:
    for kind in ("whisper", "amazon-transcribe", "srt", "ctm", "trn", "kaldi", "icefall", "seglst"):
        path = tmp_path / SAMPLES[kind].file
        path.write_text(SAMPLES[kind].content)
        with pytest.raises(ScoringError, match=r"this is .*neither references nor groups; .*--references MANIFEST"):
            score_table(path, by=["accent"])
    with pytest.raises(ScoringError, match="this is a folder, "):
        score_table(tmp_path, by=["accent"])


def test_a_nemo_manifest_is_its_own_table_of_references_and_predictions(tmp_path: Path) -> None:
    rows = [
        {"audio_filepath": "c1.wav", "text": "one two", "pred_text": "one two", "accent": "A"},
        {"audio_filepath": "c2.wav", "text": "one two", "pred_text": "one", "accent": "B"},
    ]
    (tmp_path / "p.json").write_text("\n".join(map(json.dumps, rows)))
    scored = score_table(tmp_path / "p.json", by=["accent"])
    assert scored.rates["errors"].tolist() == [0, 1]
    assert scored.notes[0] == "p.json: a NeMo manifest; references are its text, hypotheses its pred_text"


def test_nothing_that_joins_is_an_error_that_shows_both_names(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("hello")
    with pytest.raises(
        ScoringError, match=r"none of its 1 transcripts \(other ...\) is of an utterance \(ward/audio/c1.wav"
    ):
        score_table(tmp_path / "other.txt", references=manifest, by=["accent"])


def test_all_that_is_wrong_with_a_manifest_of_references_comes_at_once(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("utterance_id,text\nu1,x\n")
    with pytest.raises(ScoringError, match="no column 'reference'"):
        read_references(tmp_path / "m.csv")
    (tmp_path / "m.csv").write_text("utterance_id,reference,start_s\nu1,x,late\nu1,y,1\n")
    with pytest.raises(ScoringError, match=r"(?s)line 2.*'late'.*line 3.*already on line 2"):
        read_references(tmp_path / "m.csv")


# -- imported:SOURCE


def imported(base: Path, spec: str) -> ImportedEngine:
    engine = load_engine(f"imported:{spec}", base=base)
    assert isinstance(engine, ImportedEngine)
    return engine


def test_a_folder_of_a_vendor_is_an_engine_and_joins_ids_made_of_paths(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "c1.json").write_text(SAMPLES["deepgram"].content)
    (folder / "c2.json").write_text(json.dumps({"id": "1", "status": "error", "error": "no speech"}))
    engine = imported(tmp_path, "out")
    assert engine.options["read_as"] == {"Deepgram JSON": 1, "AssemblyAI JSON": 1}
    one, two = (engine._find(name, "clean") for name in ("ward/audio/c1.wav", "ward/audio/c2.wav"))
    assert isinstance(one, Transcript) and (one.text, one.confidence) == ("Please turn it off.", 0.75)
    assert isinstance(two, EngineFailure) and two.error == "no speech"
    report = join_report(engine, ["ward/audio/c1.wav", "ward/b/c1.wav", "ward/audio/c2.wav"])
    assert report.contested == ("c1",)
    assert report.ambiguous == ()
    assert engine.digest == imported(tmp_path, "out").digest
    (folder / "c1.json").write_text(SAMPLES["deepgram"].content.replace("turn", "burn"))
    assert engine.digest != imported(tmp_path, "out").digest


def test_the_names_that_a_vendor_gives_are_names_too(tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(SAMPLES["speechmatics"].content)
    assert isinstance(imported(tmp_path, "answer.json")._find("ward/audio/c1.wav", "clean"), Transcript)


def test_a_file_among_several_that_cannot_be_read_stops_an_engine(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "c1.json").write_text(SAMPLES["deepgram"].content)
    (folder / "c2.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01\nhello\n")
    with pytest.raises(EngineError, match=r"c2.vtt: looks like WebVTT"):
        imported(tmp_path, "out")


# -- the command


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_transcripts_writes_a_table_that_score_and_imported_read(manifest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "c1.json").write_text(SAMPLES["whisper"].content)
    (folder / "c2.json").write_text(json.dumps({"id": "1", "status": "error", "error": "no speech"}))
    table = tmp_path / "t.csv"
    found = run("transcripts", folder, "--references", manifest, "--out", table)
    assert found.exit_code == 0, found.output
    assert "transcripts joined to utterances: 2 by stem (of 2)" in found.stdout
    assert "1 failed transcripts are not in the table" in found.stdout
    assert pd.read_csv(table)[["utterance_id", "hypothesis", "joined_by"]].to_numpy().tolist() == [
        ["ward/audio/c1.wav", "Please turn it off.", "stem"]
    ]
    assert isinstance(imported(tmp_path, "t.csv")._find("ward/audio/c1.wav", "clean"), Transcript)
    again = run("score", table, "--references", manifest, "--by", "accent", "--json")
    assert json.loads(again.stdout)["rates"][0]["errors"] == 0
    direct = run("score", folder, "--references", manifest, "--by", "accent", "--json")
    one, two = (pd.DataFrame(json.loads(answer.stdout)["rates"]).drop(columns="system") for answer in (direct, again))
    pd.testing.assert_frame_equal(one, two)


def test_transcripts_without_a_source_lists_the_formats_and_their_documents() -> None:
    found = json.loads(run("transcripts", "--json").stdout)["formats"]
    assert len(found) >= 24
    assert all(row["source"].startswith("https://") for row in found)


def test_mistakes_of_the_command_are_named(tmp_path: Path) -> None:
    (tmp_path / "c1.txt").write_text("x")
    assert (
        "'word' is no kind of row; did you mean 'words'"
        in run("transcripts", tmp_path / "c1.txt", "--rows", "word").stderr
    )
    assert "end it in .csv or .parquet" in run("transcripts", tmp_path / "c1.txt", "--out", tmp_path / "x.docx").stderr
