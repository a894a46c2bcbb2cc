"""Follow runs: all of them in a list, one of them live, whoever started it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from workbench import runner
from workbench.errors import WorkbenchError
from workbench.figures import condition_label
from workbench.pages.shared import cached, downloads, layout, saved_study, visitor
from workbench.pages.shared.draft import draft
from workbench.pages.shared.run_estimate import duration
from workbench.runner import Progress
from workbench.store import EVERYBODY, RunRecord
from workbench.store.progress_matrix import run_matrix

EVERY_S = 1.5
MOST_FAILURES, MOST_REASONS = 200, 5
AT_MOST = 20
"""Times as long as it took is left between two counts of the matrix."""
PAUSE = "Pauses after the current batch; resume any time."
CANCEL = "Stops after the current batch and cancels the run; its transcripts are kept, and other studies reuse them."
ICON = {
    "queued": ":material/schedule:", "running": ":material/autorenew:", "paused": ":material/pause_circle:",
    "stopped": ":material/power_off:", "cancelled": ":material/cancel:", "failed": ":material/error:", "done": ":material/check_circle:",
}  # fmt: skip
MEANING = {
    "queued": "is waiting for its process to begin", "running": "is running", "done": "is finished",
    "paused": "is paused; its transcripts are kept. Resume it to continue",
    "stopped": "has stopped: its process ended before the work was done. Resume it to continue",
    "cancelled": "is cancelled; its transcripts are kept. Resume it to continue",
    "failed": "stopped with an error; fix it, then resume",
}  # fmt: skip


def first() -> bool:
    """Return whether the runs stand above the new study: one is at work, or this session follows one."""
    return bool(draft().run_id or st.query_params.get("run")) or any(record.alive for record in cached.store().runs())


def runs() -> None:
    """List every run of the store and show one of them."""
    st.subheader("Runs", anchor=False)
    records = cached.store().runs()
    if not records:
        st.info("No run yet. Start one above, or type `make app` to run the demo study.", width=layout.TEXT_WIDTH)
        return
    ids = [record.run_id for record in records]
    names = {
        record.run_id: f"{record.study} · {'running' if record.alive else record.state} · {when(record.created_at)} · "
        + record.run_id[-6:]  # two that were begun in one minute have names of their own
        for record in records
    }
    asked = _linked(ids) or st.session_state.get("run_follow") or draft().run_id
    asked = st.session_state.pop("run_follow_next", "") or asked
    working = next((record.run_id for record in records if record.alive), ids[0])
    st.session_state["run_follow"] = asked if asked in ids else working
    run_id = st.selectbox(
        "Run", ids, format_func=lambda one: names.get(one, one), key="run_follow", persist_state="session"
    )
    alive = next(record for record in records if record.run_id == run_id).alive
    st.fragment(_follow, run_every=EVERY_S if alive else None)(run_id, alive)
    with st.expander(f"All runs ({len(records)})", icon=":material/list:"):
        _list(records)


def _linked(ids: Sequence[str]) -> str:
    """Return the run that a new link names as ``?run=``; say so if the store has no such run; empty if it was followed before."""
    link = str(st.query_params.get("run", ""))
    if not link or link == st.session_state.get("run_link"):
        return ""
    if link not in ids:
        st.warning(f"This store has no run {layout.plain(link)}, which the address names. The newest run is shown.")
        return ""
    st.session_state["run_link"] = link
    return link


def follow(run_id: str) -> None:
    """Show this run from now on."""
    draft().run_id = st.session_state["run_follow_next"] = run_id


def _follow(run_id: str, was_alive: bool) -> None:
    """Show the state of one run; while it is at work this is drawn again and again."""
    try:
        record = cached.store().run(run_id)
    except WorkbenchError as error:
        layout.complain(error)
        return
    if record.run_id != run_id:  # the same study had been run before: nothing is done twice
        follow(record.run_id)
        st.rerun()
    if was_alive and not record.alive:
        st.rerun()
    with st.container(border=True):
        st.markdown(f"{ICON[record.state]} **{layout.plain(record.study)}** {MEANING[record.state]}")
        share = record.done / record.total if record.total else 0.0
        st.progress(min(share, 1.0), text=_progress_text(record))
        if record.message and record.state not in ("cancelled", "paused"):
            (st.error if record.state == "failed" else st.warning)(layout.plain(record.message))
        elif record.state == "failed":
            st.error(layout.plain(_log_end(record.run_id)))
        for note in record.notes:
            st.caption(f":material/info: {layout.plain(note)}")
        _matrix(record)
        _failures(record)
        _study(record)
        _actions(record)


def _progress_text(record: RunRecord) -> str:
    if not record.total:
        return "Preparing: reading the corpus, loading the engines" if record.alive else "Nothing transcribed"
    text = f"{record.done:,} of {record.total:,} transcripts"
    if record.reused:
        text += f", {record.reused:,} of them there before"
    if record.failed:
        text += f", {record.failed:,} failed"
    eta = _eta(record)
    return f"{text} · about {duration(eta)} to go" if eta is not None else text


def _eta(record: RunRecord) -> float | None:
    """Return the seconds to go at the speed since this session first saw the run."""
    if record.state != "running":
        return None
    key = f"seen_{record.run_id}"
    since, done = st.session_state.setdefault(key, (time.monotonic(), record.done))
    elapsed = time.monotonic() - since
    return Progress(record.run_id, record.total, record.done, record.failed, done, elapsed, 0.0).eta_s


def _matrix(record: RunRecord) -> None:
    """Show how far each engine is under each condition, and how much audio is decoded in a second."""
    if not record.total:
        return
    result = _counted(record)
    audio_s = float(result["audio_s"].sum())
    since, before = st.session_state.setdefault(f"heard_{record.run_id}", (time.monotonic(), audio_s))
    elapsed = time.monotonic() - since
    if record.alive and elapsed > EVERY_S and audio_s > before:
        st.caption(f"Speed: {(audio_s - before) / elapsed:.1f}× real time")
    shown = result.assign(
        share=result["done"] * 100 // result["total"] / 100,
        condition_id=[condition_label(item) for item in result["condition_id"]],
    )
    with st.expander("By engine and condition", icon=":material/grid_on:", expanded=record.alive):
        st.dataframe(
            shown, hide_index=True, key=f"run_matrix_{record.run_id}",
            column_order=["condition_id", "share", "failed", "done", "total", "model_id"],
            column_config={
                "model_id": "engine", "condition_id": "condition", "total": "of",
                "share": st.column_config.ProgressColumn("progress", width=110, min_value=0, max_value=1, format="percent"),
            },
        )  # fmt: skip


def _counted(record: RunRecord) -> pd.DataFrame:
    """Return the matrix of a run; that of a large one, which takes its time, is not counted at every look."""
    key, now = f"counted_{record.run_id}", time.monotonic()
    state = (record.state, record.done, record.failed)
    result: pd.DataFrame
    before, at, took, result = st.session_state.get(key, (None, 0.0, 0.0, None))
    if state == before or (before and before[0] == record.state and now - at < AT_MOST * took):
        return result
    result = run_matrix(cached.store(), record.run_id)
    st.session_state[key] = (state, now, time.monotonic() - now, result)
    return result


def _failures(record: RunRecord) -> None:
    if not record.failed:
        return
    with st.expander(f"Failed utterances: {record.failed:,}", icon=":material/error:", expanded=record.alive):
        rows = cached.store().failures(record.run_id, limit=MOST_FAILURES)
        frame = pd.DataFrame(rows, columns=["utterance", "condition", "reason"])
        shown = frame.assign(condition=frame["condition"].map(condition_label))
        counts = frame["reason"].value_counts()
        st.markdown("\n".join(f"- {n:,} × {layout.plain(reason)}" for reason, n in counts[:MOST_REASONS].items()))
        if len(rows) < record.failed:
            st.caption(f"The first {len(rows)}; all of them are in the export of the run.")
        st.dataframe(shown, hide_index=True, key=f"run_failed_{record.run_id}")
        with st.container(horizontal=True):
            downloads.table(frame, f"{record.run_id}-failures", key="run_failures", label="Failures")


def _study(record: RunRecord) -> None:
    """Show the study of a run as the file that it is, and let the user go on from it."""
    with st.expander("Study settings", icon=":material/description:"):
        study = record.load_study()
        st.code(study.to_toml(), language="toml")
        with st.container(horizontal=True):
            st.download_button(
                "Download", study.to_toml(), f"{study.slug}.study.toml", "application/toml", key="run_study_download",
                on_click="ignore", icon=":material/download:",
            )  # fmt: skip
            st.button(
                "Duplicate this study", key="run_study_take", icon=":material/content_copy:", on_click=saved_study.retake,
                args=(study,), help="Its corpus, conditions and engines become your choices; change them and run again.",
            )  # fmt: skip


def _actions(record: RunRecord) -> None:
    store = cached.store()
    asked = record.alive and store.cancel_requested(record.run_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if record.alive:
            pause = st.button("Pause", key="run_pause", icon=":material/pause:", disabled=asked, help=PAUSE)
            cancel = st.button("Cancel", key="run_cancel", icon=":material/stop:", disabled=asked, help=CANCEL)
            if pause or cancel:
                (store.request_pause if pause else store.request_cancel)(record.run_id)
            if pause or cancel or asked:
                st.caption("Stopping after the current batch.")
        elif record.state != "done" and st.button(
            "Resume", key="run_resume", type="primary", icon=":material/play_arrow:"
        ):
            _resume(record)
            st.rerun()
        if record.belongs_to and record.belongs_to == visitor.user():
            st.button(
                "Share with everybody", key="run_share", icon=":material/group:", on_click=store.share,
                args=(record.run_id, EVERYBODY), help="Every user of this server then sees this run. Nobody else does until then.",
            )  # fmt: skip
        if record.done:
            link = {"run": record.run_id}
            st.page_link(layout.FINDINGS, label="See the findings", icon=":material/grid_on:", query_params=link)
            st.page_link(layout.CARD, label="Service card", icon=":material/description:", query_params=link)


def _resume(record: RunRecord) -> None:
    """Start a process that goes on with a run."""
    runner.start_worker(record.load_study(), store=cached.store())
    st.session_state.pop(f"seen_{record.run_id}", None)
    follow(record.run_id)


def _list(records: list[RunRecord]) -> None:
    """Show every run with its study; how far it is and what it consists of."""
    columns = ["study", "state", "done", "total", "failed", "created_at", "finished_at", "run_id"]
    rows = [{name: getattr(record, name) for name in columns} for record in records]
    studies = [json.loads(record.study_json) for record in records]
    frame = pd.DataFrame(rows).assign(
        created_at=[when(record.created_at) for record in records],
        finished_at=[when(record.finished_at) for record in records],
        corpus=[", ".join(study["corpus"]) for study in studies],
        engines=[", ".join(study["engines"]) for study in studies],
        conditions=[len(study["conditions"]) for study in studies],
    )
    st.dataframe(
        frame, hide_index=True, key="run_list",
        column_order=["study", "state", "done", "total", "failed", "corpus", "engines", "conditions", "created_at", "finished_at", "run_id"],
        column_config={"created_at": "created", "finished_at": "ended", "total": "of", "run_id": "run"},
    )  # fmt: skip
    with st.container(horizontal=True):
        downloads.table(frame, "runs", key="run_list", label="Runs")


def when(stamp: str) -> str:
    """Return a UTC time stamp of the store as people read it."""
    return f"{datetime.fromisoformat(stamp):%d %b %H:%M} UTC" if stamp else ""


def _log_end(run_id: str) -> str:
    """Return the last lines that the worker of a run printed."""
    path = runner.log_path(run_id)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return "\n".join(lines[-5:]) or "The process exited without an error message."
