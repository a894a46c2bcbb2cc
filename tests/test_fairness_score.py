"""Transcripts made elsewhere: every kind of file, every choice, every mistake a table can hold."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness import score_table
from workbench.fairness.words.notation import notation, reference_notes
from workbench.schema import NOTATION

ROWS = [
    {"sys": "one", "who": "a1", "accent": "A", "sex": "f", "reference": "turn the pump off", "hypothesis": "turn the pump off"},
    {"sys": "one", "who": "a2", "accent": "A", "sex": "m", "reference": "turn it on now", "hypothesis": "turn it on cow"},
    {"sys": "one", "who": "b1", "accent": "B", "sex": "f", "reference": "call the nurse now", "hypothesis": "call nurse cow"},
    {"sys": "one", "who": "b2", "accent": "B", "sex": "", "reference": "call the nurse now", "hypothesis": "the purse now"},
    {"sys": "one", "who": "b2", "accent": "B", "sex": "", "reference": "", "hypothesis": "thank you"},
]  # fmt: skip


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(ROWS)


def score(table: pd.DataFrame | Path, **options: object):
    return score_table(table, **({"by": ["accent"], "speaker": "who", "system": "sys"} | options))


def test_rates_and_gaps_by_group_of_each_system(table):
    scored = score(pd.concat([table, table.assign(sys="two", hypothesis="")]))
    by_group = scored.rates.set_index(["model_id", "accent"])["rate"]
    assert by_group["one", "A"] == 1 / 8
    assert by_group["one", "B"] == 4 / 8
    assert by_group["two", "A"] == by_group["two", "B"] == 1
    gap = scored.gaps.set_index(["model_id", "group"]).loc[("one", "B")]
    assert gap["difference"] == 3 / 8
    assert scored.normaliser_id == "whisper_en-1"
    assert scored.n_rows == 10


def test_json_has_plain_values_and_null_for_what_is_missing(table):
    found = json.loads(json.dumps(score(table).to_json(), allow_nan=False))
    assert found["normaliser"] == "whisper_en-1"
    rate = found["rates"][1]
    assert list(rate)[:4] == ["system", "accent", "n_speakers", "n_utterances"]
    assert {"ref_words", "errors", "substitutions", "deletions", "insertions", "ci_low", "evidence", "reason"} <= set(
        rate
    )
    assert (rate["accent"], rate["ref_words"], rate["errors"]) == ("B", 8, 4)
    assert (rate["substitutions"], rate["deletions"], rate["insertions"]) == (2, 2, 0)
    gap = found["gaps"][0]
    assert {"system", "condition_id", "attribute", "group", "reference_group", "difference", "ci_low", "ci_high", "ratio",
            "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde", "verdict", "reason"} <= set(gap)  # fmt: skip
    one_each = score(table[table["who"].isin(["a1", "b1"])]).to_json()["gaps"][0]
    assert one_each["ci_low"] is None and one_each["p_value"] is None
    assert one_each["verdict"] == "NOT COMPUTED"


def test_without_a_speaker_column_intervals_are_null_and_the_reason_is_given(table):
    scored = score(table, speaker=None)
    found = scored.to_json()
    assert all(row["ci_low"] is None and row["n_speakers"] is None for row in found["rates"])
    assert {row["evidence"] for row in found["rates"]} == {"no speakers"}
    assert found["rates"][0]["reason"] == "speakers unknown: no interval"
    assert all(row["p_value"] is None and row["n_speakers_reference"] is None for row in found["gaps"])
    assert any("no speaker column" in note for note in scored.notes)


def test_several_columns_give_intersections_and_a_gap_for_each_column(table):
    scored = score(table, by=["accent", "sex"])
    assert list(zip(scored.rates["accent"], scored.rates["sex"], strict=True)) == [
        ("A", "f"),
        ("A", "m"),
        ("B", "f"),
        ("B", "not stated"),
    ]
    assert list(dict.fromkeys(scored.gaps["attribute"])) == ["accent", "sex"]
    assert set(scored.gaps.query("attribute == 'sex'")["group"]) == {"f", "m", "not stated"}


def test_empty_references_are_reported_with_the_rates_that_counting_them_gives(table):
    plain, counted = score(table), score(table, empty_references="count")
    for scored, policy in ((plain, "separate"), (counted, "count")):
        told = scored.to_json()["empty_references"]
        assert (told["policy"], told["rows"], told["inserted_words"]) == (policy, 1, 2)
        assert told["rates_counting_insertions"][1] == {"system": "one", "accent": "B", "rate": 6 / 8}
    assert plain.rates["rate"].tolist() == [1 / 8, 4 / 8]
    assert counted.rates["rate"].tolist() == [1 / 8, 6 / 8]
    assert counted.gaps["difference"].tolist() == [-5 / 8, 5 / 8]


def test_a_missing_hypothesis_is_a_failed_decode_and_an_empty_one_is_silence(table):
    table.loc[0, "hypothesis"] = None
    table.loc[1, "hypothesis"] = ""
    row = score(table).rates.set_index("accent").loc["A"]
    assert (row["n_failed"], row["n_utterances"], row["deletions"]) == (1, 1, 4)


def test_rows_that_nist_marks_as_not_to_be_scored_are_dropped_and_counted(table):
    table.loc[0, "reference"] = "IGNORE_TIME_SEGMENT_IN_SCORING"
    scored = score(table)
    assert scored.dropped == {"IGNORE_TIME_SEGMENT_IN_SCORING": 1}
    assert scored.n_rows == 4
    assert any("1 rows dropped" in note for note in scored.notes)


def test_references_can_be_dropped_and_stripped_by_pattern(table):
    table.loc[0, "reference"] = "turn <FOREIGN> off"
    table.loc[1, "reference"] = "turn it <LAUGH>on now"
    scored = score(table, drop_reference=["<FOREIGN>"], strip_reference=["<[A-Z]+>"], normaliser="none")
    assert scored.dropped["<FOREIGN>"] == 1
    row = scored.rates.set_index("accent").loc["A"]
    assert (row["ref_words"], row["errors"]) == (4, 1)


def test_rows_can_be_chosen_by_value(table):
    assert score(table, where={"sex": ["f", "m"], "accent": ["B"]}).n_rows == 1


def test_the_normaliser_decides_what_counts_as_an_error(table):
    table["hypothesis"] = table["reference"].str.upper()
    assert score(table, normaliser="none").rates["rate"].tolist() == [1, 1]
    assert score(table, normaliser="basic").rates["rate"].tolist() == [0, 0]


def test_a_margin_and_a_reference_group_reach_the_gaps(table):
    gaps = score(table, reference_group="A", margin=0.5).gaps
    assert gaps["group"].tolist() == ["B"]
    assert set(gaps["reference_group"]) == {"A"}


def test_without_a_system_column_the_table_is_one_system_and_a_forgotten_one_is_pointed_out(table, tmp_path):
    path = tmp_path / "vendor.csv"
    table.rename(columns={"sys": "system"}).to_csv(path, index=False)
    scored = score(path, system=None)
    assert set(scored.rates["model_id"]) == {"vendor"}
    assert any("'system'" in note for note in scored.notes)


def test_without_columns_to_group_by_there_is_one_rate_and_no_gap(table):
    scored = score(table, by=[])
    assert scored.rates["rate"].tolist() == [5 / 16]
    assert scored.to_json()["gaps"] == []


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_file_gives_what_the_frame_gives(table, tmp_path, kind):
    table.loc[0, "reference"] = 'say "null" — naïve, ok'
    table.loc[0, "hypothesis"] = "null"
    path = tmp_path / f"t.{kind}"
    if kind in ("csv", "tsv"):
        separator = "," if kind == "csv" else "\t"
        text = table.to_csv(index=False, sep=separator, quoting=0 if kind == "csv" else 3)
        path.write_text("\ufeff" + text, encoding="utf-8")
    elif kind == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_parquet(path)
    pd.testing.assert_frame_equal(score(path).rates, score(table).rates)


def test_text_that_other_readers_take_for_missing_is_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("who,accent,reference,hypothesis\na,NA,null,NaN\nb,None,nan,nan\n", encoding="utf-8")
    scored = score(path, system=None, normaliser="none")
    assert scored.rates["accent"].tolist() == ["NA", "None"]
    assert scored.rates["errors"].tolist() == [1, 0]


def test_numbers_in_json_are_read_as_their_text(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"who": 1, "accent": 7, "reference": 12, "hypothesis": "12"}\n\n', encoding="utf-8")
    assert score(path, system=None, normaliser="none").rates["accent"].tolist() == ["7"]


def test_a_key_that_a_json_line_lacks_is_a_failed_decode(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"who": "a", "accent": "A", "reference": "x"}\n{"who": "a", "accent": "A", "reference": "x", "hypothesis": "x"}',
        encoding="utf-8",
    )
    assert score(path, system=None).rates["n_failed"].tolist() == [1]


def test_every_missing_column_is_named_with_those_that_exist(table):
    with pytest.raises(ScoringError) as caught:
        score(table, by=["acent"], speaker="speaker")
    message = str(caught.value)
    assert "no column 'acent' to group by" in message and "no column 'speaker' of speakers" in message
    assert "did you mean 'accent'?" in message and "hypothesis, reference, sex, sys, who" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normaliser": "wisper"}, "did you mean 'whisper_en'"),
        ({"drop_reference": ["("]}, r"'\(' is not a regular expression"),
        ({"strip_reference": ["["]}, "is not a regular expression"),
        ({"where": {"accent": ["C"]}}, r"no row with 'C' in column 'accent'.*A, B"),
        ({"where": {"akzent": ["A"]}}, "no column 'akzent' to choose rows by"),
        ({"empty_references": "ignore"}, r"empty_references: 'ignore' is not a choice.*count, separate"),
        ({"reference_group": "C"}, "no group 'C'"),
        ({"margin": -1.0}, "not above 0 and below 100 points"),
    ],
)
def test_a_choice_that_cannot_be_followed_is_refused_with_the_remedy(table, options, message):
    with pytest.raises(ScoringError, match=message):
        score(table, **options)


def test_a_column_whose_name_the_result_needs_is_refused(table):
    with pytest.raises(ScoringError, match="'errors': the result has columns of these names"):
        score(table.assign(errors="x"), by=["errors"])


def test_rows_without_a_speaker_or_a_reference_are_all_named(table):
    table.loc[[0, 2], "who"] = ["", None]
    with pytest.raises(ScoringError, match=r"2 rows have nothing in column 'who' \(rows 1, 3;"):
        score(table)
    table["who"] = "x"
    table.loc[3, "reference"] = None
    with pytest.raises(ScoringError, match=r"1 rows have nothing in column 'reference' \(rows 4;"):
        score(table)


def test_a_speaker_in_two_groups_is_refused_by_name(table):
    table.loc[0, "who"] = "b1"
    with pytest.raises(ScoringError, match="b1: A, B"):
        score(table, conflicts="refuse")


def test_no_rows_left_give_empty_tables(table):
    scored = score(table, drop_reference=[""])
    assert scored.n_rows == 0
    assert scored.rates.empty and scored.gaps.empty
    assert scored.to_json()["rates"] == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"who,accent\na,b\nc\nd,e,f\n", r"2 problems\nline 3: 1 field where.*\nline 4: 3 fields where"),
        ("t.csv", b'who,accent\na,"b\n', "a double quote that is never closed"),
        (
            "t.csv",
            b"who,accent\na,\xe9\n",
            r"\(0xe9\) is not UTF-8; in windows-1252 the line is 'a,é'\n; .*or give --encoding windows-1252",
        ),
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b"who,who\na,b\n", "'who' is the name of columns 1 and 2"),
        ("t.jsonl", b'{"who": 1}\n[1]\n{"who"\n', r"2 problems\nline 2: .*\nline 3: "),
        ("t.parquet", b"no table", "cannot be read as Parquet"),
        (
            "t.xls",
            b"",
            r"does not end with '\.xls'; save it in Excel as \.xlsx",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_every_bad_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ScoringError, match=message) as caught:
        score(path, system=None)
    assert name in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScoringError, match="no such table of transcripts"):
        score(tmp_path / "none.csv")


def test_a_quote_in_a_tsv_swallows_no_rows(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text('who\taccent\treference\thypothesis\na\tA\t"hello\thello\nb\tA\tthere\there"\n', encoding="utf-8")
    assert score(path, system=None).n_rows == 2


def test_one_utterance_in_all_has_a_rate_and_says_what_it_lacks(table):
    found = score(table.head(1)).to_json()
    assert found["rates"][0]["rate"] == 0.0
    assert found["rates"][0]["ci_high"] is None
    assert found["gaps"][0]["difference"] is None
    assert not any(isinstance(value, float) and math.isnan(value) for value in found["gaps"][0].values())


def of_systems(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Rows of system, utterance and hypothesis; every utterance is of two words, speakers alternate between two groups."""
    return pd.DataFrame(
        [
            {
                "system": system, "utterance_id": name, "speaker": f"s{int(name) % 4}", "group": "ab"[int(name) % 2],
                "reference": "one two", "hypothesis": hypothesis,
            }
            for system, name, hypothesis in rows
        ]
    )  # fmt: skip


TWO = [("big", str(n), "one two") for n in range(8)] + [("vendor", str(n), "one two") for n in range(8)]


def test_an_utterance_that_stands_twice_is_refused_or_chosen():
    table = of_systems([*TWO, ("big", "3", "one"), ("big", "3", "")])
    options = {"by": ["group"], "speaker": "speaker", "system": "system", "normaliser": "basic"}
    with pytest.raises(ScoringError, match=r"1 utterances stand more than once.*3 of big \(rows 4, 17, 18\)"):
        score_table(table, **options)
    for choice, errors in (("first", 0), ("last", 2)):
        scored = score_table(table, **options, duplicates=choice)
        assert scored.rates["errors"].sum() == errors
        assert any("2 rows left out" in note for note in scored.notes)
    with pytest.raises(ScoringError, match="no way to choose 'best'"):
        score_table(table, **options, duplicates="best")


def test_systems_are_scored_on_the_utterances_that_all_have():
    table = of_systems([*TWO, ("big", "8", "no no"), ("big", "9", "no no")])
    options = {"by": ["group"], "speaker": "speaker", "system": "system", "normaliser": "basic"}
    scored = score_table(table, **options)
    assert scored.rates.groupby("model_id")["ref_words"].sum().to_dict() == {"big": 16, "vendor": 16}
    assert scored.rates["errors"].sum() == 0
    assert any(
        "8 utterances that every system has" in note and "big has 2 more (8, 9)" in note for note in scored.notes
    )
    everything = score_table(table, **options, utterances="all")
    assert everything.rates.groupby("model_id")["errors"].sum().to_dict() == {"big": 4, "vendor": 0}
    assert any("cannot be compared" in note for note in everything.notes)
    apart = of_systems([("big", "1", "one two"), ("vendor", "2", "one two")])
    with pytest.raises(ScoringError, match="no utterance in common"):
        score_table(apart, **options)


def test_english_rules_are_never_put_on_another_script_and_the_language_chooses_the_unit():
    rows = [
        {"speaker": f"s{n}", "group": "ab"[n % 2], "reference": "今天天气很好", "hypothesis": "今天天汽很好"}
        for n in range(4)
    ]
    table, options = pd.DataFrame(rows), {"by": ["group"], "speaker": "speaker"}
    with pytest.raises(ScoringError, match=r"Chinese characters.*--language zh or ja"):
        score_table(table, **options)
    with pytest.raises(ScoringError, match="'fair_en' is for en, the speech is in 'zh'"):
        score_table(table, **options, language="zh", normaliser="fair_en")
    scored = score_table(table, **options, language="zh")
    assert scored.rates["rate"].tolist() == [pytest.approx(1 / 6)] * 2
    assert scored.unit == "mixed"
    assert {row["unit"] for row in scored.to_json()["rates"] + scored.to_json()["gaps"]} == {"mixed"}


def typed_at_two_sites() -> list[dict[str, str]]:
    """Return right transcripts of eight speakers; the references of one site have a typographic apostrophe."""
    return [
        {
            "speaker": f"s{n}",
            "site": f"site{n % 2}",
            "reference": f"I don{'’' if n % 2 else chr(39)}t know",
            "hypothesis": "I don't know",
        }
        for n in range(8)
    ]


def test_a_gap_that_rests_on_how_apostrophes_are_typed_is_said_with_the_words():
    rows = typed_at_two_sites()
    options = {"by": ["site"], "speaker": "speaker", "language": "en"}
    notes = score_table(pd.DataFrame(rows), **options).notes
    assert any("'site' rests on how signs are typed: don’t" in note and "site1 50.0 -> 0.0 %" in note for note in notes)
    assert not any("typed" in note for note in score_table(pd.DataFrame(rows), **options, normaliser="basic").notes)


def test_a_gap_that_rests_on_marks_of_transcribers_is_said():
    rows = [
        {
            "speaker": f"s{n}",
            "site": f"site{n % 2}",
            "reference": "we went home" + " /unintelligible/" * (n % 2),
            "hypothesis": "we went home",
        }
        for n in range(8)
    ]
    notes = score_table(pd.DataFrame(rows), by=["site"], speaker="speaker", normaliser="basic").notes
    assert any("rests on marks of transcribers: /unintelligible/" in note for note in notes)


def test_labels_that_look_alike_or_like_no_answer_or_like_several_or_like_ages_are_said():
    labels = ["England", " england", "n/a", "Irish,Welsh", "Southern African (South Africa, Zimbabwe)"]
    rows = [
        {
            "speaker": f"s{n}",
            "accent": labels[n % 5],
            "age": str(20 + n),
            "reference": "one two",
            "hypothesis": "one two",
        }
        for n in range(10)
    ]
    notes = score_table(pd.DataFrame(rows), by=["accent", "age"], speaker="speaker", normaliser="basic").notes
    for part in (
        "'England' = ' england'",
        "no answer: 'n/a'",
        "several at once: 'Irish,Welsh'; `labels`",
        "'age' are 10 numbers",
    ):
        assert any(part in note for note in notes), part
    assert not any("Zimbabwe" in note for note in notes)


def test_references_alone_say_what_their_typography_would_cost_and_under_which_rules_it_costs_nothing():
    rows = [
        {
            "site": f"site{n % 2}",
            "age": str(n),
            "reference": f"I don{'’' if n % 2 else chr(39)}t know" + " [noise]" * (n == 0),
        }
        for n in range(8)
    ]
    notes = reference_notes(pd.DataFrame(rows), ["site"], "en")
    assert len(notes) == 1, "whisper_en takes square brackets out, whoever writes them"
    assert notes[0].startswith("a difference between groups of 'site' would rest on how signs are typed (don’t): ")
    # whisper_en makes two words of don't (do not) and two others of don’t (don t): 2 of 4 are charged
    assert "is charged site0 0.0 %, site1 50.0 % under whisper_en; basic, " in notes[0]
    assert reference_notes(pd.DataFrame(rows)[lambda frame: frame["site"] == "site0"], ["site"], "en") == []
    (german,) = reference_notes(pd.DataFrame(rows).assign(reference="ja /unintelligible/"), [], "sw-KE") or [""]
    assert not german, "normalisers of languages take marks out"


def test_the_table_of_notation_has_the_rates_before_and_after_by_group():
    rows = typed_at_two_sites()
    scored = score_table(pd.DataFrame(rows), by=["site"], speaker="speaker", language="en")
    table = NOTATION.validate(notation(scored.scores, "site")).set_index("group")
    assert table["rate"].tolist() == [0.0, 0.5]
    assert table["rate_without"].tolist() == [0.0, 0.0]
    assert set(table["examples"]) == {"don’t"}
    assert notation(scored.scores.assign(reference_raw="one", hypothesis_raw="one")).empty
