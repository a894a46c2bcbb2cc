"""Last mile: what happens to the voice on its way to the recogniser."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, TYPICAL, Condition
from workbench.figures import condition_label
from workbench.pages.shared import clip_player, condition_form, layout, own_conditions
from workbench.pages.shared.clip_player import Clip
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN

INTRO = (
    "Choose what happens to the voice between the mouth and the recogniser. Every condition comes in four levels with "
    "a physical unit. Clean audio is always part of a study: it is what the others are compared with."
)
HEADINGS = {"mri": "MRI", "chains": "Whole places, from the room to the network", "places": "Sounds of places"}
HEARD = "card_heard"


def main() -> None:
    """Draw the page."""
    with layout.page("Last mile", INTRO):
        clip = clip_player.choose()
        families: dict[str, dict[str, list[Condition]]] = {}
        for condition in CATALOGUE.values():
            if condition.id != CLEAN:
                families.setdefault(condition.family, {}).setdefault(condition.id, []).append(condition)
        places_first = sorted(families.items(), key=lambda one: one[0] != "chains")
        picked = [item for family, by_name in places_first for item in _family(family, by_name, clip)]
        condition_form.section(clip)
        draft().conditions = [CLEAN, *picked, *own_conditions.in_use()]
        with layout.mendable():
            clip_player.compare(clip)
        layout.following(layout.ENGINES, "choose what transcribes")


def _family(family: str, by_name: dict[str, list[Condition]], clip: Clip | None) -> list[str]:
    """Show the conditions of one family, folded away until something of it was chosen; return the ids chosen."""
    opened: set[str] = st.session_state.setdefault("families_opened", {"noise"})
    if (
        any(condition.partition("@")[0] in by_name for condition in draft().conditions)
        or st.session_state.get(HEARD) in by_name
    ):
        opened.add(family)
    titles = layout.plain(", ".join(levels[0].title for levels in by_name.values()))
    with st.expander(f"**{HEADINGS.get(family, family.capitalize())}**: {titles}", expanded=family in opened):
        return [item for name, levels in by_name.items() for item in _card(name, levels, clip)]


def _card(name: str, levels: Sequence[Condition], clip: Clip | None) -> list[str]:
    """Show one condition with its levels, and its sound if that was asked for; return the ids chosen."""
    first = levels[0]
    labels = {level.condition_id: _level(level) for level in levels}
    with st.container(border=True):
        left, right = st.columns([5, 6], vertical_alignment="center")
        with left:
            st.markdown(f"**{layout.plain(first.title)}**  \n{layout.plain(first.hears)}")
            if len(first.steps) > 1:
                st.caption(f"At the first level: {layout.plain(' > '.join(_parts(first)))}.")
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
            playing = st.session_state.get(HEARD) == name
            if clip is not None and not first.missing:
                st.button(
                    "Close" if playing else "Listen", key=f"hear_{name}", on_click=_hear, args=("" if playing else name,),
                    icon=":material/close:" if playing else ":material/headphones:", type="tertiary",
                )  # fmt: skip
        if playing and clip is not None:
            clip_player.sound(clip, levels[min(clip.level, len(levels)) - 1].condition_id)
    return [label for label in labels if label in chosen and not first.missing]


def _hear(name: str) -> None:
    st.session_state[HEARD] = name


def _level(condition: Condition) -> str:
    """Return what a level is called: ``typical 8 dB``, of a place only ``typical``."""
    name = SEVERITY_WORDS[condition.severity or TYPICAL]
    return f"{name} {condition_label(condition.condition_id).rpartition(', ')[2]}" if condition.level_unit else name


def _parts(condition: Condition) -> list[str]:
    return [condition_label(step.condition_id) for step in condition.steps]


if __name__ == "__main__":
    main()
