"""Scores that are kept: equal to those counted anew, never those of something else, never in the way."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.pages import Stumbling, finished
from workbench.results import audio_facts, kept_scores, loader
from workbench.store import open_store


@pytest.fixture(autouse=True)
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_scores, "LEAST", 1)


def kept() -> list[Path]:
    return sorted((kept_scores.home() / "scores").glob("*"))


@pytest.mark.parametrize("normaliser", [None, "none"])
def test_kept_scores_equal_those_counted_anew(tmp_path: Path, normaliser: str | None) -> None:
    record = finished(tmp_path, Stumbling)
    anew = loader.load(record.run_id, normaliser=normaliser)
    assert kept() == []
    first = loader.load(record.run_id, normaliser=normaliser, kept=True)
    assert len(kept()) == 1
    second = loader.load(record.run_id, normaliser=normaliser, kept=True)
    for found in (first, second):
        pd.testing.assert_frame_equal(found.scores, anew.scores)
        pd.testing.assert_frame_equal(audio_facts.facts(found), audio_facts.facts(anew))
        assert found.normaliser_id == anew.normaliser_id


def test_kept_scores_are_read_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = finished(tmp_path)
    loader.load(record.run_id, kept=True)
    monkeypatch.setattr(loader, "_score", lambda *_: pytest.fail("counted again"))
    loader.load(record.run_id, kept=True)


def test_another_normaliser_other_counts_and_other_code_have_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = finished(tmp_path)
    places = {kept_scores.place("url", record, one) for one in ("basic-1", "none-1")}
    open_store().update(record.run_id, failed=3)
    places.add(kept_scores.place("url", open_store().run(record.run_id), "basic-1"))
    monkeypatch.setattr(kept_scores, "code_digest", lambda: "another version")
    places.add(kept_scores.place("url", record, "basic-1"))
    assert len(places) == 4


def test_a_broken_file_is_counted_again(tmp_path: Path) -> None:
    record = finished(tmp_path)
    anew = loader.load(record.run_id, kept=True)
    kept()[0].write_bytes(b"PAR1 cut off")
    pd.testing.assert_frame_equal(loader.load(record.run_id, kept=True).scores, anew.scores)


def test_nothing_is_kept_of_a_run_that_goes_on_and_old_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = finished(tmp_path)
    open_store().update(record.run_id, state="cancelled")
    loader.load(record.run_id, kept=True)
    assert kept() == []
    open_store().update(record.run_id, state="done")
    monkeypatch.setattr(kept_scores, "KEPT", 2)
    for name in ("none", "basic", "whisper_en"):
        loader.load(record.run_id, normaliser=name, kept=True)
    assert len(kept()) == 2
