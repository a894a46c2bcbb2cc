"""Who speaks in a corpus, and where it comes from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.corpora import Corpus, CorpusInfo
from workbench.pages.shared import layout
from workbench.schema import UTTERANCES


def describe(info: CorpusInfo) -> None:
    """Show licence, source and language of a corpus, and that its voices are synthetic if they are."""
    if info.synthetic_voices:
        st.warning(
            "**Synthetic voices.** A speech synthesiser speaks here: figures describe its voices, not people. "
            + layout.plain(info.speaker_note),
            icon=":material/smart_toy:",
        )
    st.subheader(layout.plain(info.title), anchor=False)
    facts = {"Licence": info.licence, "Source": info.source, "Language": info.language}
    facts |= {} if info.synthetic_voices or not info.speaker_note else {"Speakers": info.speaker_note}
    st.markdown(
        "  \n".join(f"**{name}:** {layout.plain(value)}" for name, value in facts.items()), width=layout.TEXT_WIDTH
    )


def who(corpus: Corpus) -> None:
    """Show how much speech of how many speakers each group has, and how the attribute was obtained."""
    frame, info = corpus.utterances, corpus.info
    with st.container(horizontal=True, gap="large"):
        st.metric("Speakers", f"{info.n_speakers:,}", width="content")
        st.metric("Utterances", f"{info.n_utterances:,}", width="content")
        st.metric("Minutes", f"{frame['duration_s'].sum() / 60:,.1f}", width="content")
    attributes = UTTERANCES.attributes_of(frame)
    if not attributes:
        st.info("This corpus declares no attribute (accent, gender ...), so there are no groups to compare.")
        return
    st.subheader("Who is in it", anchor=False)
    name = st.segmented_control("Attribute", attributes, default=attributes[0], required=True, key="corpus_attribute")
    how = info.attributes[name]
    note = f": {layout.plain(how.note)}" if how.note else ""
    st.caption(f"How {layout.plain(name)} was obtained: **{how.obtained}**{note}.", width=layout.TEXT_WIDTH)
    _composition(frame, name)


def _composition(utterances: pd.DataFrame, attribute: str) -> None:
    """Show how many speakers, utterances and minutes each group of an attribute has."""
    groups = utterances.groupby(attribute, dropna=False)
    frame = (
        groups.agg(
            speakers=("speaker_id", "nunique"), utterances=("utterance_id", "size"), seconds=("duration_s", "sum")
        )
        .rename_axis("group")
        .reset_index()
    )
    frame = frame.assign(minutes=frame.pop("seconds") / 60).sort_values("speakers", ascending=False, kind="stable")
    small = {name: st.column_config.NumberColumn(name, width=85) for name in ("speakers", "utterances")}
    small["minutes"] = st.column_config.NumberColumn("minutes", width=75, format="%.1f")
    st.dataframe(frame, hide_index=True, column_config=small, width="content", key="corpus_composition")
