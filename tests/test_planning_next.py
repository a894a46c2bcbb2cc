"""Whom to record next is what recording them does on average; a pairwise design holds every pair that anybody has."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import call
from tests.search_corpus import make
from workbench.adaptive.pairwise_design import pairwise_design
from workbench.conditions import parse_condition
from workbench.errors import ScoringError, StudyError
from workbench.fairness import PowerAssumptions, gaps
from workbench.fairness.planning.collection import collection, collection_of_corpus
from workbench.study import Study


def people(rng: np.random.Generator, counts: dict[str, int], cv: dict[str, float], *, start: int = 0) -> pd.DataFrame:
    rows = []
    for group, n in counts.items():
        for person in range(start, start + n):
            rate = rng.gamma(1 / cv[group] ** 2, 0.2 * cv[group] ** 2)
            rows.append(
                (
                    f"{group}{person}",
                    group,
                    int(rng.binomial(200, min(rate, 0.9))),
                    200,
                    60.0 if group == "a" else 240.0,
                )
            )
    frame = pd.DataFrame(rows, columns=["speaker_id", "accent", "errors", "ref_words", "duration_s"])
    return frame.assign(
        utterance_id="c/" + frame["speaker_id"], corpus_id="c", model_id="m", condition_id="clean", status="ok",
        substitutions=frame["errors"], deletions=0, insertions=0,
    )  # fmt: skip


CV = {"a": 0.8, "b": 0.3, "c": 0.3}


def half_width(rows: pd.DataFrame, group: str) -> float:
    row = gaps(rows, "accent", reference="c", permutations=1).set_index("group").loc[group]
    return float(row["ci_high"] - row["ci_low"]) / 2


def test_one_more_speaker_narrows_the_gap_as_drawing_one_does() -> None:
    rng, after, predicted = np.random.default_rng(2), [], []
    for _ in range(60):
        rows = people(rng, {"a": 10, "b": 12, "c": 20}, CV)
        table = collection(rows, "accent", reference="c").set_index("group")
        predicted.append(table.loc["a", "half_width_after"] / table.loc["a", "half_width"])
        more = collection(pd.concat([rows, people(rng, {"a": 1}, CV, start=900)]), "accent", reference="c").set_index(
            "group"
        )
        after.append(more.loc["a", "half_width"] / table.loc["a", "half_width"])
    assert np.mean(predicted) == pytest.approx(np.mean(after), abs=0.03)
    assert np.mean(predicted) < 0.97


def test_the_ranking_is_by_what_all_gaps_gain_per_hour(rng: np.random.Generator) -> None:
    table = collection(people(rng, {"a": 6, "b": 12, "c": 20}, CV), "accent")
    assert table["group"].iloc[0] == "a" and table["rank"].tolist() == [1, 2, 3]
    assert (table["gain_per_hour"] == table["gain"] / table["hours_per_speaker"]).all()
    assert table["gain_per_hour"].is_monotonic_decreasing
    assert table.set_index("group")["hours_per_speaker"].to_dict() == pytest.approx(
        {"a": 1 / 60, "b": 4 / 60, "c": 4 / 60}
    )
    met = collection(people(rng, {"a": 30, "b": 30}, CV), "accent", target=0.9)
    assert (met["gain"] == 0).all() and met["reason"].str.contains("every gap has the half-width").all()
    few = people(rng, {"a": 6, "b": 6, "c": 1}, CV).assign(accent=lambda f: f["accent"].replace("b", "not stated"))
    reasons = collection(few.pipe(lambda f: pd.concat([f, people(rng, {"b": 6}, CV, start=50)])), "accent").set_index(
        "group"
    )["reason"]
    assert "nobody can be recorded" in reasons["not stated"] and "a second one" in reasons["c"]
    with pytest.raises(ScoringError, match="how far speakers differ"):
        collection(people(rng, {"a": 6, "c": 1}, CV), "accent")
    with pytest.raises(ScoringError, match="cannot be reached"):
        collection(people(rng, {"a": 6, "c": 3}, CV), "accent", target=0)


def test_before_anything_is_transcribed_the_assumed_speakers_decide(rng: np.random.Generator) -> None:
    """Half-widths and ranks are those of simulated speakers with the assumed rate and variation."""
    counts, seconds = {"a": 8, "b": 8, "c": 24}, {"a": 60.0, "b": 600.0, "c": 60.0}
    rows = [
        (f"{group}{person}", group, " ".join(["word"] * 200), seconds[group])
        for group, n in counts.items()
        for person in range(n)
    ]
    corpus = pd.DataFrame(rows, columns=["speaker_id", "accent", "reference", "duration_s"]).assign(corpus_id="c")
    table = collection_of_corpus(corpus, "accent", assumed=PowerAssumptions(rate=0.2, cv=0.5, overdispersion=1.0))
    assert (
        table["group"].tolist()[0] == "a" and table["reason"].str.contains("assumed: a rate of 20 %, a cv of 0.5").all()
    )
    drawn = [collection(people(rng, counts, {"a": 0.5, "b": 0.5, "c": 0.5}), "accent") for _ in range(40)]
    mean = pd.concat(drawn).groupby("group")[["half_width", "half_width_after"]].mean()
    told = table.set_index("group")[["half_width", "half_width_after"]]
    assert told.to_numpy() == pytest.approx(mean.loc[told.index].to_numpy(), rel=0.15)
    with pytest.raises(ScoringError, match="no attribute 'gender'"):
        collection_of_corpus(corpus, "gender")


def test_the_command_ranks_a_manifest(tmp_path: Path) -> None:
    manifest = make(tmp_path, {"A": 4, "B": 8, "C": 8}, per_speaker=2)
    result = call("collect", manifest, "--by", "accent", "--json")
    rows = json.loads(result.stdout)["collection"]
    assert result.exit_code == 0 and rows[0]["group"] == "A" and "assumed" in rows[0]["reason"]
    refused = call("collect", manifest, "--by", "accent", "--condition", "clean")
    assert refused.exit_code == 2 and "a manifest has none" in refused.output


def test_a_pairwise_design_holds_every_pair_that_anybody_has(tmp_path: Path) -> None:
    manifest = make(tmp_path, {"A": 4, "B": 4, "C": 4}, per_speaker=1)
    rows = pd.read_csv(manifest, keep_default_na=False)
    rows["gender"] = ["f" if number % 2 or group == "C" else "m" for number, group in enumerate(rows["accent"])]
    rows.to_csv(manifest, index=False)
    about = manifest.with_suffix(".toml")
    about.write_text(about.read_text() + '[attributes.gender]\nobtained = "annotated"\n')
    fields = {"name": "crowd", "corpus": ["crowd.csv"], "attributes": ["accent", "gender"], "engines": ["pocketsphinx"]}
    study = Study.create(
        {**fields, "conditions": ["clean", "room@1", "room@3", "white_noise@1", "white_noise@3", "opus@2"]},
        base=tmp_path,
    )
    design = pairwise_design(study)
    assert design.missing == (("accent = C", "gender = m"),)
    levels = {
        "accent": "ABC", "gender": "fm", "rooms": ["none", "room@1", "room@3"],
        "noise": ["none", "white_noise@1", "white_noise@3"], "codecs": ["none", "opus@2"],
    }  # fmt: skip
    assert {name: set(design.rows[name]) for name in levels} == {name: set(some) for name, some in levels.items()}
    for (a, first), (b, second) in itertools.combinations(levels.items(), 2):
        there = set(zip(design.rows[a], design.rows[b], strict=True))
        assert set(itertools.product(first, second)) - there <= {("C", "m")}, (a, b)
    everybody = set(zip(rows["accent"], rows["gender"], strict=True))
    assert set(zip(design.rows["accent"], design.rows["gender"], strict=True)) <= everybody
    assert design.least == 9 and len(design.rows) <= 10, "within a tenth of the least, though nobody is C and m"
    for row in design.rows.itertuples():
        heard = [part.condition_id for part in parse_condition(row.condition_id).steps]
        assert sorted(heard) == sorted({row.rooms, row.noise, row.codecs} - {"none"} or {"clean"})
    rows["gender"] = ["f" if number % 2 else "m" for number in range(len(rows))]
    rows.to_csv(manifest, index=False)
    everything = pairwise_design(study)
    assert everything.missing == () and len(everything.rows) == everything.least == 9
    with pytest.raises(StudyError, match="makes no pair"):
        pairwise_design(study.model_copy(update={"conditions": study.conditions[:1], "attributes": ("gender",)}))
