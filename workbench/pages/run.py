"""Run: name the study, start it in a process of its own, and follow it from any browser."""

from __future__ import annotations

import os

import streamlit as st

from workbench import runner
from workbench.errors import StudyError
from workbench.pages.shared import cached, engine_presets, glossary_link, layout, run_estimate, run_monitor, study_form
from workbench.pages.shared.draft import Draft, draft
from workbench.study import Study

INTRO = "Runs continue in the background, even if you close the browser or restart the app. Existing transcripts are reused."


def main() -> None:
    """Draw the page."""
    with layout.page("Run", INTRO):
        study_draft = draft()
        first = run_monitor.first()
        if first:
            run_monitor.runs()
        if study_draft.manifest is None or not study_draft.engines:
            _missing(study_draft)
        else:
            engine_presets.warn(study_draft)
            with layout.mendable():
                _prepare(study_draft)
        if not first:
            run_monitor.runs()


def _missing(chosen: Draft) -> None:
    """Say what the study lacks."""
    st.subheader("New study", anchor=False)
    if chosen.manifest is None:
        layout.empty("A study needs a corpus first.", layout.CORPUS, "Choose a corpus")
    else:
        layout.empty("A study needs at least one engine.", layout.ENGINES, "Choose an engine")


def _prepare(chosen: Draft) -> None:
    """Let the user complete the study; show it as the file that it is; start it."""
    st.subheader("New study", anchor=False)
    study = study_form.ask(chosen)
    n = run_estimate.amount(chosen, study)
    with st.expander("The study as a file", icon=":material/description:"):
        st.caption("`workbench run` does the same with this file. Its paths are relative to its folder.")
        st.code(study.to_toml(), language="toml")
        with st.container(horizontal=True):
            st.download_button(
                "Download", study.to_toml(), f"{study.slug}.study.toml", "application/toml", key="study_download",
                on_click="ignore", icon=":material/download:",
            )  # fmt: skip
            if st.button("Save beside the manifest", key="study_save", icon=":material/save:"):
                _save(study)
    cores = os.cpu_count() or 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        workers = st.number_input(
            "Processes", 1, cores, 1, key="run_workers", width=140,
            help=f"Parallel decoding processes (this machine has {cores} cores).",
        )  # fmt: skip
        start = st.button(
            "Start the run", key="run_start", type="primary", icon=":material/play_arrow:", disabled=not n
        )
        estimate = st.button(
            "Estimate time and cost", key="run_estimate", icon=":material/timer:", help=run_estimate.HELP
        )
    with st.expander("Machine cost for the estimate", icon=":material/payments:"):
        price = run_estimate.price()
    glossary_link.terms("margin", "normaliser", "interval", "GAP", "EQUIVALENT", "firm", "tentative")
    if start:
        record = runner.start_worker(study, store=cached.store(), workers=workers)
        run_monitor.follow(record.run_id)
        run_estimate.forget()
        st.rerun()
    run_estimate.estimated(study, int(workers), price, anew=estimate)


def _save(study: Study) -> None:
    """Write the study file beside its manifest; never over another study."""
    path = study.base / f"{study.slug}.study.toml"
    if path.exists() and path.read_text(encoding="utf-8") != study.to_toml():
        raise StudyError("another study has this file name", place=str(path), remedy="choose another name")
    try:
        study.write(path)
    except OSError as error:
        raise StudyError(
            f"cannot be written: {error.strerror}", place=str(path), remedy="download it instead"
        ) from None
    st.success(f"Saved as {layout.plain(path)}")


if __name__ == "__main__":
    main()
