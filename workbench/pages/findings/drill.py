"""From a cell to its utterances, to one word by word, to the audio as the engine heard it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.display_names import shown as names
from workbench.errors import WorkbenchError
from workbench.figures import condition_label, model_labels, percent, speakers
from workbench.figures.plot_rows import interval_words, number_or_none
from workbench.pages.findings import utterance_filters
from workbench.pages.shared import address, cached, display, downloads, examples, glossary_link, layout
from workbench.results import Results
from workbench.results.explorer import ORDERS
from workbench.schema import CLEAN
from workbench.text import UNIT_WORDS, Unit

OPEN = "utterance"
"""The name under which the address holds the utterance that is looked at."""
UNDER = "under"
"""The name under which the address holds the condition of that utterance, where the list has several."""
STEPPED, STEPS = "drill_stepped", "drill_steps"
"""Session state: the utterance that *Previous* or *Next* leads to; how often they were used."""
PAGE = 200
"""Utterances in the table at once; a cell of a large run has thousands."""
COLUMNS = ["errors", "wer", "reference", "hypothesis", "ref_words", "speaker_id", "status"]


def utterances(loaded: Results, attribute: str, model: str, reference: str) -> None:
    """Show the utterances of one group under one condition, or of any, and one of them in full."""
    question = utterance_filters.ask(loaded, attribute, model)
    found = cached.listed(loaded, question)
    if not len(found):
        named = f" that contains “{layout.plain(question.containing)}”" if question.containing else ""
        st.info(f"No utterance{named} matches these filters.")
        return
    plain = not (question.containing or question.flags or question.wer)
    if plain and question.groups and question.condition_id:
        group = question.groups[0][1]
        _headline(loaded, attribute, model, group, question.condition_id)
    else:
        st.caption(f"{len(found):,} {'transcript' if len(found) == 1 else 'transcripts'}.")
    cell = str(question)
    asked, under = st.session_state.get(STEPPED) or (st.query_params.get(OPEN, ""), st.query_params.get(UNDER, ""))
    place = found.place_of(asked, under or question.condition_id) if asked else None
    start = _page(len(found), cell, question.order, first=place or 0)
    shown = cached.page(loaded, found, cell, start, PAGE)
    first = 0 if place is None else place - start
    at = _picked(shown, f"{cell}|{start}", first, loaded.unit, every=not question.condition_id)
    row = shown.iloc[at]
    st.session_state[STEPPED] = None
    address.note(OPEN, str(row["utterance_id"]))
    if not question.condition_id:
        address.note(UNDER, str(row["condition_id"]))
    keys = list(zip(shown["utterance_id"].astype(str), shown["condition_id"].astype(str), strict=True))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        _step("Previous", keys[at - 1] if at else None, "left")
        _step("Next", keys[at + 1] if at + 1 < len(keys) else None, "right")
        st.caption(f"{start + at + 1:,} of {len(found):,}.")
    _one(loaded, row, model)
    with st.container(horizontal=True):
        every = range(len(found))
        downloads.table_of(
            lambda: names().named(found.take(every)), "utterances", key="drill_rows", label="These utterances"
        )
        downloads.table_of(lambda: loaded.scores, "scores", key="drill_scores", label="All scores of the run")


def _step(label: str, utterance: tuple[str, str] | None, arrow: str) -> None:
    """Offer the utterance before or after, by a button and by the keyboard."""

    def stepped() -> None:
        st.session_state[STEPPED] = utterance
        st.session_state[STEPS] = st.session_state.get(STEPS, 0) + 1

    st.button(
        label, key=f"drill_{arrow}", disabled=utterance is None, on_click=stepped, shortcut=f"Ctrl+{arrow}",
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


def _page(n_rows: int, cell: str, order: str, *, first: int) -> int:
    """Let the user turn the pages of a long table, at first that of row ``first``; return where the page begins."""
    st.caption(f"{ORDERS[order]}. Select a row to compare words and listen.")
    if n_rows <= PAGE:
        return 0
    with st.container(horizontal=True, vertical_alignment="center"):
        number: int = st.pagination(-(-n_rows // PAGE), default=first // PAGE + 1, key=f"page_{cell}")
        start = (number - 1) * PAGE
        st.caption(f"{start + 1:,} to {min(start + PAGE, n_rows):,} of {n_rows:,}")
    return start


def _picked(rows: pd.DataFrame, cell: str, first: int, unit: Unit, *, every: bool) -> int:
    """Show a page of the table of utterances; return the position of the chosen one on it, at first ``first``."""
    first = first if 0 <= first < len(rows) else 0
    rate = 100 * rows["errors"].astype("Float64") / rows["ref_words"].astype("Float64").where(rows["ref_words"] > 0)
    labels = rows["condition_id"].astype("str").map(condition_label)
    columns = [*COLUMNS[:2], *(["condition"] if every else []), *COLUMNS[2:]]
    event = st.dataframe(
        rows.assign(wer=rate.astype("float64"), condition=labels),
        hide_index=True,
        column_order=columns if (rows["status"] == "failed").any() else columns[:-1],
        column_config={
            "errors": st.column_config.NumberColumn("errors", width=70),
            "wer": st.column_config.NumberColumn(f"{UNIT_WORDS[unit][1]} (%)", width=80, format="%.0f"),
            "reference": st.column_config.TextColumn("Reference", width="medium"),
            "hypothesis": st.column_config.TextColumn("Transcript", width="medium"),
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
        spans = loaded.word_times(utterance, condition, model) if row["status"] != "failed" else []
        marks = display.failed_words(str(row["reference"]), str(row["hypothesis"]), spans) if spans else []
        if marks:
            st.caption("Words that failed are marked where the engine heard them; a missed word stands in brackets.")
        if condition == CLEAN:
            display.player("Clean, as the engine heard it", degraded.wave)
            display.spectrogram("Clean", degraded.wave, marks)
        else:
            left, right = st.columns(2)
            with left:
                display.player("Clean", clean)
                display.spectrogram("Clean", clean)
            with right:
                display.player(f"As the engine heard it: {condition_label(condition)}", degraded.wave)
                display.spectrogram(condition_label(condition), degraded.wave, marks)
        with st.expander("What was measured", icon=":material/straighten:"):
            display.facts(degraded.facts)
