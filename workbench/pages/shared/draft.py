"""Draft: what one session has chosen so far on the way to a study."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.corpora import Corpus
from workbench.figures import speakers
from workbench.schema import CLEAN


@dataclass
class Draft:
    """The choices of one browser session; empty until made. Condition ids and engine specs are in the order chosen."""

    manifest: Path | None = None
    allow_dropped: bool = False
    summary: str = ""
    conditions: list[str] = field(default_factory=lambda: [CLEAN])
    own: list[str] = field(default_factory=list)
    """Conditions with the user's own parameters; those chosen are among ``conditions`` too."""
    engines: list[str] = field(default_factory=list)
    audio_leaves: bool = False
    """Whether engines may send the audio to another machine."""
    run_id: str = ""
    study: Path | None = None
    """The manifest of the study file that was opened, if one was."""
    carried: dict[str, Any] = field(default_factory=dict)
    """Fields of the study that was opened which no page asks for; they stay in it until they are left out."""

    def choose(self, manifest: Path | None, corpus: Corpus | None = None, *, allow_dropped: bool = False) -> None:
        """Take a corpus, or none."""
        self.manifest, self.allow_dropped = manifest, allow_dropped
        self.summary = f"{corpus.info.corpus_id}, {speakers(corpus.info.n_speakers)}" if corpus else ""

    @property
    def base(self) -> Path:
        """Folder that the paths of the study are relative to: that of the manifest."""
        return self.manifest.parent if self.manifest else Path()


def draft() -> Draft:
    """Return the draft of this session."""
    if "draft" not in st.session_state:
        st.session_state["draft"] = Draft()
    result: Draft = st.session_state["draft"]
    return result
