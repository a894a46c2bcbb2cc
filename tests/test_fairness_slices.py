"""Worst slices: scores are the paper's, p is that of the maximum, a planted slice is found and holds on other speakers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness.group_rates.slices import slices


def cell(rng: np.random.Generator, *, speakers: int = 60, bad: float = 0.0, per_speaker: int = 4) -> pd.DataFrame:
    """Speakers with accent, gender and age drawn by chance, utterances of some seconds; ``bad`` more errors in one slice."""
    people = pd.DataFrame(
        {
            "speaker_id": [f"s{n}" for n in range(speakers)],
            "accent": rng.choice(["x", "y", "z"], speakers),
            "gender": rng.choice(["f", "m"], speakers),
            "age": rng.choice(["old", "young"], speakers),
            "base": rng.gamma(4, 0.05, speakers),
        }
    )
    rows = people.loc[people.index.repeat(per_speaker)].reset_index(drop=True)
    rows["duration_s"] = rng.uniform(1, 9, len(rows))
    rate = rows.pop("base") + bad * ((rows["accent"] == "x") & (rows["gender"] == "f"))
    errors = pd.Series(rng.binomial(20, rate.clip(0, 0.95)), dtype="Int32")
    return rows.assign(
        utterance_id=[f"c/{n}" for n in range(len(rows))], corpus_id="c", model_id="m", condition_id="clean", status="ok",
        errors=errors, ref_words=pd.Series(20, index=rows.index, dtype="Int32"),
    )  # fmt: skip


def test_scores_are_those_of_the_paper_over_every_slice(rng: np.random.Generator) -> None:
    rows = cell(rng, speakers=30)
    found = slices(
        rows.drop(columns="duration_s"), attributes=["accent", "gender", "age"], held_out=0, permutations=19, top=5
    )
    rate, words = rows["errors"].sum() / rows["ref_words"].sum(), rows["ref_words"].sum()
    expected = {}
    for depth in (1, 2, 3):
        for columns in itertools.combinations(["accent", "gender", "age"], depth):
            for levels, part in rows.groupby(list(columns)):
                if part["speaker_id"].nunique() >= 5:
                    own = part["errors"].sum() / part["ref_words"].sum()
                    name = " and ".join(f"{c} = {v}" for c, v in zip(columns, levels, strict=True))
                    expected[name] = 0.95 * (own / rate - 1) - 0.05 * (words / part["ref_words"].sum() - 1)
    best = sorted(expected.items(), key=lambda item: -item[1])[: len(found)]
    assert found["slice"].tolist() == [name for name, _ in best]
    assert found["score"].tolist() == pytest.approx([score for _, score in best])
    assert found["n_slices"].tolist() == [3 + 2 + 2 + 6 + 6 + 4 + 12] * len(found)
    assert found["n_speakers_held_out"].eq(0).all() and found["rate_held_out"].isna().all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_slices_and_scores_are_those_of_sliceline(seed: int) -> None:
    """The implementation of the paper's own lattice and bounds, over rows that are a speaker of equally many words each."""
    from sliceline.slicefinder import Slicefinder

    names, rng = ["accent", "gender", "age"], np.random.default_rng(seed)
    rows = cell(rng, speakers=200, per_speaker=1, bad=0.1).drop(columns="duration_s")
    found = slices(rows, attributes=names, held_out=0, permutations=1, top=8, minimum_speakers=12)
    oracle = Slicefinder(alpha=0.95, k=8, max_l=3, min_sup=12, verbose=False)
    oracle.fit(rows[names].to_numpy(dtype=object), rows["errors"].to_numpy(dtype=float))
    expected = {
        " and ".join(f"{name} = {level}" for name, level in zip(names, levels, strict=True) if level is not None): told[
            "slice_score"
        ]
        for levels, told in zip(oracle.top_slices_, oracle.top_slices_statistics_, strict=True)
    }
    assert len(found) > 1 and dict(zip(found["slice"], found["score"], strict=True)) == pytest.approx(expected)


def test_a_planted_slice_is_found_and_holds_on_other_speakers(rng: np.random.Generator) -> None:
    found = slices(cell(rng, speakers=120, bad=0.35), minimum_speakers=5, permutations=199).iloc[0]
    assert {"accent = x", "gender = f"} <= set(found["slice"].split(" and "))
    assert found["p_familywise"] == pytest.approx(1 / 200)
    assert found["gap_held_out"] > 0.2


def test_bins_hold_for_the_others_where_they_were_cut(rng: np.random.Generator) -> None:
    rows = cell(rng, speakers=80)
    rows["errors"] = rows["errors"].where(rows["duration_s"] < 6, 15)
    found = slices(rows, max_depth=1, permutations=19).iloc[0]
    assert found["slice"] == "duration_s = highest third" and math.isnan(found["p_familywise"])
    assert "relabelling speakers cannot test it" in found["reason"] and "cut at" in found["reason"]
    assert found["gap_held_out"] > 0.3


@pytest.mark.long
def test_where_nothing_differs_the_worst_slice_is_significant_in_five_of_a_hundred() -> None:
    rng, n = np.random.default_rng(11), 100
    p = [slices(cell(rng, speakers=30), held_out=0, permutations=99, top=3)["p_familywise"].min() for _ in range(n)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / n)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"max_depth": 9}, "a depth of 9"),
        ({"minimum_speakers": 1}, "1 speakers make no slice"),
        ({"held_out": 1.0}, "held out"),
        ({"attributes": ["accnt"]}, "no attribute 'accnt'"),
        ({"attributes": ["name"], "held_out": 0.0}, "'name' tells every speaker apart"),
    ],
)
def test_what_cannot_be_sliced_is_refused(rng: np.random.Generator, asked: dict, words: str) -> None:
    rows = cell(rng, speakers=20).assign(name=lambda frame: frame["speaker_id"])
    with pytest.raises(ScoringError) as error:
        slices(rows, permutations=9, **asked)
    assert words in str(error.value)
    assert "left out: 'name' tells every speaker apart" in slices(rows, permutations=9, held_out=0.0)["reason"].iloc[0]
