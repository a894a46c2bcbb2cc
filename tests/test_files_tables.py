"""The one reader of tables: what spreadsheets, other languages' computers and NeMo write is the same table; the rest is named."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.manifest_files import maker, sounds
from workbench.corpora import check_manifest
from workbench.corpora.manifest_edit import read_written
from workbench.corpora.review import apply_review
from workbench.errors import ManifestError, ScoringError
from workbench.fairness import score_table
from workbench.files.tables import read_table
from workbench.transcripts import read_references, read_transcripts

NAMES = ["who", "accent", "reference", "hypothesis"]
ROWS = [["s1", "Zürich", "it’s, fine; yes", "its fine yes"], ["s2", "Köln", "one two", "null"]]


def joined(sign: str, rows: list[list[str]] | None = None) -> str:
    quoted = ["it’s, fine; yes"] if sign in ",;" else []
    lines = [[f'"{v}"' if v in quoted else v for v in row] for row in [NAMES, *(rows or ROWS)]]
    return "\r\n".join(sign.join(row) for row in lines) + "\r\n"


def workbook(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


objects = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
SAME = {
    "commas": ("t.csv", joined(",").encode(), []),
    "semicolons": ("t.csv", joined(";").encode("utf-8-sig"), ["t.csv: read as separated by semicolons"]),
    "tabs in a csv": ("t.csv", joined("\t").encode(), ["t.csv: read as separated by tabs"]),
    "bars": ("t.csv", joined("|").encode(), ["t.csv: read as separated by bars"]),
    "sep=": ("t.csv", b"sep=;\r\n" + joined(";").encode(), ["t.csv: read as separated by semicolons"]),
    "UTF-16": ("t.tsv", joined("\t").encode("utf-16"), []),
    "UTF-16 called txt": ("t.txt", joined("\t").encode("utf-16"), []),
    "carriage returns": ("t.csv", joined(",").replace("\r\n", "\r").encode(), []),
    "blank rows": ("t.csv", joined(",").encode() + b",,,\r\n , ,,\r\n,,,,,\r\n", ["t.csv: 3 blank rows left out"]),
    "trailing columns": (
        "t.csv",
        joined(",").replace("\r\n", ",,\r\n").encode(),
        ["t.csv: 2 columns with neither name nor values left out"],
    ),
    "blanks in the header": ("t.csv", joined(",").replace("accent", " accent ", 1).encode(), []),
    "lines of JSON": ("t.jsonl", "\n".join(map(json.dumps, objects)).encode(), []),
    "NeMo's name": ("t.json", "\n\n".join(map(json.dumps, objects)).encode("utf-8-sig"), []),
    "a list": ("t.json", json.dumps(objects, indent=1).encode(), []),
    "a list on one line": ("t.json", json.dumps(objects).encode(), []),
    "Excel": ("t.xlsx", workbook([NAMES, *ROWS]), []),
    "Excel with a second sheet": (
        "t.xlsx",
        workbook([], [[], NAMES, [None], *ROWS], [["legend"]]),
        ["t.xlsx: sheet 'sheet 2' is read, not 'sheet 3'", "t.xlsx: 1 blank row left out"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_however_a_table_is_written_it_is_the_same_table(tmp_path: Path, kind: str) -> None:
    name, data, notes = SAME[kind]
    (tmp_path / name).write_bytes(data)
    table = read_table(tmp_path / name)
    assert table.frame.to_dict("list") == pd.DataFrame(ROWS, columns=NAMES).to_dict("list")
    assert table.problems == []
    assert table.notes == notes


@pytest.mark.parametrize("kind", SAME)
def test_score_reads_what_manifests_read_and_passes_the_notes_on(tmp_path: Path, kind: str) -> None:
    name, data, notes = SAME[kind]
    (tmp_path / name).write_bytes(data)
    scored = score_table(tmp_path / name, by=["accent"], speaker="who", normaliser="basic")
    assert dict(zip(scored.rates["accent"], scored.rates["ref_words"], strict=True)) == {"Köln": 2, "Zürich": 3}
    assert list(scored.notes[: len(notes)]) == notes


@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman", "cp1250"])
def test_another_encoding_is_named_and_never_guessed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(joined(";").encode(encoding))
    with pytest.raises(ScoringError, match="give --encoding windows-1252 if that is what was written") as caught:
        score_table(path, by=["accent"])
    assert ("'s2;Köln;one two;null'" in str(caught.value)) is (encoding != "mac-roman")
    scored = score_table(path, by=["accent"], encoding=encoding)
    assert set(scored.rates["accent"]) == {"Köln", "Zürich"}
    with pytest.raises(ScoringError, match="there is no encoding 'windows-1525'; write a name such as windows-1252"):
        score_table(path, by=["accent"], encoding="windows-1525")


def test_a_column_without_a_name_keeps_its_values_under_its_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",reference,\n0,x,\n1,y,z\n", encoding="utf-8")
    table = read_table(path)
    assert list(table.frame.columns) == ["column 1", "reference", "column 3"]
    assert table.notes[0] == "t.csv: column 1 has no name in the header; it is called 'column 1'"


def test_cells_are_the_text_that_a_person_wrote(tmp_path: Path) -> None:
    cells = [7, 7.0, 2.5, True, None, datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2), "007", "null"]
    (tmp_path / "t.xlsx").write_bytes(workbook([[f"c{i}" for i in range(len(cells))], cells]))
    assert read_table(tmp_path / "t.xlsx").frame.iloc[0].tolist() == [
        "7", "7", "2.5", "true", "", "2026-01-02", "2026-01-02", "007", "null",
    ]  # fmt: skip


def test_a_formula_that_failed_is_a_problem_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(workbook([NAMES, ["s1", "A", "one", "#REF!"], *ROWS]))
    table = read_table(tmp_path / "t.xlsx")
    assert [str(problem) for problem in table.problems] == [
        "t.xlsx row 2: a formula failed: '#REF!'; correct the formula, or write the value"
    ]
    assert table.lines.tolist() == [3, 4]


def test_a_manifest_may_be_a_workbook_and_its_notes_reach_the_corpus(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "m")
    rows = [["path", "reference", "speaker_id"], ["a.wav", "one", 1], ["", "", ""], ["b.wav", "two", 2]]
    corpus = check_manifest(maker(folder)(workbook(rows), name="m.xlsx"))
    assert corpus.problems == ()
    assert corpus.utterances["speaker_id"].tolist() == ["1", "2"]
    assert corpus.notes == ("m.xlsx: 1 blank row left out",)


def test_a_bad_line_among_lines_of_json_or_in_a_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[\n{"a": 1},\n\n{"a": [2]}, 3,\n{"a": null}\n]\n', encoding="utf-8")
    table = read_table(path)
    assert [problem.line for problem in table.problems] == [4, 4]
    assert table.frame["a"].tolist() == ["1", ""]
    assert table.absent("a").tolist() == [False, True]
    assert table.lines.tolist() == [2, 5]
    path.write_text('[{"a": 1}, {"a"', encoding="utf-8")
    with pytest.raises(ManifestError, match="line 1: the list ends in what is not JSON"):
        read_table(path)


def test_one_object_over_several_lines_is_no_table_and_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"text": "hello", "segments": []}, indent=2), encoding="utf-8")
    with pytest.raises(ManifestError, match="one JSON object with the keys 'text', 'segments', not a table"):
        read_table(path)


def test_lists_beside_the_columns_that_are_scored_do_no_harm_and_in_them_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    row = {"reference": "one", "hypothesis": "one", "accent": "A", "words": [{"word": "one"}]}
    path.write_text(json.dumps(row), encoding="utf-8")
    assert score_table(path, by=["accent"]).rates["errors"].tolist() == [0]
    path.write_text(json.dumps(row | {"hypothesis": ["one"]}), encoding="utf-8")
    with pytest.raises(ScoringError, match="line 1: hypothesis is a list, not a text or number"):
        score_table(path, by=["accent"])


def test_quotes_of_excel_in_tabs_are_quotes_and_stray_ones_are_characters(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text('a\tb\n"say ""yes"""\t5" pipe\n"open\tx\ny\tclose"\n', encoding="utf-8")
    assert read_table(path).frame.to_numpy().tolist() == [['say "yes"', '5" pipe'], ['"open', "x"], ["y", 'close"']]
    path.write_text('a\tb\n"two\nlines"\tx\n', encoding="utf-8")
    assert read_table(path).frame.to_numpy().tolist() == [["two\nlines", "x"]]


WITH_IDS = [
    ["utterance_id", "path", "speaker_id", "accent", "reference", "hypothesis"],
    ["u1", "a.wav", "s1", "Zürich", "it’s, fine; yes", "its fine yes"],
    ["u2", "b.wav", "s2", "Köln", "one two", "null"],
]


def separated(sign: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=sign, lineterminator="\r\n").writerows(WITH_IDS)
    return stream.getvalue()


NAMED = [dict(zip(WITH_IDS[0], row, strict=True)) for row in WITH_IDS[1:]]
LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in NAMED)
AS_FILES = {
    "semicolons": ("t.csv", separated(";").encode("utf-8-sig")),
    "sep= in UTF-16": ("t.csv", f"sep=;\r\n{separated(';')}".encode("utf-16")),
    "Unicode text": ("t.txt", separated("\t").encode("utf-16")),
    "blank and trailing": ("t.csv", separated(",").replace("\r\n", ",,\r\n").encode() + b",,,,,,,\r\n"),
    "NeMo's name": ("t.json", LINES.encode("utf-16")),
    "Excel": ("t.xlsx", workbook(WITH_IDS)),
    "Windows": ("t.csv", separated(";").encode("windows-1252")),
    "Windows, lines of JSON": ("t.jsonl", LINES.encode("windows-1252")),
}  # fmt: skip


@pytest.mark.parametrize("kind", AS_FILES)
def test_manifests_references_labels_reviews_and_transcripts_are_read_by_the_same_reader(
    tmp_path: Path, kind: str
) -> None:
    folder = sounds(tmp_path / "m")
    name, data = AS_FILES[kind]
    path = folder / name
    path.write_bytes(data)
    encoding = "windows-1252" if kind.startswith("Windows") else ""
    accents = ["Zürich", "Köln"]
    assert [segment.text for segment in read_transcripts(path, encoding=encoding).segments] == ["its fine yes", "null"]
    assert read_written(path, encoding=encoding).table.frame["accent"].tolist() == accents
    scored = score_table(path, by=["accent"], speaker="speaker_id", normaliser="basic", encoding=encoding)
    assert sorted(scored.rates["accent"]) == sorted(accents)
    if encoding:
        path.with_suffix(".toml").write_text(f'encoding = "{encoding}"\n')
    with pytest.raises(ManifestError, match=r"t\.\w+: no column 'decision', 'corrected', 'reference_digest'"):
        apply_review(path, path, tmp_path / "new.csv", encoding=encoding)
    assert read_references(path)[0]["accent"].tolist() == accents
    assert check_manifest(path).utterances["accent"].tolist() == accents
