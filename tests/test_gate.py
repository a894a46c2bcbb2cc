"""The gate: what fails, passes and stays open, its exit codes and its reports; the commands of docs/gate.md are run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from tests.card_material import build, results
from tests.command_line import call
from tests.corpus import make
from workbench.cards.claim_verdicts import claim_checks
from workbench.corpora import load_corpus
from workbench.errors import ScoringError
from workbench.fairness.gate import GAP_RULES, Gate, error_rate_checks, fail_on, failure_notes, limit_of

ROOT = Path(__file__).resolve().parent.parent
WORDS = "please call stella ask her to bring these things home"
BY = ("--by", "accent", "--speaker", "who", "--normaliser", "none")


def transcripts(path: Path, wrong: dict[str, list[int]]) -> Path:
    """A table in which speaker i of a group has ``wrong[group][i]`` of ten words wrong in each of four sentences."""
    rows = [
        {"who": f"{group}{i}", "speaker": f"{group}{i}", "accent": group, "reference": WORDS,
         "hypothesis": " ".join(WORDS.split()[n:])}
        for group, counts in wrong.items() for i, n in enumerate(counts) for _ in range(4)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


GAP = {"A": [1, 0, 1, 2, 1, 1, 0, 1], "B": [6, 7, 5, 6, 8, 6, 7, 6]}
SAME = {"A": [1, 2, 1, 1, 2, 1, 1, 2], "B": [1, 1, 2, 1, 2, 1, 2, 1]}
FEW = {"A": [1, 0, 1, 2, 1, 1, 0, 1], "B": [6, 7, 8]}


@pytest.mark.parametrize(
    ("wrong", "options", "code"),
    [
        (GAP, ["--fail-on", "gap"], 1),
        (GAP, ["--fail-on", "gap:firm"], 1),
        (SAME, ["--margin", "0.2", "--fail-on", "gap", "--fail-on", "open"], 0),
        (FEW, ["--fail-on", "gap"], 1),
        (FEW, ["--fail-on", "gap:firm"], 0),
        (FEW, ["--fail-on", "gap:firm", "--fail-on", "open"], 3),
        (SAME, ["--max-wer", "50%"], 0),
        (GAP, ["--max-wer", "10%"], 1),
        (SAME, ["--max-wer", "14%", "--fail-on", "open"], 3),
        (SAME, ["--max-wer", "14%"], 0),
    ],
)
def test_exit_codes_of_score(tmp_path: Path, wrong: dict[str, list[int]], options: list[str], code: int) -> None:
    result = call("score", transcripts(tmp_path / "t.csv", wrong), *BY, *options)
    assert result.exit_code == code, result.output
    assert ("FAILED" in result.stdout) == (code == 1)
    undecided = "OPEN" in result.stdout
    assert not (undecided and code == 0) or "warning: no check failed" in result.stderr


def test_json_says_what_the_text_says_and_ends_alike(tmp_path: Path) -> None:
    table = transcripts(tmp_path / "t.csv", GAP)
    result = call("score", table, *BY, "--fail-on", "gap", "--report-format", "json")
    gate = json.loads(result.stdout)
    assert (result.exit_code, gate["exit_code"], gate["fail_on"]) == (1, 1, ["gap"])
    assert [(row["of"], row["outcome"]) for row in gate["checks"]] == [("accent=A", "failed"), ("accent=B", "failed")]
    both = call("score", table, *BY, "--fail-on", "gap", "--json")
    assert both.exit_code == 1 and json.loads(both.stdout)["gate"]["checks"] == gate["checks"]


def test_junit_counts_its_cases_and_survives_any_name(tmp_path: Path) -> None:
    table = transcripts(tmp_path / "t.csv", {**FEW, 'C<&"\x01': [1, 1]})
    args = ("score", table, *BY, "--fail-on", "gap:firm", "--report-format", "junit")
    suite = ElementTree.fromstring(call(*args).stdout.encode()).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.attrib["tests"]) == 3
    assert len(suite.findall("testcase/skipped")) == int(suite.attrib["skipped"])
    assert any('C<&"' in case.attrib["name"] for case in cases)
    counted = ElementTree.fromstring(call(*args, "--fail-on", "open").stdout.encode())
    assert int(counted.attrib["failures"]) == int(suite.attrib["skipped"]) + int(suite.attrib["failures"]) > 0


def test_a_group_name_cannot_break_the_markdown_table(tmp_path: Path) -> None:
    shown = call("score", transcripts(tmp_path / "t.csv", {"A|B": GAP["A"], "*C*": GAP["B"]}), *BY, "--fail-on", "gap",
                 "--report-format", "markdown").stdout  # fmt: skip
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert len(rows) == 4 and {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fail-on", "gaps"], "did you mean 'gap'"),
        (["--max-wer", "0.12"], "with its sign"),
        (["--max-wer", "0%"], "no percentage above 0"),
        (["--report-format", "junit"], "no gate to report"),
    ],
)
def test_a_gate_that_is_none_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    result = call("score", transcripts(tmp_path / "t.csv", SAME), *BY, *options)
    assert result.exit_code == 2 and message in " ".join(result.stderr.split())


def test_the_limit_of_an_error_rate_is_one_sided_and_clustered_on_speakers() -> None:
    """At the limit itself the gate fails at most 5 of 100 times, although the sentences of a speaker are alike."""
    rng = np.random.default_rng(5)
    rows = [
        {"model_id": f"m{n}", "condition_id": "clean", "speaker_id": f"s{s}", "errors": e, "ref_words": 200,
         "substitutions": e, "deletions": 0, "insertions": 0}
        for n in range(400)
        for s, e in enumerate(rng.poisson(200 * rng.gamma(4, 0.15 / 4, size=10)))
    ]  # fmt: skip
    outcomes = pd.Series([check.outcome for check in error_rate_checks(pd.DataFrame(rows), 0.15)]).value_counts()
    assert outcomes["failed"] / 400 <= 0.05 + 2 * 0.011
    assert outcomes["passed"] / 400 <= 0.10, "skewed speakers pass a little too often; 8 of 100 were measured"
    assert outcomes["open"] > 300


def test_failed_decodings_are_named() -> None:
    frame = results().scores.copy()
    assert failure_notes(frame) == ()
    frame.loc[frame.index[:3], ["status", "errors"]] = ["failed", None]
    assert [note.split(": ")[1] for note in failure_notes(frame)] == ["3 failed decodings are in no rate"]


def test_claims_become_checks() -> None:
    card = build(results(conditions=["clean"]), claims=["everyone: accuracy >= 1 %", "everyone: accuracy >= 99 %"])
    checks = claim_checks(card.claims)
    assert [check.outcome for check in checks] == ["passed", "failed"]
    assert "REFUTED; accuracy" in checks[1].detail
    assert Gate("s", ("refuted",), checks).exit_code == 1
    assert Gate("s", ("refuted",), checks[:1]).exit_code == 0
    assert Gate("s", ("open",), ()).exit_code == 3, "nothing checked is nothing shown"


def test_rules_and_limits_are_read_strictly() -> None:
    assert fail_on(["gap", "gap"], GAP_RULES) == ("gap",)
    assert limit_of("12%") == 0.12
    for text in ("", "%", "-3%", "1e2%", "nan%"):
        with pytest.raises(ScoringError):
            limit_of(text)


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in which the south is served worse by far, and a table of transcripts likewise."""
    utterances = load_corpus(make(tmp_path)).utterances
    lost = {"south": 1}
    vendor = [
        {"utterance_id": row.utterance_id, "hypothesis": " ".join(row.reference.split()[lost.get(row.accent, 0) :])}
        for row in utterances.itertuples()
    ]
    pd.DataFrame(vendor).to_csv(tmp_path / "vendor.csv", index=False)
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    claims = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)[0]
    (tmp_path / "ward.study.toml").write_text(
        'name = "ward"\ncorpus = ["tones.csv"]\nattributes = ["accent"]\nengines = ["imported:vendor.csv"]\n'
        f'conditions = ["clean"]\nnormaliser = "basic"\nmargin = 0.05\n{claims}'
    )
    transcripts(tmp_path / "transcripts.csv", GAP)
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^workbench [^\n]*", "\n".join(re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)), re.M)
    codes = {}
    for line in lines:
        command = shlex.split(line.partition(" > ")[0])[1:]
        result = call(*command)
        codes.setdefault(command[0], []).append(result.exit_code)
        if "junit" in command:
            assert ElementTree.fromstring(result.stdout.encode()).tag == "testsuites"
    assert len(lines) == 5 and codes["run"] == [0] and codes["score"] == [1, 1]
    assert codes["gaps"][0] in (0, 1) and codes["card"][0] in (0, 1)
    refuted = call("card", "ward", "--out", "card", "--claim", "everyone: accuracy >= 99 % in clean",
                   "--fail-on", "refuted", "--minimum-speakers", "1", "--part", "none", "--format", "json")  # fmt: skip
    gate = json.loads(refuted.stdout)
    assert refuted.exit_code == gate["exit_code"] == (1 if any(c["outcome"] == "failed" for c in gate["checks"]) else 0)
