"""Fairer over all groups: the statistics against plain formulas, the jackknife against leaving speakers out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.fairness import compare
from workbench.fairness.comparison.group_fairness import group_fairness
from workbench.fairness.counts.cells import SixSums

GROUPS = np.repeat([0, 1, 2], [5, 6, 7])


def audit(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    words = rng.integers(100, 300, size=len(GROUPS)).astype(float)
    first = rng.poisson(np.array([0.1, 0.2, 0.4])[GROUPS] * words)
    return np.stack([first, rng.poisson(0.2 * words)], axis=1).astype(float), words


def plain(errors: np.ndarray, words: np.ndarray, groups: np.ndarray) -> np.ndarray:
    cells = [SixSums.of(errors[groups == g], words[groups == g]) for g in range(3)]
    rates = np.array([cell.rate for cell in cells])
    spread = (rates.var(ddof=1) - np.mean([cell.variance for cell in cells])) / rates.mean() ** 2
    return np.array([spread, rates.max() / rates.mean(), rates.max()])


def test_the_statistics_and_their_jackknife_are_those_of_plain_formulas():
    errors, words = audit()
    result = group_fairness(errors, words, GROUPS)
    for side, values in enumerate((result.first, result.second)):
        np.testing.assert_allclose(values, plain(errors[:, side], words, GROUPS), rtol=1e-12)
    without = np.array(
        [
            plain(np.delete(errors[:, 1], s), np.delete(words, s), np.delete(GROUPS, s))
            - plain(np.delete(errors[:, 0], s), np.delete(words, s), np.delete(GROUPS, s))
            for s in range(len(GROUPS))
        ]
    )
    for place, difference in enumerate(result.differences):
        parts = [without[g == GROUPS, place] for g in range(3)]
        variance = sum((len(p) - 1) / len(p) * ((p - p.mean()) ** 2).sum() for p in parts)
        assert difference.se == pytest.approx(np.sqrt(variance), rel=1e-9)
        assert difference.estimate < 0 and difference.p_value < 0.01, "the second side has equal groups"


def frame(errors: np.ndarray, words: np.ndarray, model: str, groups: np.ndarray = GROUPS) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "utterance_id": [f"u{s}" for s in range(len(groups))], "speaker_id": [f"s{s}" for s in range(len(groups))],
            "model_id": model, "condition_id": "clean", "accent": np.array(["a", "b", "c"])[groups], "errors": errors.astype(int),
            "ref_words": words.astype(int), "reference": "x", "hypothesis": "x", "normaliser_id": "none",
        }
    )  # fmt: skip


def test_compare_answers_for_every_attribute_and_names_the_worst_group():
    errors, words = audit()
    result = compare(
        frame(errors[:, 0], words, "old"), frame(errors[:, 1], words, "new"), ["accent"], system="old", versus="new"
    )
    rows = result.fairness.set_index("statistic")
    assert set(rows["answer"]) == {"fairer"} and set(rows["worst_first"]) == {"c"} and set(rows["n_groups"]) == {3}
    assert rows.loc["worst group", "first"] == pytest.approx(errors[GROUPS == 2, 0].sum() / words[GROUPS == 2].sum())
    back = compare(
        frame(errors[:, 1], words, "new"), frame(errors[:, 0], words, "old"), ["accent"], system="new", versus="old"
    )
    assert set(back.fairness["answer"]) == {"less fair"}


def test_the_same_system_twice_and_groups_that_are_too_small_show_nothing():
    errors, words = audit()
    same = compare(
        frame(errors[:, 0], words, "m"), frame(errors[:, 0], words, "n"), ["accent"], system="m", versus="n"
    ).fairness
    assert (same["difference"] == 0).all() and set(same["answer"]) == {"not shown"}
    small = np.repeat([0, 1, 2], [4, 4, 10])
    few = compare(
        frame(errors[:, 0], words, "m", small),
        frame(errors[:, 1], words, "n", small),
        ["accent"],
        system="m",
        versus="n",
    ).fairness
    assert set(few["answer"]) == {"not computed"}
    assert "fewer than two groups with 5 speakers; left out, fewer than 5 speakers: a, b" in few["reason"].iloc[0]
