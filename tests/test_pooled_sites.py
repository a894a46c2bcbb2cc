"""Federated audit: the pooled figures of sites are those of all their speakers in one place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.large_store import large_run
from workbench.__main__ import app
from workbench.errors import ScoringError
from workbench.fairness import pooled_sites
from workbench.fairness.counts.cells import SixSums, six_sums, speaker_sums
from workbench.fairness.group_gaps.gaps import gaps
from workbench.fairness.group_rates.rates import rates
from workbench.fairness.inference.intervals import difference
from workbench.store import open_store

PROTOCOL = "a protocol"
KEYS = ["model_id", "condition_id", "group"]


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    """Ten sites' speakers: accents are shared out unequally, as a Dirichlet law with weight .5 has it."""
    rng = np.random.default_rng(3)
    rows = []
    for accent in "abcd":
        of_site = rng.choice(10, size=150, p=rng.dirichlet([0.5] * 10))
        for number, site in enumerate(of_site):
            words = rng.integers(5, 15, size=6)
            skill = rng.gamma(4, 0.05)
            for i, n in enumerate(words):
                for condition in ("clean", "noise"):
                    errors = int(rng.binomial(n, min(0.9, skill * (1 + (condition == "noise")))))
                    person = f"{accent}{number}"
                    rows.append((f"{person}-{i}", person, accent, f"site {site}", condition, errors, int(n)))
    columns = ["utterance_id", "speaker_id", "accent", "site", "condition_id", "errors", "ref_words"]
    frame = pd.DataFrame(rows, columns=columns).assign(model_id="m", insertions=0, deletions=0)
    return frame.assign(substitutions=frame["errors"], normaliser_id="basic-1", status="ok")


def sent(rows: pd.DataFrame, **changes: object) -> pooled_sites.SiteSums:
    site = pooled_sites.site_sums(rows, "accent", normaliser_id="basic-1", protocol=PROTOCOL)
    return site.model_copy(update=changes)


def of_sites(scores: pd.DataFrame) -> tuple[dict[str, pooled_sites.SiteSums], pd.DataFrame]:
    """The sums of every site, and the rows that are in them: small cells stay at their sites."""
    people = scores[["site", "accent", "speaker_id"]].drop_duplicates().groupby(["site", "accent"]).size()
    large = people[people >= pooled_sites.LEAST_SPEAKERS].index
    kept = scores[pd.MultiIndex.from_frame(scores[["site", "accent"]]).isin(large)]
    return {str(name): sent(rows) for name, rows in scores.groupby("site") if (name in kept["site"].to_numpy())}, kept


def test_pooled_figures_are_the_central_ones(scores: pd.DataFrame) -> None:
    sites, kept = of_sites(scores)
    assert len(sites) >= 6
    pooled_rates, pooled_gaps = pooled_sites.pooled(sites, margin=0.02)
    central = rates(kept, ["accent"]).rename(columns={"accent": "group"})
    both = pooled_rates.merge(central, on=KEYS, suffixes=("", "_central"), validate="one_to_one")
    assert len(both) == len(central) == 8
    for name in ("n_speakers", "ref_words", "errors", "rate", "ci_low", "ci_high"):
        np.testing.assert_allclose(both[name], both[f"{name}_central"], rtol=0, atol=1e-12)
    central = gaps(kept, "accent", permutations=99)
    both = pooled_gaps.merge(central, on=KEYS, suffixes=("", "_central"), validate="one_to_one")
    for name in ("difference", "ratio"):
        np.testing.assert_allclose(both[name], both[f"{name}_central"], rtol=0, atol=1e-12)
    speakers = speaker_sums(kept, ["accent"], method="linearised", empty_references="separate")
    cells = six_sums(speakers, ["model_id", "condition_id", "accent"])
    for row in pooled_gaps.itertuples():
        others = [cell for key, cell in cells.items() if key[1] == row.condition_id and key[2] != row.group]
        own = difference(cells[(row.model_id, row.condition_id, row.group)], sum(others, SixSums()))
        np.testing.assert_allclose(
            [row.ci_low, row.ci_high, row.p_value],
            [own.interval.low, own.interval.high, own.p_value],
            rtol=0,
            atol=1e-12,
        )
    assert pooled_gaps["reason"].str.contains("labels of speakers cannot be permuted").all()


def test_sums_hold_nothing_of_single_people(scores: pd.DataFrame) -> None:
    rows = scores[scores["site"] == scores["site"].iloc[0]]
    text = pooled_sites.written(sent(rows))
    assert not any(name in text for name in rows["speaker_id"].unique())
    assert set(json.loads(text)["cells"][0]) == {
        "model_id", "condition_id", "group", "n_speakers", "errors", "words", "errors_squared", "errors_words", "words_squared"
    }  # fmt: skip
    few = rows[rows["speaker_id"].isin(rows["speaker_id"].unique()[:4])]
    assert (sent(few).cells, sent(few).withheld > 0) == ((), True)
    with pytest.raises(ScoringError, match="would publish the counts of single people"):
        pooled_sites.site_sums(rows, "accent", normaliser_id="b", protocol=PROTOCOL, least_speakers=1)


def test_sites_that_do_not_belong_together_are_refused(scores: pd.DataFrame) -> None:
    sites, _ = of_sites(scores)
    first, second = list(sites.values())[:2]
    small = second.cells[0].model_copy(update={"n_speakers": 3})
    wrong = {
        "protocol is not that of": {"a": first, "b": second.model_copy(update={"protocol": "another one"})},
        "normaliser_id is not that of": {"a": first, "b": second.model_copy(update={"normaliser_id": "other-1"})},
        "a cell of 3 speakers": {"a": first, "b": second.model_copy(update={"cells": (small,)})},
        "the same sums as a": {"a": first, "b": first},
        "no site to pool": {},
    }
    for message, given in wrong.items():
        with pytest.raises(ScoringError, match=message):
            pooled_sites.pooled(given)


def test_the_commands_write_and_pool(tmp_path: Path, scores: pd.DataFrame) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = open_store(url)
    large_run(store, tmp_path, utterances=600, speakers=60, conditions=2, accents=3)
    store.close()
    out = tmp_path / "site.json"
    call = lambda *words: CliRunner().invoke(app, [*words])  # noqa: E731
    assert call("sums", "large", "--by", "accent", "--out", str(out), "--store", url).exit_code == 0
    pooled = json.loads(call("pool", str(out), "--json").stdout)
    assert len(pooled["rates"]) == 6
    (tmp_path / "bad.json").write_text("[" * 100_000)
    result = call("pool", str(out), str(tmp_path / "bad.json"))
    assert result.exit_code == 2
    assert "is no file of sums" in " ".join(result.stderr.split())
