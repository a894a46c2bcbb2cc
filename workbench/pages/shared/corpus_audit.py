"""How the originals were recorded: the section of the Corpus page that is read before any noise is added."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from workbench.corpora import Corpus
from workbench.figures import audit_plot
from workbench.pages.shared import display, downloads, layout, own_conditions
from workbench.provenance import Audit, audit, common_channel, explained, measure, smd_words
from workbench.schema import UTTERANCES

INTRO = (
    "Recording quality affects error rates. If one group was recorded over the telephone and another in a studio, part of their gap "
    "comes from the phone line, not the accent. The audit measures every original: level, noise floor, bandwidth, clipping, "
    "coding, echo, pauses, pace. Nothing is added to the audio."
)
READ = (
    "A point shows how far a group's mean is from that of all other speakers, in hundredths of a standard deviation "
    "between speakers. Beyond 25 (the grey band), the two sides count as different in this material. Only differences "
    "marked as such are statistically significant."
)


def _audit(fingerprint: str, attribute: str, _corpus: Corpus) -> Audit:
    bar = st.progress(0.0, "Measuring recordings ...")

    def show_progress(done: int, total: int) -> None:
        bar.progress(done / max(total, 1), f"Measured {done:,} of {total:,} recordings")

    result = audit(_corpus, attribute=attribute, on_progress=show_progress)
    bar.empty()
    return result


_audited = st.cache_resource(_audit, max_entries=8, show_spinner=False)


def section(corpus: Corpus) -> None:
    """Draw the section: a button, then sentences, the figure, tables, downloads and the counterfactual study."""
    attributes = UTTERANCES.attributes_of(corpus.utterances)
    if not attributes:
        return
    st.subheader("How it was recorded", anchor=False)
    st.markdown(INTRO, width=layout.TEXT_WIDTH)
    wanted = f"audited_{corpus.info.fingerprint}"
    if not st.session_state.get(wanted):
        n = f"{corpus.info.n_utterances:,} recordings"
        st.button(f"Audit {n}", key="audit_start", icon=":material/graphic_eq:", on_click=_start, args=(wanted,))
        return
    attribute = st.segmented_control(
        "Compare by", attributes, default=attributes[0], required=True, key="audit_attribute", persist_state="session",
        format_func=layout.plain,
    )  # fmt: skip
    result: Audit = _audited(corpus.info.fingerprint, attribute, corpus)
    _findings(result)
    _numbers(result)
    _counterfactual()


def _start(wanted: str) -> None:
    st.session_state[wanted] = True


def _findings(found: Audit) -> None:
    apart = (found.differences["verdict"] == "DIFFERENT").any()
    text = "  \n".join(f"- {layout.plain(sentence)}" for sentence in found.sentences)
    (st.warning if apart else st.info)(
        text, icon=":material/mic:" if apart else ":material/info:", width=layout.TEXT_WIDTH + 80
    )
    failed = int((found.utterances["status"] == "failed").sum())
    if failed:
        st.warning(f"{failed:,} recordings could not be measured; the reasons are in the table of recordings below.")
    if found.differences["smd"].notna().any():
        display.figure(audit_plot(found.differences, caveat=found.caveat), key="audit_plot", read=READ)


def _numbers(found: Audit) -> None:
    with st.expander("Groups and measures in numbers", icon=":material/table:"):
        groups = found.groups.drop(columns=["attribute", "reason"])
        groups.columns = [name.removeprefix("n_").replace("_", " ") for name in groups.columns]
        st.dataframe(
            groups, hide_index=True, key="audit_groups",
            column_config={"minutes": st.column_config.NumberColumn(format="%.1f"),
                           "words per speaker": st.column_config.NumberColumn(format="%.0f")},
        )  # fmt: skip
        st.dataframe(_means(found), hide_index=True, key="audit_means")
        with st.container(horizontal=True):
            downloads.table(found.differences, f"audit-{found.attribute}", key="audit_differences", label="Differences")
            downloads.table(found.utterances, "audit-recordings", key="audit_rows", label="Recordings")


def _means(found: Audit) -> pd.DataFrame:
    """Return one row per measure, one column per group: the mean, and where there is one how far it lies from the rest."""
    smd = found.differences.set_index(["group", "measure"])["smd"].to_dict()
    table: dict[str, dict[str, str]] = {}
    for row in found.measures.to_dict("records"):
        one = measure(row["measure"])
        table.setdefault(f"{one.words}, {one.unit}", {})[row["group"]] = _cell(
            one.write(row["mean"]), smd.get((row["group"], row["measure"]))
        )
    return pd.DataFrame(table).T.rename_axis("measure").reset_index()


def _cell(mean: str, smd: Any) -> str:
    known = smd is not None and smd == smd and smd != 0.0
    return f"{mean} ({smd_words(smd)})" if known else mean


def _counterfactual() -> None:
    channel = common_channel()
    with st.expander("Does the gap remain when all speakers are heard through one channel?", icon=":material/tune:"):
        st.markdown("\n\n".join(map(layout.plain, explained(channel)[:2])), width=layout.TEXT_WIDTH)
        if channel.missing:
            st.info("; ".join(channel.missing))
        elif st.button("Add this channel to the study", key="audit_channel", icon=":material/add:"):
            own_conditions.add(channel)
            st.success(
                "Added to your own conditions on the Conditions page. Compare its gaps with those of clean audio."
            )
