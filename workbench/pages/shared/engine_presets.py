"""Presets on the Models page: recognisers to start with, what each costs, and which is ready."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.engines.recommended import cautions, recommended
from workbench.pages.shared import layout
from workbench.pages.shared.draft import Draft

SPEED = "Relative to Whisper large on a graphics card, as OpenAI states it. Estimate time on Run measures this machine."

_facts = st.cache_data(recommended, ttl=60, show_spinner="Looking for models ...")


def section(chosen: Draft) -> None:
    """Show the presets as a table; add one that is ready, or say what brings it."""
    st.subheader("Which recogniser?", anchor=False)
    frame: pd.DataFrame = _facts()
    shown = frame.assign(
        state=[("ready" if ready else "not here yet") for ready in frame["ready"]],
        size=[_text(size, " MB") for size in frame["size_mb"]],
        pace=[_text(speed, "×") for speed in frame["speed"]],
    )
    st.dataframe(
        shown, hide_index=True, key="engine_presets", width="content",
        column_order=["title", "state", "suits", "languages", "size", "pace", "licence"],
        column_config={
            "title": "model", "suits": st.column_config.TextColumn("good to know", width=250),
            "size": st.column_config.TextColumn("size", width=72, alignment="right"),
            "pace": st.column_config.TextColumn("speed", width=55, help=SPEED, alignment="right"),
            "licence": st.column_config.TextColumn("licence", width=95),
        },
    )  # fmt: skip
    by_spec = frame.set_index("spec")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        spec = st.selectbox(
            "Model to use",
            list(frame["spec"]),
            format_func=lambda item: _option(by_spec, item),
            key="preset_engine",
            width=330,
        )
        ready = bool(by_spec.loc[spec, "ready"])
        st.button(
            "Use this model", key="preset_add", type="primary", icon=":material/add:", on_click=_add, args=(chosen, spec),
            disabled=not ready or spec in chosen.engines or chosen.manifest is None,
        )  # fmt: skip
    if not ready:
        st.caption("It is not on this machine yet. This brings it; then reload the page:")
        st.code(str(by_spec.loc[spec, "install"]), language="bash")
    elif caution := by_spec.loc[spec, "caution"]:
        st.caption(f":material/warning: {layout.plain(caution)}")


def _text(value: float, unit: str) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}{unit}"


def _option(frame: pd.DataFrame, spec: str) -> str:
    title = str(frame.loc[spec, "title"])
    return title if frame.loc[spec, "ready"] else f"{title} (not here yet)"


def _add(chosen: Draft, spec: str) -> None:
    chosen.engines += [spec] if spec not in chosen.engines else []


def warn(chosen: Draft) -> None:
    """Warn of engines that are known, or were seen on a few recordings, not to fit free speech."""
    for text in [*cautions(chosen.engines), *st.session_state.get(MISFITS, {}).values()]:
        st.warning(layout.plain(text), icon=":material/warning:")


MISFITS = "engine_misfits"
"""By engine and corpus: what was said of an engine that failed on a few clean recordings."""
