"""The speaker bootstrap against scipy's BCa, and what it keeps together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import bootstrap_gaps, gaps
from workbench.fairness.group_gaps.bootstrap import bca
from workbench.fairness.inference.named_seeds import generator


def people(rng: np.random.Generator, n: int, rate: float) -> np.ndarray:
    words = rng.integers(100, 600, n)
    return np.stack([rng.poisson(rate * words * rng.gamma(4, 0.25, n)), words], axis=1).astype(float)


def test_the_interval_is_scipys_bca_over_speakers(rng):
    a, b = people(rng, 15, 0.25), people(rng, 22, 0.12)

    def gap(i, j, axis=-1):
        return a[i, 0].sum(axis) / a[i, 1].sum(axis) - b[j, 0].sum(axis) / b[j, 1].sum(axis)

    theirs = stats.bootstrap(
        (np.arange(15), np.arange(22)), gap, n_resamples=20_000, method="BCa", vectorized=True, rng=1
    ).confidence_interval  # fmt: skip
    ours = bca(a, b, replicates=20_000, rng=generator("test"))
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)
    assert ours.below_zero < 0.01


def test_a_gap_and_its_reverse_differ_in_sign(rng):
    a, b = people(rng, 20, 0.2), people(rng, 20, 0.15)
    there, back = bca(a, b, replicates=20_000, rng=generator("x")), bca(b, a, replicates=20_000, rng=generator("y"))
    assert there.low == pytest.approx(-back.high, abs=0.004)
    assert there.below_zero == pytest.approx(1 - back.below_zero, abs=0.02)


def table(rng: np.random.Generator, n: int = 25) -> pd.DataFrame:
    return make_scores(
        (f"{g}{i}", g, int(e), int(w))
        for g, rate in (("A", 0.2), ("B", 0.1))
        for i, (e, w) in enumerate(people(rng, n, rate))
    )


def test_the_frame_has_the_estimate_of_gaps_and_its_seed_and_is_drawn_again_alike(rng):
    scores = table(rng)
    found, usual = bootstrap_gaps(scores, "accent", seed=7), gaps(scores, "accent", permutations=99)
    assert found["difference"].tolist() == usual["difference"].tolist()
    assert (found["seed"] == 7).all() and (found["replicates"] == 1_999).all()
    assert ((found["ci_low"] - usual["ci_low"]).abs() < 0.02).all()
    pd.testing.assert_frame_equal(found, bootstrap_gaps(scores, "accent", seed=7))
    assert not found["ci_low"].equals(bootstrap_gaps(scores, "accent", seed=8)["ci_low"])
    assert (found["reason"] == "").all()


def test_how_a_speaker_is_cut_into_utterances_does_not_matter(rng):
    scores = table(rng)
    half = scores.assign(errors=scores["errors"] // 2, ref_words=scores["ref_words"] // 2)
    rest = scores.assign(errors=scores["errors"] - half["errors"], ref_words=scores["ref_words"] - half["ref_words"])
    cut = bootstrap_gaps(pd.concat([half, rest]), "accent", reference="B")
    pd.testing.assert_frame_equal(cut, bootstrap_gaps(scores, "accent", reference="B"))


def test_few_speakers_are_told_to_trust_the_t_interval_and_one_gets_none(rng):
    few = bootstrap_gaps(table(rng, 6), "accent")
    assert few["reason"].str.contains("6 speakers and 6 speakers, fewer than 20: trust the t interval more").all()
    alone = bootstrap_gaps(make_scores([("a", "A", 3, 10), ("b", "B", 1, 10), ("c", "B", 2, 10)]), "accent")
    assert alone["ci_low"].isna().all() and alone["difference"].notna().all()


def test_mistakes_are_refused_as_by_gaps(rng):
    scores = table(rng, 3)
    with pytest.raises(ScoringError, match="no group 'C'"):
        bootstrap_gaps(scores, "accent", reference="C")
    with pytest.raises(ScoringError, match="0 replicates"):
        bootstrap_gaps(scores, "accent", replicates=0)
    with pytest.raises(ScoringError, match="c/A0: A, B"):
        bootstrap_gaps(pd.concat([scores, make_scores([("A0", "B", 1, 10)])]), "accent")
