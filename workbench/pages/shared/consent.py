"""Consent: engines that send the audio to another machine need the user's word, and are told where they send it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from workbench.engines import egress
from workbench.errors import EngineError
from workbench.pages.shared import cached, layout
from workbench.pages.shared.draft import Draft
from workbench.study import Study

AWAY = "The audio may leave this machine"
ASKED = (
    "Off: engines that send audio to somebody else's machine are refused. Turn it on only where the speakers' consent and "
    "your rules allow it. This choice is recorded in the study, the run's notes and the card."
)


def switch(chosen: Draft) -> None:
    """Let the user say whether the audio may leave this machine; at first it may not."""
    chosen.audio_leaves = st.toggle(AWAY, chosen.audio_leaves, key="audio_leaves", help=ASKED)


def tell(away: Mapping[str, str]) -> None:
    """Say where the audio goes; ``away`` is by model_id, and nothing is said where it is empty."""
    if away:
        st.warning("  \n".join(layout.plain(note) for note in egress.notes(away)), icon=":material/cloud_upload:")


def require_word(chosen: Draft, away: Mapping[str, str]) -> None:
    """Raise EngineError if audio would go away and the user has not allowed it."""
    if away and not chosen.audio_leaves:
        what = "; ".join(f"{model} would send the audio to {to}" for model, to in away.items())
        raise EngineError(
            what,
            place="Models",
            remedy=f"turn on '{AWAY}' on that page if the speakers' consent and your rules allow it",
        )


def require(chosen: Draft, study: Study) -> None:
    """Raise EngineError if an engine of the study sends audio away and the user has not allowed it."""
    require_word(chosen, egress.destinations(cached.engine(chosen, spec).info for spec in study.engines))
