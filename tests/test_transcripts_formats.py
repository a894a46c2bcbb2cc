"""Every format of transcripts: recognised by what is in it, read in full, and said; what is none of them is named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.transcript_samples import SAMPLES, Sample
from workbench.errors import ScoringError
from workbench.transcripts import FORMATS, read_transcripts, transcript_table
from workbench.transcripts.formats import seconds


def written(folder: Path, sample: Sample) -> Path:
    path = folder / sample.file
    path.write_text(sample.content, encoding="utf-8")
    return path


def test_there_is_a_sample_with_its_public_document_for_every_format() -> None:
    assert {kind.split(" ")[0] for kind in SAMPLES} == set(FORMATS)
    assert all(sample.source.startswith("https://") for sample in SAMPLES.values())


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_is_recognised_and_all_that_it_says_is_kept(tmp_path: Path, kind: str) -> None:
    sample = SAMPLES[kind]
    read = read_transcripts(written(tmp_path, sample))
    assert read.formats == {FORMATS[kind.split(" ")[0]].title: 1}
    assert read.problems == ()
    segments = read.segments
    assert tuple(" ".join((one.text or "").split()) for one in segments) == sample.texts
    first = segments[0]
    assert first.name == sample.name
    assert (first.start_s, first.end_s) == pytest.approx(sample.span)
    assert first.confidence == (None if sample.confidence is None else pytest.approx(sample.confidence))
    assert sum(word.start_s is not None for one in segments for word in one.words) == sample.words
    assert first.alternatives == sample.alternatives
    assert tuple(one.channel for one in segments) == (sample.channels or (None,) * len(segments))
    assert tuple(one.speaker for one in segments) == (sample.speakers or ("",) * len(segments))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path, kind: str) -> None:
    sample = SAMPLES[kind]
    plain = read_transcripts(written(tmp_path, sample))
    (tmp_path / sample.file).write_bytes(sample.content.replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_transcripts(tmp_path / sample.file).segments == plain.segments


def test_a_format_can_be_named_and_a_wrong_one_says_what_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, SAMPLES["kaldi"])
    assert read_transcripts(path, format="txt").segments[0].text == "c1 please turn it off c2"
    with pytest.raises(ScoringError, match=r"looks like NIST stm .*, but\nline 1: not <recording>.*\nline 2: "):
        read_transcripts(path, format="stm")
    with pytest.raises(ScoringError, match="there is no format 'kalid'; did you mean 'kaldi'"):
        read_transcripts(path, format="kalid")


def test_what_is_no_format_is_described(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"conversation": {}, "speakers": []}))
    with pytest.raises(ScoringError) as caught:
        read_transcripts(tmp_path / "x.json")
    assert "x.json" in str(caught.value) and "is a JSON object with the keys 'conversation', 'speakers'" in str(
        caught.value
    )
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    with pytest.raises(ScoringError, match=r"x\.bin is no text\n.*read are .*whisper.*--format"):
        read_transcripts(tmp_path / "x.bin")
    with pytest.raises(ScoringError, match="there is no such file or folder"):
        read_transcripts(tmp_path / "none.srt")


def test_one_broken_file_of_a_folder_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    for name in ("c1", "c2"):
        (tmp_path / f"{name}.json").write_text(SAMPLES["deepgram"].content)
    (tmp_path / "c3.json").write_text(json.dumps({"results": {"channels": [{"alternatives": [{"confidence": 1}]}]}}))
    (tmp_path / "c4.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01\nhello\n")
    (tmp_path / "notes.docx").write_bytes(b"PK\0\0")
    (tmp_path / "c1.wav").write_bytes(b"RIFF")
    read = read_transcripts(tmp_path)
    assert list(read.by_name()) == ["c1", "c2"]
    assert read.problems == (
        "c3.json: looks like Deepgram JSON, but there is no 'transcript' where the format has a value",
        "c4.vtt: looks like WebVTT, but\n1 lines have times and 0 of them are captions",
    )
    assert read.notes == ("1 files are of no format that is read: notes.docx",)


def test_a_zip_is_read_as_the_folder_that_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as archive:
        for name in ("c1", "sub/c2"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / f"{name}.txt").write_text(f"text of {name}")
            archive.write(folder / f"{name}.txt", f"{name}.txt")
        archive.writestr("__MACOSX/._c1.txt", b"\0")
    assert read_transcripts(tmp_path / "out.zip").segments == read_transcripts(folder).segments
    assert [segment.name for segment in read_transcripts(folder).segments] == ["c1", "sub/c2"]


def test_a_recording_in_several_formats_is_read_once_from_the_richest(tmp_path: Path) -> None:
    for kind, name in (("whisper", "c1.json"), ("srt", "c1.srt"), ("vtt", "c1.vtt"), ("txt", "c1.txt")):
        (tmp_path / name).write_text(SAMPLES[kind].content)
    read = read_transcripts(tmp_path)
    assert read.formats == {"openai-whisper JSON": 1}
    assert len(read.notes) == 1 and read.notes[0].endswith("openai-whisper JSON is read")


FAILED = {
    "amazon": {"jobName": "j", "status": "FAILED", "results": {"transcripts": []}},
    "assemblyai": {"id": "1", "status": "error", "error": "file is empty"},
    "azure": {"RecognitionStatus": "Error", "Offset": 0, "Duration": 0},
}


@pytest.mark.parametrize("kind", FAILED)
def test_a_job_that_failed_is_a_failure_and_no_silence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "c1.json").write_text(json.dumps(FAILED[kind]))
    (segment,) = read_transcripts(tmp_path / "c1.json").segments
    assert segment.text is None
    assert segment.reason


SILENT = {
    "whisper": {"text": "", "segments": [], "language": "en"},
    "amazon": {"jobName": "j", "status": "COMPLETED", "results": {"transcripts": [{"transcript": ""}], "items": []}},
    "deepgram": {"metadata": {}, "results": {"channels": [{"alternatives": [{"transcript": "", "confidence": 0, "words": []}]}]}},
    "azure": {"combinedRecognizedPhrases": [], "recognizedPhrases": []},
    "azure short": {"RecognitionStatus": "NoMatch", "Offset": 0, "Duration": 0},
    "watson": {"results": [], "result_index": 0},
    "google": {"results": [], "requestId": "1"},
    "vosk": {"text": "", "result": []},
    "rev": {"monologues": []},
    "speechmatics": {"format": "2.9", "results": []},
    "assemblyai": {"id": "1", "status": "completed", "text": "", "words": []},
    "whisper.cpp": {"transcription": []},
}  # fmt: skip


@pytest.mark.parametrize("kind", SILENT)
def test_a_recording_in_which_nothing_was_recognised_is_an_empty_text(tmp_path: Path, kind: str) -> None:
    (tmp_path / "c1.json").write_text(json.dumps(SILENT[kind]))
    assert [segment.text for segment in read_transcripts(tmp_path / "c1.json").segments] == [""]


def test_texts_in_scripts_without_spaces_are_put_together_without_them(tmp_path: Path) -> None:
    parts = [
        {"start": 0, "end": 1, "text": "我想去"},
        {"start": 1, "end": 2, "text": "北京。"},
        {"start": 2, "end": 3, "text": "OK 吗"},
    ]
    (tmp_path / "c1.json").write_text(json.dumps({"segments": parts}), encoding="utf-8")
    assert transcript_table(read_transcripts(tmp_path / "c1.json"))["hypothesis"].tolist() == ["我想去北京。 OK 吗"]


def test_the_table_has_a_row_per_recording_per_segment_or_per_word(tmp_path: Path) -> None:
    read = read_transcripts(written(tmp_path, SAMPLES["whisper"]))
    whole = transcript_table(read)
    assert whole.loc[0, ["utterance_id", "hypothesis", "start_s", "end_s"]].tolist() == [
        "c1",
        "Please turn it off.",
        0.0,
        2.0,
    ]
    assert json.loads(whole.loc[0, "words"])[0] == {"text": "Please", "start_s": 0.0, "end_s": 0.6, "confidence": 0.9}
    assert transcript_table(read, "segments")["hypothesis"].str.strip().tolist() == ["Please turn", "it off."]
    assert transcript_table(read, "words")["hypothesis"].tolist() == ["Please", "turn"]
    channels = transcript_table(read_transcripts(written(tmp_path, SAMPLES["azure-fast"])))
    assert channels[["channel", "hypothesis"]].to_numpy().tolist() == [[1, "Hello."], [2, "Hi."]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1.500s", 1.5), ("PT1M2.5S", 62.5), ("PT1H", 3600.0), (2, 2.0), ("0.25", 0.25), (None, None), ("", None)],
)
def test_times_are_read_however_vendors_write_them(given: object, expected: float | None) -> None:
    assert seconds(given) == expected
