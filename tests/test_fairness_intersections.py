"""Intersections: what is expected of a cell, what nobody is in, and how far small cells are believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import intersections, rates
from workbench.schema import INTERSECTIONS


def people(cells: dict[tuple[str, str], tuple[int, float]], rng: np.random.Generator, cv: float = 0.5) -> pd.DataFrame:
    """Speakers by (accent, gender): how many, and their mean rate."""
    rows, gender = [], []
    for (accent, sex), (n, rate) in cells.items():
        own = rate * rng.gamma(cv**-2, cv**2, n) if cv else np.full(n, rate)
        rows += [(f"{accent}{sex}{i}", accent, round(1000 * r), 1000) for i, r in enumerate(own)]
        gender += [sex] * n
    return make_scores(rows).assign(gender=gender)


def cell(frame: pd.DataFrame, accent: str, gender: str) -> pd.Series:
    return frame.set_index(["accent", "gender"]).loc[(accent, gender)]


PRODUCT = {("A", "f"): (10, 0.1), ("A", "m"): (10, 0.2), ("B", "f"): (10, 0.2), ("B", "m"): (10, 0.4)}


def test_where_attributes_multiply_every_cell_is_what_is_expected_of_it(rng):
    frame = intersections(people(PRODUCT, rng, cv=0), ["accent", "gender"])
    INTERSECTIONS.validate(frame)
    assert frame["expected"].tolist() == pytest.approx([0.1, 0.2, 0.2, 0.4], rel=1e-12)
    assert frame["excess"].tolist() == pytest.approx([0] * 4, abs=1e-12)


def test_rates_and_intervals_are_those_of_the_cell_itself(rng):
    scores = people(PRODUCT, rng)
    figures = ["accent", "gender", "n_speakers", "rate", "ci_low", "ci_high", "evidence"]
    pd.testing.assert_frame_equal(
        intersections(scores, ["accent", "gender"])[figures], rates(scores, ["accent", "gender"])[figures]
    )


def test_an_intersection_that_nobody_is_in_is_shown_with_what_is_expected(rng):
    scores = people({key: size for key, size in PRODUCT.items() if key != ("B", "m")}, rng)
    row = cell(intersections(scores, ["accent", "gender"]), "B", "m")
    assert (row["n_speakers"], row["evidence"], row["weight"]) == (0, "insufficient", 0)
    assert np.isnan(row["rate"]) and row["shrunk"] == row["expected"] > 0
    assert row["reason"].startswith("nobody in this intersection")


def test_a_small_cell_is_drawn_further_than_a_large_one(rng):
    cells = {("A", "f"): (40, 0.1), ("A", "m"): (40, 0.3), ("B", "f"): (40, 0.3), ("B", "m"): (3, 0.1)}
    frame = intersections(people(cells, rng), ["accent", "gender"])
    small, large = cell(frame, "B", "m"), cell(frame, "A", "f")
    assert 0 < small["weight"] < large["weight"] < 1
    for _, row in frame.iterrows():
        assert min(row["rate"], row["expected"]) <= row["shrunk"] <= max(row["rate"], row["expected"])
        assert row["excess"] == pytest.approx(row["weight"] * (row["rate"] - row["expected"]), rel=1e-9)


def test_the_shrunk_rate_is_the_poisson_gamma_posterior_with_words_at_their_worth(rng):
    """(a + E) / (a / mu + N) with N = 1 / (v mu) words' worth: the closed form of the method."""
    frame = intersections(people({**PRODUCT, ("B", "m"): (10, 0.15)}, rng, cv=0.2), ["accent", "gender"])
    for _, row in frame.iterrows():
        b, mu = row["weight"], row["expected"]
        a_over_v = b / (1 - b)  # tau^2 / v
        a, worth = 1.0, a_over_v / mu  # tau^2 = 1, v = 1 / a_over_v
        assert row["shrunk"] == pytest.approx((a + row["rate"] * worth) / (a / mu + worth), rel=1e-9)


def test_the_shrunk_rates_are_nearer_to_the_truth_than_the_raw_ones(rng):
    """Sixteen cells of three speakers, attributes that truly multiply but for a little: 40 such audits."""
    raw = drawn = 0.0
    for _ in range(40):
        truth = {
            (f"a{i}", f"g{j}"): 0.1 * (1 + 0.3 * i) * (1 + 0.3 * j) * rng.gamma(50, 1 / 50)
            for i in range(4)
            for j in range(4)
        }
        frame = intersections(people({key: (3, rate) for key, rate in truth.items()}, rng), ["accent", "gender"])
        real = np.array([truth[key] for key in zip(frame["accent"], frame["gender"], strict=True)])
        raw += float(((frame["rate"] / real - 1) ** 2).mean())
        drawn += float(((frame["shrunk"] / real - 1) ** 2).mean())
    assert drawn < 0.7 * raw


def test_without_errors_nothing_is_expected_and_one_attribute_is_no_intersection(rng):
    frame = intersections(people(dict.fromkeys(PRODUCT, (3, 0.0)), rng, cv=0), ["accent", "gender"])
    assert (frame["shrunk"] == 0).all() and (frame["excess"] == 0).all()
    with pytest.raises(ScoringError, match="needs two attributes"):
        intersections(people(PRODUCT, rng), ["accent"])
