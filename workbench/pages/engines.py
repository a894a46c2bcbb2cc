"""Models: what transcribes, with which options, and what the engines that are not ready need."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.engines import api_keys, egress
from workbench.pages.shared import cached, chosen_engines, consent, engine_form, engine_presets, glossary_link, layout
from workbench.pages.shared.draft import Draft, draft
from workbench.pages.shared.engine_options import AWAY

INTRO = (
    "Choose the recognisers to compare; all of them hear the same audio. “Ready” engines work now; “installed” ones still need a "
    "model file, a server or a key (see the card)."
)
IN_A_ROW = 3


def main() -> None:
    """Draw the page."""
    with layout.page("Models", INTRO):
        study_draft = draft()
        engine_presets.section(study_draft)
        _available()
        if study_draft.manifest is None:
            layout.empty(
                "Choose a corpus first. Model and grammar files are looked up in its folder.",
                layout.CORPUS,
                "Choose a corpus",
            )
            return
        with layout.mendable():
            _add(study_draft)
        engine_presets.warn(study_draft)
        glossary_link.terms("WER", "hypothesis", "real time")
        chosen_engines.show(study_draft)
        layout.following(layout.RUN, "run")


def _available() -> None:
    """Show every engine: what it is, whether it is ready here, and what it needs."""
    frame = cached.availability()
    with st.expander(f"All engines ({len(frame)}), and what each needs", icon=":material/list:"):
        _cards(frame)


def _cards(frame: Any) -> None:
    columns = [column for _ in range(0, len(frame), IN_A_ROW) for column in st.columns(IN_A_ROW)]
    for column, row in zip(columns, frame.itertuples(), strict=False):
        with column, st.container(border=True, height="stretch"):
            wants = row.install or row.reason.startswith("needs")
            badge = ":blue-badge[installed]" if wants else ":green-badge[ready]"
            badge = badge if row.ready else ":orange-badge[not ready]"
            away = " :violet-badge[sends audio away]" if row.engine in AWAY else ""
            st.markdown(f"**{layout.plain(row.engine)}** {badge}{away}")
            st.markdown(layout.plain(row.description))
            st.caption(
                layout.plain(row.reason) + (f"  \n**Needs:** {layout.plain(row.install)}" if row.install else "")
            )


def _add(chosen: Draft) -> None:
    """Let the user describe one engine and add it; it is loaded once to see that it works."""
    st.subheader("Another engine, or other options", anchor=False)
    frame = cached.availability().set_index("engine")
    ready = [str(name) for name in frame.index[frame["ready"]]]
    with st.container(border=True):
        consent.switch(chosen)
        engine = st.segmented_control("Engine", ready, default=ready[0], required=True, key="engine_kind")
        if engine in AWAY and not chosen.audio_leaves:
            st.caption("Turn on the switch above to use a remote server.")
        spec = engine_form.ask(chosen, engine, str(frame.loc[engine, "spec_example"]))
        if spec:
            st.caption(f"In a study file: {layout.plain(api_keys.hidden(spec))}")
        if st.button("Add this engine", key="engine_add", type="primary", disabled=not spec):
            away = egress.destinations([cached.engine(chosen, spec).info])
            consent.require_word(chosen, away)
            chosen.engines += [spec] if spec not in chosen.engines else []


if __name__ == "__main__":
    main()
