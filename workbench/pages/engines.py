"""Engines: what transcribes, with which options, and what the ones that are not ready need."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from workbench.pages.shared import cached, chosen_engines, layout
from workbench.pages.shared.draft import Draft, draft
from workbench.store import home

INTRO = (
    "Choose what transcribes. Several engines, or one engine with different options, are compared on the same audio."
)
IN_A_ROW = 3
WHISPER = ["tiny.en", "base.en", "small.en", "medium.en", "tiny", "base", "small", "medium", "large-v3", "turbo"]
FORMS = {
    "Free speech": ("pocketsphinx", ""),
    "A grammar": ("pocketsphinx?grammar=", ".gram .jsgf"),
    "Keywords": ("pocketsphinx?keywords=", ".txt .list"),
    "Named model": ("whisper:", ""),
    "Model file (.pt)": ("whisper:", ".pt"),
    "Transcripts": ("imported:", ".csv .tsv .jsonl .parquet"),
}
WAYS = {
    "pocketsphinx": ["Free speech", "A grammar", "Keywords"],
    "whisper": ["Named model", "Model file (.pt)"],
    "imported": ["Transcripts"],
}
HELP = {
    "A grammar": "JSGF: only what the grammar allows is recognised. Right for digits, commands, fixed phrases.",
    "Keywords": "One keyword per line with its threshold, e.g. `help /1e-10/`; nothing else is written.",
    "Named model": "Fetched from the internet on first use unless it is already on this machine.",
    "Transcripts": "CSV or JSONL with utterance_id and hypothesis, and condition_id if it holds more than clean audio.",
}

NAMED = "What each engine takes stands in docs/engines.md. Keys are named by the environment variable that holds them."


def main() -> None:
    """Draw the page."""
    with layout.page("Engines", INTRO):
        _available()
        chosen = draft()
        if chosen.manifest is None:
            layout.empty(
                "Choose a corpus first: engine files are looked for beside it.", layout.CORPUS, "Choose a corpus"
            )
            return
        with layout.mendable():
            _add(chosen)
        chosen_engines.show(chosen)
        layout.following(layout.RUN, "name the study and run it")


def _available() -> None:
    """Show every engine: what it is, whether it is ready here, and what it needs."""
    frame = cached.availability()
    columns = [column for _ in range(0, len(frame), IN_A_ROW) for column in st.columns(IN_A_ROW)]
    for column, row in zip(columns, frame.itertuples(), strict=False):
        with column, st.container(border=True, height="stretch"):
            badge = ":green-badge[ready]" if row.ready else ":orange-badge[not ready]"
            st.markdown(f"**{layout.plain(row.engine)}** {badge}")
            st.markdown(layout.plain(row.description))
            st.caption(
                layout.plain(row.reason) + (f"  \n**Needs:** {layout.plain(row.install)}" if row.install else "")
            )


def _add(chosen: Draft) -> None:
    """Let the user describe one engine and add it; it is loaded once to see that it works."""
    st.subheader("Add an engine", anchor=False)
    frame = cached.availability()
    ready = [str(name) for name in frame.loc[frame["ready"], "engine"]]
    with st.container(border=True):
        engine = st.segmented_control("Engine", ready, default=ready[0], required=True, key="engine_kind")
        if engine not in WAYS:
            _add_named(chosen, str(frame.set_index("engine").loc[engine, "spec_example"]))
            return
        ways = WAYS[engine]
        way = st.radio("What it recognises", ways, key=f"engine_way_{engine}", horizontal=True) if ways[1:] else ways[0]
        start, kinds = FORMS[way]
        if way == "Named model":
            rest = st.selectbox("Model", WHISPER, key="engine_model", accept_new_options=True, help=HELP[way])
        else:
            rest = _file(chosen, way, kinds) if kinds else ""
        spec = f"{start}{rest}"
        st.caption(f"In a study file: `{spec}`")
        if st.button("Add this engine", key="engine_add", type="primary", disabled=bool(kinds) and not rest):
            _enter(chosen, spec)


def _add_named(chosen: Draft, example: str) -> None:
    """Let the user write an engine's name as in a study file."""
    spec = st.text_input("As in a study file", key="engine_named", placeholder=example, help=NAMED).strip()
    if st.button("Add this engine", key="engine_add", type="primary", disabled=not spec):
        _enter(chosen, spec)


def _enter(chosen: Draft, spec: str) -> None:
    cached.engine(chosen, spec)
    chosen.engines += [spec] if spec not in chosen.engines else []


def _file(chosen: Draft, way: str, kinds: str) -> str:
    """Return a file as a study names it: found beside the corpus, typed, or uploaded; empty if none."""
    near = [path for level in ("*", "*/*") for path in sorted(chosen.base.glob(level)) if path != chosen.manifest]
    names = [str(path.relative_to(chosen.base)) for path in near if path.suffix.lower() in kinds.split()]
    picked = st.selectbox(
        "File", names, index=0 if names and way != "Transcripts" else None, key=f"engine_file_{way}", help=HELP.get(way),
        accept_new_options=True, placeholder="Choose one, or type a full path and press Enter",
    )  # fmt: skip
    given = st.file_uploader("Or upload it", key=f"engine_upload_{way}", max_upload_size=200)
    if given is None:
        return str(picked or "").strip()
    folder = home() / "uploads" / hashlib.sha256(given.getvalue()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(given.name).name
    path.write_bytes(given.getvalue())
    return str(path)


if __name__ == "__main__":
    main()
