"""The permutation test against brute force, scipy and the sums of single cells."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference import permutation
from workbench.fairness.inference.permutation import least_p, linearised, permutation_p, products

SPEAKERS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 80)), min_size=4, max_size=8)


def column(values) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def statistic(group: list[tuple[int, int]], rest: list[tuple[int, int]]) -> float:
    """|W_A - W_B| / SE by the scalar formulas of the cells."""
    a, b = SixSums.of(*zip(*group, strict=True)), SixSums.of(*zip(*rest, strict=True))
    if a.rate == b.rate:
        return 0.0
    se = math.sqrt(a.variance + b.variance)
    return abs(a.rate - b.rate) / se if se else math.inf


def by_brute_force(people: list[tuple[int, int]], k: int) -> float:
    observed = statistic(people[:k], people[k:])
    every = [
        statistic([people[i] for i in chosen], [people[i] for i in range(len(people)) if i not in chosen])
        for chosen in combinations(range(len(people)), k)
    ]
    return sum(one >= observed * (1 - 1e-9) for one in every) / len(every)


@given(SPEAKERS)
def test_the_vector_formulas_are_those_of_a_cell(people):
    e, n = zip(*people, strict=True)
    rate, variance = linearised(products(column(e), column(n)).sum(axis=0))
    cell = SixSums.of(e, n)
    assert rate[0] == pytest.approx(cell.rate, rel=1e-12)
    assert variance[0] == pytest.approx(cell.variance, rel=1e-9, abs=1e-17 + 1e-12 * cell.rate**2)


@settings(max_examples=40)
@given(people=SPEAKERS, data=st.data())
def test_with_few_speakers_every_labelling_is_tried(people, data):
    k = data.draw(st.integers(2, len(people) - 2))
    e, n = zip(*people, strict=True)
    groups = np.array(["A"] * k + ["B"] * (len(people) - k))
    p = permutation_p(column(e), column(n), groups, ["A", "B"])
    assert p[0, 0] == pytest.approx(by_brute_force(people, k), abs=1e-12)
    assert p[1, 0] == p[0, 0], "a gap and its reverse"


def test_with_equally_many_words_it_is_scipys_permutation_of_welchs_t(rng):
    a, b = rng.poisson(12, 5), rng.poisson(22, 6)
    found = permutation_p(column([*a, *b]), column([100] * 11), np.array(["A"] * 5 + ["B"] * 6), ["A"])
    test = stats.permutation_test(
        (a, b), lambda x, y: np.abs(stats.ttest_ind(x, y, equal_var=False).statistic), alternative="greater",
        n_resamples=np.inf,
    )  # fmt: skip
    assert found[0, 0] == pytest.approx(test.pvalue, abs=1e-12)


def test_random_labellings_come_to_what_all_of_them_give(rng):
    e, n = rng.poisson(20, 14), rng.integers(50, 200, 14)
    groups = np.array(["A"] * 5 + ["B"] * 9)
    exact = permutation_p(column(e), column(n), groups, ["A"], replicates=math.comb(14, 5))[0, 0]
    drawn = permutation_p(column(e), column(n), groups, ["A"], replicates=math.comb(14, 5) - 1)[0, 0]
    assert drawn != exact
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 2001))
    assert (drawn * math.comb(14, 5)) == pytest.approx(round(drawn * math.comb(14, 5)), abs=1e-6), "(1 + #) / (R + 1)"


def test_p_is_never_zero():
    e, n = [1] * 20 + [90] * 20, [100] * 40
    assert (
        permutation_p(column(e), column(n), np.array(["A"] * 20 + ["B"] * 20), ["A"], replicates=199)[0, 0] == 1 / 200
    )


def test_labels_stay_within_their_stratum(rng):
    """Two sources that differ wildly, the group mostly in the worse: permuting across them finds what is the source's."""
    strata = np.array(["good"] * 12 + ["bad"] * 12)
    groups = np.array(["A"] * 3 + ["B"] * 9 + ["A"] * 9 + ["B"] * 3)
    e = np.where(strata == "good", rng.poisson(10, 24), rng.poisson(60, 24))
    free = permutation_p(column(e), column([100] * 24), groups, ["A"])[0, 0]
    within = permutation_p(column(e), column([100] * 24), groups, ["A"], strata=strata)[0, 0]
    assert free < 0.05 < within
    few = slice(8, 16)  # 4 speakers of each: all 16 labellings within strata by hand
    e, strata, groups = e[few], strata[few], np.array(list("ABBBAAAB"))
    found = permutation_p(column(e), column([100] * 8), groups, ["A"], strata=strata)[0, 0]
    observed, every = None, []
    for i in range(4):
        for j in range(4):
            chosen = {i, *(set(range(4, 8)) - {4 + j})}
            value = statistic([(e[s], 100) for s in chosen], [(e[s], 100) for s in range(8) if s not in chosen])
            every.append(value)
            observed = value if (i, j) == (0, 3) else observed
    assert found == sum(value >= observed * (1 - 1e-9) for value in every) / 16


def test_the_rest_is_all_other_speakers_and_a_named_reference_only_its_own(rng):
    e, n = rng.poisson(20, 12), np.full(12, 100)
    groups = np.array(list("AAAABBBBCCCC"))
    both = permutation_p(column(e), column(n), groups, ["A"], reference="B")
    alone = permutation_p(column(e[:8]), column(n[:8]), groups[:8], ["A"])
    assert both[0, 0] == alone[0, 0] == by_brute_force([(int(x), 100) for x in e[:8]], 4)
    assert permutation_p(column(e), column(n), groups, ["A"])[0, 0] == by_brute_force([(int(x), 100) for x in e], 4)


def test_a_speaker_without_words_in_a_column_is_not_among_its_speakers(rng):
    e, n = rng.poisson(20, (12, 2)).astype(float), np.full((12, 2), 100.0)
    e[3], n[3] = [7, 0], [100, 0]
    groups = np.array(list("AAAAAABBBBBB"))
    found = permutation_p(e, n, groups, ["A"])
    kept = np.arange(12) != 3
    assert found[0, 1] == permutation_p(e[kept, 1:], n[kept, 1:], groups[kept], ["A"])[0, 0]
    assert found[0, 0] == permutation_p(e[:, :1], n[:, :1], groups, ["A"])[0, 0]


def test_one_speaker_on_a_side_has_no_p():
    p = permutation_p(column([1, 2, 3, 4]), column([10] * 4), np.array(list("ABBB")), ["A", "B"])
    assert np.isnan(p).all()


def test_equal_speakers_have_a_p_of_one_and_opposed_ones_the_least_there_is():
    groups = np.array(list("AAAABBBB"))
    assert permutation_p(column([5] * 8), column([50] * 8), groups, ["A"])[0, 0] == 1
    assert permutation_p(column([5] * 4 + [9] * 4), column([50] * 8), groups, ["A"])[0, 0] == least_p(4, 4) == 2 / 70


def test_the_seed_is_made_of_the_name_and_batches_do_not_matter(rng, monkeypatch):
    e, n, groups = rng.poisson(20, 60), np.full(60, 100), np.array(["A"] * 20 + ["B"] * 40)
    arguments = (column(e), column(n), groups, ["A"])
    once = permutation_p(*arguments, replicates=499, name="accent")
    assert once == permutation_p(*arguments, replicates=499, name="accent")
    assert once != permutation_p(*arguments, replicates=499, name="gender")
    monkeypatch.setattr(permutation, "CHUNK_BYTES", 1)
    assert once == permutation_p(*arguments, replicates=499, name="accent")


def test_the_size_is_right_with_thirty_speakers_against_six(rng):
    """Unequal numbers of words and clumped errors; Welch's t calls a gap in 7 of 100 here."""
    groups = np.array(["A"] * 6 + ["B"] * 30)
    words = rng.integers(200, 800, (36, 400)).astype(float)
    errors = rng.poisson(0.15 * words * rng.gamma(4, 0.25, (36, 400))).astype(float)
    p = permutation_p(errors, words, groups, ["A"], replicates=999)
    assert abs((p < 0.05).mean() - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 400)
