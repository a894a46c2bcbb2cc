"""The form of the service card: what only a person can say, and what the card still lacks."""

from __future__ import annotations

import streamlit as st

from workbench import card_fields
from workbench.errors import StudyError
from workbench.figures.plot_rows import listed
from workbench.pages.shared import layout
from workbench.results import Results

SHORT = ("service", "version", "owner", "contact", "date", "review")
"""Fields of one line; the others have room for a paragraph."""


def fields(loaded: Results, run_id: str) -> dict[str, str]:
    """Return what the user writes into the fields of the card; they start with what the study says."""
    stated = loaded.study.card
    given: dict[str, str] = {}
    st.subheader("The service", anchor=False)
    left, right = st.columns(2)
    for name, field in card_fields.FIELDS.items():
        key = "card_use" if name == "intended_use" else f"card_{name}_{run_id}"
        label = field.label if field.required else f"{field.label} (optional)"
        with left if name in SHORT else right:
            if name in SHORT:
                text = st.text_input(
                    label, stated.get(name, ""), key=key, persist_state="session", placeholder=field.asks
                )
            else:
                text = st.text_area(
                    label, stated.get(name, ""), key=key, persist_state="session", height=90, placeholder=field.asks
                )
        given[name] = text or ""
    lacking = card_fields.missing(given)
    if lacking:
        names = listed([card_fields.FIELDS[name].label.lower() for name in lacking])
        st.caption(f"The card is marked as a draft until it has {layout.plain(names)}.")
    asked = {name: text for name, text in given.items() if text.strip() or name in stated}
    try:
        return card_fields.stripped(asked)
    except StudyError as error:  # only a date can be wrong here: the names are those of the form
        st.error(layout.plain(str(error)), icon=":material/error:")
        return card_fields.stripped({name: text for name, text in asked.items() if name != "date"})
