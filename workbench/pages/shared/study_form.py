"""The study that a session describes: its name, what is compared, how it is scored, and whose speech it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench.fairness.planning.sample_size import margin_in_words
from workbench.pages.shared import cached, layout
from workbench.pages.shared.draft import Draft
from workbench.schema import UTTERANCES
from workbench.study import Study
from workbench.text import NORMALISERS

NORMALISER = "Text normalisation applied to reference and transcript before scoring: none, case and punctuation, or Whisper's English rules."
MARGIN = "Gaps smaller than this count as equal. It is set now, before anybody looks at results."
CLAIMS = (
    "One per line, such as `accent: accuracy >= 92 %`, `accent: gap <= 2 points` or `everyone: accuracy >= 90 % in clean`. The "
    "service card says of each whether the run supports it, refutes it, or cannot tell."
)
SEED = "Random seed for the noise."
MARGINS = (0.01, 99.0)
"""Percentage points that can be asked for."""
SEEDS = (0, 2**53 - 1)
"""A browser counts no further."""
USUAL: Mapping[str, Any] = {"study_normaliser": "whisper_en", "study_margin": 2.0, "study_seed": 1}
ONLY = "only_"


def ask(chosen: Draft) -> Study:
    """Return the study that the widgets describe.

    Raises
    ------
    ManifestError, StudyError : a corpus that cannot be read any more; a study that cannot be
    """
    state = st.session_state
    corpus = cached.corpus(chosen.manifest)  # type: ignore[arg-type]
    declared = UTTERANCES.attributes_of(corpus.utterances)
    begin(chosen, f"{corpus.info.corpus_id} study", declared)
    name = st.text_input("Name", key="study_name", persist_state="session")
    attributes = st.multiselect("Attributes to compare", declared, key="study_attributes", persist_state="session")
    normalisers = list(dict.fromkeys([*NORMALISERS, state["study_normaliser"]]))
    with st.container(horizontal=True):
        normaliser = st.selectbox(
            "Normaliser", normalisers, key="study_normaliser", persist_state="session", help=NORMALISER, width=190
        )
        margin = st.number_input(
            "Margin (percentage points)", *MARGINS, step=0.5, key="study_margin", persist_state="session", help=MARGIN,
            format="%g", width=220,
        )  # fmt: skip
        seed = st.number_input("Seed", *SEEDS, step=1, key="study_seed", persist_state="session", help=SEED, width=140)
    st.caption(margin_in_words(round(margin / 100, 6)), width=layout.TEXT_WIDTH)
    only: dict[str, list[str]] = {}
    with st.expander("Only some groups", icon=":material/filter_alt:"):
        for attribute in declared:
            only[attribute] = st.multiselect(
                f"Only these of {layout.plain(attribute)}", sorted(corpus.utterances[attribute].unique()),
                key=f"{ONLY}{attribute}", persist_state="session", placeholder="all",
            )  # fmt: skip
    with st.expander("Claims to test", icon=":material/gavel:"):
        text = st.text_area(
            "Claims, stated before anybody looks at results", key="study_claims", persist_state="session", height=90,
            help=CLAIMS, placeholder="accent: gap <= 2 points",
        )  # fmt: skip
    _carried(chosen)
    fields = {
        "name": name.strip(), "corpus": [chosen.manifest.name], "attributes": attributes, "engines": chosen.engines,  # type: ignore[union-attr]
        "conditions": chosen.conditions, "normaliser": normaliser, "seed": int(seed), "margin": round(margin / 100, 6),
        "filter": {key: levels for key, levels in only.items() if levels}, "allow_dropped": chosen.allow_dropped,
        "claims": [line.strip() for line in text.splitlines() if line.strip()],
        "audio_leaves_this_machine": chosen.audio_leaves, **chosen.carried,
    }  # fmt: skip
    return Study.create(fields, base=chosen.base, place="this study")


def begin(chosen: Draft, name: str, declared: list[str]) -> None:
    """Let every widget begin with what is usual; what was said of another corpus is no answer for this one."""
    state = st.session_state
    if state.get("study_of") != str(chosen.manifest):
        forget_groups()
        for key in ("study_attributes", "study_claims"):
            state.pop(key, None)
        chosen.carried = {}
        if state.get("study_name") == state.get("study_named"):
            state.pop("study_name", None)
    state["study_of"], state["study_named"] = str(chosen.manifest), name
    for key, usual in {**USUAL, "study_name": name, "study_attributes": list(declared)}.items():
        state.setdefault(key, usual)


def forget_groups() -> None:
    """Take back every choice of only some groups."""
    for key in [item for item in st.session_state if str(item).startswith(ONLY)]:
        del st.session_state[key]


def _carried(chosen: Draft) -> None:
    """Say what the study that was opened holds beyond what is asked for here, and let the user drop it."""
    if not chosen.carried:
        return
    text = "; ".join(f"{name} = {value}" for name, value in chosen.carried.items())
    st.caption(f":material/info: From the study that was opened: {layout.plain(text)}")
    st.button("Leave this out", key="study_carried", on_click=chosen.carried.clear, icon=":material/close:")
