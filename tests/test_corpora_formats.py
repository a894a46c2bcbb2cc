"""General formats of corpora on small made-up trees: what is read, what is left out and why, and nothing run or guessed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.command_line import call
from tests.corpus_trees import SOUNDS, files
from tests.manifest_files import stereo_bytes
from tests.prepared import column, read
from workbench.corpora.adapters import adapters, recognised
from workbench.errors import ManifestError
from workbench.schema import NOT_STATED


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def kaldi(root: Path) -> Path:
    return files(root, {
        "wav.scp": "r1 /export/old/machine/audio/r1.wav\nr2 audio/r2.flac\n",
        "text": "u1 TURN LEFT\nu2 null\nu3\tgo on\n",
        "utt2spk": "u1 s1\nu2 s2\nu3 s2\n",
        "segments": "u1 r1 0 0.75\nu2 r2 0.5 1\nu3 r2 1.5 -1\n",
        "spk2gender": "s1 f\ns2 m\n",
        "spk2accent": "s1 Upper Valley\n",
        "spk2utt": "s1 u1\ns2 u2 u3\n",
        "audio/r1.wav": "sound", "audio/r2.flac": "sound",
    })  # fmt: skip


def nemo(root: Path) -> Path:
    return files(root, {
        "train.json": lines(
            {"audio_filepath": "/data/x/clips/a.wav", "duration": 2.0, "text": "one", "speaker": "s1", "accent": "north"},
            {"audio_filepath": "clips/b.wav", "offset": 0.1, "duration": 0.2, "text": "NaN", "speaker": 7, "age": 30},
        ),
        "clips/a.wav": "sound", "clips/b.wav": "sound",
    })  # fmt: skip


RECORDING = {"sampling_rate": 8000, "num_samples": 16000, "duration": 2.0}


def source(path: str, kind: str = "file") -> dict[str, Any]:
    return {"type": kind, "channels": [0], "source": path}


def lhotse(root: Path) -> Path:
    recordings = lines(
        {"id": "r1", "sources": [source("/home/else/audio/r1.wav")], **RECORDING},
        {"id": "r2", "sources": [source("audio/r2.wav")], **RECORDING},
    )
    supervisions = lines(
        {"id": "u1", "recording_id": "r1", "start": 0.0, "duration": 2.0, "channel": 0, "text": "one", "speaker": "s1",
         "gender": "F", "custom": {"accent": "north", "list": [1]}},
        {"id": "u2", "recording_id": "r2", "start": 0.1, "duration": 0.2, "channel": 0, "text": "two", "speaker": "s2"},
    )  # fmt: skip
    return files(root, {
        "c_recordings_dev.jsonl.gz": gzip.compress(recordings.encode()), "c_supervisions_dev.jsonl": supervisions,
        "audio/r1.wav": "sound", "audio/r2.wav": "sound",
    })  # fmt: skip


def cuts(root: Path) -> Path:
    recording = {"id": "r1", "sources": [source("audio/r1.wav")], **RECORDING}
    supervision = {"id": "u1", "recording_id": "r1", "start": 0.25, "duration": 0.5, "text": "one", "speaker": "s1"}
    return files(root, {
        "cuts.jsonl": lines(
            {"id": "c1", "start": 0.5, "duration": 1.0, "supervisions": [supervision], "recording": recording, "type": "MonoCut"},
            {"id": "c2", "tracks": [], "supervisions": [], "type": "MixedCut"},
        ),
        "audio/r1.wav": "sound",
    })  # fmt: skip


def arrow(path: Path, rows: list[dict[str, Any]], features: dict[str, Any]) -> None:
    """Write one split as save_to_disk does: a stream of record batches, and the features beside it."""
    import pyarrow as pa

    table = pa.Table.from_pylist(rows)
    path.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path / "data-00000-of-00001.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table, max_chunksize=2)
    (path / "dataset_info.json").write_text(json.dumps({"features": features}))
    (path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))


FEATURES = {
    "audio": {"sampling_rate": 8000, "_type": "Audio"},
    "sentence": {"dtype": "string", "_type": "Value"},
    "client_id": {"dtype": "string", "_type": "Value"},
    "accent": {"names": ["north", "south"], "_type": "ClassLabel"},
    "score": {"dtype": "float64", "_type": "Value"},
    "tags": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"},
}


def said(text: str, speaker: str, accent: int, audio: dict[str, Any]) -> dict[str, Any]:
    return {"audio": audio, "sentence": text, "client_id": speaker, "accent": accent, "score": 0.5, "tags": ["x"]}


def hf_disk(root: Path) -> Path:
    inside = {"bytes": SOUNDS[".flac"], "path": "x.mp3"}
    (root / "dataset_dict.json").parent.mkdir(parents=True, exist_ok=True)
    (root / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    arrow(
        root / "train",
        [said("one", "s1", 0, inside), said("null", "s2", 1, inside), said("x", "s2", -1, inside)],
        FEATURES,
    )
    arrow(root / "test", [said("two", "s3", 1, {"bytes": None, "path": "/old/wavs/a.wav"}),
                          said("lost", "s3", 1, {"bytes": None, "path": None})], FEATURES)  # fmt: skip
    return files(root, {"wavs/a.wav": "sound"})


def audio_folder(root: Path) -> Path:
    return files(root, {
        "train/metadata.csv": 'file_name,transcription,speaker,accent\na.wav,"one, two",s1,north\nsub/b.wav,NA,s2,\n',
        "test/metadata.csv": "file_name,transcription,speaker,region\nc.wav,three,s3,coast\n",
        "train/a.wav": "sound", "train/sub/b.wav": "sound", "test/c.wav": "sound",
    })  # fmt: skip


def stm(root: Path) -> Path:
    return files(root, {
        "ref/talk.stm": (
            ";; LABEL \"o\" \"overall\"\n"
            "talk 1 s1 0.00 0.75 <o,f0,female> so { um / @ } hello\n"
            "talk 1 inter_segment_gap 0.75 0.80 <o,,> \n"
            "talk 1 s2 0.80 1.00 <o,f0,male> IGNORE_TIME_SEGMENT_IN_SCORING\n"
            "talk 2 s2 1.00 1.50 right then\n"
            "broken line\n"
        ),
        "audio/talk.sph.txt": "x", "audio/talk.wav": stereo_bytes(),
    })  # fmt: skip


TREES: dict[str, Callable[[Path], Path]] = {
    "kaldi": kaldi, "nemo": nemo, "lhotse": lhotse, "hf-disk": hf_disk, "audio-folder": audio_folder, "stm": stm,
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


@pytest.mark.parametrize("name", TREES)
def test_a_format_is_recognised_and_says_nothing_of_a_licence_that_it_does_not_know(name: str, root: Path) -> None:
    assert recognised(TREES[name](root)) == [name]
    options = {"extract": "audio"} if name == "hf-disk" else {}
    prepared = wb.prepare(name, root, out=root.parent / "out", corpus_id="ours", options=options)
    info = wb.load_corpus(prepared.manifest).info
    assert (info.corpus_id, info.title, info.licence, info.source) == ("ours", "ours", NOT_STATED, NOT_STATED)


def test_kaldi(root: Path) -> None:
    prepared, frame = read("kaldi", kaldi(root))
    assert (prepared.n_rows, prepared.n_left_out) == (3, 0)
    assert column(frame, "reference") == {"u1": "TURN LEFT", "u2": "null", "u3": "go on"}
    assert column(frame, "gender") == {"u1": "f", "u2": "m", "u3": "m"}
    assert column(frame, "accent") == {"u1": "Upper Valley", "u2": NOT_STATED, "u3": NOT_STATED}
    assert column(frame, "duration_s") == {"u1": 0.75, "u2": 0.5, "u3": 0.5}
    assert {Path(path).name for path in frame["path"]} == {"r1.wav", "r2.flac"}


def test_kaldi_without_segments_and_with_its_tables_below(root: Path) -> None:
    kaldi(root)
    (root / "segments").unlink()
    for name in ("wav.scp", "text", "utt2spk", "spk2gender", "spk2accent"):
        (root / "data").mkdir(exist_ok=True)
        (root / name).rename(root / "data" / name)
    (root / "data/wav.scp").write_text("u1 audio/r1.wav\nu2 audio/r2.flac\nu3 audio/r1.wav\n")
    _, frame = read("kaldi", root, data="data")
    assert column(frame, "duration_s") == {"u1": 2.0, "u2": 2.0, "u3": 2.0}
    with pytest.raises(ManifestError, match=r"data='\.\./x' leaves the corpus"):
        read("kaldi", root, data="../x")


def test_kaldi_never_runs_a_command_and_names_every_utterance_that_is_lost(root: Path) -> None:
    kaldi(root)
    touched = root.parent / "touched"
    (root / "wav.scp").write_text(f"r1 touch {touched} |\nr2 raw.ark:1234\nr3 audio/r2.flac\n")
    (root / "text").write_text("u1 one\nu2 two\nu4 four\nu5 five\nu6 six\nu6 six\n")
    (root / "utt2spk").write_text("u1 s1\nu2 s2\nu4 s1\nu6 s3\nu7 s3\n")
    (root / "segments").write_text("u1 r1 0 1\nu2 r2 0 1\nu4 r9 0 1\nu5 r3 0 1\nu6 r3 0 1\n")
    prepared, frame = read("kaldi", root)
    assert not touched.exists()
    assert column(frame, "reference") == {"u6": "six"}
    found = [str(problem) for problem in prepared.problems]
    assert found == [
        "text line 1: recording 'r1' is the output of a command (wav.scp line 1), not a file; "
        "run the command once, write its output as a file and name that in wav.scp",
        "text line 2: recording 'r2' lies in an archive of Kaldi (wav.scp line 2); "
        "mend the tables (Kaldi: utils/fix_data_dir.sh)",
        "text line 3: 'r9' is not in wav.scp; mend the tables (Kaldi: utils/fix_data_dir.sh)",
        "text line 4: 'u5' is not in utt2spk; mend the tables (Kaldi: utils/fix_data_dir.sh)",
        "text line 6: 'u6' is already on line 5; remove one of the two",
        "utt2spk line 5: 'u7' has no line in text; add what was said, or remove it",
    ]


def test_nemo(root: Path) -> None:
    prepared, frame = read("nemo", nemo(root))
    assert prepared.n_rows == 2 and set(prepared.stated) == {"accent", "age"}
    rows = frame.set_index("reference")
    assert rows.loc["one", "speaker_id"] == "s1" and rows.loc["one", "duration_s"] == 2.0
    assert (rows.loc["NaN", "start_s"], rows.loc["NaN", "end_s"], rows.loc["NaN", "speaker_id"]) == (0.1, 0.3, "7")
    assert rows["accent"].to_dict() == {"one": "north", "NaN": NOT_STATED}


def test_nemo_without_a_speaker_asks_for_one_and_bad_lines_are_named(root: Path) -> None:
    nemo(root)
    text = (root / "train.json").read_text()
    (root / "train.json").write_text(text.replace('"speaker"', '"who"') + '{"audio_filepath": \n[1]\n')
    with pytest.raises(
        ManifestError, match=r"no column speaker_id or .*the columns are .*'who'.*--option speaker=COLUMN"
    ):
        read("nemo", root)
    prepared, _ = read("nemo", root, speaker="who")
    assert [(problem.line, problem.what[:17]) for problem in prepared.problems] == [
        (3, "not a JSON object"),
        (4, "not a JSON object"),
    ]
    assert prepared.n_rows == 2 and "who" not in prepared.stated
    (root / "other.json").write_text(text)
    with pytest.raises(ManifestError, match=r"2 manifests: other\.json, train\.json"):
        read("nemo", root)
    assert read("nemo", root, manifest="other.json")[0].n_rows == 2


def test_lhotse_supervisions(root: Path) -> None:
    prepared, frame = read("lhotse", lhotse(root))
    assert list(prepared.stated) == ["gender", "accent"]
    assert column(frame, "duration_s") == pytest.approx({"u1": 2.0, "u2": 0.2})
    assert frame["start_s"].isna().tolist() == [True, False], "a whole recording is no segment"
    assert column(frame, "accent") == {"u1": "north", "u2": NOT_STATED}


def test_lhotse_cuts_count_from_their_own_start(root: Path) -> None:
    prepared, frame = read("lhotse", cuts(root))
    assert frame[["start_s", "end_s"]].to_numpy().tolist() == [[0.75, 1.25]]
    assert [problem.what for problem in prepared.problems] == ["'c2' is a MixedCut, not a part of one file"]


def test_lhotse_never_runs_a_command_and_opens_no_address(root: Path) -> None:
    lhotse(root)
    (root / "c_recordings_dev.jsonl.gz").write_bytes(gzip.compress(lines(
        {"id": "r1", "sources": [source("touch x", "command")], **RECORDING},
        {"id": "r2", "sources": [source("a.wav"), source("b.wav")], **RECORDING},
    ).encode()))  # fmt: skip
    with pytest.raises(ManifestError) as error:
        read("lhotse", root)
    assert "recording 'r1' is a command, not a file" in str(error.value)
    assert "recording 'r2' has 2 sources" in str(error.value)
    (root / "c_recordings_dev.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(ManifestError, match="is not gzip"):
        read("lhotse", root)


def test_hf_disk_writes_audio_out_only_when_told(root: Path) -> None:
    hf_disk(root)
    with pytest.raises(ManifestError, match="the audio is inside the Arrow files; add --option extract=audio"):
        read("hf-disk", root)
    with pytest.raises(ManifestError, match="leaves the corpus"):
        read("hf-disk", root, extract="../up")
    assert sorted(path.name for path in root.parent.iterdir() if path.name not in ("out", "workbench-home")) == [
        "corpus"
    ]
    prepared, frame = read("hf-disk", root, extract="audio")
    assert frame["reference"].tolist() == ["one", "null", "x", "two"]
    assert frame["accent"].tolist() == ["north", "south", NOT_STATED, "south"], "labels by name, -1 is none"
    assert frame["split"].tolist() == ["train", "train", "train", "test"]
    assert Path(frame["path"][0]).read_bytes() == SOUNDS[".flac"] and frame["path"][0].endswith(".flac")
    assert Path(frame["path"][3]).name == "a.wav"
    assert list(prepared.stated) == ["accent", "score", "split"]
    assert [problem.line for problem in prepared.problems] == [2]
    assert read("hf-disk", root, extract="audio", split="test")[0].n_rows == 1


def test_hf_disk_that_is_damaged_says_so(root: Path) -> None:
    hf_disk(root)
    (root / "train/data-00000-of-00001.arrow").write_bytes(b"nothing of the kind")
    with pytest.raises(ManifestError, match="cannot be read as Arrow"):
        read("hf-disk", root, extract="audio")
    (root / "train/dataset_info.json").write_text("{")
    with pytest.raises(ManifestError, match="is not JSON"):
        read("hf-disk", root, extract="audio")
    (root / "train/dataset_info.json").write_text(json.dumps({"features": {"text": {"_type": "Value"}}}))
    with pytest.raises(ManifestError, match="no column of audio among 'text'"):
        read("hf-disk", root, extract="audio")


def test_audio_folder(root: Path) -> None:
    _, frame = read("audio-folder", audio_folder(root))
    rows = frame.set_index("reference")
    assert rows["speaker_id"].to_dict() == {"three": "s3", "one, two": "s1", "NA": "s2"}
    assert rows["region"].to_dict() == {"three": "coast", "one, two": NOT_STATED, "NA": NOT_STATED}
    assert rows.loc["NA", "path"].endswith("train/sub/b.wav")
    (root / "train/metadata.csv").write_text("file_name,transcription\na.wav,one\n")
    (root / "test/metadata.csv").unlink()
    with pytest.raises(ManifestError, match="--option speaker=COLUMN"):
        read("audio-folder", root)


def test_audio_folder_in_windows_1252_with_semicolons_and_a_link_out(root: Path) -> None:
    files(
        root,
        {
            "metadata.csv": "file_name,text,speaker\na.wav,café,s1\nb.wav,na\xefve,s2\n".encode("cp1252"),
            "a.wav": "sound",
        },
    )
    (root.parent / "secret.wav").write_bytes(SOUNDS[".wav"])
    (root / "b.wav").symlink_to(root.parent / "secret.wav")
    with pytest.raises(ManifestError, match=r"line 2: byte 10 of the line \(0xe9\) is not UTF-8"):
        read("audio-folder", root)
    prepared, frame = read("audio-folder", root, encoding="windows-1252")
    assert frame["reference"].tolist() == ["café"]
    assert "is a link that leaves" in str(prepared.problems[0])
    (root / "metadata.csv").write_text("file_name;text;speaker\na.wav;one;s1\n")
    with pytest.raises(ManifestError, match="the header looks separated by ';'"):
        read("audio-folder", root)


def test_stm(root: Path) -> None:
    prepared, frame = read("stm", stm(root))
    assert frame["reference"].tolist() == ["so { um / @ } hello", "right then"]
    assert frame["speaker_id"].tolist() == ["s1", "s2"]
    assert frame[["start_s", "end_s"]].to_numpy().tolist() == [[0.0, 0.75], [1.0, 1.5]]
    assert frame["labels"].tolist() == ["o,f0,female", NOT_STATED]
    assert frame["channel"].tolist() == [1, 2]
    assert [str(problem) for problem in prepared.problems] == [
        "ref/talk.stm: 2 segments are not scored and are not read; sclite leaves them out too",
        "ref/talk.stm line 6: not a segment: 'broken line'; correct the line, or leave it out",
    ]


PATTERN = r"(?P<accent>[a-z]+)/(?P<speaker>\w+)_(?P<utterance>\d+)\.(wav|flac)"


def test_names_of_files(root: Path) -> None:
    files(root, {
        "north/s1_1.wav": "sound", "north/s1_1.txt": "one\n two\n", "south/s2_7.flac": "sound", "south/s2_7.txt": "three",
        "south/s2_8.flac": "sound", "notes.txt": "x", "odd name.wav": "sound",
    })  # fmt: skip
    prepared, frame = read("file-names", root, pattern=PATTERN)
    assert frame["reference"].tolist() == ["one two", "three"]
    assert frame["accent"].tolist() == ["north", "south"] and frame["utterance"].tolist() == ["1", "7"]
    found = [str(problem) for problem in prepared.problems]
    assert any("'odd name.wav' does not match the pattern" in line for line in found)
    assert any(line.startswith("south/s2_8.flac") and "no text in reference" in line for line in found)
    _, frame = read("file-names", root, pattern=r"\w+/(?P<speaker_id>\w+)_(?P<reference>\d+)\..*")
    assert frame["reference"].tolist() == ["1", "7", "8"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "no pattern; for example"),
        ("(", "is no regular expression"),
        (r"(?P<accent>\w+)\.wav", "group named speaker"),
    ],
)
def test_a_pattern_that_names_no_speaker_is_refused(root: Path, pattern: str, message: str) -> None:
    files(root, {"a.wav": "sound"})
    with pytest.raises(ManifestError, match=message):
        read("file-names", root, pattern=pattern)


def test_a_corpus_that_is_known_by_name_is_never_taken_for_a_format(root: Path) -> None:
    from tests.corpus_trees import globe

    globe(root)
    files(root, {"metadata.csv": "file_name,transcript,speaker_id\na.wav,x,s\n"})
    assert recognised(root) == ["globe"]
    assert adapters()["audio-folder"].recognise(root)


def test_the_command_prepares_a_format(root: Path, tmp_path: Path) -> None:
    nemo(root)
    done = call("prepare", "nemo", root, "--as", "ours", "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["n_rows"] == 2
    assert call("check", tmp_path / "out" / "ours.csv").exit_code == 0
