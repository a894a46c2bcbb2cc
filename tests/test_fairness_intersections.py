"""Intersections: what is expected of a cell, what nobody is in, and how far small cells are believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import intersections as full_intersections
from workbench.fairness import rates
from workbench.schema import INTERSECTIONS


def intersections(scores: pd.DataFrame, by: list[str], *, permutations: int = 99) -> pd.DataFrame:
    return full_intersections(scores, by, permutations=permutations)


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
    assert frame["ratio"].tolist() == pytest.approx([1] * 4, rel=1e-12)


ASSOCIATED = {("A", "f"): (5, 0.1), ("A", "m"): (45, 0.2), ("B", "f"): (45, 0.1), ("B", "m"): (5, 0.2)}


@pytest.mark.parametrize("scale", ["ratio", "points"])
def test_where_gender_explains_an_accent_nothing_is_left_of_the_intersection(rng, scale):
    """Nine of ten men speak A, and the accent does nothing: products of the groups' own rates were 5 points wrong."""
    frame = intersections(people(ASSOCIATED, rng, cv=0), ["accent", "gender"], permutations=99)
    expected, beyond, none = ("expected", "ratio", 1) if scale == "ratio" else ("expected_points", "excess", 0)
    assert frame[expected].tolist() == pytest.approx([0.1, 0.2, 0.1, 0.2], rel=1e-9)
    assert frame[beyond].tolist() == pytest.approx([none] * 4, abs=1e-9)


@pytest.mark.parametrize("n_attributes", [2, 3])
def test_both_fits_are_those_of_statsmodels(rng, n_attributes):
    names = ["accent", "gender", "age"][:n_attributes]
    cells = {(a, g): (int(rng.integers(2, 9)), float(rng.uniform(0.05, 0.4))) for a in "ABC" for g in "fm"}
    scores = people(cells, rng).assign(age=lambda frame: rng.choice(["old", "young"], len(frame)))
    frame = intersections(scores, names, permutations=9)
    sums = scores.groupby(names)[["errors", "ref_words"]].sum().reset_index()
    design = sm.add_constant(pd.get_dummies(sums[names], drop_first=True).astype(float))
    poisson = sm.GLM(sums["errors"], design, sm.families.Poisson(), offset=np.log(sums["ref_words"])).fit(tol=1e-14)
    line = sm.WLS(sums["errors"] / sums["ref_words"], design, weights=sums["ref_words"]).fit()
    there = frame.merge(sums, on=names, suffixes=("", "_sum"))
    np.testing.assert_allclose(there["expected"], poisson.fittedvalues / sums["ref_words"], rtol=1e-8)
    np.testing.assert_allclose(there["expected_points"], line.fittedvalues, rtol=1e-8)


@pytest.mark.long
@pytest.mark.parametrize(
    ("scale", "low", "high"), [("ratio", "ratio_low", "ratio_high"), ("excess", "excess_low", "excess_high")]
)
def test_the_standard_errors_are_those_of_leaving_out_one_speaker_at_a_time(rng, scale, low, high):
    cells = {key: (n, rate) for (key, (_, rate)), n in zip(PRODUCT.items(), (25, 30, 20, 35), strict=True)}
    scores = people(cells, rng, cv=0.3)
    columns = ["accent", "gender"]

    def figures(frame: pd.DataFrame) -> np.ndarray:
        found = intersections(frame, columns, permutations=1)
        return (np.log(found["ratio"]) if scale == "ratio" else found["excess"]).to_numpy()

    left_out = np.array([figures(scores.drop(index=at)) for at in scores.index])
    variance = np.zeros(4)
    for _, places in scores.groupby(columns).indices.items():
        part, g = left_out[places], len(places)
        variance += (g - 1) / g * ((part - part.mean(axis=0)) ** 2).sum(axis=0)
    found = intersections(scores, columns, permutations=1)
    width = found[high] - found[low] if scale == "excess" else np.log(found[high] / found[low])
    half = width.to_numpy() / 2 / np.sqrt(variance)
    assert ((half > 1.93) & (half < 2.2)).all(), "t of many speakers: the linearised standard error is the jackknife's"


def test_an_interaction_is_shown_on_the_scale_on_which_there_is_one(rng):
    cells = {("A", "f"): (30, 0.1), ("A", "m"): (30, 0.1), ("B", "f"): (30, 0.1), ("B", "m"): (30, 0.3)}
    row = cell(intersections(people(cells, rng, cv=0.3), ["accent", "gender"], permutations=999), "B", "m")
    assert row["answer"] == "more errors, both scales"
    assert row["ratio_low"] > 1 and row["excess_low"] > 0 and row["ratio_p_familywise"] == 0.001
    doubled = intersections(
        people({key: (60, rate) for key, (_, rate) in PRODUCT.items()}, rng, cv=0.3), ["accent", "gender"]
    )
    assert cell(doubled, "B", "m")["answer"] == "more errors, additive only", (
        "they multiply: as a ratio nothing is added"
    )


def test_where_every_speaker_of_an_accent_has_one_gender_nothing_can_be_told_apart(rng):
    cells = {key: size for key, size in PRODUCT.items() if key in (("A", "f"), ("B", "m"))}
    row = cell(intersections(people(cells, rng), ["accent", "gender"]), "A", "f")
    assert row["answer"] == "not computed" and "cannot be told apart from what its groups do" in row["reason"]
    assert np.isnan(row["ratio_low"]) and np.isnan(row["ratio_p_value"])


def test_a_cell_of_few_speakers_makes_no_claim_and_of_one_no_interval(rng):
    frame = intersections(people({**PRODUCT, ("B", "m"): (1, 0.9), ("A", "m"): (4, 0.2)}, rng), ["accent", "gender"])
    assert cell(frame, "B", "m")["answer"] == "not computed" and np.isnan(cell(frame, "B", "m")["ratio_low"])
    assert cell(frame, "A", "m")["answer"] == "too few speakers"
    assert np.isnan(cell(frame, "A", "m")["ratio_p_familywise"]) and cell(frame, "A", "m")["ratio_p_value"] <= 1


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
        drawn = row["expected"] + row["weight"] * (row["rate"] - row["expected"])
        assert row["shrunk"] == pytest.approx(drawn, rel=1e-9)


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
    assert set(frame["answer"]) == {"not computed"}
    with pytest.raises(ScoringError, match="needs two attributes"):
        intersections(people(PRODUCT, rng), ["accent"])
