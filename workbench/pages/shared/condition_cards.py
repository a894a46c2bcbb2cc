"""Conditions as cards, some in a row: what each does to the voice, its levels to choose, and a button to hear it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, TYPICAL, Condition
from workbench.figures import condition_label
from workbench.pages.shared import clip_player, layout
from workbench.pages.shared.clip_player import Clip
from workbench.schema import CLEAN

ICONS = {
    "place:ward-2": "bed", "place:icu": "monitor_heart", "place:mri_suite": "radiology", "place:cafe-2": "local_cafe",
    "place:call_centre": "headset_mic", "place:car": "directions_car", "place:street": "traffic",
    "place:video_call": "videocam", "place:speakerphone": "speaker_phone",
}  # fmt: skip
HEARD = "card_heard"
IN_A_ROW = 3


def levels_by_name() -> dict[str, list[Condition]]:
    """Return the levels of every condition but clean, by its name."""
    result: dict[str, list[Condition]] = {}
    for condition in CATALOGUE.values():
        if condition.id != CLEAN:
            result.setdefault(condition.id, []).append(condition)
    return result


def grid(names: Sequence[str], clip: Clip | None) -> None:
    """Show conditions as cards, some in a row; the one that is listened to above them."""
    levels_of = levels_by_name()
    playing = st.session_state.get(HEARD)
    above = st.container()  # also where nothing is heard, so that the cards keep their place
    if playing in names and clip is not None:
        levels = levels_of[playing]
        with above, st.container(border=True):
            clip_player.sound(clip, levels[min(clip.level, len(levels)) - 1].condition_id)
    for first in range(0, len(names), IN_A_ROW):
        row = names[first : first + IN_A_ROW]
        for column, name in zip(st.columns(IN_A_ROW), row, strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _card(name, levels_of[name], clip)


def _card(name: str, levels: Sequence[Condition], clip: Clip | None) -> None:
    """Show one condition with its levels, and a button to hear it."""
    first = levels[0]
    labels = {level.condition_id: _level(level) for level in levels}
    icon = f":material/{ICONS[name]}: " if name in ICONS else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"{icon}**{layout.plain(first.title)}**")
        if clip is not None and not first.missing:
            playing = st.session_state.get(HEARD) == name
            st.button(
                "Close" if playing else "Listen", key=f"hear_{name}", on_click=_hear, args=("" if playing else name,),
                icon=":material/close:" if playing else ":material/headphones:", type="tertiary",
            )  # fmt: skip
    parts = f"At the first level: {', '.join(_parts(first))}." if len(first.steps) > 1 else None
    st.caption(layout.plain(first.hears), help=layout.plain(parts) if parts else None)
    if first.missing:
        st.caption(f"Not on this machine. {layout.plain('; '.join(first.missing))}")
    st.pills(
        f"Levels of {first.title}", list(labels), format_func=labels.__getitem__, selection_mode="multi",
        key=f"pick_{name}", persist_state="session", label_visibility="collapsed", wrap=True, disabled=bool(first.missing),
    )  # fmt: skip


def _hear(name: str) -> None:
    st.session_state[HEARD] = name


def _level(condition: Condition) -> str:
    """Return what a level is called: ``typical 8 dB``, of a place only ``typical``."""
    name = SEVERITY_WORDS[condition.severity or TYPICAL]
    return f"{name} {condition_label(condition.condition_id).rpartition(', ')[2]}" if condition.level_unit else name


def _parts(condition: Condition) -> list[str]:
    return [condition_label(step.condition_id) for step in condition.steps]
