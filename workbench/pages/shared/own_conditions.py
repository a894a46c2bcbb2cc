"""Conditions of the user's own among the choices of a session: added, and in use."""

from __future__ import annotations

import streamlit as st

from workbench.conditions import Condition
from workbench.figures import condition_labels
from workbench.pages.shared.draft import draft


def in_use() -> None:
    """Show the conditions of the user's own, and let the user choose those in use."""
    own = draft().own
    if own:
        labels = condition_labels(own)
        st.multiselect(
            "Your own, in the study", own, format_func=labels.__getitem__, key="own_in_use", persist_state="session"
        )


def chosen() -> list[str]:
    """Return the ids of the user's own conditions that are in use."""
    used: list[str] = st.session_state.get("own_in_use") or []
    return [name for name in draft().own if name in used]


def add(made: Condition) -> None:
    """Put a condition among the user's own and into the study."""
    own, name = draft().own, made.condition_id
    used: list[str] = st.session_state.get("own_in_use", [])
    own += [name] if name not in own else []
    st.session_state["own_in_use"] = [*used, name] if name not in used else used
