"""Choices that the address of the page holds, so that a view can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

SEPARATOR = "~"
UTTERANCES = "Utterances"
"""The view that a click on a cell or a point opens."""


def choose(label: str, values: Sequence[str], name: str, *, default: str = "", **given: Any) -> str:
    """Return what is chosen in a selectbox that the address holds as ``?name=value``.

    A link that names another value wins over what was chosen before; a value that is not there gives ``default``, else
    the first value. ``given`` goes to the selectbox.
    """
    _settle(values, name, default)
    return _sent(name, st.selectbox(label, values, key=_key(name), persist_state="session", **given))


def choose_view(label: str, values: Sequence[str], name: str) -> str:
    """Return what is chosen among a few views side by side; the address holds it as with :func:`choose`."""
    _settle(values, name, "")
    chosen = st.segmented_control(
        label, values, key=_key(name), required=True, persist_state="session", label_visibility="collapsed"
    )
    return _sent(name, chosen)


def choose_some(
    label: str, values: Sequence[str], name: str, *, default: Sequence[str] | None = None, **given: Any
) -> list[str]:
    """Return what is chosen among pills, at first ``default`` (everything); the address holds ``?name=one~other`` if it differs."""
    key, usual = _key(name), [value for value in values if default is None or value in default]
    asked = st.query_params.get(name)
    if asked is not None and asked != st.session_state.get(f"sent_{name}"):
        st.session_state[key] = [part for part in asked.split(SEPARATOR) if part in values]
    elif key in st.session_state:
        st.session_state[key] = [item for item in st.session_state[key] if item in values]
    if key not in st.session_state:
        st.session_state[key] = list(usual)
    chosen: list[str] = st.pills(label, values, key=key, selection_mode="multi", persist_state="session", **given)
    kept = [value for value in values if value in chosen]
    if kept == usual:
        st.query_params.pop(name, None)
        st.session_state.pop(f"sent_{name}", None)
    else:
        st.query_params[name] = st.session_state[f"sent_{name}"] = SEPARATOR.join(kept)
    return kept


def open_cell(figure: str, attribute: str) -> None:
    """Go to the utterances of the cell or point of a figure that was clicked."""
    points = st.session_state[figure]["selection"]["points"]
    if points and isinstance(cell := points[0].get("customdata"), list | tuple) and len(cell) > 1:
        _go_to(attribute, str(cell[0]), str(cell[1]))


def name_cell(cells: Sequence[tuple[str, str]], attribute: str, key: str, *, label: Callable[[str], str]) -> None:
    """Offer the cells (group, condition) of a figure by name: without a pointer, what a click on one does."""

    def opened() -> None:
        if cell := st.session_state[key]:
            _go_to(attribute, *cell)

    st.selectbox(
        "Open a cell", cells, None, key=key, on_change=opened, placeholder="Type a group or a condition",
        format_func=lambda cell: f"{cell[0]}, {label(cell[1])}".replace("\u00a0", " "),
        help="Choose a cell by its name to see and hear its utterances, as a click on it does.",
    )  # fmt: skip


def _go_to(attribute: str, group: str, condition: str) -> None:
    set_choice(f"group_{attribute}", group)
    set_choice("condition", condition)
    set_choice("view", UTTERANCES)


def set_choice(name: str, value: str) -> None:
    """Choose a value before its widget is drawn: for what a click means."""
    st.session_state[_key(name)] = value


def _key(name: str) -> str:
    return f"view_{name}"


def _settle(values: Sequence[str], name: str, default: str) -> None:
    """Let the widget begin with what a new link asks for, else with what it had, else with the default."""
    asked = st.query_params.get(name)
    if asked in values and asked != st.session_state.get(f"sent_{name}"):
        st.session_state[_key(name)] = asked
    elif st.session_state.get(_key(name)) not in values:
        st.session_state[_key(name)] = default if default in values else values[0]


def _sent(name: str, chosen: str) -> str:
    """Write the choice into the address."""
    st.query_params[name] = chosen
    st.session_state[f"sent_{name}"] = chosen
    return chosen
