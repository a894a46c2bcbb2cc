"""Tables of corpora: chunk by chunk or whole, the same rows; what is wrong is named with its line and costs no other row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpora.adapters import chunked_tables
from workbench.corpora.adapters.chunked_tables import chunks
from workbench.corpora.adapters.row_builder import Tails, find_audio, json_line, stated
from workbench.corpora.adapters.source_tables import lines_of, small_table
from workbench.errors import ManifestError

FIELDS = st.text(alphabet="ab\"'#,\\ \u2028\x85\x0b\x1cé😀שNA", max_size=6)
NAMES = ("a", "b", "c")


def whole(path: Path, **options: object) -> tuple[pd.DataFrame, list[int], list[tuple[int, str]]]:
    parts = list(chunks(path, path.parent, need=("a",), take=NAMES, **options))  # type: ignore[arg-type]
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    lines = [line for part in parts for line in part.lines.tolist()]
    return frame, lines, [(problem.line, problem.what) for part in parts for problem in part.problems]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), min_size=1, max_size=8),
    size=st.sampled_from([1, 7, 40, 1 << 20]),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_both_ways_of_reading_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], size: int, end: str
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.tsv"
    path.write_bytes(("a\tb\tc\n" + "".join("\t".join(row) + end for row in rows)).encode())
    frame, lines, problems = whole(path, chunk_bytes=size)
    step = 2 if end == "\n\n" else 1
    written = [("\t".join(row), 2 + step * number) for number, row in enumerate(rows)]
    good = [(text.split("\t"), line) for text, line in written if text.count("\t") == 2]
    assert frame.to_numpy().tolist() == [fields for fields, _ in good]
    assert lines == [line for _, line in good]
    assert [line for line, _ in problems] == [line for text, line in written if text.count("\t") != 2 and text]


def test_a_regular_table_is_read_by_arrow_and_only_the_columns_that_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.tsv").write_text("a\tb\tc\n1\t2\t3\n" * 1)
    monkeypatch.setattr(chunked_tables, "_slow", lambda *_: pytest.fail("the slow way"))
    part = next(chunks(tmp_path / "t.tsv", tmp_path, need=("a",), take=("c", "a", "x")))
    assert part.frame.to_dict("list") == {"a": ["1"], "c": ["3"]}
    assert part.share == 1.0


@pytest.mark.parametrize("field", ['"said', '"', '""', '"a"', "a\rb", "\r", "NaN", "null", "", " "])
def test_a_field_arrives_as_it_is_written(field: str, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(f"a\tb\tc\n{field}\t2\t3\n4\t5\t6\n".encode())
    frame, lines, problems = whole(tmp_path / "t.tsv")
    assert (frame["a"].tolist(), lines, problems) == ([field, "4"], [2, 3], [])


def test_marks_and_encodings(tmp_path: Path) -> None:
    text = "a\tb\tc\né\t2\t3\n"
    for name, data, encoding in (
        ("bom", b"\xef\xbb\xbf" + text.encode(), ""),
        ("utf-16", text.encode("utf-16"), ""),
        ("windows", text.encode("windows-1252"), "windows-1252"),
    ):
        (tmp_path / f"{name}.tsv").write_bytes(data)
        frame, lines, problems = whole(tmp_path / f"{name}.tsv", encoding=encoding)
        assert (frame["a"].tolist(), lines, problems) == (["é"], [2], []), name


def test_what_is_no_text_costs_only_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"a\tb\tc\n1\t2\t3\ncaf\xe9\t2\t3\n\0\t2\t3\n4\t5\t6")
    frame, lines, problems = whole(tmp_path / "t.tsv")
    assert (frame["a"].tolist(), lines) == (["1", "4"], [2, 5])
    assert [line for line, _ in problems] == [3, 4]
    assert "byte 4 of the line (0xe9) is not UTF-8" in problems[0][1]
    assert "NUL" in problems[1][1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("b\tc\n1\t2\n", r"t\.tsv line 1: no column 'a' \(the columns are 'b', 'c'\)"),
        ("a;b;c\n1;2;3\n", "the header looks separated by ';', expected '\\\\t'"),
        ("a\tb\ta\n1\t2\t3\n", "duplicate column names"),
    ],
)
def test_a_header_that_does_not_fit_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(ManifestError, match=message):
        list(chunks(tmp_path / "t.tsv", tmp_path, need=("a",), take=NAMES))
    with pytest.raises(ManifestError, match=message):
        small_table(tmp_path / "t.tsv", tmp_path, need=("a",))


def test_a_small_table_names_its_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,"two\nlines"\n3\n\n"x"y,4\n5,6\n7,"never closed\n8,9\n')
    table = small_table(tmp_path / "t.csv", tmp_path, need=("a",))
    assert table.rows == ({"a": "1", "b": "two\nlines"}, {"a": "5", "b": "6"})
    assert table.lines == (2, 7)
    assert [problem.line for problem in table.problems] == [4, 6, 8]
    assert "to line 9" in table.problems[2].what


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"one\r\n\n  \nfour\xff\nfive \xc2\x85\n")
    lines, problems = lines_of(tmp_path / "t.txt", tmp_path)
    assert lines == [(1, "one"), (5, "five \x85")]
    assert [problem.line for problem in problems] == [4]


def test_the_longest_tail_that_is_there_is_found(tmp_path: Path) -> None:
    for name in ("clips/a/x.wav", "x.wav", "audio/b/y.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    tails = Tails(tmp_path, ("", "audio"))
    assert tails.find("/home/me/clips/a/x.wav") == "clips/a/x.wav"
    assert tails.find("C:\\data\\clips\\a\\x.wav") == "clips/a/x.wav"
    assert tails.find("/data/b/y.wav") == "audio/b/y.wav"
    assert tails.find("/data/../x.wav") == "data/../x.wav"
    assert tails.find("/data/none.wav") == "data/none.wav"


def test_audio_is_found_by_its_name(tmp_path: Path) -> None:
    for name in ("b/x.WAV", "a/x.wav", "a/y.txt", "z.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert find_audio(tmp_path) == {"z": "z.flac", "x": "a/x.wav"}


def test_values_and_lines_of_json() -> None:
    assert (stated(" N/A ", "n/a"), stated("NaN")) == ("", "NaN")
    assert json_line('{"a": null, "b": 2.0}', ("a",)) == {"a": "", "b": "2.0"}
    assert json_line("[1]", ("a",)) == "not a JSON object: '[1]'"
    assert json_line('{"b": 1}', ("a",)) == "no key 'a': '{\"b\": 1}'"
