"""The command line and a user's mistakes: a message that says what to do, exit code 2, nothing on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
from typer.testing import CliRunner, Result

from tests.corpus import make
from workbench.__main__ import app

LONG = "x" * 300


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a corpus, transcripts and a study of them, as the folder in which the command is called."""
    make(tmp_path)
    (tmp_path / "vendor.csv").write_text("utterance_id,hypothesis\naudio/n1-0.wav,one two three\n")
    (tmp_path / "study.toml").write_text(
        'name = "s"\ncorpus = ["tones.csv"]\nengines = ["imported:vendor.csv"]\nconditions = ["clean"]\n'
    )
    (tmp_path / "t.csv").write_text("reference,hypothesis,accent,speaker\nthe cat,a cat,Irish,s1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check .", "is a folder, not a manifest"),
        ("check <empty>", "is a folder, not a manifest"),
        ("check tones.csv/x.csv", "no such manifest"),
        (f"check {LONG}.csv", "cannot be opened (File name too long)"),
        ("check /dev/null", "is not a file"),
        ("run .", "is a folder, not a study file"),
        ("run tones.csv/x.toml", "no such study file"),
        (f"run {LONG}.toml", "cannot be opened (File name too long)"),
        ("run tones.toml", "name is missing"),
        ("run tones.toml", "title is no field of a study"),
        ("run study.toml --workers 0", "greater than or equal to 1"),
        (f"degrade {LONG}.wav o.wav --condition clean", "cannot be opened (File name too long)"),
        ("degrade audio/n1-0.wav o.wav --condition white_noise@2 --seed -1", "greater than or equal to 0"),
        ("degrade audio/n1-0.wav o.wav --condition white_noise@2 --slot -1", "greater than or equal to 0"),
        (f"degrade audio/n1-0.wav o.wav --condition white_noise@2 --seed {2**63}", "less than or equal to"),
        ("degrade audio/n1-0.wav o.mp3 --condition clean", "end it in .wav"),
        ("degrade audio/n1-0.wav audio/../audio/n1-0.wav --condition clean", "IN and OUT are the same file"),
        (f"score {LONG}.csv --by accent", "cannot be opened (File name too long)"),
        ("score . --by accent", "is a folder, which holds transcripts"),
        ("score t.csv --by accent --drop-reference .*", "no row is left to score"),
        ("score t.csv --by accent --where accent=Irish --drop-reference cat", "reference matches cat"),
    ],
)
def test_a_mistake_is_a_message_and_exit_code_2(here: Path, line: str, said: str) -> None:
    before = (here / "audio" / "n1-0.wav").read_bytes()
    result = call(*("" if part == "<empty>" else part for part in line.split()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert (here / "audio" / "n1-0.wav").read_bytes() == before


@pytest.mark.parametrize("out", ["tones.csv/scores.csv", "/proc/scores.csv", f"{LONG}.csv", "/proc/scores.parquet"])
def test_scores_that_cannot_be_written_are_a_message(here: Path, out: str) -> None:
    assert call("run", "study.toml").exit_code == 0
    result = call("export", "s", "--out", out)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr


@pytest.mark.long
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not which("setpriv"),
    reason="root drops its right to read everything",
)
@pytest.mark.parametrize(
    ("locked", "line"),
    [
        ("tones.csv", "check tones.csv"),
        ("tones.toml", "check tones.csv"),
        (".", "check tones.csv"),
        ("study.toml", "run study.toml"),
        ("vendor.csv", "run study.toml"),
        ("t.csv", "score t.csv --by accent"),
        ("audio/n1-0.wav", "check tones.csv"),
        ("audio", "check tones.csv"),
        ("audio/n1-0.wav", "degrade audio/n1-0.wav o.wav --condition clean"),
    ],
)
def test_what_may_not_be_read_is_a_message(here: Path, locked: str, line: str) -> None:
    target = (here / locked).resolve()
    target.chmod(0)
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", sys.executable, "-m", "workbench"]
    try:
        done = subprocess.run(
            [*command, *line.replace(" tones", f" {here}/tones").split()], capture_output=True, text=True
        )
    finally:
        target.chmod(0o755)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert any(word in (done.stderr + done.stdout).lower() for word in ("permission denied", "not readable", "no file"))


@pytest.mark.long
def test_text_that_the_terminal_has_no_characters_for_ends_no_command(tmp_path: Path) -> None:
    manifest = make(tmp_path / "Zürich", name="tøne s&?")
    (manifest.parent / "audio" / "n1-0.wav").unlink()
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for more in ([], ["--json"]):
        command = [sys.executable, "-m", "workbench", "check", str(manifest), *more]
        done = subprocess.run(command, capture_output=True, text=True, env=plain)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["manifest"] == str(manifest)


@pytest.mark.skipif(sys.platform != "linux", reason="only there are file names bytes")
def test_a_file_name_that_is_not_utf8_is_a_message(tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"caf\xe9")
    os.mkdir(folder)
    for name, command in ((b"t.csv", "check"), (b"s.toml", "run")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"path,reference,speaker_id\n")
        done = subprocess.run(
            [sys.executable, "-m", "workbench", command, os.path.join(folder, name)], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not UTF-8" in done.stderr.replace("\n", " ")
