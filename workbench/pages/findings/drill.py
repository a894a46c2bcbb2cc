"""From a cell to its utterances, to one word by word, to the audio as the engine heard it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.errors import WorkbenchError
from workbench.figures import condition_label, percent, speakers
from workbench.figures.plot_rows import interval_words, number_or_none
from workbench.pages.shared import address, cached, display, downloads, examples, layout
from workbench.results import Results
from workbench.schema import CLEAN

OPEN = "utterance"
"""The name under which the address holds the utterance that is looked at."""
PAGE = 200
"""Utterances in the table at once; a cell of a large run has thousands."""
COLUMNS = ["errors", "reference", "hypothesis", "ref_words", "speaker_id", "status"]


def utterances(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the utterances of one group under one condition, and one of them in full."""
    left, right = st.columns(2)
    with left:
        group = address.choose(f"Group ({attribute})", cached.levels(loaded, attribute), f"group_{attribute}")
    with right:
        condition = address.choose(
            "Condition", cached.conditions(loaded, model), "condition", format_func=condition_label
        )
    listing = cached.listing(loaded, model, condition, attribute, group)
    if not listing.ids:
        st.info("There is no utterance of this group under this condition.")
        return
    _headline(cached.table(loaded, "rates", by=attribute), attribute, model, group, condition)
    cell, asked = f"{model}|{attribute}|{group}|{condition}", st.query_params.get(OPEN, "")
    start = _page(len(listing.ids), cell, first=listing.ids.index(asked) if asked in listing.ids else 0)
    shown = cached.page(loaded, listing, cell, start, PAGE)
    row = shown.iloc[_picked(shown[["utterance_id", *COLUMNS, attribute]], f"{cell}|{start}")]
    address.note(OPEN, str(row["utterance_id"]))
    _one(loaded, row)
    with st.container(horizontal=True):
        every = range(len(listing.ids))
        downloads.table_of(lambda: listing.take(every), "utterances", key="drill_rows", label="These utterances")
        downloads.table_of(lambda: loaded.scores, "scores", key="drill_scores", label="All scores of the run")


def _headline(rates: pd.DataFrame, attribute: str, model: str, group: str, condition: str) -> None:
    cell = rates[
        (rates["model_id"] == model) & (rates["condition_id"] == condition) & (rates[attribute] == group)
    ].iloc[0]
    low, high = number_or_none(cell["ci_low"]), number_or_none(cell["ci_high"])
    text = f"**{layout.plain(group)}, {condition_label(condition)}:** "
    if pd.isna(cell["rate"]):
        text += "no word error rate, "
    else:
        text += f"word error rate {percent(cell['rate'], low, high)} ({interval_words(low, high)}), "
    text += f"{speakers(int(cell['n_speakers']))}, {int(cell['n_utterances'])} utterances"
    if cell["n_failed"]:
        text += f", {int(cell['n_failed'])} failed"
    st.markdown(text, help=f"{layout.WER} {layout.CLUSTERED}")


def _page(n_rows: int, cell: str, *, first: int) -> int:
    """Let the user turn the pages of a long table, at first that of row ``first``; return where the page begins."""
    st.caption("Failures first, then most errors first. Choose a row to see it word by word and hear it.")
    if n_rows <= PAGE:
        return 0
    with st.container(horizontal=True, vertical_alignment="center"):
        number: int = st.pagination(-(-n_rows // PAGE), default=first // PAGE + 1, key=f"page_{cell}")
        start = (number - 1) * PAGE
        st.caption(f"{start + 1:,} to {min(start + PAGE, n_rows):,} of {n_rows:,}")
    return start


def _picked(rows: pd.DataFrame, cell: str) -> int:
    """Show a page of the table of utterances; return the position of the chosen one on it."""
    asked = rows.index[rows["utterance_id"] == st.query_params.get(OPEN, "")]
    first = int(asked[0]) if len(asked) else 0
    event = st.dataframe(
        rows,
        hide_index=True,
        column_order=COLUMNS if (rows["status"] == "failed").any() else COLUMNS[:-1],
        column_config={
            "errors": st.column_config.NumberColumn("errors", width=70),
            "reference": st.column_config.TextColumn("said", width="medium"),
            "hypothesis": st.column_config.TextColumn("written", width="medium"),
            "ref_words": st.column_config.NumberColumn("words", width=70),
            "speaker_id": "speaker",
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [first]}},
        key=f"drill_{cell}",
        height=240,
        placeholder="",
    )
    picked = event["selection"]["rows"]
    return int(picked[0]) if picked and picked[0] < len(rows) else first


def _one(loaded: Results, row: pd.Series) -> None:
    """Show one utterance: word by word, both recordings, what was measured."""
    utterance, condition = str(row["utterance_id"]), str(row["condition_id"])
    with st.container(border=True):
        st.markdown(f"**{layout.plain(utterance)}**, speaker {layout.plain(row['speaker_id'])}")
        if row["status"] == "failed":
            st.error(f"Nothing was transcribed: {layout.plain(row['error'])}", icon=":material/error:")
        elif row["hypothesis"] == "":
            st.info("The engine heard nothing: every word is missed.")
        if row["status"] != "failed":
            display.words(str(row["reference"]), str(row["hypothesis"]))
            st.caption(
                f"As supplied: “{layout.plain(row['reference_raw'])}”. As returned: “{layout.plain(row['hypothesis_raw'])}”."
            )
            examples.offer(loaded.run.run_id, utterance, condition)
        try:
            clean, degraded = cached.heard(loaded, utterance, condition)
        except WorkbenchError as error:
            layout.complain(error)
            return
        if condition == CLEAN:
            display.player("Clean, as the engine heard it", degraded.wave)
        else:
            left, right = st.columns(2)
            with left:
                display.player("Clean", clean)
            with right:
                display.player(f"As the engine heard it: {condition_label(condition)}", degraded.wave)
        with st.expander("What was measured", icon=":material/straighten:"):
            display.facts(degraded.facts)
