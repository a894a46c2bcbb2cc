"""Whether the window is as narrow as a telephone: figures then stand one panel a row.

The first guess is what the browser calls itself; where the window says otherwise, the page is drawn once more.
"""

from __future__ import annotations

import streamlit as st

NARROW = 640
"""Pixels."""
KEY = "viewport"
JS = """
export default function (component) {
  const { data, setStateValue } = component;
  const query = matchMedia(`(max-width: ${data.narrow}px)`);
  const tell = () => { if (query.matches !== data.taken) setStateValue("narrow", query.matches); };
  tell();
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}
"""
_viewport = st.components.v2.component("workbench_viewport", html="<span hidden></span>", js=JS)


def watch() -> None:
    """Let the window say whether it is narrow; once a page."""
    _viewport(
        key=KEY, data={"narrow": NARROW, "taken": is_narrow()}, width="content", height=1, on_narrow_change=lambda: None
    )


def is_narrow() -> bool:
    """Return whether the window is narrow, as far as is known."""
    told = st.session_state.get(KEY)
    narrow = told.get("narrow") if told is not None else None
    return bool("Mobi" in (st.context.headers.get("User-Agent") or "") if narrow is None else narrow)
