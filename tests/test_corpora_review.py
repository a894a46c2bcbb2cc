"""The reference check: what it lists and what it leaves alone, and decisions back into a manifest."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

import workbench as wb
from tests.command_line import call
from workbench.corpora.review.agreement import agreed_against
from workbench.corpora.review.texts import odd_texts, script_of
from workbench.errors import ManifestError, ScoringError

RATE = 8_000


def utterances(*texts: tuple[str, float]) -> pd.DataFrame:
    rows = [(f"u{number}", text, seconds) for number, (text, seconds) in enumerate(texts)]
    return pd.DataFrame(rows, columns=["utterance_id", "reference", "duration_s"])


def odd(*texts: tuple[str, float], language: str = "en") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in odd_texts(utterances(*texts), language=language):
        found.setdefault(one.utterance_id, []).append(one.reason)
    return found


@pytest.mark.parametrize("text", ["...", " - ", "!?", "…", "\u200b", "♪ ♪"])
def test_a_reference_of_punctuation_alone_has_no_words(text: str) -> None:
    assert odd((text, 1.0), ("a word", 1.0)) == {"u0": ["no words"]}


@pytest.mark.parametrize(
    ("words", "seconds", "reasons"),
    [
        (8, 1.0, ["too many words"]),
        (7, 1.0, []),
        (3, 0.2, []),
        (4, 0.5, ["too many words"]),
        (1, 7.9, []),
        (1, 8.0, ["too few words"]),
        (3, 12.0, []),
        (2, 12.0, ["too few words"]),
    ],
)
def test_the_words_must_fit_the_time(words: int, seconds: float, reasons: list[str]) -> None:
    assert odd((" ".join(["- word"] * words), seconds)).get("u0", []) == reasons


def test_languages_without_spaces_have_no_words_to_count() -> None:
    assert odd(("今日はいい天気ですね", 20.0), ("カタカナとkanji", 2.0), language="ja") == {"u1": ["another script"]}


def test_the_rarer_way_of_writing_numbers_is_listed_and_a_single_way_is_not() -> None:
    assert odd(("room 7", 1.0), ("room seven", 1.0), ("Room Twenty", 1.0), ("none of them", 1.0)) == {
        "u0": ["digits and words"]
    }
    assert odd(("7", 1.0), ("8", 1.0), ("nine", 1.0)) == {"u2": ["digits and words"]}
    assert odd(("7", 1.0), ("8", 1.0)) == odd(("seven", 1.0), ("often", 1.0), ("someone", 1.0)) == {}


def test_a_letter_of_another_script_is_found_also_where_it_looks_the_same() -> None:
    assert odd(("p\u0430ssword", 1.0), ("password naïve", 1.0)) == {"u0": ["another script"]}
    assert [one.detail for one in odd_texts(utterances(("p\u0430ss", 1.0), ("passes", 1.0)), language="en")] == [
        "the corpus is in Latin, here stands \u0430 (Cyrillic)"
    ]
    assert odd(("µ ª № 5 😀 é ﬁ Ａ", 1.0), ("plain", 1.0)) == {}


@pytest.mark.parametrize(
    ("sign", "script"),
    [("a", "LATIN"), ("ß", "LATIN"), ("Ж", "CYRILLIC"), ("ש", "HEBREW"), ("ع", "ARABIC"), ("हि"[0], "DEVANAGARI"),
     ("字", "CJK"), ("か", "CJK"), ("한", "HANGUL"), ("7", ""), ("!", ""), ("\u0301", "")],
)  # fmt: skip
def test_scripts_are_those_of_unicode(sign: str, script: str) -> None:
    assert script_of(sign) == script


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Six utterances: a.wav again as flac under another speaker, again with another text, and two of their own."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rng = np.random.default_rng(5)
    one, two, three = (np.round(rng.normal(0, 0.1, RATE) * 32768) / 32768 for _ in range(3))
    for name, samples in (("a.wav", one), ("b.flac", one), ("c.wav", two), ("d.wav", two), ("e.wav", three)):
        soundfile.write(folder / name, samples, RATE, subtype="PCM_16")
    long = np.concatenate([three, one])
    soundfile.write(folder / "f.wav", long, RATE, subtype="PCM_16")
    (folder / "m.csv").write_text(
        "path,reference,speaker_id,start_s,end_s\n"
        "a.wav,turn left,s1,,\nb.flac,turn left,s2,,\nc.wav,go on,s3,,\nd.wav,stop now,s3,,\n"
        "e.wav,null,s4,,\nf.wav,null,s4,0,1\nf.wav,?!,s5,0.5,1.5\n"
    )
    return folder / "m.csv"


def test_the_same_samples_are_found_under_other_names_formats_and_segments(corpus: Path) -> None:
    found = wb.review_corpus(wb.check_manifest(corpus)).set_index("utterance_id")
    assert found["reasons"].to_dict() == {
        "m/a.wav": "same audio, another speaker",
        "m/b.flac": "same audio, another speaker",
        "m/c.wav": "same audio, another text",
        "m/d.wav": "same audio, another text",
        "m/e.wav": "word for nothing; same audio",
        "m/f.wav#0-1": "word for nothing; same audio",
        "m/f.wav#0.5-1.5": "no words",
    }
    assert found.loc["m/a.wav", "details"] == "the samples are those of m/b.flac (s2)"
    assert found["serious"].tolist() == ["yes"] * 5 + ["no"] * 2
    assert (found["decision"] == "").all() and (found["corrected"] == "").all()


def test_only_utterances_of_equal_length_are_decoded(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.corpora.review import duplicates

    loaded = wb.load_corpus(corpus, allow_dropped=True)
    soundfile.write(corpus.parent / "e.wav", np.zeros(RATE // 2) + 0.1, RATE)
    shorter = wb.load_corpus(corpus, allow_dropped=True)
    heard: list[str] = []
    real = duplicates.decode

    def counting(path: Path, **options: object) -> object:
        heard.append(path.name)
        return real(path, **options)

    monkeypatch.setattr(duplicates, "decode", counting)
    wb.review_corpus(loaded)
    assert "e.wav" in heard
    heard.clear()
    wb.review_corpus(shorter)
    assert sorted(heard) == ["a.wav", "b.flac", "c.wav", "f.wav", "f.wav"], "d.wav is c.wav, byte for byte"


def scores(*rows: tuple[str, str, str, int], condition: str = "clean", status: str = "ok") -> pd.DataFrame:
    columns = ["utterance_id", "model_id", "hypothesis", "errors"]
    frame = pd.DataFrame(rows, columns=columns).astype({"errors": "Int32"})
    return frame.assign(condition_id=condition, status=status, hypothesis_raw=frame["hypothesis"].str.title())


def test_two_systems_that_write_the_same_against_the_reference_are_listed() -> None:
    table = scores(
        ("u1", "a", "turn right", 1), ("u1", "b", "turn right", 1), ("u1", "c", "turn", 1),
        ("u2", "a", "turn left", 0), ("u2", "b", "turn left", 0),
        ("u3", "a", "one", 1), ("u3", "b", "two", 1),
        ("u4", "a", "", 2), ("u4", "b", "", 2),
    )  # fmt: skip
    found = [(one.utterance_id, one.reason, one.suggestion) for one in agreed_against(table)]
    assert found == [("u1", "engines agree", "Turn Right"), ("u4", "engines hear nothing", "")]
    noisy = pd.concat([table.assign(condition_id="noise"), scores(("u9", "a", "x", 0), ("u9", "b", "y", 0))])
    assert list(agreed_against(noisy)) == []
    assert len(list(agreed_against(noisy, condition="noise"))) == 2
    failed = table.assign(status=["failed"] + ["ok"] * 8)
    assert [one.utterance_id for one in agreed_against(failed)] == ["u4"]


def test_agreement_needs_two_systems_and_their_condition() -> None:
    one = scores(("u1", "a", "turn right", 1))
    with pytest.raises(ScoringError, match="agreement needs two systems, there is a"):
        list(agreed_against(one))
    with pytest.raises(ScoringError, match="no condition 'noise'"):
        list(agreed_against(one, condition="noise"))
    with pytest.raises(ScoringError, match="no column 'errors'"):
        list(agreed_against(one.drop(columns="errors")))


def edit(path: Path, decisions: dict[str, tuple[str, str]], **columns: str) -> None:
    """Fill in decisions as a person does in a spreadsheet: the columns decision and corrected of some rows."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["decision"], row["corrected"] = decisions.get(row["utterance_id"], ("", ""))
        row.update({name: value for name, value in columns.items() if row["decision"]})
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_decisions_come_back_are_counted_and_nothing_else_changes(corpus: Path, tmp_path: Path) -> None:
    listed, out = tmp_path / "review.csv", tmp_path / "new.csv"
    first = call("review", corpus, "--out", listed)
    assert first.exit_code == 0
    assert "7 of 7 utterances to look at" in first.stdout and "same audio, another speaker: 2" in first.stdout
    assert call("review", corpus, "--out", listed).exit_code == 2, "decisions are never overwritten"
    with open(listed, encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (listed.parent / row["path"]).is_file()
    edit(
        listed,
        {
            "m/a.wav": ("keep", ""),
            "m/b.flac": (" DROP ", ""),
            "m/e.wav": ("fix", 'he said "null", NA'),
            "m/f.wav#0.5-1.5": ("drop", ""),
        },
    )
    done = call("review", corpus, "--apply", listed, "--out", out, "--json")
    assert json.loads(done.stdout) == {
        "manifest": str(out), "kept": 1, "fixed": 1, "dropped": 2, "open": 3, "rows": 5,
    }  # fmt: skip
    before, after = wb.load_corpus(corpus).utterances, wb.load_corpus(out).utterances
    left = before[~before["utterance_id"].isin(["m/b.flac", "m/f.wav#0.5-1.5"])].reset_index(drop=True)
    assert after["reference"].tolist() == ["turn left", "go on", "stop now", 'he said "null", NA', "null"]
    same = ["utterance_id", "path", "source_digest", "speaker_id", "duration_s"]
    assert after[same].equals(left[same])


def test_a_review_that_cannot_be_applied_says_every_reason_by_line_and_writes_nothing(
    corpus: Path, tmp_path: Path
) -> None:
    listed, out = tmp_path / "review.csv", tmp_path / "new.csv"
    wb.write_review(wb.review_corpus(wb.check_manifest(corpus)), listed)
    edit(
        listed,
        {
            "m/a.wav": ("maybe", ""),
            "m/b.flac": ("fix", " "),
            "m/c.wav": ("keep", "go off"),
            "m/d.wav": ("", "stop"),
            "m/e.wav": ("keep", ""),
        },
    )
    text = listed.read_text()
    again = next(line for line in text.splitlines() if line.startswith("m/e.wav"))
    listed.write_text(text + again + "\n" + again.replace("m/e.wav", "m/z.wav") + "\n")
    corpus.write_text(corpus.read_text().replace("f.wav,null", "f.wav,nil"))
    with pytest.raises(ManifestError) as error:
        wb.apply_review(corpus, listed, out)
    said = str(error.value)
    assert said.startswith("review.csv: 7 problems, nothing is written")
    for message in (
        "'maybe' is not a decision; write keep, fix, drop or nothing",
        "fix without a text for 'm/b.flac'",
        "a text in corrected, but keep as decision",
        "a text in corrected, but no decision",
        "line 9: 'm/e.wav' is there twice",
        "line 10: the manifest has no utterance 'm/z.wav'",
        "the reference of 'm/f.wav#0-1' is now 'nil', not what was reviewed",
    ):
        assert message in said
    assert not out.exists()


def test_a_reference_that_was_edited_in_its_own_column_is_not_lost_silently(corpus: Path, tmp_path: Path) -> None:
    listed = tmp_path / "review.csv"
    wb.write_review(wb.review_corpus(wb.check_manifest(corpus)), listed)
    edit(listed, {"m/a.wav": ("keep", "")}, reference="turn right")
    with pytest.raises(
        ManifestError, match=r"the reference of 'm/a.wav' was changed in its own column; write the new text"
    ):
        wb.apply_review(corpus, listed, tmp_path / "new.csv")


def test_the_command_asks_for_what_it_needs(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("utterance_id;decision\n")
    for arguments, message in [
        (["--apply", tmp_path / "r.csv"], "name it: --out NEW.csv"),
        (["--apply", tmp_path / "r.csv", "--out", tmp_path / "n.csv"], "no column 'corrected', 'reference'"),
        (["--apply", tmp_path / "none.csv", "--out", tmp_path / "n.csv"], "there is no such"),
        (["--run", "nothing"], "nothing"),
    ]:
        result = call("review", corpus, *arguments)
        assert result.exit_code == 2 and message in result.stderr


def test_real_recordings_are_all_different(shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "corpora" / "common-voice-100"
    with open(root / "validated.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    (tmp_path / "cv.csv").write_text("path,reference,speaker_id\n")
    with open(tmp_path / "cv.csv", "a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(["clips/" + row["path"], row["sentence"], row["client_id"]] for row in rows)
    found = wb.review_corpus(wb.check_manifest(tmp_path / "cv.csv", decode=False, audio_root=root))
    assert not found["reasons"].str.contains("same audio").any()
    assert not (found["serious"] == "yes").any()


def test_the_same_audio_twice_is_said_by_the_check_and_counts_twice_in_the_statistics(corpus: Path) -> None:
    """Copies are not dropped: which of them is right is not ours to decide. They are never counted silently."""
    checked = call("check", corpus)
    assert checked.exit_code == 0
    assert "m: 2 rows share 1 recording; every row counts; first: m/c.wav and m/d.wav" in checked.stdout
    found = wb.load_corpus(corpus).utterances
    assert len(found) == 7 and found["source_digest"].nunique() == 6
    counted = pd.DataFrame(
        {"who": found["speaker_id"], "reference": found["reference"], "hypothesis": "", "accent": "all"}
    )
    rates = wb.score_table(counted.iloc[2:4], by=["accent"], speaker="who", normaliser="basic").rates
    assert rates["ref_words"].tolist() == [4], "both copies"
    corpus.write_text("\n".join(corpus.read_text().splitlines()[:4]) + "\n")
    assert "share" not in call("check", corpus).stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SPEAKER_00: hello there", "marks"),
        ("hello <unk> there", "marks"),
        ("hello /RD-NAME-2/ there", "marks"),
        ("it\u00e2\u20ac\u2122s fine", "another encoding"),
        ("hello\ufffd there", "lost letters"),
        ("&amp; so on", "entities"),
        ("null", "word for nothing"),
    ],
)
def test_signs_that_nobody_said_are_seen(text: str, reason: str) -> None:
    assert odd((text, 2.0), ("a few words", 2.0)) == {"u0": [reason]}


def test_ordinary_text_has_no_odd_signs() -> None:
    assert odd(("R&D at 5 o'clock, naïve café – 20 °C", 4.0), ("none of them", 2.0), ("he said it's fine", 2.0)) == {}
