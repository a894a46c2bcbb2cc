"""The verdicts of the regression check, one rule each, on gaps made by hand."""

from __future__ import annotations

import pytest

from workbench.errors import ScoringError
from workbench.fairness.comparison.gap_checks import GapCheck, judged
from workbench.fairness.inference.intervals import Difference, Interval

MARGIN = 0.02


def checked(
    first: float,
    second: float,
    *,
    half: float = 0.01,
    half_second: float = 0.03,
    p: float = 0.001,
    speakers: tuple[int, int] = (20, 20),
    group: str = "south",
    mirrored: bool = False,
) -> GapCheck:
    """A gap that went from ``first`` to ``second``, its change known to ``half`` and the second gap to ``half_second``."""
    change = Difference(second - first, Interval(second - first - half, second - first + half), p_value=p)
    after = Interval(second - half_second, second + half_second)
    return GapCheck(
        "accent", group, "rest", *speakers, first, Difference(second, after, skewed=after), change, mirrored
    )


def verdicts(*checks: GapCheck, margin: float | None = MARGIN) -> list[object]:
    return [row["verdict"] for row in judged([({"model": "m"}, check) for check in checks], margin)]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (checked(0.05, 0.10), "WORSE"),  # behind, and further behind
        (checked(-0.10, 0.05), "WORSE"),  # was ahead, is behind
        (checked(0.10, 0.05), "BETTER"),
        (checked(0.05, -0.05), "BETTER"),  # overtook the others: it had been behind
        (checked(-0.10, -0.05), "NO WORSE"),  # still ahead: the gap shrank
        (checked(-0.05, -0.10), "NO WORSE"),  # further ahead: no gap of this group got smaller
        (checked(0.00, 0.015, half_second=0.002), "NO WORSE"),  # grew, to a gap that the margin calls none
        (checked(0.00, 0.015), "INCONCLUSIVE"),  # the same, but the gap may be larger than the margin by now
        (checked(0.05, 0.06, half=0.05, p=0.4), "INCONCLUSIVE"),
        (checked(0.05, 0.05, half=0.01, p=1.0), "NO WORSE"),  # grew by less than the margin
        (checked(0.05, 0.10, p=0.06, half=0.06), "INCONCLUSIVE"),
        (checked(0.05, 0.10, speakers=(4, 40)), "INCONCLUSIVE"),
        (checked(0.05, 0.10, speakers=(40, 4)), "INCONCLUSIVE"),
        (checked(0.05, 0.10, half=float("nan")), "NOT COMPUTED"),
    ],
)
def test_each_rule(check, expected) -> None:
    assert verdicts(check) == [expected]


def test_without_a_margin_any_gap_is_one_and_nothing_is_no_worse() -> None:
    assert verdicts(checked(0.0, 0.015), checked(0.05, 0.05, p=1.0, group="east"), margin=None) == [
        "WORSE",
        "INCONCLUSIVE",
    ]


@pytest.mark.parametrize("margin", [0.0, -0.01, float("nan"), float("inf")])
def test_a_margin_that_is_no_positive_number_is_refused(margin: float) -> None:
    with pytest.raises(ScoringError, match="is not above 0 and below 100 points"):
        verdicts(checked(0.0, 0.015), margin=margin)


def test_one_of_many_is_not_worse_by_chance() -> None:
    many = [checked(0.05, 0.10, p=0.01, group=f"g{k}") for k in range(10)]
    assert verdicts(many[0]) == ["WORSE"]
    assert set(verdicts(*many)) == {"INCONCLUSIVE"}
    row = judged([({"model": "m"}, check) for check in many], MARGIN)[0]
    assert row["p_adjusted"] == pytest.approx(0.1)
    assert "may be chance among so many gaps (Holm p = 0.1)" in str(row["reason"])


def test_two_groups_that_are_each_others_rest_are_one_comparison() -> None:
    both = [checked(0.05, 0.10, p=0.03, mirrored=True), checked(-0.05, -0.10, p=0.03, group="north", mirrored=True)]
    assert verdicts(*both) == ["WORSE", "NO WORSE"]
    assert [row["p_adjusted"] for row in judged([({"model": "m"}, check) for check in both], MARGIN)] == [0.03, 0.03]


def test_conditions_and_systems_are_one_family() -> None:
    pairs = [({"condition": name}, checked(0.05, 0.10, p=0.03, mirrored=True)) for name in ("clean", "noise")]
    assert [row["p_adjusted"] for row in judged(pairs, MARGIN)] == [0.06, 0.06]
