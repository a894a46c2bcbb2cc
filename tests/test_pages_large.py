"""What the findings do with a large run: no view and no switch reads all of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pages import Stumbling, findings, fine, finished, texts
from workbench.pages.findings import drill
from workbench.pages.findings.findings import VIEWS
from workbench.pages.shared import downloads
from workbench.results import kept_scores, loader
from workbench.results.explorer import Question, listing
from workbench.results.scored_rows import KeptRows

pytestmark = pytest.mark.usefixtures("manifests")


def all_rows(_: KeptRows) -> Any:
    """Stand in for the reading of all rows."""
    raise AssertionError("all rows were read")


SOME = ("Board", "Changes", "Utterances")


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)])
def test_no_view_and_no_switch_reads_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, every: bool) -> None:
    monkeypatch.setattr(kept_scores, "LEAST", 1)
    run_id = finished(tmp_path, Stumbling, gender=True).run_id
    loader.load(run_id, kept=True)
    counts = loader.load(run_id, kept=True).tables
    assert len(counts.tallies) and len(counts.pairs)  # kept by the worker; all else is computed when it is asked for
    monkeypatch.setattr(downloads, "MOST_HASHED", 0)  # a run of more transcripts than are hashed for a player
    monkeypatch.setattr(KeptRows, "loaded", property(all_rows))
    with pytest.raises(AssertionError, match="all rows"):
        _ = loader.load(run_id, kept=True).scores
    at = findings()
    for view in VIEWS if every else SOME:
        fine(at.segmented_control(key="view_view").set_value(view).run())
    if not every:
        return
    fine(at.selectbox(key="view_reference").set_value("south").run())
    for view in ("Errors", "Changes", "Board"):
        fine(at.segmented_control(key="view_view").set_value(view).run())
    fine(at.selectbox(key="view_crossed").set_value("gender").run())
    for view in ("Changes", "Utterances"):
        fine(at.segmented_control(key="view_view").set_value(view).run())
    assert "all rows" not in texts(at)


def test_a_page_of_utterances_is_taken_by_its_number_and_holds_the_one_that_a_link_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_scores, "LEAST", 1)
    monkeypatch.setattr(drill, "PAGE", 4)
    run_id = finished(tmp_path).run_id
    ids = listing(loader.load(run_id), Question("scripted", "clean", (("accent", "north"),))).ids
    loader.load(run_id, kept=True)
    cell = {"view": "Utterances", "group_accent": "north", "condition": "clean"}
    for wanted, page in ((ids[0], ids[:4]), (ids[6], ids[4:8]), (ids[8], ids[8:])):
        at = findings(**cell, utterance=wanted)
        assert at.dataframe[0].value["utterance_id"].tolist() == page
        assert at.query_params["utterance"] == wanted
        assert f"of {len(ids)}" in texts(at)
