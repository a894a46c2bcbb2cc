"""The glossary on the pages: all of it in the sidebar, and the terms of a page where they stand."""

from __future__ import annotations

import streamlit as st

from workbench.fairness.glossary import GLOSSARY, by_theme
from workbench.pages.shared.markup import plain


def meaning(name: str) -> str:
    """Return what a term means, as the help of a widget."""
    return f"**{plain(name)}**: {plain(GLOSSARY[name].meaning)}"


def terms(*names: str) -> None:
    """Offer the meaning of the terms that a page uses."""
    with st.popover(f"Glossary: {', '.join(names)}", icon=":material/menu_book:", type="tertiary"):
        st.markdown("\n\n".join(meaning(name) for name in names))


def everything() -> None:
    """Show the whole glossary, folded away."""
    with st.expander("Glossary", icon=":material/menu_book:"):
        for theme, listed in by_theme().items():
            st.markdown(
                f"**{theme}**\n\n" + "\n\n".join(f"**{plain(term.name)}**: {plain(term.meaning)}" for term in listed)
            )
