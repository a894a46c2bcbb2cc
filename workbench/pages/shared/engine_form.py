"""Ask for one engine: which, what it recognises, its options; the answer is its name as in a study file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import streamlit as st

from workbench.pages.shared.draft import Draft
from workbench.pages.shared.engine_options import WAYS, WHISPER, WRITTEN, Field, Way
from workbench.store import home

WIDE, WIDER = 225, 420


def ask(chosen: Draft, engine: str, example: str) -> str:
    """Return an engine as a study names it, from what the user chooses; empty until it is complete."""
    ways = {way.label: way for way in (*WAYS.get(engine, ()), WRITTEN)}
    label = (
        st.radio("How", list(ways), key=f"engine_way_{engine}", horizontal=True) if WAYS.get(engine) else WRITTEN.label
    )
    way = ways[label]
    if way is WRITTEN:
        written: str = st.text_input(WRITTEN.label, key="engine_named", placeholder=example, help=WRITTEN.help)
        return written.strip()
    target = _target(chosen, engine, way)
    needed = [field for field in way.fields if field.needed]
    options = _fields(engine, needed)
    rest = [field for field in way.fields if not field.needed]
    if rest:
        with st.expander("Options", icon=":material/tune:"):
            st.caption("Defaults: deterministic decoding, no sampling.")
            options |= _fields(engine, rest)
    if (way.target and not target) or any(field.name not in options for field in needed):
        return ""
    query = "&".join(f"{name}={_escaped(value)}" for name, value in options.items())
    spec = f"{way.start}{_escaped(target)}"
    return f"{spec}{'&' if '?' in spec else '?'}{query}" if query else spec


def _target(chosen: Draft, engine: str, way: Way) -> str:
    """Ask for what follows the start of an engine's name."""
    if way.target == "model":
        model = st.selectbox("Model", WHISPER, key="engine_model", accept_new_options=True, help=way.help)
        return str(model or "").strip()
    if way.target == "text":
        typed: str = st.text_input(way.asked, key=f"engine_target_{engine}", help=way.help, placeholder=way.help)
        return typed.strip()
    return _file(chosen, way) if way.target else ""


def _fields(engine: str, fields: list[Field]) -> dict[str, str]:
    """Ask for options; return those that differ from what is usual."""
    if not fields:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = {field.name: _field(engine, field) for field in fields}
    return {field.name: given[field.name] for field in fields if given[field.name] not in ("", field.usual)}


def _field(engine: str, field: Field) -> str:
    key = f"engine_option_{engine}_{field.name}"
    if field.among:
        return str(st.selectbox(field.label, field.among, key=key, help=field.help, width=WIDE))
    if field.low is not None and field.high is not None:
        value = st.number_input(
            field.label, float(field.low), float(field.high), float(field.usual) if field.usual else None, key=key,
            format="%g", help=field.help, width=WIDE, step=1.0 if field.low == 1 else None, placeholder="not given",
        )  # fmt: skip
        return "" if value is None else f"{value:g}"
    typed: str = st.text_input(
        field.label, field.usual, key=key, help=field.help, width=WIDER if field.needed else WIDE
    )
    return typed.strip()


def _file(chosen: Draft, way: Way) -> str:
    """Return a file as a study names it: found beside the corpus, typed, or uploaded; empty if none."""
    names = [name for name in _beside(chosen.base, tuple(way.kinds.split())) if chosen.base / name != chosen.manifest]
    picked = st.selectbox(
        "File", names, index=0 if names and way.label != "Transcripts" else None, key=f"engine_file_{way.label}",
        help=way.help or None, accept_new_options=True, placeholder="Choose one, or type a full path and press Enter",
    )  # fmt: skip
    given = st.file_uploader("Or upload it, up to 200 MB", key=f"engine_upload_{way.label}", max_upload_size=200)
    if given is None:
        return str(picked or "").strip()
    folder = home() / "uploads" / hashlib.sha256(given.getvalue()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(given.name).name
    path.write_bytes(given.getvalue())
    return str(path)


def _beside(folder: Path, kinds: tuple[str, ...]) -> list[str]:
    """Return the files of these kinds in a folder and in the folders in it; a folder that cannot be read holds none."""
    names: list[str] = []
    for where, inside, files in os.walk(folder, followlinks=True):
        names += [
            os.path.relpath(os.path.join(where, file), folder) for file in sorted(files) if file.lower().endswith(kinds)
        ]
        inside[:] = sorted(inside) if where == str(folder) else []
    return names


def _escaped(text: str) -> str:
    """Return a text as it stands in an engine's name, which gives a meaning to three characters."""
    return text.replace("%", "%25").replace("?", "%3F").replace("&", "%26")
