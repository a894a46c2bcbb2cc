"""Noise at the site: what a speaker costs, intervals that hold the truth, and nothing of single people in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import parsed
from tests.large_store import large_run
from workbench.errors import ScoringError
from workbench.fairness import noisy_sites
from workbench.fairness.noisy_sites import NoisySite
from workbench.fairness.private_rates import Caps
from workbench.store import open_store, privacy_budget

CAPS = Caps(words=60, errors=40)


def of_site(rng: np.random.Generator, site: int, speakers: int) -> pd.DataFrame:
    """Speakers of one site: 60 words each, one in five wrong on average."""
    errors = rng.binomial(60, np.clip(rng.gamma(6, 0.2 / 6, size=speakers), 0, 0.6))
    names = [f"{site}-{at}" for at in range(speakers)]
    return pd.DataFrame(
        {
            "model_id": "m", "condition_id": "clean", "utterance_id": names, "speaker_id": names, "accent": "a",
            "errors": errors, "ref_words": 60, "status": "ok",
        }
    )  # fmt: skip


def sent(rows: pd.DataFrame, epsilon: float = 2.0) -> NoisySite:
    site, cost = noisy_sites.noisy_site(
        rows, "accent", normaliser_id="b-1", protocol="a protocol", epsilon=epsilon, caps=CAPS, groups=["a"]
    )
    assert cost <= epsilon
    return site


@pytest.mark.long
def test_intervals_of_ten_sites_hold_the_rate_that_all_speakers_were_drawn_from() -> None:
    rng, held, widths = np.random.default_rng(5), 0, []
    for _ in range(80):
        sites = {str(at): sent(of_site(rng, at, 10 + 8 * at)) for at in range(10)}
        row = noisy_sites.pooled_noisy(sites).iloc[0]
        held += row["ci_low"] <= 0.2 <= row["ci_high"]
        widths.append(row["ci_high"] - row["ci_low"])
    assert held / 80 >= 0.88  # 95 % less three standard errors of 80
    assert np.median(widths) < 0.10, "wide enough to hold the truth and no wider than says something"


def test_epsilon_is_divided_over_models_and_conditions() -> None:
    rows = of_site(np.random.default_rng(1), 0, 30)
    twice = pd.concat([rows, rows.assign(condition_id="noise")], ignore_index=True)
    assert sent(twice).n_cells == 2
    assert sent(twice).scales == tuple(2 * scale for scale in sent(rows).scales)


def test_sites_that_cannot_be_pooled_are_refused() -> None:
    site = sent(of_site(np.random.default_rng(1), 0, 30))
    with pytest.raises(ScoringError, match="b: the same sums as a"):
        noisy_sites.pooled_noisy({"a": site, "b": site})
    with pytest.raises(ScoringError, match="b: protocol is not that of a"):
        noisy_sites.pooled_noisy({"a": site, "b": site.model_copy(update={"protocol": "another one"})})
    row = noisy_sites.pooled_noisy({"a": site}, minimum_speakers=10_000).iloc[0]
    assert np.isnan(row["rate"])
    assert "fewer than 10000" in row["reason"]


def test_the_command_adds_noise_spends_the_budget_and_pools(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    large_run(store, tmp_path, utterances=600, speakers=150, conditions=2, accents=2)
    words = [
        "sums",
        "large",
        "--by",
        "accent",
        "--store",
        store.url,
        "--noise-epsilon",
        "3",
        "--words-cap",
        "40",
        "--errors-cap",
        "20",
    ]
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    told = parsed(*words, "--out", files[0])
    assert told["map_of_one_speaker"] <= 3
    assert privacy_budget.spent(store, "large")[0] == 3
    pooled = parsed("pool", files[0])["rates"]
    assert {row["n_sites"] for row in pooled} == {1}
    assert len(pooled) == 4
    assert "s0001" not in files[0].read_text()
    store.close()
