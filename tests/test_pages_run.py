"""The run page: how long it will take, how far each engine is under each condition."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import CONDITIONS, ROOT, Stumbling, fine, finished, opened, ready_to_run, texts
from workbench.store import Store, open_store
from workbench.store.leases import since_boot
from workbench.store.progress_matrix import run_matrix

pytestmark = pytest.mark.usefixtures("manifests")


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


@pytest.mark.long
@pytest.mark.engine
def test_the_time_is_estimated_before_the_start_and_forgotten_when_the_study_changes() -> None:
    at = fine(ready_to_run())
    fine(at.button(key="run_estimate").click().run())
    said = texts(at)
    assert "36 transcripts to make, 0 reused." in said
    assert "on this machine as busy as it is now" in said
    assert "× real time" in said
    assert "No engine of this study charges a fee." in said
    at.number_input(key="run_price").set_value(3600.0).run()
    assert "at 3600 an hour" in texts(fine(at))
    at.number_input(key="study_seed").set_value(2).run()
    assert "36 transcripts to make" not in texts(fine(at))


def test_a_run_at_work_can_be_paused_or_cancelled_and_says_that_it_was_asked(tmp_path: Path) -> None:
    record = finished(tmp_path)
    me = psutil.Process()
    open_store().update(
        record.run_id, state="running", pid=me.pid, pid_started=since_boot(me), host=socket.gethostname(), done=1
    )
    at = fine(opened("run"))
    assert not at.button(key="run_pause").disabled
    at.button(key="run_pause").click().run()
    assert open_store().pause_requested(record.run_id)
    assert "Stopping after the current batch" in texts(fine(at))
    assert fine(opened("run", at)).button(key="run_cancel").disabled


def test_a_paused_run_says_so_and_can_be_resumed(tmp_path: Path) -> None:
    record = finished(tmp_path)
    open_store().update(record.run_id, state="paused", message="paused; run the study again to go on from here")
    at = fine(opened("run"))
    assert "is paused; its transcripts are kept" in texts(at)
    assert at.button(key="run_resume").label == "Resume"
    assert not at.warning


def test_a_run_that_could_not_begin_says_so_and_no_page_takes_it_for_done(tmp_path: Path) -> None:
    record = finished(tmp_path)
    open_store().update(record.run_id, state="stopped")
    assert "**tones** has stopped: its process ended" in texts(fine(opened("run")))
    open_store().update(record.run_id, state="failed", message="there is no model folder", done=0, total=0)
    at = fine(opened("run"))
    assert "**tones** stopped with an error;" in texts(at)
    assert at.error[0].value == "there is no model folder"
    assert ":material/radio_button_unchecked: Run: 1 run" in at.sidebar.caption[0].value.replace("\u00a0", " ")
    at = fine(opened("findings", at))
    assert "No run has a transcript yet" in texts(at)
    next(one for one in at.button if one.label == "See the runs").click().run()
    assert fine(at).title[0].value == "Run"


def test_the_runs_are_listed_with_their_studies_and_one_can_be_chosen_again(tmp_path: Path) -> None:
    record = finished(tmp_path)
    at = fine(opened("run"))
    listed = next(frame.value for frame in at.dataframe if "run_id" in frame.value)
    assert listed[["study", "corpus", "engines", "conditions"]].to_numpy().tolist() == [
        ["tones", "tones.csv", "scripted", len(CONDITIONS)]
    ]
    assert record.load_study().to_toml().strip() in [block.value for block in at.code]
    fine(at.button(key="run_study_take").click().run())
    chosen = at.session_state["draft"]
    assert chosen.conditions == [condition.condition_id for condition in record.load_study().conditions]
    assert chosen.manifest == record.load_study().base / "tones.csv"
    at = fine(opened("corpus", at))
    assert at.session_state["draft"].manifest == record.load_study().base / "tones.csv"


def test_a_link_opens_the_run_that_it_names_and_a_wrong_one_says_so(tmp_path: Path) -> None:
    first = finished(tmp_path / "one")
    second = finished(tmp_path / "two", seed=2)
    for asked in (first, second):
        assert linked(asked.run_id).session_state["run_follow"] == asked.run_id
    assert "This store has no run gone" in texts(linked("gone"))


def linked(run_id: str) -> AppTest:
    """Open the page Run by a link that names a run."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("workbench/pages/run.py")
    at.query_params["run"] = run_id
    return fine(at.run())


def test_failures_are_listed_with_their_reason(tmp_path: Path) -> None:
    record = finished(tmp_path, Stumbling)
    at = fine(opened("run"))
    shown = next(frame.value for frame in at.dataframe if "reason" in frame.value)
    assert len(shown) == record.failed
    assert shown["reason"].str.contains("the decoder fell over").all()
    assert "white noise, 10\u00a0dB" in set(shown["condition"])
    assert f"- {record.failed} × RuntimeError: the decoder fell over" in texts(at)


def test_a_run_at_work_stands_above_the_next_study(tmp_path: Path) -> None:
    record = finished(tmp_path)
    assert [one.value for one in fine(opened("run")).subheader] == ["New study", "Runs"]
    me = psutil.Process()
    open_store().update(
        record.run_id, state="running", pid=me.pid, pid_started=since_boot(me), host=socket.gethostname(), done=1
    )
    assert [one.value for one in fine(opened("run")).subheader] == ["Runs", "New study"]


def test_a_large_matrix_is_not_counted_at_every_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.pages.shared import run_monitor

    counted: list[str] = []

    def slow(store: Store, run_id: str) -> pd.DataFrame:
        counted.append(run_id)
        time.sleep(0.2)
        return run_matrix(store, run_id)

    monkeypatch.setattr(run_monitor, "run_matrix", slow)
    record, me = finished(tmp_path), psutil.Process()
    begun = {"state": "running", "pid": me.pid, "pid_started": since_boot(me), "host": socket.gethostname()}
    open_store().update(record.run_id, **begun, done=1)
    at = fine(opened("run"))
    open_store().update(record.run_id, done=2)
    fine(at.run())
    assert len(counted) == 1
    open_store().update(record.run_id, state="done", done=record.total)
    assert len(counted) == 1
    fine(at.run())
    assert len(counted) == 2  # the last word is counted
