"""E-values: the paper's own example, and the bound that they are the solution of."""

from __future__ import annotations

import math

import pytest

from workbench.fairness.adjusted.e_value import e_value


def test_the_example_of_the_paper():
    """VanderWeele & Ding 2017: maternal smoking and respiratory death, RR 3.9 (1.8 to 8.7): 7.26 and 3.0."""
    found = e_value(3.9, 1.8, 8.7)
    assert round(found.estimate, 2) == 7.26
    assert round(found.limit, 1) == 3.0


@pytest.mark.parametrize("ratio", [1.0, 1.2, 2.5, 40.0])
def test_it_solves_the_bounding_factor(ratio):
    """A confounder of strength e on both sides can make at most e e / (e + e - 1) of it."""
    e = e_value(ratio).estimate
    assert e * e / (2 * e - 1) == pytest.approx(ratio)


def test_a_protective_ratio_is_that_of_its_inverse():
    assert e_value(0.5, 0.4, 0.8) == pytest.approx(e_value(2.0, 1.25, 2.5))


@pytest.mark.parametrize(("ratio", "low", "high"), [(1.3, 0.9, 1.8), (0.8, 0.5, 1.0), (1.0, 1.0, 1.2)])
def test_an_interval_that_holds_one_needs_nothing(ratio, low, high):
    assert e_value(ratio, low, high).limit == 1


@pytest.mark.parametrize("ratio", [math.nan, 0.0, -1.0, math.inf])
def test_without_a_ratio_there_is_none(ratio):
    assert math.isnan(e_value(ratio).estimate) and math.isnan(e_value(ratio, 1, 2).limit)


def test_without_an_interval_only_the_estimate_has_one():
    found = e_value(2.0)
    assert found.estimate == pytest.approx(2 + math.sqrt(2)) and math.isnan(found.limit)
