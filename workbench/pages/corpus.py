"""Corpus: whose speech, what was said, what is wrong with the manifest, and how it sounds."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from workbench.corpora import SUFFIXES, Corpus, problem_frame, save_upload
from workbench.errors import ManifestError
from workbench.pages.shared import cached, corpus_audit, downloads, layout, people, show
from workbench.pages.shared.clips import choose_clip
from workbench.pages.shared.draft import draft
from workbench.runner import read
from workbench.store import home

INTRO = "Choose the speech to test with. A manifest lists one utterance per row: the audio, what was said, who spoke."
MANY = 30  # problems; more are shown in a table that scrolls
HERE, PATH, UPLOAD = "In this project", "By its path", "Upload"
MANIFESTS = Path(os.environ.get("WORKBENCH_MANIFESTS") or Path(__file__).parents[2] / "data_manifests")


def main() -> None:
    """Draw the page."""
    with layout.page("Corpus", INTRO):
        manifest = _choose()
        if manifest is None:
            return
        if manifest != draft().manifest:
            draft().choose(None)
        corpus = cached.corpus(manifest)
        if not _accepted(corpus, manifest):
            draft().choose(None)
            return
        draft().choose(manifest, corpus, allow_dropped=bool(corpus.problems))
        people.describe(corpus.info)
        people.who(corpus)
        _listen(corpus)
        corpus_audit.section(corpus)
        layout.following(layout.CONDITIONS, "choose what happens to the voice")


def _choose() -> Path | None:
    """Return the manifest that is chosen, or None with a word on what to do."""
    known = {one.name: one for one in sorted(MANIFESTS.glob("*")) if one.suffix.lower() in SUFFIXES}
    way = st.segmented_control(
        "Where is the manifest?", [HERE, PATH, UPLOAD], default=HERE, required=True, key="corpus_way",
        persist_state="session",
    )  # fmt: skip
    if way == UPLOAD:
        return _uploaded()
    if way == PATH:
        typed = st.text_input(
            "Path of the manifest on this machine", key="corpus_path", persist_state="session",
            placeholder="/data/my-corpus/manifest.csv",
            help=f"A file that ends in {', '.join(SUFFIXES)}. Audio paths in it are relative to its folder.",
        ).strip()  # fmt: skip
        return Path(typed).expanduser() if typed else None
    if not known:
        st.info(f"There is no manifest in {MANIFESTS} yet. Give the path of yours, or upload it.")
        return None
    name = st.selectbox("Manifest", list(known), key="corpus_name", persist_state="session")
    return known[name]


def _uploaded() -> Path | None:
    """Store what is uploaded once and return its path."""
    kinds = [suffix.removeprefix(".") for suffix in SUFFIXES]
    manifest = st.file_uploader("Manifest", kinds, key="corpus_manifest", max_upload_size=200)
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


def _accepted(corpus: Corpus, manifest: Path) -> bool:
    """Show every problem; return whether the usable rows may be used."""
    if not corpus.problems:
        return True
    good, dropped = len(corpus.utterances), corpus.info.n_dropped
    st.warning(
        f"{dropped} of {good + dropped} rows cannot be used as they are. Every reason is listed here; "
        "mend the file and check it again, or go on without these rows.",
        icon=":material/rule:",
    )
    frame = problem_frame(corpus.problems)
    listed = frame[["line", "what", "remedy", "column", "value"]]
    listed = listed.rename(columns={"what": "what is wrong", "remedy": "what to do"})
    if len(listed) > MANY:
        st.dataframe(listed, hide_index=True, key="corpus_problems")
    else:
        st.table(listed, hide_index=True)
    with st.container(horizontal=True):
        downloads.table(frame, f"{manifest.stem}-problems", key="corpus_problems", label="Problems")
        st.button("Check again", key="corpus_again", icon=":material/refresh:", on_click=cached.forget_corpora)
    if not good:
        st.error("No row of this manifest can be used.")
        return False
    return bool(
        st.checkbox(f"Use the {good} good rows and leave out the {dropped} listed above", key=f"use_{manifest}")
    )


def _listen(corpus: Corpus) -> None:
    st.subheader("Listen", anchor=False)
    row = choose_clip(corpus.utterances, key="clip")
    show.player(f"“{row['reference']}”", read(row))


if __name__ == "__main__":
    main()
