"""A study that exists, opened again: its corpus, conditions and engines become the choices of this session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from workbench.conditions import CATALOGUE
from workbench.errors import StudyError, WorkbenchError
from workbench.pages.shared import layout, study_form
from workbench.pages.shared.draft import draft
from workbench.pages.shared.typed_paths import typed_path
from workbench.schema import CLEAN
from workbench.study import Study

ENDING = ".study.toml"
SAID = "study_refused"
WAY = "A study file"
"""The way into the Corpus page that takes over a study."""


def choose(folder: Path) -> Path | None:
    """Offer the studies of a folder and any by its path; return the manifest of the one that was opened."""
    studies = {path.name: path for path in sorted(folder.glob(f"*{ENDING}"))}
    picked = st.selectbox(
        "Study", list(studies), key="study_file", persist_state="session", accept_new_options=True,
        placeholder="Choose one, or type the full path of a study file and press Enter", index=0 if studies else None,
    )  # fmt: skip
    path = str(studies.get(picked or "", picked or ""))
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


def _open(path: str) -> None:
    """Take over the study of a file before the widgets of this run are drawn."""
    st.session_state[SAID] = None
    try:
        take(Study.from_toml(typed_path(path, place="path of the study", fails=StudyError)))
    except WorkbenchError as error:
        st.session_state[SAID] = error


def retake(study: Study) -> None:
    """Take over the study of a run, as a callback: what cannot be taken is said once."""
    try:
        take(study)
        st.session_state["corpus_way"] = WAY
        st.toast("Study loaded. Edit it on any page, then start.", icon=":material/check:")
    except WorkbenchError as error:
        st.toast(layout.plain(error), icon=":material/build:")


def take(study: Study) -> None:
    """Make a study the choices of this session.

    Raises
    ------
    StudyError : a study of several corpora, or with numbers that the pages do not show
    """
    _require_shown(study)
    study_draft = draft()
    study_draft.study = study_draft.manifest = study.base / study.corpus[0]
    study_draft.summary, study_draft.allow_dropped = study_draft.study.stem, study.allow_dropped
    study_draft.engines, study_draft.audio_leaves = list(study.engines), study.audio_leaves_this_machine
    ids = [condition.condition_id for condition in study.conditions if condition.condition_id != CLEAN]
    in_catalogue = [item for item in ids if item in CATALOGUE]
    study_draft.own = [item for item in ids if item not in CATALOGUE]
    study_draft.conditions = [CLEAN, *ids]
    state = st.session_state
    for condition in CATALOGUE.values():
        state[f"pick_{condition.id}"] = []
    for item in in_catalogue:
        state[f"pick_{CATALOGUE[item].id}"] += [item]
    state["own_in_use"] = list(study_draft.own)
    study_form.forget_groups()
    study_draft.carried = _unasked(study)
    state.update(
        {
            "study_of": str(study_draft.manifest),
            "study_name": study.name,
            "study_normaliser": study.normaliser,
            "study_margin": round(study.margin * 100, 4),
            "study_seed": study.seed,
            "study_claims": "\n".join(study.claims),
        }
    )
    state.pop("study_attributes", None)
    if study.attributes:
        state["study_attributes"] = list(study.attributes)
    for name, levels in study.filter.items():
        state[f"{study_form.ONLY}{name}"] = list(levels)


def _unasked(study: Study) -> dict[str, Any]:
    """Return the fields of a study that no page asks for, where they differ from what is usual."""
    given = study.model_dump(mode="json", include={"pairing", "allocation"}, exclude_none=True)
    return {name: value for name, value in given.items() if value != Study.model_fields[name].default}


def _require_shown(study: Study) -> None:
    """Raise StudyError for what the pages cannot show and would have to change."""
    (low, high), (first, last) = study_form.MARGINS, study_form.SEEDS
    faults = []
    if len(study.corpus) != 1:
        faults.append(f"it has {len(study.corpus)} corpora, and the pages show one")
    if not low <= study.margin * 100 <= high:
        faults.append(f"its margin is {study.margin:g}, and the pages show {low / 100:g} to {high / 100:g}")
    if not first <= study.seed <= last:
        faults.append(f"its seed is {study.seed}, and the pages show up to {last}")
    if faults:
        remedy = "run it with: workbench run STUDY.toml; its findings are then listed here"
        raise StudyError("; ".join(faults), place=study.name, remedy=remedy)
