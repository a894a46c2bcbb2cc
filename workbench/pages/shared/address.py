"""Choices that the address of the page holds, so that a view can be sent to a colleague.

The address is written **once per page**, when the page is drawn: each write is an entry of the browser's history, and Back shall go to the
view before, not to half of a change. A page that is opened by its bare address keeps it until something is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import streamlit as st

SEPARATOR = "~"
UTTERANCES = "Utterances"
"""The view that a click on a cell or a point opens."""
_PAGE, _DRAWN, _VALUES, _WRITTEN, _BARE, _ASKED = (
    f"address_{name}" for name in ("page", "drawn", "values", "written", "bare", "asked")
)
"""Session state: whose address it is; what the widgets have; what of it the address shall hold; what was written last; what the bare address
stood for; what a link asks for."""


@contextmanager
def kept(page: str) -> Iterator[None]:
    """Let the choices that are drawn inside be in the address, which is written once, at the end.

    An address that this session did not write is a link, or the browser's Back: it decides, and what it does not name is as usual.
    """
    state, now = st.session_state, st.query_params.to_dict()
    if state.get(_PAGE) != page:  # its address is taken as it is
        state[_PAGE] = page
        state.pop(_WRITTEN, None)
    last: dict[str, str] | None = state.get(_WRITTEN)
    clicked = any(state.get(_key(name)) != value for name, value in state.get(_DRAWN, {}).items())
    led = now != last and not (clicked and last is not None)
    if not now and led and last is not None:
        now = state.get(_BARE, {})
    state[_ASKED] = now if led and now else None
    state[_DRAWN], state[_VALUES] = {}, {}
    yield
    values: dict[str, str] = {name: value for name, value in state[_VALUES].items() if value}
    current = st.query_params.to_dict()
    if not current and (last is None or state.get(_BARE) == values):
        state[_BARE] = values
    elif values and current != values:
        st.query_params.from_dict(values)
    state[_WRITTEN] = st.query_params.to_dict()


def link() -> str:
    """Return the address of what is shown so far, below that of the page: every choice, also where the page's own address is bare."""
    return "?" + urlencode({name: value for name, value in st.session_state[_VALUES].items() if value})


def asked_for(name: str) -> str | None:
    """Return what a link that has just been opened asks for under this name; empty if it does not, None if there is no link."""
    asked: dict[str, str] | None = st.session_state.get(_ASKED)
    return None if asked is None else asked.get(name, "")


def note(name: str, value: str) -> None:
    """Let the address hold a value that no widget of this module has chosen."""
    st.session_state[_VALUES][name] = value


def choose(label: str, values: Sequence[str], name: str, *, default: str = "", **given: Any) -> str:
    """Return what is chosen in a selectbox that the address holds as ``?name=value``.

    A link that names another value wins over what was chosen before; a value that is not there gives ``default``, else
    the first value. ``given`` goes to the selectbox.
    """
    _settle(values, name, default)
    return _sent(name, st.selectbox(label, values, key=_key(name), persist_state="session", **given))


def choose_view(label: str, values: Sequence[str], name: str, **given: Any) -> str:
    """Return what is chosen among a few views side by side; the address holds it as with :func:`choose`."""
    _settle(values, name, "")
    chosen = st.segmented_control(
        label, values, key=_key(name), required=True, persist_state="session", label_visibility="collapsed", **given
    )
    return _sent(name, chosen)


def choose_some(
    label: str, values: Sequence[str], name: str, *, default: Sequence[str] | None = None, **given: Any
) -> list[str]:
    """Return what is chosen among pills, at first ``default`` (everything); the address holds ``?name=one~other`` if it differs."""
    key, usual = _key(name), [value for value in values if default is None or value in default]
    asked: dict[str, str] | None = st.session_state.get(_ASKED)
    if asked is not None:
        named = asked[name].split(SEPARATOR) if name in asked else usual
        st.session_state[key] = [value for value in values if value in named]
    elif key in st.session_state:
        st.session_state[key] = [item for item in st.session_state[key] if item in values]
    else:
        st.session_state[key] = list(usual)
    chosen: list[str] = st.pills(label, values, key=key, selection_mode="multi", persist_state="session", **given)
    chosen_in_order = [value for value in values if value in chosen]
    _drawn(name, chosen)
    note(name, "" if chosen_in_order == usual else SEPARATOR.join(chosen_in_order) or SEPARATOR)
    return chosen_in_order


def open_cell(figure: str, attribute: str) -> None:
    """Go to the utterances of the cell or point of a figure that was clicked."""
    points = st.session_state[figure]["selection"]["points"]
    if points and isinstance(cell := points[0].get("customdata"), list | tuple) and len(cell) > 1:
        go_to(attribute, str(cell[0]), str(cell[1]))


def name_cell(cells: Sequence[tuple[str, str]], attribute: str, key: str, *, label: Callable[[str], str]) -> None:
    """Offer the cells (group, condition) of a figure by name: without a pointer, what a click on one does."""

    def opened() -> None:
        if cell := st.session_state[key]:
            go_to(attribute, *cell)

    st.selectbox(
        "Go to utterances of", cells, None, key=key, on_change=opened, placeholder="Group or condition",
        format_func=lambda cell: f"{cell[0]}, {label(cell[1])}".replace("\u00a0", " "),
        help="Opens the utterances of a cell by its name, like a click on the cell.",
    )  # fmt: skip


def go_to(attribute: str, group: str, condition: str) -> None:
    """Open the utterances of a group under a condition."""
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
    asked = asked_for(name)
    if asked in values:
        st.session_state[_key(name)] = asked
    elif asked is not None or st.session_state.get(_key(name)) not in values:
        st.session_state[_key(name)] = default if default in values else values[0]


def _sent(name: str, chosen: str) -> str:
    """Let the address hold the choice."""
    _drawn(name, chosen)
    note(name, chosen)
    return chosen


def _drawn(name: str, value: Any) -> None:
    st.session_state[_DRAWN][name] = value
