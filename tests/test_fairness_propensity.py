"""Propensity matching: pairs checked one by one, balance by hand, and the cases without pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.audits import audit
from workbench.errors import ScoringError
from workbench.fairness import gaps
from workbench.fairness.adjusted.covariates import with_covariates
from workbench.fairness.adjusted.propensity import APART, _pairs, balance, match, propensity_matched
from workbench.fairness.counts.cells import CELL, six_sums, speaker_sums
from workbench.fairness.counts.sides import comparisons
from workbench.fairness.inference.intervals import difference
from workbench.schema import BALANCE


def sides(frame, covariates=()):
    ready = with_covariates(frame, covariates)
    return next(one.sides for one in comparisons(ready, "accent", "A") if one.group == "B")


def slowly(logit, side, width):
    """The same greedy rule, written without any short cut."""
    free = {int(i) for i in np.flatnonzero(~side)}
    pairs = []
    for one in sorted(np.flatnonzero(side), key=lambda i: (-logit[i], i)):
        near = [i for i in free if abs(logit[i] - logit[one]) <= width]
        if near:
            best = min(abs(logit[i] - logit[one]) for i in near)
            pairs.append((one, best))
            free.remove(next(i for i in sorted(near, key=lambda i: -logit[i]) if abs(logit[i] - logit[one]) == best))
    return pairs


@pytest.mark.parametrize("seed", range(6))
def test_pairs_are_the_greedy_nearest_neighbours(seed):
    rng = np.random.default_rng(seed)
    logit, side = rng.normal(size=120), rng.random(120) < 0.4
    group, reference = _pairs(logit, side, 0.1)
    assert len(set(group)) == len(group) and len(set(reference)) == len(reference)
    assert side[group].all() and not side[reference].any()
    expected = slowly(logit, side, 0.1)
    assert group.tolist() == [one for one, _ in expected]
    assert np.abs(logit[group] - logit[reference]) == pytest.approx([distance for _, distance in expected])


def confounded(seed=2):
    """B speaks in longer utterances; the longer, the more errors; no gap at equal length."""
    rng = np.random.default_rng(seed)
    frame = audit((20, 20), gap=0.0, seed=seed, n_utterances=20)
    longer = rng.normal(0.8 * (frame["accent"] == "B"), 1)
    return frame.assign(
        duration_s=3 * np.exp(longer), errors=rng.poisson(frame["ref_words"] * 0.15 * np.exp(0.5 * longer))
    )


def test_matching_takes_away_what_the_covariate_made():
    frame = confounded()
    raw = gaps(frame, "accent", reference="A").iloc[0]
    found = propensity_matched(sides(frame, ["log_duration"]), ["log_duration"])
    assert raw["ci_low"] > 0
    assert found.interval.low < 0 < found.interval.high and abs(found.difference) < raw["difference"] / 3
    assert 0.3 < found.coverage < 1 and "of the group's 400 utterances have a match" in found.reason


def test_the_same_rows_give_the_same_pairs_and_all_within_the_caliper():
    frame = confounded()
    first, second = (match(sides(frame, ["log_duration", "gender"]), ["log_duration", "gender"]) for _ in range(2))
    assert first.group.tolist() == second.group.tolist() and first.reference.tolist() == second.reference.tolist()
    in_group = sides(frame).in_group
    sd = np.sqrt((first.logit[in_group].var(ddof=1) + first.logit[~in_group].var(ddof=1)) / 2)
    assert np.abs(first.logit[first.group] - first.logit[first.reference]).max() <= 0.2 * sd + 1e-12


def test_the_matched_gap_is_the_gap_of_the_matched_rows():
    frame = confounded()
    both = sides(frame, ["log_duration"])
    found = match(both, ["log_duration"])
    rows = both.rows.iloc[np.concatenate([found.group, found.reference])]
    raw = gaps(rows, "accent", reference="A").iloc[0]
    estimate = propensity_matched(both, ["log_duration"])
    assert estimate.difference == pytest.approx(raw["difference"])
    cells = six_sums(
        speaker_sums(rows, ["accent"], method="linearised", empty_references="separate"), [*CELL, "accent"]
    )
    group, reference = (next(cell for key, cell in cells.items() if key[-1] == name) for name in (raw["group"], "A"))
    own = difference(group, reference).interval  # t over speakers; that of gaps agrees with its permutation test
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((own.low, own.high))


def test_balance_by_hand():
    frame = confounded()
    table = balance(frame, "accent", ["log_duration", "gender"], reference="A")
    BALANCE.validate(table)
    row = table[table["covariate"] == "log_duration"].iloc[0]
    logs = np.log(frame["duration_s"])
    ours, theirs = logs[frame["accent"] == "B"], logs[frame["accent"] == "A"]
    assert row["smd_before"] == pytest.approx((ours.mean() - theirs.mean()) / np.sqrt((ours.var() + theirs.var()) / 2))
    assert row["smd_before"] > 0.5 and abs(row["smd_after"]) < 0.15
    assert row["mean_group"] - row["mean_reference"] == pytest.approx(ours.mean() - theirs.mean())
    found = match(sides(frame, ["log_duration", "gender"]), ["log_duration", "gender"])
    rows = sides(frame, ["log_duration"]).rows["log_duration"]
    after = rows[found.group].mean() - rows[found.reference].mean()
    assert row["smd_after"] == pytest.approx(after / np.sqrt((ours.var() + theirs.var()) / 2))
    assert row["n_pairs"] == len(found.group)


def test_covariates_that_tell_the_sides_apart_leave_nothing():
    frame = audit()
    frame["duration_s"] = np.where(frame["accent"] == "B", 100.0, 1.0) * (1 + np.arange(len(frame)) / 1e4)
    found = propensity_matched(sides(frame, ["log_duration"]), ["log_duration"])
    assert found.reason == APART and np.isnan(found.difference) and found.coverage == 0
    row = balance(frame, "accent", ["log_duration"], reference="A").iloc[0]
    assert row["smd_before"] > 10 and np.isnan(row["smd_after"]) and row["n_pairs"] == 0 and row["reason"] == APART


def test_a_level_of_one_side_only_stays_finite():
    frame = audit()
    frame.loc[frame["speaker_id"].isin(["B0", "B1", "B2"]), "gender"] = "x"
    found = match(sides(frame), ["gender"])
    assert np.isfinite(found.logit).all() and len(found.group)
    assert "x" not in set(sides(frame).rows["gender"].iloc[found.reference])


def test_constant_and_missing_covariates():
    frame = audit().assign(duration_s=2.0)
    assert match(sides(frame, ["log_duration"]), ["log_duration"]).reason == "no covariate varies here"
    frame = audit().assign(duration_s=np.nan)
    assert "no utterance with all covariates" in match(sides(frame, ["log_duration"]), ["log_duration"]).reason
    assert "no utterance with all covariates" in balance(frame, "accent", ["log_duration"])["reason"].iloc[0]


def test_collinear_covariates_are_said_in_the_table():
    frame = audit()
    frame["x"], frame["y"] = frame["ref_words"] * 1.0, frame["ref_words"] * 2.0
    assert "'y' follows from 'x'" in balance(frame, "accent", ["x", "y"], reference="A")["reason"].iloc[0]


def test_one_speaker_gives_no_interval_and_nothing_an_empty_table():
    found = propensity_matched(sides(audit((1, 5))), ["gender"])
    assert not found.interval.known and "fewer than 2 speakers" in found.reason and np.isfinite(found.difference)
    assert balance(audit().iloc[:0], "accent", ["gender"]).empty
    with pytest.raises(ScoringError, match="no covariate 'nothing'"):
        balance(audit(), "accent", ["nothing"])


def test_a_frame_with_any_index_is_matched_alike():
    frame = confounded()
    shuffled = pd.concat([frame]).set_axis(np.zeros(len(frame), dtype=int))
    assert propensity_matched(sides(shuffled, ["gender"]), ["gender"]) == propensity_matched(
        sides(frame, ["gender"]), ["gender"]
    )
