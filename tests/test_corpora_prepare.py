"""From a corpus as it is distributed to a manifest: what every adapter shares, tried with a small adapter of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from typer.testing import CliRunner

import workbench as wb
from workbench.__main__ import app
from workbench.corpora import adapters, check_manifest, conversion, load_corpus
from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import Problem

ODD = (
    "null",
    "NaN",
    "NA",
    "None",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "😀 \u200d",
    "שלום עליכם",
    '"',
    'a "b" c',
    " led ",
    "a,b",
    "\\N",
    "#",
)


def sound(path: Path, seconds: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, round(8_000 * seconds)), 8_000)
    return path


def in_memory(monkeypatch: pytest.MonkeyPatch, *chunks: list[dict[str, str]], **more: object) -> None:
    """Make ``toy`` an adapter that yields these rows; columns that a row lacks are empty."""
    columns = list(
        dict.fromkeys(["path", "reference", "speaker_id", "accent", *(k for c in chunks for r in c for k in r)])
    )

    def read(folder: Path, options: Options) -> Iterator[Rows]:
        first = 2
        for chunk in chunks:
            frame = pd.DataFrame(chunk, columns=columns, dtype="str").fillna("")
            yield Rows(frame, ["toy.tsv"] * len(frame), np.arange(first, first + len(frame)))
            first += len(frame)

    fields = {"tree": "toy/", "licence": "CC0", "source": "https://toy.example", "citation": "Nobody", "title": "Toy"}
    attributes = {"accent": AttributeInfo(obtained="self-reported", note="free text")}
    toy = Adapter(name="toy", attributes=attributes, recognise=lambda f: False, read=read, **{**fields, **more})  # type: ignore[arg-type]
    monkeypatch.setattr(adapters, "adapters", lambda: {"toy": toy})
    monkeypatch.setattr(conversion, "recognised", lambda folder: [])


def row(path: str = "a.wav", reference: str = "yes", speaker: str = "s1", **more: str) -> dict[str, str]:
    return {"path": path, "reference": reference, "speaker_id": speaker, **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        sound(tmp_path / "toy" / f"{name}.wav")
    return tmp_path / "toy"


def test_what_is_written_is_read_back_as_the_same_corpus(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav", accent="Scottish"), row("b.wav", "no", "s2")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    corpus = load_corpus(prepared.manifest)
    assert corpus.problems == ()
    assert corpus.utterances["accent"].tolist() == ["Scottish", "not stated"]
    assert corpus.info.attributes["accent"].obtained == "self-reported"
    assert (corpus.info.title, corpus.info.licence) == ("Toy", "CC0")
    assert (prepared.n_rows, prepared.n_speakers, dict(prepared.stated), prepared.n_left_out) == (
        2,
        2,
        {"accent": 1},
        0,
    )
    assert prepared.problems_file is None


@pytest.mark.parametrize("text", ODD)
def test_a_text_survives_whatever_it_is(
    text: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav", "plain"), row("b.wav", text, accent="Q"), row("c.wav", "after")])
    corpus = load_corpus(wb.prepare("toy", folder, out=tmp_path / "out").manifest)
    assert corpus.utterances["reference"].tolist() == ["plain", text, "after"]


def test_an_empty_text_is_named_not_lost(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("a.wav", ""), row("b.wav", "yes")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    assert [str(problem) for problem in prepared.problems] == [
        "toy.tsv line 2: no text in reference; add what was said or drop the row"
    ]
    assert (prepared.n_rows, prepared.n_left_out) == (1, 1)


def test_every_problem_is_named_at_once_with_its_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = sound(tmp_path / "secret.wav")
    os.symlink(outside, folder / "link.wav")
    os.symlink(folder / "nothing.wav", folder / "broken.wav")
    os.symlink(folder / "c.wav", folder / "inside.wav")
    (folder / "sub").mkdir()
    times = {"start_s": "0.0", "end_s": "0.05"}
    in_memory(
        monkeypatch,
        [row("a.wav", **times), row("gone.wav", **times), row("link.wav", **times), row("broken.wav", **times)],
        [
            row("../secret.wav", **times),
            row("/etc/passwd", **times),
            row("sub", **times),
            row("b.wav", speaker=" ", **times),
        ],
        [
            row("b.wav", start_s="-1", end_s="2"),
            row("b.wav", start_s="2", end_s="1"),
            row("b.wav", start_s="x", end_s="1"),
        ],
        [row("a.wav", **times), row("inside.wav", **times)],
    )
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    found = {problem.line: problem.what for problem in prepared.problems}
    assert list(found) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    for line, words in {
        3: "'gone.wav' is not there",
        4: "'link.wav' is a link that leaves",
        5: "'broken.wav' is a link to nothing",
        6: "leaves the corpus's folder",
        7: "is absolute",
        8: "'sub' is a folder",
        9: "no value for speaker_id",
        10: "start_s = '-1' is negative",
        11: "starts at 2 s and ends at 1 s",
        12: "is not a number of seconds",
        13: "is already at toy.tsv line 2",
    }.items():
        assert words in found[line], found[line]
    assert prepared.n_left_out == 11
    assert load_corpus(prepared.manifest).utterances["path"].map(os.path.basename).tolist() == ["a.wav", "inside.wav"]
    listed = pd.read_csv(prepared.problems_file, keep_default_na=False)  # type: ignore[arg-type]
    assert listed["line"].tolist() == list(found)


def test_a_folder_that_is_a_link_is_no_way_out(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(tmp_path / "elsewhere" / "x.wav")
    os.symlink(tmp_path / "elsewhere", folder / "clips")
    in_memory(monkeypatch, [row("a.wav"), row("clips/x.wav")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    assert "leaves the corpus's folder" in prepared.problems[0].what


def test_the_corpus_itself_may_be_a_link(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.symlink(folder, tmp_path / "shortcut")
    in_memory(monkeypatch, [row("a.wav")])
    prepared = wb.prepare("toy", tmp_path / "shortcut", out=tmp_path / "out")
    assert load_corpus(prepared.manifest).problems == ()


def test_speakers_that_differ_only_in_case_are_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav", speaker="Ann")], [row("b.wav", speaker="ann")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    assert (prepared.n_rows, prepared.n_speakers) == (2, 2)
    assert "'Ann' and 'ann' differ only in case" in prepared.notes[0]


def test_a_speaker_with_two_accents_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("a.wav", accent="x")], [row("b.wav", accent="y"), row("c.wav", speaker="s2")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    assert len(prepared.notes) == 1
    assert "speaker 's1' has two values of accent: 'x' and 'y'" in prepared.notes[0]
    assert len(check_manifest(prepared.manifest).utterances) == 1


def test_an_mp3_named_wav_is_told_and_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "x.mp3", np.random.default_rng(1).normal(0, 0.1, 16_000), 16_000)
    (folder / "a.wav").write_bytes((tmp_path / "x.mp3").read_bytes())
    in_memory(monkeypatch, [row("a.wav"), row("b.wav", "no")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out")
    assert prepared.notes == (
        "1 files end with .wav but hold mp3, the first is 'a.wav'; they are read by what they hold",
    )
    assert check_manifest(prepared.manifest).problems == ()


def test_a_manifest_is_not_replaced_unasked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("a.wav"), row("gone.wav")])
    prepared = wb.prepare("toy", folder, out=tmp_path / "out", corpus_id="mine")
    assert prepared.manifest.name == "mine.csv"
    with pytest.raises(ManifestError, match=r"mine\.csv: is already there; name another with --as"):
        wb.prepare("toy", folder, out=tmp_path / "out", corpus_id="mine")
    in_memory(monkeypatch, [row("a.wav")])
    assert wb.prepare("toy", folder, out=tmp_path / "out", corpus_id="mine", overwrite=True).n_rows == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["mine.csv", "mine.toml"]


def test_a_study_of_that_name_is_not_replaced_either(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav")])
    (tmp_path / "x.study.toml").write_text("mine")
    with pytest.raises(ManifestError, match=r"x\.study\.toml: is already there"):
        wb.prepare("toy", folder, out=tmp_path, corpus_id="x.study")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"corpus_id": "a/b"}, "--as: 'a/b': a corpus_id has no slash"),
        ({"language": "x"}, "--language: 'x': "),
        ({"out": "a.wav"}, r"a\.wav: cannot be read or written \(File exists\)"),
        ({"path": "a.wav"}, r"a\.wav: is a file, not a folder"),
    ],
)
def test_what_cannot_be_is_a_message(
    given: dict[str, str], message: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav")])
    arguments = {"path": folder, "out": tmp_path / "out"}
    arguments |= {name: folder / value if name in arguments else value for name, value in given.items()}
    with pytest.raises(ManifestError, match=message):
        wb.prepare("toy", **arguments)


def test_what_breaks_off_leaves_nothing_behind(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Path, __: Options) -> Iterator[Rows]:
        frame = pd.DataFrame([row("a.wav", accent="x"), row("gone.wav", accent="")], dtype="str")
        yield Rows(frame, ["t", "t"], np.array([1, 2]))
        raise KeyboardInterrupt

    toy = Adapter("toy", "Toy", "toy/", "CC0", "s", "c", {"accent": AttributeInfo()}, lambda f: False, read)
    monkeypatch.setattr(adapters, "adapters", lambda: {"toy": toy})
    with pytest.raises(KeyboardInterrupt):
        wb.prepare("toy", folder, out=tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_usable_row_says_why(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("x.wav"), row("y.wav")])
    with pytest.raises(
        ManifestError, match=r"(?s)no row of toy is usable\ntoy\.tsv line 2: the audio 'x\.wav' is not there"
    ):
        wb.prepare("toy", folder, out=tmp_path / "out")


def test_a_path_relative_to_the_manifest_moves_with_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(tmp_path / "all" / "corpus" / "a.wav")
    in_memory(monkeypatch, [row("a.wav")])
    wb.prepare("toy", tmp_path / "all" / "corpus", out=tmp_path / "all")
    (tmp_path / "all").rename(tmp_path / "moved")
    assert load_corpus(tmp_path / "moved" / "toy.csv").problems == ()


def test_a_mistyped_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(ManifestError, match="did you mean 'fsdd'"):
        wb.prepare("fssd", ".")


def test_options_are_checked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("a.wav")], options={"split": Option("which", "test", ("test", "dev"))})
    with pytest.raises(ManifestError, match="toy has no option 'splt'; did you mean 'split'"):
        wb.prepare("toy", folder, out=tmp_path / "out", options={"splt": "dev"})
    with pytest.raises(ManifestError, match="split is not 'deev'; did you mean 'dev'"):
        wb.prepare("toy", folder, out=tmp_path / "out", options={"split": "deev"})


def test_progress_counts_rows(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory(monkeypatch, [row("a.wav"), row("gone.wav")], [row("b.wav", "no")])
    calls: list[tuple[int, int]] = []
    wb.prepare("toy", folder, out=tmp_path / "out", on_progress=lambda done, total: calls.append((done, total)))
    assert calls == [(2, 2), (3, 3)]


def test_the_command_prints_rows_speakers_and_what_was_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory(monkeypatch, [row("a.wav", accent="x"), row("gone.wav"), row("lost.wav", "no")])
    arguments = ["prepare", "toy", str(folder), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "1 rows, 1 speakers; stated in: accent 1" in result.stdout
    assert "left out: 2 x the audio ... is not there" in result.stdout
    assert "toy.tsv line 3: the audio 'gone.wav' is not there" in result.stdout
    answer = json.loads(CliRunner().invoke(app, [*arguments, "--overwrite", "--json"], catch_exceptions=False).stdout)
    assert (answer["n_rows"], answer["n_left_out"]) == (1, 2)


def test_the_command_lists_and_explains_itself(tmp_path: Path) -> None:
    listed = json.loads(CliRunner().invoke(app, ["prepare", "--list", "--json"]).stdout)["adapters"]
    assert [entry["name"] for entry in listed] == list(adapters.adapters())
    versions = {entry["name"]: entry["versions"] for entry in listed}
    assert versions["globe"].startswith("versions 1 and 2; not 3, which has no speakers")
    assert CliRunner().invoke(app, ["prepare"]).exit_code == 2
    mistake = CliRunner().invoke(app, ["prepare", "fsdd", str(tmp_path / "none")])
    assert mistake.exit_code == 2
    assert "there is no such folder" in mistake.stderr


@pytest.mark.parametrize("adapter", adapters.adapters().values(), ids=lambda adapter: adapter.name)
def test_every_adapter_describes_itself(adapter: Adapter) -> None:
    assert "/" in adapter.tree
    assert adapter.licence and adapter.citation and adapter.title
    assert adapter.source.startswith("https://")
    assert all(info.note for info in adapter.attributes.values()), "an attribute says what it is"


@pytest.mark.parametrize("adapter", adapters.adapters().values(), ids=lambda adapter: adapter.name)
def test_every_adapter_refuses_a_folder_that_is_another(adapter: Adapter, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    assert not adapter.recognise(tmp_path)
    with pytest.raises(ManifestError) as caught:
        wb.prepare(adapter.name, tmp_path, out=tmp_path / "out")
    assert adapter.tree.split("\n")[0] in str(caught.value)


def test_the_tree_is_what_stands_in_the_docstring() -> None:
    assert tree_of("One.\n\nLayout::\n\n    a/\n        b.wav\n\nMore.\n") == "a/\n    b.wav"


def test_a_problem_without_line_or_value_costs_no_row(folder: Path, tmp_path: Path) -> None:
    from workbench.corpora.row_checks import costs_a_row

    assert not costs_a_row(Problem(0, "accent", "", "nothing is stated", ""))
    assert costs_a_row(Problem(3, "", "", "bad", ""))
