"""Corpora as the Hugging Face hub ships them: Parquet files with the audio inside, read by every adapter."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

import workbench as wb
from tests.synthetic_speech import RATE, speech_like
from workbench.audio import decode
from workbench.corpora import Prepared, load_corpus
from workbench.corpora.adapters import recognised
from workbench.errors import ManifestError

AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def sound(number: int, kind: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, speech_like(0.6, seed=number), RATE, format=kind)
    return file.getvalue()


def write(
    path: Path,
    columns: dict[str, list[Any]],
    *,
    audio: str = "audio",
    n: int = 3,
    kind: str = "WAV",
    features: bool = True,
) -> None:
    """A part as ``datasets`` writes it: embedded audio, and the features in the file's metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = [{"bytes": sound(k, kind), "path": f"clip_{k}.{kind.lower()}"} for k in range(n)]
    table = pa.table({audio: pa.array(held, AUDIO), **{name: pa.array(values) for name, values in columns.items()}})
    if features:
        described = {audio: {"sampling_rate": RATE, "_type": "Audio"}}
        described |= {
            name: {"names": ["female", "male"], "_type": "ClassLabel"}
            for name, values in columns.items()
            if isinstance(values[0], int)
        }
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": described}})})
    pq.write_table(table, path, row_group_size=2)


SVARAH = {
    "text": ["hello one", "hello two", "hello three"], "duration": ["0.6"] * 3, "gender": ["Male"] * 3, "age-group": ["18-30"] * 3,
    "primary_language": ["Hindi", "Tamil", "Urdu"], "native_place_state": ["Delhi"] * 3, "native_place_district": ["x"] * 3,
    "highest_qualification": ["g"] * 3, "job_category": ["p"] * 3, "occupation_domain": ["IT"] * 3,
}  # fmt: skip
EDACC = {
    "speaker": ["EDACC-C06-A", "EDACC-C06-B", "EDACC-C07-A"], "text": ["HELLO", "I MEAN", "<laugh> YES"], "accent": ["Scottish English"] * 3,
    "raw_accent": ["Glaswegian"] * 3, "gender": ["male", "female", "nan"], "l1": ["English"] * 3,
}  # fmt: skip
COMMON_VOICE = {
    "client_id": ["a", "b", "a"], "path": ["1.mp3", "2.mp3", "3.mp3"], "sentence": ["One.", 'Say "two".', "Three."],
    "accent": ["us", None, "us"], "age": ["twenties", "", "twenties"], "gender": ["male", "", "male"], "up_votes": ["2"] * 3,
}  # fmt: skip


def prepared(name: str, folder: Path, **options: str) -> tuple[Prepared, Any]:
    made = wb.prepare(name, folder, out=folder.parent / "out", options={"extract": "audio", **options}, overwrite=True)
    corpus = load_corpus(made.manifest, decode=True)
    return made, corpus.utterances


def test_svarah_has_no_speakers_there_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "Svarah"
    write(folder / "data" / "test-00000-of-00001.parquet", SVARAH, audio="audio_filepath")
    assert recognised(folder) == ["svarah"]
    made, rows = prepared("svarah", folder)
    assert rows["first_language"].tolist() == ["Hindi", "Tamil", "Urdu"]
    assert rows["age_band"].tolist() == ["18-30"] * 3
    assert rows["speaker_id"].nunique() == 3
    assert "every recording counts as one" in "\n".join(made.notes)
    assert np.array_equal(decode(Path(rows["path"][1]), sample_rate=None).samples, decode_bytes(sound(1), tmp_path))


def decode_bytes(data: bytes, folder: Path) -> np.ndarray:
    (folder / "x.wav").write_bytes(data)
    return decode(folder / "x.wav", sample_rate=None).samples


def test_edacc_carries_more_than_its_archive(tmp_path: Path) -> None:
    folder = tmp_path / "edacc"
    write(folder / "data" / "validation-00000-of-00001.parquet", EDACC)
    write(
        folder / "data" / "test-00000-of-00001.parquet",
        {**EDACC, "speaker": ["EDACC-C30-A"] * 3, "gender": ["male"] * 3},
        kind="FLAC",
    )
    assert recognised(folder) == ["edacc"]
    made, rows = prepared("edacc", folder)
    assert set(rows["accent"]) == {"Scottish English"}
    assert set(rows["raw_accent"]) == {"Glaswegian"}
    assert rows["split"].tolist() == ["test"] * 3 + ["validation"] * 3
    assert rows.loc[rows["speaker_id"] == "EDACC-C07-A", "gender"].tolist() == ["not stated"]
    assert any("mark of the transcribers" in note or "marks of the transcribers" in note for note in made.notes)
    assert len(prepared("edacc", folder, split="test")[1]) == 3
    with pytest.raises(ManifestError, match="there is no split 'dev'"):
        prepared("edacc", folder, split="dev")


@pytest.mark.parametrize("name", ["common-voice", "hf-disk", "audio-folder"])
def test_a_mirror_of_common_voice_is_read_by_its_adapter_and_by_the_general_ones(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "cv"
    write(folder / "en" / "test-00000-of-00001.parquet", COMMON_VOICE)
    assert recognised(folder) == ["common-voice"]
    _, rows = prepared(name, folder)
    assert rows["reference"].tolist() == ["One.", 'Say "two".', "Three."]
    assert rows["accent"].tolist() == ["us", "not stated", "us"]
    assert rows["speaker_id"].tolist() == ["a", "b", "a"]


def test_any_data_set_is_read_with_its_class_labels(tmp_path: Path) -> None:
    folder = tmp_path / "any"
    write(
        folder / "data" / "train-00000-of-00001.parquet",
        {"who": ["p1", "p2", "p1"], "words": ["a", "b", "c"], "sex": [0, 1, 0]},
    )
    assert recognised(folder) == ["hf-disk"]
    _, rows = prepared("hf-disk", folder, text="words", speaker="who")
    assert rows["sex"].tolist() == ["female", "male", "female"]


def test_without_a_place_for_the_audio_the_way_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "edacc"
    write(folder / "data" / "test-00000-of-00001.parquet", EDACC)
    for name in ("edacc", "hf-disk"):
        with pytest.raises(ManifestError, match=r"audio is inside the Parquet files; add --option extract=audio"):
            wb.prepare(name, folder, out=tmp_path / "out")
    with pytest.raises(ManifestError, match="leaves the corpus"):
        prepared("edacc", folder, extract="../elsewhere")
    with pytest.raises(ManifestError, match="prepare hf-disk FOLDER --option extract=audio"):
        load_corpus(folder / "data" / "test-00000-of-00001.parquet")


def test_what_is_written_once_is_not_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "edacc"
    write(folder / "data" / "test-00000-of-00001.parquet", EDACC)
    prepared("edacc", folder)
    files = sorted((folder / "audio").rglob("*.wav"))
    assert len(files) == 3
    times = [file.stat().st_mtime_ns for file in files]
    files[1].write_bytes(b"cut")
    _, rows = prepared("edacc", folder)
    assert [file.stat().st_mtime_ns for file in files[::2]] == times[::2]
    assert files[1].stat().st_size > 1_000
    assert len(rows) == 3


def test_a_broken_part_and_a_missing_one_are_named_and_the_others_read(tmp_path: Path) -> None:
    folder = tmp_path / "edacc"
    write(folder / "data" / "test-00000-of-00004.parquet", EDACC)
    write(folder / "data" / "test-00001-of-00004.parquet", {**EDACC, "speaker": ["x", "y", "z"]})
    broken = folder / "data" / "test-00002-of-00004.parquet"
    broken.write_bytes((folder / "data" / "test-00000-of-00004.parquet").read_bytes()[:2_000])
    made, rows = prepared("edacc", folder)
    assert len(rows) == 6
    assert any("test-00002-of-00004.parquet" in problem.file for problem in made.problems)
    assert "1 of its 4 Parquet files are not there" in "\n".join(made.notes)
    broken.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    made, _ = prepared("edacc", folder)
    assert "git lfs pull" in "\n".join(map(str, made.problems))


def test_rows_without_audio_are_named_and_audio_as_an_array_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    kind = pa.struct([("array", pa.list_(pa.float32())), ("sampling_rate", pa.int64()), ("path", pa.string())])
    samples = speech_like(0.5)
    held = [{"array": samples.tolist(), "sampling_rate": RATE, "path": "a.wav"}, None]
    (folder / "data").mkdir(parents=True)
    table = pa.table({"audio": pa.array(held, kind), "text": ["one", "two"], "speaker": ["a", "b"]})
    pq.write_table(table, folder / "data" / "train-00000-of-00001.parquet")
    made, rows = prepared("hf-disk", folder)
    assert np.allclose(decode(Path(rows["path"][0]), sample_rate=None).samples, samples, atol=1e-6)
    assert made.left_out == {"row ... holds no audio": 1}
