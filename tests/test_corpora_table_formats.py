"""Written and read again: the same texts, in each of the four formats; and uploads that resolve their audio."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.manifest_files import Make, maker, sounds
from workbench.corpora import (
    AttributeInfo,
    ManifestDescription,
    check_manifest,
    load_corpus,
    save_upload,
    write_manifest,
)
from workbench.errors import ManifestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sounds(tmp_path / "m")


@pytest.fixture
def make(folder: Path) -> Make:
    return maker(folder)


FORMATS = [".csv", ".tsv", ".jsonl", ".parquet"]
TEXTS = [
    "null", "NaN", "NA", "None", "nan", "N/A", "-", "0", "1e5", "007", "True", '""', '"', '""""', "'", 'say "hi"', "a,b", ",",
    "a\tb", "\tlead", "a\nb", "a\r\nb", "a\rb", "\nlead", "trail\n", " lead and trail ", "#comment", "=1+1", "\\N", "\\", "\\n",
    "café", "cafe\u0301", "日本語", "שלום עולם", "مرحبا", "a\u202eb", "🙂👩‍👩‍👧", "\ufeffmark", "a\u2028b\u2029c", "\x0b\x0cx", "\x85x", "x\x1f",
]  # fmt: skip


def frame_of(texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "utterance_id": [f"u{index}" for index in range(len(texts))],
            "path": "a.wav",
            "reference": texts,
            "speaker_id": "s1",
            "note": texts,
        }
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_text_survives_exactly_in_every_format(folder: Path, suffix: str) -> None:
    path = write_manifest(frame_of(TEXTS), folder / f"m{suffix}")
    corpus = load_corpus(path)
    assert corpus.utterances["reference"].tolist() == TEXTS
    assert corpus.utterances["note"].tolist() == [text.strip() for text in TEXTS]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_empty_text_is_a_problem_row_in_every_format(folder: Path, suffix: str) -> None:
    corpus = check_manifest(write_manifest(frame_of(["x", ""]), folder / f"m{suffix}"))
    assert [problem.what for problem in corpus.problems] == ["no text in reference"]
    assert len(corpus.utterances) == 1


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(texts, min_size=1, max_size=6))
def test_any_texts_survive_in_every_format(folder: Path, suffix: str, rows: list[str]) -> None:
    corpus = load_corpus(write_manifest(frame_of(rows), folder / f"m{suffix}"))
    assert corpus.utterances["reference"].tolist() == rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a.wav", "b.wav", "gone.wav", "", "/x.wav", "../y.wav"]),
            st.sampled_from(["", "one", "null"]),
            st.sampled_from(["s1", "s2", "", "s3"]),
            st.sampled_from(["us", "uk", ""]),
            st.sampled_from(["", "0.5", "x", "-1", "9"]),
            st.sampled_from(["", ",surplus"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_row_is_either_usable_or_named_in_a_problem(
    make: Make, rows: list[tuple[str, str, str, str, str, str]]
) -> None:
    lines = [
        f"{number},{path},{text},{speaker},{accent},{start}{extra}"
        for number, (path, text, speaker, accent, start, extra) in enumerate(rows, start=2)
    ]
    corpus = check_manifest(make("utterance_id,path,reference,speaker_id,accent,start_s\n" + "\n".join(lines) + "\n"))
    used = {int(name.removeprefix("m/")) for name in corpus.utterances["utterance_id"]}
    named = {problem.line for problem in corpus.problems}
    assert used | named == set(range(2, len(rows) + 2))
    assert used & named == set()
    assert corpus.info.n_utterances + corpus.info.n_dropped == len(rows)


# -- descriptions and utterance frames


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_loaded_corpus_written_and_loaded_again_is_the_same(make: Make, folder: Path, suffix: str) -> None:
    path = make(
        "utterance_id,path,reference,speaker_id,start_s,end_s,accent\nu1,a.wav,x,s1,0.125,1.5,us\nu2,b.wav,y,s2,,,\n",
        toml='title = "T"\nlicence = "CC0-1.0"\nsynthetic_voices = true\n[attributes.accent]\nobtained = "annotated"\n',
    )
    first = load_corpus(path)
    second = load_corpus(write_manifest(first.utterances, folder / f"copy{suffix}", first.info))
    pd.testing.assert_frame_equal(first.utterances, second.utterances)
    assert first.info == second.info


def test_a_loaded_corpus_written_without_a_description_takes_its_new_name(make: Make, folder: Path) -> None:
    first = load_corpus(make("utterance_id,path,reference,speaker_id\nu1,a.wav,x,s1\n"))
    copy = load_corpus(write_manifest(first.utterances, folder / "other.csv"))
    assert copy.utterances["utterance_id"].tolist() == ["other/u1"]


def test_a_description_is_written_and_read_back(folder: Path) -> None:
    info = ManifestDescription(
        corpus_id="c", title='A "title"', licence="X", source="Y", language="cy", speaker_note="n", audio_root=".",
        attributes={"note": AttributeInfo(obtained="self-reported", note="asked", per="utterance")},
    )  # fmt: skip
    corpus = load_corpus(write_manifest(frame_of(["x"]), folder / "m.csv", info))
    assert corpus.utterances["utterance_id"].tolist() == ["c/u0"]
    for name in ("corpus_id", "title", "licence", "source", "language", "speaker_note", "attributes"):
        assert getattr(corpus.info, name) == getattr(info, name)


def test_writing_refuses_what_could_not_be_read_again(folder: Path, tmp_path: Path) -> None:
    frame = frame_of(["x"])
    with pytest.raises(ManifestError, match="a manifest needs the column 'reference'"):
        write_manifest(frame.drop(columns="reference"), folder / "m.csv")
    with pytest.raises(ManifestError, match=r"does not end with '\.xlsx'"):
        write_manifest(frame, folder / "m.xlsx")
    with pytest.raises(ManifestError, match="lies outside"):
        write_manifest(frame.assign(path=str(tmp_path / "a.wav")), folder / "m.csv")


# -- uploads

ROW = b"path,reference,speaker_id\na.wav,x,s\n"


def test_an_upload_into_the_folder_of_its_audio_resolves(folder: Path) -> None:
    path = save_upload("my corpus.csv", ROW, folder)
    assert path == folder / "my corpus.csv"
    assert path.read_bytes() == ROW
    assert load_corpus(path).problems == ()


def test_an_upload_elsewhere_resolves_through_the_folder_that_the_user_names(folder: Path, tmp_path: Path) -> None:
    path = save_upload("up.csv", ROW, tmp_path / "uploads", audio_root=folder, description=b'title = "Mine"\n')
    corpus = load_corpus(path)
    assert corpus.info.title == "Mine"
    assert corpus.utterances["path"].tolist() == [str(folder / "a.wav")]


def test_the_same_upload_is_stored_once_and_another_never_overwrites_it(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "uploads"
    first = save_upload("up.csv", ROW, target, audio_root=folder)
    assert save_upload("up.csv", ROW, target, audio_root=folder) == first
    assert save_upload("up.csv", ROW + b"b.wav,y,s\n", target, audio_root=folder) == target / "up-2.csv"
    assert save_upload("up.csv", ROW, target, audio_root=tmp_path) == target / "up-3.csv", "other audio, other corpus"
    assert first.read_bytes() == ROW


@pytest.mark.parametrize("name", ["../../evil.csv", "C:\\x\\evil.csv", "/etc/evil.csv", "a\0b/evil.csv"])
def test_an_upload_keeps_only_the_last_part_of_its_name(folder: Path, name: str) -> None:
    assert save_upload(name, ROW, folder) == folder / "evil.csv"


def test_uploads_that_cannot_work_are_refused_before_anything_is_stored(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "uploads"
    with pytest.raises(ManifestError, match=r"does not end with '\.exe'"):
        save_upload("x.exe", ROW, target)
    with pytest.raises(ManifestError, match="is not a folder"):
        save_upload("x.csv", ROW, target, audio_root=tmp_path / "nowhere")
    with pytest.raises(ManifestError, match="unknown key 'licens'"):
        save_upload("x.csv", ROW, target, description=b'licens = "x"\n')
    assert list(target.glob("*")) == []
