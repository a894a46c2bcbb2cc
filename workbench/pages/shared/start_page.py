"""Where a session opens: on results if the store holds some and nothing else was asked for, else at the first step."""

from __future__ import annotations

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.pages.shared import cached, layout, saved_session

OPENED = "session_opened"


def open_on_results(asked_for: str) -> None:
    """Go to the findings when a new session asks for the first page and there is a finished run to look at."""
    if OPENED in st.session_state:
        return
    st.session_state[OPENED] = True
    saved_session.restore()
    try:
        finished = asked_for == "" and any(record.finished for record in cached.store().runs())
    except WorkbenchError:
        return  # the page that is asked for says what is wrong with the store
    if finished:
        st.switch_page(layout.FINDINGS)
