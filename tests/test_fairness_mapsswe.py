"""MAPSSWE: NIST's numbers, a second segmentation, and what a test of two sides must obey."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.fairness.comparison.mapsswe import mapsswe, segments
from workbench.text import align_words, error_places

WORDS = st.lists(st.sampled_from("abc"), max_size=12).map(" ".join)


def cut(reference: str, first: str, second: str, min_good: int = 2) -> list[tuple[int, int]]:
    found = segments(error_places([reference], [first]), error_places([reference], [second]), min_good=min_good)
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


def spelled(reference: str, first: str, second: str) -> str:
    """The sentence as letters: what stands before each reference word and on it. g: right in both; 1, 2: error of one."""
    before: list[str] = [""] * (len(reference.split()) + 1)
    wrong: list[str] = [""] * len(reference.split())
    for mark, hypothesis in (("1", first), ("2", second)):
        word = 0
        for step in align_words(reference, hypothesis):
            if step.op == "insertion":
                before[word] += mark
            else:
                wrong[word] += mark if step.op != "hit" else ""
                word += 1
    return "".join(
        b + (w or "g") for b, w in zip(before, [*wrong, ""], strict=True)
    )  # a g after the end changes nothing


def by_regular_expression(reference: str, first: str, second: str, min_good: int) -> list[tuple[int, int]]:
    """An independent definition: cut the spelled sentence at runs of right words, keep the pieces with an error."""
    pieces = re.split(f"g{{{min_good},}}", spelled(reference, first, second))
    return [(piece.count("1"), piece.count("2")) for piece in pieces if set(piece) - {"g"}]


@pytest.mark.parametrize(
    ("reference", "first", "second", "expected"),
    [
        ("a b c d e f", "a b c d e f", "a b c d e f", []),
        ("a b c d e f", "x b c d e f", "a b c d e x", [(1, 0), (0, 1)]),  # four right words between
        ("a b c d", "x b c d", "a b c x", [(1, 0), (0, 1)]),  # two right words: NIST's setting ends a segment
        ("a b c", "x b c", "a b x", [(1, 1)]),  # one right word does not
        ("a b c d", "x b y c d", "a b c x", [(2, 1)]),  # nor two with a word invented between them
        ("a b", "a b x", "a b", [(1, 0)]),  # invented after the last word
        ("a b", "a b", "a b x", [(0, 1)]),  # of the second side too, where SCTK does not look
        ("a b c d", "", "a b c d", [(4, 0)]),
    ],
)
def test_hand_made_sentences(reference, first, second, expected) -> None:
    assert cut(reference, first, second) == expected


@given(WORDS, WORDS, WORDS, st.integers(1, 4))
def test_segments_equal_those_of_a_second_definition(reference, first, second, min_good) -> None:
    found = cut(reference, first, second, min_good)
    assert found == by_regular_expression(reference, first, second, min_good)
    assert found == [(b, a) for a, b in cut(reference, second, first, min_good)]


def test_segments_do_not_reach_over_utterances() -> None:
    found = segments(error_places(["a b", "a b"], ["a x", "x b"]), error_places(["a b", "a b"], ["a b", "a b"]))
    assert found.row.tolist() == [0, 1]
    assert found.first.tolist() == [1, 1]


def test_nists_example() -> None:
    result = mapsswe(np.array([1, 1, 0]), np.array([0, 0, 0]))
    assert (round(result.mean, 3), round(result.sd, 3), round(result.z, 3)) == (0.667, 0.577, 2.0)
    assert result.n_segments == 3
    assert "fewer than 50" in result.reason


def test_z_is_the_paired_t_statistic_with_the_normal_law(rng) -> None:
    first, second = rng.poisson(1.0, 300), rng.poisson(1.2, 300)
    result = mapsswe(first, second)
    t = stats.ttest_rel(first, second)
    assert result.z == pytest.approx(t.statistic)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(t.statistic)))
    assert result.reason == ""
    assert mapsswe(second, first).z == pytest.approx(-result.z)


@pytest.mark.parametrize(
    ("first", "second", "p_value", "reason"),
    [([], [], 1.0, "no segment differs"), ([2, 1], [2, 1], 1.0, "no segment differs"),
     ([1], [0], np.nan, "1 segment"), ([1, 1], [0, 0], np.nan, "by the same")],
)  # fmt: skip
def test_without_spread_there_is_no_z_and_the_reason_says_why(first, second, p_value, reason) -> None:
    result = mapsswe(np.array(first, dtype=np.int64), np.array(second, dtype=np.int64))
    assert np.isnan(result.z)
    assert result.p_value == pytest.approx(p_value, nan_ok=True)
    assert reason in result.reason
