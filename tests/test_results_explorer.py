"""The explorer: what it lists is what pandas lists from all rows, in memory and from a file of which only parts are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.pages import Stumbling, findings, fine, finished, texts
from workbench.errors import ScoringError
from workbench.results import Results, kept_scores, loader
from workbench.results.explorer import ORDERS, Question, listing
from workbench.store import open_store
from workbench.text import hallucination_flags

pytestmark = pytest.mark.usefixtures("manifests")
Chosen = Callable[[pd.DataFrame], pd.Series]


def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Results, Results]:
    """The same run, once in memory and once read from a file of parts of four rows."""
    monkeypatch.setattr(kept_scores, "LEAST", 1)
    monkeypatch.setattr(kept_scores, "ROWS_TOGETHER", 4)
    run_id, store = finished(tmp_path, Stumbling, gender=True).run_id, open_store()
    anew, _ = loader.load(run_id, store=store), loader.load(run_id, store=store, kept=True)
    return anew, loader.load(run_id, store=store, kept=True)


def rate(rows: pd.DataFrame) -> pd.Series:
    return (rows["errors"] / rows["ref_words"].where(rows["ref_words"] > 0)).astype("Float64")


QUESTIONS: list[tuple[dict[str, object], Chosen]] = [
    ({}, lambda rows: rows["model_id"] == "scripted"),
    ({"condition_id": "clean"}, lambda rows: rows["condition_id"] == "clean"),
    ({"groups": (("accent", "north"), ("gender", "f"))}, lambda rows: (rows["accent"] == "north") & (rows["gender"] == "f")),
    ({"containing": "FOUR"}, lambda rows: rows["reference_raw"].str.contains("four") | rows["hypothesis_raw"].fillna("").str.contains("four")),
    ({"wer": (0.9, 1.0)}, lambda rows: rate(rows).between(0.9, 1.0).fillna(value=False)),
    ({"flags": ("failed",)}, lambda rows: rows["status"] == "failed"),
    ({"flags": ("empty", "correct")}, lambda rows: (rows["hypothesis"] == "") | (rows["errors"] == 0).fillna(value=False)),
    ({"flags": ("insertions",)}, lambda rows: (2 * rows["insertions"] > rows["ref_words"]).fillna(value=False)),
    ({"flags": ("suspect",)}, lambda rows: hallucination_flags(rows)["flagged"]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "chosen"), QUESTIONS, ids=lambda one: str(one) if isinstance(one, dict) else "")
def test_a_question_is_answered_as_by_looking_at_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], chosen: Chosen
) -> None:
    anew, read = both(tmp_path, monkeypatch)
    rows = anew.scores
    wanted = rows[np.asarray(chosen(rows), dtype=bool)]
    assert len(wanted) or "suspect" in str(asked) or "insertions" in str(asked), (
        "a question that nothing answers shows nothing"
    )
    for results in (anew, read):
        found = listing(results, Question("scripted", **asked))
        keys = sorted(zip(found.ids, found.narrow["condition_id"].astype(str), strict=True))
        assert keys == sorted(zip(wanted["utterance_id"], wanted["condition_id"], strict=True))
        whole = found.take(range(len(found)))
        assert whole["utterance_id"].tolist() == found.ids
        assert set(whole["errors"].dropna()) == set(wanted["errors"].dropna())
    assert not read.rows_of_run.is_loaded  # type: ignore[attr-defined]


def test_orders_are_those_of_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for results in both(tmp_path, monkeypatch):
        pages = {order: listing(results, Question("scripted", order=order)) for order in ORDERS}
        rows = {order: found.take(range(len(found))) for order, found in pages.items()}
        assert rows["errors"]["status"].tolist()[:3] == ["failed"] * 3
        assert rows["errors"]["errors"].dropna().is_monotonic_decreasing
        assert (
            rate(rows["wer"]).dropna().is_monotonic_decreasing and rate(rows["best"]).dropna().is_monotonic_increasing
        )
        assert rate(rows["wer"]).tail(3).isna().all() and rate(rows["best"]).tail(3).isna().all(), (
            "failed ones come last"
        )
        assert rows["utterance"]["utterance_id"].is_monotonic_increasing
        assert rows["speaker"]["speaker_id"].is_monotonic_increasing
        assert rows["longest"]["duration_s"].is_monotonic_decreasing
        first = rows["wer"].iloc[5]
        assert pages["wer"].place_of(first["utterance_id"], first["condition_id"]) == 5
        assert pages["wer"].place_of("nobody", "clean") is None


def test_what_cannot_be_asked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, read = both(tmp_path, monkeypatch)
    with pytest.raises(ScoringError, match="no such choice 'emtpy'"):
        listing(read, Question("scripted", flags=("emtpy",)))
    monkeypatch.setattr("workbench.results.explorer.MOST_READ", 3)
    with pytest.raises(ScoringError, match="choose one condition or one group"):
        listing(read, Question("scripted", flags=("suspect",)))


def test_the_page_lists_all_conditions_with_filters_and_its_address_brings_them_back(tmp_path: Path) -> None:
    rows = loader.load(finished(tmp_path, Stumbling).run_id).scores
    link = {"view": "Utterances", "group_accent": "~", "condition": "~", "flags": "failed", "order": "utterance"}
    at = findings(**link)
    shown = at.dataframe[0].value
    failed = rows[rows["status"] == "failed"]
    assert shown["utterance_id"].tolist() == sorted(failed["utterance_id"])
    assert {name: at.query_params[name] for name in link} == link
    at = findings(view="Utterances", group_accent="~", condition="~", wer="90~100")
    between = rate(rows).between(0.9, 1.0).fillna(value=False).to_numpy(dtype=bool)
    assert sorted(at.dataframe[0].value["utterance_id"]) == sorted(rows.loc[between, "utterance_id"])
    fine(at.number_input(key="drill_wer_high").set_value(None).run())
    assert "matches these filters" in texts(fine(at.text_input(key="drill_search").input("xyzzy").run()))
