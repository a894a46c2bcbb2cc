"""changes, dose and spread on the command line: what the package says, as JSON and as tables."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import call, parsed
from tests.corpus import make
from workbench.corpora import load_corpus
from workbench.fairness import dose_slopes, gap_changes, spread
from workbench.results import load
from workbench.store import open_store

STUDY = """
name = "two levels"
corpus = ["tones.csv"]
attributes = ["accent"]
engines = ["imported:vendor.csv"]
conditions = ["clean", "white_noise@1", "white_noise@2"]
normaliser = "basic"
margin = 0.05
"""
LOST = {"clean": 0, "white_noise@1": 1, "white_noise@2": 2}


@pytest.fixture
def run_id(tmp_path: Path) -> str:
    """A run of transcripts made elsewhere: each level costs the south a word more, the north none."""
    manifest = make(tmp_path)
    utterances = load_corpus(manifest).utterances
    rows = [
        {
            "utterance_id": row.utterance_id,
            "condition_id": condition,
            "hypothesis": " ".join(
                row.reference.split()[: -lost or None] if row.accent == "south" else row.reference.split()
            ),
        }
        for row in utterances.itertuples()
        for condition, lost in LOST.items()
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "vendor.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    assert call("run", tmp_path / "study.toml").exit_code == 0
    return "two levels"


def test_changes_are_those_of_the_package(run_id: str) -> None:
    found = parsed("changes", run_id, "--by", "accent", "--permutations", 99)
    own = gap_changes(load(run_id, store=open_store()).scores, "accent", margin=0.05, permutations=99)
    assert found["margin"] == 0.05 and len(found["changes"]) == len(own) == 6
    for row, (_, expected) in zip(found["changes"], own.iterrows(), strict=True):
        assert (row["group"], row["answer"], row["reason"]) == tuple(expected[["group", "answer", "reason"]])
        assert row["change"] == expected["change"]
        assert (row["ci_low"] is None) == math.isnan(expected["ci_low"])
    south = next(row for row in found["changes"] if (row["group"], row["condition_id"]) == ("south", "white_noise@2"))
    assert south["change"] == pytest.approx(6 * 2 / (9 * 2)), "two words of every utterance, three each, 9 in all"
    assert "system" in south and south["answer"] == "too few speakers"


def test_dose_is_that_of_the_package(run_id: str) -> None:
    found = parsed("dose", run_id, "--by", "accent", "--permutations", 99)
    own = dose_slopes(load(run_id, store=open_store()).scores, "accent", permutations=99)
    assert [row["slope"] for row in found["slopes"]] == own["slope"].tolist()
    assert len(found["rates"]) == 9
    level = parsed("dose", run_id, "--by", "accent", "--over", "level", "--permutations", 9)
    assert {row["over"] for row in level["slopes"]} == {"dB"} and level["slopes"][1]["slope"] < 0


def test_spread_is_that_of_the_package(run_id: str) -> None:
    found = parsed("spread", run_id, "--by", "accent", "--permutations", 99, "--threshold", 0.25)
    own = spread(load(run_id, store=open_store()).scores, "accent", permutations=99, threshold=0.25)
    assert [row["statistic"] for row in found["spread"]] == own["statistic"].tolist()
    assert found["threshold"] == 0.25
    assert any("left out for too little evidence: north (3 speakers" in row["note"] for row in found["spread"])


def test_people_read_tables(run_id: str) -> None:
    for command, words in (
        ("changes", ("against everybody else", "too few speakers", "south: south: 2 speakers, fewer than 5")),
        ("dose", ("over white_noise", "How fast the rate rises", "severity")),
        ("spread", ("Spread of groups", "max - min", "fewer than two groups")),
    ):
        result = call(command, run_id, "--by", "accent", "--permutations", 9)
        assert result.exit_code == 0
        for one in words:
            assert one in " ".join(result.stdout.split()), (command, one)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("changes --by region", "no column 'region'"),
        ("changes --by accent --clean room@1", "no row under 'room@1'"),
        ("changes --by accent --reference-group east", "no group 'east'"),
        ("dose --by accent --over loudness", "'loudness' is no dose"),
        ("spread --by accent --threshold 7", "not between 0 and 1"),
        ("spread --by accent --permutations 0", "test nothing"),
    ],
)
def test_mistakes_are_messages(run_id: str, line: str, said: str) -> None:
    command, *options = line.split()
    result = call(command, run_id, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())
