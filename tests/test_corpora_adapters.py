"""Every adapter on a small made-up tree of its corpus: what is read, what is stated, what is left out and why."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.corpus_trees import (
    TREES,
    afrispeech,
    audio_mnist,
    casual_conversations,
    casual_conversations_v2,
    common_voice,
    coraal,
    edacc,
    fair_speech,
    files,
    fsdd,
    globe,
    l2_arctic,
    librispeech,
    speech_accent_archive,
    speechocean762,
    svarah,
    vctk,
)
from tests.prepared import column, read
from workbench.corpora import load_corpus
from workbench.corpora.adapters import adapters, recognised
from workbench.errors import ManifestError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


@pytest.mark.parametrize("name", TREES)
def test_a_tree_is_recognised_as_what_it_is(name: str, root: Path) -> None:
    assert recognised(TREES[name](root)) == [name]


@pytest.mark.parametrize("name", TREES)
def test_another_corpus_is_suggested(name: str, root: Path) -> None:
    other = "librispeech" if name != "librispeech" else "vctk"
    with pytest.raises(ManifestError, match=f"looks like {name}"):
        wb.prepare(other, TREES[name](root), out=root.parent / "out")


@pytest.mark.parametrize("name", TREES)
def test_what_is_described_is_what_the_manifest_has(name: str, root: Path) -> None:
    options = {"extract": "audio"} if name == "globe" else {}
    prepared = wb.prepare(name, TREES[name](root), out=root.parent / "out", options=options)
    corpus = load_corpus(prepared.manifest)
    assert corpus.problems == ()
    assert list(corpus.info.attributes) == list(adapters()[name].attributes)
    assert corpus.info.licence == adapters()[name].licence
    assert adapters()[name].citation in corpus.info.source


def test_common_voice(root: Path) -> None:
    prepared, rows = read("common-voice", common_voice(root))
    assert column(rows, "reference") == {"a": 'She said "no" and "yes.', "b": "NaN"}
    assert column(rows, "accent") == {"a": "Scottish English,Glasgow", "b": "not stated"}
    assert column(rows, "gender") == {"a": "female_feminine", "b": "not stated"}
    assert rows["speaker_id"].tolist() == ["ann", "bob"]
    assert dict(prepared.stated) == {"accent": 1, "gender": 1, "age": 1, "variant": 0}


def test_common_voice_before_version_8_has_accent(root: Path) -> None:
    common_voice(root)
    path = root / "validated.tsv"
    path.write_bytes(path.read_bytes().replace(b"accents", b"accent"))
    assert column(read("common-voice", root)[1], "accent")["a"] == "Scottish English,Glasgow"


def test_common_voice_names_every_bad_line_and_keeps_the_good_ones(root: Path) -> None:
    common_voice(root)
    path = root / "validated.tsv"
    bad = b"\nbob\tb.mp3\tcaf\xe9\t\t\t\t\t\ten\t\nbob\tb.mp3\ttoo few\nbob\tc.mp3\tnein\t\t\t\t\t\tde\t\nbob\ta.mp3\tagain\t\t\t\t\t\ten\t\r\n"
    path.write_bytes(path.read_bytes() + bad)
    prepared, rows = read("common-voice", root)
    found = {problem.line: problem.what for problem in prepared.problems}
    assert list(found) == [5, 6, 7, 8]
    assert "(0xe9) is not UTF-8" in found[5]
    assert "3 fields where the header has 10" in found[6]
    assert "locale 'de' is not 'en'" in found[7]
    assert "utterance_id 'a' is already at validated.tsv line 2" in found[8]
    assert (len(rows), prepared.n_left_out) == (2, 4)


def test_common_voice_in_an_encoding_that_is_named(root: Path) -> None:
    common_voice(root)
    path = root / "validated.tsv"
    path.write_bytes(path.read_text("utf-8-sig").replace("NaN", "café").encode("windows-1252"))
    assert column(read("common-voice", root, encoding="windows-1252")[1], "reference")["b"] == "café"
    with pytest.raises(ManifestError, match="there is no encoding 'windows-12'"):
        wb.prepare("common-voice", root, out=root.parent / "out", options={"encoding": "windows-12"}, overwrite=True)


def test_common_voice_without_clips(root: Path) -> None:
    shutil.rmtree(common_voice(root) / "clips")
    with pytest.raises(ManifestError, match="there is no 'clips'"):
        wb.prepare("common-voice", root, out=root.parent / "out")


def test_common_voice_with_another_split(root: Path) -> None:
    common_voice(root)
    with pytest.raises(
        ManifestError, match=r"there is no 'dev\.tsv'; choose another with --option split=\.\.\.: validated, test"
    ):
        wb.prepare("common-voice", root, out=root.parent / "out", options={"split": "dev"})


def test_speech_accent_archive(root: Path) -> None:
    prepared, rows = read("speech-accent-archive", speech_accent_archive(root))
    assert column(rows, "first_language") == {"balanta1": "balanta", "english9": "english"}
    assert set(rows["reference"]) == {"One made-up line. And another."}
    assert len(set(rows["prompt_id"])) == 1
    assert prepared.notes == (
        "speakers_all.csv: 1 rows are marked file_missing? and are not read; they have no recording",
    )


def test_l2_arctic(root: Path) -> None:
    _, rows = read("l2-arctic", l2_arctic(root))
    assert column(rows, "first_language") == {
        "ABA-arctic_a0001": "Arabic",
        "BWC-arctic_a0001": "Chinese",
        "ZZZ-arctic_a0002": "not stated",
        "ABA-suitcase": "Arabic",
    }
    assert column(rows, "speech_style")["ABA-suitcase"] == "spontaneous"
    assert len(read("l2-arctic", root, part="spontaneous")[1]) == 1


def test_l2_arctic_without_its_readme_states_nothing(root: Path) -> None:
    (l2_arctic(root) / "README.md").unlink()
    prepared, rows = read("l2-arctic", root)
    assert set(rows["first_language"]) == {"not stated"}
    assert "there is no README.md" in prepared.notes[0]


def test_vctk(root: Path) -> None:
    _, rows = read("vctk", vctk(root))
    assert column(rows, "accent") == {"p225_001": "English", "p280_001": "not stated", "s5_001": "not stated"}
    assert column(rows, "region") == {"p225_001": "Southern England", "p280_001": "not stated", "s5_001": "not stated"}
    assert column(rows, "age")["p280_001"] == "25"
    prepared, rows = read("vctk", root, mic="mic2")
    assert (len(rows), prepared.n_left_out) == (1, 2)


def test_vctk_of_version_0_80(root: Path) -> None:
    vctk(root)
    shutil.rmtree(root / "wav48_silence_trimmed")
    files(root, {"wav48/p225/p225_001.wav": "sound"})
    info = (root / "speaker-info.txt").read_text().replace("p2", "2")
    (root / "speaker-info.txt").write_text(info)
    _, rows = read("vctk", root)
    assert column(rows, "accent") == {"p225_001": "English"}


def test_edacc(root: Path) -> None:
    prepared, rows = read("edacc", edacc(root))
    assert rows["reference"].tolist() == ["HELLO THERE", "HI <laugh>"]
    assert rows["accent"].tolist() == ["Glaswegian", "not stated"]
    assert rows["gender"].tolist() == ["Female", "not stated"]
    assert rows["english"].tolist() == ["l1", "l2"]
    assert rows["duration_s"].tolist() == pytest.approx([0.5, 0.5])
    left = [str(problem) for problem in prepared.problems if problem.line]
    assert "test/stm line 1: start_s = '-1.0' is negative" in left[0]
    assert "test/stm line 2: not <recording>" in left[1]
    assert any("1 segments are marked IGNORE" in note for note in prepared.notes)
    assert any("education is not stated" in note for note in prepared.notes)


def test_coraal(root: Path) -> None:
    prepared, rows = read("coraal", coraal(root))
    assert rows["reference"].tolist() == ['I [said] "it.']
    assert (rows["start_s"].item(), rows["end_s"].item()) == (0.5, 1.25)
    assert rows[["gender", "age_band", "birth_year", "region"]].iloc[0].tolist() == [
        "Female",
        "20 to 29",
        "not stated",
        "ATL",
    ]
    assert "1 pauses and 1 lines of speakers without metadata" in prepared.notes[0]
    _, rows = read("coraal", root, speakers="all")
    assert rows["gender"].tolist() == ["not stated", "Female"]


def test_afrispeech(root: Path) -> None:
    _, rows = read("afrispeech-200", afrispeech(root))
    assert column(rows, "accent") == {"dev/y": "hausa", "d1/x": "yoruba"}
    assert column(rows, "gender") == {"dev/y": "not stated", "d1/x": "Male"}
    assert column(rows, "age_group")["d1/x"] == "26-40"
    assert len(read("afrispeech-200", root, split="test")[1]) == 1


def test_svarah_joins_by_line_only_where_text_and_duration_agree(root: Path) -> None:
    prepared, rows = read("svarah", svarah(root))
    assert column(rows, "first_language") == {"a": "Odia", "b": "not stated"}
    assert column(rows, "speaker_id") == {"a": "S1", "b": "b"}
    assert any("1 rows of svarah_manifest.json have no row here" in note for note in prepared.notes)
    assert any("svarah_manifest.json line 3: not JSON" in str(problem) for problem in prepared.problems)


def test_svarah_without_speaker_id_makes_no_speakers_of_file_names(root: Path) -> None:
    svarah(root)
    table = "audio_filepath,duration,text,gender,age-group,primary_language\n"
    table += "audio/b.wav,2.0,line b,Male,18-30,Urdu\naudio/a.wav,2.0,line a,Female,18-30,Odia\n"
    (root / "meta_speaker_stats.csv").write_text(table)
    prepared, rows = read("svarah", root)
    assert column(rows, "first_language") == {"a": "Odia", "b": "Urdu"}
    assert rows["speaker_id"].tolist() == ["a", "b"]
    assert any("no column 'speaker_id'" in note for note in prepared.notes)


def test_fair_speech(root: Path) -> None:
    _, rows = read("fair-speech", fair_speech(root))
    assert column(rows, "reference") == {"h1": 'hey play "that song', "h2": "null"}
    assert column(rows, "socioeconomic") == {"h1": "Low", "h2": "Medium"}
    assert rows["speaker_id"].tolist() == ["h1", "h2"]


def test_casual_conversations(root: Path) -> None:
    prepared, rows = read("casual-conversations", casual_conversations(root))
    assert rows["speaker_id"].tolist() == ["0001"]
    assert rows[["age", "gender", "skin_type"]].iloc[0].tolist() == ["not stated", "Female", "5"]
    assert "0009/0009_00.MP4' belongs to no subject" in prepared.problems[0].what


def test_casual_conversations_v2_needs_to_be_told_what_is_said(root: Path) -> None:
    assert recognised(casual_conversations_v2(root)) == ["casual-conversations-v2"]
    with pytest.raises(ManifestError, match=r"does not say what is said; .*--option transcripts=FILE\.csv"):
        wb.prepare("casual-conversations-v2", root, out=root.parent / "out")
    prepared, rows = read("casual-conversations-v2", root, transcripts="ours.csv")
    assert rows["reference"].tolist() == ["null", "well then"]
    attributes = ["age", "gender", "first_language", "country", "skin_tone", "skin_type"]
    assert rows[attributes].to_numpy().tolist() == [
        ["34", "cis woman", "tagalog", "Philippines", "scale 6", "not stated"],
        ["not stated"] * 6,
    ]
    assert [str(problem) for problem in prepared.problems] == [
        "ours.csv line 4: the video '0009_c.mp4' is not in CasualConversationsV2.json; use annotations of one release"
    ]


def test_globe_writes_out_audio_only_when_told(root: Path) -> None:
    globe(root)
    with pytest.raises(ManifestError, match="inside the Parquet files; add --option extract=audio"):
        wb.prepare("globe", root, out=root.parent / "out")
    prepared, rows = read("globe", root, extract="audio")
    assert rows["reference"].tolist() == ["null", "A made-up line."]
    assert rows["gender"].tolist() == ["not stated", "not stated"]
    assert "test-00000-of-00001.parquet row 3: row 3 holds no audio" in str(prepared.problems[0])
    with pytest.raises(ManifestError, match="leaves the corpus's folder"):
        wb.prepare("globe", root, out=root.parent / "out", options={"extract": "../x"}, overwrite=True)


def test_globe_as_a_table_and_not_as_predicted(root: Path) -> None:
    table = "file_name\tspeaker_id\ttranscript\taccent\tage\tgender\nwavs/a.wav\tS1\tnull\tIrish English\tnan\tmale\n"
    files(root, {"metadata.tsv": table, "wavs/a.wav": "sound"})
    assert read("globe", root)[1]["age"].tolist() == ["not stated"]
    shutil.rmtree(root)
    (root / "data").mkdir(parents=True)
    held = [{"bytes": b"RIFF", "path": "a.wav"}]
    third = pd.DataFrame({"audio": held, "transcript": ["x"], "predicted_accent": ["y"]})
    third.to_parquet(root / "data" / "test-0-of-1.parquet")
    with pytest.raises(ManifestError, match="what a model predicts of a speaker is not read as what is stated"):
        wb.prepare("globe", root, out=root.parent / "out", overwrite=True)


def test_librispeech(root: Path) -> None:
    _, rows = read("librispeech", librispeech(root))
    assert column(rows, "gender") == {"7-8-0000": "not stated", "1089-134686-0000": "M", "1089-134686-0001": "M"}
    assert column(rows, "subset")["7-8-0000"] == "dev-other"
    assert column(rows, "reference")["1089-134686-0000"] == "ONE MADE UP LINE"


def test_fsdd_reads_its_metadata_without_running_it(root: Path) -> None:
    with pytest.raises(ManifestError, match=r"metadata\.py: does not assign one dictionary"):
        wb.prepare(
            "fsdd",
            files(root, {"metadata.py": "metadata = make()", "recordings/1_a_0.wav": "sound"}),
            out=root.parent / "out",
        )
    prepared, rows = read("fsdd", fsdd(root))
    assert "FSDD_WAS_RUN" not in os.environ
    assert column(rows, "reference") == {"0_li_12": "zero", "1_a_0": "one", "7_jo_0": "seven"}
    assert column(rows, "accent")["7_jo_0"] == "X/y"
    assert column(rows, "accent")["0_li_12"] == "not stated"
    assert "'notes.wav' is not named" in prepared.problems[0].what


def test_audio_mnist(root: Path) -> None:
    prepared, rows = read("audio-mnist", audio_mnist(root))
    assert column(rows, "reference") == {"3_01_24": "three", "9_60_0": "nine"}
    assert column(rows, "native_speaker") == {"3_01_24": "no", "9_60_0": "not stated"}
    assert any("speaker '60' is not in it" in note for note in prepared.notes)
    assert "3_02_24.wav' is not named" in next(p.what for p in prepared.problems if p.value)


def test_speechocean762(root: Path) -> None:
    prepared, rows = read("speechocean762", speechocean762(root))
    assert column(rows, "age") == {"000010011": "6", "000020011": "6"}
    assert column(rows, "pronunciation") == {"000010011": "8", "000020011": "not stated"}
    assert [problem.line for problem in prepared.problems] == [2, 2]
    assert "which is not run" in prepared.problems[0].what


def test_the_real_digits(shared_dir: Path, tmp_path: Path) -> None:
    prepared = wb.prepare("fsdd", shared_dir / "corpora" / "fsdd-600", out=tmp_path)
    assert (prepared.n_rows, prepared.n_speakers, prepared.problems) == (600, 6, ())
    accents = pd.read_csv(prepared.manifest).groupby("accent")["speaker_id"].nunique()
    assert sorted(accents) == [1, 1, 2, 2]  # Belgian French and Greek; USA and German


def test_the_real_common_voice(shared_dir: Path, tmp_path: Path) -> None:
    prepared = wb.prepare("common-voice", shared_dir / "corpora" / "common-voice-100", out=tmp_path)
    assert (prepared.n_rows, prepared.n_speakers, prepared.problems) == (100, 99, ())
    rows = pd.read_csv(prepared.manifest, keep_default_na=False)
    counts = {"us": 48, "england": 19, "indian": 17, "australia": 4, "canada": 3, "other": 3, "singapore": 2}
    counts |= {"african": 2, "hongkong": 1, "newzealand": 1}
    assert rows["accent"].value_counts().to_dict() == counts
    assert (rows["gender"].eq("male").sum(), rows["gender"].eq("female").sum()) == (80, 16)


def test_the_real_vctk_in_its_own_layout(shared_dir: Path, tmp_path: Path) -> None:
    """vctk-18 is a selection in another layout: put back where the archive has it, it must say the same."""
    source = shared_dir / "corpora" / "vctk-18"
    selection = pd.read_csv(source / "manifest.csv", dtype=str, keep_default_na=False)
    tree: dict[str, str | bytes] = {}
    info = ["ID  AGE  GENDER  ACCENTS  REGION COMMENTS"]
    for speaker, group in selection.groupby("speaker_id"):
        first = group.iloc[0]
        if first["gender"]:  # the selection says it of three speakers only
            info.append(f"{str(speaker)[1:]}  {first['age']}  {first['gender'][0].upper()}  {first['accent']}")
        for path, text in zip(group["path"], group["reference"], strict=True):
            stem = Path(path).stem
            tree[f"txt/{speaker}/{stem}.txt"] = text + "\n"
            tree[f"wav48/{speaker}/{stem}.wav"] = (source / path).read_bytes()
    prepared = wb.prepare("vctk", files(tmp_path / "VCTK", {**tree, "speaker-info.txt": "\n".join(info)}), out=tmp_path)
    rows = load_corpus(prepared.manifest).utterances
    assert (prepared.n_rows, prepared.n_speakers, prepared.problems) == (18, 9, ())
    assert rows.groupby("accent")["speaker_id"].nunique().to_dict() == {"English": 3, "not stated": 6}
    assert set(rows["gender"]) == {"F", "M", "not stated"}
    assert column(rows, "reference") == {
        Path(p).stem: t for p, t in zip(selection["path"], selection["reference"], strict=True)
    }
