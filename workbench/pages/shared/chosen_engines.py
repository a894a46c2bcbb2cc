"""The engines of the study: what each is, what of imported transcripts could not be joined, where audio would go."""

from __future__ import annotations

import streamlit as st

from workbench.engines import ModelInfo, egress
from workbench.pages.shared import cached, consent, layout
from workbench.pages.shared.draft import Draft


def show(chosen: Draft) -> None:
    """Show the engines of the study, each with what it is and, for transcripts, what could not be joined."""
    st.subheader("In your study", anchor=False)
    if not chosen.engines:
        st.info("No engine yet. Describe one above and add it.")
    away: dict[str, str] = {}
    for spec in list(chosen.engines):
        with st.container(border=True):
            st.markdown(f"**{layout.plain(spec)}**")
            with layout.mendable():
                away |= egress.destinations([_one(chosen, spec)])
            st.button(
                "Remove", key=f"remove_{spec}", icon=":material/delete:", on_click=chosen.engines.remove, args=(spec,)
            )
    consent.tell(away)


def _one(chosen: Draft, spec: str) -> ModelInfo:
    info, joined, _ = cached.engine(chosen, spec)
    st.caption(f"{info.engine} {info.version} · model {layout.plain(info.model_id)}")
    if joined is not None:
        st.markdown(f"{len(joined.matched)} utterances of the corpus have a transcript.")
        _unmatched("Utterances without a transcript", joined.only_in_corpus, f"{spec}_corpus")
        _unmatched("Transcripts without an utterance", joined.only_in_transcripts, f"{spec}_transcripts")
    with st.expander("Decoding options"):
        st.json(dict(info.options), expanded=True)
    return info


def _unmatched(title: str, ids: tuple[str, ...], key: str) -> None:
    if ids:
        with st.expander(f"{title}: {len(ids)}"):
            st.dataframe({"utterance": ids}, hide_index=True, key=key)
