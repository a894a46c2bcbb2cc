"""Clusters above the speaker and prompts: the variance against statsmodels, the units against plain reasoning."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import tests.card_material as material
from tests.command_line import call, parsed
from workbench.errors import ScoringError
from workbench.fairness import gaps, rates, score_table
from workbench.fairness.clusters import clustered
from workbench.fairness.group_gaps.clustered_tests import clustered_tests
from workbench.study import Study


def rows(speakers: int = 8, prompts: int = 6, seed: int = 3) -> pd.DataFrame:
    """Two accents, every speaker reads every prompt; one recording holds a speaker of each accent."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(s, q, int(rng.integers(5, 15))) for s in range(2 * speakers) for q in range(prompts)],
        columns=["who", "text", "ref_words"],
    )
    hard = rng.gamma(4, 0.25, prompts)[frame["text"]] * rng.gamma(4, 0.25, 2 * speakers)[frame["who"]]
    frame["errors"] = rng.poisson(0.2 * hard * frame["ref_words"])
    return frame.assign(
        model_id="m", condition_id="clean", substitutions=frame["errors"], deletions=0, insertions=0,
        speaker_id=[f"s{s}" for s in frame["who"]], prompt_id=[f"p{q}" for q in frame["text"]],
        accent=np.where(frame["who"] < speakers, "A", "B"), recording=[f"r{s % speakers}" for s in frame["who"]],
    )  # fmt: skip


def covariance(frame: pd.DataFrame, by: str, *, corrected: bool) -> np.ndarray:
    """The clustered covariance of both rates from a weighted regression of e / n on the groups."""
    design = pd.get_dummies(frame["accent"]).astype(float)
    fit = sm.WLS(frame["errors"] / frame["ref_words"], design, weights=frame["ref_words"])
    codes = pd.factorize(frame[by])[0]
    robust = fit.fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False})
    return robust.cov_params().to_numpy() * (frame[by].nunique() / (frame[by].nunique() - 1) if corrected else 1)


def test_a_rate_over_speakers_and_prompts_has_the_two_way_variance_of_a_regression():
    frame = rows().query("accent == 'A'").assign(both=lambda f: f["speaker_id"] + f["prompt_id"])
    one_way = [covariance(frame, name, corrected=name != "both")[0, 0] for name in ("speaker_id", "prompt_id", "both")]
    expected = max(one_way[0] + one_way[1] - one_way[2], *one_way[:2])
    row = rates(frame, prompt="prompt_id").iloc[0]
    root = math.sqrt(row["rate"])
    words = frame.groupby("prompt_id")["ref_words"].sum()  # six prompts, eight speakers: the prompts leave fewer
    df = words.sum() ** 2 / (words**2).sum() - 1
    from scipy.stats import t

    half = t.ppf(0.975, df) * math.sqrt(expected) / (2 * root)
    assert row["ci_high"] == pytest.approx((root + half) ** 2, rel=1e-9)
    assert row["ci_high"] > rates(frame).iloc[0]["ci_high"]


def test_clusters_that_hold_both_groups_bring_their_covariance():
    frame = rows()
    units = clustered(frame, ["recording"]).rows
    gap = gaps(units, "accent", shared="covariance").set_index("group").loc["A"]
    cov = covariance(frame, "recording", corrected=True)
    w = frame.groupby("accent")["errors"].sum() / frame.groupby("accent")["ref_words"].sum()
    slope = np.array([1 / w["A"], -1 / w["B"]])
    test = clustered_tests(
        units.assign(unit=pd.factorize(units["speaker_id"])[0], numerator=units["errors"], denominator=units["ref_words"]),
        "accent", None,
    )["m", "clean", "A"]  # fmt: skip
    assert float(test.ratios.variance + test.ratios.variance_reference) == pytest.approx(slope @ cov @ slope, rel=1e-9)
    assert gap["p_value"] == test.p_value
    assert (gap["n_speakers"], gap["n_speakers_reference"]) == (8, 8)
    with pytest.raises(ScoringError, match="8 speakers are in more than one group"):
        gaps(units, "accent")


def test_units_are_what_is_connected():
    frame = pd.DataFrame(
        {
            "speaker_id": ["a", "b", "c", "c", "d", "e"],
            "session": ["1", "1", "2", "3", "3", "not stated"],
            "site": ["x", "x", "y", "y", "y", "z"],
        }
    )
    by_session = clustered(frame, ["session"])
    unit = by_session.rows["speaker_id"]
    assert unit[0] == unit[1] and unit[2] == unit[3] == unit[4] and unit.nunique() == 3, (
        "a missing one is a unit by itself"
    )
    assert any("1 speakers lie in several clusters of 'session'" in note for note in by_session.notes)
    assert clustered(frame, ["session", "site"]).rows["speaker_id"].nunique() == 3
    with pytest.raises(ScoringError, match="all 5 speakers are one cluster"):
        clustered(frame.assign(site="x"), ["site"])
    with pytest.raises(ScoringError, match="no column 'sesion'"):
        clustered(frame, ["sesion"])


def test_equal_names_in_two_corpora_are_two_clusters():
    frame = pd.DataFrame({"corpus_id": ["k", "l"], "speaker_id": ["a", "a"], "session": ["1", "1"]})
    assert clustered(frame, ["session"]).rows["speaker_id"].nunique() == 2


def table() -> pd.DataFrame:
    frame = rows()
    reference = ["a " * n for n in frame["ref_words"]]
    hypothesis = [
        "b " * min(e, n) + "a " * (n - min(e, n)) for e, n in zip(frame["errors"], frame["ref_words"], strict=True)
    ]
    return frame[["speaker_id", "prompt_id", "accent", "recording"]].assign(reference=reference, hypothesis=hypothesis)


def test_score_takes_clusters_and_prompts(tmp_path):
    path = tmp_path / "t.csv"
    table().to_csv(path, index=False)
    options = ("score", path, "--by", "accent", "--speaker", "speaker_id", "--normaliser", "none")
    plain, prompts = parsed(*options), parsed(*options, "--prompt", "prompt_id")
    clusters = parsed(*options, "--cluster", "recording")
    assert any("6 prompts, fewer than 40" in note for note in prompts["notes"])
    assert any("8 of 8 clusters hold several groups of 'accent'" in note for note in clusters["notes"])
    assert any("unit of inference is the cluster of 'recording'" in note for note in clusters["notes"])
    for scored in (prompts, clusters):
        assert scored["rates"][0]["rate"] == plain["rates"][0]["rate"]
        assert scored["gaps"][0]["difference"] == plain["gaps"][0]["difference"]
        assert scored["gaps"][0]["p_value"] != plain["gaps"][0]["p_value"]
    assert prompts["rates"][0]["ci_high"] > plain["rates"][0]["ci_high"]
    assert call(*options, "--cluster", "nowhere").exit_code != 0


def test_a_speaker_with_sessions_of_two_groups_is_a_cluster_like_any_other():
    frame = table().assign(task=lambda f: np.where(f["prompt_id"] < "p3", "read", "free"))
    scored = score_table(frame, by=["task"], speaker="speaker_id", cluster=["speaker_id"], normaliser="none")
    gap = scored.gaps.set_index("group").loc["read"]
    assert (gap["n_speakers"], gap["n_speakers_reference"]) == (16, 16)
    assert gap["ci_low"] < gap["difference"] < gap["ci_high"]


def test_a_study_declares_clusters_and_its_tables_go_by_them():
    plain = material.results()
    scored = plain.scores.assign(session=lambda f: f["speaker_id"].str[-1].map(lambda digit: f"s{int(digit) // 2}"))
    own = replace(material.results(scored=scored), study=plain.study.model_copy(update={"cluster": ("session",)}))
    assert Study.from_json(own.study.to_json()) == own.study and '"cluster"' not in plain.study.to_json()
    before, after = plain.table("rates", by="accent"), own.table("rates", by="accent")
    pd.testing.assert_series_equal(before["rate"], after["rate"])
    assert after["n_speakers"].tolist() == before["n_speakers"].tolist()
    assert after["n_clusters"].sum() < before["n_speakers"].sum()
    expected = clustered(scored, ["session"]).rows
    compared = own.table("gaps", attribute="accent")
    by_clusters = compared.assign(
        n_speakers=compared["n_clusters"], n_speakers_reference=compared["n_clusters_reference"]
    ).drop(columns=["n_clusters", "n_clusters_reference"])
    pd.testing.assert_frame_equal(
        by_clusters, gaps(expected, "accent", margin=0.03, shared="covariance"), check_dtype=False
    )
    assert own.caveat.startswith(
        "The unit of inference is the cluster of 'session': intervals, tests and what is said of few"
    )
    assert "Fewer than 8 clusters in groups of 'accent'" in own.caveat
    assert not own.synthetic and plain.caveat == ""


def test_bad_questions_have_answers():
    frame = rows()
    with pytest.raises(ScoringError, match="mode 'speaker_mean' do not go together"):
        gaps(frame, "accent", prompt="prompt_id", mode="speaker_mean")
    with pytest.raises(ScoringError, match="no column 'text_id' of prompts"):
        rates(frame, prompt="text_id")
    with pytest.raises(ScoringError, match="rows have no prompt"):
        rates(frame.assign(prompt_id=""), prompt="prompt_id")
    once = score_table(
        table().assign(prompt_id=lambda f: f.index.astype(str)),
        by=["accent"],
        speaker="speaker_id",
        prompt="prompt_id",
        normaliser="none",
    )
    assert any("each of the 96 prompts is of one speaker" in note for note in once.notes)
    with pytest.raises(ScoringError, match="need speakers"):
        score_table(table(), by=["accent"], cluster=["recording"])


def test_rates_and_gaps_count_clusters_beside_speakers(tmp_path):
    """Eight speakers a group in four conversations: the interval goes by four, and the table says both numbers."""
    frame = table().assign(talk=lambda f: f["accent"] + (f["speaker_id"].str[1:].astype(int) // 2).astype(str))
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    options = ("score", path, "--by", "accent", "--speaker", "speaker_id", "--normaliser", "none", "--cluster", "talk")
    scored = parsed(*options)
    assert {(row["n_speakers"], row["n_clusters"]) for row in scored["rates"]} == {(8, 4)}
    gap = scored["gaps"][0]
    assert (gap["n_speakers"], gap["n_speakers_reference"]) == (8, 8)
    assert (gap["n_clusters"], gap["n_clusters_reference"]) == (4, 4)
    assert "4 speakers, fewer than 5" in scored["rates"][0]["reason"], "evidence goes by clusters"
    plain = parsed(*options[:-2])
    assert "n_clusters" not in plain["rates"][0] and "n_clusters" not in plain["gaps"][0]
    assert "clusters" in call(*options).output.lower()


def test_a_verdict_on_few_clusters_is_tentative_however_many_speakers_they_hold():
    from workbench.cards.rows import GapRow
    from workbench.figures.plot_rows import verdict_doubt

    gap = (
        gaps(rows(), "accent").assign(verdict="GAP", p_familywise=0.001, n_clusters=4, n_clusters_reference=9).iloc[:1]
    )
    assert verdict_doubt(next(gap.itertuples())) == "fewer than 5 speakers"
    assert verdict_doubt(next(gap.drop(columns=["n_clusters", "n_clusters_reference"]).itertuples())) == ""
    fields = {name: gap.iloc[0][name] for name in GapRow.model_fields if name in gap.columns}
    fields |= {"more_speakers": None, "mde": None}
    row = GapRow(**{k: v.item() if hasattr(v, "item") else v for k, v in fields.items()})
    assert row.doubt == "fewer than 5 speakers"
    assert (
        "n_clusters" in row.model_dump()
        and "n_clusters" not in row.model_copy(update={"n_clusters": None}).model_dump()
    )


def test_clusters_of_one_speaker_change_nothing_and_say_so():
    frame = rows().assign(own=lambda f: f["speaker_id"] + " alone")
    units = clustered(frame, ["own"])
    assert "each cluster holds one speaker: intervals and tests are those of speakers" in units.notes
    a, b = (rates(item, ["accent"])[["rate", "ci_low", "ci_high"]] for item in (frame, units.rows))
    pd.testing.assert_frame_equal(a, b)


def test_a_column_that_splits_speakers_joins_what_they_share_and_says_how_many():
    frame = rows(speakers=8).assign(task=lambda f: np.where(f["text"] < 3, "read", "free") + (f["who"] % 4).astype(str))
    units = clustered(frame, ["task"])
    assert any(
        "16 speakers lie in several clusters of 'task': what shares a speaker is one unit" in note
        for note in units.notes
    )
    assert units.rows["speaker_id"].nunique() == 4


def test_a_prompt_that_each_says_once_changes_no_test_and_is_said():
    frame = rows().assign(prompt_id=lambda f: f["speaker_id"] + f["prompt_id"])
    from workbench.fairness.group_rates.prompts import prompt_notes, prompt_rows

    notes = prompt_notes(prompt_rows(frame, ["accent"], "prompt_id", mode="pooled"), attributes=["accent"])
    assert len(notes) == 1 and "each of the 96 prompts is of one speaker" in notes[0]
    plain, asked = (rates(frame, ["accent"], prompt=name) for name in ("", "prompt_id"))
    assert (asked["ci_high"] - plain["ci_high"]).abs().max() < 0.02


def test_a_group_with_few_prompts_of_its_own_is_warned_of():
    from workbench.fairness.group_rates.prompts import prompt_notes

    frame = pd.DataFrame(
        {
            "speaker_id": ["a", "b"] * 60,
            "accent": ["x", "y"] * 60,
            "prompt_id": [f"p{n // 2 if n % 2 else n % 20}" for n in range(120)],
        }
    )
    notes = prompt_notes(frame, "prompt_id", ["accent"])
    assert any("fewer than 40 prompts in groups of 'accent' (x 10)" in note for note in notes)
