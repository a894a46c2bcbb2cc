"""Spread: textbook indices, a null for what equal groups show, parts that add up, and who is left out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from scipy.stats import t as student

from tests.paired_scores import drawn_scores, paired_scores
from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import rates, spread
from workbench.fairness.group_rates.inequality import atkinson, faas, generalised_entropy, gini, theil
from workbench.fairness.group_rates.spread import UNITS
from workbench.schema import SPREAD

GOLDEN = np.array([0.10, 0.12, 0.15, 0.30])
RATES = st.lists(st.floats(0.001, 1.5), min_size=2, max_size=12).map(np.array)


def of(frame: pd.DataFrame, statistic: str, group: str = "") -> pd.Series:
    rows = frame[(frame["statistic"] == statistic) & (frame["group"] == group)]
    assert len(rows) == 1
    return rows.iloc[0]


def groups_at(levels: dict[str, float], n: int = 6, words: int = 1000) -> pd.DataFrame:
    """Groups whose speakers vary evenly around these rates."""
    factors = np.linspace(0.8, 1.2, n)
    return make_scores(
        [(f"{g}{i}", g, round(rate * words * f), words) for g, rate in levels.items() for i, f in enumerate(factors)]
    )


# -- indices


def test_the_golden_values_of_four_groups():
    assert [round(float(index(GOLDEN)), 4) for index in (gini, generalised_entropy, theil)] == [0.2351, 0.1099, 0.0995]


@given(RATES)
def test_the_indices_are_their_textbook_double_sums(w):
    k, mean = len(w), w.mean()
    pairs = np.abs(w[:, None] - w[None, :]).sum()
    assert float(gini(w)) == pytest.approx(pairs / (2 * k * k * mean), abs=1e-12)
    squares = ((w[:, None] - w[None, :]) ** 2).sum() / (2 * k * k)  # the variance as a double sum
    assert float(generalised_entropy(w)) == pytest.approx(squares / mean**2 / 2, abs=1e-9)
    assert float(theil(w)) == pytest.approx(sum(x / mean * math.log(x / mean) for x in w) / k, abs=1e-12)
    assert float(atkinson(w)) == pytest.approx(1 - (sum(x**0.5 for x in w) / k) ** 2 / mean, abs=1e-12)


@given(RATES, st.floats(0.1, 10))
def test_the_indices_do_not_change_with_the_scale_and_are_0_for_equal_groups(w, factor):
    for index in (gini, generalised_entropy, theil, atkinson):
        assert float(index(w * factor)) == pytest.approx(float(index(w)), abs=1e-9)
        assert float(index(np.full(5, w[0]))) == pytest.approx(0, abs=1e-12)


def test_without_errors_no_index_and_a_rate_of_0_is_allowed():
    for index in (gini, generalised_entropy, theil, atkinson):
        assert math.isnan(float(index(np.zeros(3))))
        assert float(index(np.array([0.0, 0.2]))) > 0
    assert float(theil(np.array([0.0, 0.2]))) == pytest.approx(math.log(2))


def test_faas_gives_two_groups_the_same_whatever_lies_between_them():
    half = np.array([0.5, 0.5])
    near, far = (faas(np.array(w), half, overall=0.1, p_value=1.0) for w in ([0.1000, 0.1001], [0.1, 0.9]))
    assert near == pytest.approx(far) == pytest.approx(10 * math.log10(50 / 0.1))
    assert faas(np.array([0.1, 0.2]), half, overall=0.1, p_value=0.005) == pytest.approx(near - 10)
    assert math.isnan(faas(np.array([0.1, 0.1]), half, overall=0.1, p_value=1.0))


# -- the table


def test_the_measures_are_those_of_the_rates():
    scores = groups_at(dict(zip("ABCD", GOLDEN, strict=True)))
    found = spread(scores, "accent", permutations=99)
    SPREAD.validate(found)
    w = rates(scores, ["accent"])["rate"].to_numpy()
    assert w == pytest.approx(GOLDEN)
    expected = {
        "max - min": 0.20, "max / min": 3.0, "max - mean": 0.30 - w.mean(), "weighted SD": w.std(), "Gini": 0.2351,
        "GE(2)": 0.1099, "Theil": 0.0995,
    }  # fmt: skip
    for statistic, value in expected.items():
        assert of(found, statistic)["value"] == pytest.approx(value, abs=5e-5), statistic
    worst = of(found, "worst group", "D")
    table = rates(scores, ["accent"]).set_index("accent").loc["D"]
    assert worst[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        table[["rate", "ci_low", "ci_high"]].tolist()
    )


def test_the_inequality_between_speakers_is_that_between_groups_and_that_within(rng):
    scores = drawn_scores(rng, {"A": 6, "B": 9, "C": 14}, [0.1])
    found = spread(scores, "accent", permutations=19)
    w = (scores["errors"] / scores["ref_words"]).to_numpy(dtype=float)
    group = scores["accent"].to_numpy()
    total = generalised_entropy(w)
    between = generalised_entropy(np.array([w[group == g].mean() for g in group]))
    within = sum(
        (group == g).mean() * (w[group == g].mean() / w.mean()) ** 2 * generalised_entropy(w[group == g]) for g in "ABC"
    )
    assert of(found, "GE(2) of speakers")["value"] == pytest.approx(total, rel=1e-12)
    assert of(found, "GE(2) of speakers, between groups")["value"] == pytest.approx(between, rel=1e-12)
    assert of(found, "GE(2) of speakers, within groups")["value"] == pytest.approx(within, rel=1e-10)
    assert of(found, "share between groups")["value"] == pytest.approx(between / total, rel=1e-12)


@pytest.mark.long
def test_the_null_is_what_equal_groups_show_and_it_grows_with_their_number(rng):
    """Range of really equal groups over fresh speakers, against the labellings of one sample; 2 and 8 groups of 10."""
    expected = {}
    for k in (2, 8):
        names = {f"g{i}": 10 for i in range(k)}
        ranges, nulls, small = [], [], []
        for _ in range(60):
            found = spread(drawn_scores(rng, names, [0.12]), "accent", permutations=99)
            row = of(found, "max - min")
            ranges.append(row["value"])
            nulls.append(row["null_expected"])
            small.append(row["p_value"] <= 0.05)
        assert np.mean(nulls) == pytest.approx(np.mean(ranges), rel=0.15)
        assert np.mean(small) <= 0.15
        expected[k] = np.mean(nulls)
    assert expected[8] > 2 * expected[2]


def test_a_real_spread_is_beyond_the_null():
    row = of(spread(groups_at({"A": 0.1, "B": 0.1, "C": 0.3}), "accent", permutations=499), "max - min")
    assert row["p_value"] <= 0.01 and row["value"] > row["null_95"] > row["null_expected"]


def test_conditions_share_their_labellings_and_models_do_not_matter(rng):
    scores = drawn_scores(rng, {"A": 8, "B": 8}, [0.1, 0.2])
    both = spread(scores, "accent", permutations=99)
    clean = spread(scores[scores["condition_id"] == "clean"], "accent", permutations=99)
    pd.testing.assert_frame_equal(both[both["condition_id"] == "clean"].reset_index(drop=True), clean)


def test_the_jackknife_leaves_out_one_speaker_at_a_time_within_groups(rng):
    scores = drawn_scores(rng, {"A": 7, "B": 9}, [0.2])
    row = of(spread(scores, "accent", permutations=9), "Gini")
    e, n = (scores[name].to_numpy(dtype=float) for name in ("errors", "ref_words"))
    group = scores["accent"].to_numpy()
    each = {}
    for g in "AB":
        left_out = []
        for s in np.flatnonzero(group == g):
            keep = np.arange(len(e)) != s
            left_out.append(
                float(gini(np.array([e[keep & (group == h)].sum() / n[keep & (group == h)].sum() for h in "AB"])))
            )
        size = len(left_out)
        each[g] = (size - 1) / size * ((np.array(left_out) - np.mean(left_out)) ** 2).sum()
    variance = sum(each.values())
    df = variance**2 / (each["A"] ** 2 / 6 + each["B"] ** 2 / 8)
    half = student.ppf(0.975, df) * math.sqrt(variance)
    assert row["ci_high"] == pytest.approx(row["value"] + half, rel=1e-9)


def test_groups_of_little_evidence_are_left_out_and_named():
    scores = pd.concat(
        [
            groups_at({"A": 0.1, "B": 0.2}),
            groups_at({"few": 0.9}, n=4),
            groups_at({"short": 0.9}, words=50),
            groups_at({"single": 0.9}, n=1),
        ]
    )
    found = spread(scores, "accent", permutations=49)
    assert of(found, "max - min")["value"] == pytest.approx(0.1)
    assert (found["n_groups"] == 2).all()
    assert (
        found["note"]
        .str.contains(
            r"few \(4 speakers, 4000 words\), short \(6 speakers, 300 words\), single \(1 speaker, 1000 words\)"
        )
        .all()
    )


def test_speakers_above_a_rate_are_counted_with_an_exact_interval():
    scores = make_scores([(f"{g}{i}", g, e, 200) for g, es in {"A": [10] * 9 + [150], "B": [101] * 4 + [100] * 6}.items() for i, e in enumerate(es)])  # fmt: skip
    found = spread(scores, "accent", permutations=9)
    row = of(found, "speakers above 50%", "B")
    assert row["value"] == 0.4, "100 of 200 is not above 50 %"
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((beta.ppf(0.025, 4, 7), beta.ppf(0.975, 5, 6)))
    assert of(found, "speakers above 50%")["value"] == 5 / 20
    assert of(found, "speakers above 50%", "A")["value"] == 0.1
    assert of(spread(scores, "accent", permutations=9, threshold=0.6), "speakers above 60%", "B")["value"] == 0


def test_the_published_score_comes_with_its_flaws():
    row = of(spread(groups_at({"A": 0.1, "B": 0.2}), "accent", permutations=9), "FAAS")
    assert not math.isnan(row["value"]) and "no measure of fairness" in row["note"] and math.isnan(row["ci_low"])


# -- edges


@pytest.mark.parametrize("levels", [{"not stated": 0.2}, {}])
def test_fewer_than_two_groups_have_no_spread_and_the_reason(levels):
    found = spread(groups_at(levels), "accent", permutations=9)
    assert found["value"][: len(UNITS) if levels else 0].isna().all()
    assert found.empty == (not levels)
    assert not levels or "fewer than two groups" in of(found, "max - min")["note"]


def test_no_errors_at_all():
    found = spread(groups_at({"A": 0.0, "B": 0.0}), "accent", permutations=9)
    assert of(found, "max - min")["value"] == 0 and of(found, "max - min")["p_value"] == 1
    for statistic in ("max / min", "Gini", "share between groups"):
        assert math.isnan(of(found, statistic)["value"]) and of(found, statistic)["note"]


def test_identical_groups_have_no_spread():
    found = spread(groups_at({"A": 0.1, "B": 0.1}), "accent", permutations=99)
    assert of(found, "max - min")["value"] == 0 and of(found, "max - min")["p_value"] == 1
    assert of(found, "share between groups")["value"] == pytest.approx(0, abs=1e-12)


def test_one_group_without_errors_has_no_ratio():
    row = of(spread(groups_at({"A": 0.0, "B": 0.1}), "accent", permutations=9), "max / min")
    assert math.isnan(row["value"]) and "a group without errors" in row["note"]


def test_two_hundred_groups(rng):
    found = spread(drawn_scores(rng, {f"é{i}": 5 for i in range(200)}, [0.1]), "accent", permutations=99)
    assert of(found, "max - min")["n_groups"] == 200


def test_failures_and_other_conditions_are_their_own(rng):
    errors = {g: [[5 + i, None if i == 5 else 10 + i] for i in range(6)] for g in "AB"}
    found = spread(paired_scores(errors, words=200), "accent", permutations=9)
    assert set(found.loc[found["condition_id"] == "clean", "n_speakers"]) == {12, 6}
    assert 10 in set(found.loc[found["condition_id"] == "noise@1", "n_speakers"])


@pytest.mark.parametrize("options", [{"threshold": 0}, {"threshold": 1.2}, {"permutations": 0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ScoringError):
        spread(groups_at({"A": 0.1, "B": 0.2}), "accent", **options)
    with pytest.raises(ScoringError, match="more than one group"):
        spread(make_scores([("s", "x", 1, 10), ("s", "y", 1, 10)]), "accent")
    with pytest.raises(ScoringError, match="name an attribute"):
        spread(groups_at({"A": 0.1}), "model_id")
