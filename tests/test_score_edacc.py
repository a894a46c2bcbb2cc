"""64,239 published transcripts of seven systems on EdAcc: the 49 group word error rates come out exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pandas as pd
import pytest

from workbench.fairness import Scored, gaps, pooled_sites, rates, score_table
from workbench.fairness.counts.cells import SixSums, six_sums, speaker_sums
from workbench.fairness.inference.intervals import difference
from workbench.text import count_frame, get_normaliser
from workbench.text.scores import normalise_column

pytestmark = pytest.mark.xdist_group("edacc")  # all in one process: the transcripts are scored once


@pytest.fixture(scope="module")
def expected(shared_dir: Path) -> dict[str, Any]:
    return json.loads((shared_dir / "hypotheses" / "edacc_7systems.expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scored(shared_dir: Path, expected: dict[str, Any]) -> Scored:
    """The study's recipe."""
    groups = list(next(iter(expected.values()))["per_group"])
    return score_table(
        shared_dir / "hypotheses" / "edacc_7systems.csv",
        by=["group"],
        speaker="speaker",
        system="system",
        normaliser="whisper_en",
        where={"group": groups},
        drop_reference=["<FOREIGN>"],
        strip_reference=["<[A-Z_]+>"],
        empty_references="count",
    )


@pytest.mark.slow
def test_all_49_group_rates_are_exact_to_the_last_digit(scored, expected):
    rows = scored.to_json()["rates"]
    found = {
        (row["system"], row["group"]): {
            "wer": row["rate"],
            "n_speakers": row["n_speakers"],
            "n_utterances": row["n_utterances"],
            "ref_words": row["ref_words"],
        }
        for row in rows
    }
    published = {
        (system, group): figures for system, study in expected.items() for group, figures in study["per_group"].items()
    }
    assert len(published) == 49
    assert found == published


@pytest.mark.slow
def test_the_published_overall_rate_of_each_system_follows_from_the_counts(scored, expected):
    totals = scored.rates.groupby("model_id")[["errors", "ref_words"]].sum()
    for system, study in expected.items():
        assert totals.loc[system, "errors"] / totals.loc[system, "ref_words"] == study["micro_wer"]


@pytest.mark.slow
def test_the_published_gap_of_each_system_is_the_gap_of_its_worst_group_to_its_best(scored, expected):
    for system, study in expected.items():
        own = scored.rates[scored.rates["model_id"] == system].set_index("group")["rate"]
        assert own.max() - own.min() == pytest.approx(study["gap_max_minus_min"], abs=1e-12)
        assert own.mean() == pytest.approx(study["macro_wer"], abs=1e-12)
        rows = scored.scores[scored.scores["model_id"] == system]
        found = gaps(rows, "group", reference=own.idxmin(), empty_references="count", permutations=99)
        assert found["difference"].max() == pytest.approx(study["gap_max_minus_min"], abs=1e-12)


@pytest.mark.slow
def test_counting_insertions_on_empty_references_moves_whisper_small_from_64_to_80_percent(
    scored, shared_dir, expected
):
    result = scored
    counted = result.rates[result.rates["model_id"] == "whisper-small"]
    invented, errors, words = (counted[name].sum() for name in ("false_speech_words", "errors", "ref_words"))
    assert invented == 15_088
    assert counted["n_empty_references"].sum() == 269
    assert round(errors / words, 4) == 0.8026
    assert round((errors - invented) / words, 4) == 0.6391


@pytest.mark.slow
def test_counts_of_every_distinct_row_equal_jiwers(shared_dir):
    frame = pd.read_csv(shared_dir / "hypotheses" / "edacc_7systems.csv", keep_default_na=False, dtype="str")
    basic = get_normaliser("basic")
    pairs = pd.DataFrame({name: normalise_column(frame[name], basic) for name in ("reference", "hypothesis")})
    pairs = pairs.drop_duplicates()
    ours = count_frame(pairs["reference"].tolist(), pairs["hypothesis"].tolist())
    theirs = jiwer.process_words(pairs["reference"].tolist(), pairs["hypothesis"].tolist())
    steps = pd.DataFrame([tally(chunks) for chunks in theirs.alignments])
    assert ours["substitutions"].tolist() == steps["substitute"].tolist()
    assert ours["deletions"].tolist() == steps["delete"].tolist()
    assert ours["insertions"].tolist() == steps["insert"].tolist()
    assert ours["hits"].tolist() == steps["equal"].tolist()


def tally(chunks: list[Any]) -> dict[str, int]:
    counts = {"equal": 0, "substitute": 0, "delete": 0, "insert": 0}
    for chunk in chunks:
        counts[chunk.type] += max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
    return counts


@pytest.mark.slow
def test_ten_sites_with_unequal_accents_pool_to_the_central_figures(scored: Scored) -> None:
    """A simulation: 60 speakers of each accent, drawn from those of EdAcc with all that they said, at ten sites by a Dirichlet law."""
    rng = np.random.default_rng(21)
    chosen = scored.scores[scored.scores["model_id"].isin(["whisper-small", "parakeet-tdt-0.6b-v3"])]
    of_speaker = {key: rows for key, rows in chosen.groupby(["group", "speaker_id"], observed=True)}
    drawn, sites = [], []
    for group in sorted({group for group, _ in of_speaker}):
        people = [speaker for accent, speaker in of_speaker if accent == group]
        places = rng.choice(10, size=60, p=rng.dirichlet([0.5] * 10))
        for number, (who, place) in enumerate(zip(rng.choice(len(people), size=60), places, strict=True)):
            rows = of_speaker[(group, people[who])]
            drawn.append(rows.assign(speaker_id=f"{group} {number}"))
            sites += [int(place)] * len(rows)
    everybody = pd.concat(drawn, ignore_index=True).assign(site=sites)
    here = everybody.drop_duplicates(["site", "group", "speaker_id"]).groupby(["site", "group"], observed=True).size()
    assert here.groupby("group").max().min() > 12, "unequal accents: six at each site would be equal"
    large = here[here >= pooled_sites.LEAST_SPEAKERS].index
    kept = everybody[pd.MultiIndex.from_frame(everybody[["site", "group"]]).isin(large)]
    sent = {
        f"site {place}": pooled_sites.site_sums(
            rows, "group", normaliser_id=scored.normaliser_id, protocol="whole EdAcc"
        )
        for place, rows in everybody.groupby("site")
        if place in set(kept["site"])
    }
    assert len(sent) == 10
    pooled_rates, pooled_gaps = pooled_sites.pooled(sent)
    keys = ["model_id", "condition_id", "group"]
    for pooled, central, columns in (
        (pooled_rates, rates(kept, ["group"]), ("n_speakers", "errors", "ref_words", "rate", "ci_low", "ci_high")),
        (pooled_gaps, gaps(kept, "group", permutations=99), ("difference", "ratio")),
    ):
        both = pooled.merge(central, on=keys, suffixes=("", "_central"), validate="one_to_one")
        assert len(both) == 14
        for name in columns:
            np.testing.assert_allclose(both[name], both[f"{name}_central"], rtol=0, atol=1e-12, err_msg=name)
    speakers = speaker_sums(kept, ["group"], method="linearised", empty_references="separate")
    cells = six_sums(speakers, keys)
    for row in pooled_gaps.itertuples():  # the t interval of all speakers in one place
        others = [cell for key, cell in cells.items() if key[0] == row.model_id and key[2] != row.group]
        own = difference(cells[(row.model_id, row.condition_id, row.group)], sum(others, SixSums()))
        ends = [own.interval.low, own.interval.high]
        np.testing.assert_allclose([row.ci_low, row.ci_high], ends, rtol=0, atol=1e-12)
