"""How a corpus gets into the app: from the project, by its path, as an upload, as a zip, or with a study that exists."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from workbench.corpora import SUFFIXES, guess_columns, map_columns, open_zip, save_upload
from workbench.corpora.headers import REQUIRED
from workbench.corpora.rewriting import read_written
from workbench.errors import ManifestError
from workbench.pages.shared import layout, reopening
from workbench.pages.shared.draft import draft
from workbench.store import home

HERE, PATH, UPLOAD, ZIP = "In this project", "By its path", "Upload", "Upload a zip"
MANIFEST_MB, ZIP_MB = 200, 2000
MEANS = {"path": "Audio file", "reference": "Words said", "speaker_id": "Speaker"}
PREVIEW = 5


def manifests() -> Path:
    """Return the folder whose manifests and studies are offered."""
    return Path(os.environ.get("WORKBENCH_MANIFESTS") or Path(__file__).parents[3] / "data_manifests")


def choose() -> Path | None:
    """Return the manifest that is chosen, or None with a word on what to do."""
    ways = [HERE, PATH, UPLOAD, ZIP, reopening.WAY]
    way = st.segmented_control(
        "Where is the corpus?", ways, default=HERE, required=True, key="corpus_way", persist_state="session"
    )
    if way == reopening.WAY:
        return reopening.choose(manifests())
    found = {HERE: _here, PATH: _path, UPLOAD: _uploaded, ZIP: _zipped}[way]()
    return None if found is None else _mapped(found)


def _here() -> Path | None:
    known = {one.name: one for one in sorted(manifests().glob("*")) if one.suffix.lower() in SUFFIXES}
    if not known:
        st.info(f"There is no manifest in {manifests()} yet. Give the path of yours, or upload it.")
        return None
    return known[st.selectbox("Manifest", list(known), key="corpus_name", persist_state="session")]


def _path() -> Path | None:
    typed = st.text_input(
        "Path of the manifest on this machine", key="corpus_path", persist_state="session",
        placeholder="/data/my-corpus/manifest.csv",
        help=f"A file that ends in {', '.join(SUFFIXES)}. Audio paths in it are relative to its folder.",
    ).strip()  # fmt: skip
    return Path(typed).expanduser() if typed else None


def _uploaded() -> Path | None:
    """Store what is uploaded once and return its path."""
    kinds = [suffix.removeprefix(".") for suffix in SUFFIXES]
    manifest = st.file_uploader(
        f"Manifest, up to {MANIFEST_MB} MB", kinds, key="corpus_manifest", max_upload_size=MANIFEST_MB
    )
    toml = st.file_uploader("Its description (optional)", ["toml"], key="corpus_toml", max_upload_size=1)
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
        st.info("Add the manifest and name the folder that holds its audio.")
        return None
    root = Path(folder).expanduser()
    if not root.is_absolute():
        raise ManifestError(f"{folder!r} is not a full path", place="folder of the audio", remedy="begin it with /")
    description = None if toml is None else toml.getvalue()
    return save_upload(manifest.name, manifest.getvalue(), uploads, audio_root=root, description=description)


def _zipped() -> Path | None:
    """Unpack a zip once and return the path of its manifest."""
    given = st.file_uploader(
        f"A zip of the audio and its manifest, up to {ZIP_MB:,} MB", ["zip"], key="corpus_zip", max_upload_size=ZIP_MB
    )
    folder, before = home() / "uploads", draft().manifest
    if given is not None:
        return open_zip(given.getvalue(), folder)
    if before is not None and folder in before.parents and before.parent != folder:
        st.info(f"In use: {layout.plain(before.name)}. Upload another zip to replace it.")
        return before
    st.info("It is unpacked on this machine, in `WORKBENCH_HOME`, and goes nowhere else.")
    return None


def _mapped(manifest: Path) -> Path | None:
    """Return the manifest, or its copy with the columns that the user confirmed; None until then."""
    source = read_written(manifest)
    names = [str(name) for name in source.table.frame.columns]
    if all(name in names for name in REQUIRED):
        return manifest
    st.warning("Its columns have other names. Confirm which is which; the other columns become attributes.")
    st.dataframe(source.table.frame.head(PREVIEW), hide_index=True, key="corpus_preview")
    guessed = guess_columns(names)
    with st.container(horizontal=True):
        chosen = {
            wanted: st.selectbox(
                MEANS[wanted], names, index=names.index(guessed[wanted]) if guessed[wanted] else None,
                key=f"map_{manifest}_{wanted}", placeholder="Choose a column", width=220,
            )
            for wanted in REQUIRED
        }  # fmt: skip
    confirmed = f"mapped_{manifest}"
    if st.button("Use these columns", key="corpus_map", type="primary", disabled=not all(chosen.values())):
        st.session_state[confirmed] = dict(chosen)
    if st.session_state.get(confirmed) != chosen:
        return None
    return map_columns(manifest, chosen)
