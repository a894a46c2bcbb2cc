"""Who speaks in a corpus, and where it comes from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.corpora import Corpus, CorpusInfo, composition
from workbench.fairness import crossed, power_of_corpus
from workbench.fairness.counts.intersection import crossed_name
from workbench.fairness.group_rates.rates import ENOUGH_WORDS
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.fairness.planning.sample_size import ASSUMED_RATE
from workbench.figures.wording import counted
from workbench.pages.shared import downloads, glossary_link, layout
from workbench.schema import UTTERANCES

ALONE = "nothing"
ASSUMED_GAP = 0.05
SMALL = f"fewer than {ENOUGH_SPEAKERS} speakers or {ENOUGH_WORDS} words. Their figures describe these speakers, not the group."
POWER = (
    "Minimum detectable gap: the smallest gap, in percentage points of the error rate, that a study with these speakers finds "
    f"four times in five. It assumes that the rest has a rate of {ASSUMED_RATE:.0%} and that speakers differ as much as they usually "
    "do. Smaller gaps can exist and be missed. “–”: too few speakers."
)


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
        st.info(
            "This corpus declares no attribute, so there are no groups to compare. Add a column to its manifest (accent, "
            "gender ...), and say in its description how it was obtained."
        )
        return
    st.subheader("Who is in it", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.segmented_control(
            "Attribute",
            attributes,
            default=attributes[0],
            required=True,
            key="corpus_attribute",
            format_func=layout.plain,
        )
        others = [ALONE, *(attribute for attribute in attributes if attribute != name)]
        also = st.selectbox("Crossed with", others, key="corpus_crossed", width=165) if attributes[1:] else ALONE
    how = info.attributes[name]
    note = f": {layout.plain(how.note)}" if how.note else ""
    st.caption(f"How {layout.plain(name)} was obtained: **{how.obtained}**{note}.", width=layout.TEXT_WIDTH)
    if also != ALONE:
        frame, name = crossed(frame, [name, also]), crossed_name([name, also])
    _composition(corpus.info.fingerprint, frame, name)


def _make(fingerprint: str, attribute: str, _utterances: pd.DataFrame) -> pd.DataFrame:
    result = composition(_utterances, attribute)
    if len(result) < 2:
        return result.assign(detectable_gap=float("nan"), speakers_needed=float("nan"))
    plan = power_of_corpus(_utterances, attribute, gap=ASSUMED_GAP).set_index("group")
    return result.assign(
        detectable_gap=result["group"].map(plan["detectable_gap"]).astype("float64"),
        speakers_needed=result["group"].map(plan["speakers_needed"]).astype("Int64"),
    )


_composed = st.cache_data(_make, max_entries=16, show_spinner=False)


def _needed(frame: pd.DataFrame) -> str:
    """Return how many speakers a gap of a usual size would need."""
    needed = frame["speakers_needed"].dropna()
    if needed.empty:
        return ""
    return f" To find a gap of {ASSUMED_GAP * 100:g} points, about {int(needed.max())} speakers per group are needed."


def _composition(fingerprint: str, utterances: pd.DataFrame, attribute: str) -> None:
    """Show what each group has, which are too small, and the smallest gap that each can show."""
    frame = _composed(fingerprint, attribute, utterances)
    small = (frame["speakers"] < ENOUGH_SPEAKERS) | (frame["words"] < ENOUGH_WORDS)
    shown = frame.assign(
        detectable_gap=[f"{gap * 100:.1f}" if gap < 1 else "–" for gap in frame["detectable_gap"]],
        evidence=small.map({True: "too small", False: "enough"}),
    )
    columns = {name: st.column_config.NumberColumn(name, width=80) for name in ("speakers", "utterances", "words")}
    columns["minutes"] = st.column_config.NumberColumn("minutes", width=75, format="%.1f")
    columns["detectable_gap"] = st.column_config.TextColumn(
        "min. gap (points)", width=125, help=POWER, alignment="right"
    )
    columns["evidence"] = st.column_config.TextColumn("evidence", width=85, help=SMALL)
    order = ["group", "evidence", "speakers", "detectable_gap", "words", "minutes", "utterances"]
    st.dataframe(
        shown, hide_index=True, column_config=columns, column_order=order, width="content", key="corpus_composition"
    )
    if small.any():
        st.warning(
            f"{int(small.sum())} of {counted(len(frame), 'group')} have {SMALL}{_needed(frame)}",
            icon=":material/group_off:",
        )
    st.caption(f"**How to read this.** {POWER}", width=layout.TEXT_WIDTH)
    with st.container(horizontal=True):
        glossary_link.terms("group", "evidence", "minimum detectable gap", "self-reported")
        downloads.table(frame, "corpus-composition", key="corpus_composition", label="Groups")
