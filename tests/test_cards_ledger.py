"""The ledger: a claim is judged by the simultaneous bounds, a line that is changed or removed is named, what was seen is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.card_material import build, results
from tests.command_line import call
from tests.figure_frames import MODEL, Errors
from workbench.cards import ledger
from workbench.cards.ledger import Statement
from workbench.errors import CardError
from workbench.fairness import simultaneous_bounds

APART: Errors = {
    "good": [[5, 5], [6, 4], [5, 6], [4, 5], [6, 6], [5, 4]],
    "bad": [[25, 26], [24, 28], [25, 22], [29, 26], [27, 24], [23, 26]],
    "few": [[5, 6], [6, 5]],
}
TIME = "2026-11-01T00:00:00+00:00"


def claimed(text: str, **options: object) -> dict[str, object]:
    return {"n": 1, **ledger.claim_entry(text, by="Team A", time=TIME, **options)}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("accent=bad: gap >= 20 points", "SUPPORTED"),
        ("accent=bad: gap >= 60 points", "REFUTED"),
        ("accent=bad & clean: gap <= 20 points", "REFUTED"),
        ("accent=few: gap >= 5 points", "NOT ENOUGH INFORMATION"),
        ("accent=nobody: gap >= 5 points", "NOT ENOUGH INFORMATION"),
        ("accent=bad & room@2: gap >= 5 points", "NOT ENOUGH INFORMATION"),
    ],
)
def test_a_claim_is_judged_by_the_simultaneous_bounds(text: str, verdict: str) -> None:
    made = results(APART, ["clean"])
    (row,) = ledger.judgements([claimed(text)], made, model=MODEL, time=TIME)
    assert row["verdict"] == verdict
    bounds = simultaneous_bounds(made.scores, "accent", measure="gap").set_index("group")
    group = Statement.parse(text).group
    if row["low"] is not None:
        assert (row["low"], row["high"]) == tuple(bounds.loc[group, ["low", "high"]])


def test_what_was_seen_is_said() -> None:
    made = results(APART, ["clean"])
    card = build(made).model_dump(mode="json")
    text = "accent=bad: gap >= 20 points"
    other = replace(made, run=replace(made.run, run_id="another"))
    new = replace(other, corpora=tuple(info.model_copy(update={"fingerprint": "0" * 64}) for info in made.corpora))
    late = {"time": "2027-01-01T00:00:00+00:00"}
    for claim, run, words in (
        (claimed(text, seen=card), made, "after seeing this run"),
        (claimed(text, seen=card), other, "after seeing another run of the same recordings"),
        (claimed(text, seen=card), new, "before this run"),
        ({**claimed(text, seen=card), **late}, new, "after this run, with other data seen"),
        ({**claimed(text), **late}, made, "after this run; no data seen, says the author"),
    ):
        (row,) = ledger.judgements([claim], run, model=MODEL, time=TIME)
        assert str(row["stated"]).startswith(words)


def test_claims_on_groups_that_a_bundle_does_not_have_are_refused() -> None:
    card = build(results(APART, ["clean"])).model_dump(mode="json")
    for text, message in (
        ("accent=bat: gap >= 5 points", "did you mean 'bad'"),
        ("accent=bad & clear: gap >= 5 points", "'clean'"),
    ):
        with pytest.raises(CardError, match=message):
            ledger.claim_entry(text, by="Team A", time=TIME, seen=card)
    for text in ("accent is bad", "accent=bad: gap >= 0 points", "accent=bad: gap > 5 points"):
        with pytest.raises(CardError, match="no statement"):
            Statement.parse(text)
    with pytest.raises(CardError, match="nobody states"):
        ledger.claim_entry("accent=bad: gap >= 5 points", by=" ", time=TIME)


def test_a_line_that_is_changed_removed_or_swapped_is_named_and_nothing_more_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for points in (5, 6, 7):
        head = ledger.append(path, [ledger.claim_entry(f"accent=bad: gap >= {points} points", by="Åsa", time=TIME)])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert ledger.check_ledger(path) == (3, head, ())
    for broken, first in (
        ([lines[0], lines[2]], 2),
        ([lines[1], lines[2]], 1),
        ([lines[0], lines[1].replace("6 points", "9 points"), lines[2]], 3),
        ([lines[0], lines[2], lines[1]], 2),
        ([lines[0], "", lines[1]], 2),
    ):
        path.write_text("\n".join(broken) + "\n", encoding="utf-8")
        faults = ledger.check_ledger(path).faults
        assert faults[0].startswith(f"line {first} ")
        with pytest.raises(CardError, match="was changed"):
            ledger.append(path, [{"kind": "claim"}])
        assert path.read_text(encoding="utf-8").splitlines() == broken
    path.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    assert call("ledger", "verify", path).exit_code == 0, "a chain does not show what was cut off at its end"
    cut = call("ledger", "verify", path, "--head", f"sha256:{head}")
    assert cut.exit_code == 1 and "whose hash was published" in cut.stdout


def test_a_claim_is_judged_once_per_run_and_model(tmp_path: Path) -> None:
    path, made = tmp_path / "ledger.jsonl", results(APART, ["clean"])
    ledger.append(path, [ledger.claim_entry("accent=bad: gap >= 20 points", by="Team A", time=TIME)])
    rows = ledger.judgements(ledger.entries(path), made, model=MODEL, time=TIME)
    ledger.append(path, rows)
    assert ledger.judgements(ledger.entries(path), made, model=MODEL, time=TIME) == []
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[1])["verdict"] == "SUPPORTED"
    with pytest.raises(CardError, match="no model 'other'"):
        ledger.judgements(ledger.entries(path), made, model="other", time=TIME)


def test_the_command_adds_and_refuses(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    added = call("claim", "add", path, "accent=bad & room@2: gap >= 5 points", "--by", "Team A")
    assert added.exit_code == 0 and "head sha256:" in added.stdout
    assert call("claim", "add", path, "nonsense", "--by", "Team A").exit_code == 2
    assert call("claim", "judge", tmp_path / "none.jsonl", "run").exit_code == 2
    assert call("ledger", "verify", path).exit_code == 0
