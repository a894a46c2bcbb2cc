"""Designing: a condition with other numbers, several one after the other, one's own recordings; heard while it is made.

What was designed enters the study, and can be kept under a name for other studies.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench.conditions import CATALOGUE, KINDS, SEVERITY_WORDS, TYPICAL, Condition, chain, parse_condition, presets
from workbench.conditions.grammar import PRESET
from workbench.conditions.recording_layouts import SUFFIXES
from workbench.conditions.recording_uploads import save_recordings
from workbench.figures import condition_labels, fact_name
from workbench.pages.shared import clip_player, layout, own_conditions
from workbench.pages.shared.clip_player import Clip
from workbench.pages.shared.draft import draft
from workbench.schema import CLEAN
from workbench.store import home

FIRST = "equip_pulse"
RECORDED = "recorded_last"
NAMING = "Letters, digits, spaces, dashes. A study refers to it as preset:NAME; a run stores its parts."


def section(clip: Clip | None) -> None:
    """Draw the designers, each with what its design sounds like on the clip."""
    st.subheader("Design your own", anchor=False)
    numbers, order, recorded, kept = st.tabs(["Other numbers", "A chain", "Recordings", "Saved presets"])
    with numbers, layout.mendable():
        _numbers(clip)
    with order, layout.mendable():
        _chain(clip)
    with recorded, layout.mendable():
        _recordings(clip)
    with kept, layout.mendable():
        _presets(clip)


def _numbers(clip: Clip | None) -> None:
    """Let the user set every number of one condition."""
    st.markdown(
        "Set the tone of the machine in your ward, its room, its codec: every number within its range. "
        + ("You hear it below." if clip else "With a corpus chosen you hear it here."),
        width=layout.TEXT_WIDTH,
    )
    kinds = {name: kind for name, kind in KINDS.items() if f"{name}@{TYPICAL}" in CATALOGUE and not kind.unavailable()}
    ordered = sorted(kinds, key=lambda one: (kinds[one].family != kinds[FIRST].family, kinds[one].family))
    name = st.selectbox(
        "Kind", ordered, index=ordered.index(FIRST), format_func=lambda one: f"{kinds[one].family}: {kinds[one].title}",
        key="own_kind", persist_state="session",
    )  # fmt: skip
    typical = CATALOGUE[f"{name}@{TYPICAL}"]
    fields = type(typical).model_json_schema()["properties"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {field: _number(name, field, fields[field], typical) for field in fields if field in typical.units}
    _offer(parse_condition({"id": name, **values}), clip, key="own", what="this condition")


def _chain(clip: Clip | None) -> None:
    """Let the user put conditions in an order."""
    st.markdown(
        "Sound meets several things on its way: usually a room, then noise, a microphone, a codec, a network. Choose "
        "them in that order; each is applied to the output of the previous one.",
        width=layout.TEXT_WIDTH,
    )
    saved = [f"{PRESET}{name}" for name in presets.names()]
    named = [name for name, condition in CATALOGUE.items() if name != CLEAN and not condition.missing]
    labels = condition_labels(draft().own + named)
    chosen: list[str] = st.multiselect(
        "Parts, in order", draft().own + saved + named, key="chain_parts", persist_state="session",
        format_func=lambda one: labels.get(one, one),
    )  # fmt: skip
    made = chain(*chosen) if len(chosen) > 1 else None
    for note in made.notes if made else ():
        st.caption(f":material/info: {layout.plain(note)}")
    _offer(made, clip, key="chain", what="this chain")


def _recordings(clip: Clip | None) -> None:
    """Let the user upload noise or room responses and add them as a condition; play the last of them."""
    st.markdown(
        "Record the place itself: a minute of its noise, or its room responses. They stay on this machine, in "
        "`WORKBENCH_HOME`. A folder that is already here can be named in a study file.",
        width=layout.TEXT_WIDTH,
    )
    kinds = {"Noise": "user_noise", "Room responses": "user_room"}
    files = st.file_uploader(
        "Recordings, up to 200 MB each", sorted(suffix[1:] for suffix in SUFFIXES), accept_multiple_files=True,
        key="recorded_files", max_upload_size=200,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = kinds[st.selectbox("They are", list(kinds), key="recorded_kind", persist_state="session", width=200)]
        level = st.selectbox(
            "Level", list(SEVERITY_WORDS), index=TYPICAL - 1, format_func=SEVERITY_WORDS.__getitem__,
            key="recorded_level", persist_state="session", width=140,
        )  # fmt: skip
        if st.button("Add these recordings", key="recorded_add", icon=":material/add:", disabled=not files):
            folder = save_recordings([(file.name, file.getvalue()) for file in files], home() / "recordings")
            made = parse_condition({"id": kind, "severity": level, "folder": str(folder)})
            own_conditions.add(made)
            st.session_state[RECORDED] = made
    last: Condition | None = st.session_state.get(RECORDED)
    if last is not None:
        st.caption("In the study; it can be a part of a chain, too.")
        if clip is not None:
            clip_player.sound(clip, last.condition_id)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name, save = _naming("recorded", disabled=False)
        if save:
            _save(name, last)


def _presets(clip: Clip | None) -> None:
    """Show what was saved; let the user put it into the study or delete it."""
    names = presets.names()
    if not names:
        st.info("No preset yet. Design a condition or a chain, give it a name and save it; it is then offered here.")
        return
    name = st.selectbox("Preset", names, key="preset_name", persist_state="session")
    preset = presets.load(name)
    st.code(preset.condition.condition_id, language=None, wrap_lines=True)
    if preset.note:
        st.caption(layout.plain(preset.note))
    st.caption(
        f"In a study file or on the command line: `{preset.written}`. Its file: {layout.plain(presets.folder())}."
    )
    if clip is not None:
        clip_player.sound(clip, preset.condition.condition_id)
    with st.container(horizontal=True):
        if st.button("Put it into the study", key="preset_use", icon=":material/add:"):
            own_conditions.add(preset.condition)
        if st.button("Delete", key="preset_delete", icon=":material/delete:"):
            presets.delete(name)
            st.rerun()


def _offer(made: Condition | None, clip: Clip | None, *, key: str, what: str) -> None:
    """Play a design, and let the user put it into the study or keep it under a name."""
    if made is not None and clip is not None:
        clip_player.sound(clip, made.condition_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(f"Add {what}", key=f"{key}_add", icon=":material/add:", disabled=made is None) and made:
            own_conditions.add(made)
        name, save = _naming(key, disabled=made is None)
    if save and made is not None:
        _save(name, made)


def _naming(key: str, *, disabled: bool) -> tuple[str, bool]:
    """Ask for a name; return it, and whether to save under it."""
    name = st.text_input("Name of a preset", key=f"{key}_name", help=NAMING, width=220).strip()
    return name, st.button("Save as preset", key=f"{key}_save", icon=":material/bookmark:", disabled=disabled)


def _save(name: str, made: Condition) -> None:
    preset = presets.save(name, made)
    st.success(f"Saved: `{preset.written}`")


def _number(kind: str, name: str, field: dict[str, Any], condition: Condition) -> float:
    """Ask for one parameter, within its range and with its unit."""
    unit = condition.units[name]
    text = fact_name(name)
    given: float = st.number_input(
        f"{text} ({unit})" if unit and unit.lower() not in text.lower() else text,
        float(field["low"]),
        float(field["high"]),
        float(condition.parameters[name]),
        format="%g",
        key=f"own_{kind}_{name}",
        persist_state="session",
        help=f"{field['description']}; {field['low']:g} to {field['high']:g} {unit}".rstrip(),
        width=170,
    )
    return given
