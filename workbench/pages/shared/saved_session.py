"""What a session has chosen, kept for its browser: a reloaded page, a restarted app and the next day find it again.

Every session writes a file of its own in WORKBENCH_HOME, and a cookie names the last one of the browser. A session that begins
takes a copy, so that no two that are open share their choices. The word that audio may leave this machine is not kept: it
is given anew.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.pages.shared.draft import Draft, draft
from workbench.store import home

COOKIE = "workbench_session"
MOST = 500
"""Files; the oldest beyond are removed."""
WIDGETS = re.compile(
    r"(pick|map|mapped|use|only)_.*|own_in_use|corpus_(way|name|path|audio)|"
    r"study_(name|named|of|attributes|normaliser|margin|seed|claims)"
)
"""Widgets whose values are kept."""
_REMEMBERED = """<script>
window.onfocus = window.onpagehide = () => {{
    document.cookie = "{cookie}={token}; path=/; SameSite=Strict; max-age=2592000";  // 30 days; {page}
}};
window.onfocus();
</script>"""
"""Whoever is reloaded or looked at last is found again. The page is named so that the next one does it, too."""
_TOKEN = re.compile(r"[0-9a-f]{16}")
_PATHS = ("manifest", "study")
_LEFT_OUT = ("audio_leaves",)


def restore() -> None:
    """Take over, where a session begins, what its browser had chosen; nothing if that is not there any more."""
    state = st.session_state
    if "kept_as" in state:
        return
    state["kept_as"] = secrets.token_hex(8)
    asked = _asked()
    if not _TOKEN.fullmatch(asked):
        return
    try:
        kept = json.loads((_folder() / f"{asked}.json").read_text(encoding="utf-8"))
        study_draft = Draft(**{name: _read(name, value) for name, value in dict(kept["draft"]).items()})
        widgets = dict(kept["widgets"])
    except (OSError, ValueError, KeyError, TypeError, WorkbenchError):
        return  # gone, cut off, or of another version: the session begins anew
    state["draft"] = study_draft
    for name, value in widgets.items():
        state.setdefault(name, value)


def keep(page: str) -> None:
    """Write what is chosen, if it has changed, and let the browser remember it on this page."""
    state, study_draft = st.session_state, draft()
    if study_draft.manifest is None and study_draft == Draft():
        return
    token = state.setdefault("kept_as", secrets.token_hex(8))  # a page by itself restores nothing
    widgets = {str(name): value for name, value in state.items() if WIDGETS.fullmatch(str(name))}
    mine = {name: value for name, value in asdict(study_draft).items() if name not in _LEFT_OUT}
    text = json.dumps({"draft": mine, "widgets": widgets}, default=str, sort_keys=True)
    if state.get("kept_text") != text:
        try:
            _write(_folder() / f"{token}.json", text)
        except (OSError, WorkbenchError):
            return  # a full disk takes no choice away
        state["kept_text"] = text
    script = _REMEMBERED.format(cookie=COOKIE, token=token, page=page)
    st.html(script, unsafe_allow_javascript=True)


def _asked() -> str:
    return str(st.context.cookies.get(COOKIE, ""))


def _folder() -> Path:
    return home() / "sessions"


def _read(name: str, value: Any) -> Any:
    if name not in {item.name for item in fields(Draft)}:
        raise KeyError(name)
    return Path(value) if name in _PATHS and value is not None else value


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
    there = sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
    for old in there[:-MOST]:
        old.unlink(missing_ok=True)
