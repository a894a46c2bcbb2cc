"""Regression suite: a new model fails on the gap that it made worse, on that row alone, and on nothing where nothing changed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.paired_scores import drawn_scores
from tests.search_corpus import Listener, make, study
from workbench.adaptive.regression_suite import add, read, remember, run_suite
from workbench.conditions import Condition
from workbench.errors import StudyError
from workbench.fairness.comparison.systems import gap_checks
from workbench.runner import run
from workbench.store import Store, open_store

CONDITIONS = ("white_noise@2", "room@3")


def before(group: str, condition: Condition) -> float:
    return 0.1 if condition.condition_id == "clean" else 0.3


def after(group: str, condition: Condition) -> float:
    return 0.8 if (group, condition.condition_id) == ("A", "room@3") else before(group, condition)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("crowd"), {"A": 10, "B": 10})


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


@pytest.mark.long
def test_a_planted_worse_gap_fails_on_its_row_alone(manifest: Path, store: Store, tmp_path: Path) -> None:
    old, path = Listener(manifest, before), tmp_path / "ward.suite.toml"
    record = run(study(manifest, *CONDITIONS, split=None), store=store, engine_loader=old.loader)
    for condition in CONDITIONS:
        add(path, record.run_id, condition, note="seen in March", store=store)
    suite = read(path)
    assert [item.id for item in suite.condition] == list(CONDITIONS) and suite.attribute == "accent"
    new = Listener(manifest, after)
    new.model_id, new.digest = "new", "another model"
    result = run_suite(path, "new", store=store, engine_loader=new.loader)
    assert set(result.checks["condition_first"]) == set(CONDITIONS)
    assert result.worse[["condition_first", "group"]].to_numpy().tolist() == [["room@3", "A"]]
    same = run_suite(path, "listener", store=store, engine_loader=old.loader)
    assert same.worse.empty and (same.checks["change"] == 0).all()
    rows = pd.DataFrame([{"verdict": "CONFIRMED", "run_id": record.run_id, "condition_id": "clean", "attribute": "accent",
        "reference_group": "rest", "model_id": "listener", "confirmed": 0.2, "group": "A"}])  # fmt: skip
    assert [remember(path, rows, store=store) for _ in range(2)] == [1, 0]
    with pytest.raises(StudyError, match="room@3 is in the suite already"):
        add(path, record.run_id, "room@3", store=store)
    other = run(study(manifest, *CONDITIONS, split=None, seed=5), store=store, engine_loader=old.loader)
    with pytest.raises(StudyError, match=r"seed is 5, the suite's is 1.*|no condition"):
        add(path, other.run_id, "room@1", store=store)
    manifest.write_text(manifest.read_text().replace("alpha bravo", "alpha beta", 1))
    with pytest.raises(StudyError, match="room@3: the corpus has changed since run"):
        run_suite(path, "new", store=store, engine_loader=new.loader)


def test_a_file_that_is_no_suite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('attribute = "accent"\nsudy = 1\n')
    with pytest.raises(StudyError, match=r"study: Field required.*sudy"):
        read(path)


@pytest.mark.long
def test_a_suite_without_a_change_fails_in_at_most_five_of_a_hundred() -> None:
    rng, n, alarms = np.random.default_rng(3), 120, 0
    for _ in range(n):
        old = drawn_scores(rng, {"a": 8, "b": 12, "c": 6}, (0.1, 0.2, 0.25, 0.3, 0.3), cv=0.4, words=150)
        swing = rng.normal(1.0, 0.3, old["speaker_id"].nunique())
        speakers = dict(zip(old["speaker_id"].unique(), swing.clip(0.2), strict=True))
        errors = rng.poisson(old["errors"].astype(float) * old["speaker_id"].map(speakers)).clip(0, 150)
        new = old.assign(
            errors=pd.Series(errors, index=old.index, dtype="Int32"), model_id="n", reference="", hypothesis=""
        )
        checks = gap_checks(
            old.assign(reference="", hypothesis=""), new, ["accent"], margin=0.01, system="m", versus="n"
        )
        alarms += (checks["verdict"] == "WORSE").any()
    assert alarms <= 0.05 * n + 2 * math.sqrt(n * 0.05 * 0.95)
