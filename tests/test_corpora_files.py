"""Whole files: encodings, headers, descriptions, and what JSONL and Parquet bring of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.manifest_files import SILENCE, Make, maker, said, sounds
from workbench.corpora import check_manifest
from workbench.errors import ManifestError
from workbench.files import arrow_rows, delimited, tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sounds(tmp_path / "m")


@pytest.fixture
def make(folder: Path) -> Make:
    return maker(folder)


WHOLE = {
    "empty": (b"", "m.csv: the file is empty; write a header and one row per utterance"),
    "only blank lines": (b"\n \n", "m.csv: the file is empty; write a header and one row per utterance"),
    "header only": (
        b"path,reference,speaker_id\n",
        "m.csv: a header but no rows; add one row per utterance",
    ),
    "missing column": (
        b"path,sentence,speaker_id\na.wav,x,s\n",
        "m.csv: missing column 'reference'; add it (the columns are 'path', 'sentence', 'speaker_id')",
    ),
    "column under another name": (
        b"Path,reference,speaker\na.wav,x,s\n",
        "m.csv: 2 problems\n"
        "missing column 'path'; rename 'Path' (the columns are 'Path', 'reference', 'speaker')\n"
        "missing column 'speaker_id'; rename 'speaker' (the columns are 'Path', 'reference', 'speaker')",
    ),
    "duplicate column": (
        b"path,reference,speaker_id,accent,accent\na.wav,x,s,us,us\n",
        "m.csv: duplicate column names: 'accent' is the name of columns 4 and 5; rename or remove all but one",
    ),
    "latin-1 in the header": (
        "path,reference,speaker_id,départ\na.wav,x,s,y\n".encode("latin-1"),
        "m.csv: unknown encoding: byte 27 (0xe9, line 1) is not UTF-8; "
        "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8'), "
        'or state encoding = "windows-1252" in m.toml if that is what was written',
    ),
    "UTF-16 without a mark": (
        "path,reference,speaker_id\na.wav,x,s\n".encode("utf-16-le"),
        "m.csv: unknown encoding: byte 1 is NUL, as in UTF-16 without a byte order mark; "
        "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')",
    ),
    "UTF-16 cut off": (
        "path,reference,speaker_id\na.wav,x,s\n".encode("utf-16")[:-1],
        "m.csv: unknown encoding: byte 72 (0x0a, line 2) is not UTF-16; "
        "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(make: Make, kind: str) -> None:
    content, message = WHOLE[kind]
    with pytest.raises(ManifestError) as caught:
        check_manifest(make(content))
    assert str(caught.value) == message


def test_a_csv_with_semicolons_is_read_and_says_so(make: Make) -> None:
    corpus = check_manifest(make("path;reference;speaker_id\na.wav;x, y;s\n"))
    assert corpus.utterances["reference"].tolist() == ["x, y"]
    assert corpus.notes == ("m.csv: read as separated by semicolons",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_or_without_byte_order_mark_is_read(make: Make, encoding: str) -> None:
    corpus = check_manifest(make("path,reference,speaker_id\na.wav,naïve 日本 🙂,s\n".encode(encoding)))
    assert corpus.utterances["reference"].tolist() == ["naïve 日本 🙂"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.csv", "gone.csv: there is no such manifest; check the path"),
        ("", "m: is a folder, not a manifest; check the path"),
        (
            "a.wav",
            "a.wav: a manifest does not end with '.wav'; use .csv, .tsv, .jsonl, .ndjson, .json, .xlsx, .parquet, .pq or .txt",
        ),
    ],
)
def test_what_is_no_manifest_is_refused(folder: Path, name: str, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        check_manifest(folder / name)
    assert str(caught.value).removeprefix(f"{folder.parent}/").removeprefix(f"{folder.name}/") == message


BAD_TOML = {
    "not TOML": ("title = \n", "m.csv: m.toml is not valid TOML (Invalid value (at line 1, column 9))"),
    "unknown key": (
        'license = "x"\n',
        "m.csv: m.toml: unknown key 'license'; did you mean 'licence'? Available: attributes, audio_root, consent, corpus_id, "
        "encoding, language, licence, marks, quoting, reference_empty, source, speaker_note, speech_style, synthetic_voices, title",
    ),
    "unknown way": (
        '[attributes.accent]\nobtained = "guessed"\n',
        "m.csv: m.toml: attributes.accent.obtained = 'guessed': "
        "Input should be 'self-reported', 'annotated' or 'unknown'; correct it",
    ),
    "a study": (
        'name = "x"\ncorpus = ["m.csv"]\nengines = ["pocketsphinx"]\n',
        "m.csv: m.toml is a study, but by its name it would describe the manifest beside it; rename the study",
    ),
    "slash in the id": (
        'corpus_id = "a/b"\n',
        "m.csv: m.toml: corpus_id = 'a/b': a corpus_id has no slash, and no space at either end; correct it",
    ),
    "no such root": (
        'audio_root = "nowhere"\n',
        "m.csv: m.toml: audio_root 'nowhere' is not a folder; correct it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_TOML)
def test_a_bad_description_is_an_error_that_says_what_is_allowed(make: Make, kind: str) -> None:
    toml, message = BAD_TOML[kind]
    with pytest.raises(ManifestError) as caught:
        check_manifest(make("path,reference,speaker_id,accent\na.wav,x,s,us\n", toml=toml))
    assert str(caught.value).startswith(message)


def test_faults_of_the_description_and_of_the_file_are_reported_together(make: Make) -> None:
    with pytest.raises(ManifestError) as caught:
        check_manifest(make("path,speaker_id\na.wav,s\n", toml='licens = "x"\naudio_root = 3\n'))
    assert str(caught.value).splitlines()[0] == "m.csv: 3 problems"
    assert "missing column 'reference'" in str(caught.value)
    assert "unknown key 'licens'" in str(caught.value)
    assert "audio_root = 3" in str(caught.value)


def test_a_manifest_without_description_says_not_stated(make: Make) -> None:
    info = check_manifest(make("path,reference,speaker_id\na.wav,x,s\n")).info
    assert (info.title, info.licence, info.source, info.language) == ("m", "not stated", "not stated", "en")
    assert info.synthetic_voices is False


# -- JSONL and Parquet

JSON_ROWS = {
    "not JSON": (
        '{"path": "a.wav",',
        "m.jsonl line 1: not valid JSON (Expecting property name enclosed in double quotes at character 18): "
        "'{\"path\": \"a.wav\",'; write one JSON object per line",
    ),
    "not an object": ("[1, 2]", "m.jsonl line 1: not a JSON object: '[1, 2]'; write one object with a key per column"),
    "nested": (
        '{"path": "a.wav", "reference": ["x"], "speaker_id": "s"}',
        "m.jsonl line 1: reference is a list, not a text or number; write one value",
    ),
    "key twice": (
        '{"path": "a.wav", "path": "b.wav", "reference": "x", "speaker_id": "s"}',
        "m.jsonl line 1: the key 'path' occurs twice; keep one of them",
    ),
    "NaN": (
        '{"path": "a.wav", "reference": NaN, "speaker_id": "s"}',
        "m.jsonl line 1: NaN is not JSON; write null or leave the key out",
    ),
    "half a character": (
        '{"path": "a.wav", "reference": "x\\ud83d", "speaker_id": "s"}',
        "m.jsonl line 1: reference holds an escape that is no character: 'x\\ud83d'; write the character itself",
    ),
    "no key": ('{"path": "a.wav", "speaker_id": "s"}', "m.jsonl line 1: no text in reference; add what was said or drop the row" + SILENCE),
    "null": (
        '{"path": "a.wav", "reference": null, "speaker_id": "s"}',
        "m.jsonl line 1: no text in reference; add what was said or drop the row" + SILENCE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", JSON_ROWS)
def test_a_bad_line_of_jsonl_is_named_and_the_others_are_usable(make: Make, kind: str) -> None:
    row, message = JSON_ROWS[kind]
    good = '{"path": "b.wav", "reference": "fine \\ud83d\\ude42", "speaker_id": 7, "native": true}\n'
    corpus = check_manifest(make(row + "\n\n" + good, name="m.jsonl"))
    assert said(corpus) == [message]
    assert corpus.utterances[["reference", "speaker_id", "native"]].to_numpy().tolist() == [["fine 🙂", "7", "true"]]
    assert corpus.info.n_dropped == 1


def test_jsonl_of_which_no_line_can_be_read_says_so(make: Make) -> None:
    with pytest.raises(ManifestError, match="no row can be read; correct the rows"):
        check_manifest(make("{\n[\n", name="m.jsonl"))


def test_parquet_with_numbers_dates_categories_and_missing_values_is_read_as_text(folder: Path) -> None:
    frame = pd.DataFrame(
        {
            "path": ["a.wav", "b.wav", "c.wav"],
            "reference": ["null", "x", "y"],
            "speaker_id": [1, 2, 3],
            "start_s": [0.5, None, 1.0],
            "age": pd.array([30, None, 40], dtype="Int64"),
            "accent": pd.Categorical(["us", None, "uk"]),
            "score": [1.5, float("nan"), 2.0],
            "tags": [["a"], [], None],
        }
    )
    frame.to_parquet(folder / "m.parquet")
    corpus = check_manifest(folder / "m.parquet")
    assert said(corpus) == [
        "m.parquet: column 'tags' holds list<element: string>, not texts or numbers; write it as text or leave it out"
    ]
    table = corpus.utterances
    assert table["reference"].tolist() == ["null", "x", "y"]
    assert table["speaker_id"].tolist() == ["1", "2", "3"]
    assert table["start_s"].tolist() == pytest.approx([0.5, np.nan, 1.0], nan_ok=True)
    assert table["age"].tolist() == ["30", "not stated", "40"]
    assert table["accent"].tolist() == ["us", "not stated", "uk"]
    assert table["score"].tolist() == ["1.5", "not stated", "2"]


def test_parquet_counts_rows_where_other_files_count_lines(folder: Path) -> None:
    frame = pd.DataFrame({"path": ["a.wav", "a.wav"], "reference": ["x", ""], "speaker_id": ["s", "s"]})
    frame.to_parquet(folder / "m.parquet")
    assert said(check_manifest(folder / "m.parquet")) == [
        "m.parquet row 2: no text in reference; add what was said or drop the row" + SILENCE,
        "m.parquet row 2: utterance_id 'm/a.wav', made from its path, is already on row 1; "
        "give every row its own utterance_id",
    ]


def test_a_file_that_only_claims_to_be_parquet_is_refused(make: Make) -> None:
    with pytest.raises(ManifestError, match=r"m\.parquet: cannot be read as Parquet"):
        check_manifest(make(b"PAR1 not really", name="m.parquet"))


# -- size


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_rows_are_numbered_and_columns_joined_across_the_chunks_of_a_large_file(
    make: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(
        "workbench.files.delimited._CHUNK" if name == "m.csv" else "workbench.files.json_rows._CHUNK", 2
    )
    if name == "m.csv":
        content = (
            "utterance_id,path,reference,speaker_id\n"
            + "".join(f"{i},a.wav,t{i},s\n" for i in range(2, 7))
            + "7,a.wav,,s\n"
        )
    else:
        late = ["", "", "", "", ', "accent": "us"', ""]
        content = "".join(
            f'{{"utterance_id": {i}, "path": "a.wav", "reference": "{"" if i == 6 else i}", "speaker_id": "s"{more}}}\n'
            for i, more in enumerate(late, start=1)
        )
    corpus = check_manifest(make(content, name=name))
    assert [problem.line for problem in corpus.problems] == [7 if name == "m.csv" else 6]
    assert len(corpus.utterances) == 5
    assert corpus.utterances["slot"].tolist() == [0, 1, 2, 3, 4]
    if name == "m.jsonl":
        assert corpus.utterances["accent"].tolist() == ["not stated"] * 4 + ["us"]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_field_may_be_longer_than_the_limit_of_pythons_reader(make: Make, quote: str) -> None:
    """A transcript of four hours has 200,000 characters; csv of the standard library stops at 131,072."""
    long = quote + "y " * 100_000 + quote
    corpus = check_manifest(make(f"path,reference,speaker_id\na.wav,x,s\nb.wav,{long},s\nc.wav,z,s\n"))
    assert corpus.problems == ()
    assert corpus.utterances["reference"].str.len().tolist() == [1, 200_000, 1]


FIELDS = st.text(alphabet="ab'#;\\ \"\r\n\u2028\x85\x0b\x1cé😀שNA", max_size=5)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), min_size=1, max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    suffix=st.sampled_from([".csv", ".tsv"]),
)
def test_a_regular_table_is_read_by_arrow_as_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], end: str, suffix: str
) -> None:
    """Texts without quotes and line ends are regular, others are not; both ways give the same rows, lines and problems."""
    sign = "," if suffix == ".csv" else "\t"
    path = tmp_path_factory.mktemp("table") / f"m{suffix}"
    path.write_text(f"a{sign}b{sign}c\n" + "".join(sign.join(row) + end for row in rows), encoding="utf-8", newline="")
    quick = tables.read_table(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "read_regular", lambda *_: None)
        slow = tables.read_table(path)
    assert quick.frame.equals(slow.frame)
    assert quick.lines.tolist() == slow.lines.tolist()
    assert quick.problems == slow.problems


def test_which_tables_are_regular(tmp_path: Path) -> None:
    names = ["a", ""]
    read = arrow_rows.read_regular(b"a,\n1,NA\n,null\n", names, ",")
    assert read is not None
    assert read.to_numpy().tolist() == [["1", "NA"], ["", "null"]] and list(read.columns) == names
    odd = (
        b"a,\n",
        b"a,",
        b'a,\n"1",2\n',
        b"a,\n1\r,2\n",
        b"a,\n1,2\n\n3,4\n",
        b"a,\n1\n",
        b"a,\n1,\0\n",
        b"\na,\n1,2\n",
    )
    assert [arrow_rows.read_regular(data, names, ",") for data in odd] == [None] * len(odd)
    long = arrow_rows.read_regular(b"a,\n1," + b"x" * 200_000 + b"\n", names, ",")
    assert long is not None and len(long.iloc[0, 1]) == 200_000


@pytest.mark.long
def test_two_hundred_thousand_rows_take_less_than_a_kilobyte_and_a_half_of_memory_each(tmp_path: Path) -> None:
    """In a process of its own, above what it began with; a million rows take 0.85 kB each."""
    from bench.corpora import memory_mb, write_manifest

    write_manifest(tmp_path / "m", 200_000)
    assert memory_mb("manifest", tmp_path / "m") < 300
