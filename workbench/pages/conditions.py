"""Conditions: what happens to the voice on its way to the recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, Condition, parse_condition
from workbench.figures import condition_label, fact_name
from workbench.pages.shared import layout
from workbench.pages.shared.draft import draft
from workbench.pages.shared.listening import preview
from workbench.schema import CLEAN

INTRO = (
    "Choose what happens to the voice between the mouth and the recogniser. Every condition comes in four levels with "
    "a physical unit. Clean audio is always part of a study: it is what the others are compared with."
)
OWN = "equip_pulse"
ACRONYMS = {"mri": "MRI"}


def main() -> None:
    """Draw the page."""
    with layout.page("Conditions", INTRO):
        families: dict[str, dict[str, list[Condition]]] = {}
        for condition in CATALOGUE.values():
            if condition.id != CLEAN:
                families.setdefault(condition.family, {}).setdefault(condition.id, []).append(condition)
        picked = [one for family, by_name in families.items() for one in _family(family, by_name)]
        with layout.mendable():
            _add_own()
        draft().conditions = [CLEAN, *picked, *_own()]
        with layout.mendable():
            preview()
        layout.following(layout.ENGINES, "choose what transcribes")


def _family(family: str, by_name: dict[str, list[Condition]]) -> list[str]:
    """Show the conditions of one family, folded away until something of it was chosen; return the ids chosen."""
    opened: set[str] = st.session_state.setdefault("families_opened", {"noise"})
    if any(one.partition("@")[0] in by_name for one in draft().conditions):
        opened.add(family)
    titles = layout.plain(", ".join(levels[0].title for levels in by_name.values()))
    with st.expander(f"**{ACRONYMS.get(family, family.capitalize())}**: {titles}", expanded=family in opened):
        return [one for name, levels in by_name.items() for one in _card(name, levels)]


def _card(name: str, levels: Sequence[Condition]) -> list[str]:
    """Show one condition with its levels; return the ids chosen."""
    first = levels[0]
    labels = {one.condition_id: f"{SEVERITY_WORDS[one.severity or 1]} {_level(one)}" for one in levels}
    with st.container(border=True):
        left, right = st.columns([5, 6], vertical_alignment="center")
        with left:
            st.markdown(f"**{layout.plain(first.title)}**  \n{layout.plain(first.hears)}")
            if first.missing:
                st.caption(f"Not on this machine. {layout.plain('; '.join(first.missing))}")
        with right:
            chosen: list[str] = st.pills(
                f"Levels of {first.title}",
                list(labels),
                format_func=labels.__getitem__,
                selection_mode="multi",
                key=f"pick_{name}",
                persist_state="session",
                label_visibility="collapsed",
                wrap=True,
                disabled=bool(first.missing),
            )
    return [one for one in labels if one in chosen and not first.missing]


def _level(condition: Condition) -> str:
    return condition_label(condition.condition_id).rpartition(", ")[2]


def _add_own() -> None:
    """Let the user describe a machine of their own and add it."""
    chosen = draft()
    st.subheader("A machine of your own", anchor=False)
    st.markdown(
        "Set the tone of the machine in your ward, shop or car: its pitch, how often it sounds, and how loud it is "
        "against the voice.",
        width=layout.TEXT_WIDTH,
    )
    typical = CATALOGUE[f"{OWN}@2"]
    fields = type(typical).model_json_schema()["properties"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {name: _number(name, field, typical) for name, field in fields.items() if name in typical.units}
        if st.button("Add this machine", key="own_add", icon=":material/add:"):
            made = parse_condition({"id": OWN, **values}).condition_id
            chosen.own += [made] if made not in chosen.own else []
            st.session_state["own_in_use"] = [*st.session_state.get("own_in_use", []), made]


def _own() -> list[str]:
    """Return the ids of the user's own machines that are in use."""
    chosen = draft()
    if not chosen.own:
        return []
    in_use: list[str] = st.multiselect(
        "Machines in the study", chosen.own, format_func=condition_label, key="own_in_use", persist_state="session"
    )
    return in_use


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


if __name__ == "__main__":
    main()
