"""The router of the app: which pages there are, in the order of the work."""

from __future__ import annotations

import streamlit as st

from workbench.pages.shared import layout, preload, visitor
from workbench.pages.shared.start_page import open_on_results

SIDEBAR = 220
"""Pixels: what stands there needs no more, and the page jumps less when it arrives."""
ICON = layout.PAGES / "icon.svg"  # a named icon would be fetched from the internet


def show() -> None:
    """Show the page that the address asks for; the script that Streamlit runs calls it once per run."""
    st.set_page_config(
        page_title="Speech fairness workbench", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR
    )
    visitor.require_login()
    if st.runtime.exists():  # a server, not a test of a page
        preload.before_the_first_page()
    page = st.navigation(
        [
            st.Page(layout.CORPUS, title="1 Corpus", icon=":material/groups:", default=True),
            st.Page(layout.CONDITIONS, title="2 Conditions", icon=":material/hearing:"),
            st.Page(layout.ENGINES, title="3 Models", icon=":material/speech_to_text:"),
            st.Page(layout.RUN, title="4 Run", icon=":material/play_circle:"),
            st.Page(layout.FINDINGS, title="5 Findings", icon=":material/grid_on:"),
            st.Page(layout.RED_TEAM, title="Red team", icon=":material/troubleshoot:"),
            st.Page(layout.CARD, title="6 Service card", icon=":material/description:"),
        ]
    )
    visitor.show_user()
    open_on_results(page.url_path)
    page.run()
