"""The command line: one JSON object and nothing else, clear errors, exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.command_line import STUDY, call, parsed
from tests.corpus import make
from workbench.results import kept_scores


def test_doctor_finds_what_is_needed() -> None:
    found = parsed("doctor")
    assert found["ok"] is True
    assert {"python", "package", "resampling", "G.711 codec", "store"} <= {check["name"] for check in found["checks"]}


def test_engines_say_whether_they_are_ready() -> None:
    rows = parsed("engines")["engines"]
    ready = {row["engine"]: row["ready"] for row in rows}
    assert ready["pocketsphinx"] is True
    assert {"whisper", "imported"} <= set(ready)


def test_conditions_have_parameters_units_and_sources() -> None:
    rows = parsed("conditions")["conditions"]
    families = {row["id"].split("@")[0] for row in rows}
    assert families >= {
        "clean",
        "white_noise",
        "speech_shaped_noise",
        "babble",
        "equip_pulse",
        "room",
        "handset_band",
        "g711",
    }
    for row in rows:
        assert set(row) >= {"id", "family", "severity", "parameters", "units", "source"}
        assert set(row["units"]) >= set(row["parameters"])
    assert len(rows) == (len(families) - 1) * 4 + 1


def test_check_prints_every_problem_and_exits_2(tmp_path: Path) -> None:
    manifest = make(tmp_path)
    text = manifest.read_text().splitlines()
    text[2] = text[2].replace("audio/", "../audio/")
    text.append("audio/none.wav,one,n1,north")
    manifest.write_text("\n".join(text) + "\n")
    result = call("check", manifest, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)["problems"]
    assert {problem["line"] for problem in problems} == {3, 20}
    assert call("check", tmp_path / "none.csv").exit_code == 2


def test_degrade_prints_the_measured_snr_and_repeats_to_the_byte(tmp_path: Path) -> None:
    make(tmp_path)
    source = tmp_path / "audio" / "n1-2.wav"
    facts = parsed("degrade", source, tmp_path / "a.wav", "--condition", "white_noise?snr_db=7", "--seed", "1")
    assert abs(facts["achieved_snr_db"] - 7) < 0.2
    parsed("degrade", source, tmp_path / "b.wav", "--condition", "white_noise?snr_db=7", "--seed", "1")
    parsed("degrade", source, tmp_path / "c.wav", "--condition", "white_noise?snr_db=7", "--seed", "2")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes() != (tmp_path / "c.wav").read_bytes()
    noise = soundfile.read(tmp_path / "a.wav")[0] - soundfile.read(source)[0]
    assert np.sqrt(np.mean(noise**2)) > 0


def test_degrade_takes_free_parameters(tmp_path: Path) -> None:
    make(tmp_path)
    condition = "equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8"
    facts = parsed("degrade", tmp_path / "audio" / "n1-2.wav", tmp_path / "a.wav", "--condition", condition)
    assert "frequency_hz=900" in facts["condition_id"]
    assert abs(facts["achieved_snr_db"] - 8) < 0.2


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        ("wite_noise@2", "white_noise"),
        ("white_noise@9", "9"),
        ("equip_pulse?frequency_hz=9e9", "Hz"),
        ("babble@2", "--corpus"),
    ],
)
def test_a_bad_condition_is_a_clear_error(tmp_path: Path, condition: str, part: str) -> None:
    make(tmp_path)
    result = call("degrade", tmp_path / "audio" / "n1-2.wav", tmp_path / "a.wav", "--condition", condition)
    assert result.exit_code == 2
    assert part in result.output
    assert "Traceback" not in result.output


def test_babble_takes_the_other_speakers_of_a_corpus(tmp_path: Path) -> None:
    manifest = make(tmp_path)
    facts = parsed(
        "degrade",
        tmp_path / "audio" / "n1-2.wav",
        tmp_path / "a.wav",
        "--condition",
        "babble?snr_db=5&talkers=3",
        "--corpus",
        manifest,
    )
    assert abs(facts["achieved_snr_db"] - 5) < 0.2


def test_from_a_study_to_gaps_card_and_export(vendor_study: Path, tmp_path: Path) -> None:
    ran = call("run", vendor_study)
    assert ran.exit_code == 0, ran.output
    run_id = ran.stdout.strip().splitlines()[-1]
    status = parsed("status")["runs"]
    assert [(row["run_id"], row["state"], row["done"], row["total"], row["failed"]) for row in status] == [
        (run_id, "done", 18, 18, 0)
    ]
    found = parsed("gaps", run_id, "--by", "accent")
    rate = {row["accent"]: row["rate"] for row in found["rates"]}
    assert rate == pytest.approx({"north": 0.0, "south": 3 / 9, "west": 0.0})
    gap = {row["group"]: row for row in found["gaps"]}
    assert gap["south"]["difference"] == pytest.approx(1 / 3)
    assert gap["west"]["ci_low"] is None
    assert "1 speaker" in gap["west"]["reason"]
    exported = call("export", run_id, "--out", tmp_path / "scores.csv")
    assert exported.exit_code == 0
    scores = pd.read_csv(tmp_path / "scores.csv", keep_default_na=False)
    assert len(scores) == 18
    assert scores["errors"].astype(int).sum() == 6
    assert call("export", run_id, "--out", tmp_path / "scores.parquet").exit_code == 0
    assert len(pd.read_parquet(tmp_path / "scores.parquet")) == 18
    assert call("card", run_id, "--out", tmp_path / "card").exit_code == 0
    assert {path.name for path in (tmp_path / "card").iterdir()} >= {"card.pdf", "card.json", "rates.csv", "gaps.csv"}


def test_an_unknown_run_exits_2_and_names_those_there_are(vendor_study: Path) -> None:
    run_id = call("run", vendor_study).stdout.strip().splitlines()[-1]
    result = call("gaps", "nothing", "--by", "accent")
    assert result.exit_code == 2
    assert run_id in result.output.replace("\n", "")


def test_an_unknown_export_format_exits_2(vendor_study: Path, tmp_path: Path) -> None:
    run_id = call("run", vendor_study).stdout.strip().splitlines()[-1]
    assert call("export", run_id, "--out", tmp_path / "scores.xlsx").exit_code == 2


def test_imported_transcripts_that_match_nothing_are_listed(vendor_study: Path, tmp_path: Path) -> None:
    vendor = pd.read_csv(tmp_path / "vendor.csv", keep_default_na=False)
    vendor.loc[0, "utterance_id"] = "someone-else"
    vendor.to_csv(tmp_path / "vendor.csv", index=False)
    result = call("run", vendor_study)
    assert result.exit_code == 0
    assert "1 utterances without a transcript" in result.output
    assert "someone-else" in result.output
    assert parsed("status")["runs"][0]["failed"] == 1


def test_score_needs_no_audio(tmp_path: Path) -> None:
    rows = [
        {"ref": "a b c d", "hyp": "a b c d", "who": f"{accent}{number}", "accent": accent, "sys": "one"}
        for accent in ("x", "y")
        for number in range(3)
    ]
    rows[3]["hyp"] = "a b"
    rows.append({"ref": "", "hyp": "thank you", "who": "x0", "accent": "x", "sys": "one"})
    path = tmp_path / "t.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    common = ("score", path, "--by", "accent", "--reference", "ref", "--hypothesis", "hyp", "--system", "sys")
    found = parsed(*common, "--speaker", "who")
    rates = {row["accent"]: row for row in found["rates"]}
    assert rates["x"]["rate"] == 0
    assert rates["y"]["rate"] == pytest.approx(2 / 12)
    assert rates["y"]["system"] == "one"
    assert rates["y"]["ci_high"] is not None
    assert found["empty_references"]["rows"] == 1
    assert found["empty_references"]["inserted_words"] == 2
    without = parsed(*common)["rates"][0]
    assert without["ci_low"] is None
    assert without["evidence"] == "no speakers"


def test_score_names_the_columns_there_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("ref,hyp,accent\na,a,x\n")
    result = call("score", tmp_path / "t.csv", "--by", "acent", "--reference", "ref", "--hypothesis", "hyp")
    assert result.exit_code == 2
    assert "accent" in result.output


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "workbench", "--help"], capture_output=True, text=True, check=True)
    for command in (
        "doctor",
        "engines",
        "conditions",
        "check",
        "degrade",
        "run",
        "status",
        "export",
        "score",
        "gaps",
        "card",
    ):
        assert command in done.stdout


def test_json_is_all_there_is_on_standard_output(vendor_study: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "engines", "--json"], capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout)) == {"engines"}


def test_an_error_that_is_ours_crashes_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    import workbench.engines

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(workbench.engines, "availability", broken)
    with pytest.raises(ZeroDivisionError):
        call("engines")


def test_failures_are_counted_wherever_they_are_not_all_shown(tmp_path: Path) -> None:
    make(tmp_path, per_speaker=5)
    (tmp_path / "vendor.csv").write_text("utterance_id,hypothesis\naudio/n1-0.wav,one\naudio/s1-0.wav,one\n")
    (tmp_path / "study.toml").write_text(STUDY)
    ran = call("run", tmp_path / "study.toml")
    assert "30 of 30 transcripts, 30 of them made now, 28 failed" in ran.stderr.replace("\n", " ")
    told = (
        "the first that failed: tones/audio/n1-1.wav under clean: no transcript for tones/audio/n1-1.wav in vendor.csv"
    )
    assert told in ran.stderr.replace("\n", " ")
    assert ran.stderr.count("30 of 30\n") + ran.stderr.count("30 of 30,") <= 1, "the last line of progress, once"
    run_id = ran.stdout.strip()
    listed = call("status", run_id).stdout
    assert re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", listed), "to the second"
    assert listed.count("failed: ") == 20
    assert "and 8 more" in listed
    lines = [line.split() for line in call("gaps", run_id, "--by", "accent").stdout.splitlines() if line.strip()]
    assert lines[1][-1] == "failed"
    assert [line[-1] for line in lines if line[0] == "clean"][:3] == ["14", "9", "5"]
    again = call("run", tmp_path / "study.toml", "--retry-failed")
    assert "28 of them made now, 28 failed" in again.stderr.replace("\n", " ")
    assert again.stdout.strip() == run_id


def test_normalise_shows_each_step_and_lists_the_normalisers() -> None:
    found = parsed("normalise", "Erm, two colours", "--normaliser", "fair_en")
    assert found["normalised"] == "two colors"
    assert [change["step"] for change in found["changes"]] == ["case", "listening", "spelling"]
    listed = parsed("normalise")["normalisers"]
    assert {row["normaliser"] for row in listed} >= {
        "basic",
        "whisper_en",
        "koenecke2020",
        "fair_en",
        "basic_hi",
        "basic_zh",
    }
    assert call("normalise", "x", "--normaliser", "fair").exit_code == 2


def test_a_large_run_is_prepared_for_the_app_and_a_small_one_is_not(
    vendor_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = kept_scores.home() / "scores"
    assert "keeping its tables" not in call("run", vendor_study).stderr
    assert not list(kept.glob("*.parquet"))
    monkeypatch.setattr(kept_scores, "LEAST", 1)
    assert "keeping its tables" in call("run", vendor_study).stderr
    assert list(kept.glob("*.parquet"))


def test_texts_of_another_seed_make_a_transcript_suspect(vendor_study: Path, tmp_path: Path) -> None:
    texts = pd.read_csv(tmp_path / "vendor.csv", keep_default_na=False)
    runs = []
    for seed, invented in ((1, "one thanks for watching"), (2, "nothing like it was ever said")):
        noisy = texts.assign(condition_id="white_noise@2", hypothesis=invented)
        pd.concat([texts.assign(condition_id="clean"), noisy]).to_csv(tmp_path / f"vendor{seed}.csv", index=False)
        study = STUDY.replace("vendor.csv", f"vendor{seed}.csv").replace('["clean"]', '["clean", "white_noise@2"]')
        (tmp_path / f"study{seed}.toml").write_text(f"seed = {seed}\n{study}")
        runs.append(call("run", tmp_path / f"study{seed}.toml").stdout.strip())
    assert "has the same seed" in call("invented", runs[0], "--again", runs[0]).stderr.replace("\n", " ")
    assert call("invented", runs[0], "--again", "nothing").exit_code == 2

    def flagged(*more: object) -> dict[str, float]:
        rows = parsed("invented", runs[0], *more)["rows"]
        return {row["condition_id"]: row["rate"] for row in rows if row["event"] == "flagged as hallucinated"}

    alone, beside = flagged(), flagged("--again", runs[1])
    assert alone["clean"] == beside["clean"] == 0.0
    assert alone["white_noise@2"] < beside["white_noise@2"] == 1.0


def test_what_transcripts_do_to_people_is_printed_by_group(vendor_study: Path, tmp_path: Path) -> None:
    run_id = call("run", vendor_study).stdout.strip()
    rows = parsed("invented", run_id, "--by", "accent")["rows"]
    assert {row["event"] for row in rows} == {"flagged as hallucinated"}
    assert {row["accent"] for row in rows} >= {"north", "south"}
    lists = tmp_path / "lists.csv"
    lists.write_text("class,term\ndigits,one\ndigits,two\n")
    found = parsed("keywords", run_id, "--by", "accent", "--lists", lists)["rows"]
    assert {row["event"] for row in found} == {"digits right"}
    assert all(0 <= row["rate"] <= 1 and row["exposure"] > 0 for row in found)
    assert parsed("dialect", run_id, "--by", "accent")["rows"] == []
    gaps = parsed("band", run_id, "--by", "accent")["rows"]
    assert all(len(row["differences"].split(", ")) == 4 for row in gaps)
    for command in ("invented", "keywords", "dialect"):
        assert call(command, run_id, "--by", "acent").exit_code == 2
