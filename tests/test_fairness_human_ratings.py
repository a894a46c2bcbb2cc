"""Ratings by people: joined by utterance, a metric of the grid, alpha as published, a correlation with its interval."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from tests.command_line import call
from tests.search_corpus import Listener, make, study
from workbench.conditions import Condition
from workbench.errors import ManifestError, ScoringError
from workbench.fairness.words.human_ratings import human_ratings, krippendorff_alpha, with_ratings
from workbench.fairness.words.metric_grid import grid
from workbench.runner import run
from workbench.store import open_store
from workbench.text import add_scores, get_normaliser
from workbench.transcripts.ratings import read_ratings


def test_alpha_is_that_of_the_published_example() -> None:
    """Krippendorff 2011: four observers, twelve units, interval metric: 0.849."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    units = [[value for value in unit if value is not None] for unit in zip(*observers, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.849, abs=0.0005)
    assert math.isnan(krippendorff_alpha([[1.0], [2.0]])) and math.isnan(krippendorff_alpha([[1.0, 1.0]]))


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    rows = []
    for condition in ("clean", "room@2"):
        for person in range(12):
            for take in range(3):
                kept = [
                    word
                    for word in ["no", "seven", "pills", "for", "him", "today", "please"]
                    if rng.random() > 0.1 + 0.04 * person
                ]
                rows.append(
                    {
                        "model_id": "m", "condition_id": condition, "accent": "ab"[person % 2], "speaker_id": f"s{person}",
                        "utterance_id": f"c/s{person}-{take}", "corpus_id": "c", "status": "ok", "duration_s": 2.0, "decode_s": 0.5,
                        "confidence": 0.8, "reference_raw": "no seven pills for him today please", "hypothesis_raw": " ".join(kept),
                    }
                )  # fmt: skip
    return add_scores(pd.DataFrame(rows), get_normaliser("basic"))


def rated(scores: pd.DataFrame, noise: float = 0.0) -> pd.DataFrame:
    """Two raters of every clean utterance, whose ratings are the word error rate in quarters."""
    rng = np.random.default_rng(1)
    clean = scores[scores["condition_id"] == "clean"]
    rate = (clean["errors"] / clean["ref_words"]).astype(float).to_numpy()
    parts = [
        pd.DataFrame(
            {
                "utterance_id": clean["utterance_id"].str.removeprefix("c/"), "condition_id": "clean", "model_id": "", "rater": rater,
                "meaning_lost": np.round(4 * rate + noise * rng.standard_normal(len(rate))),
            }
        )
        for rater in ("ann", "bob")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_ratings_are_a_metric_of_the_grid_and_what_nobody_rated_says_so(scores: pd.DataFrame) -> None:
    ratings = rated(scores, 1.0)
    table = grid(with_ratings(scores, ratings), "accent")
    cells = table[table["metric"] == "meaning lost"].set_index(["condition_id", "group"])
    assert set(cells.loc["room@2", "state"]) == {"not rated"} and cells.loc["room@2", "value"].isna().all()
    expected = ratings.assign(accent=["ab"[int(name[1:].split("-")[0]) % 2] for name in ratings["utterance_id"]])
    means = expected.groupby(["utterance_id", "accent"])["meaning_lost"].mean().groupby("accent").mean()
    for group in "ab":
        assert cells.loc[("clean", group), "value"] == pytest.approx(means[group])
    assert set(grid(scores, "accent").query("metric == 'meaning lost'")["state"]) == {"not rated"}


def test_the_correlation_is_spearmans_with_an_interval_over_speakers(scores: pd.DataFrame) -> None:
    ratings = rated(scores, 1.0)
    (row,) = human_ratings(scores, ratings, replicates=199).to_dict("records")
    clean = with_ratings(scores, ratings)
    clean = clean[clean["condition_id"] == "clean"]
    expected = spearmanr(clean["meaning_lost"], (clean["errors"] / clean["ref_words"]).astype(float)).statistic
    assert row["correlation"] == pytest.approx(expected) and row["ci_low"] < expected < row["ci_high"]
    assert (row["n_raters"], row["n_utterances"], row["n_speakers"]) == (2, 36, 12) and 0 < row["alpha"] < 1
    same = human_ratings(scores, rated(scores).query("rater == 'ann'"), replicates=19).iloc[0]
    assert same["correlation"] > 0.9 and math.isnan(same["alpha"]) and "two different raters" in same["reason"]


def test_ratings_that_cannot_be_joined_are_refused_all_at_once(scores: pd.DataFrame, tmp_path: Path) -> None:
    ratings = rated(scores)
    wrong = ratings.assign(
        condition_id=["", "room@9", *["clean"] * (len(ratings) - 2)], utterance_id=["x", *ratings["utterance_id"][1:]]
    )
    with pytest.raises(ScoringError) as error:
        with_ratings(scores, wrong)
    for words in ("1 ratings name no condition_id", "no condition_id 'room@9'", "1 utterances are not in the run: x"):
        assert words in str(error.value)
    path = tmp_path / "ratings.csv"
    path.write_text("utterance_id,rater,meaning_lost\na,ann,2\na,ann,3\nb,ann,much\nc,bob,\n")
    with pytest.raises(ManifestError) as told:
        read_ratings(path)
    assert "line 3: 'a' is rated twice" in str(told.value) and "line 4: 'much' is no number" in str(told.value)
    path.write_text("id,meaning\na,2\n")
    with pytest.raises(ManifestError, match="no column 'utterance_id', 'meaning_lost'"):
        read_ratings(path)


def test_the_command_prints_grid_and_correlation(tmp_path: Path, workbench_home: Path) -> None:
    def wrong(group: str, condition: Condition) -> float:
        return 0.5 if group == "A" else 0.2

    manifest = make(tmp_path / "crowd", {"A": 6, "B": 6}, per_speaker=1)
    record = run(study(manifest, split=None), store=open_store(), engine_loader=Listener(manifest, wrong).loader)
    path = tmp_path / "ratings.csv"
    path.write_text("utterance_id,meaning_lost\n" + "".join(f"{g}{n}-0,{n % 4}\n" for g in "AB" for n in range(6)))
    result = call("ratings", record.run_id, path, "--by", "accent", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and told["ratings"][0]["n_utterances"] == 12
    cells = {row["group"]: row for row in told["grid"] if row["metric"] == "meaning lost"}
    assert cells["A"]["value"] == pytest.approx(sum(n % 4 for n in range(6)) / 6)
