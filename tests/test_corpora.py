"""Manifests: every kind of problem, with its exact message; nothing is dropped silently."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.manifest_files import SILENCE, Make, maker, said, sounds
from workbench.corpora import check_manifest, load_corpus, write_manifest
from workbench.errors import ManifestError
from workbench.schema import UTTERANCES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sounds(tmp_path / "m")


@pytest.fixture
def make(folder: Path) -> Make:
    return maker(folder)


def test_a_good_manifest_gives_every_row_in_order_and_no_problem(make: Make, folder: Path) -> None:
    path = make(
        "utterance_id,path,reference,speaker_id,start_s,end_s,prompt_id,accent,age\n"
        "u1,a.wav,Hello there,s1,,,p1,us,30\n"
        "u2,b.wav,hello  THERE!,s2,0.5,1.75,,,\n"
        "u3,a.wav,Other,s1,1,,,us,31\n",
        toml='title = "Three"\nlicence = "CC0-1.0"\nsource = "made up"\nlanguage = "en"\n'
        '[attributes.accent]\nobtained = "self-reported"\nnote = "asked"\n',
    )
    corpus = check_manifest(path)
    assert said(corpus) == []
    table = corpus.utterances
    assert list(table.columns) == [*UTTERANCES.column_names, "accent", "age"]
    assert table["utterance_id"].tolist() == ["m/u1", "m/u2", "m/u3"]
    assert table["accent"].tolist() == ["us", "not stated", "us"]
    assert table["age"].tolist() == ["30", "not stated", "31"]
    assert table["duration_s"].tolist() == pytest.approx([3.0, 1.25, 2.0])
    assert table["slot"].tolist() == [0, 0, 1]
    assert table["path"].tolist() == [str(folder / name) for name in ("a.wav", "b.wav", "a.wav")]
    assert table["source_digest"].nunique() == 3, "a segment has a digest of its own"
    assert table["prompt_id"].iloc[0] == "p1"
    info = corpus.info
    assert (info.corpus_id, info.title, info.licence, info.source) == ("m", "Three", "CC0-1.0", "made up")
    assert (info.n_utterances, info.n_speakers, info.n_dropped) == (3, 2, 0)
    assert info.attributes["accent"].obtained == "self-reported"
    assert info.attributes["age"].obtained == "unknown"
    assert type(info).model_validate_json(info.model_dump_json()) == info


def test_checking_and_loading_give_the_same_corpus(make: Make) -> None:
    path = make("path,reference,speaker_id\na.wav,x,s1\nb.wav,y,s1\n")
    checked, loaded = check_manifest(path), load_corpus(path)
    pd.testing.assert_frame_equal(checked.utterances, loaded.utterances)
    assert checked.info == loaded.info


def test_without_ids_they_are_made_from_path_and_segment(make: Make) -> None:
    path = make(
        "path,reference,speaker_id,start_s,end_s\na.wav,x,s,,\na.wav,x,s,0,1.5\na.wav,x,s,1.5,\n./b.wav,x,s,,\n"
    )
    corpus = check_manifest(path)
    assert corpus.problems == ()
    assert corpus.utterances["utterance_id"].tolist() == ["m/a.wav", "m/a.wav#0-1.5", "m/a.wav#1.5-", "m/./b.wav"]


def test_an_id_that_already_starts_with_the_corpus_stays_as_it_is(make: Make) -> None:
    path = make("utterance_id,path,reference,speaker_id\nm/1,a.wav,x,s\n2,b.wav,x,s\n")
    assert check_manifest(path).utterances["utterance_id"].tolist() == ["m/1", "m/2"]


def test_equal_texts_share_a_prompt_and_others_do_not(make: Make) -> None:
    texts = ["It's ten past one.", "it’s TEN  past\tone", "its ten past one", "...", "!!!", "Ｈello", "hello"]
    rows = "".join(
        json.dumps({"utterance_id": str(i), "path": "a.wav", "reference": t, "speaker_id": "s"}) + "\n"
        for i, t in enumerate(texts)
    )
    prompts = check_manifest(make(rows, name="m.jsonl")).utterances["prompt_id"].tolist()
    assert prompts[0] == prompts[1]
    assert prompts[5] == prompts[6]
    assert len(set(prompts)) == 5


def test_the_slot_counts_all_rows_of_a_speaker_also_those_that_are_dropped(make: Make) -> None:
    path = make("path,reference,speaker_id\na.wav,x,s1\ngone.wav,x,s1\nb.wav,x,s2\nc.wav,x,s1\n")
    corpus = check_manifest(path)
    assert corpus.utterances[["path", "slot"]].assign(path=lambda f: f["path"].str[-5:]).to_numpy().tolist() == [
        ["a.wav", 0],
        ["b.wav", 0],
        ["c.wav", 2],
    ]


# -- problems of rows, each with its exact message

HEADER = "utterance_id,path,reference,speaker_id,start_s,end_s,accent\n"
GOOD = "ok,b.wav,fine,s9,,,us\n"
ROWS = {
    "no path": (
        "u,,x,s,,,us",
        "m.csv line 2: no value for path; add it or drop the row",
    ),
    "no speaker": (
        "u,a.wav,x, ,,,us",
        "m.csv line 2: no value for speaker_id; add it or drop the row",
    ),
    "no text": (
        "u,a.wav,,s,,,us",
        "m.csv line 2: no text in reference; add what was said or drop the row" + SILENCE,
    ),
    "blank text": (
        'u,a.wav," \t",s,,,us',
        "m.csv line 2: no text in reference; add what was said or drop the row" + SILENCE,
    ),
    "absolute path": (
        "u,/srv/a.wav,x,s,,,us",
        "m.csv line 2: path '/srv/a.wav' is absolute; write it relative to the manifest's folder, below it; "
        "or name the folder of the audio as audio_root in m.toml",
    ),
    "absolute path of Windows": (
        r"u,C:\speech\a.wav,x,s,,,us",
        r"m.csv line 2: path 'C:\\speech\\a.wav' is absolute; write it relative to the manifest's folder, below it; "
        "or name the folder of the audio as audio_root in m.toml",
    ),
    "path that leaves": (
        "u,x/../../a.wav,x,s,,,us",
        "m.csv line 2: path 'x/../../a.wav' leaves the manifest's folder; write it relative to the manifest's folder, "
        "below it; or name the folder of the audio as audio_root in m.toml",
    ),
    "missing audio": (
        "u,gone.wav,x,s,,,us",
        "m.csv line 2: there is no file 'gone.wav'; correct the path or drop the row",
    ),
    "folder for audio": (
        "u,.,x,s,,,us",
        "m.csv line 2: path '.' is a folder, not an audio file; correct the path or drop the row",
    ),
    "start is no number": (
        "u,a.wav,x,s,1:30,,us",
        "m.csv line 2: start_s = '1:30' is not a number of seconds; write seconds with a decimal point, such as 12.5",
    ),
    "start is nan": (
        "u,a.wav,x,s,nan,,us",
        "m.csv line 2: start_s = 'nan' is not a number of seconds; write seconds with a decimal point, such as 12.5",
    ),
    "end is infinite": (
        "u,a.wav,x,s,,inf,us",
        "m.csv line 2: end_s = 'inf' is not a number of seconds; write seconds with a decimal point, such as 12.5",
    ),
    "negative start": (
        "u,a.wav,x,s,-1,2,us",
        "m.csv line 2: start_s = '-1' is negative; count from the file's start",
    ),
    "end before start": (
        "u,a.wav,x,s,2,1.5,us",
        "m.csv line 2: the segment starts at 2 s and ends at 1.5 s; end_s must be larger than start_s",
    ),
    "nothing in the segment": (
        "u,a.wav,x,s,,0,us",
        "m.csv line 2: the segment starts at 0 s and ends at 0 s; end_s must be larger than start_s",
    ),
    "end past the end": (
        "u,a.wav,x,s,1,3.5,us",
        "m.csv line 2: end_s = 3.5 is past the end of 'a.wav', which is 3.000 s long; "
        "correct end_s, or leave it empty for the end of the file",
    ),
    "start past the end": (
        "u,a.wav,x,s,3,,us",
        "m.csv line 2: start_s = 3 is past the end of 'a.wav', which is 3.000 s long; correct start_s",
    ),
    "too few fields": (
        "u,a.wav,x,s",
        "m.csv line 2: 4 fields where the header has 7: 'u,a.wav,x,s'; "
        "put values that hold commas in double quotes, and give every row 7 fields",
    ),
    "too many fields": (
        "u,a.wav,x, y,s,,,us",
        "m.csv line 2: 8 fields where the header has 7: 'u,a.wav,x, y,s,,,us'; "
        "put values that hold commas in double quotes, and give every row 7 fields",
    ),
    "text after a quote": (
        'u,a.wav,"x"y,s,,,us',
        "m.csv line 2: a double quote closes before the end of its field; double the quotes inside a quoted field; "
        'of a manifest, or state quoting = "none" in its .toml',
    ),
    "duplicate id": (
        "ok,a.wav,x,s,,,us",
        "m.csv line 3: utterance_id 'm/ok' is already on line 2; give every row its own utterance_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("decode", [True, False])
def test_a_bad_row_is_named_with_line_value_and_remedy_and_the_others_are_usable(
    make: Make, kind: str, decode: bool
) -> None:
    row, message = ROWS[kind]
    corpus = check_manifest(make(HEADER + row + "\n" + GOOD), decode=decode)
    assert said(corpus) == [message]
    assert len(corpus.utterances) == 1
    assert corpus.info.n_dropped == 1


def test_a_speaker_with_two_accents_names_the_line_of_each_and_drops_all_rows_of_the_speaker(make: Make) -> None:
    path = make(
        "path,reference,speaker_id,accent,age\na.wav,x,s1,us,20\nb.wav,y,s2,uk,20\nb.wav,z,s1,,21\nc.wav,x,s1,india,22\n"
        "c.wav,z,s2,,30\n",
        toml="",
    )
    corpus = check_manifest(path)
    conflict = (
        "speaker 's1' has 2 values of accent: 'us' (line 2) and 'india' (line 5); give the speaker one accent, "
        'give the speakers two ids, or state per = "utterance" for accent in the manifest\'s .toml'
    )
    own = [message for message in said(corpus) if "speaker" in message]
    assert own == [f"m.csv line {line}: {conflict}" for line in (2, 4, 5)]
    assert corpus.problems[0].value == "us"
    assert corpus.utterances["speaker_id"].tolist() == ["s2"], "the other row of s2 repeats the path of s1's last row"


@pytest.mark.parametrize(
    ("attribute", "toml", "conflicts"),
    [
        ("accent", "", True),
        ("First Language", "", True),
        ("gender", "", True),
        ("age", "", False),
        ("task", "", False),
        ("accent", '[attributes.accent]\nper = "utterance"\n', False),
        ("task", '[attributes.task]\nper = "speaker"\n', True),
    ],
)
def test_which_attributes_are_one_per_speaker_is_by_name_unless_stated(
    make: Make, attribute: str, toml: str, conflicts: bool
) -> None:
    path = make(f"path,reference,speaker_id,{attribute}\na.wav,x,s1,one\nb.wav,y,s1,two\n", toml=toml)
    assert bool(check_manifest(path).problems) is conflicts


def test_unstated_is_not_a_second_value(make: Make) -> None:
    corpus = check_manifest(make("path,reference,speaker_id,accent\na.wav,x,s1,us\nb.wav,y,s1,\n"))
    assert corpus.problems == ()
    assert corpus.utterances["accent"].tolist() == ["us", "not stated"]


def test_line_numbers_count_the_lines_of_quoted_texts_and_blank_lines(make: Make) -> None:
    path = make('path,reference,speaker_id\r\na.wav,"one\r\ntwo\n\nthree",s\r\n\r\ngone.wav,x,s\r\nb.wav,"a\nb",\r\n')
    corpus = check_manifest(path)
    assert [(problem.line, problem.column) for problem in corpus.problems] == [(7, "path"), (8, "speaker_id")]
    assert corpus.utterances["reference"].tolist() == ["one\r\ntwo\n\nthree"]


def test_a_quote_that_is_never_closed_says_where_it_opened_and_how_far_it_reached(make: Make) -> None:
    corpus = check_manifest(make('path,reference,speaker_id\na.wav,x,s\nb.wav,"open,s\nc.wav,y,s\n'))
    assert said(corpus) == [
        "m.csv line 3: a double quote that is never closed (read as one row to line 4); double the quotes inside a "
        'quoted field; of a manifest, or state quoting = "none" in its .toml'
    ]
    assert len(corpus.utterances) == 1


def test_without_quoting_a_quote_is_a_character_like_any_other(make: Make) -> None:
    path = make('path\treference\tspeaker_id\na.wav\t"Hello," he said\ts\n', name="m.tsv", toml='quoting = "none"\n')
    assert check_manifest(path).utterances["reference"].tolist() == ['"Hello," he said']


def test_every_problem_of_a_row_and_of_a_file_is_reported_at_once_in_line_order(make: Make) -> None:
    path = make(
        "utterance_id,path,reference,speaker_id,start_s,accent\n"
        "1,gone.wav,,,,us\n1,a.wav,x,s1,-3,us\n2,b.wav,y,s1,,uk\n3\n4,../c.wav,z,s3,abc,us\n5,c.wav,z,s3,,us\n"
    )
    corpus = check_manifest(path)
    found = [(problem.line, problem.column) for problem in corpus.problems]
    assert found == [
        (2, "speaker_id"), (2, "reference"), (2, "path"), (3, "start_s"), (3, "utterance_id"), (3, "accent"),
        (4, "accent"), (5, ""), (6, "path"), (6, "start_s"),
    ]  # fmt: skip
    assert corpus.utterances["utterance_id"].tolist() == ["m/5"]
    assert corpus.info.n_dropped == 5


def test_loading_refuses_a_file_with_problems_and_lists_all_of_them(make: Make) -> None:
    path = make("path,reference,speaker_id\na.wav,,s\ngone.wav,x,s\nb.wav,x,s\n")
    with pytest.raises(ManifestError) as caught:
        load_corpus(path)
    assert str(caught.value) == (
        "m.csv: 2 problems, 1 of 3 rows are usable\n"
        "m.csv line 2: no text in reference; add what was said or drop the row" + SILENCE + "\n"
        "m.csv line 3: there is no file 'gone.wav'; correct the path or drop the row; "
        "mend them, or allow these rows to be dropped"
    )
    corpus = load_corpus(path, allow_dropped=True)
    assert len(corpus.utterances) == 1
    assert len(corpus.problems) == 2


def test_loading_refuses_a_file_without_a_usable_row_even_if_rows_may_be_dropped(make: Make) -> None:
    with pytest.raises(ManifestError, match="1 problem, 0 of 1 rows are usable"):
        load_corpus(make("path,reference,speaker_id\ngone.wav,x,s\n"), allow_dropped=True)


# -- columns


def test_a_column_with_the_name_of_a_computed_one_is_not_an_attribute_and_says_so(make: Make) -> None:
    corpus = check_manifest(make("path,reference,speaker_id,slot,,accent\na.wav,x,s,7,,us\n"))
    assert said(corpus) == [
        "m.csv: column 'slot' is not used: the workbench's own tables have a column of that name; "
        "rename it if it is an attribute, remove it if not",
    ]  # column 5 has neither name nor values: spreadsheets write such columns
    assert len(corpus.utterances) == 1
    assert UTTERANCES.attributes_of(corpus.utterances) == ["accent"]


def test_a_described_attribute_that_is_not_there_is_a_problem_with_the_nearest_name(make: Make) -> None:
    path = make("path,reference,speaker_id,accent\na.wav,x,s,us\n", toml="[attributes.acent]\n")
    assert said(check_manifest(path)) == [
        "m.toml: attribute 'acent' is described but the manifest has no such column; "
        "did you mean 'accent'? Available: accent"
    ]


def test_attribute_levels_lose_white_space_at_their_ends_and_texts_keep_theirs(make: Make) -> None:
    corpus = check_manifest(make("path,reference,speaker_id,accent\na.wav, x ,s, us \nb.wav,y,s,us\n"))
    assert corpus.utterances["accent"].tolist() == ["us", "us"]
    assert corpus.utterances["reference"].tolist() == [" x ", "y"]


# -- fingerprint


def test_the_fingerprint_changes_with_content_and_not_with_row_or_column_order(make: Make) -> None:
    def fingerprint(content: str) -> str:
        return load_corpus(make(content)).info.fingerprint

    original = fingerprint("path,reference,speaker_id,accent\na.wav,x,s1,us\nb.wav,y,s2,uk\n")
    assert original == fingerprint("accent,path,speaker_id,reference\nuk,b.wav,s2,y\nus,a.wav,s1,x\n")
    for other in (
        "path,reference,speaker_id,accent\na.wav,X,s1,us\nb.wav,y,s2,uk\n",
        "path,reference,speaker_id,accent\na.wav,x,s3,us\nb.wav,y,s2,uk\n",
        "path,reference,speaker_id,accent\na.wav,x,s1,\nb.wav,y,s2,uk\n",
        "path,reference,speaker_id,accent\nc.wav,x,s1,us\nb.wav,y,s2,uk\n",
        "path,reference,speaker_id,dialect\na.wav,x,s1,us\nb.wav,y,s2,uk\n",
        "path,reference,speaker_id,accent\na.wav,x,s1,us\n",
    ):
        assert fingerprint(other) != original


def test_silence_on_purpose_is_run_and_what_is_written_there_is_false_speech(make: Make, folder: Path) -> None:
    rows = "path,reference,speaker_id,site\na.wav,turn left,s1,north\nb.wav,,s2,south\nc.wav,  ,s2,south\n"
    assert len(check_manifest(make(rows)).problems) == 2
    path = make(rows, toml='reference_empty = "silence"\n')
    corpus = check_manifest(path)
    assert said(corpus) == []
    assert corpus.utterances["reference"].tolist() == ["turn left", "", ""]
    assert corpus.notes == (
        "2 references are empty on purpose (silence): what a recogniser writes there is false speech, counted apart and in no rate; "
        "site: south 2 of 2, north 0 of 1",
    )
    assert corpus.info.reference_empty == "silence"
    out = write_manifest(corpus.utterances, folder / "again.csv", corpus.info)
    assert check_manifest(out).utterances["reference"].tolist() == ["turn left", "", ""]
    assert "no words" not in set(wb.review_corpus(corpus)["reasons"])
    (folder / "t.csv").write_text("utterance_id,hypothesis\na.wav,turn left\nb.wav,thank you\nc.wav,\n")
    study = wb.Study.create(
        {
            "name": "silence",
            "corpus": ["m.csv"],
            "attributes": ["site"],
            "engines": ["imported:t.csv"],
            "conditions": ["clean"],
        },
        base=folder,
    )
    results = wb.load(wb.run(study, store=wb.open_store()).run_id)
    rates = results.table("rates", by="site").set_index("site")
    assert rates.loc["south", ["n_empty_references", "false_speech_words", "ref_words", "errors"]].tolist() == [
        2,
        2,
        0,
        0,
    ]
    assert rates.loc["north", ["n_empty_references", "ref_words", "errors"]].tolist() == [0, 2, 0]


def test_what_an_empty_reference_means_is_silence_or_nothing(make: Make) -> None:
    with pytest.raises(ManifestError, match="reference_empty = 'noise'"):
        check_manifest(make("path,reference,speaker_id\na.wav,,s\n", toml='reference_empty = "noise"\n'))
