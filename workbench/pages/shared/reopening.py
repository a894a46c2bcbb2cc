"""A study that exists, opened again: its corpus, conditions and engines become the choices of this session."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.conditions import CATALOGUE
from workbench.errors import StudyError, WorkbenchError
from workbench.pages.shared import layout
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN
from workbench.study import Study

ENDING = ".study.toml"
SAID = "study_refused"
WAY = "A study file"
"""The way into the Corpus page that takes over a study."""


def choose(folder: Path) -> Path | None:
    """Offer the studies of a folder and any by its path; return the manifest of the one that was opened."""
    known = {path.name: path for path in sorted(folder.glob(f"*{ENDING}"))}
    picked = st.selectbox(
        "Study", list(known), key="study_file", persist_state="session", accept_new_options=True,
        placeholder="Choose one, or type the full path of a study file and press Enter", index=0 if known else None,
    )  # fmt: skip
    path = known.get(picked or "", Path(picked or ""))
    st.button("Open this study", key="study_open", type="primary", on_click=_open, args=(path,), disabled=not picked)
    refused = st.session_state.get(SAID)
    if refused is not None:
        layout.complain(refused)
        return None
    opened = draft()
    if opened.study is None:
        st.info("Its corpus, conditions, engines and settings become your choices; the file itself is not changed.")
        return None
    return opened.study


def _open(path: Path) -> None:
    """Take over the study of a file before the widgets of this run are drawn."""
    st.session_state[SAID] = None
    try:
        take(Study.from_toml(path))
    except WorkbenchError as error:
        st.session_state[SAID] = error


def retake(study: Study) -> None:
    """Take over the study of a run, as a callback: what cannot be taken is said once."""
    try:
        take(study)
        st.session_state["corpus_way"] = WAY
        st.toast("Its choices are yours now; change them on any page, then start.", icon=":material/check:")
    except WorkbenchError as error:
        st.toast(layout.plain(error), icon=":material/build:")


def take(study: Study) -> None:
    """Make a study the choices of this session.

    Raises
    ------
    StudyError : a study of several corpora, which the pages do not show
    """
    if len(study.corpus) != 1:
        raise StudyError(
            f"it has {len(study.corpus)} corpora, and the pages show one",
            place=study.name,
            remedy="run it with: python -m workbench run STUDY.toml; its findings are then listed here",
        )
    chosen = draft()
    chosen.study = chosen.manifest = study.base / study.corpus[0]
    chosen.summary, chosen.allow_dropped = chosen.study.stem, study.allow_dropped
    chosen.engines, chosen.audio_leaves = list(study.engines), study.audio_leaves_this_machine
    ids = [condition.condition_id for condition in study.conditions if condition.condition_id != CLEAN]
    known = [one for one in ids if one in CATALOGUE]
    chosen.own = [one for one in ids if one not in CATALOGUE]
    chosen.conditions = [CLEAN, *ids]
    state = st.session_state
    for condition in CATALOGUE.values():
        state[f"pick_{condition.id}"] = []
    for one in known:
        state[f"pick_{CATALOGUE[one].id}"] += [one]
    state["own_in_use"] = list(chosen.own)
    state.update(
        {
            "study_name": study.name,
            "study_normaliser": study.normaliser,
            "study_margin": study.margin * 100,
            "study_seed": study.seed,
        }
    )
    if study.attributes:
        state["study_attributes"] = list(study.attributes)
    for name, levels in study.filter.items():
        state[f"only_{name}"] = list(levels)
