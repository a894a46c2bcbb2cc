"""Planning with clusters, prompts and equality: against the formulas by hand and against what simulations find."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from tests.command_line import call, parsed
from tests.corpus import make
from tests.test_fairness_power import drawn
from workbench.errors import ScoringError
from workbench.fairness import PowerAssumptions, power, power_of_corpus, rates, score_table
from workbench.fairness.planning.equality import equality, equality_in_words
from workbench.schema import EQUALITY, POWER

Z = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2
Z_EQUAL = (norm.ppf(0.975) + norm.ppf(0.9)) ** 2
ASSUMED = PowerAssumptions(rate=0.15, cv=0.5, overdispersion=2.0, words=400)


def corpus(speakers: int = 12, prompts: int = 20, *, own_lists: bool = False) -> pd.DataFrame:
    """Two accents; everybody reads every prompt of ten words; two speakers a session."""
    rows = [
        (f"{a}{s}", a, f"{a}{s // 2}", f"{a if own_lists else ''}p{q}")
        for a in "xy"
        for s in range(speakers)
        for q in range(prompts)
    ]
    frame = pd.DataFrame(rows, columns=["speaker_id", "accent", "session", "prompt_id"])
    return frame.assign(utterance_id=frame["speaker_id"] + frame["prompt_id"], reference="a b c d e f g h i j")


def test_declared_clusters_are_planned_in_place_of_speakers(rng) -> None:
    scores = drawn(rng, {"n": (12, 0.15), "s": (12, 0.15)}).assign(
        session=lambda f: f["speaker_id"].str[0] + (f["speaker_id"].str[1:].astype(int) // 2).astype(str)
    )
    planned = power(scores, "accent", gap=0.05, cluster=["session"])
    POWER.validate(planned)
    expected = power(scores.assign(speaker_id=scores["session"]), "accent", gap=0.05)
    numbers = ["n_speakers", "words_per_speaker", "cv", "speakers_needed", "more_speakers", "detectable_gap"]
    pd.testing.assert_frame_equal(planned[numbers], expected[numbers])
    assert set(planned["unit"]) == {"cluster"} and set(expected["unit"]) == {"speaker"}
    assert planned["n_speakers"].tolist() == [6, 6]


def test_before_transcription_clusters_have_the_cv_of_a_mean_of_correlated_speakers() -> None:
    alone = power_of_corpus(corpus(), "accent", gap=0.05, assumed=ASSUMED)
    pairs = power_of_corpus(corpus(), "accent", gap=0.05, assumed=ASSUMED, cluster=["session"])
    assert alone["cv"].eq(0.5).all() and pairs["cv"].to_numpy() == pytest.approx(0.5 * math.sqrt((1 + 0.4) / 2))
    assert pairs["assumed"].eq("rate, cv, overdispersion, words, correlation").all()
    one = power_of_corpus(
        corpus(), "accent", gap=0.05, assumed=PowerAssumptions(cv=0.5, correlation=0.999), cluster=["session"]
    )
    assert one["cv"].to_numpy() == pytest.approx(0.5, rel=1e-3)


def test_prompts_take_their_part_of_what_the_gap_allows_by_hand() -> None:
    gap, base, n = 0.10, 0.15, 80
    variance = sum((0.5 * w) ** 2 + 2 * w / 400 for w in (base, base + gap))
    texts = 2 * 0.5**2 / n * (base**2 + (base + gap) ** 2) / 2
    planned = power_of_corpus(corpus(prompts=n, own_lists=True), "accent", gap=gap, assumed=ASSUMED, prompt="prompt_id")
    row = planned.iloc[0]
    assert row["speakers_needed"] == math.ceil(variance / (gap**2 / Z - texts))
    assert row["n_prompts"] == 2 * n
    assert row["prompts_needed"] == math.ceil(2 * (2 * n) * texts * Z / gap**2)
    few = power_of_corpus(
        corpus(prompts=10, own_lists=True), "accent", gap=0.05, assumed=ASSUMED, prompt="prompt_id"
    ).iloc[0]
    assert pd.isna(few["speakers_needed"]) and "too few prompts for this gap" in few["reason"]
    assert few["prompts_needed"] > 20


def test_one_list_that_all_read_costs_nothing_before_transcription() -> None:
    plain = power_of_corpus(corpus(), "accent", gap=0.05, assumed=ASSUMED)
    same = power_of_corpus(corpus(), "accent", gap=0.05, assumed=ASSUMED, prompt="prompt_id")
    assert same["speakers_needed"].tolist() == plain["speakers_needed"].tolist()


def test_what_prompts_add_is_found_again_in_transcripts(rng) -> None:
    """Own lists of 40 prompts whose log rates differ by .5: the log ratio has 2 x .5^2 / 40 more variance."""
    frame, found = corpus(speakers=30, prompts=40, own_lists=True), []
    for _ in range(12):
        text = dict(zip(frame["prompt_id"].unique(), np.exp(rng.normal(-0.125, 0.5, 80)), strict=True))
        own = dict(zip(frame["speaker_id"].unique(), rng.gamma(4, 0.25, 60), strict=True))
        mean = 1.5 * frame["prompt_id"].map(text) * frame["speaker_id"].map(own)
        scores = frame.assign(model_id="m", condition_id="c", ref_words=10, errors=rng.poisson(mean))
        row = power(scores, "accent", gap=0.10, prompt="prompt_id").iloc[0]
        scale = (row["rate_reference"] ** 2 + (row["rate_reference"] + 0.1) ** 2) / 2
        found.append(row["prompts_needed"] * 0.1**2 / (2 * 80 * scale * Z))
    assert np.mean(found) == pytest.approx(2 * (math.exp(0.25) - 1) / 40, rel=0.25)


def test_equality_takes_so_many_speakers_by_hand_and_says_so(rng) -> None:
    scores = drawn(rng, {"n": (40, 0.15), "s": (40, 0.15)})
    table = equality(scores, "accent", margin=0.02)
    EQUALITY.validate(table)
    cells = rates(scores, ["accent"])
    assert len(table) == 1 and cells["n_speakers"].eq(40).all()
    people = scores.groupby(["accent", "speaker_id"])[["errors", "ref_words"]].sum().reset_index("accent")
    variance = 0.0
    for _, part in people.groupby("accent"):
        w = part["errors"].sum() / part["ref_words"].sum()
        z = (part["errors"] - w * part["ref_words"]) / part["ref_words"].mean()
        variance += float((z**2).sum() / 39) / 2  # of a speaker; both groups are as large
    needed = int(table["speakers_for_equality"].item())
    assert needed == pytest.approx(Z_EQUAL * 2 * variance / 0.02**2, abs=1)
    assert 200 < needed < 500
    assert (
        equality_in_words(table)
        == f"EQUIVALENT within 2 points takes about {needed} speakers a group, if rates are equal; the largest group has 40."
    )
    assert equality(scores, "accent").empty and equality_in_words(equality(scores, "accent")) == ""


def test_the_number_that_equality_takes_stands_where_a_margin_is_set(tmp_path: Path, rng) -> None:
    frame = corpus().assign(
        hypothesis=lambda f: np.where(rng.random(len(f)) < 0.5, "a b c d e f g h i x", f["reference"])
    )
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    asked = ("score", path, "--by", "accent", "--speaker", "speaker_id")
    sentence = "EQUIVALENT within 2 points takes about"
    assert any(sentence in note for note in parsed(*asked, "--margin", "0.02")["notes"])
    assert not any("EQUIVALENT" in note for note in parsed(*asked)["notes"])
    clustered = parsed(*asked, "--margin", "0.02", "--cluster", "session")["notes"]
    assert any(sentence in note and "clusters a group" in note for note in clustered)


@pytest.mark.parametrize("margin", [0.0, 2.0, -0.02, math.nan, math.inf])
def test_a_margin_of_nothing_or_of_200_points_is_refused_with_the_unit(margin: float) -> None:
    frame = corpus().assign(hypothesis="a b c d e f g h i x")
    with pytest.raises(ScoringError, match=r"is not above 0 and below 100 points; 0\.02 means two points"):
        score_table(frame, by=["accent"], speaker="speaker_id", margin=margin)


def test_the_command_plans_clusters_and_prompts_and_warns_of_few(tmp_path: Path) -> None:
    manifest = make(tmp_path)
    frame = pd.read_csv(manifest)
    frame["session"] = frame["speaker_id"].map({"n1": "a", "n2": "a", "n3": "b", "s1": "c", "s2": "d", "w1": "e"})
    frame["prompt_id"] = frame["reference"].str.split().str[0]
    frame.to_csv(manifest, index=False)
    toml = manifest.with_suffix(".toml")
    toml.write_text(toml.read_text() + '[attributes.session]\nobtained = "annotated"\n')
    options = ("power", manifest, "--by", "accent", "--gap", "0.05", "--margin", "0.02")
    planned = parsed(*options, "--cluster", "session", "--prompt", "prompt_id")
    assert planned["power"][0]["unit"] == "cluster" and planned["power"][0]["n_prompts"] == 3
    assert planned["power"][0]["n_speakers"] == 2
    assert planned["power"][0]["speakers_for_equality"] > planned["power"][0]["speakers_needed"]
    notes = " ".join(planned["notes"])
    assert "5 clusters of 6 speakers" in notes and "3 prompts, fewer than 40" in notes
    assert "fewer than 8 clusters in groups of 'accent'" in notes
    shown = call(*options, "--cluster", "session").output
    assert "Clusters per group to find a gap" in shown and "The unit of inference is the cluster" in shown
    assert "no column 'nowhere'" in call(*options, "--cluster", "nowhere").output
