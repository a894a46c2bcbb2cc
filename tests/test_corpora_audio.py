"""The audio of a manifest: damage is found, links do not lead out, real corpora load through a declared audio_root."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.manifest_files import Make, maker, said, sounds
from workbench.audio import decode, probe, source_digest
from workbench.corpora import ManifestDescription, check_manifest, load_corpus, write_manifest
from workbench.errors import ManifestError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sounds(tmp_path / "m")


@pytest.fixture
def make(folder: Path) -> Make:
    return maker(folder)


ONE = "path,reference,speaker_id\n{},x,s\na.wav,y,s\n"


def test_a_file_that_is_no_audio_is_named_with_the_reason(make: Make, folder: Path) -> None:
    (folder / "text.wav").write_text("this is not audio")
    for corpus in (
        check_manifest(make(ONE.format("text.wav"))),
        check_manifest(make(ONE.format("text.wav")), decode=False),
    ):
        assert len(corpus.problems) == 1
        problem = corpus.problems[0]
        assert (problem.line, problem.column, problem.value) == (2, "path", "text.wav")
        assert problem.what.startswith("'text.wav': cannot be decoded as audio")
        assert "wav, flac, mp3" in problem.remedy
        assert len(corpus.utterances) == 1


def test_damage_behind_a_good_header_is_found_by_decoding(make: Make, folder: Path) -> None:
    soundfile.write(folder / "whole.flac", np.random.default_rng(1).normal(0, 0.1, 48_000), 16_000)
    data = (folder / "whole.flac").read_bytes()
    (folder / "cut.flac").write_bytes(data[: len(data) // 2])
    path = make(ONE.format("cut.flac"))
    assert len(check_manifest(path).problems) == 1
    assert check_manifest(path).problems[0].line == 2
    assert check_manifest(path, decode=False).problems == (), "the header alone does not tell"


def test_a_file_without_samples_and_one_with_nan_are_problems(make: Make, folder: Path) -> None:
    soundfile.write(folder / "none.wav", np.zeros(0), 16_000)
    soundfile.write(folder / "nan.wav", np.array([0.0, np.nan, 0.1], dtype=np.float32), 16_000, subtype="FLOAT")
    corpus = check_manifest(make("path,reference,speaker_id\nnone.wav,x,s\nnan.wav,x,s\na.wav,x,s\n"))
    assert said(corpus) == [
        "m.csv line 2: 'none.wav': the audio holds no samples; drop the row or replace the file",
        "m.csv line 3: 'nan.wav': 1 of 3 samples are NaN or infinite, the first is sample 1; export the file again",
    ]


def test_a_path_that_no_file_system_takes_is_a_problem_like_any_other(make: Make) -> None:
    corpus = check_manifest(make(ONE.format("x" * 300 + ".wav")))
    assert [problem.line for problem in corpus.problems] == [2]
    assert "cannot be opened (File name too long)" in corpus.problems[0].what


def test_a_link_that_leaves_the_folder_is_a_problem_and_one_inside_is_not(
    make: Make, folder: Path, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "outside.wav", np.ones(8_000) * 0.1, 8_000)
    (folder / "link.wav").symlink_to(tmp_path / "outside.wav")
    (folder / "inner.wav").symlink_to(folder / "b.wav")
    (folder / "up").symlink_to(tmp_path)
    corpus = check_manifest(make("path,reference,speaker_id\nlink.wav,x,s\ninner.wav,x,s\nup/outside.wav,x,s\n"))
    remedy = "copy the file into the manifest's folder"
    assert said(corpus) == [
        f"m.csv line 2: path 'link.wav' is a link that leaves the manifest's folder; {remedy}",
        f"m.csv line 4: path 'up/outside.wav' is a link that leaves the manifest's folder; {remedy}",
    ]
    assert len(corpus.utterances) == 1


def test_the_manifest_may_itself_be_reached_through_a_link(make: Make, folder: Path, tmp_path: Path) -> None:
    make(ONE.format("b.wav"))
    (tmp_path / "alias").symlink_to(folder)
    assert check_manifest(tmp_path / "alias" / "m.csv").problems == ()


def test_a_declared_audio_root_holds_the_audio_and_paths_stay_inside_it(
    make: Make, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    soundfile.write(tmp_path / "elsewhere" / "d.wav", np.ones(8_000) * 0.1, 8_000)
    path = make("path,reference,speaker_id\nd.wav,x,s\n../m/a.wav,x,s\n", toml='audio_root = "../elsewhere"\n')
    corpus = check_manifest(path)
    assert [problem.what for problem in corpus.problems] == ["path '../m/a.wav' leaves the audio_root"]
    assert corpus.utterances["path"].tolist() == [str(tmp_path / "elsewhere" / "d.wav")]
    assert check_manifest(path, audio_root=folder).problems[0].what == "there is no file 'd.wav'"
    with pytest.raises(ManifestError, match="is not a folder"):
        check_manifest(path, audio_root=tmp_path / "nowhere")


def test_duration_and_digest_are_those_of_the_audio(make: Make, folder: Path) -> None:
    corpus = load_corpus(make("path,reference,speaker_id,start_s,end_s\na.wav,x,s,,\nb.wav,x,s,0.25,1\n"))
    whole, part = corpus.utterances.itertuples()
    assert whole.duration_s == probe(folder / "a.wav") == decode(folder / "a.wav").duration_s
    assert part.duration_s == decode(folder / "b.wav", start_s=0.25, end_s=1).duration_s
    assert whole.source_digest == source_digest(folder / "a.wav")
    assert part.source_digest == source_digest(folder / "b.wav", start_s=0.25, end_s=1)


def test_an_end_rounded_up_past_the_file_is_cut_at_its_end(make: Make) -> None:
    corpus = check_manifest(make("path,reference,speaker_id,start_s,end_s\na.wav,x,s,1,3.05\n"))
    assert corpus.problems == ()
    assert corpus.utterances["duration_s"].tolist() == pytest.approx([2.0])


def test_progress_counts_every_file_once(make: Make) -> None:
    seen: list[tuple[int, int]] = []
    path = make("path,reference,speaker_id,start_s,end_s\na.wav,x,s,0,1\nb.wav,x,s,,\na.wav,x,s,1,2\n")
    check_manifest(path, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


# -- real speech


def test_the_spoken_digits_load_with_their_speakers_accents(shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "corpora" / "fsdd-600"
    speakers = pd.read_csv(root / "speakers.csv", keep_default_na=False)
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    rows = [
        {"path": f"recordings/{file.name}", "reference": words[int(digit)], "speaker_id": speaker}
        for file in sorted((root / "recordings").glob("*.wav"))
        for digit, speaker, _ in [file.stem.split("_")]
    ]
    frame = pd.DataFrame(rows).merge(speakers, on="speaker_id", how="left", validate="m:1")
    info = ManifestDescription(title="Spoken digits", licence="CC BY-SA 4.0", audio_root=str(root))
    corpus = check_manifest(write_manifest(frame, tmp_path / "fsdd.csv", info))
    assert corpus.problems == ()
    assert (corpus.info.n_utterances, corpus.info.n_speakers) == (600, 6)
    assert corpus.utterances["prompt_id"].nunique() == 10
    assert set(corpus.utterances["accent"]) == {"USA/neutral", "BEL/French", "DEU/German", "GRC/Greek"}
    assert corpus.utterances.groupby("speaker_id")["slot"].max().eq(99).all()


def test_common_voice_loads_with_its_missing_values_stated_as_such(shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "corpora" / "common-voice-100"
    with open(root / "validated.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    frame = pd.DataFrame(rows).rename(columns={"client_id": "speaker_id", "sentence": "reference"})
    frame["path"] = "clips/" + frame["path"]
    info = ManifestDescription(title="Common Voice", licence="CC0-1.0", audio_root=str(root))
    corpus = check_manifest(write_manifest(frame, tmp_path / "cv.tsv", info))
    assert corpus.problems == ()
    assert (corpus.info.n_utterances, corpus.info.n_speakers) == (100, 99)
    assert corpus.utterances["gender"].value_counts().to_dict() == {
        "male": 80,
        "female": 16,
        "not stated": 3,
        "other": 1,
    }
    assert corpus.utterances["reference"].tolist() == frame["reference"].tolist()


def test_vctk_loads_its_own_manifest_beside_a_description_with_mp3_and_48_khz(shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "corpora" / "vctk-18"
    (tmp_path / "vctk.csv").write_bytes((root / "manifest.csv").read_bytes())
    corpus = check_manifest(tmp_path / "vctk.csv", audio_root=root)
    assert corpus.problems == ()
    assert (corpus.info.n_utterances, corpus.info.n_speakers) == (18, 9)
    for row in corpus.utterances.itertuples():
        assert row.duration_s == pytest.approx(decode(Path(row.path)).duration_s, abs=0.06)
