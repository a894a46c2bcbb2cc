"""NIST's sclite by its documentation: the distances 0, 3, 3 and 4, written anew here, and what they make of our totals."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import count_words

Totals = tuple[int, int, int, int]
"""Correct, substituted, deleted, inserted, as a line of sclite's report has them (#C #S #D #I)."""

CASES: list[tuple[str, str, Totals]] = [
    ("", "", (0, 0, 0, 0)),
    ("turn the pump off", "turn the pump off", (4, 0, 0, 0)),
    ("turn the pump off", "", (0, 0, 4, 0)),
    ("", "thanks for watching", (0, 0, 0, 3)),
    ("turn the pump off", "turn a pump off", (3, 1, 0, 0)),
    ("do not resuscitate", "do resuscitate", (2, 0, 1, 0)),
    ("turn it off", "turn it off now please", (3, 0, 0, 2)),
    ("a b c d", "b c d e", (3, 0, 1, 1)),
    ("one two three four five six", "one too tree four fife", (2, 3, 1, 0)),
]


def sclite(reference: str, hypothesis: str) -> set[Totals]:
    """Return the totals of every alignment of least cost: correct 0, inserted 3, deleted 3, substituted 4.

    Source: SCTK, doc/sclite.htm, "the alignment process".
    """
    said, heard = reference.split(), hypothesis.split()

    @cache
    def best(i: int, j: int) -> tuple[int, frozenset[Totals]]:
        if i == j == 0:
            return 0, frozenset({(0, 0, 0, 0)})
        steps = []
        if i and j:
            same = said[i - 1] == heard[j - 1]
            steps.append((i - 1, j - 1, 0 if same else 4, (1, 0, 0, 0) if same else (0, 1, 0, 0)))
        if i:
            steps.append((i - 1, j, 3, (0, 0, 1, 0)))
        if j:
            steps.append((i, j - 1, 3, (0, 0, 0, 1)))
        costs = [(best(a, b)[0] + cost, a, b, step) for a, b, cost, step in steps]
        least = min(cost for cost, *_ in costs)
        ways = {
            tuple(x + y for x, y in zip(totals, step, strict=True))
            for cost, a, b, step in costs
            if cost == least
            for totals in best(a, b)[1]
        }
        return least, frozenset(ways)  # type: ignore[arg-type]

    return set(best(len(said), len(heard))[1])


@pytest.mark.parametrize(("reference", "hypothesis", "totals"), CASES)
def test_the_totals_are_sclites(reference: str, hypothesis: str, totals: Totals) -> None:
    ours = count_words(reference, hypothesis)
    assert sclite(reference, hypothesis) == {totals}
    assert (ours.hits, ours.substitutions, ours.deletions, ours.insertions) == totals


@given(*[st.lists(st.sampled_from("abcd"), max_size=7).map(" ".join)] * 2)
def test_errors_are_never_more_than_sclites_and_as_many_below_three_substitutions(
    reference: str, hypothesis: str
) -> None:
    """Errors can only be saved by trading substitutions (4) for pairs of the others (3 + 3), three at a time."""
    ours = count_words(reference, hypothesis)
    theirs = {sum(totals[1:]) for totals in sclite(reference, hypothesis)}
    assert ours.errors <= min(theirs)
    if ours.substitutions < 3:
        assert theirs == {ours.errors}


def test_where_the_totals_part_sclite_counts_more_errors() -> None:
    """Five substitutions cost 20, six words inserted and deleted 18: then sclite finds one error more."""
    reference, hypothesis = "x1 x2 x3 k1 k2", "k1 k2 y1 y2 y3"
    assert sclite(reference, hypothesis) == {(2, 0, 3, 3)}
    assert count_words(reference, hypothesis).errors == 5
