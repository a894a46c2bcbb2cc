"""How a corpus gets into the app: from the project, by its path, as an upload, as a zip, or with a study that exists."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench.corpora import SUFFIXES, guess_columns, manifest_in, map_columns, save_upload, unpack_zip
from workbench.corpora.headers import REQUIRED
from workbench.corpora.manifest_edit import read_written
from workbench.corpora.zips import MAX_BYTES
from workbench.errors import ManifestError
from workbench.files import demo_folder
from workbench.pages.shared import corpus_wizard, layout, saved_study, visitor
from workbench.pages.shared.draft import draft
from workbench.pages.shared.typed_paths import typed_path
from workbench.store import home

HERE, PATH, UPLOAD, ZIP = "In this project", "By its path", "Upload", "Upload a zip"
MANIFEST_MB, ZIP_MB = 200, 2000
MEANS = {"path": "Audio file", "reference": "Words said", "speaker_id": "Speaker"}
PREVIEW = 5
NEEDED = "A manifest needs a column for the audio file, one for the words said and one for the speaker; you match them to these three."
DESCRIPTION = (
    "A file of the manifest's name that ends in .toml: licence, source, language, and how each attribute was obtained. What is "
    "left out is shown as not stated."
)


def manifests() -> Path:
    """Return the folder whose manifests and studies are offered: ``WORKBENCH_MANIFESTS``, else ``data_manifests`` here, else the demo."""
    if named := os.environ.get("WORKBENCH_MANIFESTS"):
        return Path(named)
    here = Path("data_manifests").absolute()
    return here if here.is_dir() else demo_folder()


def choose() -> Path | None:
    """Return the manifest that is chosen, or None with a word on what to do."""
    ways = [HERE, PATH, UPLOAD, ZIP, saved_study.WAY]
    st.session_state.setdefault("corpus_way", HERE)
    way = st.segmented_control("Where is the corpus?", ways, required=True, key="corpus_way", persist_state="session")
    if way == saved_study.WAY:
        return saved_study.choose(manifests())
    result = {HERE: _here, PATH: _path, UPLOAD: _uploaded, ZIP: _zipped}[way]()
    return None if result is None else _mapped(result)


def _here() -> Path | None:
    known = {file.name: file for file in sorted(manifests().glob("*")) if file.suffix.lower() in SUFFIXES}
    if not known:
        st.info(f"There is no manifest in {manifests()} yet. Give the path of yours, or upload it.")
        return None
    return known[st.selectbox("Manifest", list(known), key="corpus_name", persist_state="session")]


def _path() -> Path | None:
    typed = st.text_input(
        "Path of the manifest, or of the corpus folder, on this machine", key="corpus_path", persist_state="session",
        placeholder="/data/my-corpus/manifest.csv or /data/cv-corpus-21.0/en",
        help=f"A manifest ends in {', '.join(SUFFIXES)}; audio paths in it are relative to its folder. A folder is read if it "
        "has the layout of a known corpus (Common Voice, LibriSpeech, Kaldi, ...): its manifest is then written for you.",
    ).strip()  # fmt: skip
    if not typed:
        return None
    path = typed_path(typed, place="path of the corpus", fails=ManifestError)
    return (
        corpus_wizard.choose(path, below=False) if os.path.isdir(path) else path
    )  # a name that is too long is no folder


def _uploaded() -> Path | None:
    """Store what is uploaded once and return its path."""
    kinds = [suffix.removeprefix(".") for suffix in SUFFIXES]
    manifest = st.file_uploader(
        f"Manifest, up to {MANIFEST_MB} MB", kinds, key="corpus_manifest", max_upload_size=MANIFEST_MB
    )
    toml = st.file_uploader(
        "Its description (optional)", ["toml"], key="corpus_toml", max_upload_size=1, help=DESCRIPTION
    )
    folder = st.text_input(
        "Folder of the audio on this machine", key="corpus_audio", persist_state="session",
        help="Paths in the manifest are relative to this folder. The audio stays where it is.",
        placeholder="/data/my-corpus",
    ).strip()  # fmt: skip
    uploads, before = home() / "uploads", draft().manifest
    if manifest is None and before is not None and before.parent == uploads:
        st.info(f"In use: {layout.plain(before.name)}. Upload another to replace it.")
        return before
    if manifest is None or not folder:
        st.info(f"Add the manifest and name the folder that holds its audio. {NEEDED}")
        return None
    root = typed_path(folder, place="folder of the audio", fails=ManifestError, full=True)
    description = None if toml is None else toml.getvalue()
    return save_upload(manifest.name, manifest.getvalue(), uploads, audio_root=root, description=description)


def _zipped() -> Path | None:
    """Unpack a zip once and return the path of its manifest: the one in it, or the one that an adapter writes."""
    given = st.file_uploader(
        f"A zip of the corpus, up to {ZIP_MB:,} MB", ["zip"], key="corpus_zip", max_upload_size=ZIP_MB
    )
    folder, before = home() / "uploads", draft().manifest
    if given is not None:
        opened: dict[str, Path] = st.session_state.setdefault("corpus_zips", {})
        if (
            given.file_id not in opened or not opened[given.file_id].is_dir()
        ):  # a zip of 2 GB is not read at every click
            opened[given.file_id] = unpack_zip(given.getvalue(), folder)
        return _unpacked(opened[given.file_id])
    own = (folder, corpus_wizard.prepared_folder())
    if before is not None and before.parent != folder and any(place in before.parents for place in own):
        st.info(f"In use: {layout.plain(before.name)}. Upload another zip to replace it.")
        return before
    st.info(
        "A corpus as it is distributed (Common Voice, LibriSpeech, CORAAL, Kaldi, ...), or one manifest and the audio that it "
        f"names; {MAX_BYTES / 2**30:g} GB at most once unpacked. {NEEDED} All of it is unpacked on this machine, in "
        "`WORKBENCH_HOME`, and goes nowhere else."
    )
    return None


def _unpacked(place: Path) -> Path | None:
    """Return the manifest of an unpacked zip: with the columns of one, by its layout, or with columns of other names."""
    manifests, recognised = corpus_wizard.contents(place, below=True)
    if recognised and not manifests:
        return corpus_wizard.choose(place, below=True)
    try:
        return manifest_in(place, "the zip")
    except ManifestError:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _stamps(manifest: Path) -> tuple[float, ...]:
    files = (str(manifest), f"{os.path.splitext(manifest)[0]}.toml")
    return tuple(os.path.getmtime(file) if os.path.isfile(file) else 0.0 for file in files)


def _read_first(manifest: str, stamps: tuple[float, ...]) -> pd.DataFrame:
    return visitor.read_contained(_head, Path(manifest), called=manifest)


def _head(manifest: Path) -> pd.DataFrame:
    return read_written(manifest).table.frame.head(PREVIEW)


_first_rows = st.cache_data(_read_first, max_entries=8, show_spinner="Reading the manifest ...")


def _mapped(manifest: Path) -> Path | None:
    """Return the manifest, or its copy with the columns that the user confirmed; None until then."""
    first = _first_rows(str(manifest), _stamps(manifest))
    names = [str(name) for name in first.columns]
    if all(name in names for name in REQUIRED) or len(names) < len(REQUIRED):
        return manifest  # too few columns are none that are called otherwise: reading it says what is wrong
    confirmed = f"mapped_{manifest}"
    chosen = st.session_state.get(confirmed)
    if chosen:
        text = ", ".join(f"{MEANS[wanted].lower()} = {name}" for wanted, name in chosen.items())
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Its columns: {layout.plain(text)}; the others are attributes.")
            st.button("Choose other columns", key="corpus_unmap", on_click=st.session_state.pop, args=(confirmed,))
        return map_columns(manifest, chosen)
    st.warning("Match your columns. All others become attributes.")
    st.dataframe(first, hide_index=True, key="corpus_preview")
    guessed = guess_columns(names)
    with st.container(horizontal=True):
        asked = {
            wanted: st.selectbox(
                MEANS[wanted], names, index=names.index(guessed[wanted]) if guessed[wanted] else None,
                key=f"map_{manifest}_{wanted}", placeholder="Choose a column", width=220,
            )
            for wanted in REQUIRED
        }  # fmt: skip
    twice = len(set(asked.values())) < len(asked)
    if twice and all(asked.values()):
        st.error("Each column can be used only once.")
    if st.button("Use these columns", key="corpus_map", type="primary", disabled=twice or not all(asked.values())):
        st.session_state[confirmed] = dict(asked)
        st.rerun()
    return None
