"""Tables of a large run: kept once computed, equal to those computed anew, prepared by the worker, never of another run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.test_pages import Stumbling, finished
from workbench import aggregates, fairness, results, score_cache
from workbench.aggregates import Aggregates
from workbench.fairness import REST
from workbench.store import open_store
from workbench.text import NORMALISERS

TABLES: dict[str, Callable[[Aggregates], pd.DataFrame]] = {
    "rates": lambda one: one.rates("accent"),
    "metrics": lambda one: one.metrics("accent"),
    "gaps": lambda one: one.gaps("accent", REST),
    "gap_changes": lambda one: one.gap_changes("accent", REST),
    "doses": lambda one: one.doses("accent"),
    "spread": lambda one: one.spread("accent"),
}


@pytest.fixture(autouse=True)
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_cache, "LEAST", 1)


def of(run_id: str, normaliser: str | None = None) -> Aggregates:
    store = open_store()
    return Aggregates(results.load(run_id, store=store, normaliser=normaliser), url=store.url)


def kept() -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in (score_cache.home() / "scores" / "tables").glob("*"))


def test_what_is_kept_equals_what_the_rows_give(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling).run_id
    own = of(run_id)
    scores, margin = own.results.scores, own.results.study.margin
    anew = {
        "rates": fairness.rates(scores, ["accent"]),
        "metrics": fairness.metrics(scores, ["accent"]),
        "gaps": fairness.gaps(scores, "accent", margin=margin),
        "gap_changes": fairness.gap_changes(scores, "accent", margin=margin),
        "doses": fairness.dose_response(scores, "accent"),
        "spread": fairness.spread(scores, "accent"),
    }
    for name, make in TABLES.items():
        for found in (make(own), make(of(run_id))):
            pd.testing.assert_frame_equal(found, anew[name], check_exact=True)
    assert kept() == sorted([*TABLES, "tallies"])


def test_the_worker_prepares_what_the_findings_ask_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = finished(tmp_path).run_id
    aggregates.prepare(run_id, store=open_store())
    assert set(kept()) >= {*TABLES, "tallies", "words", "pairs", "adjusted", "balance", "band", "covariates"}
    scored = len(list((score_cache.home() / "scores").glob("*.parquet")))
    assert scored == len(NORMALISERS)
    for name in ("rates", "metrics", "gaps", "gap_changes", "dose_response", "spread"):
        monkeypatch.setattr(fairness, name, lambda *_, **__: pytest.fail("computed again"))
    monkeypatch.setattr(aggregates, "tallied", lambda *_: pytest.fail("added up again"))
    for name in ("word_errors", "confusions", "adjust"):
        monkeypatch.setattr(fairness, name, lambda *_, **__: pytest.fail("computed again"))
    own = of(run_id)
    for make in TABLES.values():
        make(own)
    held = own.covariates("scripted", "clean", "accent")
    own.adjusted("scripted", "clean", "accent", REST, held)
    for condition in own.results.conditions:
        own.words("scripted", condition, "accent", REST)


def test_rows_of_a_condition_are_read_alone_and_equal_those_of_the_run(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling).run_id
    store = open_store()
    anew, _ = results.load(run_id, store=store), results.load(run_id, store=store, kept=True)
    assert len(aggregates.tables_of(anew, url=store.url).tallies) == 6 * len(anew.conditions)
    kept_ = results.load(run_id, store=store, kept=True)
    crossed = aggregates.tables_of(kept_, url=store.url).crossed("accent", "speaker_id").results
    for condition in anew.conditions:
        wanted = anew.scores[anew.scores["condition_id"] == condition].reset_index(drop=True)
        found = kept_.rows(condition_id=condition, model_id="scripted")
        pd.testing.assert_frame_equal(found.reset_index(drop=True), wanted)
        one = crossed.rows(condition_id=condition, **{"accent × speaker_id": "south, s1"})
        assert set(one["speaker_id"]) == {"s1"} and len(one) == 3
    assert "scores" not in vars(kept_), "all rows were read where a condition's were enough"
    pd.testing.assert_frame_equal(kept_.scores, anew.scores)


def test_nothing_is_kept_of_a_small_run_or_one_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = finished(tmp_path).run_id
    open_store().update(run_id, state="cancelled")
    aggregates.prepare(run_id, store=open_store())
    of(run_id).rates("accent")
    open_store().update(run_id, state="done")
    monkeypatch.setattr(score_cache, "LEAST", 10_000)
    aggregates.prepare(run_id, store=open_store())
    of(run_id).rates("accent")
    assert kept() == []


def test_another_normaliser_reference_or_version_has_a_table_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = finished(tmp_path).run_id
    of(run_id).gaps("accent", REST)
    of(run_id, "none").gaps("accent", REST)
    of(run_id).gaps("accent", "north")
    monkeypatch.setattr(aggregates, "code_digest", lambda: "another version")
    of(run_id).gaps("accent", REST)
    assert kept().count("gaps") == 4
