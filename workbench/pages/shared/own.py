"""Conditions of the user's own: a machine with other numbers, conditions one after the other, recordings."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, TYPICAL, Condition, chain, parse_condition
from workbench.conditions.recording_uploads import save_recordings
from workbench.conditions.recordings import SUFFIXES
from workbench.figures import condition_label, fact_name
from workbench.pages.shared import layout
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN
from workbench.store import home

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
            add(parse_condition({"id": MACHINE, **values}))


def add_chain() -> None:
    """Let the user put conditions in an order and add them as one."""
    st.subheader("A chain of your own", anchor=False)
    st.markdown(
        "Sound meets several things on its way: usually a room, then noise, a microphone, a codec, a network. Choose "
        "them in that order; each does to the sound what the one before has left.",
        width=layout.TEXT_WIDTH,
    )
    parts = draft().own + [name for name, condition in CATALOGUE.items() if name != CLEAN and not condition.missing]
    chosen: list[str] = st.multiselect(
        "Parts, in order", parts, format_func=condition_label, key="chain_parts", persist_state="session"
    )
    made = chain(*chosen) if len(chosen) > 1 else None
    for note in made.notes if made else ():
        st.caption(f":material/info: {layout.plain(note)}")
    if st.button("Add this chain", key="chain_add", icon=":material/add:", disabled=made is None) and made:
        add(made)


def add_recordings() -> None:
    """Let the user upload noise or room responses and add them as a condition."""
    st.subheader("Recordings of your own", anchor=False)
    st.markdown(
        "Record the place itself: a minute of its noise, or its room responses. They stay on this machine, in "
        "`WORKBENCH_HOME`. A folder that is already here can be named in a study file.",
        width=layout.TEXT_WIDTH,
    )
    kinds = {"Noise": "user_noise", "Room responses": "user_room"}
    files = st.file_uploader(
        "Recordings", sorted(suffix[1:] for suffix in SUFFIXES), accept_multiple_files=True, key="recorded_files"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = kinds[st.selectbox("They are", list(kinds), key="recorded_kind", persist_state="session", width=200)]
        level = st.selectbox(
            "Level", list(SEVERITY_WORDS), index=TYPICAL - 1, format_func=SEVERITY_WORDS.__getitem__,
            key="recorded_level", persist_state="session", width=140,
        )  # fmt: skip
        if st.button("Add these recordings", key="recorded_add", icon=":material/add:", disabled=not files):
            folder = save_recordings([(file.name, file.getvalue()) for file in files], home() / "recordings")
            add(parse_condition({"id": kind, "severity": level, "folder": str(folder)}))


def in_use() -> list[str]:
    """Show the conditions of the user's own; return the ids of those in use."""
    chosen = draft()
    if not chosen.own:
        return []
    kept: list[str] = st.multiselect(
        "Your own, in the study", chosen.own, format_func=condition_label, key="own_in_use", persist_state="session"
    )
    return kept


def add(made: Condition) -> None:
    """Put a condition among the user's own and into the study."""
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
