"""64,239 published transcripts of seven systems on EdAcc: the 49 group word error rates come out exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jiwer
import pandas as pd
import pytest

from workbench.fairness import Scored, gaps, score_table
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
