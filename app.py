"""The router of the app: which pages there are, in the order of the work. ``streamlit run app.py`` starts it."""

from pathlib import Path

import streamlit as st

from workbench.pages.shared import preload
from workbench.pages.shared.start_page import open_on_results

ICON = Path(__file__).parent / "workbench" / "pages" / "icon.svg"  # a named icon would be fetched from the internet

st.set_page_config(page_title="Speech fairness workbench", page_icon=ICON, layout="wide")

if st.runtime.exists():  # a server, not a test of a page
    preload.before_the_first_page()
page = st.navigation(
    [
        st.Page("workbench/pages/corpus.py", title="1 Corpus", icon=":material/groups:", default=True),
        st.Page("workbench/pages/conditions.py", title="2 Last mile", icon=":material/hearing:"),
        st.Page("workbench/pages/engines.py", title="3 Models", icon=":material/speech_to_text:"),
        st.Page("workbench/pages/run.py", title="4 Run", icon=":material/play_circle:"),
        st.Page("workbench/pages/findings/findings.py", title="5 Findings", icon=":material/grid_on:"),
        st.Page("workbench/pages/service_card.py", title="6 Service card", icon=":material/description:"),
    ]
)
open_on_results(page.url_path)
page.run()
