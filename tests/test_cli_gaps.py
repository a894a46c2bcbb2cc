"""The options of gaps and score on the command line: what the package says, and what was not declared is called so."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from tests.command_line import call, parsed
from tests.test_cli_changes import run_id as run_id
from workbench.fairness import gaps, rates
from workbench.results import load
from workbench.store import open_store

TABLE = "who,accent,reference,hypothesis\na,A,one two three four,one two three for\na,A,one,two\nb,A,one,one\nc,B,one two,one\nd,B,one,one\n"


def test_mode_condition_and_margin_reach_the_figures_and_the_override_is_recorded(run_id: str) -> None:
    options = ("--mode", "speaker_mean", "--condition", "white_noise@2", "--margin", 0.3, "--permutations", 99)
    found = parsed("gaps", run_id, "--by", "accent", *options)
    assert (found["mode"], found["margin"], found["margin_declared"]) == ("speaker_mean", 0.3, 0.05)
    assert (found["adjustment"], found["permutations"]) == ("holm", 99)
    scores = load(run_id, store=open_store()).scores
    scores = scores[scores["condition_id"] == "white_noise@2"]
    own = gaps(scores, "accent", mode="speaker_mean", margin=0.3, permutations=99)
    assert len(found["gaps"]) == len(own)
    for row, (_, expected) in zip(found["gaps"], own.iterrows(), strict=True):
        assert {"system", "condition_id", "attribute", "group", "reference_group", "difference", "ci_low", "ci_high", "ratio",
                "ratio_low", "ratio_high", "p_value", "p_adjusted", "mde", "more_speakers", "verdict"} <= set(row)  # fmt: skip
        assert (row["difference"], row["verdict"], row["mode"]) == tuple(expected[["difference", "verdict", "mode"]])
        assert (row["p_value"] is None) == math.isnan(expected["p_value"])
    wanted = rates(scores, ["accent"], mode="speaker_mean")["rate"].tolist()
    assert [row["rate"] for row in found["rates"]] == wanted


def test_a_person_is_told_of_another_margin_and_of_exploring(run_id: str) -> None:
    shown = call("gaps", run_id, "--by", "accent", "--margin", 0.3, "--exploratory", "--permutations", 99)
    assert shown.exit_code == 0
    assert "was not declared in the study, which has 0.05" in shown.output
    assert "p (FDR)" in shown.output
    declared = call("gaps", run_id, "--by", "accent", "--permutations", 99)
    assert "not declared" not in declared.output and "p (Holm)" in declared.output


def test_a_condition_that_was_not_run_is_refused(run_id: str) -> None:
    refused = call("gaps", run_id, "--by", "accent", "--condition", "room@2")
    assert refused.exit_code == 2
    assert "no condition 'room@2'" in refused.stderr


def test_score_names_the_mean_that_it_took(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    rows = {
        mode: parsed("score", path, "--by", "accent", "--speaker", "who", "--normaliser", "none", "--mode", mode)[
            "rates"
        ]
        for mode in ("pooled", "speaker_mean", "utterance_mean")
    }
    found = pd.DataFrame({mode: [row["rate"] for row in of] for mode, of in rows.items()})
    assert found.to_numpy().ravel().tolist() == [2 / 6, 0.2, (0.25 + 1) / 3, 1 / 3, 0.25, 0.25]
    assert [row["mode"] for row in rows["speaker_mean"]] == ["speaker_mean"] * 2
    assert call("score", path, "--by", "accent", "--mode", "median").exit_code == 2
