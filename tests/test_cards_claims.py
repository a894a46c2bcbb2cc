"""Claims: what supports them, what refutes them, and that little evidence does neither."""

from __future__ import annotations

import numpy as np
import pytest

from tests.card_material import build, results
from tests.figure_frames import WORDS, Errors, scores
from workbench.cards import sections
from workbench.claims import Claim
from workbench.errors import CardError, StudyError
from workbench.fairness import rates, simultaneous_bounds
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import difference, difference_limits, rate_interval
from workbench.study import Study

GOOD: Errors = {name: [[5, 5], [6, 4], [5, 6], [4, 5], [6, 6], [5, 4]] for name in "abc"}
BAD: Errors = {**GOOD, "c": [[25, 26], [24, 28], [25, 22], [29, 26], [27, 24], [23, 26]]}
FEW: Errors = {**GOOD, "c": [[25, 26], [24, 28], [27, 22], [25, 26]]}


def verdicts(errors: Errors, *claims: str, **options: object) -> list[str]:
    card = build(results(errors, ["clean"]), claims=claims, **options)
    return [row.verdict for row in card.claims]


@pytest.mark.parametrize(
    ("errors", "claim", "verdict"),
    [
        (GOOD, "accent: accuracy >= 80 %", "SUPPORTED"),
        (GOOD, "accent: accuracy >= 90 %", "NOT ENOUGH INFORMATION"),
        (GOOD, "accent: accuracy >= 97 %", "REFUTED"),
        (BAD, "accent: accuracy >= 80 %", "REFUTED"),
        (FEW, "accent: accuracy >= 80 %", "NOT ENOUGH INFORMATION"),
        (GOOD, "accent: gap <= 10 points", "SUPPORTED"),
        (GOOD, "accent: gap <= 1 point", "NOT ENOUGH INFORMATION"),
        (BAD, "accent: gap <= 10 points", "REFUTED"),
        (FEW, "accent: gap <= 10 points", "NOT ENOUGH INFORMATION"),
        (FEW, "everyone: accuracy >= 50 %", "SUPPORTED"),
        (FEW, "everyone: accuracy >= 95 %", "REFUTED"),
    ],
)
def test_verdicts(errors: Errors, claim: str, verdict: str) -> None:
    assert verdicts(errors, claim) == [verdict]


def test_a_refuted_claim_names_its_worst_group_with_its_interval() -> None:
    row = build(results(BAD, ["clean"]), claims=["accent: accuracy >= 80 %"]).claims[0]
    assert (row.group, row.source) == ("c", "card")
    assert row.value is not None and row.low is not None and row.high is not None
    assert row.low < row.value < row.high < 0.8


def test_a_claim_about_every_group_is_not_supported_while_one_is_hidden() -> None:
    errors: Errors = {**GOOD, "d": [[5, 5], [6, 4]]}
    card = build(results(errors, ["clean"]), claims=["accent: accuracy >= 80 %"], minimum_speakers=5)
    assert card.claims[0].verdict == "NOT ENOUGH INFORMATION"
    assert "2\u00a0groups hidden" in card.claims[0].reason
    assert card.floors[0].floor is None


def test_without_claims_the_margin_is_the_claim_in_every_condition() -> None:
    card = build(results(GOOD, ["clean", "white_noise@2"]))
    assert [(row.claim, row.source, row.condition_id) for row in card.claims] == [
        ("accent: gap <= 3 points", "margin", "clean"),
        ("accent: gap <= 3 points", "margin", "white_noise@2"),
    ]


def test_one_condition_is_named_in_a_claim() -> None:
    card = build(results(GOOD, ["clean", "white_noise@2"]), claims=["everyone: accuracy >= 50 % in white_noise@2"])
    assert [row.condition_id for row in card.claims] == ["white_noise@2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accent is fine", "is no claim"),
        ("accent: accuracy >= 0 %", "outside 0 to 100"),
        ("everyone: gap <= 2 points", "everyone has no gap"),
        ("acent: gap <= 2 points", "did you mean 'accent'"),
        ("accent: gap <= 2 points in clear", "did you mean 'clean'"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_said(text: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        build(results(GOOD, ["clean"]), claims=[text])


def test_all_wrong_claims_are_said_at_once() -> None:
    with pytest.raises(CardError) as error:
        build(results(GOOD, ["clean"]), claims=["nonsense", "accent: accuracy >= 200 %"])
    assert "'nonsense' is no claim" in str(error.value)
    assert "200" in str(error.value)


def test_a_study_states_claims_and_refuses_what_is_none() -> None:
    fields = {"name": "s", "corpus": ["c.csv"], "engines": ["e"], "conditions": ["clean"]}
    with_claims = Study.create({**fields, "claims": ["accent: gap <= 2 points"]})
    assert Study.from_json(with_claims.to_json()) == with_claims
    assert "claims" not in Study.create(fields).to_json()
    with pytest.raises(StudyError, match="'x' is no claim"):
        Study.create({**fields, "claims": ["x"]})


@pytest.mark.parametrize(
    "text", ["accent: accuracy >= 92.5 %", "a b: gap <= 2 points in room@2", "accent: gap <= 0.5 points"]
)
def test_a_claim_and_its_text_are_one(text: str) -> None:
    assert str(Claim.parse(text)) == text


# -- the bounds behind them


def test_the_floor_is_the_least_lower_limit_of_intervals_that_hold_together() -> None:
    """Against the definition: each rate's interval with its tails divided by the number of groups, turned round.

    The errors of this frame are words missed, so that words right are 1 - WER; a looping recogniser is another test.
    """
    frame = scores(BAD, ["clean"])
    found = simultaneous_bounds(frame, "accent").set_index("group")
    for group, people in BAD.items():
        cell = SixSums.of([sum(p) for p in people], [WORDS * len(p) for p in people])
        wanted = rate_interval(cell, 1 - 0.05 / 3)
        assert found.loc[group, "low"] == pytest.approx(1 - wanted.high, abs=1e-12)
        assert found.loc[group, "high"] == pytest.approx(1 - wanted.low, abs=1e-12)
    single = rates(frame, ["accent"]).set_index("accent")
    assert (found["low"] < 1 - single["ci_high"]).all()
    assert build(results(BAD, ["clean"])).floors[0].floor == found["low"].min()


def test_limits_of_a_difference_at_the_usual_level_are_those_of_the_gap() -> None:
    one, other = SixSums.of([5, 7, 3, 9], [50, 40, 60, 50]), SixSums.of([12, 15, 9], [50, 45, 50])
    for a, b in ((one, other), (SixSums.of([0, 0], [50, 50]), other)):
        assert difference_limits(a, b) == difference(a, b).interval
        wide = difference_limits(a, b, 0.99)
        assert wide.low < difference_limits(a, b).low < difference_limits(a, b).high < wide.high
    assert not difference_limits(SixSums.of([1], [50]), other).known


def test_all_intervals_hold_at_once_in_95_of_100_samples() -> None:
    """Simulated: six equal groups of ten speakers; all six intervals cover the truth together at least as often as said."""
    rng = np.random.default_rng(7)
    n, held = 400, 0
    for _ in range(n):
        people = rng.gamma(4, 0.15 / 4, size=(6, 10))
        cells = [SixSums.of(rng.poisson(200 * row).tolist(), [200] * 10) for row in people]
        intervals = [rate_interval(cell, 1 - 0.05 / 6) for cell in cells]
        held += all(one.low <= 0.15 <= one.high for one in intervals)
    assert held / n >= 0.92


def test_words_that_are_invented_leave_the_floor_where_it_is_and_it_never_falls_below_nought() -> None:
    looping: Errors = {name: [[140, 90], [120, 95], [130, 60], [150, 70], [120, 85]] for name in "ab"}
    frame = scores(looping, ["clean"])
    frame["insertions"] += 60
    frame["errors"] += 60
    accuracy = simultaneous_bounds(frame, "accent")
    right = simultaneous_bounds(frame, "accent", measure="words_right").set_index("group")
    assert (accuracy["value"] < 0).all() and (right["low"] >= 0).all() and (right["high"] <= 1).all()
    for group, rows in frame.groupby("accent"):
        assert right.loc[group, "value"] == pytest.approx(rows["hits"].sum() / rows["ref_words"].sum(), abs=1e-12)
    card = build(results(scored=frame))
    assert all(row.floor is not None and 0 <= row.floor <= 1 for row in card.floors)
    assert "below 0" not in str(sections.floors(card))


def test_the_worst_served_group_is_the_one_with_the_highest_rate_not_the_one_with_the_widest_interval() -> None:
    errors: Errors = {"good": GOOD["a"], "few": [[1, 2], [20, 25]], "bad": BAD["c"]}
    card = build(results(errors, ["clean"]))
    row = next(row for row in card.rates if row.group == "bad")
    assert row.rate == max(row.rate for row in card.rates if row.rate is not None)
    assert card.floors[0].group == "few", "two speakers who differ set the floor"
    table = sections.floors(card)
    assert table is not None
    (cells,) = [line for line in table["blocks"][0]["rows"] if any("few" in str(cell) for cell in line)]
    named = dict(zip(table["columns"], cells, strict=True))
    assert str(named["Worst served (WER)"]).startswith("bad")
    assert str(named["Group that sets the floor"]).startswith("few")
    assert "Caveat" in named
