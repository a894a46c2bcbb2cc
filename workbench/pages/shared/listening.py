"""Listening: a clip of the user's own corpus, clean and under a condition."""

from __future__ import annotations

import streamlit as st

from workbench.conditions import CATALOGUE
from workbench.figures import condition_label
from workbench.pages.shared import cached, layout, show
from workbench.pages.shared.clips import choose_clip
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN


def preview() -> None:
    """Play a clip of the user's own corpus, clean and under a condition, with what was measured."""
    st.subheader("Listen", anchor=False)
    chosen = draft()
    if chosen.manifest is None:
        layout.empty("Choose a corpus to hear the conditions on its own voices.", layout.CORPUS, "Choose a corpus")
        return
    corpus = cached.corpus(chosen.manifest)
    row = choose_clip(corpus.utterances, key="preview")
    in_use = [one for one in chosen.conditions if one != CLEAN]
    others = [one for one, made in CATALOGUE.items() if one not in (*in_use, CLEAN) and not made.missing]
    condition = st.selectbox(
        "Condition", in_use + others, format_func=condition_label, key="preview_condition", persist_state="session"
    )
    clean, degraded = cached.preview(corpus, str(row["utterance_id"]), condition)
    left, right = st.columns(2)
    with left:
        show.player("Clean", clean)
    with right:
        show.player(condition_label(condition), degraded.wave)
        show.facts(degraded.facts)
