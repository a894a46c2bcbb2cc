"""Conditions of the last mile to test, places first; each can be heard, and what is chosen stays in sight."""

from __future__ import annotations

import streamlit as st

from workbench.conditions import Condition
from workbench.pages.shared import (
    chosen_conditions,
    clip_player,
    condition_cards,
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


def main() -> None:
    """Draw the page."""
    with layout.page("Conditions", INTRO):
        shown = _chosen()
        with layout.mendable():
            chosen_conditions.show()
        clip = clip_player.choose()
        matches = _search()
        if matches is not None:
            condition_cards.grid(matches, clip)
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
    names = [name for name, levels in condition_cards.levels_by_name().items() if _matches(levels[0], typed)]
    if not names:
        st.info(f"No condition matches “{layout.plain(typed)}”. Clear the search to see all of them.")
    return names


def _matches(condition: Condition, typed: str) -> bool:
    parts = " ".join(f"{step.title} {step.id}" for step in condition.steps)
    text = f"{condition.title} {condition.hears} {condition.id} {condition.family} {condition.source} {parts}".lower()
    return all(word in text for word in typed.lower().split())


def _tabs(clip: Clip | None) -> None:
    """Show the conditions by theme, and the ways to one's own."""
    themed = themes()
    tabs = st.tabs([*themed, OWN, SAY])
    for tab, names in zip(tabs, themed.values(), strict=False):
        with tab:
            condition_cards.grid(names, clip)
    with tabs[-2]:
        condition_form.section(clip)
        own_conditions.in_use()
    with tabs[-1], layout.mendable():
        say_it.section()


def themes() -> dict[str, list[str]]:
    """Return the names of the conditions under each tab; every condition is under one."""
    home = {family: theme for theme, families in THEMES.items() for family in families}
    result: dict[str, list[str]] = {theme: [] for theme in THEMES}
    for name, levels in condition_cards.levels_by_name().items():
        result[home.get(levels[0].family, "Noise")].append(name)
    return result


if __name__ == "__main__":
    main()
