"""The run page: how long it will take, how far each engine is under each condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_pages import CONDITIONS, Stumbling, fine, finished, manifests, opened, ready_to_run, texts
from workbench.store import open_store
from workbench.store.matrix import run_matrix

__all__ = ["manifests"]  # a fixture


def test_a_run_is_counted_by_engine_and_condition(tmp_path: Path) -> None:
    record = finished(tmp_path, Stumbling)
    found = run_matrix(open_store(), record.run_id)
    assert found["condition_id"].tolist()[:2] == CONDITIONS[:2]
    assert (found["total"].sum(), found["done"].sum(), found["failed"].sum()) == (
        record.total,
        record.done,
        record.failed,
    )
    assert found["failed"].tolist() == [3] * len(CONDITIONS)
    assert found["audio_s"].gt(0).all()
    assert run_matrix(open_store(), "none such").empty


def test_the_run_page_shows_how_far_each_condition_is(tmp_path: Path) -> None:
    finished(tmp_path)
    at = fine(opened("run"))
    shown = at.dataframe[0].value
    assert shown["share"].tolist() == [1.0] * len(CONDITIONS)
    assert "white noise, 10\u00a0dB" in shown["condition_id"].tolist()


@pytest.mark.engine
def test_the_time_is_estimated_before_the_start_and_forgotten_when_the_study_changes() -> None:
    at = fine(ready_to_run())
    fine(at.button(key="run_estimate").click().run())
    said = texts(at)
    assert "36 transcripts to make, 0 are there already." in said
    assert "on this machine as busy as it is now" in said
    at.number_input(key="study_seed").set_value(2).run()
    assert "36 transcripts to make" not in texts(fine(at))
