"""The frame of every page: title, errors as messages, the sidebar's summary, empty states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.errors import WorkbenchError
from workbench.pages.shared import address, glossary_link, saved_session, steps
from workbench.pages.shared.markup import plain as plain

TEXT_WIDTH = 760
"""Pixels; a longer line is hard to read."""

PAGES = Path(__file__).resolve().parents[1]
CORPUS = str(PAGES / "corpus.py")
CONDITIONS = str(PAGES / "conditions.py")
ENGINES = str(PAGES / "engines.py")
RUN = str(PAGES / "run.py")
FINDINGS = str(PAGES / "findings" / "findings.py")
RED_TEAM = str(PAGES / "red_team.py")
CARD = str(PAGES / "service_card.py")
CHOOSING = ("Corpus", "Conditions", "Models", "Run")
"""Pages whose choices are kept for when they are opened again; what the others show stands in their address."""

CHOSEN = (
    "<style>button[data-selected='true'] p, button[data-selected='true'] span, "
    "button[role='tab'][aria-selected='true'] p, button[kind='tertiary']:hover p, button[kind='tertiary']:hover span { color: #7cc4ee; }</style>"
)
"""On dark pages: what is chosen or pointed at, in a colour that can be read where the colour of buttons is too dark."""

GAP, CLUSTERED = (glossary_link.meaning(name) for name in ("gap", "speaker-clustered"))


@contextmanager
def page(title: str, intro: str) -> Iterator[DeltaGenerator]:
    """Draw a page: its title, its body, the summary in the sidebar; a WorkbenchError ends the body as a message.

    What is given is the line of the title, for choices that stand beside it.
    """
    if st.context.theme.type == "dark":
        st.html(CHOSEN)
    head = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    head.title(title, anchor=False, width="content")
    if intro:
        st.markdown(intro, width=TEXT_WIDTH)
    with mendable(), address.kept(title):
        yield head
    if title in CHOOSING:
        saved_session.keep(title)
    steps.steps()
    with st.sidebar:
        glossary_link.everything()


@contextmanager
def mendable() -> Iterator[None]:
    """Show a WorkbenchError as a message where it occurs; what follows is still drawn. Anything else crashes loudly."""
    try:
        yield
    except WorkbenchError as error:
        complain(error)


def complain(error: WorkbenchError) -> None:
    """Show what was wrong, where, and how to mend it."""
    parts = [f"**{plain(error.place)}**"] if error.place else []
    parts.append(plain(error.what))
    if error.remedy:
        parts.append(f"*What to do:* {plain(error.remedy)}")
    st.error("\n\n".join(parts), icon=":material/build:")


def empty(text: str, page: str, label: str, *, of: str = "") -> None:
    """Say that there is nothing here yet, and lead to the page where it is made; ``of`` tells apart several on one page."""
    st.info(text, icon=":material/info:", width=TEXT_WIDTH)
    lead_to(page, label, of=of)


def lead_to(page: str, label: str, *, of: str = "") -> None:
    """Lead to the page where what is missing is made."""
    if st.button(label, key=f"go_{of}{page}", type="primary", icon=":material/arrow_forward:"):
        st.switch_page(page)


def following(page: str, label: str, *, apart: bool = True) -> None:
    """Lead on to the next step, apart from what stands above."""
    if apart:
        st.space("small")
    if st.button(f"Next: {label}", key="next", icon=":material/arrow_forward:", icon_position="right"):
        st.switch_page(page)


def how_to_read(text: str) -> None:
    """Explain a figure in one paragraph, under it."""
    st.caption(f"**How to read this.** {text}", width=TEXT_WIDTH)
