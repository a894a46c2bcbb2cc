"""Instability: equal texts are 0, a word that flips with probability p gives 2 p (1 - p), and jiwer agrees."""

from __future__ import annotations

import jiwer
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.fairness.words.instability import instability, text_distance

WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(" ".join)


def run(
    rng: np.random.Generator, flips: dict[str, float], *, speakers: int = 40, words: int = 30, seed: int = 0
) -> pd.DataFrame:
    rows = []
    for group, p in flips.items():
        for person in range(speakers):
            text = [f"{'other' if rng.random() < p else 'word'}{place}" for place in range(words)]
            rows.append(
                (
                    f"c/{group}{person}",
                    f"{group}{person}",
                    group,
                    " ".join(text),
                    sum(word.startswith("other") for word in text),
                )
            )
    frame = pd.DataFrame(rows, columns=["utterance_id", "speaker_id", "accent", "hypothesis", "errors"])
    return frame.assign(
        corpus_id="c", model_id="m", condition_id="noise@1", status="ok", normaliser_id="none-1", ref_words=words,
        audio_digest=f"draw {seed}",
    )  # fmt: skip


def test_a_word_that_flips_gives_what_probability_says(rng: np.random.Generator) -> None:
    runs = [run(rng, {"steady": 0.0, "shaky": 0.2}, seed=seed) for seed in range(3)]
    found = instability(runs, ["accent"]).set_index("group")
    assert found.loc["steady", "distance"] == 0 and found.loc["steady", "identical"] == 1
    shaky = found.loc["shaky"]
    assert shaky["distance"] == pytest.approx(2 * 0.2 * 0.8, abs=0.03)
    assert shaky["ci_low"] < 2 * 0.2 * 0.8 < shaky["ci_high"]
    assert found["n_speakers"].tolist() == [80, 40, 40] and (found["n_runs"] == 3).all()
    speakers = runs[0].assign(d=[np.mean([text_distance(a, b) for a, b in ((x, y), (x, z), (y, z))])
                                 for x, y, z in zip(*(r["hypothesis"] for r in runs), strict=True)])  # fmt: skip
    assert shaky["distance"] == pytest.approx(speakers.loc[speakers["accent"] == "shaky", "d"].mean())


@given(WORDS, WORDS)
def test_the_distance_is_jiwers_over_the_longer_text(first: str, second: str) -> None:
    assert text_distance(first, second) == text_distance(second, first)
    longer, shorter = sorted((first, second), key=lambda text: -len(text.split()))
    assert text_distance(first, second) == pytest.approx(jiwer.wer(longer, shorter))


def test_where_nothing_is_drawn_it_says_so_and_what_is_not_in_every_run_is_left_out(rng: np.random.Generator) -> None:
    first, second = (run(rng, {"a": 0.1}, seed=1) for _ in range(2))
    assert "no noise, no seed" in instability([first, first])["reason"][0]
    assert instability([first, first])["distance"][0] == 0
    assert "2 utterances are not in every run" in instability([first, second.iloc[2:]])["reason"][0]
    without = [frame.assign(ref_words=0, errors=0) for frame in (first, second)]
    assert np.isnan(instability(without)["correlation"][0]) and instability(without)["distance"][0] > 0
    for frames, words in (([first], "cannot differ"), ([first, second.assign(normaliser_id="x")], "scored under")):
        with pytest.raises(ScoringError, match=words):
            instability(frames)
