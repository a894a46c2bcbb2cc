"""Label maps: free text to groups by rules alone; what no rule maps stays not stated and is listed."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.command_line import call
from tests.manifest_files import sounds
from workbench.corpora.labels import SHIPPED, LabelMap, fold, read_label_map
from workbench.errors import ManifestError
from workbench.schema import NOT_STATED

MAP = """
title = "Valleys"
columns = ["said"]
details = ["since birth"]
[[rule]]
label = "North"
family = "Hills"
exact = ["north", "Upper Valley (A, B)"]
patterns = ["north of .*"]
details = ["the mill"]
[[rule]]
label = "South"
family = "Hills"
exact = ["south"]
patterns = [".* of the border"]
[[rule]]
label = "Coast"
family = "Sea"
exact = ["coast"]
"""


@pytest.fixture
def labels(tmp_path: Path) -> LabelMap:
    path = tmp_path / "map.toml"
    path.write_text(MAP)
    return read_label_map(path)


@pytest.mark.parametrize(
    ("text", "label", "family", "how"),
    [
        ("north", "North", "Hills", "exact"),
        ("  NORTH\t", "North", "Hills", "exact"),
        ("Upper Valley (A, B)", "North", "Hills", "exact"),
        ("upper  valley (a, b),The Mill", "North", "Hills", "parts"),
        ("north of nowhere", "North", "Hills", "pattern"),
        ("far north of nowhere", NOT_STATED, NOT_STATED, "no rule"),
        ("north of the border", NOT_STATED, NOT_STATED, "no rule"),
        ("north|north", "North", "Hills", "parts"),
        ("north|since birth,", "North", "Hills", "parts"),
        ("north, the mill", "North", "Hills", "parts"),
        ("coast, the mill", NOT_STATED, NOT_STATED, "no rule"),
        ("the mill", NOT_STATED, NOT_STATED, "no rule"),
        ("since birth", NOT_STATED, NOT_STATED, "no rule"),
        ("|", NOT_STATED, NOT_STATED, "no rule"),
        ("north|elsewhere", NOT_STATED, NOT_STATED, "no rule"),
        ("north|south", "several", "Hills", "several"),
        ("coast, south", "several", "several", "several"),
        ("", NOT_STATED, NOT_STATED, "blank"),
        (" \u00a0", NOT_STATED, NOT_STATED, "blank"),
        ("(north, south", NOT_STATED, NOT_STATED, "no rule"),
    ],
)
def test_a_text_has_the_label_of_its_rule_or_none(
    labels: LabelMap, text: str, label: str, family: str, how: str
) -> None:
    found = labels.resolve(text)
    assert (found.label, found.family, found.how) == (label, family, how)
    assert bool(found.reason) == (how in ("no rule", "several"))


def test_a_text_without_a_rule_says_which_part_has_none(labels: LabelMap) -> None:
    assert labels.resolve("north|Elsewhere").reason == "no rule for 'elsewhere'"
    assert labels.resolve("coast, the mill").reason == "no rule for 'the mill'"
    assert labels.resolve("north of the border").reason == "patterns of North and South match 'north of the border'"


def test_folding_is_case_width_and_white_space_and_nothing_else() -> None:
    assert fold(" Ｎorth\u00a0 of\tX ") == "north of x"
    assert fold("North.") != fold("North")


def test_the_table_counts_speakers_and_utterances_and_lists_what_is_left(labels: LabelMap) -> None:
    frame = pd.DataFrame(
        {
            "said": ["north", "NORTH", "north", "who knows", "who knows", "", None, "coast"],
            "speaker_id": ["a", "a", "b", "c", "d", "e", "f", "g"],
        }
    )
    table = wb.label_table(frame, labels)
    rows = [tuple(row) for row in table[["given", "label", "n_speakers", "n_utterances"]].to_numpy()]
    assert rows == [
        ("coast", "Coast", 1, 1),
        ("north", "North", 2, 2),
        ("NORTH", "North", 1, 1),
        ("who knows", NOT_STATED, 2, 2),
        ("", NOT_STATED, 2, 2),
    ]
    assert table["n_utterances"].sum() == len(frame)
    assert wb.label_table(frame.drop(columns="speaker_id"), labels)["n_speakers"].isna().all()


def test_applying_keeps_what_was_written_and_adds_label_and_family(labels: LabelMap) -> None:
    frame = pd.DataFrame({"said": ["north", "who knows", "coast|south"], "x": [1, 2, 3]})
    found = wb.apply_labels(frame, labels)
    assert found["accent"].tolist() == ["North", "", "several"]
    assert found["accent_family"].tolist() == ["Hills", "", "several"]
    assert found[["said", "x"]].equals(frame)
    in_place = wb.apply_labels(frame.rename(columns={"said": "accent"}), labels, "accent")
    assert in_place["accent_as_given"].tolist() == frame["said"].tolist()
    assert in_place["accent"].tolist() == found["accent"].tolist()


def test_no_column_is_overwritten_and_a_missing_one_is_named(labels: LabelMap) -> None:
    frame = pd.DataFrame({"said": ["north"], "accent": ["x"]})
    with pytest.raises(ManifestError, match="would overwrite 'accent'"):
        wb.apply_labels(frame, labels)
    with pytest.raises(ManifestError, match="no column 'sad'; did you mean 'said'"):
        wb.apply_labels(frame, labels, "sad")


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("title = 1\nrule = []\nrul = 2", ["title = 1", "unknown key 'rul'", "rule = []"]),
        (
            MAP + '[[rule]]\nlabel = "East"\nfamily = "Sea"\nexact = ["NORTH"]\npatterns = ["("]\n',
            ["'NORTH' means both 'North' and 'East'", "the pattern '(' of 'East' is no regular expression"],
        ),
        (MAP + '[[rule]]\nlabel = "Coast"\nfamily = "Hills"', ["'Coast' has two families, 'Sea' and 'Hills'"]),
        (MAP + '[[rule]]\nlabel = "Not stated"\nfamily = "x"', ["'Not stated' has a meaning of its own"]),
        ('into = "a"\nfamily_into = "a"' + MAP, ["into and family_into are both 'a'"]),
        ("= 1", ["is not valid TOML"]),
    ],
)
def test_a_map_that_cannot_be_used_says_everything_at_once(tmp_path: Path, text: str, messages: list[str]) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ManifestError) as error:
        read_label_map(tmp_path / "map.toml")
    assert [message for message in messages if message not in str(error.value)] == []


def test_a_map_that_is_not_there_names_those_that_ship() -> None:
    with pytest.raises(ManifestError, match="common-voice-en"):
        read_label_map("common-voice-fr")
    with pytest.raises(ManifestError, match="no such label map"):
        read_label_map("nothing.toml")


CODES = (
    "us australia england canada philippines hongkong indian ireland malaysia newzealand scotland singapore "
    "southatlandtic african wales bermuda other"
)


def test_the_shipped_map_knows_every_code_and_name_that_common_voice_offers() -> None:
    labels = read_label_map("common-voice-en")
    names = {
        "United States English": "us",
        "Australian English": "australia",
        "England English": "england",
        "Canadian English": "canada",
        "Filipino": "philippines",
        "Hong Kong English": "hongkong",
        "India and South Asia (India, Pakistan, Sri Lanka)": "indian",
        "Irish English": "ireland",
        "Malaysian English": "malaysia",
        "New Zealand English": "newzealand",
        "Scottish English": "scotland",
        "Singaporean English": "singapore",
        "South Atlantic (Falkland Islands, Saint Helena)": "southatlandtic",
        "Southern African (South Africa, Zimbabwe, Namibia)": "african",
        "Welsh English": "wales",
        "West Indies and Bermuda (Bahamas, Bermuda, Jamaica, Trinidad)": "bermuda",
    }
    found = {code: labels.resolve(code) for code in CODES.split()}
    assert {resolved.how for resolved in found.values()} == {"exact"}
    assert len({resolved.label for resolved in found.values()}) == len(found)
    assert {name: labels.resolve(name) for name in names} == {name: found[code] for name, code in names.items()}


@pytest.mark.parametrize(
    ("text", "label", "family"),
    [
        ("England English, Midlands", "England", "British Isles"),
        ("Midlands", NOT_STATED, NOT_STATED),
        ("Liverpool English,Lancashire English,England English", "England", "British Isles"),
        ("German English,Non native speaker", "Germany", "Continental Europe"),
        ("Southern Texas Accent,United States English", "United States", "North America"),
        ("United States English|Wolof", NOT_STATED, NOT_STATED),
        ("England English|Scottish English", "several", "British Isles"),
        ("North American", NOT_STATED, NOT_STATED),
        ("South American English", NOT_STATED, NOT_STATED),
        ("Irish English, Midlands", "Ireland", "British Isles"),
    ],
)
def test_the_shipped_map_guesses_nothing(text: str, label: str, family: str) -> None:
    found = read_label_map("common-voice-en").resolve(text)
    assert (found.label, found.family) == (label, family)


def test_common_voice_loses_no_utterance_and_no_speaker(shared_dir: Path) -> None:
    path = shared_dir / "corpora" / "common-voice-100" / "validated.tsv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    before = Counter(row["accent"] for row in rows)
    table = wb.label_table(pd.DataFrame(rows), read_label_map("common-voice-en"))
    assert dict(zip(table["given"], table["n_utterances"], strict=True)) == dict(before)
    assert (table["how"] == "exact").all()
    of = table.set_index("label")["n_speakers"]
    assert of["United States"] == len({row["client_id"] for row in rows if row["accent"] == "us"})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = sounds(tmp_path / "corpus")
    (folder / "m.csv").write_text(
        "path,reference,speaker_id,said\na.wav,one,s1,north\nb.wav,null,s2,who knows\nc.wav,three,s3,\n"
    )
    (folder / "m.toml").write_text('licence = "made"\n[attributes.said]\nobtained = "self-reported"\n')
    return folder / "m.csv"


def test_the_command_shows_the_merges_and_writes_only_when_asked(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    shown = call("labels", manifest, "--map", tmp_path / "map.toml")
    assert shown.exit_code == 0
    assert "who knows" in shown.stdout and "no rule for 'who knows'" in shown.stdout
    assert "1 of 3 utterances have a label; 1 say nothing; 1 with 1 texts that no rule maps" in shown.stdout
    assert "Nothing is written" in shown.stdout
    assert sorted(path.name for path in manifest.parent.iterdir()) == ["a.wav", "b.wav", "c.wav", "m.csv", "m.toml"]

    out = tmp_path / "new.csv"
    written = call("labels", manifest, "--map", tmp_path / "map.toml", "--out", out, "--json")
    assert json.loads(written.stdout)["out"] == str(out)
    before, after = wb.load_corpus(manifest), wb.load_corpus(out)
    assert after.utterances["accent"].tolist() == ["North", NOT_STATED, NOT_STATED]
    assert after.utterances["said"].tolist() == ["north", "who knows", NOT_STATED]
    same = ["utterance_id", "reference", "speaker_id", "source_digest", "path"]
    assert after.utterances[same].equals(before.utterances[same])
    assert after.info.attributes["accent"].obtained == "self-reported"
    assert "by the label map Valleys" in after.info.attributes["accent"].note

    again = call("labels", manifest, "--map", tmp_path / "map.toml", "--out", out)
    assert again.exit_code == 2 and "is not overwritten" in again.stderr


def test_a_manifest_with_an_unreadable_row_is_not_written_again_without_it(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    manifest.write_text(manifest.read_text() + "a.wav,too,many,fields,here\n")
    result = call("labels", manifest, "--map", tmp_path / "map.toml", "--out", tmp_path / "new.csv")
    assert result.exit_code == 2
    assert "1 of its rows cannot be read and would be lost" in result.stderr and "line 5" in result.stderr
    assert not (tmp_path / "new.csv").exists()


def test_every_shipped_map_can_be_read() -> None:
    assert all(read_label_map(name).rule for name in SHIPPED)


def test_labels_that_are_alike_are_joined_in_a_table_of_transcripts_when_that_is_confirmed(tmp_path: Path) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "new.csv"
    rows = ["s1,Köln,one two,one two", "s2,köln ,one,", "s3,Köln,one,one", "s4,N/A,one,one", "s5,Bonn,one,one"]
    table.write_bytes("\n".join(["who,accent,reference,hypothesis", *rows]).encode("cp1252"))
    refused = call("labels", table, "--map", "alike", "--column", "accent")
    assert (
        "line 2: byte 5 of line 2 (0xf6) is not UTF-8" in refused.stdout
        and "give --encoding windows-1252" in refused.stdout
    )
    options = ["--map", "alike", "--column", "accent", "--encoding", "windows-1252"]
    shown = call("labels", table, *options)
    assert (
        shown.exit_code == 0
        and "Nothing is written" in shown.stdout
        and "4 of 5 utterances have a label" in shown.stdout
    )
    assert call("labels", table, *options, "--out", out).exit_code == 0
    written = pd.read_csv(out, keep_default_na=False)
    assert written["accent"].tolist() == ["Köln", "Köln", "Köln", "", "Bonn"]
    assert written["accent_as_given"].tolist() == ["Köln", "köln ", "Köln", "N/A", "Bonn"]
    assert list(written.columns) == ["who", "accent_as_given", "reference", "hypothesis", "accent"]
    assert not out.with_suffix(".toml").exists()
    missing = call("labels", table, *options[:2], "--encoding", "windows-1252")
    assert missing.exit_code == 2 and "no column is named" in missing.stderr


def test_a_transcript_that_failed_stays_one_in_a_table_with_new_labels(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    rows = [{"accent": "A", "hypothesis": None}, {"accent": "a", "hypothesis": ""}, {"accent": "A", "hypothesis": "x"}]
    table.write_text("\n".join(map(json.dumps, rows)))
    options = ["--map", "alike", "--column", "accent"]
    refused = call("labels", table, *options, "--out", tmp_path / "new.csv")
    assert refused.exit_code == 2 and "'hypothesis' have values that are absent (null)" in refused.stderr
    assert call("labels", table, *options, "--out", tmp_path / "new.jsonl").exit_code == 0
    written = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert [row["hypothesis"] for row in written] == [None, "", "x"]
    assert [row["accent"] for row in written] == ["A", "A", "A"]
