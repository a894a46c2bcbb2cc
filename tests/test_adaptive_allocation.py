"""Adaptive allocation: Neyman's numbers by brute force, whole speakers, and no more than there are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from workbench.adaptive.allocation import CellState, half_width, next_round
from workbench.fairness import gaps, metrics, rates
from workbench.fairness.counts.cells import SixSums, tallied
from workbench.fairness.inference.stopping import STOPPING, factors


def cell(sd: float, n: int = 8, *, waiting: int = 100, rate: float = 0.3, cost: float = 1.0) -> CellState:
    """A group of speakers with 100 words each whose rates are spread evenly with this standard deviation."""
    steps = np.linspace(-1.0, 1.0, n)
    rates = rate + sd * steps / steps.std(ddof=1)
    return CellState(SixSums.of((100 * rates).tolist(), [100] * n), waiting, cost)


def by_hand(a: CellState, more_a: int, b: CellState, more_b: int) -> float:
    """Welch's half-width with so many more speakers who vary as those known (all say equally much).

    A variance counts 1.21 times as long as speakers are left.
    """
    n_a, n_b = a.sums.n_speakers + more_a, b.sums.n_speakers + more_b
    v_a, v_b = (
        one.sums.variance * one.sums.n_speakers / n * (1.21 if more < one.waiting else 1)
        for one, more, n in ((a, more_a, n_a), (b, more_b, n_b))
    )
    welch = (v_a + v_b) ** 2 / (v_a**2 / (n_a + 1) + v_b**2 / (n_b + 1)) - 2
    alike = (1 / n_a + 1 / n_b) ** 2 / (1 / (n_a**2 * (n_a - 1)) + 1 / (n_b**2 * (n_b - 1)))
    return float(t.ppf(0.975, max(1.0, min(welch, alike))) * math.sqrt(v_a + v_b))


def test_the_half_width_is_that_of_the_interval() -> None:
    a, b = cell(0.1, waiting=0), cell(0.2, waiting=0)
    assert half_width(a.sums, b.sums) == pytest.approx(by_hand(a, 0, b, 0))
    assert half_width(a.sums, SixSums.of([3], [100])) == math.inf


@pytest.mark.parametrize(("sd", "cost"), [((0.1, 0.1), (1, 1)), ((0.05, 0.2), (1, 1)), ((0.1, 0.1), (1, 9))])
def test_two_groups_get_the_cheapest_numbers_that_there_are(sd: tuple[float, float], cost: tuple[float, float]) -> None:
    cells = {"a": cell(sd[0], cost=cost[0]), "b": cell(sd[1], cost=cost[1])}
    target = 0.06
    plan = next_round(cells, reference="b", target=target, share=1.0)
    reached = by_hand(cells["a"], plan["a"], cells["b"], plan["b"])
    assert reached <= target * 1.0001
    cheapest = min(
        cost[0] * x + cost[1] * y
        for x, y in itertools.product(range(101), repeat=2)
        if by_hand(cells["a"], x, cells["b"], y) <= target
    )
    assert cheapest > 0
    assert cost[0] * plan["a"] + cost[1] * plan["b"] <= 1.03 * cheapest + max(cost)


def test_the_numbers_follow_the_standard_deviations_as_neyman_says() -> None:
    cells = {"a": cell(0.3, waiting=10_000), "b": cell(0.1, waiting=10_000)}
    plan = next_round(cells, reference="b", target=0.02, share=1.0)
    assert (plan["a"] + 8) / (plan["b"] + 8) == pytest.approx(3.0, rel=0.05)


def test_one_reference_serves_several_groups() -> None:
    """With K equal groups Dunnett's rule gives the common reference about sqrt(K) times as many speakers."""
    cells = {name: cell(0.2, waiting=10_000) for name in "abcd"} | {"ref": cell(0.2, waiting=10_000)}
    plan = next_round(cells, reference="ref", target=0.03, share=1.0)
    n = {name: more + 8 for name, more in plan.items()}
    assert max(n[name] for name in "abcd") - min(n[name] for name in "abcd") <= 1
    assert n["ref"] / n["a"] == pytest.approx(2.0, rel=0.15)


def test_what_is_certain_enough_is_left_alone() -> None:
    cells = {"even": cell(0.01), "uneven": cell(0.2), "ref": cell(0.02)}
    target = 1.2 * half_width(cells["even"].sums, cells["ref"].sums)
    plan = next_round(cells, reference="ref", target=target)
    assert plan["even"] == 0 < plan["uneven"]
    wide = 1.2 * half_width(cells["uneven"].sums, cells["ref"].sums)
    assert next_round(cells, reference="ref", target=wide) == {"even": 0, "uneven": 0, "ref": 0}


def test_nobody_is_transcribed_who_is_not_there() -> None:
    cells = {"a": cell(0.3, waiting=3), "ref": cell(0.3, waiting=2)}
    assert next_round(cells, reference="ref", target=0.001, share=1.0) == {"a": 3, "ref": 2}
    gone = {"a": cell(0.3, waiting=0), "ref": cell(0.3, waiting=0)}
    assert next_round(gone, reference="ref", target=0.001) == {"a": 0, "ref": 0}


def test_a_round_adds_a_share_of_what_is_missing_and_at_least_one() -> None:
    cells = {"a": cell(0.2), "ref": cell(0.2)}
    whole = next_round(cells, reference="ref", target=0.07, share=1.0)
    half = next_round(cells, reference="ref", target=0.07)
    assert half == {name: math.ceil(more / 2) for name, more in whole.items()}
    tight = half_width(cells["a"].sums, cells["ref"].sums) * 0.999
    assert sum(next_round(cells, reference="ref", target=tight, share=0.1).values()) >= 1


def test_the_first_speakers_of_every_cell_come_before_anything_is_decided() -> None:
    cells = {"a": CellState(SixSums.of([30], [100]), 20), "b": CellState(SixSums(), 2), "ref": cell(0.1)}
    assert next_round(cells, reference="ref", target=0.9) == {"a": 7, "b": 2, "ref": 0}
    assert next_round(cells, reference="ref", target=0.9, pilot=12) == {"a": 11, "b": 2, "ref": 4}


def test_a_gap_that_cannot_be_known_asks_for_nobody() -> None:
    cells = {"one": CellState(SixSums.of([30], [100]), 0), "a": cell(0.2), "ref": cell(0.1)}
    plan = next_round(cells, reference="ref", target=0.05)
    assert plan == {"one": 0} | next_round({name: cells[name] for name in ("a", "ref")}, reference="ref", target=0.05)


def test_the_order_of_the_groups_does_not_matter() -> None:
    cells = {"b": cell(0.2), "a": cell(0.2), "ref": cell(0.1)}
    turned = dict(reversed(cells.items()))
    assert next_round(cells, reference="ref", target=0.05) == next_round(turned, reference="ref", target=0.05)


def test_a_width_that_would_do_without_stopping_does_not_do_with_speakers_left() -> None:
    cells = {"a": cell(0.2), "ref": cell(0.2)}
    just = 1.05 * half_width(cells["a"].sums, cells["ref"].sums)
    assert sum(next_round(cells, reference="ref", target=just).values()) > 0
    gone = {name: CellState(one.sums, 0) for name, one in cells.items()}
    assert next_round(gone, reference="ref", target=just) == {"a": 0, "ref": 0}


def rows_of(people: dict[str, list[int]]) -> pd.DataFrame:
    """One row of 100 words per speaker, with so many errors, of one model under one condition."""
    return pd.DataFrame(
        [
            {
                "model_id": "m", "condition_id": "clean", "corpus_id": "c", "speaker_id": f"{group}{number}", "accent": group,
                "errors": e, "ref_words": 100, "substitutions": e, "deletions": 0, "insertions": 0, "char_errors": e, "ref_chars": 500,
            }
            for group, errors in people.items()
            for number, e in enumerate(errors)
        ]
    )  # fmt: skip


def test_only_cells_with_speakers_left_have_a_factor() -> None:
    everyone = rows_of({"a": [1, 2, 3], "b": [4, 5, 6]})
    heard = pd.concat(
        [everyone[everyone["speaker_id"] != "b2"], everyone.assign(condition_id="noise")], ignore_index=True
    )
    found = factors(heard, everyone, "accent")
    lacking = (heard["condition_id"] == "clean") & (heard["accent"] == "b")
    assert found.tolist() == [STOPPING if one else 1.0 for one in lacking]
    other_corpus = pd.concat([everyone, everyone.assign(corpus_id="d")])  # equal names, other people
    assert (factors(everyone, other_corpus, "accent") == STOPPING).all()


def test_the_factor_widens_intervals_of_gaps_and_rates_by_its_root_and_nothing_else() -> None:
    rows = rows_of({"a": [20, 30, 25, 35, 40, 22, 31, 28], "b": [10, 12, 30, 9, 20, 14, 18, 11]})
    wide = rows.assign(stopping_factor=STOPPING)
    own, other = (gaps(frame, "accent", reference="b").iloc[0] for frame in (rows, wide))
    assert other["difference"] == own["difference"]
    assert other["p_value"] >= own["p_value"]  # intervals and the test agree: a wider interval is a larger p
    widths = [frame["ci_high"] - frame["difference"] for frame in (own, other)]
    assert 1.05 < widths[1] / widths[0] < 1.2  # in points the path is not straight; on the log scale it is
    assert math.log(other["ratio_high"] / other["ratio"]) == pytest.approx(
        1.1 * math.log(own["ratio_high"] / own["ratio"])
    )
    plain, enlarged = (rates(frame, ["accent"]) for frame in (rows, wide))
    roots = [np.sqrt(frame["ci_high"]) - np.sqrt(frame["rate"]) for frame in (plain, enlarged)]
    assert (roots[1] / roots[0]).tolist() == pytest.approx([1.1, 1.1])


def test_a_cell_has_the_largest_factor_of_its_rows_also_when_they_are_added_up_before() -> None:
    rows = rows_of({"a": [20, 30, 25, 35], "b": [10, 12, 30, 9]}).assign(utterance_id="u", normaliser_id="basic")
    half = rows.assign(stopping_factor=np.where(rows["speaker_id"] == "a1", STOPPING, 1.0))
    found = rates(half, ["accent"])
    assert found.equals(rates(tallied(half), ["accent"]))
    assert metrics(half, ["accent"]).equals(metrics(tallied(half), ["accent"]))
    whole = rates(rows.assign(stopping_factor=np.where(rows["accent"] == "a", STOPPING, 1.0)), ["accent"])
    assert found.equals(whole)
    assert not found.equals(rates(rows, ["accent"]))
    rest = gaps(half, "accent")
    widths = (rest["ci_high"] - rest["ci_low"]).tolist()
    assert widths[0] == pytest.approx(widths[1])
    assert widths[0] > (gaps(rows, "accent")["ci_high"] - gaps(rows, "accent")["ci_low"]).iloc[0]
