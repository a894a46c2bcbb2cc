"""Conditions of the user's own: a machine with other numbers, and conditions one after the other."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.conditions import CATALOGUE, Condition, chain, parse_condition
from workbench.figures import condition_label, fact_name
from workbench.pages.shared import layout
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN

MACHINE = "equip_pulse"


def add_machine() -> None:
    """Let the user describe a machine and add it."""
    st.subheader("A machine of your own", anchor=False)
    st.markdown(
        "Set the tone of the machine in your ward, shop or car: its pitch, how often it sounds, and how loud it is "
        "against the voice.",
        width=layout.TEXT_WIDTH,
    )
    typical = CATALOGUE[f"{MACHINE}@2"]
    fields = type(typical).model_json_schema()["properties"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {name: _number(name, field, typical) for name, field in fields.items() if name in typical.units}
        if st.button("Add this machine", key="own_add", icon=":material/add:"):
            _add(parse_condition({"id": MACHINE, **values}))


def add_chain() -> None:
    """Let the user put conditions in an order and add them as one."""
    st.subheader("A chain of your own", anchor=False)
    st.markdown(
        "Sound meets several things on its way: usually a room, then noise, a microphone, a codec, a network. Choose "
        "them in that order; each does to the sound what the one before has left.",
        width=layout.TEXT_WIDTH,
    )
    parts = [name for name, condition in CATALOGUE.items() if name != CLEAN and not condition.missing]
    chosen: list[str] = st.multiselect(
        "Parts, in order", parts, format_func=condition_label, key="chain_parts", persist_state="session"
    )
    made = chain(*chosen) if len(chosen) > 1 else None
    for note in made.notes if made else ():
        st.caption(f":material/info: {layout.plain(note)}")
    if st.button("Add this chain", key="chain_add", icon=":material/add:", disabled=made is None) and made:
        _add(made)


def in_use() -> list[str]:
    """Show the conditions of the user's own; return the ids of those in use."""
    chosen = draft()
    if not chosen.own:
        return []
    kept: list[str] = st.multiselect(
        "Your own, in the study", chosen.own, format_func=condition_label, key="own_in_use", persist_state="session"
    )
    return kept


def _add(made: Condition) -> None:
    chosen, name = draft(), made.condition_id
    used: list[str] = st.session_state.get("own_in_use", [])
    chosen.own += [name] if name not in chosen.own else []
    st.session_state["own_in_use"] = [*used, name] if name not in used else used


def _number(name: str, field: dict[str, Any], condition: Condition) -> float:
    """Ask for one parameter, within its range and with its unit."""
    unit = condition.units[name]
    given: float = st.number_input(
        f"{fact_name(name)} ({unit})",
        float(field["low"]),
        float(field["high"]),
        float(condition.parameters[name]),
        format="%g",
        key=f"own_{name}",
        persist_state="session",
        help=f"{field['description']}; {field['low']:g} to {field['high']:g} {unit}",
        width=170,
    )
    return given
