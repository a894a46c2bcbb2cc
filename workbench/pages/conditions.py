"""Conditions of the last mile to test, places first; each can be heard, and what is chosen stays in sight."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.conditions import CATALOGUE, SEVERITY_WORDS, TYPICAL, Condition
from workbench.figures import condition_label
from workbench.pages.shared import (
    chosen_conditions,
    clip_player,
    condition_form,
    glossary_link,
    layout,
    own_conditions,
    say_it,
)
from workbench.pages.shared.clip_player import Clip
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN

INTRO = "Choose the noise, rooms, microphones and codecs to test. Clean audio is always included as the baseline."
PLACES, OWN, SAY = "Places", "Design your own", "Say it yourself"
THEMES = {
    PLACES: ("chains",),
    "Noise": ("noise", "crowds", "weather", "traffic"),
    "Machines": ("machines", "alarms", "tones", "mri"),
    "Rooms and microphones": ("rooms", "microphones", "masks", "levels", "bandwidth"),
    "Codecs and networks": ("codecs", "networks"),
    "Voice and silence": ("voice", "silence"),
}
# Tabs, and the families of conditions under each; a family that is named nowhere stands under the second. A comment, because
# Streamlit writes a text that stands alone in a page's script on the page.
ICONS = {
    "place:ward": "bed", "place:icu": "monitor_heart", "place:mri_suite": "radiology", "place:cafe": "local_cafe",
    "place:call_centre": "headset_mic", "place:car": "directions_car", "place:street": "traffic",
    "place:video_call": "videocam", "place:speakerphone": "speaker_phone",
}  # fmt: skip
HEARD = "card_heard"
IN_A_ROW = 3


def main() -> None:
    """Draw the page."""
    with layout.page("Conditions", INTRO):
        shown = _chosen()
        with layout.mendable():
            chosen_conditions.show()
        clip = clip_player.choose()
        found = _search()
        if found is not None:
            _grid(found, clip)
        else:
            _tabs(clip)
        if _chosen() != shown:  # something was added below: what is in sight above is drawn anew
            st.rerun()
        with layout.mendable():
            clip_player.compare(clip)
        glossary_link.terms("condition", "severity", "SNR", "RT60", "STOI")


def _chosen() -> list[str]:
    """Take what the widgets of this page say into the study, and return it."""
    draft().conditions = [CLEAN, *chosen_conditions.picked(), *own_conditions.chosen()]
    return draft().conditions


def _search() -> list[str] | None:
    """Return the names of the conditions that are searched for; None if nothing is."""
    typed = st.text_input(
        "Search the conditions", key="condition_search", placeholder="such as alarm, telephone, reverberation, 8 kHz",
        icon=":material/search:", label_visibility="collapsed",
    ).strip()  # fmt: skip
    if not typed:
        return None
    names = [name for name, levels in _by_name().items() if _matches(levels[0], typed)]
    if not names:
        st.info(f"No condition matches “{layout.plain(typed)}”. Clear the search to see all of them.")
    return names


def _matches(condition: Condition, typed: str) -> bool:
    parts = " ".join(f"{step.title} {step.id}" for step in condition.steps)
    text = f"{condition.title} {condition.hears} {condition.id} {condition.family} {condition.source} {parts}".lower()
    return all(word in text for word in typed.lower().split())


def _by_name() -> dict[str, list[Condition]]:
    """Return the levels of every condition but clean, by its name."""
    result: dict[str, list[Condition]] = {}
    for condition in CATALOGUE.values():
        if condition.id != CLEAN:
            result.setdefault(condition.id, []).append(condition)
    return result


def _tabs(clip: Clip | None) -> None:
    """Show the conditions by theme, and the ways to one's own."""
    themed = themes()
    tabs = st.tabs([*themed, OWN, SAY])
    for tab, names in zip(tabs, themed.values(), strict=False):
        with tab:
            _grid(names, clip)
    with tabs[-2]:
        condition_form.section(clip)
        own_conditions.in_use()
    with tabs[-1], layout.mendable():
        say_it.section()


def themes() -> dict[str, list[str]]:
    """Return the names of the conditions under each tab; every condition is under one."""
    home = {family: theme for theme, families in THEMES.items() for family in families}
    result: dict[str, list[str]] = {theme: [] for theme in THEMES}
    for name, levels in _by_name().items():
        result[home.get(levels[0].family, "Noise")].append(name)
    return result


def _grid(names: Sequence[str], clip: Clip | None) -> None:
    """Show conditions as cards, some in a row; the one that is listened to above them."""
    levels_of = _by_name()
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


if __name__ == "__main__":
    main()
