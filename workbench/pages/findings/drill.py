"""From a cell to its utterances, to one word by word, to the audio as the engine heard it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.errors import WorkbenchError
from workbench.figures import condition_label, model_labels, percent, speakers
from workbench.figures.plot_rows import interval_words, number_or_none
from workbench.pages.shared import address, cached, display, downloads, examples, glossary_link, layout
from workbench.results import Results
from workbench.schema import CLEAN
from workbench.text import UNIT_WORDS, Unit

OPEN = "utterance"
"""The name under which the address holds the utterance that is looked at."""
EVERYBODY = "~"
"""In place of a group: all of them."""
STEPPED, STEPS = "drill_stepped", "drill_steps"
"""Session state: the utterance that *Previous* or *Next* leads to; how often they were used."""
PAGE = 200
"""Utterances in the table at once; a cell of a large run has thousands."""
COLUMNS = ["errors", "reference", "hypothesis", "ref_words", "speaker_id", "status"]


def utterances(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the utterances of one group under one condition, and one of them in full."""
    left, middle, right = st.columns(3)
    with left:
        group = address.choose(
            f"Group ({attribute})", [*cached.levels(loaded, attribute), EVERYBODY], f"group_{attribute}",
            format_func=lambda one: "all groups" if one == EVERYBODY else one,
        )  # fmt: skip
    with middle:
        condition = address.choose(
            "Condition", cached.conditions(loaded, model), "condition", format_func=condition_label
        )
    with right:
        text = st.text_input("Search both texts", key="drill_search", placeholder="a word or a phrase").strip()
    listing = cached.listing(loaded, model, condition, attribute, "" if group == EVERYBODY else group, text)
    if not listing.ids:
        named = f" that contains “{layout.plain(text)}”" if text else ""
        st.info(f"There is no utterance of this group under this condition{named}.")
        return
    if text:
        st.caption(f"{len(listing.ids):,} utterances contain “{layout.plain(text)}”.")
    elif group != EVERYBODY:
        _headline(loaded, attribute, model, group, condition)
    cell = f"{model}|{attribute}|{group}|{condition}|{text}"
    asked = st.session_state.get(STEPPED, "") or st.query_params.get(OPEN, "")
    start = _page(len(listing.ids), cell, first=listing.ids.index(asked) if asked in listing.ids else 0)
    shown = cached.page(loaded, listing, cell, start, PAGE)
    at = _picked(shown[["utterance_id", *COLUMNS, attribute]], f"{cell}|{start}", asked, loaded.unit)
    row = shown.iloc[at]
    st.session_state[STEPPED] = ""
    address.note(OPEN, str(row["utterance_id"]))
    ids = list(shown["utterance_id"].astype(str))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _step("Previous", ids[at - 1] if at else "", "left")
        _step("Next", ids[at + 1] if at + 1 < len(ids) else "", "right")
        st.caption(f"{start + at + 1:,} of {len(listing.ids):,}.")
    _one(loaded, row, model)
    with st.container(horizontal=True):
        every = range(len(listing.ids))
        downloads.table_of(lambda: listing.take(every), "utterances", key="drill_rows", label="These utterances")
        downloads.table_of(lambda: loaded.scores, "scores", key="drill_scores", label="All scores of the run")


def _step(label: str, utterance: str, arrow: str) -> None:
    """Offer the utterance before or after, by a button and by the keyboard."""

    def stepped() -> None:
        st.session_state[STEPPED] = utterance
        st.session_state[STEPS] = st.session_state.get(STEPS, 0) + 1

    st.button(
        label, key=f"drill_{arrow}", disabled=not utterance, on_click=stepped, shortcut=f"Ctrl+{arrow}",
        icon=f":material/arrow_{'back' if arrow == 'left' else 'forward'}:",
    )  # fmt: skip


def _headline(loaded: Results, attribute: str, model: str, group: str, condition: str) -> None:
    rates = cached.table(loaded, "rates", by=attribute)
    rate, short, _ = UNIT_WORDS[loaded.unit]
    cell = rates[
        (rates["model_id"] == model) & (rates["condition_id"] == condition) & (rates[attribute] == group)
    ].iloc[0]
    low, high = number_or_none(cell["ci_low"]), number_or_none(cell["ci_high"])
    text = f"**{layout.plain(group)}, {condition_label(condition)}:** "
    if pd.isna(cell["rate"]):
        text += f"no {rate.lower()}, "
    else:
        text += f"{rate.lower()} {percent(cell['rate'], low, high)} ({interval_words(low, high)}), "
    text += f"{speakers(int(cell['n_speakers']))}, {int(cell['n_utterances'])} utterances"
    if cell["n_failed"]:
        text += f", {int(cell['n_failed'])} failed"
    st.markdown(text, help=f"{glossary_link.meaning(short)} {layout.CLUSTERED}")


def _page(n_rows: int, cell: str, *, first: int) -> int:
    """Let the user turn the pages of a long table, at first that of row ``first``; return where the page begins."""
    st.caption("Failed first, then by number of errors. Select a row to compare words and listen.")
    if n_rows <= PAGE:
        return 0
    with st.container(horizontal=True, vertical_alignment="center"):
        number: int = st.pagination(-(-n_rows // PAGE), default=first // PAGE + 1, key=f"page_{cell}")
        start = (number - 1) * PAGE
        st.caption(f"{start + 1:,} to {min(start + PAGE, n_rows):,} of {n_rows:,}")
    return start


def _picked(rows: pd.DataFrame, cell: str, asked: str, unit: Unit) -> int:
    """Show a page of the table of utterances; return the position of the chosen one on it, at first that of ``asked``."""
    places = rows.index[rows["utterance_id"] == asked]
    first = int(places[0]) if len(places) else 0
    event = st.dataframe(
        rows,
        hide_index=True,
        column_order=COLUMNS if (rows["status"] == "failed").any() else COLUMNS[:-1],
        column_config={
            "errors": st.column_config.NumberColumn("errors", width=70),
            "reference": st.column_config.TextColumn("said", width="medium"),
            "hypothesis": st.column_config.TextColumn("written", width="medium"),
            "ref_words": st.column_config.NumberColumn(UNIT_WORDS[unit][2].partition(" ")[0], width=70),
            "speaker_id": "speaker",
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [first]}},
        key=f"drill_{cell}|{st.session_state.get(STEPS, 0)}",  # a step begins anew: what is selected cannot be set
        height=240,
        placeholder="",
    )
    picked = event["selection"]["rows"]
    return int(picked[0]) if picked and picked[0] < len(rows) else first


def _others(loaded: Results, row: pd.Series, model: str) -> None:
    """Show what the other engines wrote of the same audio."""
    rows = loaded.of_utterance(str(row["utterance_id"]), str(row["condition_id"]))
    rows = rows[rows["model_id"] != model]
    if rows.empty:
        return
    names = model_labels([model, *rows["model_id"]])
    for other in rows.to_dict("records"):
        errors = (
            "failed"
            if pd.isna(other["errors"])
            else f"{int(other['errors'])} errors in {int(other['ref_words'])} {UNIT_WORDS[loaded.unit][2]}"
        )
        st.markdown(f"**{layout.plain(names[str(other['model_id'])])}:** {errors}")
        if other["status"] != "failed":
            display.words(str(other["reference"]), str(other["hypothesis"]))


def _one(loaded: Results, row: pd.Series, model: str) -> None:
    """Show one utterance: word by word, both recordings, what was measured."""
    utterance, condition = str(row["utterance_id"]), str(row["condition_id"])
    with st.container(border=True):
        st.markdown(f"**{layout.plain(utterance)}**, speaker {layout.plain(row['speaker_id'])}")
        if row["status"] == "failed":
            st.error(f"Nothing was transcribed: {layout.plain(row['error'])}", icon=":material/error:")
        elif row["hypothesis"] == "":
            st.info("Empty transcript: all that was said counts as deleted.")
        if row["status"] != "failed":
            display.words(str(row["reference"]), str(row["hypothesis"]))
            st.caption(
                f"Before normalisation: reference “{layout.plain(row['reference_raw'])}”, transcript “{layout.plain(row['hypothesis_raw'])}”."
            )
            examples.offer(loaded.run.run_id, utterance, condition)
        _others(loaded, row, model)
        try:
            clean, degraded = cached.heard(loaded, utterance, condition)
        except WorkbenchError as error:
            layout.complain(error)
            return
        if condition == CLEAN:
            display.player("Clean, as the engine heard it", degraded.wave)
            display.spectrogram("Clean", degraded.wave)
        else:
            left, right = st.columns(2)
            with left:
                display.player("Clean", clean)
                display.spectrogram("Clean", clean)
            with right:
                display.player(f"As the engine heard it: {condition_label(condition)}", degraded.wave)
                display.spectrogram(condition_label(condition), degraded.wave)
        with st.expander("What was measured", icon=":material/straighten:"):
            display.facts(degraded.facts)
