"""Listening: one clip of the user's own corpus, and what becomes of it under a condition."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, TYPICAL
from workbench.corpora import Corpus
from workbench.figures import condition_label, condition_labels, fact_name
from workbench.pages.shared import cached, display, layout
from workbench.pages.shared.clip_choice import choose_clip
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN, FACTS

LADDER = "The level that Listen plays. The levels of the study are chosen on the cards."


class Clip(NamedTuple):
    """What is listened to: a corpus, one of its utterances, and the level of the ladder (1 mild to 4 extreme)."""

    corpus: Corpus
    utterance_id: str
    level: int


def choose() -> Clip | None:
    """Let the user choose the clip and the level at which the cards are played; None while there is no corpus."""
    study_draft = draft()
    if study_draft.manifest is None:
        layout.empty("Choose a corpus to hear the conditions on its own voices.", layout.CORPUS, "Choose a corpus")
        return None
    corpus = cached.corpus(study_draft.manifest)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.segmented_control(
            "Preview severity", list(SEVERITY_WORDS), default=TYPICAL, format_func=SEVERITY_WORDS.__getitem__,
            required=True, key="ladder", persist_state="session", help=LADDER,
        )  # fmt: skip
        with st.popover("Preview clip", icon=":material/person:"):
            row = choose_clip(corpus.utterances, key="preview")
            layout.how_to_read(display.READ_SPECTROGRAM)
        with st.popover("Measurements", icon=":material/help:"):
            st.markdown(_meanings(), width=layout.TEXT_WIDTH)
    return Clip(corpus, str(row["utterance_id"]), int(level))


def _meanings() -> str:
    """Return what each measured fact is, a line for each."""
    facts = [column for column in FACTS.columns if column.dtype == "float64"]
    return "\n".join(f"- **{fact_name(fact.name)}**: {layout.plain(fact.meaning)}" for fact in facts)


def sound(clip: Clip, condition_id: str) -> None:
    """Play the clip under a condition, with its spectrogram, its level and what was measured."""
    with layout.mendable():
        _, degraded = cached.preview(clip.corpus, clip.utterance_id, condition_id)
        display.heard(condition_label(condition_id), degraded.wave, degraded.facts)


def compare(clip: Clip | None) -> None:
    """Play the clip clean and under any condition side by side, those of the study first."""
    if clip is None:
        return
    with st.expander("Compare with clean", icon=":material/compare_arrows:"):
        _compared(clip)


def _compared(clip: Clip) -> None:
    in_use = [item for item in draft().conditions if item != CLEAN]
    others = [
        condition_id
        for condition_id, made in CATALOGUE.items()
        if condition_id not in (*in_use, CLEAN) and not made.missing
    ]
    labels, state = condition_labels(in_use + others), st.session_state
    if state.get("preview_condition") == state.get("preview_first"):  # nobody chose: it follows the study
        state["preview_condition"] = (in_use + others)[0]
    state["preview_first"] = (in_use + others)[0]
    condition = st.selectbox(
        "Condition", in_use + others, format_func=labels.__getitem__, key="preview_condition", persist_state="session"
    )
    clean, degraded = cached.preview(clip.corpus, clip.utterance_id, condition)
    left, right = st.columns(2)
    with left:
        display.player("Clean", clean)
        display.spectrogram("Clean", clean)
    with right:
        display.player(condition_label(condition), degraded.wave)
        display.spectrogram(condition_label(condition), degraded.wave)
        display.facts(degraded.facts)
