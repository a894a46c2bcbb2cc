"""The committed table keeps what it promises, and a small part of the simulations, run again, agrees with it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import calibration as suite
from bench import calibration_clusters as clusters
from bench import calibration_gaps as gaps
from bench.usual_intervals import monte_carlo_error

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(DOCS / "calibration.csv")


def shares(table: pd.DataFrame, name: str, *methods: str) -> pd.DataFrame:
    found = table[(table["table"] == name) & table["method"].isin(methods)]
    assert len(found)
    return found.assign(
        error=[monte_carlo_error(s, n) for s, n in zip(found["share"], found["repetitions"], strict=True)]
    )


@pytest.mark.parametrize("name", ["coverage", "coverage, no gap"])
def test_intervals_hold_the_truth_in_93_to_97_of_100_at_every_number_of_speakers(table, name):
    found = shares(table, name, "rate", "gap", "ratio")
    assert len(found) == 3 * len(suite.SIZES)
    assert found["share"].between(0.93, 0.97).all()


def test_a_gap_is_called_where_there_is_none_in_6_of_100_at_most_or_what_the_simulation_cannot_tell_from_it(table):
    found = shares(table, "gap test", "GAP")
    assert len(found) == len(gaps.NULL)
    unequal = found["scenario"].str.contains("CV 0.8 and 0.3")
    # A small group whose speakers vary 2.7 times as much: 8.1 +- .3 % in 10,000 audits. No test of the table holds there; limits.md says it.
    small = found["scenario"].isin(["6 against 30, CV 0.8 and 0.3", "5 against 50, CV 0.8 and 0.3"])
    limit = np.where(small, 0.09, np.where(unequal, 0.07, 0.06))
    assert (found["share"] <= limit + 2 * found["error"]).all()
    searched = shares(table, "search", "any firm GAP")
    assert len(searched) == len(gaps.SEARCHES)
    # 5 of 100 are meant, 5.5 +- .2 were found in 10,000 studies of one condition; limits.md says it.
    assert (searched["share"] <= 0.055 + 2 * searched["error"]).all()
    assert (shares(table, "grid", "familywise p < .05", "answer other than none")["share"] <= 0.06).all()


def test_the_interval_that_agrees_with_the_test_holds_the_truth(table):
    """Not in mixtures of good and very bad speakers, of which few samples have their share: those are in the table."""
    found = shares(table, "gap interval", "ratio", "points")
    odd = found["scenario"].str.contains("mixture|hallucinating|CV 0.8 and 0.3")
    assert (found.loc[~odd, "share"] > 0.93 - 2 * found.loc[~odd, "error"]).all()
    assert (found.loc[odd, "share"] > 0.80).all()


def test_small_groups_that_are_worse_off_are_found_more_often_than_before(table):
    for name in ("6 against 30, 24% against 12%", "5 against 50, 24% against 12%", "8 against 100, 24% against 12%"):
        power = shares(table, "gap power", "GAP", "old: GAP")
        power = power[power["scenario"] == name].set_index("method")["share"]
        assert power["GAP"] > power["old: GAP"] + 0.15


def test_interactions_and_standardised_gaps_are_called_where_there_are_none_in_6_of_100_at_most(table):
    for name, method in (("interactions", "any cell, family-wise p < .05"), ("standardised", "p < .05")):
        found = shares(table, name, method)
        assert (found["share"] <= 0.06 + found["error"]).all()
    assert (shares(table, "interactions", "coverage")["share"] > 0.92).all()
    assert (shares(table, "standardised", "coverage, gap", "coverage, ratio")["share"] > 0.93).all()


def test_equality_is_claimed_at_the_margin_in_5_of_100_at_most(table):
    assert (shares(table, "equivalence", "verdict EQUIVALENT")["share"] <= 0.05).all()


def test_what_others_do_is_in_the_table_and_misses(table):
    found = shares(table, "coverage", *suite.PEERS)
    assert set(found["method"]) == set(suite.PEERS)
    assert (found["share"] < 0.93).all()


def test_the_page_is_written_from_the_table(table):
    page = (DOCS / "calibration.md").read_text(encoding="utf-8")
    command = page.split("`")[1]
    assert page == suite.to_markdown(table, command=command)


@pytest.mark.parametrize("scenario", [suite.COVERAGE[0], suite.COVERAGE[4]], ids=lambda scenario: scenario.name)
def test_coverage_run_again_agrees(table, scenario):
    for row in suite.coverage(scenario, 400, table="coverage"):
        agrees(table, row)


@pytest.mark.parametrize("at", [3, 4, 10], ids=lambda at: suite.NULL[at].name)
def test_false_alarms_run_again_agree(table, at):
    for row in suite.alarms(suite.NULL[at], 250, table="false alarms"):
        agrees(table, row)


def test_equality_run_again_agrees(table):
    for row in suite.equivalence(suite.EQUIVALENCE[8], 400, table="equivalence"):
        agrees(table, row)


def test_a_peer_run_again_agrees(table):
    for row in suite.peer_coverage(suite.COVERAGE[1], 60, table="coverage"):
        agrees(table, row)


def agrees(table: pd.DataFrame, row: dict[str, object]) -> None:
    """The same draws in fewer repetitions: within four standard errors of the committed share."""
    same = (
        (table["table"] == row["table"]) & (table["scenario"] == row["scenario"]) & (table["method"] == row["method"])
    )
    committed = float(table.loc[same, "share"].item())
    n = int(str(row["repetitions"]))
    assert abs(float(str(row["share"])) - committed) <= 4 * math.sqrt(max(committed * (1 - committed), 0.002) / n), row


def test_declared_clusters_and_prompts_hold_their_level_where_speakers_alone_do_not(table):
    called, before = (shares(table, "clusters", name) for name in ("GAP", "old: GAP"))
    assert len(called) == len(clusters.WORLDS)
    assert (called["share"] <= 0.06 + 2 * called["error"]).all()
    assert before["share"].max() > 0.25
    rate = shares(table, "clusters", "rate")
    assert (rate["share"] >= 0.93 - 2 * rate["error"]).all()  # a rate without clusters is held as often: 93.5 to 94.6 %


def test_no_system_is_called_fairer_and_no_attribute_to_interact_where_it_is_not(table):
    found = shares(table, "fairness checks", "spread of groups", "worst group / mean")
    fair = found[found["scenario"].str.contains("as fair")]
    assert (fair["share"] <= 0.06).all()
    assert found.loc[found["scenario"].str.contains("groups of 24"), "share"].min() > 0.7
    joint = shares(table, "joint model", "interaction", "accents", "one accent")
    assert (joint["share"] <= 0.06 + 2 * joint["error"]).all()
    few = shares(table, "few speakers", "past 100 %").set_index("scenario")["share"]
    assert few["2 speakers"] > 0.3 > 0.05 > few["3 speakers"]
