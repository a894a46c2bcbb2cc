"""Private releases: what they cost, what an attacker learns, what their intervals hold; nobody's name is in them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.conftest import require
from tests.large_store import large_run
from workbench.__main__ import app
from workbench.errors import ScoringError, StoreError
from workbench.fairness import private_rates as private
from workbench.fairness.private_rates import Caps
from workbench.results import Results, load
from workbench.results.private_release import plan_release, release
from workbench.store import Store, open_store, privacy_budget

CAPS = Caps(words=100, errors=40)


@pytest.fixture(autouse=True)
def _opendp() -> None:
    try:
        import opendp.prelude  # noqa: F401
    except ImportError:
        require(None, "requirements-optional.txt brings opendp")


def people(n: int, *, rate: float = 0.2, seed: int = 0, group: str = "a") -> pd.DataFrame:
    """Speakers whose rates differ with a coefficient of variation of a half."""
    rng = np.random.default_rng([seed, n])
    own = rate * rng.gamma(4, 1 / 4, n)
    return pd.DataFrame({"group": group, "errors": rng.binomial(90, np.minimum(own, 0.4)), "words": 90})


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 3.0])
def test_a_release_costs_one_speaker_no_more_than_it_says(epsilon: float) -> None:
    crowd = pd.concat([people(30, group=name) for name in "abc"])
    _, cost = private.private_rates(crowd, list("abcd"), epsilon=epsilon, caps=CAPS, minimum_speakers=2)
    assert 0.99 * epsilon < cost <= epsilon


def test_an_attacker_who_knows_all_others_learns_no_more_than_epsilon_allows() -> None:
    """Membership inference: the likelihood ratio of the noisy sums, with every other speaker known and the target as telling as can be."""
    epsilon, trials = 1.0, 400
    others = people(20)
    target = pd.DataFrame({"group": ["a"], "errors": [CAPS.errors], "words": [CAPS.words]})
    both = pd.concat([others, target], ignore_index=True)

    def sums(frame: pd.DataFrame) -> np.ndarray:
        return np.array([len(frame), frame["errors"].sum(), frame["words"].sum()])

    without, with_target = sums(others), sums(both)

    def guesses_in(frame: pd.DataFrame) -> bool:
        of, cost = private.noisy_sums(frame, CAPS, epsilon)
        assert cost <= epsilon
        seen, scales = np.array(of[:3]), np.array(of.scales[:3])
        return bool((np.abs(seen - without) / scales).sum() > (np.abs(seen - with_target) / scales).sum())

    hits = np.mean([guesses_in(both) for _ in range(trials)])
    false = np.mean([guesses_in(others) for _ in range(trials)])
    bound = (math.exp(epsilon) - 1) / (math.exp(epsilon) + 1)
    error = math.sqrt((hits * (1 - hits) + false * (1 - false)) / trials)
    assert hits - false <= bound + 3 * error
    assert hits - false > 0.05, "the attack is one: without noise it is always right"


def test_intervals_hold_the_rate_of_the_population() -> None:
    """Of 120 corpora of 200 speakers with a true rate of 20 %, each released with epsilon 1."""
    held = 0
    for seed in range(120):
        table, _ = private.private_rates(people(200, seed=seed), ["a"], epsilon=1.0, caps=CAPS, minimum_speakers=20)
        row = table.iloc[0]
        held += row["ci_low"] <= 0.2 <= row["ci_high"]
    assert held / 120 >= 0.90  # 95 % less three standard errors of 120


def test_the_width_that_is_said_before_is_that_of_the_noise() -> None:
    caps, n = Caps(words=90, errors=40), 100
    equal = pd.DataFrame({"group": "a", "errors": 18, "words": [90] * n})
    said = private.expected_half_width(n, 1.0, caps)
    off = [
        abs(table.iloc[0]["rate"] - 0.2)
        for table, _ in (
            private.private_rates(equal, ["a"], epsilon=1.0, caps=caps, minimum_speakers=2) for _ in range(600)
        )
    ]
    off = [
        math.inf if math.isnan(miss) else miss for miss in off
    ]  # seldom the noise leaves no rate: as far off as can be
    assert said == pytest.approx(np.quantile(off, 0.95), rel=0.3)


def test_of_a_speaker_with_many_words_whole_utterances_are_left_out() -> None:
    rows = pd.DataFrame(
        {
            "model_id": "m", "condition_id": "clean", "speaker_id": ["long"] * 50 + ["short"],
            "utterance_id": [f"u{i}" for i in range(51)], "accent": "a", "errors": [3] * 50 + [1], "ref_words": 10, "status": "ok",
        }
    )  # fmt: skip
    frame = private.contributions(rows, "accent", Caps(words=100, errors=40))
    assert sorted(frame["words"]) == [10, 100]
    assert sorted(frame["errors"]) == [1, 30]
    with pytest.raises(ScoringError, match="2 values of model_id"):
        private.contributions(pd.concat([rows, rows.assign(model_id="other")]), "accent", CAPS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    large_run(store, tmp_path, utterances=4_000, speakers=400, conditions=2, accents=2)
    return store


@pytest.fixture
def results(store: Store) -> Results:
    return load("large", store=store)


def test_nothing_is_spent_on_what_would_say_nothing(store: Store, results: Results) -> None:
    with pytest.raises(ScoringError, match=r"would say nothing.*--minimum-speakers \d+.*nothing was spent"):
        plan_release(results, by="accent", epsilon=0.1, minimum_speakers=20)
    assert privacy_budget.spent(store, "large") == (0.0, None)
    store.close()


def test_a_budget_is_kept_for_all_releases_of_a_corpus(store: Store, results: Results) -> None:
    plan = plan_release(results, by="accent", epsilon=1.0, caps=CAPS)
    content = release(results, plan, store=store, budget=2.0)
    assert content["map_of_one_speaker"] <= 1.0
    with pytest.raises(StoreError, match="budget is 2 since its first release and cannot be made 9"):
        release(results, plan, store=store, budget=9.0)
    release(results, plan_release(results, by="gender", epsilon=1.0, caps=CAPS), store=store)
    with pytest.raises(StoreError, match=r"have cost 2 of its budget of 2: 1 more cannot be spent.*nothing more"):
        release(results, plan, store=store)
    assert privacy_budget.spent(store, "large") == (2.0, 2.0)
    store.close()


def test_where_the_names_of_the_groups_come_from_is_said_before_and_in_the_release(
    store: Store, results: Results
) -> None:
    own = plan_release(results, by="accent", epsilon=1.0, caps=CAPS)
    given = plan_release(results, by="accent", epsilon=1.0, caps=CAPS, groups=[*own.groups, "nobody"])
    assert own.groups_of_corpus and "epsilon does not protect" in own.group_names
    assert not given.groups_of_corpus and given.groups[-1] == "nobody"
    assert release(results, own, store=store)["group_names"] == own.group_names


def test_a_canary_speaker_cannot_be_told_from_a_release(store: Store, results: Results) -> None:
    content = json.dumps(release(results, plan_release(results, by="accent", epsilon=1.0, caps=CAPS), store=store))
    names = {str(name) for name in results.scores["speaker_id"].unique()} - {""}
    assert len(names) == 400
    assert not any(f'"{name}"' in content for name in names)
    assert not any(word in content for word in results.scores["hypothesis_raw"].dropna().head(200) if len(word) > 20)
    store.close()


def test_the_command_says_the_width_first_and_spends_with_yes(store: Store, tmp_path: Path) -> None:
    store.close()

    def call(*words: str) -> tuple[int, str]:
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
        result = CliRunner().invoke(app, ["release", "large", "--by", "accent", "--store", url, *words])
        return result.exit_code, " ".join(result.stdout.split())

    status, said = call()
    assert status == 0
    assert "points wide" in said
    assert "nothing was spent" in said
    status, said = call("--yes", "--json")
    content = json.loads(said)
    assert (status, content["unit_of_privacy"], len(content["rates"])) == (0, "speaker", 2)
    assert call("--epsilon", "3.5", "--yes")[0] == 2, "1 and 3.5 are more than the budget of 4"
