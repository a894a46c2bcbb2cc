"""McNemar's test against scipy's and statsmodels' own."""

from __future__ import annotations

import math

import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference

from workbench.fairness.comparison.mcnemar import mcnemar


@pytest.mark.parametrize("pair", [(10, 3), (3, 10), (5, 5), (1, 0), (0, 8), (59, 6), (400, 350)])
def test_both_forms_equal_statsmodels(pair) -> None:
    table = [[40, pair[0]], [pair[1], 7]]
    found = mcnemar(*pair)
    exact, corrected = reference(table, exact=True), reference(table, exact=False, correction=True)
    assert found.p_exact == pytest.approx(exact.pvalue)
    assert found.p_exact == pytest.approx(stats.binomtest(pair[0], sum(pair)).pvalue)
    if pair[0] != pair[1]:  # statsmodels lets (|b - c| - 1)^2 be 1 where b = c
        assert found.chi2 == pytest.approx(corrected.statistic)
        assert found.p_corrected == pytest.approx(corrected.pvalue)


def test_equal_numbers_say_nothing() -> None:
    assert mcnemar(5, 5).chi2 == 0
    assert mcnemar(5, 5).p_corrected == mcnemar(5, 5).p_exact == 1


def test_no_sentence_that_differs() -> None:
    found = mcnemar(0, 0)
    assert found.p_exact == found.p_corrected == 1
    assert math.isnan(found.chi2)
    assert "no sentence" in found.reason
