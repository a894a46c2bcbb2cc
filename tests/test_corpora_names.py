"""Names that nearly fit a file: found where exactly one fits and said, else the nearest is named."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import soundfile

from tests.synthetic_speech import RATE, speech_like
from workbench.corpora import check_manifest
from workbench.corpora.path_lookup import PathLookup, difference

NFC, NFD = (unicodedata.normalize(form, "José-ñandú.wav") for form in ("NFC", "NFD"))


def sound(path: Path, seed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, speech_like(0.6, seed=seed), RATE, format="WAV")


def manifest(folder: Path, *paths: str) -> Path:
    rows = [f'"{path}",yes,s{number}' for number, path in enumerate(paths)]
    (folder / "m.csv").write_text("\n".join(["path,reference,speaker_id", *rows]) + "\n", encoding="utf-8")
    return folder / "m.csv"


@pytest.mark.parametrize(
    ("written", "there", "words"),
    [
        (f"clips/{NFC}", f"clips/{NFD}", "Unicode form"), (f"clips/{NFD}", f"clips/{NFC}", "Unicode form"), ("clips\\\\a b.wav", "clips/a b.wav", "backslashes"),
        (".\\\\clips\\\\a.wav", "clips/a.wav", "backslashes"), ("clips/upper.wav", "clips/UPPER.WAV", "case"), ("Clips/a.wav", "clips/a.wav", "case"),
        (" clips/a.wav ", "clips/a.wav", "blanks"), ("clips/trailing.wav", "clips/trailing.wav ", "blanks"),
        ("clips/a  b.wav", "clips/a b.wav", "blanks"), ("clips/a b.wav", "clips/a\u00a0b.wav", "blanks"),
        (f"CLIPS\\\\{NFC.upper()}", f"clips/{NFD}", "backslashes and Unicode form and case"),
    ],
)  # fmt: skip
def test_a_name_of_another_form_is_found_and_said(written: str, there: str, words: str, tmp_path: Path) -> None:
    written = written.replace("\\\\", "\\")
    sound(tmp_path / there)
    corpus = check_manifest(manifest(tmp_path, written))
    assert corpus.problems == ()
    assert corpus.utterances["path"].tolist() == [str(tmp_path / there)]
    assert f"1 row (first: line 2): the path differs in {words} from the file" in corpus.notes[0]


def test_two_files_that_may_be_meant_are_named_and_an_exact_name_means_itself(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 1)
    sound(tmp_path / "A.wav", 2)
    corpus = check_manifest(manifest(tmp_path, "a.wav", "a.WAV"))
    assert corpus.utterances["path"].tolist() == [str(tmp_path / "a.wav")]
    assert corpus.notes == ()
    assert "2 that differ from it in form only; name one: 'A.wav', 'a.wav'" in str(corpus.problems[0])


def test_else_the_nearest_is_named(tmp_path: Path) -> None:
    sound(tmp_path / "clips" / "common_voice_en_12.mp3")
    told = "\n".join(
        map(
            str,
            check_manifest(
                manifest(tmp_path, "clips/common_voice_en_21.mp3", "clisp/common_voice_en_12.mp3", "zzz.wav")
            ).problems,
        )
    )
    assert "the nearest is 'clips/common_voice_en_12.mp3'" in told
    assert "the nearest is 'clips'" in told
    assert "there is no file 'zzz.wav'; correct the path or drop the row" in told


def test_what_only_nearly_fits_never_leaves_the_folder(tmp_path: Path) -> None:
    sound(tmp_path / "outside" / "a.wav")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    corpus_problems = check_manifest(manifest(folder, "LINK/a.wav", "..\\outside\\a.wav")).problems
    assert [problem.line for problem in corpus_problems if problem.line] == [2, 3]
    assert PathLookup(folder).find("../outside/a.wav") == ()


def test_the_difference_is_put_in_words() -> None:
    assert difference("a\\b.wav", "a/b.wav") == "backslashes"
    assert difference("A.wav", "a.wav") == "case"
    assert difference(NFC, NFD) == "Unicode form"
