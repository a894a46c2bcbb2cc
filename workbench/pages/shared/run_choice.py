"""Choose a run of the store and how it is looked at; the address holds the choice."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import streamlit as st

from workbench.fairness.words.notation import notation_notes
from workbench.figures import failure_words
from workbench.pages.shared import address, cached, layout
from workbench.pages.shared.draft import draft
from workbench.pages.shared.run_monitor import when
from workbench.results import Results
from workbench.results.speech_fit import misfits
from workbench.schema import CLEAN
from workbench.store import RunRecord

EMPTY = (
    "There is no run with transcripts yet. Choose a corpus and run a study, or type `make app` to run the demo study."
)
NO_TRANSCRIPTS = "No run has a transcript yet. The Run page shows the progress of each run, or why it stopped."


def choose_run(*, inside: AbstractContextManager[Any] | None = None) -> RunRecord | None:
    """Return the run that is looked at, or None after saying what to do; the list of runs stands ``inside`` another element, if one is given."""
    runs = cached.store().runs()
    records = {record.run_id: record for record in runs if record.done}
    if not records and runs:
        layout.empty(NO_TRANSCRIPTS, layout.RUN, "See the runs")
        return None
    if not records:
        layout.empty(EMPTY, layout.CORPUS, "Choose a corpus")
        return None
    names = _names(records)
    with inside or nullcontext():
        chosen = address.choose("Run", list(records), "run", default=draft().run_id, format_func=names.__getitem__)
    record = records[chosen]
    if not record.finished:
        state = f"Run {record.state} ({record.done:,} of {record.total:,} transcripts)."
        st.warning(f"{state} Results are provisional.", icon=":material/pending:")
    return record


def _names(records: dict[str, RunRecord]) -> dict[str, str]:
    """Return what each run is called: its study and when it was made, with the end of its id where two would be called alike."""
    short = {run_id: f"{record.study} · {when(record.created_at)}" for run_id, record in records.items()}
    shared = Counter(short.values())
    return {run_id: run_words(records[run_id]) if shared[name] > 1 else name for run_id, name in short.items()}


def run_words(record: RunRecord) -> str:
    """Return what a run is called in a list: its study, when it was made, the end of its id."""
    return f"{record.study} · {when(record.created_at)} · {record.run_id[-6:]}"


def attributes_of(loaded: Results) -> list[str]:
    """Return the attributes to choose from: those the study names first, then every other that the corpora declare."""
    named = [name for name in loaded.attributes if name in loaded.declared]
    return [*named, *(name for name in loaded.declared if name not in named)]


def nobody_else(loaded: Results, attribute: str) -> bool:
    """Return whether everybody is in one group of an attribute, and say so: then there is nothing to compare."""
    if len(groups := cached.levels(loaded, attribute)) > 1:
        return False
    st.info(
        f"All speakers are in one group of {layout.plain(attribute)} ({layout.plain(', '.join(groups))}), so there is no gap to show. "
        "Choose another attribute, or a corpus with several groups.",
        icon=":material/group_off:",
    )
    return True


def failures(loaded: Results, attribute: str, model: str) -> None:
    """Say how many decodings failed, and in which groups: they are in no figure."""
    if lost := failure_words(cached.table(loaded, "rates", by=attribute), attribute, model_id=model):
        st.warning(f"{layout.plain(lost)} *Utterances* lists them first, with their reasons.", icon=":material/error:")


def fit(loaded: Results, attribute: str) -> None:
    """Say which recognisers do not fit the speech, and what to try."""
    for sentences in misfits(cached.table(loaded, "rates", by=attribute)):
        st.warning(layout.plain(sentences), icon=":material/hearing_disabled:")


def notation(loaded: Results, attribute: str, model: str) -> None:
    """Say where a difference between groups rests on how texts are typed or marked, and not on what was heard."""
    condition = CLEAN if CLEAN in loaded.conditions else loaded.conditions[0]
    table = cached.table(loaded, "notation", model=model, condition=condition, attribute=attribute)
    for note in notation_notes(table):
        st.warning(f"{layout.plain(note[:1].upper() + note[1:])}.", icon=":material/format_quote:")


def caveat(loaded: Results) -> None:
    """Say above the figures what has to be said of them."""
    if loaded.caveat:
        st.warning(loaded.caveat, icon=":material/smart_toy:")
