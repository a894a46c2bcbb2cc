"""Conditions of the user's own among the choices of a session: added, and in use."""

from __future__ import annotations

import streamlit as st

from workbench.conditions import Condition
from workbench.figures import condition_labels
from workbench.pages.shared.draft import draft


def in_use() -> list[str]:
    """Show the conditions of the user's own; return the ids of those in use."""
    chosen = draft()
    if not chosen.own:
        return []
    labels = condition_labels(chosen.own)
    kept: list[str] = st.multiselect(
        "Your own, in the study", chosen.own, format_func=labels.__getitem__, key="own_in_use", persist_state="session"
    )
    return kept


def add(made: Condition) -> None:
    """Put a condition among the user's own and into the study."""
    chosen, name = draft(), made.condition_id
    used: list[str] = st.session_state.get("own_in_use", [])
    chosen.own += [name] if name not in chosen.own else []
    st.session_state["own_in_use"] = [*used, name] if name not in used else used
