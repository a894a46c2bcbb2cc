"""A corpus in the layout in which it is distributed: recognised in a folder, its options asked for, its manifest written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from workbench.corpora import Prepared, layouts, manifests_in, prepare, state_description
from workbench.corpora.adapters import Adapter, Option, adapters
from workbench.corpora.description import read_description
from workbench.corpora.description_edit import STATED
from workbench.corpora.layouts import EXTRACT, Layout
from workbench.figures.wording import counted
from workbench.pages.shared import layout
from workbench.schema import NOT_STATED
from workbench.store import home

OTHER = "Another layout"
EXTRACTED = "audio"
MOST_REASONS = 5


def prepared_folder() -> Path:
    """Return the folder of the manifests that are written here; the corpora themselves are not changed."""
    return home() / "prepared"


def choose(folder: Path, *, below: bool) -> Path | None:
    """Return the manifest of the corpus in ``folder``: one that is there (``below``: in the folders below it too), or one that
    an adapter writes; None until then."""
    manifests, recognised = contents(folder, below=below)
    offered: dict[str, Path | Layout] = {item.adapter.title: item for item in recognised}
    offered |= {path.relative_to(folder).as_posix(): path for path in manifests}
    names = [*offered, OTHER]
    if recognised:
        titles = " or ".join(f"**{layout.plain(item.adapter.title)}**" for item in recognised)
        st.info(f"This looks like {titles}: {layout.plain(recognised[0].folder)}", icon=":material/folder_open:")
    elif not manifests:
        st.warning(
            "No manifest and no known layout was found in this folder. Choose the layout it has, or add a manifest.",
            icon=":material/folder_off:",
        )
    name = OTHER
    if offered:
        name = st.segmented_control("Read it as", names, default=names[0], required=True, key=f"layout_{folder}")
    selected = offered.get(name)
    return selected if isinstance(selected, Path) else _prepared(selected or _other(folder))


def _look(folder: str, stamp: float, below: bool) -> tuple[list[Path], list[Layout]]:
    return manifests_in(Path(folder), below=below), layouts(folder)


_looked = st.cache_resource(_look, max_entries=16, ttl=60, show_spinner="Looking for manifests and known layouts ...")


def contents(folder: Path, *, below: bool) -> tuple[list[Path], list[Layout]]:
    """Return the manifests and the known layouts in a folder; looked for again after a minute."""
    result: tuple[list[Path], list[Layout]] = _looked(str(folder), folder.stat().st_mtime, below)
    return result


def _other(folder: Path) -> Layout:
    """Let the user name the layout of a folder, and show what it has to look like."""
    by_name = adapters()
    name = st.selectbox(
        "Layout",
        list(by_name),
        format_func=lambda item: by_name[item].title,
        key="layout_other",
        persist_state="session",
    )
    st.caption("It is read from:")
    st.code(by_name[name].tree, language=None)
    return Layout(by_name[name], folder)


def _prepared(chosen: Layout) -> Path | None:
    """Ask for the options of a corpus, write its manifest when that is wanted, and say what was left out and why."""
    adapter = chosen.adapter
    _facts(adapter)
    key = f"prepared_{adapter.name}_{chosen.folder}"
    result: Prepared | None = st.session_state.get(key)
    if result is None or not result.manifest.is_file():
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                title = chosen.folder.name if adapter.generic else adapter.name
                name = st.text_input("Name of the corpus", title, key=f"{key}_name", width=220).strip()
                language = st.text_input(
                    "Language", adapter.language, key=f"{key}_language", width=120,
                    help="Code of the language, such as en or de.",
                ).strip()  # fmt: skip
            options = _options(chosen.options, key)
            if not st.button("Read this corpus", key="corpus_prepare", type="primary", icon=":material/playlist_add:"):
                return None
            result = _write(chosen, name, language, options)
        st.session_state[key] = result
        st.rerun()
    _said(result)
    st.button("Change the options", key="corpus_unprepare", on_click=st.session_state.pop, args=(key,))
    return result.manifest


def _facts(adapter: Adapter) -> None:
    """Show what the adapter knows of its corpus."""
    if adapter.generic:
        return
    obtained = ", ".join(f"{layout.plain(name)} ({how.obtained})" for name, how in adapter.attributes.items())
    lines = [f"**Licence:** {layout.plain(adapter.licence)}", f"**Source:** {layout.plain(adapter.source)}"]
    lines += [f"**Attributes:** {obtained}"] if obtained else []
    lines += [f"**Versions:** {layout.plain(adapter.versions)}"] if adapter.versions else []
    st.markdown("  \n".join(lines), width=layout.TEXT_WIDTH)


def _options(options: Mapping[str, Option], key: str) -> dict[str, str]:
    """Ask for the options of an adapter; return those that are not empty."""
    if not options:
        return {}
    given: dict[str, str] = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, option in options.items():
            label, field = name.replace("_", " ").capitalize(), f"{key}_option_{name}"
            if option.choices:
                place = option.choices.index(option.default) if option.default in option.choices else 0
                given[name] = st.selectbox(
                    label, option.choices, index=place, key=field, help=option.meaning, width=170
                )
            else:
                usual = EXTRACTED if name == EXTRACT else option.default
                given[name] = st.text_input(label, usual, key=field, help=option.meaning, width=220)
    if EXTRACT in options:
        st.caption(
            "Audio inside the data files is written to that folder below the corpus; it takes about as much space again."
        )
    return {name: value.strip() for name, value in given.items() if value.strip()}


def _write(chosen: Layout, name: str, language: str, options: Mapping[str, str]) -> Prepared:
    """Write the manifest into a folder of its own; what was stated about it before stays stated."""
    named = json.dumps([str(chosen.folder.resolve()), chosen.name, language, dict(options)], sort_keys=True)
    out = prepared_folder() / hashlib.sha256(named.encode()).hexdigest()[:16]
    before, faults = read_description(out / f"{name}.csv")
    bar = st.progress(0.0, text="Reading the corpus ...")

    def show(done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=f"{done:,} rows read")

    result = prepare(
        chosen.name, chosen.folder, out=out, corpus_id=name, options=options, language=language, overwrite=True,
        on_progress=show,
    )  # fmt: skip
    now, _ = read_description(result.manifest)
    texts = {field: getattr(before, field) for field in STATED if getattr(before, field) not in ("", NOT_STATED)}
    if texts and not faults:
        obtained = {attribute: how for attribute, how in before.attributes.items() if attribute in now.attributes}
        state_description(result.manifest, texts, obtained)
    bar.empty()
    return result


def _said(result: Prepared) -> None:
    """Say what was read and what was left out."""
    sentences = [
        f"**{layout.plain(result.corpus_id)}**: {counted(result.n_rows, 'utterance')} of {counted(result.n_speakers, 'speaker')} read."
    ]
    reasons = [f"{n:,} × {layout.plain(reason)}" for reason, n in list(result.left_out.items())[:MOST_REASONS]]
    if result.n_left_out:
        more = (
            f"; and {len(result.left_out) - MOST_REASONS} more reasons" if len(result.left_out) > MOST_REASONS else ""
        )
        sentences.append(f"{counted(result.n_left_out, 'row')} left out: {'; '.join(reasons)}{more}.")
    (st.warning if result.n_left_out else st.success)(" ".join(sentences), icon=":material/playlist_add_check:")
    for note in result.notes[:MOST_REASONS]:
        st.caption(f":material/info: {layout.plain(note)}")
