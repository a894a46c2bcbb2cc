"""Transcripts that a vendor or another recogniser made: dropped, recognised, joined with the corpus, used as an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.figures.wording import counted
from workbench.pages.shared import cached, layout
from workbench.pages.shared.draft import Draft
from workbench.store import home

MB = 200
HELP = (
    "What recognisers and vendors write (Whisper, Amazon, Google, Azure, Deepgram, AssemblyAI, SRT, VTT, TextGrid, CTM, ...), or a "
    "table with utterance_id and hypothesis. The format is recognised; files are joined with the corpus by id or file name."
)


class Uploaded(Protocol):
    """A file that was uploaded."""

    name: str

    def getvalue(self) -> bytes: ...


def saved(files: Sequence[Uploaded]) -> Path:
    """Write files into a folder named after their content; return the file, or the folder of several."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.getvalue())
    folder = home() / "uploads" / digest.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / Path(file.name.replace("\\", "/")).name).write_bytes(file.getvalue())
    return folder / Path(files[0].name.replace("\\", "/")).name if len(files) == 1 else folder


def section(chosen: Draft) -> None:
    """Let the user drop transcripts; say what they are and how many utterances have one; put them into the study."""
    with st.expander("Transcripts that you already have", icon=":material/upload_file:"):
        st.caption(HELP, width=layout.TEXT_WIDTH)
        files = st.file_uploader(
            f"Files or a zip, up to {MB} MB each",
            accept_multiple_files=True,
            key="corpus_transcripts",
            max_upload_size=MB,
        )
        if not files:
            return
        spec = f"imported:{saved(files)}"
        try:
            info, joined, _ = cached.engine(chosen, spec)
        except WorkbenchError as error:
            layout.complain(error)
            return
        formats = info.options.get("read_as")
        kinds = ", ".join(f"{n} × {name}" for name, n in formats.items()) if isinstance(formats, dict) else "a table"
        matched, total = (len(joined.matched), len(joined.matched) + len(joined.only_in_corpus)) if joined else (0, 0)
        text = f"Read as {layout.plain(kinds)}. {matched:,} of {counted(total, 'utterance')} have a transcript"
        spare = len(joined.only_in_transcripts) if joined else 0
        text += f"; {counted(spare, 'transcript')} belong to no utterance of this corpus." if spare else "."
        (st.success if matched else st.error)(text)
        if spec in chosen.engines:
            st.caption("In your study: see Models.")
        elif matched:
            st.button(
                "Use these transcripts", key="corpus_transcripts_use", type="primary", icon=":material/add:",
                on_click=chosen.engines.append, args=(spec,),
            )  # fmt: skip
